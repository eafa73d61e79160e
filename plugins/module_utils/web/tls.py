# SPDX-License-Identifier: GPL-3.0-or-later
"""How the certificate of a device is verified: by a pinned fingerprint, or by certificate authorities."""

from __future__ import annotations

import re
import ssl
from typing import Any

from .library import HTTPAdapter, urllib3


def fingerprint_of(text: str) -> str:
    """Return a SHA-256 fingerprint as hexadecimal digits; colons, blanks and the prefix `SHA256:` are dropped.

    :raises ValueError: it is no SHA-256 fingerprint: MD5 and SHA-1 can be forged, and urllib3 would accept them.
    """
    digits = re.sub(r"[:\s]", "", re.sub(r"^\s*sha-?256(\s+fingerprint)?\s*[:=]", "", text, flags=re.IGNORECASE))
    if not re.fullmatch(r"[0-9a-fA-F]{64}", digits):
        raise ValueError(f"a SHA-256 fingerprint has 64 hexadecimal digits, this is {text}")
    return digits.lower()


class PinnedAdapter(HTTPAdapter):
    """Accepts exactly the certificate with this SHA-256 fingerprint; checked in the handshake, before any request."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Set the fingerprint for all connections of the pool, which share a context.

        Else urllib3 loads the system's authorities for each connection, a tenth of a second, and none is asked here.
        """
        context = urllib3.util.ssl_.create_urllib3_context(cert_reqs=ssl.CERT_NONE)
        context.check_hostname = False
        super().init_poolmanager(*args, assert_fingerprint=self._fingerprint, ssl_context=context, **kwargs)


def system_cas() -> str:
    """Return the file or directory of the system's certificate authorities; requests has its own by default."""
    paths = ssl.get_default_verify_paths()
    found = paths.cafile or paths.capath
    if not found:
        return "/etc/ssl/certs/ca-certificates.crt"  # its absence is reported like that of any other file
    return found
