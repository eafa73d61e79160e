# SPDX-License-Identifier: GPL-3.0-or-later
"""The role vm_ha with supervised processes, a real API server and a real Redfish service; kubelets are doubles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.facts import TAINT
from services.bmc.conftest import MAC, PASSWORD, UUID
from services.fencing.kubelet import Nodes
from services.fencing.test_fence import Fence, act, nodes  # noqa: F401  fixtures

pytestmark = pytest.mark.services
REPO = Path(__file__).resolve().parents[3]


class Role:
    """Runs the role on this host."""

    def __init__(self, home: Path, fencing: Fence) -> None:
        self.home = home
        bmc = {name: fencing.params[name] for name in ("protocol", "address", "port", "username", "tls")}
        machine = {"name": "node2", "identity": {"uuid": UUID, "macs": [MAC]}, "bmc": {**bmc, "password": PASSWORD}}
        config = {"cloud": "rack1", "state_dir": str(home), "service_manager": "processes", "machines": [machine]}
        values = {
            "vm_ha_config": config,
            "vm_ha_kubeconfig": fencing.params["kubeconfig"],
            "ansible_python_interpreter": sys.executable,
        }
        book = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": values,
            "roles": [{"role": "groundup.cloud.vm_ha"}],
        }
        (home / "book.yml").write_text(json.dumps([book]))

    def __call__(self, *words: str) -> str:
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CONFIG": str(REPO / "ansible.cfg")}
        command = [str(Path(sys.executable).parent / "ansible-playbook"), str(self.home / "book.yml"), "--diff", *words]
        done = subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=False)
        assert PASSWORD not in done.stdout + done.stderr and "client-key-data" not in done.stdout
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pid(self) -> int:
        return int(json.loads((self.home / "vm_ha/run/vm-ha.json").read_text())["child"])


@pytest.fixture
def role(tmp_path: Path, act: Fence) -> Iterator[Role]:  # noqa: F811
    found = Role(tmp_path, act)
    yield found
    found("-e", "vm_ha_state=absent")


def test_the_service_is_installed_fences_and_is_removed(nodes: Nodes, act: Fence, role: Role) -> None:  # noqa: F811
    planned = role("--check")
    assert "changed=1" in planned and not (role.home / "vm_ha").exists() and act.on()
    assert "changed=1" in role()
    deadline = time.monotonic() + 120
    while not nodes.taints("node2") and time.monotonic() < deadline:
        time.sleep(0.5)
    assert nodes.taints("node2") == [TAINT] and not act.on()
    log = (role.home / "vm_ha/log/vm-ha.log").read_text()
    assert "node2 is lost: record who fences node2; cut the power of node2" in log and PASSWORD not in log
    pid = role.pid()
    assert "changed=0" in role() and role.pid() == pid
    os.kill(pid, 9)
    deadline = time.monotonic() + 60
    while role.pid() == pid and time.monotonic() < deadline:
        time.sleep(0.2)
    assert role.pid() != pid, "it is started again"
    assert "changed=1" in role("-e", "vm_ha_state=absent")
    assert not (role.home / "vm_ha/services/config.json").exists()
    assert not Path(f"/proc/{pid}").exists() and "changed=0" in role("-e", "vm_ha_state=absent")
