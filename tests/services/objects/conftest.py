# SPDX-License-Identifier: GPL-3.0-or-later
"""A real etcd and a real kube-apiserver for the objects engine. No controller runs: nothing is started by an object."""

from __future__ import annotations

import hashlib
import os
import threading
import typing as t
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import connect
from ansible_collections.groundup.cloud.plugins.module_utils.objects.live import get
from ansible_collections.groundup.cloud.plugins.module_utils.objects.perform import perform
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.kube.conftest import Live, bundle, credentials, live, programs  # noqa: F401  fixtures

HERE = Path(__file__).parent
#: Manifests of the projects that a cluster is made of, a directory for each.
UPSTREAM = Path(os.environ.get("GROUNDUP_UPSTREAM", HERE.parents[3] / "shared/upstream"))
Params = dict[str, t.Any]
Result = dict[str, t.Any]


def directory(name: str) -> Path:
    """The directory of the project whose manifests begin with a name; without any manifests, the test is skipped."""
    if not UPSTREAM.is_dir():
        pytest.skip(f"there are no manifests of upstream at {UPSTREAM}; GROUNDUP_UPSTREAM names their directory")
    return next(path for path in sorted(UPSTREAM.iterdir()) if path.name.startswith(name))


def manifest(path: Path) -> Params:
    """A manifest as roles take it: its file and that file's digest."""
    return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


@pytest.fixture(scope="session", autouse=True)
def _client() -> None:
    pytest.importorskip("kubernetes", reason="the Python package kubernetes is not installed here")


@pytest.fixture(scope="module")
def kubeconfig(live: Live) -> str:  # noqa: F811
    return str(live.root / "etc/kubernetes/admin.conf")


@pytest.fixture(scope="module")
def api(kubeconfig: str) -> Https:
    """A connection of our own, to look at what is there."""
    return connect({"kubeconfig": kubeconfig}, {})


class Objects:
    """The module's action with its defaults; nothing waits for controllers, of which there are none."""

    def __init__(self, kubeconfig: str, api: Https) -> None:
        self.kubeconfig, self.api = kubeconfig, api

    def __call__(self, definition: t.Any = None, check: bool = False, **options: t.Any) -> Result:
        defaults: Params = {"state": "present", "wait": False, "timeout": 300, "kubeconfig": self.kubeconfig}
        return perform({"definition": definition, **defaults, **options}, check)

    def get(self, path: str) -> dict[str, t.Any]:
        return self.api.call("GET", path)


@pytest.fixture(scope="module")
def objects(kubeconfig: str, api: Https) -> Objects:
    return Objects(kubeconfig, api)


class Reads:
    """Reads objects of the server; a subclass has ``api``."""

    api: Https

    def get(self, path: str) -> Params:
        found = get(self.api, path)
        assert found is not None, path
        return found

    def exists(self, path: str) -> bool:
        return get(self.api, path) is not None


def finalize_namespaces(api: Https) -> None:
    """What the controller of namespaces does with those that are being removed and empty."""
    for space in api.call("GET", "/api/v1/namespaces")["items"]:
        if space["metadata"].get("deletionTimestamp"):
            path = f"/api/v1/namespaces/{space['metadata']['name']}/finalize"
            api.call("PUT", path, body={**space, "apiVersion": "v1", "kind": "Namespace", "spec": {}})


@contextmanager
def controller(act: t.Callable[[], None], pause: float) -> t.Iterator[None]:
    """A double of a controller: acts again and again, with that many seconds between, while the block runs."""
    done = threading.Event()

    def run() -> None:
        while not done.wait(pause):
            act()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def namespace_controller(api: Https) -> t.ContextManager[None]:
    """The controller of namespaces while the block runs."""
    return controller(lambda: finalize_namespaces(api), 0.2)
