# SPDX-License-Identifier: GPL-3.0-or-later
"""The download engine against a double of a web server: what it resumes, retries, refuses, and says."""

from __future__ import annotations

import base64
import errno
import hashlib
import threading
import typing as t
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.download import file, web
from ansible_collections.groundup.cloud.plugins.module_utils.download.errors import (
    DigestError,
    DownloadError,
    NoSpaceError,
    RefusedError,
    TemporaryError,
)

DATA = bytes(range(256)) * 400
SHA256 = hashlib.sha256(DATA).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves DATA with ranges at every path; ``answers`` are used first: an HTTP status, or "cut" for a half."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.answers: list[int | str] = []
        self.headers: list[dict[str, str]] = []
        self.wish = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/data"


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.headers.append(dict(self.headers.items()))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if isinstance(answer, int) and answer != 200:
            self.send_response(answer)
            if self.server.wish:
                self.send_header("Retry-After", self.server.wish)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int((self.headers["Range"] or "bytes=0-")[6:].rstrip("-"))
        body = DATA[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if answer == "cut" else body)

    def log_message(self, *_args: t.Any) -> None:
        """Keep the tests' output quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


@pytest.fixture(autouse=True)
def no_netrc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


def get(server: Server, directory: Path, sha256: str = SHA256, **more: t.Any) -> tuple[bytes, list[float]]:
    slept: list[float] = []
    part = file.Part(directory / "part")
    file.download("data", server.url, sha256, part, sleep=slept.append, **more)
    return part.path.read_bytes(), slept


def test_an_interrupted_download_is_resumed_and_leaves_nothing_beside_it(server: Server, tmp_path: Path) -> None:
    server.answers = ["cut"]
    assert get(server, tmp_path / "new") == (DATA, [1.0])
    assert server.headers[1]["Range"] == f"bytes={len(DATA) // 2}-"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["part"]


@pytest.mark.parametrize(("wish", "slept"), [("", [1.0]), ("9", [9.0]), ("86400", [web.LONGEST])])
def test_a_busy_server_is_retried_after_its_retry_after(
    server: Server, tmp_path: Path, wish: str, slept: list[float]
) -> None:
    server.answers, server.wish = [503], wish
    assert get(server, tmp_path) == (DATA, slept)


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_final_http_error_is_not_retried(server: Server, tmp_path: Path, code: int) -> None:
    server.answers = [code] * 9
    with pytest.raises(RefusedError, match=rf"data: {server.url}: HTTP Error {code}: .*; ") as refusal:
        get(server, tmp_path)
    assert (refusal.value.code, len(server.headers)) == (code, 1)


def test_a_permanent_fault_is_an_error_with_url_and_remedy(server: Server, tmp_path: Path) -> None:
    server.answers = [503] * 99
    with pytest.raises(DownloadError, match=rf"data: {server.url} answered 503 .*failed 6 times\); call us"):
        get(server, tmp_path, remedy="call us")


def test_a_file_with_another_digest_is_deleted(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DigestError, match=f"{server.url} gave sha256 {SHA256}, wanted is {'0' * 64}; deleted"):
        get(server, tmp_path, "0" * 64)
    assert not list(tmp_path.iterdir())


def test_a_complete_part_with_another_digest_is_downloaded_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(DATA[:-1] + b"!")
    server.answers = [416]
    assert get(server, tmp_path) == (DATA, [])


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, NoSpaceError), (errno.EIO, DownloadError)])
def test_a_disk_error_is_not_retried(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    def fail(_out: t.Any, _block: bytes) -> None:
        raise OSError(number, "the disk's words")

    monkeypatch.setattr(file, "append", fail)
    with pytest.raises(kind, match=rf"{server.url}: .*the disk's words"):
        get(server, tmp_path)
    assert len(server.headers) == 1


def test_progress_is_reported_in_bytes(server: Server, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    server.answers = ["cut"]
    get(server, tmp_path, progress=lambda have, total: told.append((have, total)))
    assert told == [(len(DATA) // 2, len(DATA)), (len(DATA), len(DATA))]


def test_netrc_gives_credentials_to_the_named_host_only(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login me password secret\ndefault login all password all\n")
    monkeypatch.setenv("NETRC", str(path))
    get(server, tmp_path / "new")
    assert server.headers[0]["Authorization"] == f"Basic {base64.b64encode(b'me:secret').decode()}"
    assert web.credentials("https://other.example/x") == {}
    web.request(server.url, {"Authorization": "Bearer own"}).close()
    assert server.headers[-1]["Authorization"] == "Bearer own"


def test_an_invalid_netrc_is_an_error(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("nonsense here\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with pytest.raises(DownloadError, match=r"netrc can't be read \(.*\); correct or remove it"):
        get(server, tmp_path)


def test_a_proxy_of_the_environment_is_used(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("no_proxy", "")
    part = file.Part(tmp_path / "part")
    file.download("data", "http://publisher.invalid/data", SHA256, part)
    assert server.headers[0]["Host"] == "publisher.invalid"


def test_a_silent_server_times_out(server: Server) -> None:
    hang = threading.Event()
    server.process_request = lambda *_args: hang.wait(5)  # type: ignore[method-assign,assignment]
    with pytest.raises(TemporaryError, match="timed out"):
        web.request(server.url, silence=0.2)
    hang.set()


def test_a_missing_ca_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"CA file .*none\.crt can't be read"):
        web.request("https://127.0.0.1:1/", ca_file=str(tmp_path / "none.crt"))
