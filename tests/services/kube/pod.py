# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pod does, in a process: a web page, and a webhook over TLS that denies objects whose name begins with `bad`.

pod.py ADDRESS CERTIFICATE KEY
"""

from __future__ import annotations

import http.server
import json
import ssl
import sys
import threading


class Page(http.server.BaseHTTPRequestHandler):
    """Answers of the pod."""

    def do_GET(self) -> None:
        self._answer(b"the pod answers", "text/plain")

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        allowed = not request["name"].startswith("bad")
        response = {"uid": request["uid"], "allowed": allowed, "status": {"message": "the pod denies it"}}
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
        self._answer(json.dumps(review).encode(), "application/json")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(address: str, certificate: str, key: str) -> None:
    plain = http.server.ThreadingHTTPServer((address, 8080), Page)
    secure = http.server.ThreadingHTTPServer((address, 8443), Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    secure.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
