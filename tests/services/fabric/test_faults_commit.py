# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the commit itself: somebody is in its way, what killed runs left is, or it takes too long. See rigs.py."""

from __future__ import annotations

import copy
import os
import signal
import time
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric import openvswitch
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.eos import api
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos import netconf
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nvue import revision
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nxos import nxapi
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.sonic import driver as sonic

from .fault_steps import LATE, REMOTE, Before, attempt, on
from .rigs import Rig

pytestmark = pytest.mark.services


def stand_in_the_way(rig: Any) -> None:
    """Alice is at work on the switch."""
    double = rig.double
    if rig.platform == "eos":
        double.sessions["maintenance"] = {"state": "pendingCommitTimer", "commitUser": "alice", "instances": {}}
    elif rig.platform == "nxos":
        double.refuse = ("checkpoint groundup", "Another session is in progress")
    elif rig.platform == "junos":
        double.foreign = "alice"
    elif rig.platform == "nvue":
        config = copy.deepcopy(double.running)
        double.revisions["99"] = {"state": "confirm", "last-apply": {"user": "alice"}, "config": config}
    else:
        process = [" 4711 pts/1    root     /usr/bin/python3 /usr/local/bin/config reload -y"]
        who = ["alice    pts/1        2026-01-01 00:00 (192.0.2.7)"]
        double.write("state", double.read("state") | {"ps": process, "who": who})


def leave(rig: Any) -> None:
    """Alice has ended."""
    double = rig.double
    if rig.platform == "eos":
        del double.sessions["maintenance"]
    elif rig.platform == "nxos":
        double.refuse = None
    elif rig.platform == "junos":
        double.foreign = ""
    elif rig.platform == "nvue":
        del double.revisions["99"]
    else:
        double.write("state", double.read("state") | {"ps": [], "who": []})


@on(*REMOTE)
def test_somebody_who_blocks_commits_is_named_and_nothing_is_changed(rig: Rig) -> None:
    before = Before(rig)
    stand_in_the_way(rig)
    with pytest.raises(FabricError, match="alice"):
        run(rig.params(vlan=30), check=False)
    leave(rig)
    before.has_returned()
    before.is_mended_by_another_run()


@on("eos", "nxos", "nvue")
def test_what_killed_runs_left_does_not_block_commits(rig: Any) -> None:
    """EOS has room for five open sessions and NX-OS for ten checkpoints; revisions of NVUE that wait for nothing."""
    before, double = Before(rig), rig.double
    if rig.platform == "eos":
        for number in range(5):
            double.begin(f"gu-0000000{number}")
    elif rig.platform == "nxos":
        double.checkpoints |= {f"groundup-0000000{n}": copy.deepcopy(double.config) for n in range(10)}
    else:
        double.revisions |= {f"8{n}": {"state": "pending", "config": copy.deepcopy(double.running)} for n in range(5)}
    before.is_mended_by_another_run()


@on("eos")
def test_open_sessions_of_others_are_not_aborted_for_room(rig: Any) -> None:
    before, double = Before(rig), rig.double
    for number in range(5):
        double.begin(f"draft{number}")
    with pytest.raises(FabricError, match="Maximum number of pending sessions"):
        run(rig.params(vlan=30), check=False)
    assert rig.running() == before.running and rig.left() == [f"draft{number}" for number in range(5)]


def cure(rig: Any) -> None:
    """The switch is as quick as before."""
    if rig.platform == "eos":
        rig.double.slow_commit = 0.0
    elif rig.platform == "nxos":
        rig.double.slow = {}
    elif rig.platform == "junos":
        rig.double.late = 0.0
    elif rig.platform == "nvue":
        rig.double.fault_reload = 0.0
    elif rig.platform == "sonic":
        rig.double.fault()


@on()
def test_a_commit_that_takes_too_long_is_rolled_back(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run gives up before the switch has answered; the change comes into force, and goes again."""
    before, stopped = Before(rig), 0
    if rig.platform == "openvswitch":
        monkeypatch.setattr(openvswitch, "VSCTL_SECONDS", 1)
        stopped = int((rig.rack.home / "vs.pid").read_text())
        os.kill(stopped, signal.SIGSTOP)
    elif rig.platform == "eos":
        monkeypatch.setattr(api, "COMMIT_SECONDS", 0.5)
        rig.double.slow_commit = 1.0
    elif rig.platform == "nxos":
        monkeypatch.setattr(nxapi, "CHANGE_SECONDS", 0.5)
        rig.double.slow = {"interface Ethernet1/3": 1.2}
    elif rig.platform == "junos":
        monkeypatch.setattr(netconf, "COMMIT_SECONDS", 1)
        rig.double.late = 2.5
    elif rig.platform == "nvue":
        monkeypatch.setattr(revision, "_APPLY_SECONDS", 1.0)
        rig.double.fault_reload = 3.0
    else:
        monkeypatch.setattr(sonic, "PATCH_SECONDS", 2.5)
        rig.double.fault(slower=4)
    try:
        with pytest.raises(FabricError, match=r"switches\.leaf1: "):
            attempt(rig)
    finally:
        if stopped:
            os.kill(stopped, signal.SIGCONT)
    until = time.monotonic() + LATE
    while rig.platform == "nvue" and not rig.left() and time.monotonic() < until:
        time.sleep(0.02)  # the change comes into force after the run has ended
    assert before.returns() < rig.fires + LATE
    monkeypatch.undo()
    cure(rig)
    before.is_mended_by_another_run()
