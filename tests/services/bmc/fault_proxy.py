# SPDX-License-Identifier: GPL-3.0-or-later
"""A TLS proxy in front of a Redfish service, which injects faults.

The service is real (sushy-tools). The first fault that matches a request and has ``times`` left is injected;
otherwise the request is forwarded.
"""

from __future__ import annotations

import http.client
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from services.bmc.tls_server import TlsServer


@dataclass
class Fault:
    """A fault of requests that match ``method`` and ``path`` (regular expressions), ``times`` times (-1: always)."""

    method: str = ".*"
    path: str = ".*"
    times: int = -1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"error": {"code": "Base.1.0.GeneralError", "message": "made by the fault proxy"}}'
    delay: float = 0.0
    drop: bool = False
    drip: float = 0.0
    when: Callable[[BaseHTTPRequestHandler], bool] = lambda _handler: True


@dataclass
class Request:
    """One request as it was received, and the status of its response."""

    method: str
    path: str
    authorization: str | None
    if_match: str | None
    status: int = 0


def matches(fault: Fault, handler: BaseHTTPRequestHandler) -> bool:
    """Whether a fault applies to a request; it then has one time less left."""
    if not fault.times or not re.fullmatch(fault.method, handler.command) or not fault.when(handler):
        return False
    if not re.search(fault.path, handler.path):
        return False
    fault.times -= 1
    return True


class FaultProxy:
    """Listens on 127.0.0.1 with TLS; forwards to a plain or TLS service on this machine."""

    def __init__(self, upstream_port: int, certificate: str, key: str, upstream_tls: ssl.SSLContext | None) -> None:
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self._upstream = (upstream_port, upstream_tls)
        self.etag: str | None = None
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def log_message(self, *_args: object) -> None:
                """Log nothing."""

            def _any(self) -> None:
                proxy.serve(self)

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _any  # noqa: N815 - names of the standard library

        self._server = TlsServer(Handler, certificate, key)
        self.port = self._server.port

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        request = Request(handler.command, handler.path, handler.headers["Authorization"], handler.headers["If-Match"])
        self.requests.append(request)
        data = handler.rfile.read(int(handler.headers["Content-Length"] or 0))
        fault = next((fault for fault in self.faults if matches(fault, handler)), None)
        if fault:
            time.sleep(fault.delay)
            if fault.drop:
                handler.connection.close()
                return
        if fault and fault.status:
            request.status = fault.status
            self._answer(handler, fault.status, fault.headers, fault.body, fault.drip)
            return
        request.status, headers, body = self._forward(handler, data)
        self._answer(handler, request.status, headers, body, fault.drip if fault else 0.0)

    def _forward(self, handler: BaseHTTPRequestHandler, data: bytes) -> tuple[int, dict[str, str], bytes]:
        port, context = self._upstream
        maker = http.client.HTTPConnection if context is None else http.client.HTTPSConnection
        options = {} if context is None else {"context": context}
        upstream = maker("127.0.0.1", port, timeout=60, **options)
        forwarded = ("authorization", "content-type", "x-auth-token", "odata-version")
        headers = {name: value for name, value in handler.headers.items() if name.lower() in forwarded}
        upstream.request(handler.command, handler.path, data or None, headers)
        answer = upstream.getresponse()
        body = answer.read()
        upstream.close()
        names = ("content-type", "location", "x-auth-token", "www-authenticate")
        out = {name: value for name, value in answer.getheaders() if name.lower() in names}
        if self.etag and handler.command == "GET":
            out["ETag"] = self.etag
        return answer.status, out, body

    @staticmethod
    def _answer(
        handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes, drip: float
    ) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        try:
            if not drip:
                handler.wfile.write(body)
                return
            for position in range(len(body)):
                handler.wfile.write(body[position : position + 1])
                handler.wfile.flush()
                time.sleep(drip)
        except (OSError, ssl.SSLError):
            return  # the client has closed the connection, as this fault provokes
