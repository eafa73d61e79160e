# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx and the boot service as systemd runs them: with different users."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.provision import files, provisioner, services, steps
from ansible_collections.groundup.cloud.plugins.module_utils.provision.settings import Settings

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nginx"), reason="needs root and nginx"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def web() -> Iterator[Settings]:
    # Not below tmp_path, whose parents are not accessible to other users.
    home = tempfile.mkdtemp(prefix="groundup-web-")
    os.chmod(home, 0o755)
    bare = Settings("web", f"{home}/state", "lo", "127.0.0.1", "127.0.0.0/8", f"{home}/bundle", ())
    settings = replace(bare, http_port=free_port(), service_user="www-data")
    plan = steps.Plan()
    files.require(plan, directories=provisioner.directories(settings))
    plan.apply()
    running = []
    try:
        for service in (services.boot(settings), services.nginx(settings)):
            plan = steps.Plan()
            files.require(plan, service.files)
            plan.apply()
            argv = [sys.executable if word == "python3" else word for word in service.argv]
            with open(f"{home}/{service.name}.log", "wb") as log:
                running.append(subprocess.Popen(argv, stdout=log, stderr=log))
        yield settings
    finally:
        for process in running:
            process.terminate()
            process.wait(10)
        shutil.rmtree(home)


def get(settings: Settings, path: str, data: bytes | None = None) -> tuple[int, str]:
    for _try in range(100):
        try:
            with urllib.request.urlopen(settings.base_url + path, data, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError("nginx does not answer")


def test_nginx_reaches_the_boot_service_as_its_own_user(web: Settings) -> None:
    while not Path(web.path("run", "boot.sock")).exists():
        time.sleep(0.05)
    assert get(web, "/boot/health") == (200, "ok\n")
    assert os.stat(web.path("run", "boot.sock")).st_mode & 0o007 == 0, "other users must not reach the boot service"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/deploy/v1/node1/start", b"{", 400),
        ("/deploy/v1/node1/start", b"[1]", 400),
        ("/deploy/v1/node1/start", b'{"nonce": 1}', 403),
        ("/deploy/v1/node1/events", b'{"seq": [1], "event": "done", "data": {}}', 403),
        ("/deploy/v1/..%2farmed%2fnode1/start", b'{"nonce": 1}', 404),
        ("/deploy/v1/%2e%2e/start", b'{"nonce": 1}', 404),
        ("/deploy/v1/node1/start", b" " * (1024 * 1024 + 1), 413),
    ],
)
def test_invalid_requests_get_an_error_status(web: Settings, path: str, body: bytes, status: int) -> None:
    while not Path(web.path("run", "boot.sock")).exists():
        time.sleep(0.05)
    assert get(web, path, body)[0] == status
    assert get(web, "/boot/health")[0] == 200
