# SPDX-License-Identifier: GPL-3.0-or-later
"""How the certificate of a device is verified: by a pinned fingerprint, or by certificate authorities."""

from __future__ import annotations

import os
import re
import ssl
from typing import Any

from .library import HTTPAdapter, Session, urllib3

#: What to do about a TrustError, by its key.
REMEDIES = {"ca_file": "correct it", "fingerprint": "give the certificate's SHA-256"}


class TrustError(ValueError):
    """A setting by which a certificate is to be verified is of no use.

    :ivar key: the setting, ``ca_file`` or ``fingerprint``.
    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def trust(session: Session, ca_file: str | None, fingerprint: str | None) -> None:
    """Let a session accept the certificate with a fingerprint, or those of authorities: of a file, else the system's.

    No proxy, CA bundle or .netrc of the environment counts.

    :raises TrustError: the file does not exist, or the fingerprint is none.
    """
    session.trust_env = False
    verify = ca_file or system_cas()
    if not fingerprint and not os.path.exists(verify):
        raise TrustError("ca_file", f"there is no file {verify}")
    session.verify = False if fingerprint else verify
    if fingerprint:
        try:
            session.mount("https://", PinnedAdapter(fingerprint_of(fingerprint)))
        except ValueError as error:
            raise TrustError("fingerprint", str(error)) from error


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
