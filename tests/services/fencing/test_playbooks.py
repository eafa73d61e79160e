# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks fence and watch, with a real API server and a real Redfish service; kubelets are doubles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.facts import TAINT
from services.bmc.conftest import MAC, PASSWORD, UUID
from services.fencing.kubelet import Kubelet, Nodes
from services.fencing.test_fence import Fence, act, nodes  # noqa: F401  fixtures

pytestmark = pytest.mark.services
REPO = Path(__file__).resolve().parents[3]
BELOW = [{"name": "machine", "role": "groundup.cloud.machine", "input": "machine_config", "follows": []}]


class Play:
    """Runs playbooks with an inventory as the model makes it, of what these playbooks read."""

    def __init__(self, home: Path, fencing: Fence) -> None:
        self.home = home
        config = {name: fencing.params[name] for name in ("protocol", "address", "port", "username", "tls", "timeout")}
        machine = {"macs": [MAC], "identity": {"uuid": UUID}, "bmc": {**config, "password": PASSWORD}}
        hosts = {
            name: {"machine_config": machine, "kubernetes_config": {"node": {"name": name}}, "groundup_below": BELOW}
            for name in ("node1", "node2")
        }
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        groups = {
            "machines": {"hosts": hosts, "vars": {"ansible_host": "192.0.2.1"}},
            "clusters": {"hosts": {"cluster": {}}},
            "provisioners": {"hosts": {"provisioner": {}}},
            "switches": {"hosts": {"leaf1": {}}},
        }
        values = {**local, "groundup_kubeconfig": fencing.params["kubeconfig"], "groundup_below": []}
        (home / "hosts.json").write_text(json.dumps({"all": {"children": groups, "vars": values}}))

    def __call__(self, name: str, *words: str) -> str:
        environment = {
            **os.environ, "HOME": str(self.home), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"),
            "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml", "ANSIBLE_LOCALHOST_WARNING": "0",
        }  # fmt: skip
        program = str(Path(sys.executable).parent / "ansible-playbook")
        command = [program, "-i", str(self.home / "hosts.json"), str(REPO / f"playbooks/{name}.yml"), *words]
        done = subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=False)
        text = " ".join((done.stdout + done.stderr).split())
        assert PASSWORD not in text
        return f"{done.returncode} {text}"


@pytest.fixture
def play(tmp_path: Path, act: Fence) -> Play:  # noqa: F811
    return Play(tmp_path, act)


def test_a_machine_is_fenced_by_hand_and_returned_by_a_look(nodes: Nodes, act: Fence, play: Play) -> None:  # noqa: F811
    refused = play("fence", "-e", "machine=node1", "-e", "fence_consent=node1")
    assert refused.startswith("2") and "it is Ready; drain it" in refused, refused
    for words in ([], ["-e", "machine=machines"], ["-e", "machine=leaf1"]):
        wrong = play("fence", *words)
        assert wrong.startswith("2") and "name one machine that has a management controller" in wrong, wrong
    assert act.on() and nodes.taints("node2") == []

    planned = play("fence", "-e", "machine=node2", "-e", "fence_consent=node2", "--check")
    assert planned.startswith("0") and "cut the power of node2" in planned, planned
    assert act.on()
    done = play("fence", "-e", "machine=node2", "-e", "fence_consent=node2", "-e", "fence_by=night-shift")
    assert done.startswith("0") and "by: night-shift" in done, done
    assert not act.on() and nodes.taints("node2") == [TAINT]

    idle = play("watch")
    assert idle.startswith("0") and nodes.taints("node2") == [TAINT] and not act.on(), idle
    with Kubelet(nodes, "node2", act.on, boot="boot-2"):
        act.switch("on")
        deadline = time.monotonic() + 60
        while nodes.get("node2")["status"]["nodeInfo"]["bootID"] != "boot-2" and time.monotonic() < deadline:
            time.sleep(0.5)
        back = play("watch")
    assert back.startswith("0") and nodes.taints("node2") == [], back


def test_a_machine_that_is_lost_is_fenced_by_a_look(nodes: Nodes, act: Fence, play: Play) -> None:  # noqa: F811
    early = play("watch", "-e", "fence_stale_after=900")
    assert early.startswith("0") and act.on(), early
    braked = play("watch", "-e", "fence_minimum_healthy=90")
    assert braked.startswith("2") and "look for what they have in common" in braked and act.on(), braked
    done = play("watch")
    assert done.startswith("0") and not act.on() and nodes.taints("node2") == [TAINT], done
