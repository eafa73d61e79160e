# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a certificate begins and ends, read from its PEM. The standard library parses no certificate of a file."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from .errors import KubeError

BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
DAY = 86400
#: ASN.1 tags of the two ways to write a time in a certificate, and their formats (RFC 5280, 4.1.2.5)
TIMES = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}
VERSION = 0xA0


@dataclass(frozen=True)
class Validity:
    """The period in which a certificate is valid, in seconds since 1970."""

    begins: float
    ends: float

    def days_left(self, now: float) -> int:
        """Whole days until it ends; negative once it has ended."""
        return int((self.ends - now) // DAY)

    def share_left(self, now: float) -> float:
        """The part of its life that is left, from 1 to 0 and below."""
        return (self.ends - now) / (self.ends - self.begins)


def validity(name: str, pem: str) -> Validity:
    """The validity of the first certificate in a PEM text.

    :raises KubeError: ``name`` holds no certificate that can be read.
    """
    block = BLOCK.search(pem)
    if not block:
        raise KubeError(f"{name}: holds no certificate in PEM")
    try:
        der = base64.b64decode(block.group(1))
        begins, ends = _times(der)
    except (ValueError, IndexError, KeyError) as error:
        raise KubeError(f"{name}: is no certificate that can be read ({error!r})") from error
    if ends <= begins:
        raise KubeError(f"{name}: is a certificate that ends before it begins")
    return Validity(begins, ends)


def _times(der: bytes) -> tuple[float, float]:
    """Both times of a TBSCertificate, which are behind version, serial number, signature and issuer (RFC 5280, 4.1)."""
    __, at, __ = _element(der, 0)
    __, at, __ = _element(der, at)
    tag, __, end = _element(der, at)
    if tag == VERSION:
        at = end
    for _part in ("serial number", "signature algorithm", "issuer"):
        __, __, at = _element(der, at)
    __, at, __ = _element(der, at)
    tag, first, end = _element(der, at)
    begins = _time(tag, der[first:end])
    tag, first, end = _element(der, end)
    return begins, _time(tag, der[first:end])


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """(tag, where its content begins, where it ends) of the element at an offset (X.690, 8.1)."""
    tag, length, first = der[at], der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(der[first : first + size], "big")
        first += size
    return tag, first, first + length


def _time(tag: int, text: bytes) -> float:
    return datetime.strptime(text.decode("ascii"), TIMES[tag]).replace(tzinfo=UTC).timestamp()
