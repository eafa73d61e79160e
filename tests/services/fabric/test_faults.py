# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of a change, the same for each switch: afterwards it has its former configuration, by itself and in time.

One is a real Open vSwitch, the others are doubles (see rigs.py). Timers last two seconds instead of 120.
"""

from __future__ import annotations

import time
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError, SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.driver import driver
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from checks.clock import SkippingClock

from .fault_steps import LATE, REMOTE, Before, attempt, kill_between_change_and_confirmation, on
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

    confirm = {"peers": ["192.0.2.9"], "timeout": 4}
    with pytest.raises(FabricError, match=r"192\.0\.2\.9 no longer answered after the change; the change was rolled"):
        run(rig.params(vlan=30) | {"confirm": confirm}, check=False, answers=answers)
    assert time.monotonic() - before.began < 4 + LATE
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


@on()
def test_the_change_of_a_killed_controller_is_rolled_back_by_the_switch(rig: Rig, tmp_path: Path) -> None:
    before = Before(rig)
    kill_between_change_and_confirmation(rig, tmp_path)
    killed = time.monotonic()
    assert rig.left() and rig.running() != before.running, "the change was in force when the controller died"
    before.returns()
    assert time.monotonic() - killed < rig.fires + LATE
    before.is_mended_by_another_run()


@on()
def test_a_switch_that_restarts_while_armed_has_its_former_configuration(rig: Rig, tmp_path: Path) -> None:
    """Of Open vSwitch both daemons are killed: the change is in its database, and the timer beside it goes on."""
    before = Before(rig)
    kill_between_change_and_confirmation(rig, tmp_path)
    rig.reboot()
    assert before.returns() < rig.fires + LATE
    before.is_mended_by_another_run()


@on(*REMOTE)
def test_a_restart_under_a_run_ends_it_with_the_former_configuration(rig: Rig) -> None:
    before = Before(rig)
    with pytest.raises(FabricError, match="the change was rolled back"):
        attempt(rig, rig.reboot)
    assert before.returns() < rig.fires + LATE
    before.is_mended_by_another_run()


@on("openvswitch")
def test_a_run_outlives_a_restart_of_a_switch_that_keeps_the_change(rig: Rig) -> None:
    Before(rig)
    assert attempt(rig, rig.reboot).changed
    assert not run(rig.params(vlan=30), check=False).changed and not rig.left()


@on(*REMOTE)
def test_a_connection_that_dies_before_the_confirmation_leaves_the_change_to_the_timer(rig: Rig) -> None:
    before, double = Before(rig), rig.double  # type: ignore[attr-defined]
    name = "fault_dead" if rig.platform == "nvue" else "dead"
    with pytest.raises(FabricError, match=r"could not be rolled back at once .*by itself after confirm.timeout, 2 s"):
        attempt(rig, lambda: setattr(double, name, True))
    assert before.returns() < rig.fires + LATE
    setattr(double, name, False)
    before.is_mended_by_another_run()


@on("sonic")
def test_a_connection_that_breaks_once_is_opened_again_to_roll_back_at_once(rig: Any) -> None:
    """That of Junos has such a test of its own; by HTTPS each request may be one."""
    before = Before(rig)
    with pytest.raises(FabricError, match=r"gave no exit status: the connection broke.*the change was rolled back"):
        attempt(rig, lambda: setattr(rig.double, "dies", "sonic-cfggen"), timeout=60)
    before.has_returned()
    before.is_mended_by_another_run()


@on(*REMOTE)
def test_a_rollback_that_fails_is_told_and_left_to_the_timer(rig: Rig) -> None:
    before, double = Before(rig), rig.double  # type: ignore[attr-defined]
    name, bad, good = {
        "eos": ("refuse_abort", "Internal error", ""),
        "nxos": ("refuse", ("rollback running-config", "Verification failed"), None),
        "junos": ("refuse", "commit script failed", ""),
        "sonic": ("faults", {"refuse_rollback": True, "refuse_reload": True}, {}),
        "nvue": ("fault_keeps", True, False),
    }[rig.platform]

    def put(value: Any) -> None:
        double.fault(**value) if rig.platform == "sonic" else setattr(double, name, value)

    calls: list[int] = []

    def answers(peers: list[str]) -> set[str]:
        calls.append(1)
        if len(calls) == 1:
            return set(peers)
        put(bad)
        return set()

    params = rig.params(vlan=30) | {"confirm": {"peers": ["192.0.2.9"], "timeout": rig.timeout}}
    with pytest.raises(FabricError, match=r"192\.0\.2\.9 no longer answered.*could not be rolled back at once"):
        run(params, check=False, answers=answers, clock=SkippingClock())
    put(good)
    assert before.returns() < rig.fires + LATE
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
