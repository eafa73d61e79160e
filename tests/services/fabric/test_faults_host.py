# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose port of a real Open vSwitch is not as it needs: its proof pings, and rolls its change back.

Two network namespaces are doubles of machines. The frames and the pings of full size are real; systemd is recorded,
and the output of ip is changed so that a veth device is a NIC.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.services
MAC = "52:54:00:00:01:0"
PROVE = """
import json, subprocess, sys
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.links import change, proof
ran = []
class Host(System):
    def run(self, argv, **rest):
        if argv[0] == "ip":
            shown = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
            return shown.replace('"info_kind":"veth"', '"was":"veth"')
        ran.append(" ".join(argv))
        return ""
given = json.loads(sys.stdin.read())
host = Host(given["root"])
host.write(change.PENDING, b"7")
host.write(f"{change.CHANGE}/switched", b"")
try:
    said = proof.prove(given["network"], "7", patience=3, system=host)
except HostError as error:
    said = str(error)
print(json.dumps([said, ran, change.pending(host)]))
"""


class Hosts:
    """10.30.0.1 at Ethernet1 and 10.30.0.2 at Ethernet2, both in VLAN 30 with packets of 9000 bytes."""

    def __init__(self, rack: Any, home: Path) -> None:
        self.rack, self.home = rack, home
        self.space = {number: f"gu-faults-{number}-{os.getpid()}" for number in (1, 2)}

    def start(self) -> None:
        for number, space in self.space.items():
            self.rack.sh("ip", "netns", "add", space)
            self.rack.vsctl("set", "Port", f"eth{number}", "tag=30")
            self.rack.vsctl("set", "Interface", f"eth{number}", "mtu_request=9000")
            self.rack.inside("ip", "link", "set", f"peth{number}", "netns", space, "name", "nic0")
            self.inside(number, "ip", "link", "set", "nic0", "address", f"{MAC}{number}", "mtu", "9000", "up")
            self.inside(number, "ip", "address", "add", f"10.30.0.{number}/24", "dev", "nic0")

    def stop(self) -> None:
        for space in self.space.values():
            subprocess.run(["ip", "netns", "del", space], check=False)

    def inside(self, number: int, *command: str) -> str:
        return str(self.rack.sh("ip", "netns", "exec", self.space[number], *command))

    def prove(self) -> tuple[Any, list[str], str | None]:
        """What the first machine says to a change of its network, the commands that it ran, and what waits."""
        network = {
            "hostname": "node1",
            "fqdn": "node1.rack1.example.net",
            "nics": [{"name": "nic0", "mac": f"{MAC}1"}],
            "mtu": 9000,
            "addresses": [
                {"network": "cluster", "vlan": None, "interface": "nic0", "address": "10.30.0.1/24", "mtu": 9000}
            ],
            "peers": {"cluster": ["10.30.0.2"]},
        }
        done = subprocess.run(
            ["ip", "netns", "exec", self.space[1], sys.executable, "-c", PROVE],
            input=json.dumps({"root": str(self.home), "network": network}),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said, ran, pending = json.loads(done.stdout)
        return said, ran, pending


@pytest.fixture
def hosts(rack: Any, tmp_path: Path) -> Iterator[Hosts]:
    found = Hosts(rack, tmp_path / "root")
    try:
        found.start()
        yield found
    finally:
        found.stop()


def test_a_port_as_the_host_needs_it_is_proved(hosts: Hosts) -> None:
    said, ran, pending = hosts.prove()
    assert said["proved"] and not said["unproven"], said
    assert pending == "7" and not [line for line in ran if "revert-now" in line]


@pytest.mark.parametrize(
    "fault",
    [["Port", "eth1", "tag=40"], ["Port", "eth2", "tag=40"], ["Interface", "eth2", "mtu_request=1500"]],
    ids=["the VLAN of its port", "the VLAN of the peer's port", "the MTU of one hop"],
)
def test_a_fault_of_the_switch_makes_the_host_roll_back(hosts: Hosts, fault: list[str]) -> None:
    hosts.rack.vsctl("set", *fault)
    said, ran, __ = hosts.prove()
    assert "the host restores its previous configuration" in said
    assert "cluster (nic0): none of 10.30.0.2 answers a ping of 9000 bytes" in said
    assert any("groundup-network-revert-now" in line for line in ran), ran
    if "mtu" in fault[-1]:
        hosts.inside(1, "ping", "-n", "-q", "-c", "1", "-W", "2", "10.30.0.2")  # smaller packets pass
