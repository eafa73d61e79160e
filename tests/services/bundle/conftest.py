# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of publishers' web servers, with the faults that real ones have, and a real docker-registry."""

from __future__ import annotations

import http.server
import json
import shutil
import socket
import subprocess
import threading
import time
import typing as t
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import Request, cache_root, plan


class Publisher(http.server.ThreadingHTTPServer):
    """Serves ``content`` ({path: bytes}); ``faults`` ({path: [fault, …]}) are used up one by one.

    A fault is an HTTP status, or "cut": the connection ends after half of what was asked for.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.content: dict[str, bytes] = {}
        self.faults: dict[str, list[int | str]] = {}
        self.asked: list[tuple[str, str | None]] = []  # path and Range of each request

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers GET, with ranges."""

    server: Publisher

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append((self.path, wanted))
        pending = self.server.faults.get(self.path) or []
        fault = pending.pop(0) if pending else None
        data = self.server.content.get(self.path)
        if isinstance(fault, int) or data is None:
            self.send_error(fault if isinstance(fault, int) else 404)
            return
        first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if first and first >= len(data):
            self.send_error(416)
            return
        body = data[first:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if fault == "cut" else body)

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
def registry(root: Path, scratch: Path) -> t.Iterator[str]:
    program = shutil.which("docker-registry")
    assert program, "docker-registry is not installed; requirements/apt-test.txt names it"
    port = free_port()
    settings = scratch / f"registry-{port}.yml"
    settings.write_text(
        json.dumps(
            {
                "version": "0.1",
                "log": {"level": "warn"},
                "storage": {
                    "filesystem": {"rootdirectory": str(root)},
                    "maintenance": {"readonly": {"enabled": True}},
                },
                "http": {"addr": f"127.0.0.1:{port}"},
            }
        )
    )
    with (scratch / f"registry-{port}.log").open("w") as log:
        process = subprocess.Popen([program, "serve", str(settings)], stdout=log, stderr=log)
        try:
            wait(f"http://127.0.0.1:{port}/v2/", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def wait(url: str, process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """Until *url* answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
            assert time.monotonic() < end, f"{url} did not answer within {seconds} s"
            time.sleep(0.1)
