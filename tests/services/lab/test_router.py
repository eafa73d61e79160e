# SPDX-License-Identifier: GPL-3.0-or-later
"""The router between racks that are L2 domains of their own: real legs and relays, and bridges that are apart."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run as configure
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import command_lines, inside
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from checks.traces import traces
from services.lab.conftest import Lab, model

pytestmark = pytest.mark.services


def racks() -> dict[str, Any]:
    """The differences to the small model: two racks, and a provision network with a subnet in each."""
    machine = model()["machines"]["node1"]
    far = {
        **machine,
        "location": {"rack": "r2"},
        "bmc": {"address": "10.20.0.102", "password": "not-this-one"},
        "nics": {"nic0": {"mac": "52:54:00:0a:01:00", "port": "leaf2/Ethernet1"}},
        "root_disk": {"serial": "FAR-ROOT"},
        "storage_disks": [],
    }
    parts = {f"r{n}": {"subnet": f"10.10.{n}.0/24", "gateway": f"10.10.{n}.1"} for n in (1, 2)}
    return {
        "networks": {"provision": {"vlan": 10, "native": True, "racks": parts}},
        "switches": {f"leaf{n}": {"platform": "unmanaged", "location": {"rack": f"r{n}", "unit": 40}} for n in (1, 2)},
        "machines": {"node1": {**machine, "location": {"rack": "r1"}}, "node2": far},
        "provisioner": {"rack": "r1"},
    }


def answers(lab: Lab, address: str) -> bool:
    """Whether an address answers the controller."""
    command = inside(lab.places.ctl, "ping", "-c", "1", "-W", "2", address)
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_racks_are_joined_by_the_router_only(lab: Callable[..., Lab]) -> None:
    two = lab(**racks())
    parts = ("network", "router", "switches")
    done = two.up(*parts)
    assert {"router: provision-r1", "router: provision-r2", "router: DHCP relay provision-r2"} <= set(done)
    assert two.up(*parts) == []
    views = derive(load(f"{two.directory}/cloud.yml")).hostvars
    for name in ("leaf1", "leaf2"):
        assert configure(views[name]["switch_config"] | {"cabling": [], "confirm": {}}, check=False).changed
    assert answers(two, "10.10.1.1"), "the router in the controller's rack"
    assert answers(two, "10.10.2.1"), "the router's leg in the other rack, by the controller's route"
    for pid in command_lines(two.places.router):
        os.kill(pid, signal.SIGKILL)
    assert two.missing()["router"] == ["DHCP relay provision-r2"]
    assert two.up(*parts) == ["router: DHCP relay provision-r2"]
    two.down()
    assert traces(two.places.name, (two.places.run, two.places.state, two.directory)) == []
    assert not pathlib.Path(f"/var/run/netns/{two.places.router}").exists()
