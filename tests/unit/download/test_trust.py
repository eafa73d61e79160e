# SPDX-License-Identifier: GPL-3.0-or-later
"""CAs and proxies from the usual places, against a double of a web server behind TLS and a double of a proxy."""

from __future__ import annotations

import os
import ssl
import subprocess
import threading
import typing as t
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.download import trust, web
from ansible_collections.groundup.cloud.plugins.module_utils.download.errors import DownloadError
from checks.tunnels import Tunnels, tunnels


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_args: t.Any) -> None:
        """Keep the tests' output quiet."""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a certificate for files.example that is its own CA."""
    root = tmp_path_factory.mktemp("keys")
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=files.example", "-addext", "subjectAltName=IP:127.0.0.1,DNS:files.example"]
    files = ["-keyout", str(root / "key"), "-out", str(root / "ca.pem")]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)
    return root


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SSL_CERT_FILE", trust.VARIABLE, "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


@pytest.fixture
def server(keys: Path) -> Iterator[ThreadingHTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "ca.pem", keys / "key")
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as found:
        found.socket = context.wrap_socket(found.socket, server_side=True)
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


def url(server: ThreadingHTTPServer) -> str:
    return f"https://127.0.0.1:{server.server_port}/file"


def test_a_private_ca_is_refused_until_one_of_the_usual_places_names_it(
    server: ThreadingHTTPServer, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        DownloadError, match=r"certificate can't be verified.*SSL_CERT_FILE, REQUESTS_CA_BUNDLE or .*ca_file"
    ):
        web.request(url(server))
    assert web.request(url(server), ca_file=str(keys / "ca.pem")).read() == b"ok"
    for name in ("SSL_CERT_FILE", trust.VARIABLE):
        with monkeypatch.context() as patch:
            patch.setenv(name, str(keys / "ca.pem"))
            assert web.request(url(server)).read() == b"ok"


def test_a_private_ca_is_added_to_the_others(server: ThreadingHTTPServer, keys: Path, tmp_path: Path) -> None:
    known = len(ssl.create_default_context().get_ca_certs())
    assert len(trust.context(str(keys / "ca.pem")).get_ca_certs()) == known + 1


def test_programs_see_all_cas_meanwhile_and_nothing_afterwards(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = (keys / "ca.pem").read_text().strip()
    with trust.for_programs(tmp_path / "none"):
        assert "SSL_CERT_FILE" not in os.environ and not (tmp_path / "none").exists()
    (tmp_path / "first.pem").write_text("-----BEGIN the first\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "first.pem"))
    with trust.for_programs(tmp_path / "trust", str(keys / "ca.pem")):
        text = Path(os.environ["SSL_CERT_FILE"]).read_text()
        assert "-----BEGIN the first" in text and own in text
    assert os.environ["SSL_CERT_FILE"] == str(tmp_path / "first.pem")


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_a_ca_file_that_is_none_is_named(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DownloadError, match=rf"ca_file: the CA file {path} can't be read \(.*\); correct its name"):  # noqa: SIM117
        with trust.for_programs(tmp_path / "trust", str(path)):
            pass


@pytest.fixture
def proxy(server: ThreadingHTTPServer, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tunnels]:
    with tunnels(server.server_port) as found:
        monkeypatch.setenv("https_proxy", f"http://me:secret@127.0.0.1:{found.server_port}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("SSL_CERT_FILE", str(keys / "ca.pem"))
        yield found


def test_https_goes_through_the_proxy_except_to_the_hosts_of_no_proxy(
    server: ThreadingHTTPServer, proxy: Tunnels
) -> None:
    assert web.request("https://files.example/file").read() == b"ok"
    assert [(path, bool(login)) for path, login in proxy.asked] == [("files.example:443", True)]
    assert web.request(url(server)).read() == b"ok"
    assert len(proxy.asked) == 1


def test_a_proxy_that_refuses_is_named_at_once_without_its_password(proxy: Tunnels) -> None:
    proxy.refuses = 407
    with pytest.raises(
        DownloadError, match=rf"the proxy 127.0.0.1:{proxy.server_port} refuses .* 407 .*; correct"
    ) as error:
        web.request("https://files.example/file")
    assert "secret" not in str(error.value) and len(proxy.asked) == 1
