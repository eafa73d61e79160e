# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a certificate says, read from its PEM: when it begins and ends, whose it is, and for which names it is valid.

The standard library parses no certificate of a file.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from .errors import KubeError

Found = TypeVar("Found")
BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
DAY = 86400
#: ASN.1 tags of the two ways to write a time in a certificate, and their formats (RFC 5280, 4.1.2.5)
TIMES = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}
VERSION = 0xA0
#: extensions of a TBSCertificate (RFC 5280, 4.1), and the object identifier 2.5.29.17 of subjectAltName (4.2.1.6)
EXTENSIONS, ALTERNATIVE_NAMES = 0xA3, bytes((0x55, 0x1D, 0x11))
OCTETS = 0x04
#: the object identifier 2.5.4.3 of commonName (X.520)
COMMON_NAME = bytes((0x55, 0x04, 0x03))
#: tags of a GeneralName: dNSName and iPAddress
DNS_NAME, ADDRESS = 0x82, 0x87


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
    begins, ends = _read(name, pem, _times)
    if ends <= begins:
        raise KubeError(f"{name}: is a certificate that ends before it begins")
    return Validity(begins, ends)


def names(name: str, pem: str) -> frozenset[str]:
    """The DNS names and addresses for which the first certificate in a PEM text is valid, as texts.

    :raises KubeError: ``name`` holds no certificate that can be read.
    """
    return _read(name, pem, _names)


def common_name(name: str, pem: str) -> str:
    """The last common name of the subject of the first certificate in a PEM text; empty where it has none.

    :raises KubeError: ``name`` holds no certificate that can be read.
    """
    return _read(name, pem, _common_name)


def _read(name: str, pem: str, parse: Callable[[bytes], Found]) -> Found:
    block = BLOCK.search(pem)
    if not block:
        raise KubeError(f"{name}: holds no certificate in PEM")
    try:
        return parse(base64.b64decode(block.group(1)))
    except (ValueError, IndexError, KeyError) as error:
        raise KubeError(f"{name}: is no certificate that can be read ({error!r})") from error


def _names(der: bytes) -> frozenset[str]:
    """The subjectAltName, one of the extensions, which are the last part of a TBSCertificate."""
    __, at, __ = _element(der, 0)
    found: set[str] = set()
    for tag, first, __ in _elements(der, *_element(der, at)[1:]):
        if tag != EXTENSIONS:
            continue
        for __, begin, stop in _elements(der, *_element(der, first)[1:]):
            parts = list(_elements(der, begin, stop))
            if der[slice(*parts[0][1:])] == ALTERNATIVE_NAMES and parts[-1][0] == OCTETS:
                found |= set(_general_names(der, parts[-1][1]))
    return frozenset(found)


def _common_name(der: bytes) -> str:
    """The subject is behind the validity; it is a sequence of sets of (object identifier, text)."""
    __, first, end = _element(der, _validity(der)[2])
    found = ""
    for __, begin, stop in _elements(der, first, end):
        for __, at, last in _elements(der, begin, stop):
            kind, text = _elements(der, at, last)
            if der[slice(*kind[1:])] == COMMON_NAME:
                found = der[slice(*text[1:])].decode("utf-8")
    return found


def _general_names(der: bytes, at: int) -> Iterator[str]:
    """The DNS names and addresses of the sequence at an offset; other kinds of names are left out."""
    for tag, first, end in _elements(der, *_element(der, at)[1:]):
        if tag == DNS_NAME:
            yield der[first:end].decode("ascii")
        elif tag == ADDRESS:
            yield str(ipaddress.ip_address(der[first:end]))


def _elements(der: bytes, first: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Each element between two offsets, as (tag, where its content begins, where it ends)."""
    while first < end:
        found = _element(der, first)
        yield found
        first = found[2]


def _times(der: bytes) -> tuple[float, float]:
    """Both times of a TBSCertificate."""
    __, at, __ = _validity(der)
    tag, first, end = _element(der, at)
    begins = _time(tag, der[first:end])
    tag, first, end = _element(der, end)
    return begins, _time(tag, der[first:end])


def _validity(der: bytes) -> tuple[int, int, int]:
    """The element with both times, behind version, serial number, signature and issuer (RFC 5280, 4.1)."""
    __, at, __ = _element(der, 0)
    __, at, __ = _element(der, at)
    tag, __, end = _element(der, at)
    if tag == VERSION:
        at = end
    for _part in ("serial number", "signature algorithm", "issuer"):
        __, __, at = _element(der, at)
    return _element(der, at)


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
