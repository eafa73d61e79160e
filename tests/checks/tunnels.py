# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of an HTTP proxy for TLS, for tests of what goes through the proxies of the environment."""

from __future__ import annotations

import socket
import threading
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Tunnels(ThreadingHTTPServer):
    """A proxy that leads each CONNECT to one port of this machine, or refuses it with the status ``refuses``.

    ``asked`` has the host and the Proxy-Authorization of each request.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.port, self.refuses = port, 0
        self.asked: list[tuple[str, str | None]] = []


class Tunnel(BaseHTTPRequestHandler):
    server: Tunnels

    def do_CONNECT(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Proxy-Authorization")))
        if self.server.refuses:
            self.send_error(self.server.refuses)
            return
        self.send_response(200)
        self.end_headers()
        with socket.create_connection(("127.0.0.1", self.server.port)) as other:
            threading.Thread(target=self._lead, args=(other, self.connection), daemon=True).start()
            self._lead(self.connection, other)

    @staticmethod
    def _lead(source: socket.socket, target: socket.socket) -> None:
        try:
            while block := source.recv(1 << 16):
                target.sendall(block)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # a side has hung up

    def log_message(self, *_args: t.Any) -> None:
        """Keep the tests' output quiet."""


@contextmanager
def tunnels(port: int) -> Iterator[Tunnels]:
    """A running proxy to a port of this machine."""
    with Tunnels(port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
