# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS to one switch, for the platforms whose interface carries JSON: EOS (eAPI), NX-OS (NX-API), Cumulus (NVUE).

Authentication is HTTP Basic (RFC 7617) in each of them. The certificate is verified before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..web.library import IMPORT_ERROR, HTTPBasicAuth, Session, requests
from ..web.reason import innermost
from ..web.tls import REMEDIES, TrustError, trust
from .config import FabricError
from .login import require_login

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
#: Characters of an answer that an error shows.
EXCERPT = 300


class Https:
    """One kept connection; every method may raise :class:`~.config.FabricError`.

    A refused password is sent once: each later request fails without being sent, since switches lock accounts.

    :param name: the switch in the model.
    :param connection: ``address``, ``username``, ``password``, optional ``port`` and ``tls`` with one of ``ca_file``
        and ``fingerprint`` (SHA-256 of the certificate itself); by default the system's authorities are trusted.
    """

    def __init__(self, name: str, connection: Mapping[str, Any]) -> None:
        self.where = f"switches.{name}"
        self._connection = connection
        self._session: Session | None = None
        self._refused = False

    def json(
        self,
        verb: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = READ_SECONDS,
    ) -> Any:
        """Send a request and return the JSON of its answer; None where it is empty.

        :param seconds: how long the switch may take to answer. Nothing is repeated: the caller knows what may be.
        """
        keys = ("address", "username", "password")
        require_login(self.where, self._connection, keys, "HTTPS", self._refused, _LOGIN)
        session = self._session or self._open()
        try:
            answer = session.request(
                verb, self._url(path), json=body, params=query, headers=headers, timeout=(CONNECT_SECONDS, seconds)
            )
        except requests.exceptions.SSLError as error:
            why = f"its certificate was refused ({innermost(error)}); no credentials were sent"
            raise FabricError(self.where, why, "compare it with the model's tls.fingerprint or tls.ca_file") from error
        except requests.exceptions.RequestException as error:
            remedy = "check its address, the management network, and that its HTTPS interface is enabled"
            raise FabricError(self.where, f"{verb} {path}: {innermost(error)}", remedy) from error
        return self._content(verb, path, answer)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._session:
            self._session.close()
            self._session = None

    def _content(self, verb: str, path: str, answer: requests.Response) -> Any:
        excerpt = answer.text[:EXCERPT].strip()
        if answer.status_code in (401, 403):
            self._refused = answer.status_code == 401
            raise FabricError(self.where, f"it refused the login (HTTP {answer.status_code})", _LOGIN)
        if not answer.ok:
            raise FabricError(self.where, f"{verb} {path}: HTTP {answer.status_code}: {excerpt}", _LOOK)
        if not answer.content.strip():
            return None
        try:
            return answer.json()
        except ValueError as error:
            raise FabricError(self.where, f"{verb} {path}: the answer is no JSON: {excerpt}", _LOOK) from error

    def _url(self, path: str) -> str:
        address, port = str(self._connection["address"]).strip("[]"), self._connection.get("port")
        host = f"[{address}]" if ":" in address else address
        return f"https://{host}{f':{port}' if port else ''}{path}"

    def _open(self) -> Session:
        if IMPORT_ERROR:
            raise FabricError(self.where, "the Python library requests is missing", "install it where the role runs")
        tls = self._connection.get("tls") or {}
        session = Session()
        session.auth = HTTPBasicAuth(self._connection["username"], self._connection["password"])
        try:
            trust(session, tls.get("ca_file"), tls.get("fingerprint"))
        except TrustError as error:
            raise FabricError(f"{self.where}.tls.{error.key}", str(error), REMEDIES[error.key]) from error
        self._session = session
        return session


_LOGIN = "correct username and password of the switch in the model, and give the account the right to configure"
_LOOK = "read the switch's log of its management interface"
