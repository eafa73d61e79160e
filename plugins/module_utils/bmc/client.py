# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of one Redfish service: login, resources with their ETags, changes, logout (DMTF DSP0266).

It sends a wrong password once, ends each session that it began, and never repeats a refused change by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..waiting.deadline import Clock, Deadline
from ..web.library import HTTPBasicAuth, requests
from ..web.tls import TrustError, trust
from . import errors
from .answers import LOOK, SESSIONS_FULL, Asked, broken, content_of, link, part, refusal
from .facts import text_of
from .session import Answer, PatientSession, Request
from .types import BmcSettings

ROOT = "/redfish/v1/"
TOKEN = "X-Auth-Token"
STALE = (412, 428)
CLOSE_SECONDS = 10.0
#: By the key of a TrustError: for what the setting is needed, and the remedy.
_UNTRUSTED = {
    "ca_file": (
        " to verify its certificate with",
        "name one of the host where this runs with bmc.tls.ca_file, or pin bmc.tls.fingerprint",
    ),
    "fingerprint": ("", "give the SHA-256 of the certificate in bmc.tls.fingerprint"),
}


@dataclass(frozen=True)
class Resource:
    """A resource as it was read; ``etag`` is that of the header or, where it has none, of the body."""

    path: str
    body: Mapping[str, Any]
    etag: str | None = None


class RedfishClient:
    """Connects with the first :meth:`begin`. Every method may raise a :class:`.errors.BmcError`."""

    def __init__(self, settings: BmcSettings, clock: Clock) -> None:
        self.where = settings.where
        self._settings, self._clock = settings, clock
        self._doing = "connecting"
        self._session: PatientSession | None = None
        self._opened: str | None = None  # the path of our session on the controller
        self._renewed = False
        self.root: Mapping[str, Any] = {}

    def begin(self, doing: str) -> None:
        """Set the time limit of a call and what it does, for messages; connect and log in if that was not done."""
        self._doing, self._renewed = doing, False
        deadline = Deadline(self._settings.timeout, self._clock)
        if self._session:
            self._session.deadline = deadline
        if not self.root:
            self._session = self._session or self._prepared(deadline)
            self._connect()

    def get(self, path: str, tries: int = 3) -> Resource:
        """Read a resource."""
        answer = self._accepted(Request("GET", path, tries=tries))
        return self._resource(path, answer)

    def post(self, path: str, body: Mapping[str, Any]) -> None:
        """Call an action."""
        self._accepted(Request("POST", path, body))

    def patch(self, resource: Resource, body: Mapping[str, Any]) -> None:
        """Change a resource. If its ETag is refused or demanded, it is read once more, and other spellings are tried.

        Controllers refuse weak ETags (RFC 9110 allows only strong ones in If-Match), tags with a suffix of their
        compression, and their own tags; others answer 412 or 428 to a request without one.
        """
        answer = self._patch(resource.path, body, resource.etag)
        if answer.status in STALE:
            fresh = self.get(resource.path).etag
            for etag in _spellings(fresh, tried=resource.etag, demanded=answer.status == 428):
                answer = self._patch(resource.path, body, etag)
                if answer.status not in STALE:
                    break
        self._require(answer)

    def evidence(self) -> tuple[str, ...]:
        """Return the last requests and answers."""
        return tuple(self._session.log) if self._session else ()

    def close(self) -> None:
        """Delete our session on the controller; sessions are few (iDRAC: about eight)."""
        session, self.root = self._session, {}
        if not session:
            return
        session.deadline = Deadline(CLOSE_SECONDS, self._clock)
        try:
            self._end_session(session)
        finally:
            self._session = None
            session.close()

    def _prepared(self, deadline: Deadline) -> PatientSession:
        settings, where = self._settings, self._settings.where
        if "/" in settings.address or (settings.address.count(":") == 1):
            remedy = "give the name or the IP address alone in bmc.address, and the port in bmc.port"
            raise errors.BmcProtocolError(f"the address {settings.address} is no host", where, remedy)
        address = settings.address.strip("[]")
        host = f"[{address}]" if ":" in address else address
        base = f"https://{host}" + (f":{settings.port}" if settings.port else "")
        session = PatientSession(deadline, base)
        try:
            trust(session, settings.ca_file, settings.fingerprint)
        except TrustError as error:
            purpose, remedy = _UNTRUSTED[error.key]
            raise errors.BmcTlsError(f"{error}{purpose}; nothing was sent", where, remedy) from error
        return session

    def _connect(self) -> None:
        answer = self._sent(Request("GET", ROOT))
        if answer.status == 401:  # against DSP0266, a service that shows nothing before a login
            self._use_basic()
            answer = self._sent(Request("GET", ROOT, login=True))
        self._require(answer)
        root = self._resource(ROOT, answer).body
        if not self._live.auth:
            self._login(root)
        self.root = root

    def _login(self, root: Mapping[str, Any]) -> None:
        """Open a session where the service has sessions and one is free, else use Basic authentication."""
        path, settings = link(root, "Links", "Sessions"), self._settings
        if not path:
            self._use_basic()
            return
        body = {"UserName": settings.username, "Password": settings.password}
        answer = self._sent(Request("POST", path, body, login=True))
        if answer.status < 300:
            self._opened = self._session_path(path, answer)
            token = answer.headers.get(TOKEN)
            if token:
                self._live.headers[TOKEN] = token
            else:
                self._use_basic()
            return
        full = bool(SESSIONS_FULL.search(answer.text))
        if full or answer.status in (405, 501) or (answer.status == 404 and self._absent(path)):
            self._use_basic()
            return
        if answer.status in (400, 404):  # so do some controllers answer to a wrong password
            raise refusal(answer, self._asked, login=True)
        self._require(answer)

    def _absent(self, path: str) -> bool:
        return self._sent(Request("GET", path)).status == 404

    def _session_path(self, collection: str, answer: Answer) -> str | None:
        """Return the path of the new session. Its host may be spelled otherwise than ours: only the path is used."""
        try:
            body = content_of(answer)
        except ValueError:
            body = None
        number = text_of(part(body, "Id"))
        found = answer.headers.get("Location") or link(body) or (number and f"{collection.rstrip('/')}/{number}")
        return urlsplit(found).path if found else None

    def _use_basic(self) -> None:
        # requests would encode a text as Latin-1; RFC 7617 recommends UTF-8.
        self._live.auth = HTTPBasicAuth(self._settings.username.encode(), self._settings.password.encode())

    def _end_session(self, session: PatientSession) -> None:
        opened, self._opened = self._opened, None
        if not opened:
            return
        try:
            answer = session.ask(Request("DELETE", opened))
            problem = "" if answer.status < 300 or answer.status in (401, 404) else f"HTTP {answer.status}"
        except requests.exceptions.RequestException as error:
            problem = type(error).__name__
        session.headers.pop(TOKEN, None)
        if problem:
            raise errors.BmcSessionLeft(
                f"the session could not be ended ({problem})",
                self._settings.where,
                "it ends by the controller's own timeout; nothing to do unless its session table is full",
            )

    @property
    def _asked(self) -> Asked:
        return Asked(self._doing, self._settings.where, self.evidence(), self._settings.hide)

    @property
    def _live(self) -> PatientSession:
        if self._session is None:
            raise errors.BmcProtocolError("a request before connecting", self._settings.where, LOOK)
        return self._session

    def _sent(self, request: Request) -> Answer:
        session = self._live
        try:
            answer = session.ask(request)
        except requests.exceptions.RequestException as error:
            raise broken(error, self._asked) from error
        if answer.status == 401 and self._opened and not self._renewed:
            # The session has expired, so the request was not carried out. 403 is a missing right instead.
            self._renewed = True
            self._end_session(session)
            self._login(self.root)
            return self._sent(request)
        return answer

    def _patch(self, path: str, body: Mapping[str, Any], etag: str | None) -> Answer:
        return self._sent(Request("PATCH", path, body, {"If-Match": etag} if etag else {}))

    def _accepted(self, request: Request) -> Answer:
        answer = self._sent(request)
        self._require(answer)
        return answer

    def _require(self, answer: Answer) -> None:
        if answer.status >= 300:
            raise refusal(answer, self._asked)

    def _resource(self, path: str, answer: Answer) -> Resource:
        try:
            body = content_of(answer)
        except ValueError as error:
            raise self._unreadable(path, f"no valid JSON ({error})") from error
        if not isinstance(body, dict):
            raise self._unreadable(path, f"no valid JSON object, but {type(body).__name__}")
        return Resource(path, body, answer.headers.get("ETag") or text_of(body.get("@odata.etag")))

    def _unreadable(self, path: str, problem: str) -> errors.BmcProtocolError:
        what = f"{self._doing}: the answer to GET {path} is {problem}"
        return errors.BmcProtocolError(what, self._settings.where, LOOK, self.evidence())


def _spellings(etag: str | None, tried: str | None, demanded: bool) -> Iterator[str | None]:
    """Yield values of If-Match; ``demanded``: a request without one is refused in any case."""
    found: list[str | None] = []
    if etag:
        strong = etag.removeprefix("W/")
        found += [etag, strong, etag.replace("-gzip", ""), strong.replace("-gzip", "")]
    found += ["*"] if demanded else [None, "*"]
    yield from (value for value in dict.fromkeys(found) if value != tried)
