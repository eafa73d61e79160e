# SPDX-License-Identifier: GPL-3.0-or-later
"""The next step for every combination of record, BMC state and host state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import BmcSettings, PowerState
from ansible_collections.groundup.cloud.plugins.module_utils.machines.planner import Step, plan
from ansible_collections.groundup.cloud.plugins.module_utils.machines.types import (
    BmcView,
    Desired,
    Good,
    HostState,
    HostView,
    Phase,
    Record,
)

DESIRED = Desired(
    name="node1",
    cloud="rack",
    macs=("52:54:00:00:01:01",),
    serial=None,
    uuid=None,
    bmc=BmcSettings("redfish", "10.20.0.101", "admin", "secret"),
    plan={"image": {"name": "debian-13"}, "root_disk": {"serial": "SN"}, "storage_disks": [], "seed": {}},
)
OLD = Good("old", "ssh-ed25519 AAAA", "id", "debian-13", None, "SN")
NEW = replace(OLD, deploy_id="new")
ON, OFF = BmcView(PowerState.ON), BmcView(PowerState.OFF)
SAME, SILENT = HostView(HostState.SAME), HostView(HostState.SILENT, "timeout")
OTHER, DENIED = HostView(HostState.OTHER, "foreign"), HostView(HostState.DENIED, "publickey")
NOW = 10000.0


def record(phase: Phase, **facts: Any) -> Record:
    base = {
        "deploy_id": "new",
        "run": "now",
        "attempts": 1,
        "began": NOW - 60,
        "since": NOW - 10,
        "last_event": NOW - 3,
    }
    return Record(phase, **{**base, "last_progress": NOW - 5, **facts})


REINSTALL, WIPE = {"reinstall": True}, {"wipe": True}
DEPLOYED = record(Phase.DEPLOYED, run="before", good=NEW)
CASES = [
    # name of the case, desired, record, bmc, host, expected step
    ("new, unknown", {}, Record(Phase.NEW), None, None, Step.READ_BMC),
    ("new and off", {}, Record(Phase.NEW), OFF, None, Step.ARM),
    ("new and on: it may run another system", {}, Record(Phase.NEW), ON, None, Step.STOP),
    ("new and on, consented", WIPE, Record(Phase.NEW), ON, None, Step.ARM),
    ("new and on, named", REINSTALL, Record(Phase.NEW), ON, None, Step.ARM),
    ("armed, booting", {}, record(Phase.ARMED), None, None, Step.WAIT),
    ("armed, ramdisk never started", {}, record(Phase.ARMED, since=NOW - 901), ON, None, Step.ARM),
    ("armed, ramdisk never started twice", {}, record(Phase.ARMED, since=NOW - 901, attempts=2), ON, None, Step.STOP),
    ("armed by a run that was killed", {}, record(Phase.ARMED, run="before", attempts=0), ON, None, Step.ARM),
    (
        "armed and started by a run that was killed",
        {},
        record(Phase.ARMED, run="before", attempts=0, powered=True, armed_file=True),
        ON,
        None,
        Step.WAIT,
    ),
    (
        "armed and started by a run that was killed, now off",
        {},
        record(Phase.ARMED, run="before", attempts=0, powered=True, armed_file=True),
        OFF,
        None,
        Step.ARM,
    ),
    (
        "reinstall armed by a killed run, disk intact",
        {},
        record(Phase.ARMED, run="b", good=OLD),
        None,
        SAME,
        Step.NOTHING,
    ),
    ("ramdisk works", {}, record(Phase.RUNNING), None, None, Step.WAIT),
    ("ramdisk of a killed run works", {}, record(Phase.RUNNING, run="before", attempts=0), None, None, Step.WAIT),
    (
        "no event of the ramdisk, power unknown",
        {},
        record(Phase.RUNNING, last_event=NOW - 30),
        None,
        None,
        Step.READ_BMC,
    ),
    ("no event of the ramdisk, on", {}, record(Phase.RUNNING, last_event=NOW - 30), ON, None, Step.WAIT),
    ("power cut while writing", {}, record(Phase.RUNNING, last_event=NOW - 30), OFF, None, Step.ARM),
    ("power cut twice", {}, record(Phase.RUNNING, last_event=NOW - 30, attempts=2), OFF, None, Step.STOP),
    ("power cut, next run", {}, record(Phase.RUNNING, last_event=NOW - 999, attempts=0, run="b"), OFF, None, Step.ARM),
    (
        "heartbeats without progress, power unknown",
        {},
        record(Phase.RUNNING, last_progress=NOW - 901),
        None,
        None,
        Step.READ_BMC,
    ),
    ("heartbeats without progress", {}, record(Phase.RUNNING, last_progress=NOW - 901), ON, None, Step.ARM),
    (
        "heartbeats without progress, twice",
        {},
        record(Phase.RUNNING, last_progress=NOW - 901, attempts=2),
        ON,
        None,
        Step.STOP,
    ),
    ("slow progress", {}, record(Phase.RUNNING, last_progress=NOW - 899), None, None, Step.WAIT),
    ("stalled", {}, record(Phase.RUNNING, last_event=NOW - 121), ON, None, Step.ARM),
    ("stalled twice", {}, record(Phase.RUNNING, last_event=NOW - 121, attempts=2), ON, None, Step.STOP),
    ("failed, retry is useless", {}, record(Phase.FAILED, failure={"code": "holds_data"}), OFF, None, Step.STOP),
    ("failed, retry may help", {}, record(Phase.FAILED, failure={"code": "network"}), OFF, None, Step.ARM),
    ("failed twice", {}, record(Phase.FAILED, failure={"code": "network"}, attempts=2), OFF, None, Step.STOP),
    ("failed before", {}, record(Phase.FAILED, failure={"code": "no_disk"}, run="b", attempts=0), OFF, None, Step.ARM),
    ("failed before, on", {}, record(Phase.FAILED, failure={}, run="b", attempts=0), ON, None, Step.ARM),
    ("reinstall failed, old system intact", {}, record(Phase.FAILED, run="b", good=OLD), None, SAME, Step.NOTHING),
    ("written", {}, record(Phase.WRITTEN, good=NEW), None, None, Step.BOOT_DISK),
    ("written, controller killed", {}, record(Phase.WRITTEN, run="before", good=NEW), None, None, Step.BOOT_DISK),
    ("written, nothing else known", {}, record(Phase.WRITTEN, run=None, good=NEW), None, None, Step.LOOK_AT_HOST),
    ("written, nothing else known, answers", {}, record(Phase.WRITTEN, run=None, good=NEW), None, SAME, Step.CONFIRM),
    ("starts, host not checked", {}, record(Phase.BOOTING, good=NEW), None, None, Step.LOOK_AT_HOST),
    ("starts", {}, record(Phase.BOOTING, good=NEW), None, SILENT, Step.WAIT),
    ("starts, no login yet", {}, record(Phase.BOOTING, good=NEW), None, DENIED, Step.WAIT),
    ("no login", {}, record(Phase.BOOTING, good=NEW, since=NOW - 61), None, DENIED, Step.STOP),
    ("answers", {}, record(Phase.BOOTING, good=NEW), None, SAME, Step.CONFIRM),
    ("another system answers", {}, record(Phase.BOOTING, good=NEW), None, OTHER, Step.STOP),
    ("does not start", {}, record(Phase.BOOTING, good=NEW, since=NOW - 901, boots=1), ON, SILENT, Step.BOOT_DISK),
    ("does not start twice", {}, record(Phase.BOOTING, good=NEW, since=NOW - 901, boots=2), ON, SILENT, Step.STOP),
    ("killed while starting", {}, record(Phase.BOOTING, good=NEW, run="b"), OFF, SILENT, Step.BOOT_DISK),
    ("killed while starting, on", {}, record(Phase.BOOTING, good=NEW, run="b"), ON, SILENT, Step.WAIT),
    ("deployed, host not checked", {}, DEPLOYED, None, None, Step.LOOK_AT_HOST),
    ("deployed, the same", {}, DEPLOYED, None, SAME, Step.NOTHING),
    ("deployed, wipe is not a consent to reinstall", WIPE, DEPLOYED, None, SAME, Step.NOTHING),
    ("deployed, another system answers", {}, DEPLOYED, None, OTHER, Step.STOP),
    ("deployed, silent and off", {}, DEPLOYED, OFF, SILENT, Step.BOOT_DISK),
    ("deployed, silent and on", {}, DEPLOYED, ON, SILENT, Step.STOP),
    ("deployed, no login", {}, DEPLOYED, None, DENIED, Step.STOP),
    ("deployed, named", REINSTALL, DEPLOYED, ON, None, Step.ARM),
    ("deployed, named, in this run", REINSTALL, record(Phase.DEPLOYED, good=NEW), None, SAME, Step.NOTHING),
    ("named, but still being written", REINSTALL, record(Phase.RUNNING, run="b"), None, None, Step.WAIT),
]


@pytest.mark.parametrize(
    ("desired", "known", "bmc", "host", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_plan_chooses_the_next_step(
    desired: dict[str, bool], known: Record, bmc: BmcView | None, host: HostView | None, expected: Step
) -> None:
    found = plan(replace(DESIRED, **desired), known, NOW, "now", bmc, host)  # type: ignore[arg-type]
    assert found.step is expected, found.reason
    assert found.remedy or found.step is not Step.STOP, "a machine is never set aside without a remedy"


@pytest.mark.parametrize("phase", [Phase.WRITTEN, Phase.BOOTING, Phase.DEPLOYED])
@pytest.mark.parametrize("bmc", [None, ON, OFF])
@pytest.mark.parametrize("host", [None, SAME, SILENT, OTHER, DENIED])
@pytest.mark.parametrize("age", [1, 100, 2000])
@pytest.mark.parametrize("run", ["now", "before", None])
def test_a_written_disk_is_not_written_again_without_consent(
    phase: Phase, bmc: BmcView | None, host: HostView | None, age: int, run: str | None
) -> None:
    known = record(phase, good=NEW, run=run, since=NOW - age, last_event=NOW - age, boots=age // 100)
    for wipe in (False, True):
        assert plan(replace(DESIRED, wipe=wipe), known, NOW, "now", bmc, host).step is not Step.ARM
