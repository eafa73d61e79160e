# SPDX-License-Identifier: GPL-3.0-or-later
"""A small HTTP/1.1 client; the standard library's is slow to import under emulation and can't read into a buffer.

It supports what the boot service and nginx send: Content-Length, no chunked transfer, no redirects.
"""

from __future__ import annotations

import json
import socket
from typing import Any


class HttpError(OSError):
    """A request failed. `status` is the HTTP status, or 0 if the connection broke."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def split(url: str) -> tuple[str, int, str]:
    """(host, port, path) of an http:// URL; raises ValueError for another scheme."""
    scheme, _sep, rest = url.partition("://")
    if scheme != "http" or not rest:
        raise ValueError(f"{url}: only http:// is supported here")
    place, slash, path = rest.partition("/")
    host, _colon, port = place.partition(":")
    return host, int(port or 80), slash + path or "/"


class Connection:
    """A persistent connection, opened again if the server has closed it. It is not thread-safe."""

    def __init__(self, host: str, port: int, timeout: float = 60) -> None:
        self.host, self.port, self.timeout = host, port, timeout
        self._socket: socket.socket | None = None
        self._rest = b""

    def close(self) -> None:
        """Closes the connection; the next request opens a new one."""
        if self._socket:
            self._socket.close()
        self._socket, self._rest = None, b""

    def request(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, dict[str, str]]:
        """Sends a request; returns (status, headers) of the response, whose body the caller must read."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}", f"Content-Length: {len(body)}"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        message = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        fresh = self._socket is None
        try:
            return self._exchange(message)
        except OSError:
            self.close()
            if fresh:
                raise
        return self._exchange(message)

    def _exchange(self, message: bytes) -> tuple[int, dict[str, str]]:
        if self._socket is None:
            self._socket = socket.create_connection((self.host, self.port), self.timeout)
        self._socket.sendall(message)
        head = self._rest
        while b"\r\n\r\n" not in head:
            block = self._socket.recv(65536)
            if not block:
                raise HttpError(0, "the server closed the connection")
            head += block
        text, _sep, self._rest = head.partition(b"\r\n\r\n")
        first, *lines = text.decode("latin-1").split("\r\n")
        headers = {key.strip().lower(): value.strip() for key, _c, value in (line.partition(":") for line in lines)}
        return int(first.split(" ")[1]), headers

    def read_into(self, view: memoryview) -> None:
        """Fills `view` from the body. Raises HttpError if the connection ends earlier."""
        taken = min(len(self._rest), len(view))
        view[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        while taken < len(view):
            if self._socket is None or not (got := self._socket.recv_into(view[taken:])):
                self.close()
                raise HttpError(0, f"the connection ended after {taken} of {len(view)} bytes")
            taken += got

    def body(self, headers: dict[str, str]) -> bytes:
        """The whole body of a small response."""
        buffer = bytearray(int(headers.get("content-length") or 0))
        self.read_into(memoryview(buffer))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return bytes(buffer)


def fetch_range(connection: Connection, path: str, start: int, view: memoryview) -> None:
    """Reads `len(view)` bytes of a file from offset `start`. Raises HttpError."""
    status, headers = connection.request("GET", path, {"Range": f"bytes={start}-{start + len(view) - 1}"})
    length = int(headers.get("content-length") or -1)
    if status != 206 or length != len(view):
        connection.close()
        raise HttpError(status, f"GET {path}: status {status}, {length} bytes instead of {len(view)}")
    connection.read_into(view)


def post(connection: Connection, path: str, token: str, value: Any) -> Any:
    """Posts JSON with a bearer token and returns the JSON response. Raises HttpError with the server's message."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    status, answer = connection.request("POST", path, headers, json.dumps(value).encode())
    text = connection.body(answer)
    if status != 200:
        raise HttpError(status, f"{path}: {status} {text.decode('utf-8', 'replace')[:300]}")
    return json.loads(text)
