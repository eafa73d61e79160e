# SPDX-License-Identifier: GPL-3.0-or-later
"""The service beside a living API server whose only node is lost; its management controller does not answer.

That a machine is switched off and returned, tests/services/fencing tries with a real Redfish service.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import time
from collections.abc import Callable

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
HOME = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "examples/rack1/vm_ha"


def looked(after: float = 0) -> dict[str, object]:
    """The record of a look that was taken after that time."""
    record = HOME / "run/look.json"
    until = time.monotonic() + 120
    while not (record.exists() and record.stat().st_mtime > after):
        assert time.monotonic() < until, "no look was taken"
        time.sleep(0.5)
    found: dict[str, object] = json.loads(record.read_text())
    return found


def test_it_looks_and_writes_down_when() -> None:
    assert looked(time.time())["at"]


def test_a_lost_machine_without_an_answer_of_its_controller_is_not_tainted(hosted_api: Api) -> None:
    if hosted_api.get("/api/v1/nodes/node1") is None:
        hosted_api.create("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1"}})
    began = time.time()
    looked(began)
    looked(time.time())
    taints = hosted_api.get("/api/v1/nodes/node1")["spec"].get("taints") or []
    assert "node.kubernetes.io/out-of-service" not in [one["key"] for one in taints]


def test_credentials_are_of_root_alone() -> None:
    for name in ("config.json", "kubeconfig"):
        assert (HOME / "services" / name).stat().st_mode & 0o077 == 0, name
    own = (HOME / "services/kubeconfig").read_text()
    assert "token: " in own and "client-key-data" not in own, "it is that of the service, not the administrator's"


def test_it_is_removed_with_its_credentials_and_installed_again(converge: Converge) -> None:
    removed = converge("-e", "vm_ha_state=absent")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert not (HOME / "services/kubeconfig").exists()
    assert "changed=0" in converge("-e", "vm_ha_state=absent").stdout
    assert converge().returncode == 0 and looked(time.time())["at"]


def test_a_wrong_percentage_is_refused(converge: Converge) -> None:
    done = converge("-e", '{"vm_ha_config": {"cloud": "x", "state_dir": "/x", "minimum_healthy": 0, "machines": []}}')
    assert done.returncode and "is no percentage of nodes" in done.stdout + done.stderr
