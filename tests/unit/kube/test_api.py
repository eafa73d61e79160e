# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS client against a real TLS server on loopback, with certificates made for the test."""

from __future__ import annotations

import base64
import http.server
import json
import ssl
import subprocess
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.errors import Denied, Unanswered
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import (
    Api,
    Https,
    Kubeconfig,
    Refused,
    Unreachable,
    connect,
    tls,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError

NODES = {"items": [{"metadata": {"name": "n1"}}]}


def openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca, server (for 127.0.0.1) and client, each .crt and .key; other.crt is a CA that nobody here is signed by."""
    place = tmp_path_factory.mktemp("pki")
    fresh = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for name in ("ca", "other"):
        out = ["-keyout", place / f"{name}.key", "-out", place / f"{name}.crt"]
        openssl(*fresh, "-x509", *out, "-subj", f"/CN={name}", "-addext", "keyUsage=keyCertSign")
    (place / "extensions").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl(*fresh, "-keyout", place / f"{name}.key", "-out", place / f"{name}.csr", "-subj", f"/CN={name}")
        sign = ["-CA", place / "ca.crt", "-CAkey", place / "ca.key", "-extfile", place / "extensions"]
        openssl("x509", "-req", "-in", place / f"{name}.csr", "-out", place / f"{name}.crt", *sign)
    return place


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers like an API server, and records the requests."""

    protocol_version = "HTTP/1.1"
    asked: t.ClassVar[list[tuple[str, str, str, t.Any]]] = []
    logins: t.ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(size)) if size else None
        self.logins.append(self.headers["Authorization"])
        self.asked.append((self.command, self.path, self.headers["Content-Type"], body))
        status = {"/missing": 404, "/forbidden": 403, "/starting": 503}.get(self.path, 200)
        answer = json.dumps(NODES if status == 200 else {"message": f"because of {status}"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *words: t.Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def server(pki: Path) -> t.Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.crt", pki / "server.key")
    context.load_verify_locations(pki / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        Handler.asked.clear()
        yield f"https://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def kubeconfig(pki: Path, server: str, ca: str = "ca") -> Path:
    """A file of kubeadm's form."""
    names = (f"{ca}.crt", "client.crt", "client.key")
    data = {name: base64.b64encode((pki / name).read_bytes()).decode() for name in names}
    path = pki / "admin.conf"
    path.write_text(
        f"apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {data[f'{ca}.crt']}\n"
        f"    server: {server}\n  name: x\nusers:\n- name: admin\n  user:\n"
        f"    client-certificate-data: {data['client.crt']}\n    client-key-data: {data['client.key']}\n"
    )
    return path


def test_the_verbs(pki: Path, server: str) -> None:
    api = connect(Kubeconfig.read(kubeconfig(pki, server)))
    assert api.get("/nodes") == NODES
    api.ready()
    assert Handler.asked[-1][:2] == ("GET", "/readyz")
    assert api.get("/missing") is None
    assert api.delete("/nodes/n1") is True
    assert api.delete("/missing") is False
    api.create("/nodes", {"a": 1})
    api.patch("/nodes/n1", {"b": 2})
    assert Handler.asked[-2:] == [
        ("POST", "/nodes", "application/json", {"a": 1}),
        ("PATCH", "/nodes/n1", "application/merge-patch+json", {"b": 2}),
    ]


def test_a_token_of_the_kubeconfig_is_sent(pki: Path, server: str) -> None:
    file = kubeconfig(pki, server)
    assert connect(Kubeconfig.read(file)).get("/nodes") == NODES and Handler.logins[-1] is None
    file.write_text(file.read_text() + "    token: word\n")
    assert connect(Kubeconfig.read(file)).get("/nodes") == NODES and Handler.logins[-1] == "Bearer word"


def test_an_error_has_the_message_of_the_server(pki: Path, server: str) -> None:
    api = connect(Kubeconfig.read(kubeconfig(pki, server)))
    with pytest.raises(Refused, match="403 because of 403") as caught:
        api.get("/forbidden")
    assert caught.value.status == 403
    with pytest.raises(Unreachable, match="503"):
        api.get("/starting")


def test_texts_and_their_errors_are_those_that_waits_for_objects_expect(pki: Path, server: str) -> None:
    api = connect(Kubeconfig.read(kubeconfig(pki, server)))
    assert json.loads(api.text("/log") or "") == NODES
    assert api.text("/missing") is None
    with pytest.raises(Denied) as denied:
        api.text("/forbidden")
    assert denied.value.status == 403
    with pytest.raises(Unanswered, match="503"):
        api.text("/starting")


def test_a_server_with_a_certificate_of_another_ca_is_refused(pki: Path, server: str) -> None:
    with pytest.raises(Unreachable, match="certificate verify failed"):
        connect(Kubeconfig.read(kubeconfig(pki, server, ca="other"))).get("/nodes")
    assert Handler.asked == []


def test_a_closed_port_is_unreachable(pki: Path) -> None:
    context = tls(*((pki / name).read_text() for name in ("ca.crt", "client.crt", "client.key")))
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9"):
        Api(Https("https://127.0.0.1:9", context)).get("/nodes")


def test_a_kubeconfig_without_inline_keys_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "admin.conf"
    path.write_text("server: https://x:1\nclient-certificate: /file\n")
    with pytest.raises(KubeError, match="kubeadm kubeconfig user"):
        Kubeconfig.read(path)
