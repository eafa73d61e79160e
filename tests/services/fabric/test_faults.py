# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of a change, the same for each switch: afterwards it has its former configuration, by itself and in time.

One is a real Open vSwitch, the others are doubles (see rigs.py). Timers last six seconds
instead of 120. test_faults_timer.py has the faults that end with a timer.
"""

from __future__ import annotations

import time
from itertools import chain, repeat
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError, SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.driver import driver
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from checks.clock import SkippingClock

from .fault_steps import LATE, REMOTE, Before, attempt, on
from .rigs import MACS, Rig

pytestmark = pytest.mark.services


@on()
def test_a_wrong_vlan_on_the_switch_is_rolled_back(rig: Rig) -> None:
    """node2 is a machine that uses VLAN 20: it answers while the switch says that its port carries it."""
    before, seen = Before(rig), SwitchConfig.from_vars(rig.params())
    watch = driver("leaf1", rig.platform, rig.connection())
    rig.patient()

    def answers(peers: list[str]) -> set[str]:
        port = watch.read(seen).ports[rig.ports[2]]
        return set(peers) if 20 in port.membership.vlans else set()

    confirm = {"peers": ["192.0.2.9"], "timeout": 8}
    with pytest.raises(FabricError, match=r"192\.0\.2\.9 no longer answered after the change; the change was rolled"):
        run(rig.params(vlan=30) | {"confirm": confirm}, check=False, answers=answers)
    assert time.monotonic() - before.began < 8 + LATE
    watch.close()
    before.has_returned()
    before.is_mended_by_another_run()


@on(*REMOTE)
def test_an_mtu_that_the_switch_does_not_set_is_rolled_back(rig: Rig) -> None:
    before, double = Before(rig), rig.double  # type: ignore[attr-defined]
    faults = {"eos": ("ignore", "mtu"), "nxos": ("ignore", "mtu"), "nvue": ("fault_mtu", True)}
    if rig.platform == "sonic":
        double.fault(ignore_mtu=True)
    else:
        setattr(double, *faults.get(rig.platform, ("ignore_mtu", True)))
    rig.patient()
    with pytest.raises(FabricError, match=r"did not perform: .*change lag node1; the change was rolled back"):
        attempt(rig, timeout=60, mtu=9000)
    before.has_returned()


@on()
def test_swapped_cables_without_lldp_are_reported_and_their_ports_stay(rig: Rig) -> None:
    """No switch hears LLDP here. Each address is in the MAC table, on the port of the other machine."""
    cables = [
        {"port": port, "machine": machine, "nic": "nic0", "mac": MACS[machine]}
        for port, machine in ((rig.ports[0], "node1"), (rig.ports[2], "node2"))
    ]
    rig.learn(MACS["node2"], rig.ports[0])
    rig.learn(MACS["node1"], rig.ports[2])
    before = rig.running()
    outcome = run(rig.params(cabling=cables), check=False)
    assert {mistake.machine for mistake in outcome.mistakes} == {"node1", "node2"}
    assert {step for step in outcome.steps if "vlan" not in step} == set()
    changed = {key for key, value in rig.running().items() if before.get(key) != value}
    assert all("vlan" in key.lower() for key in changed), changed


@on()
def test_lldp_that_is_silent_stops_nothing(rig: Rig) -> None:
    cables = [{"port": rig.ports[2], "machine": "node2", "nic": "nic0", "mac": MACS["node2"]}]
    outcome = run(rig.params(cabling=cables), check=False)
    assert outcome.changed and not outcome.mistakes
    assert not run(rig.params(cabling=cables), check=False).changed


@on()
def test_a_port_that_the_model_does_not_know_is_never_changed(rig: Rig) -> None:
    others = rig.others()
    Before(rig)
    assert rig.others() == others
    rig.patient()
    replies = chain([{"192.0.2.9"}], repeat(set[str]()))
    params = rig.params(vlan=30) | {"confirm": {"peers": ["192.0.2.9"], "timeout": 60}}
    with pytest.raises(FabricError, match="no longer answered"):
        run(params, check=False, answers=lambda __: next(replies), clock=SkippingClock())
    assert rig.others() == others


@on("sonic")
def test_a_connection_that_breaks_once_is_opened_again_to_roll_back_at_once(rig: Any) -> None:
    """That of Junos has such a test of its own; by HTTPS each request may be one."""
    before = Before(rig)
    with pytest.raises(FabricError, match=r"gave no exit status: the connection broke.*the change was rolled back"):
        attempt(rig, lambda: setattr(rig.double, "dies", "sonic-cfggen"), timeout=60)
    before.has_returned()
    before.is_mended_by_another_run()


@on(*REMOTE)
def test_a_wrong_password_is_sent_once_and_changes_nothing(rig: Rig) -> None:
    before, double = Before(rig), rig.double  # type: ignore[attr-defined]
    count = {"eos": "logins", "nxos": "logins", "nvue": "wrong_passwords"}.get(rig.platform)
    bad = rig.connection() | {"password": "wrong"}
    with pytest.raises(FabricError, match="refused the login"):
        run(rig.params(vlan=30, connection=bad), check=False)
    assert (getattr(double, count) if count else double.passwords.count("wrong")) == 1
    before.has_returned()
