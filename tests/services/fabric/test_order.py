# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a living machine with a real Open vSwitch: packets that are lost on the way are counted.

A network namespace and a bridge of its own, which puts tags on frames as a machine's VLAN devices do (the kernel here
may have none), are a double of a machine; what it sends passes the real switch.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.order import Consent, Phase
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import Outcome, run

pytestmark = pytest.mark.services
VLANS = (20, 30)
MAC = {1: "02:00:00:00:00:01", 2: "02:00:00:00:00:02"}


class Hosts:
    """Two machines at Ethernet1 and Ethernet2 that reach each other's loopback address by VLAN 20 or by VLAN 30."""

    def __init__(self, rack: Any) -> None:
        self.rack = rack
        self.space = {number: f"gu-order-{number}-{os.getpid()}" for number in (1, 2)}

    def start(self) -> None:
        for number, space in self.space.items():
            self.rack.sh("ip", "netns", "add", space)
            self.inside(number, "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")
            self.inside(number, "ip", "link", "set", "lo", "up")
            self.inside(number, "ip", "addr", "add", f"10.99.0.{number}/32", "dev", "lo")
            self.rack.vsctl("add-br", f"host{number}", "--", "set", "bridge", f"host{number}", "datapath_type=netdev")
            self.rack.vsctl("add-port", f"host{number}", f"peth{number}")
            for vlan in VLANS:
                self._vlan_device(number, vlan)
        self.go_by(30)

    def _vlan_device(self, number: int, vlan: int) -> None:
        end, name = f"n{number}v{vlan}", f"v{vlan}"
        peer = ["peer", "name", name, "address", MAC[number], "netns", self.space[number]]
        self.rack.inside("ip", "link", "add", end, "type", "veth", *peer)
        self.rack.inside("ip", "link", "set", end, "up")
        self.rack.vsctl("add-port", f"host{number}", end, f"tag={vlan}")
        self.inside(number, "ip", "addr", "add", f"10.{vlan}.0.{number}/24", "dev", name)
        self.inside(number, "ip", "link", "set", name, "up")

    def stop(self) -> None:
        for space in self.space.values():
            subprocess.run(["ip", "netns", "del", space], check=False)

    def inside(self, number: int, *command: str) -> str:
        return str(self.rack.sh("ip", "netns", "exec", self.space[number], *command))

    def go_by(self, vlan: int) -> None:
        """Reach the other machine by this VLAN. A route is replaced by one call of the kernel."""
        for number, other in ((1, 2), (2, 1)):
            self.inside(number, "ip", "route", "replace", f"10.99.0.{other}/32", "via", f"10.{vlan}.0.{other}")

    def leave(self, vlan: int) -> None:
        """What the role host_network does on the machines: they use the other VLAN once a peer answers there, and then
        this one no longer. Packets that are on their way have a second to arrive."""
        self.inside(2, "ping", "-n", "-q", "-c", "5", "-i", "0.2", "-W", "5", "10.20.0.1")
        self.go_by(20)
        time.sleep(1)
        for number in self.space:
            self.inside(number, "ip", "link", "del", f"v{vlan}")


class Stream:
    """A ping every 50 ms from the second machine to the first."""

    def __init__(self, hosts: Hosts) -> None:
        words = ["ping", "-n", "-i", "0.05", "-W", "1", "-I", "10.99.0.2", "10.99.0.1"]
        self._hosts = hosts
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it is open until the stream ends
        self._ping = subprocess.Popen(["ip", "netns", "exec", hosts.space[2], *words], stdout=self._said)
        time.sleep(0.5)

    def lost(self) -> int:
        """End the stream; how many packets before the last one that was answered were not."""
        time.sleep(1.2)
        self._ping.send_signal(signal.SIGINT)
        self._ping.wait(20)
        assert ping(self._hosts) == 0, "the machine is not reached at the end"
        with self._said as said:
            said.seek(0)
            answered = set(map(int, re.findall(r"icmp_seq=(\d+) ttl", said.read())))
        assert len(answered) > 20, answered
        return max(answered) - len(answered)


def ping(hosts: Hosts) -> int:
    """The exit status of one ping: 0 if it was answered."""
    words = ["ping", "-n", "-q", "-c", "1", "-W", "1", "-I", "10.99.0.2", "10.99.0.1"]
    return subprocess.run(["ip", "netns", "exec", hosts.space[2], *words], check=False, capture_output=True).returncode


@pytest.fixture
def machines(rack: Any) -> Iterator[Hosts]:
    hosts = Hosts(rack)
    try:
        hosts.start()
        yield hosts
    finally:
        hosts.stop()


def params(hosts: Hosts, *vlans: int, native: int | None = 10, lag: bool = False) -> dict[str, Any]:
    ends = [
        {"name": f"Ethernet{number}", "description": f"node{number}.nic0", "mode": "trunk", "native": native}
        | {"vlans": list(vlans), "mtu": 1500, "edge": True}
        for number in (1, 2)
    ]
    cabling = [
        {"port": f"Ethernet{number}", "machine": f"node{number}", "nic": "nic0", "mac": MAC[number]}
        | {"address": f"10.20.0.{number}"}
        for number in (1, 2)
    ]
    lags = [
        {key: value for key, value in end.items() if key not in ("mode", "name")}
        | {"name": f"node{number}", "members": [f"Ethernet{number}"], "description": f"node{number}.bond0"}
        for number, end in enumerate(ends, 1)
    ]
    switch = {"name": "leaf1", "platform": "openvswitch", "connection": {"database": hosts.rack.database}}
    return switch | {"cabling": cabling} | ({"lags": lags} if lag else {"ports": ends})


def configure(
    wanted: dict[str, Any], phase: Phase, cut: frozenset[str] = frozenset(), *, check: bool = False
) -> Outcome:
    """A run; nobody answers the controller, so the switch's own MAC table has to tell who lives."""
    return run(wanted, check=check, answers=lambda __: set(), phase=phase, consent=Consent(cut=cut))


def test_a_vlan_is_removed_without_a_lost_packet(machines: Hosts) -> None:
    configure(params(machines, 20, 30), Phase.EXACT)
    stream = Stream(machines)
    wide = configure(params(machines, 20), Phase.WIDEN)
    assert not wide.changed and wide.remains == ["change port Ethernet1", "change port Ethernet2"]
    planned = configure(params(machines, 20), Phase.NARROW, check=True)
    machines.leave(30)
    narrow = configure(params(machines, 20), Phase.NARROW)
    assert narrow.steps == planned.steps == wide.remains
    assert stream.lost() == 0
    assert machines.rack.vsctl("get", "Port", "eth1", "trunks") == "[10, 20]"
    again = configure(params(machines, 20), Phase.WIDEN)
    assert not again.changed and not again.remains


def test_the_switch_first_loses_packets(machines: Hosts) -> None:
    """What the order is for: without it, packets are lost until the machines change."""
    configure(params(machines, 20, 30), Phase.EXACT)
    stream = Stream(machines)
    assert configure(params(machines, 20), Phase.EXACT).changed
    time.sleep(1)
    machines.leave(30)
    assert stream.lost() > 10


def test_a_vlan_is_exchanged_without_a_lost_packet(machines: Hosts) -> None:
    """The machines get VLAN 20 and leave VLAN 30: one VLAN is widened in, the other is narrowed out."""
    configure(params(machines, 30), Phase.EXACT)
    stream = Stream(machines)
    wide = configure(params(machines, 20), Phase.WIDEN)
    assert wide.changed and machines.rack.vsctl("get", "Port", "eth1", "trunks") == "[10, 20, 30]"
    machines.leave(30)
    configure(params(machines, 20), Phase.NARROW)
    assert stream.lost() == 0
    assert machines.rack.vsctl("get", "Port", "eth1", "trunks") == "[10, 20]"


def test_a_lag_of_a_machine_that_speaks_no_lacp_yet_forwards(machines: Hosts) -> None:
    """From one NIC to LACP: the port of the NIC is what the aggregation falls back to."""
    configure(params(machines, 20, 30), Phase.EXACT)
    Stream(machines).lost()
    wide = configure(params(machines, 20, 30, lag=True), Phase.WIDEN)
    assert wide.changed and not wide.remains
    deadline = time.monotonic() + 60  # LACP has to give up on a partner first: three seconds, and more under load
    while ping(machines) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert Stream(machines).lost() == 0


def test_another_untagged_vlan_is_refused_and_changes_nothing(machines: Hosts) -> None:
    configure(params(machines, 20, 30), Phase.EXACT)
    stream = Stream(machines)
    before = machines.rack.sh("ovsdb-client", "dump", machines.rack.database, "Port")
    with pytest.raises(FabricError, match=r"node1 is in use.*untagged VLAN changes from 10 to 20.*switch_cut_consent"):
        configure(params(machines, 30, native=20), Phase.WIDEN)
    assert machines.rack.sh("ovsdb-client", "dump", machines.rack.database, "Port") == before
    assert stream.lost() == 0
    done = configure(params(machines, 30, native=20), Phase.WIDEN, frozenset({"node1", "node2"}))
    assert done.changed and machines.rack.vsctl("get", "Port", "eth1", "tag") == "20"


def test_ports_of_silent_machines_are_exact_at_once(machines: Hosts) -> None:
    configure(params(machines, 20, 30), Phase.EXACT)
    for number in (1, 2):
        machines.rack.inside("ip", "link", "set", f"peth{number}", "down")
    machines.rack.sh("ovs-appctl", "-t", f"{machines.rack.home}/vswitchd.ctl", "fdb/flush", "leaf1")
    done = configure(params(machines, 20), Phase.WIDEN)
    assert done.changed and not done.remains
