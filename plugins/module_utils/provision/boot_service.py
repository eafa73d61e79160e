# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP service for network boot: a machine boots from its disk unless it is armed for a deployment.

    python3 boot_service.py CONFIG.json

CONFIG: `{state_dir, base_url, listen: "unix:/path" | "address:port", group, kernel_arguments}`; root and
`group`, that of its reverse proxy nginx, may use the socket. Standard library only. SIGTERM ends it at once, which is
safe: all state is in files that are written before a response is sent.
"""

from __future__ import annotations

import grp
import json
import os
import re
import socket
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from typing import Any

try:
    from .boot_store import NAME, Rejected, Store
except ImportError:  # run as a program: its directory is on the path
    from boot_store import NAME, Rejected, Store  # type: ignore[import-not-found,no-redef]

_SCRIPT = re.compile(r"^/boot/((?:[0-9a-f]{2}-){5}[0-9a-f]{2})\.ipxe$")
_DEPLOY = re.compile(r"^/deploy/v1/([^/]+)/(start|events)$")
_LIMIT = 1024 * 1024

#: Exit status 1 makes UEFI firmware continue with its next boot entry; with 0 it would show its menu.
EXIT = """#!ipxe
iseq ${platform} efi || sanboot --no-describe --drive 0x80 || exit
exit 1
"""

#: The first script of every machine; netX is the NIC that booted.
ENTRY = """#!ipxe
chain --autofree BASE/boot/${netX/mac:hexhyp}.ipxe ||
iseq ${platform} efi || sanboot --no-describe --drive 0x80 || exit
exit 1
"""

RAMDISK = """#!ipxe
kernel {base}/boot/files/vmlinuz initrd=ramdisk.img boot=deploy BOOTIF=01-{mac} groundup.url={base} \
groundup.machine={machine} groundup.token={token} {arguments} || goto disk
initrd --name ramdisk.img {base}/boot/files/ramdisk.img || goto disk
boot
:disk
iseq ${{platform}} efi || sanboot --no-describe --drive 0x80 || exit
exit 1
"""


class Handler(BaseHTTPRequestHandler):
    """Handles one request. The client's address is in a header that nginx sets and clients can't forge."""

    protocol_version = "HTTP/1.1"
    server: Server
    timeout = 60

    def do_GET(self) -> None:
        """The first script, the script of one MAC address, or the health check."""
        if self.path == "/boot/boot.ipxe":
            self._send(200, ENTRY.replace("BASE", self.server.store.base_url), "text/plain")
        elif found := _SCRIPT.match(self.path.lower()):
            self._send(200, self._script(found.group(1)), "text/plain")
        elif self.path == "/boot/health":
            self._send(200, "ok\n", "text/plain")
        else:
            self._send(404, "not found\n", "text/plain")

    def do_HEAD(self) -> None:
        """Firmware requests the size first."""
        self.do_GET()

    def _script(self, mac: str) -> str:
        store = self.server.store
        arming = store.armed_for(mac.replace("-", ":"))
        if arming is None:
            return EXIT
        store.script_served(arming, mac.replace("-", ":"), self._address())
        return RAMDISK.format(
            base=store.base_url,
            mac=mac,
            machine=arming["machine"],
            token=arming["token"],
            arguments=self.server.kernel_arguments,
        )

    def do_POST(self) -> None:
        """The start of a deployment and its events."""
        try:
            answer = json.dumps(self._deployment())
        except Rejected as rejected:
            self._refuse(rejected.status, str(rejected))
        except (ValueError, KeyError, TypeError) as error:
            self._refuse(400, str(error))
        except OSError as error:  # for instance a full disk; the ramdisk repeats the request for minutes
            self.log_error("%s", error)
            self._refuse(503, f"the provisioner can't store it: {error.strerror}")
        else:
            self._send(200, answer, "application/json")

    def _deployment(self) -> dict[str, Any]:
        found = _DEPLOY.match(self.path)
        if not found or not NAME.match(found.group(1)):
            raise Rejected(404, "not found")
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= _LIMIT:
            raise Rejected(413, f"more than {_LIMIT} bytes")
        body = json.loads(self.rfile.read(length))
        if not isinstance(body, dict):
            raise Rejected(400, "an object is expected")
        secret = self.headers.get("Authorization", "").removeprefix("Bearer ")
        act = self.server.store.start if found.group(2) == "start" else self.server.store.event
        return act(found.group(1), secret, body, self._address())

    def _refuse(self, status: int, text: str) -> None:
        self.close_connection = True  # the request's body may not have been read completely
        self._send(status, f"{text}\n", "text/plain")

    def _address(self) -> str:
        return self.headers.get("X-Real-IP") or (self.client_address[0] if self.client_address else "")

    def _send(self, status: int, text: str, kind: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def address_string(self) -> str:
        """The client's address for the log."""
        return self._address() or "local"


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A threaded server on a unix socket or an address."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, config: dict[str, Any]) -> None:
        self.store = Store(config["state_dir"], config["base_url"].rstrip("/"))
        self.kernel_arguments = str(config.get("kernel_arguments") or "quiet")
        listen = str(config["listen"])
        if listen.startswith("unix:"):
            self.address_family = socket.AF_UNIX
            path = listen.removeprefix("unix:")
            if os.path.exists(path):
                os.unlink(path)
            super().__init__(path, Handler)  # type: ignore[arg-type]
            if config.get("group"):
                os.chown(path, -1, grp.getgrnam(str(config["group"])).gr_gid)
            os.chmod(path, 0o660)
        else:
            host, _colon, port = listen.rpartition(":")
            super().__init__((host, int(port)), Handler)

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection; the peer address of a unix socket is replaced by an empty one."""
        connection, address = super().get_request()
        return connection, address or ("", 0)


def main(argv: list[str]) -> int:
    """Serves until a signal ends the process."""
    with open(argv[1], encoding="utf-8") as file:
        config = json.load(file)
    with Server(config) as server:
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
