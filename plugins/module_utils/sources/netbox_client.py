# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading from NetBox by its REST API. There are only GET requests.

Written from NetBox's documentation and serializers of release 4.6 (docs/integrations/rest-api.md): pages have `count`,
`next` and `results`; tokens of version 2 begin with `nbt_` and are sent as `Bearer`, older ones as `Token`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..web.library import IMPORT_ERROR, Session, requests
from ..web.reason import innermost
from ..web.tls import REMEDIES, TrustError, trust
from .errors import SourceError, problem

CONNECT_SECONDS = 10.0
#: Objects of one page. NetBox gives fewer where its MAX_PAGE_SIZE is smaller.
PAGE = 200
#: Values of one filter in one request, so that its URL stays below what web servers take (8 KiB in nginx).
CHUNK = 100
#: How often a request is sent whose answer says that NetBox or its proxy is overloaded, and the seconds between.
TRIES, PAUSE = 3, 2.0
EXCERPT = 300
_BUSY = frozenset({429, 502, 503, 504})
Query = Mapping[str, str | int | Sequence[str | int]]


class NetBox:
    """One NetBox, read with one token.

    :param url: its address, without `/api`; `https`, or `http` on this host only, since a token is sent.
    :param tls: one of ``ca_file`` and ``fingerprint`` (SHA-256 of the certificate), else the system's authorities.
    :param seconds: how long NetBox may be silent in one answer.
    """

    def __init__(
        self,
        url: str,
        token: str,
        tls: Mapping[str, Any] | None = None,
        seconds: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = _checked_url(url)
        if not token.strip():
            raise SourceError(problem("token", "is empty", "give it by NETBOX_TOKEN or token"))
        self._token, self._tls, self._seconds, self._sleep = token.strip(), dict(tls or {}), seconds, sleep
        self._session: Session | None = None

    def all(self, path: str, query: Query) -> list[dict[str, Any]]:
        """All objects of a list such as ``dcim/devices`` that match a query, in the order of their ids, each once.

        Pages are counted here and not followed by `next`, whose host is what a proxy told NetBox, so that the token is
        sent to the one address that the user gave.

        :raises SourceError: NetBox refuses, fails, or answers with something else.
        """
        found: dict[int, dict[str, Any]] = {}
        counts: set[Any] = set()
        read = 0
        while True:
            page = self._get(path, {**query, "ordering": "id", "limit": PAGE, "offset": read})
            results = page.get("results") if isinstance(page, dict) else None
            if not isinstance(results, list) or not all(
                isinstance(item, dict) and isinstance(item.get("id"), int) for item in results
            ):
                raise self._error(path, "the answer is no page of NetBox: it has no results with ids", _API)
            found.update((item["id"], item) for item in results)
            counts.add(page.get("count"))
            read += len(results)
            if not page.get("next"):
                break
            if not results:
                raise self._error(path, f"the page after {read} objects is empty and names another one", _LOG)
        if counts not in ({None}, {len(found)}):
            raise self._error(path, "the list changed while it was read", "run it again")
        return [found[key] for key in sorted(found)]

    def of(self, path: str, key: str, ids: Sequence[int], query: Query | None = None) -> list[dict[str, Any]]:
        """All objects of a list whose filter ``key`` is one of many ids."""
        found: dict[int, dict[str, Any]] = {}
        for start in range(0, len(ids), CHUNK):
            objects = self.all(path, {**(query or {}), key: list(ids[start : start + CHUNK])})
            found.update((item["id"], item) for item in objects)
        return [found[key] for key in sorted(found)]

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._session:
            self._session.close()
            self._session = None

    def _get(self, path: str, query: Query) -> Any:
        session = self._session or self._open()
        for attempt in range(1, TRIES + 1):
            try:
                answer = session.get(
                    f"{self.url}/api/{path}/",
                    params=dict(query),
                    timeout=(CONNECT_SECONDS, self._seconds),
                    allow_redirects=False,
                )
            except requests.exceptions.SSLError as error:
                what = f"its certificate was refused ({innermost(error)}); the token was not sent"
                raise self._error(path, what, "give tls.ca_file, or tls.fingerprint of its certificate") from error
            except requests.exceptions.RequestException as error:
                raise self._error(
                    path, innermost(error), "check url, timeout, and that NetBox is reached from here"
                ) from error
            if answer.status_code not in _BUSY or attempt == TRIES:
                return self._content(path, answer)
            self._sleep(PAUSE)
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover

    def _content(self, path: str, answer: requests.Response) -> Any:
        status, text = answer.status_code, answer.text.replace(self._token, "********")[:EXCERPT].strip()
        if status == 401:
            raise self._error(path, f"it refused the token (HTTP 401): {text}", _TOKEN)
        if status == 403:
            may = "give the account of the token the permission to view these objects, or another token"
            raise self._error(path, f"it refuses access (HTTP 403): {text}", may)
        if status == 400:
            raise self._error(
                path, f"it does not know a filter's value: {text}", "write slugs of sites, tags and roles"
            )
        if status >= 300:
            remedy = _LOG if status >= 500 else _API
            raise self._error(path, f"HTTP {status}: {text}", remedy)
        try:
            return answer.json()
        except ValueError as error:
            raise self._error(path, f"the answer is no JSON: {text}", _API) from error

    def _error(self, path: str, what: str, remedy: str) -> SourceError:
        return SourceError(problem(f"{self.url}/api/{path}/", what, remedy))

    def _open(self) -> Session:
        if IMPORT_ERROR:
            raise SourceError(problem(self.url, "the Python library requests is missing", "install it on this host"))
        session = Session()
        word = "Bearer" if self._token.startswith("nbt_") else "Token"
        session.headers.update({"Authorization": f"{word} {self._token}", "Accept": "application/json"})
        try:
            trust(session, self._tls.get("ca_file"), self._tls.get("fingerprint"))
        except TrustError as error:
            if self.url.startswith("https:") or error.key == "fingerprint":
                raise SourceError(problem(f"tls.{error.key}", str(error), REMEDIES[error.key])) from error
        self._session = session
        return session


def _checked_url(url: str) -> str:
    """The address without what follows it. A token is not sent unencrypted over a network."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise SourceError(problem("url", f"{parts.hostname or url} is no address", "give https://netbox.example.net"))
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        remedy = f"write https://{parts.netloc}, with tls.fingerprint if its certificate is of no known authority"
        raise SourceError(problem("url", "http would show the token to the network", remedy))
    return re.sub(r"(/api)?/*$", "", url.strip())


_TOKEN = "give a token that NetBox knows, that is enabled and not expired, by NETBOX_TOKEN or token"
_API = "give the address of NetBox itself, such as https://netbox.example.net; release 4.2 or later"
_LOG = "read NetBox's log"
