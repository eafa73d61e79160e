# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP session for management controllers: it verifies the certificate first and retries until a deadline.

Facts about controllers: DMTF DSP0266 and the projects named in `quirks`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..waiting.deadline import Deadline
from ..web.library import Session, requests, urllib3

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
TRIES = 3
IDEMPOTENT = frozenset({"GET", "HEAD", "PATCH", "PUT", "DELETE"})
NOT_READY = ("SYS518", "UnableToModifyDuringSystemPOST", "InvalidOperationForSystemState")


class ForeignOrigin(requests.exceptions.RequestException if requests else Exception):  # type: ignore[misc]
    """The controller named another server, or HTTP without TLS, as a part of itself; nothing was sent there."""


def retry_after(value: str | None, default: float) -> float:
    """Read a Retry-After header: seconds or a date (RFC 9110 §10.2.3)."""
    if not value:
        return default
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return default


@dataclass
class Request:
    """One request. ``tries``: how often it may be sent where the controller answers 500, 502 or 504; 1: never again.

    ``login``: it carries a password that was not accepted yet, so it is repeated only once, and only where the
    controller itself names a time with 503: some lock an account after three attempts.
    """

    verb: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    tries: int = TRIES
    login: bool = False


@dataclass(frozen=True)
class Answer:
    """What the controller answered, read completely."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def text(self) -> str:
        """The body as text; some controllers begin it with a byte order mark."""
        return self.data.decode("utf-8-sig", errors="replace")


class PatientSession(Session):
    """Repeats requests that may be repeated, until the deadline of the current call."""

    def __init__(self, deadline: Deadline, origin: str) -> None:
        super().__init__()
        self._base = origin
        self._origin = urlsplit(origin)[:2]
        self.headers.update({"OData-Version": "4.0", "Accept": "application/json"})
        self.deadline = deadline
        self.log: list[str] = []

    def ask(self, request: Request) -> Answer:
        """Send one request; it is repeated as the two methods ``_pause_after_*`` say."""
        address, tries = urljoin(self._base, request.path), 0
        if urlsplit(address)[:2] != self._origin:  # Redfish links may be absolute; credentials go with each request
            raise ForeignOrigin(f"it names {address} as a part of itself")
        while True:
            tries += 1
            try:
                answer = self._once(address, request)
            except requests.exceptions.SSLError:
                raise
            except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
                pause = self._pause_after_error(request, error, tries)
                if pause is None or not self.deadline.pause(pause):
                    raise
                continue
            pause = self._pause_after_answer(request, answer, tries)
            if pause is None or not self.deadline.pause(pause):
                return answer

    def _once(self, address: str, request: Request) -> Answer:
        left = max(0.1, self.deadline.left())
        options: dict[str, Any] = {"timeout": (min(CONNECT_SECONDS, left), min(READ_SECONDS, left)), "stream": True}
        options["allow_redirects"] = False  # a redirect could carry the credentials elsewhere
        begin, line = time.monotonic(), f"{request.verb} {urlsplit(address).path}"
        try:
            response = self.request(request.verb, address, json=request.body, headers=request.headers, **options)
            data = self._body(response)
        except requests.exceptions.RequestException as error:
            self._note(f"{line}: {type(error).__name__} after {time.monotonic() - begin:.1f} s")
            raise
        self._note(f"{line}: HTTP {response.status_code} after {time.monotonic() - begin:.1f} s")
        return Answer(response.status_code, response.headers, data)

    def _body(self, response: requests.Response) -> bytes:
        # A read timeout counts from byte to byte only: a controller that sends single bytes would never time out.
        parts: list[bytes] = []
        try:
            while chunk := response.raw.read1(65536, decode_content=True):
                parts.append(chunk)
                if not self.deadline.left():
                    raise requests.exceptions.ReadTimeout("the answer did not end in time", response=response)
        except urllib3.exceptions.HTTPError as error:  # requests translates these only where it reads the body itself
            raise requests.exceptions.ConnectionError(error, response=response) from error
        finally:
            response.close()
        return b"".join(parts)

    def _note(self, line: str) -> None:
        self.log = [*self.log[-19:], line]

    @staticmethod
    def _pause_after_error(request: Request, error: Exception, tries: int) -> float | None:
        # If the answer to a POST is lost, it may have been executed: the caller has to read the state, not repeat.
        never_sent = isinstance(error, requests.exceptions.ConnectTimeout) or "NewConnectionError" in repr(error)
        if tries >= min(TRIES, request.tries) or not (request.verb in IDEMPOTENT or never_sent):
            return None
        return 2.0

    @staticmethod
    def _pause_after_answer(request: Request, answer: Answer, tries: int) -> float | None:
        status, named = answer.status, answer.headers.get("Retry-After")
        if request.tries == 1:
            return None
        if status in (429, 503):
            if request.login and (tries > 1 or not named):
                return None
            # Some controllers name 0 seconds for minutes, and more requests keep them busy.
            return max(retry_after(named, min(2.0 * tries, 10.0)), min(0.5 * tries, 5.0))
        if status >= 400 and not request.login and any(word in answer.text for word in NOT_READY):
            return min(5.0 * tries, 30.0)
        if status in (500, 502, 504) and request.verb == "GET" and tries < request.tries:
            return 2.0
        return None
