# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of CDI: the flow of a DataVolume's status, its API of upload tokens, and its upload proxy, over TLS.

Nothing is written into a volume. The name of a DataVolume makes it misbehave: `wrong-digest`, `too-small`, `stalled`.
It answers as CDI 1.66.0 does (pkg/uploadproxy/uploadproxy.go, pkg/controller/datavolume).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
import typing as t
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import MERGE, Https, items
from services.bmc.tls_server import TlsServer

Json = dict[str, t.Any]
GROUP = "upload.cdi.kubevirt.io"
VOLUMES = "/apis/cdi.kubevirt.io/v1beta1"
LATER = {
    "import": {"": "ImportScheduled", "ImportScheduled": "ImportInProgress", "ImportInProgress": "Succeeded"},
    "upload": {"": "UploadScheduled", "UploadScheduled": "UploadReady"},
}
FAULTS: dict[str, tuple[str, str, str]] = {
    "wrong-digest": ("Failed", "ChecksumError", "checksum mismatch: expected ab, got cd"),
    "too-small": ("ImportInProgress", "Error", "DataVolume too small to contain image"),
}


class CdiDouble:
    """Serves from its creation on.

    :ivar received: claim -> SHA-256 of the file that was sent for it.
    :ivar answers: statuses that the proxy gives before it takes a file.
    """

    def __init__(self, api: Https, home: Path) -> None:
        self.api, self.received, self.answers = api, dict[str, str](), list[int]()
        self.certificate, key = home / "cdi.crt", home / "cdi.key"
        words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        words += ["-subj", "/CN=cdi", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
        subprocess.run(
            ["openssl", *words, "-keyout", str(key), "-out", str(self.certificate)], check=True, capture_output=True
        )
        self.server = TlsServer(handler(self), str(self.certificate), str(key))
        self.url = f"https://localhost:{self.server.port}"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def register(self, objects: t.Callable[..., t.Any]) -> None:
        """Let the API server pass requests for tokens on."""
        service = {"name": "cdi-api", "namespace": "cdi", "port": self.server.port}
        objects([
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "cdi"}},
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cdi-api", "namespace": "cdi"},
             "spec": {"type": "ExternalName", "externalName": "localhost"}},
            {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": f"v1beta1.{GROUP}"},
             "spec": {"group": GROUP, "version": "v1beta1", "service": service, "insecureSkipTLSVerify": True,
                      "groupPriorityMinimum": 1000, "versionPriority": 15}},
        ])  # fmt: skip

    def close(self) -> None:
        self._ended.set()
        self._thread.join(30)
        self.server.close()

    def _run(self) -> None:
        while not self._ended.wait(0.15):
            try:
                for one in items(self.api, f"{VOLUMES}/datavolumes"):
                    self.further(one)
            except ObjectsError:  # the kind is not served yet, or a volume was removed meanwhile
                continue

    def further(self, one: Json) -> None:
        """Move a DataVolume one phase further."""
        meta, phase = one["metadata"], one.get("status", {}).get("phase", "")
        kind = "upload" if "upload" in one["spec"]["source"] else "import"
        status: Json = {"phase": LATER[kind].get(phase, phase), "progress": "N/A", "claimName": meta["name"]}
        if phase == "UploadReady" and meta["name"] in self.received:
            status["phase"] = "Succeeded"
        if phase == "ImportScheduled":
            status["progress"] = "12.30%"
        if phase == "ImportInProgress" and meta["name"] in FAULTS:
            status["phase"], reason, message = FAULTS[meta["name"]]
            status["conditions"] = [{"type": "Running", "status": "False", "reason": reason, "message": message}]
        if phase == "ImportInProgress" and meta["name"] == "stalled":
            return
        if status["phase"] == "Succeeded":
            status["progress"] = "100.0%"
        if status["phase"] != phase or "conditions" in status:
            path = f"{VOLUMES}/namespaces/{meta['namespace']}/datavolumes/{meta['name']}/status"
            self.api.call("PATCH", path, None, {"status": status}, MERGE)


def handler(double: CdiDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_arguments: t.Any) -> None:
            """Nothing is printed."""

        def do_GET(self) -> None:
            resource = {"name": "uploadtokenrequests", "kind": "UploadTokenRequest", "namespaced": True, "verbs": []}
            head = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{GROUP}/v1beta1"}
            self.answer(200, {**head, "resources": [resource]})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            if self.path.startswith(f"/apis/{GROUP}/"):
                given = json.loads(self.rfile.read(length))
                self.answer(201, {**given, "status": {"token": f"for-{given['spec']['pvcName']}"}})
                return
            found = hashlib.sha256()
            while length:
                block = self.rfile.read(min(length, 1 << 16))
                found.update(block)
                length -= len(block)
            token = self.headers["Authorization"].removeprefix("Bearer for-")
            status = double.answers.pop() if double.answers else 200
            if status == 200:
                double.received[token] = found.hexdigest()
            self.answer(status, {})

        def answer(self, status: int, body: Json) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler
