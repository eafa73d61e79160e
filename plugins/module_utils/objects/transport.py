# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON calls to an API server over a few kept connections. Threads may share one transport."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlencode

from .errors import AccessError, Refused, Unreachable

Json = dict[str, Any]
JSON = "application/json"
ANY = "*/*"
#: As kubectl asks (client-go). Extensions of the API whose routes name no media type, such as KubeVirt's actions on
#: virtual machines, answer 406 to who takes JSON alone.
JSON_FIRST = f"{JSON}, {ANY}"
APPLY = "application/apply-patch+yaml"  # JSON is YAML
MERGE = "application/merge-patch+json"
PAGE = 500  # objects in one answer to a list
CONNECT_SECONDS, SECONDS = 10.0, 60.0  # after which a connection or an answer counts as lost
#: A removal that leaves dependents to the garbage collector.
BACKGROUND: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
#: Code, agent and quoted text of a Warning header (RFC 7234, section 5.5).
WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


class Transport(Protocol):
    """What the engine needs of a connection; tests have a double of it.

    :ivar server: the URL of the API server, for messages.
    :ivar warnings: what the API server warned of, each once, in the order of arrival.
    """

    server: str
    warnings: list[str]

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content: str = JSON,
        accept: str = JSON_FIRST,
    ) -> Json:
        """Return the answer.

        :raises Unreachable: there was no answer.
        :raises Refused: the answer is an error.
        """

    def text(self, path: str) -> str | None:
        """Return an answer that is no object, such as a log; None where there is none.

        :raises Unreachable: there was no answer.
        :raises Refused: the answer is another error.
        """


class Https:
    """The transport over the connections of a client of the Python package ``kubernetes``."""

    def __init__(self, client: Any, connections: int) -> None:
        self._configuration = client.configuration
        self._pool = client.rest_client.pool_manager
        self._lock = Lock()
        self.server = str(client.configuration.host).rstrip("/")
        self.connections = connections
        self.warnings: list[str] = []

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content: str = JSON,
        accept: str = JSON_FIRST,
    ) -> Json:
        """Return the answer. See :class:`Transport`."""
        url = f"{self.server}{path}" + (f"?{urlencode(query)}" if query else "")
        return _parsed(f"{method} {url}", self._answer(method, path, url, body, content, accept))

    def text(self, path: str) -> str | None:
        """Return an answer that is no object. See :class:`Transport`."""
        try:
            return self._answer("GET", path, f"{self.server}{path}", None, JSON, ANY).decode(errors="replace")
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def _answer(self, method: str, path: str, url: str, body: Any, content: str, accept: str) -> bytes:
        import urllib3

        headers = {"Accept": accept, "Content-Type": content, "User-Agent": "groundup.cloud", **self._login()}
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        limits = urllib3.Timeout(connect=CONNECT_SECONDS, read=SECONDS)
        try:
            answer = self._pool.request(method, url, body=data, headers=headers, timeout=limits, retries=False)
        except urllib3.exceptions.SSLError as error:
            raise AccessError(
                f"{self.server}: TLS failed ({error}); give the CA of this cluster as ca_cert or in the kubeconfig, "
                "and a client certificate that it signed"
            ) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable(f"{self.server} does not answer: {error}") from error
        if answer.headers.get("Warning"):
            self._warn(answer.headers["Warning"])
        if answer.status >= 400:
            raise _refused(f"{method} {path}", answer.status, answer.data, answer.headers)
        return bytes(answer.data)

    def _login(self) -> dict[str, str]:
        """Return the header with the token, renewed by the client's own loader if it has expired."""
        with self._lock:
            settings = self._configuration.auth_settings().get("BearerToken")
        return {settings["key"]: settings["value"]} if settings and settings["value"] else {}

    def _warn(self, header: str) -> None:
        with self._lock:
            for text in WARNING.findall(header):
                if text not in self.warnings:
                    self.warnings.append(text)


def _parsed(call: str, data: bytes) -> Json:
    """Return the object of an answer; an empty one where the answer has no body, as to an action of an extension."""
    if not data:
        return {}
    try:
        found = json.loads(data)
    except ValueError as error:
        raise AccessError(f"{call}: the answer is not JSON, so this is not an API server: {data[:200]!r}") from error
    if not isinstance(found, dict):
        raise AccessError(f"{call}: the answer is not an object, so this is not an API server: {data[:200]!r}")
    return found


def _refused(call: str, status: int, data: bytes, headers: Mapping[str, str]) -> Refused:
    try:
        found = json.loads(data)
        text, reason, details = str(found["message"]), str(found.get("reason") or ""), found.get("details") or {}
    except (ValueError, KeyError, TypeError, AttributeError):
        text, reason, details = data.decode(errors="replace").strip()[:300], "", {}
    if status == 401:
        text = f"{text}: the API server does not accept these credentials; check the token or the client certificate"
    seconds = str(headers.get("Retry-After") or details.get("retryAfterSeconds") or "0")
    wait = float(seconds) if seconds.isdigit() else 0.0
    return Refused(f"{text or call} ({status}{' ' + reason if reason else ''})", status, reason, details, wait)


def items(transport: Transport, path: str, query: Mapping[str, str] | None = None) -> Iterator[Json]:
    """Yield the objects of a collection, page by page, with the kind that a list leaves out."""
    more = ""
    while True:
        pages = {**(query or {}), "limit": str(PAGE), **({"continue": more} if more else {})}
        page = transport.call("GET", path, pages)
        common = {"apiVersion": page.get("apiVersion"), "kind": str(page.get("kind", "")).removesuffix("List")}
        for item in page.get("items") or []:
            yield {**common, **item}
        more = str((page.get("metadata") or {}).get("continue") or "")
        if not more:
            return
