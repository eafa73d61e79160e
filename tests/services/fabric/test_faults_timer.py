# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults whose change is rolled back by the timer of the switch, see test_faults.py."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from checks.clock import SkippingClock

from .fault_steps import LATE, REMOTE, Before, attempt, kill_between_change_and_confirmation, on
from .rigs import Rig

pytestmark = pytest.mark.services


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


@on(*[platform for platform in REMOTE if platform != "junos"])
def test_a_restart_under_a_run_ends_it_with_the_former_configuration(rig: Rig) -> None:
    before = Before(rig)
    with pytest.raises(FabricError, match="the change was rolled back"):
        attempt(rig, rig.reboot)
    assert before.returns() < rig.fires + LATE
    before.is_mended_by_another_run()


@on("junos")
def test_a_restart_under_a_run_ends_it_with_the_former_or_the_confirmed_configuration(rig: Rig) -> None:
    """The unconfirmed commit outlives the restart. A run that has noticed that its session ended confirms it by another
    one; a run whose session ends under the confirmation leaves the change to the timer."""
    before, said = Before(rig), ""
    try:
        assert attempt(rig, rig.reboot).changed
    except FabricError as error:
        said = str(error)
    if said:
        assert "the change was rolled back" in said
        assert before.returns() < rig.fires + LATE
        before.is_mended_by_another_run()
    else:
        assert not rig.left() and not run(rig.params(vlan=30), check=False).changed


@on("openvswitch")
def test_a_run_outlives_a_restart_of_a_switch_that_keeps_the_change(rig: Rig) -> None:
    Before(rig)
    assert attempt(rig, rig.reboot).changed
    assert not run(rig.params(vlan=30), check=False).changed and not rig.left()


@on(*REMOTE)
def test_a_connection_that_dies_before_the_confirmation_leaves_the_change_to_the_timer(rig: Rig) -> None:
    before, double = Before(rig), rig.double  # type: ignore[attr-defined]
    name = "fault_dead" if rig.platform == "nvue" else "dead"
    with pytest.raises(FabricError, match=r"could not be rolled back at once .*by itself after confirm.timeout, 6 s"):
        attempt(rig, lambda: setattr(double, name, True))
    assert before.returns() < rig.fires + LATE
    setattr(double, name, False)
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
