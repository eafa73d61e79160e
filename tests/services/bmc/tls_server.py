# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTPS server on this host with a handler of a test's own, for doubles of management controllers."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class TlsServer:
    """Listens from its creation on; `port` is free and chosen by the kernel."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], certificate: str, key: str) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # The handshake is done in the connection's thread with the first read, else one client could block all others.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
