# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of publishers' web servers, with the faults that real ones have, and a real docker-registry."""

from __future__ import annotations

import hashlib
import http.server
import json
import shutil
import socket
import subprocess
import threading
import time
import typing as t
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import plan
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request, cache_root
from services.processes import bound


class Publisher(http.server.ThreadingHTTPServer):
    """Serves ``content`` ({path: bytes}); ``faults`` ({path: [fault, …]}) are used up one by one.

    A fault is an HTTP status; "cut": the connection ends after half of what was asked for; "lie": the rest is of
    another place than was asked for; "stall": nothing more comes after a half; or a function that gives one.
    ``tags`` is whether files have an ETag (their digest), ``redirects`` {path: URL}, ``wish`` what Retry-After says,
    ``kinds`` {path: media type}.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.content: dict[str, bytes] = {}
        self.faults: dict[str, list[int | str | t.Callable[[], str | None]]] = {}
        self.redirects: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.tags = False
        self.wish: str | None = None
        self.asked: list[tuple[str, str | None]] = []  # path and Range of each request
        self.headers: list[dict[str, str]] = []  # of each request

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers GET, with ranges, as RFC 9110 §14 has it."""

    server: Publisher

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range")))
        self.server.headers.append(dict(self.headers.items()))
        pending = self.server.faults.get(self.path) or []
        fault = pending.pop(0) if pending else None
        if callable(fault):
            fault = fault()
        if self.path in self.server.redirects:
            self._head(307, {"Location": self.server.redirects[self.path]}, 0)
        elif isinstance(fault, int):
            self._head(fault, {"Retry-After": self.server.wish} if self.server.wish else {}, 0)
        elif self.path not in self.server.content:
            self._head(404, {}, 0)
        else:
            self._file(self.server.content[self.path], str(fault))

    def _file(self, data: bytes, fault: str) -> None:
        tag = f'"{hashlib.sha256(data).hexdigest()}"'
        wanted = self.headers.get("Range")
        if self.headers.get("If-Range") not in (None, tag):
            wanted = None
        first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if first and first >= len(data):
            self._head(416, {}, 0)
            return
        first -= 1 if fault == "lie" else 0
        body = data[first:]
        place = {"Content-Range": f"bytes {first}-{len(data) - 1}/{len(data)}"} if wanted else {}
        kind = {"Content-Type": self.server.kinds[self.path]} if self.path in self.server.kinds else {}
        self._head(206 if wanted else 200, place | kind | ({"ETag": tag} if self.server.tags else {}), len(body))
        self.wfile.write(body[: len(body) // 2] if fault in ("cut", "stall") else body)
        if fault == "stall":
            self.rfile.read()  # until the other side hangs up

    def _head(self, status: int, headers: dict[str, str], length: int) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_args: t.Any) -> None:
        """Keep the tests' output quiet."""


@pytest.fixture
def web() -> t.Iterator[Publisher]:
    """A running publisher."""
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serve(tmp_path: Path) -> t.Callable[[Path], t.ContextManager[str]]:
    """Runs a real docker-registry that serves the storage below a directory, read-only; gives its URL."""
    return lambda root: registry(root, tmp_path)


ROLE = Path(__file__).parents[3] / "roles/bundle/files"


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The release's own bundle, if `bundle.yml` has made it from this checkout."""
    request = Request(yaml.safe_load((ROLE / "lock.yml").read_text()), ROLE / "source", "source", cache_root())
    if missing := plan(request).missing:
        pytest.skip(
            f"the bundle of this checkout is not made yet (playbooks/bundle.yml); it lacks {', '.join(missing)}"
        )
    return request.target


@pytest.fixture(scope="session")
def programs(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with every program, as a machine has them."""
    target, held = tmp_path_factory.mktemp("bin"), index.read(bundle)
    for file in index.install(held, sorted(index.programs(held))):
        shutil.copyfile(bundle / f"files/sha256/{file['sha256']}", target / file["name"])
        (target / file["name"]).chmod(int(file["mode"], 8))
        for link in file["links"]:
            (target / link).symlink_to(file["name"])
    return target


@contextmanager
def registry(root: Path, scratch: Path, tls: tuple[Path, Path] | None = None, **settings: t.Any) -> t.Iterator[str]:
    """A real docker-registry over the storage below *root*; *tls* is (certificate, key), *settings* are its own."""
    program = shutil.which("docker-registry")
    assert program, "docker-registry is not installed; requirements/apt-test.txt names it"
    port = free_port()
    file = scratch / f"registry-{port}.yml"
    storage = {"filesystem": {"rootdirectory": str(root)}, "maintenance": {"readonly": {"enabled": True}}}
    speaks = {"tls": {"certificate": str(tls[0]), "key": str(tls[1])}} if tls else {}
    http_ = {"addr": f"127.0.0.1:{port}", **speaks}
    file.write_text(
        json.dumps({"version": "0.1", "log": {"level": "warn"}, "storage": storage, "http": http_, **settings})
    )
    with (scratch / f"registry-{port}.log").open("w") as log:
        process = subprocess.Popen(bound(program, "serve", file), stdout=log, stderr=log)
        try:
            wait(port, process)
            yield f"http{'s' if tls else ''}://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def wait(port: int, process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """Until something listens on *port*."""
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
            assert time.monotonic() < end, f"{port} did not answer within {seconds} s"
            time.sleep(0.1)
