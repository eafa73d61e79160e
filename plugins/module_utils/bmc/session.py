# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP session for management controllers: it verifies the certificate first and retries until a deadline.

Sushy's own retries are not used: they wait fixed times, know neither Retry-After nor a deadline over all requests of a
call, and answer HTTP 428 with an error. Facts about controllers: DMTF DSP0266 and the projects named in `quirks`.
"""

from __future__ import annotations

import ssl
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ..waiting.deadline import Deadline
from .library import HTTPAdapter, Session, requests

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
TRANSPORT_TRIES = 3
IDEMPOTENT = frozenset({"GET", "HEAD", "PATCH", "PUT", "DELETE"})
NOT_READY = ("SYS518", "UnableToModifyDuringSystemPOST", "InvalidOperationForSystemState")


class PinnedAdapter(HTTPAdapter):
    """Accepts exactly the certificate with this SHA-256 fingerprint; checked in the handshake, before any request."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint.replace(":", "").lower()
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Set the fingerprint for all connections of the pool."""
        super().init_poolmanager(*args, assert_fingerprint=self._fingerprint, **kwargs)


class ForeignOrigin(requests.exceptions.RequestException if requests else Exception):  # type: ignore[misc]
    """The controller named another server, or HTTP without TLS, as a part of itself; nothing was sent there."""


def system_cas() -> str:
    """Return the file or directory of the system's certificate authorities; requests has its own by default."""
    paths = ssl.get_default_verify_paths()
    found = paths.cafile or paths.capath
    if not found:
        return "/etc/ssl/certs/ca-certificates.crt"  # its absence is reported like that of any other file
    return found


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


class PatientSession(Session):
    """Repeats requests that may be repeated, until the deadline of the current call."""

    def __init__(self, deadline: Deadline, origin: str) -> None:
        super().__init__()
        self._origin = urlsplit(origin)[:2]
        self.trust_env = False  # neither a proxy nor a CA bundle nor .netrc from the environment is used
        self.deadline = deadline
        self.log: list[str] = []
        self.status = 0  # of the last answer

    def request(self, method: str | bytes, url: str | bytes, **kwargs: Any) -> Any:  # type: ignore[override]
        """Send one request; it is repeated as the two methods ``_pause_after_*`` say."""
        verb, address, tries = str(method).upper(), str(url), 0
        if urlsplit(address)[:2] != self._origin:  # Redfish links may be absolute; credentials go with each request
            raise ForeignOrigin(f"it names {address} as a part of itself")
        while True:
            tries += 1
            try:
                response = self._once(verb, address, kwargs)
            except requests.exceptions.SSLError:
                raise
            except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
                pause = self._pause_after_error(verb, error, tries)
                if pause is None or not self.deadline.pause(pause):
                    raise
                continue
            pause = self._pause_after_answer(verb, response, tries, kwargs)
            if pause is None or not self.deadline.pause(pause):
                return response

    def _once(self, verb: str, address: str, kwargs: dict[str, Any]) -> Any:
        left = max(0.1, self.deadline.left())
        options = {**kwargs, "timeout": (min(CONNECT_SECONDS, left), min(READ_SECONDS, left)), "stream": True}
        options["allow_redirects"] = False  # a redirect could carry the credentials elsewhere
        begin, path = time.monotonic(), urlsplit(address).path
        try:
            response = super().request(verb, address, **options)
            self._read_body(response)
        except requests.exceptions.RequestException as error:
            self._note(f"{verb} {path}: {type(error).__name__} after {time.monotonic() - begin:.1f} s")
            raise
        self.status = response.status_code
        self._note(f"{verb} {path}: HTTP {response.status_code} after {time.monotonic() - begin:.1f} s")
        return response

    def _read_body(self, response: Any) -> None:
        # A read timeout counts from byte to byte only: a controller that sends single bytes would never time out.
        parts: list[bytes] = []
        while chunk := response.raw.read1(65536, decode_content=True):
            parts.append(chunk)
            if not self.deadline.left():
                response.close()
                raise requests.exceptions.ReadTimeout("the answer did not end in time", response=response)
        response._content = b"".join(parts)
        response._content_consumed = True
        response.close()

    def _note(self, line: str) -> None:
        self.log = [*self.log[-19:], line]

    @staticmethod
    def _pause_after_error(verb: str, error: Exception, tries: int) -> float | None:
        # If the answer to a POST is lost, it may have been executed: the caller has to read the state, not repeat.
        never_sent = isinstance(error, requests.exceptions.ConnectTimeout) or "NewConnectionError" in repr(error)
        if tries >= TRANSPORT_TRIES or not (verb in IDEMPOTENT or never_sent):
            return None
        return 2.0

    def _pause_after_answer(self, verb: str, response: Any, tries: int, kwargs: dict[str, Any]) -> float | None:
        status = response.status_code
        if status in (429, 503):
            return retry_after(response.headers.get("Retry-After"), min(2.0 * tries, 10.0))
        if status == 428 and verb == "PATCH" and not (kwargs.get("headers") or {}).get("If-Match") and tries == 1:
            kwargs["headers"] = {**(kwargs.get("headers") or {}), "If-Match": self._fresh_etag(response.url, kwargs)}
            return 0.0
        if status >= 400 and any(word in response.text for word in NOT_READY):
            return min(5.0 * tries, 30.0)
        if status in (500, 502, 504) and verb == "GET" and tries < TRANSPORT_TRIES:
            return 2.0
        return None

    def _fresh_etag(self, address: str, kwargs: dict[str, Any]) -> str:
        response = self._once("GET", address, {key: kwargs[key] for key in ("verify",) if key in kwargs})
        etag = str(response.headers.get("ETag") or "*")
        return etag.replace("-gzip", "")
