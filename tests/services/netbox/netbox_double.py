# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of NetBox's REST API: lists with pages, filters and a token. It was made from NetBox's documentation and
serializers of release 4.6, and was never compared with a NetBox.
"""

from __future__ import annotations

import copy
import ipaddress
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.bmc.tls_server import TlsServer

Object = dict[str, Any]
Query = dict[str, list[str]]
TOKEN = "0123456789abcdef0123456789abcdef01234567"


def at(value: Any, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def one_of(path: str) -> Callable[[Object, list[str]], bool]:
    """A filter by one of several values."""
    return lambda item, wanted: str(at(item, path)) in wanted


def all_tags(item: Object, wanted: list[str]) -> bool:
    """The filter `tag`: an object needs all of them."""
    return set(wanted) <= {tag["slug"] for tag in item.get("tags", [])}


def inside(item: Object, wanted: list[str]) -> bool:
    """The filter `parent` of addresses: one of the prefixes contains it."""
    address = ipaddress.ip_interface(item["address"]).ip
    return any(address in ipaddress.ip_network(text) for text in wanted)


def of_device(item: Object, wanted: list[str]) -> bool:
    """The filter `device_id` of addresses: by their interfaces."""
    return str(at(item, "assigned_object.device.id")) in wanted


DEVICES: dict[str, Callable[[Object, list[str]], bool]] = {
    "id": one_of("id"),
    "site": one_of("site.slug"),
    "role": one_of("role.slug"),
    "status": one_of("status.value"),
    "tag": all_tags,
}
FILTERS: dict[str, dict[str, Callable[[Object, list[str]], bool]]] = {
    "dcim/devices": DEVICES,
    "dcim/device-types": {"id": one_of("id")},
    "dcim/racks": {"id": one_of("id")},
    "dcim/interfaces": {"device_id": one_of("device.id")},
    "dcim/device-bays": {"device_id": one_of("device.id")},
    "ipam/prefixes": {**DEVICES, "site": one_of("scope.slug")},
    "ipam/ip-addresses": {"device_id": of_device, "parent": inside, "role": one_of("role.value"), "tag": all_tags},
    "ipam/vlan-groups": {"slug": one_of("slug")},
}
#: Filters whose values are slugs of objects: NetBox answers 400 to one that no object has.
SLUGS = {"site": "sites", "role": "roles", "tag": "tags"}
PAGING = {"limit", "offset", "ordering", "exclude"}


class NetBoxDouble:
    """Objects by the paths of their lists, served by HTTP on this host.

    :ivar requests: what was asked: path and query.
    :ivar answers: statuses that the next requests of a path get instead of objects.
    :ivar stalls: a path whose second page is never sent.
    :ivar shrinks: a path whose first object is deleted after the first page.
    :ivar max_page: MAX_PAGE_SIZE of NetBox.
    :ivar shuffled: whether lists are given backwards, as another database might.
    """

    def __init__(self, tables: dict[str, list[Object]], token: str = TOKEN) -> None:
        self.tables, self.token, self.max_page, self.shuffled = copy.deepcopy(tables), token, 1000, False
        self.requests: list[tuple[str, Query]] = []
        self.answers: dict[str, list[int]] = {}
        self.headers: list[str] = []
        self.stalls = self.shrinks = ""
        self.raw: dict[str, str] = {}
        self._server: ThreadingHTTPServer | None = None
        self._tls: TlsServer | None = None
        self._done = threading.Event()

    def find(self, path: str, query: Query) -> list[Object]:
        """Objects that match; raises LookupError with NetBox's text for a value that it does not know."""
        found = self.tables[path]
        for key, wanted in query.items():
            if key in PAGING:
                continue
            self._check(path, key, wanted)
            matches = FILTERS[path][key]
            found = [item for item in found if matches(item, wanted)]
        found = sorted(found, key=lambda item: int(item["id"]))
        if path == self.shrinks and query.get("offset", ["0"]) == ["0"]:
            self.tables[path].remove(found[0])
        if query.get("exclude") == ["config_context"]:
            found = [{key: value for key, value in item.items() if key != "config_context"} for item in found]
        return found[::-1] if self.shuffled and "ordering" not in query else found

    def _check(self, path: str, key: str, wanted: list[str]) -> None:
        table = SLUGS.get(key)
        if table is None or (path == "ipam/ip-addresses" and key == "role"):
            return
        known = {str(item["slug"]) for item in self.tables[table]}
        for value in wanted:
            if value not in known:
                text = f"Select a valid choice. {value} is not one of the available choices."
                raise LookupError(json.dumps({key: [text]}))

    # What the client's lists look like, so that planners are tested without HTTP.
    def all(self, path: str, query: dict[str, Any]) -> list[Object]:
        """All objects of a list that match."""
        asked = {
            key: [str(one) for one in (value if isinstance(value, list) else [value])] for key, value in query.items()
        }
        return self.find(path, asked)

    def of(self, path: str, key: str, ids: list[int], query: dict[str, Any] | None = None) -> list[Object]:
        """All objects whose filter is one of many ids."""
        return self.all(path, {**(query or {}), key: ids}) if ids else []

    def start(self, certificate: str = "", key: str = "") -> str:
        """Listen; the address. With a certificate by HTTPS."""
        if certificate:
            self._tls = TlsServer(_handler(self), certificate, key)
            return f"https://127.0.0.1:{self._tls.port}"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._done.set()
        if self._tls:
            self._tls.close()
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def answer(self, path: str, query: Query, authorization: str) -> tuple[int, str]:
        """Status and body of a request. NetBox answers 403 to a token that it does not know."""
        self.requests.append((path, query))
        self.headers.append(authorization)
        if self.answers.get(path):
            status = self.answers[path].pop(0)
            return status, json.dumps({"detail": "You do not have permission to perform this action."})
        if path in self.raw:
            return 200, self.raw[path]
        word = "Bearer" if self.token.startswith("nbt_") else "Token"
        if authorization != f"{word} {self.token}":
            return 403, json.dumps({"detail": "Invalid v1 token"})
        if path not in self.tables:
            return 404, json.dumps({"detail": "Not found."})
        try:
            found = self.find(path, query)
        except LookupError as error:
            return 400, str(error)
        limit = min(int(query.get("limit", ["50"])[0]), self.max_page)
        offset = int(query.get("offset", ["0"])[0])
        if self.stalls == path and offset:
            self._done.wait(30)
        more = offset + limit < len(found)
        # As behind a proxy that does not tell its name: a client that followed it would send the token elsewhere.
        following = f"http://netbox.internal/api/{path}/?limit={limit}&offset={offset + limit}" if more else None
        page = {"count": len(found), "next": following, "previous": None, "results": found[offset : offset + limit]}
        return 200, json.dumps(page)


def _handler(double: NetBoxDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            path = parts.path.removeprefix("/api/").rstrip("/")
            status, body = double.answer(path, parse_qs(parts.query), self.headers.get("Authorization", ""))
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args: Any) -> None:
            """Tests read `requests`."""

    return Handler


__all__ = ["TOKEN", "NetBoxDouble"]
