# SPDX-License-Identifier: GPL-3.0-or-later
"""A real etcd and a real kube-apiserver for the objects engine. No controller runs: nothing is started by an object."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import connect
from ansible_collections.groundup.cloud.plugins.module_utils.objects.perform import perform
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.kube.conftest import Live, bundle, live, programs  # noqa: F401  fixtures

HERE = Path(__file__).parent
#: Manifests of the projects that a cluster is made of, a directory for each.
UPSTREAM = Path(os.environ.get("GROUNDUP_UPSTREAM", HERE.parents[3] / "shared/upstream"))
Params = dict[str, t.Any]
Result = dict[str, t.Any]


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
