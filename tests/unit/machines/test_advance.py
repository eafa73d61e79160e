# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole deployments with doubles of the BMC and of the ramdisk, and the real store and planner."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc import errors
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import (
    Bmc,
    BmcSettings,
    BootDevice,
    BootOverride,
    Identity,
    PowerState,
)
from ansible_collections.groundup.cloud.plugins.module_utils.machines.advance import Advance, Outcome
from ansible_collections.groundup.cloud.plugins.module_utils.machines.planner import Step
from ansible_collections.groundup.cloud.plugins.module_utils.machines.store import Store
from ansible_collections.groundup.cloud.plugins.module_utils.machines.types import (
    Desired,
    HostState,
    HostView,
    MachineError,
    Phase,
    Timeouts,
)
from ansible_collections.groundup.cloud.plugins.module_utils.provision.boot_store import Rejected
from ansible_collections.groundup.cloud.plugins.module_utils.provision.boot_store import Store as BootStore
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline

MAC = "52:54:00:00:01:01"
DESIRED = Desired(
    name="node1",
    cloud="rack",
    macs=(MAC,),
    serial="SN-1",
    uuid=None,
    bmc=BmcSettings("redfish", "10.20.0.101", "admin", "secret"),
    plan={
        "image": {"name": "debian-13"},
        "root_disk": {"serial": "SN"},
        "storage_disks": [],
        "seed": {"hostname": "n"},
    },
    timeouts=Timeouts(boot=100, stall=60, system=100, off=10),
)
SAME = HostView(HostState.SAME)


class World:
    """A clock, a BMC (with sticky boot overrides, as sushy-tools), and a ramdisk that sends the events of a test."""

    def __init__(self, home: Path) -> None:
        self.home, self.time = home, 1000.0
        self.power, self.boot = PowerState.OFF, BootOverride(BootDevice.NONE, None)
        self.acts: list[str] = []
        self.starts: list[
            tuple[BootDevice, bool]
        ] = []  # per power on: the boot device, and whether the machine was armed
        self.serial = "SN-1"
        self.die_before: str | None = None
        self.refuses: str | None = None
        self.ignores: set[BootDevice] = set()
        self.raises: dict[str, Any] = {}  # an act -> the error that it raises, or a function that is called
        self.connections, self.leaves = 0, False
        for name in ("armed", "events", "done"):
            (home / "deploy" / name).mkdir(parents=True)
        (home / "images").mkdir()
        (home / "images/debian-13.json").write_text('{"sha256": "%s"}' % ("ab" * 32))
        (home / "images/debian-13.raw").touch()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    @contextmanager
    def connect(self, _settings: BmcSettings) -> Iterator[Bmc]:
        self.connections += 1
        yield Controller(self)
        if self.leaves:
            raise errors.BmcSessionLeft("the session could not be ended (HTTP 500)", "bmc double", "wait")

    @property
    def armed(self) -> dict[str, Any] | None:
        file = self.home / "deploy/armed/node1.json"
        return json.loads(file.read_text()) if file.exists() else None

    def send(self, event: str, deploy_id: str, **data: Any) -> None:
        line = {"time": self.time, "machine": "node1", "deploy_id": deploy_id, "event": event, "data": data}
        with (self.home / "deploy/events/node1.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")

    def ramdisk_starts(self) -> str:
        armed = self.armed
        assert armed
        assert self.boot.device is BootDevice.NETWORK
        (self.home / "deploy/armed/node1.json").unlink()
        self.send("started", armed["deploy_id"], mac=MAC)
        return str(armed["deploy_id"])

    def ramdisk_writes(self) -> str:
        deploy_id = self.ramdisk_starts()
        self.send("progress", deploy_id, stage="write", done=1, total=2)
        done = {"host_key": "ssh-ed25519 AAAA", "machine_id": "m" * 32, "image": "debian-13", "disk_serial": "SN"}
        (self.home / "deploy/done/node1.json").write_text(
            json.dumps({"deploy_id": deploy_id, "time": self.time, **done})
        )
        self.send("done", deploy_id, **done)
        self.power = PowerState.OFF
        return deploy_id

    def step(self, run: str = "r1", host: HostView | None = None, **desired: Any) -> Outcome:
        return self.advance(run, **desired).until(1.0, host)

    def advance(self, run: str, **desired: Any) -> Advance:
        store = Store(str(self.home), "node1")
        return Advance(replace(DESIRED, **desired), store, run, self.connect, self, lambda: self.time)


class Controller:
    """A double of a BMC."""

    where = "bmc double"

    def __init__(self, world: World) -> None:
        self.world = world

    def _act(self, act: str) -> None:
        error = self.world.raises.get(act)
        if isinstance(error, BaseException):
            raise error
        if error:
            error()
        if self.world.die_before == act:
            raise KeyboardInterrupt(act)
        if self.world.refuses == act:
            raise errors.BmcProtocolError(f"{act}: HTTP 500", self.where, "look at its log")
        self.world.acts.append(act)

    def identity(self, nics: bool = True) -> Identity:
        if error := self.world.raises.get("identity"):
            raise error
        return Identity(serial=self.world.serial)

    def power_state(self) -> PowerState:
        return self.world.power

    def request_power(self, on: bool, graceful: bool) -> None:
        self._act("on" if on else "off")
        if on:
            self.world.starts.append((self.world.boot.device, self.world.armed is not None))
        self.world.power = PowerState.ON if on else PowerState.OFF

    def boot_override(self) -> BootOverride:
        return self.world.boot

    def request_boot(self, device: BootDevice, once: bool) -> None:
        self._act(device.value)
        if device not in self.world.ignores:
            self.world.boot = BootOverride(device, False)

    def evidence(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def deploy(world: World, run: str = "r1", **desired: Any) -> str:
    assert world.step(run, **desired).record.phase is Phase.ARMED
    deploy_id = world.ramdisk_writes()
    assert world.step(run, **desired).record.phase is Phase.BOOTING
    outcome = world.step(run, host=SAME, **desired)
    assert outcome.finished and outcome.changed
    return deploy_id


def test_a_blank_machine_is_deployed(world: World) -> None:
    deploy(world)
    assert world.acts == ["network", "on", "disk", "on"]
    assert world.starts == [(BootDevice.NETWORK, True), (BootDevice.DISK, False)]
    assert world.armed is None


def test_the_boot_service_serves_the_ramdisk_until_the_machine_is_disarmed(world: World) -> None:
    """With the real store of the boot service: armed once, and disarmed before the next power on."""
    boot = BootStore(str(world.home), "http://10.10.0.1:8080", world.now)
    described = {"sha256": "ab" * 32, "size": 1, "chunk_size": 1, "chunks": ["c"]}
    (world.home / "images/debian-13.json").write_text(json.dumps(described))
    world.step()
    arming = boot.armed_for(MAC)
    assert arming
    session = boot.start("node1", arming["token"], {"nonce": "n"}, "10.10.0.21")["session"]
    assert boot.armed_for(MAC) is None, "a second boot must start from the disk"
    assert world.step().record.phase is Phase.RUNNING
    progress = {"stage": "write", "done": 1, "total": 2}
    boot.event("node1", session, {"seq": 1, "event": "progress", "data": progress}, "")
    done = {"host_key": "ssh-ed25519 AAAA", "machine_id": "m" * 32, "image": "debian-13", "disk_serial": "SN"}
    boot.event("node1", session, {"seq": 2, "event": "done", "data": done}, "")
    world.power = PowerState.OFF
    assert world.step().record.phase is Phase.BOOTING and world.acts == ["network", "on", "disk", "on"]
    assert boot.armed_for(MAC) is None
    with pytest.raises(Rejected):
        boot.start("node1", arming["token"], {"nonce": "other"}, "10.10.0.21")
    assert world.step(host=SAME).finished


def test_a_machine_that_was_given_up_gets_no_plan(world: World) -> None:
    boot = BootStore(str(world.home), "http://10.10.0.1:8080", world.now)
    world.step()
    arming = boot.armed_for(MAC)
    assert arming
    world.time += 101
    with pytest.raises(MachineError):
        world.step(attempts=1)
    with pytest.raises(Rejected):
        boot.start("node1", arming["token"], {"nonce": "late"}, "10.10.0.21")


def test_a_failed_logout_is_only_noted(world: World) -> None:
    world.leaves = True
    outcome = world.step()
    assert outcome.plan.step is Step.ARM and world.armed
    assert any("session could not be ended" in note for note in outcome.notes)


def test_the_second_run_changes_nothing(world: World) -> None:
    deploy(world)
    world.acts.clear()
    world.connections = 0
    outcome = world.step("r2")
    assert (outcome.plan.step, outcome.changed, outcome.record.phase) == (Step.LOOK_AT_HOST, False, Phase.DEPLOYED)
    outcome = world.step("r2", host=SAME)
    assert outcome.finished and not outcome.changed
    assert (world.acts, world.connections) == ([], 0), "its BMC must not be read"


def test_the_arming_contains_plan_and_macs(world: World) -> None:
    world.step()
    armed = world.armed
    assert armed
    assert armed["plan"] == {**DESIRED.plan, "wipe": False, "wipe_storage": False}
    assert len(armed["token"]) == 64 and armed["expires"] > world.time
    assert (world.home / "deploy/armed/node1.json").stat().st_mode & 0o777 == 0o600
    journal = (world.home / "deploy/journal/node1.jsonl").read_text()
    assert armed["token"] not in journal and "secret" not in journal


@pytest.mark.parametrize("moment", ["network", "on"])
def test_a_run_killed_while_arming_is_resumed(world: World, moment: str) -> None:
    world.die_before = moment
    with pytest.raises(KeyboardInterrupt):
        world.step("r1")
    world.die_before = None
    deploy(world, "r2")
    assert world.acts[-4:] == ["network", "on", "disk", "on"]


@pytest.mark.parametrize("moment", ["disk", "on"])
def test_a_run_killed_after_the_image_was_written_is_resumed(world: World, moment: str) -> None:
    world.step("r1")
    stray = json.dumps(world.armed)
    written = world.ramdisk_writes()
    (world.home / "deploy/armed/node1.json").write_text(stray)  # no power on may find this arming
    world.die_before = moment
    with pytest.raises(KeyboardInterrupt):
        world.step("r1")
    assert world.armed is None, "disarmed before anything else"
    world.die_before = None
    outcome = world.step("r2")
    if outcome.plan.step is Step.LOOK_AT_HOST:
        outcome = world.step("r2", host=HostView(HostState.SILENT, "timeout"))
    assert (outcome.plan.step, world.power, world.boot.device) == (Step.BOOT_DISK, PowerState.ON, BootDevice.DISK)
    outcome = world.step("r2", host=SAME)
    assert outcome.finished and outcome.record.deploy_id == written


def test_a_run_killed_while_the_ramdisk_works_is_resumed(world: World) -> None:
    world.step("r1")
    deploy_id = world.ramdisk_starts()
    world.acts.clear()
    outcome = world.step("r2")
    assert (outcome.plan.step, outcome.record.deploy_id, world.acts) == (Step.WAIT, deploy_id, [])


def test_a_power_cut_while_writing_is_retried(world: World) -> None:
    world.step("r1")
    first = world.ramdisk_starts()
    world.send("progress", first, stage="write", done=1, total=2)
    world.power = PowerState.OFF
    world.time += 30
    world.acts.clear()
    outcome = world.step("r1")
    assert outcome.plan.step is Step.ARM
    assert world.armed and world.armed["deploy_id"] != first
    world.ramdisk_writes()
    world.step("r1")
    assert world.step("r1", host=SAME).finished


def test_a_machine_whose_ramdisk_never_starts_is_set_aside_with_evidence(world: World) -> None:
    world.step("r1", console="/var/log/node1.console")
    world.time += 101
    assert world.step("r1").plan.step is Step.ARM
    world.time += 101
    with pytest.raises(MachineError, match="did not start within") as caught:
        world.step("r1", console="/var/log/node1.console")
    text = "\n".join(caught.value.evidence)
    assert "network_boot honoured=True" in text and "boots network" in text and "/var/log/node1.console" in text
    assert world.armed is None, "a machine that is set aside must be disarmed"


def test_a_refusal_of_the_ramdisk_is_quoted(world: World) -> None:
    world.step("r1")
    deploy_id = world.ramdisk_starts()
    failure = {"code": "holds_data", "message": "vda holds an ext4 file system", "remedy": "consent with machine_wipe"}
    world.send("failed", deploy_id, **failure)
    with pytest.raises(MachineError, match="vda holds an ext4 file system; consent with machine_wipe"):
        world.step("r1")


def test_another_machine_at_the_bmc_address_is_refused(world: World) -> None:
    world.serial = "SN-9"
    with pytest.raises(errors.BmcIdentityError, match="SN-9, the model says SN-1"):
        world.step("r1")
    assert world.acts == [] and world.armed is None


def test_another_machine_at_the_bmc_address_is_not_powered_off(world: World) -> None:
    """Between two runs another machine got the BMC's address."""
    world.step("r1")
    world.ramdisk_writes()
    world.power, world.serial = PowerState.ON, "SN-9"
    world.acts.clear()
    with pytest.raises(errors.BmcIdentityError, match="SN-9, the model says SN-1"):
        world.step("r2")
    assert (world.acts, world.power) == ([], PowerState.ON)


@pytest.mark.parametrize("act", ["network", "on"])
def test_a_machine_whose_bmc_fails_is_disarmed(world: World, act: str) -> None:
    world.refuses = act
    with pytest.raises(errors.BmcProtocolError, match="HTTP 500"):
        world.step("r1")
    assert world.armed is None, "a start by hand must boot the disk and not the ramdisk"
    world.refuses = None
    deploy(world, "r2")


@pytest.mark.parametrize("moment", ["network", "on"])
@pytest.mark.parametrize("error", [AttributeError("'str' has no attribute 'get'"), KeyboardInterrupt(), SystemExit(3)])
def test_whatever_ends_the_arming_disarms_the_machine(world: World, moment: str, error: BaseException) -> None:
    world.raises = {moment: error}
    with pytest.raises(type(error)):
        world.step("r1")
    assert world.armed is None


@pytest.mark.parametrize("error", [AttributeError("x"), KeyboardInterrupt(), errors.BmcUnreachable("x", "bmc", "y")])
def test_whatever_ends_the_wait_for_the_ramdisk_disarms_the_machine(world: World, error: BaseException) -> None:
    world.step("r1")
    assert world.armed
    world.raises, world.time = {"identity": error}, world.time + 101  # the time of the ramdisk is over: the BMC is read
    with pytest.raises(type(error)):
        world.step("r1")
    assert world.armed is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_disarms_the_machine(world: World, number: signal.Signals) -> None:
    world.raises = {"on": lambda: os.kill(os.getpid(), number)}
    before = signal.getsignal(number)
    with pytest.raises(SystemExit):
        world.step("r1")
    assert world.armed is None and signal.getsignal(number) is before


def test_a_machine_that_can_not_be_disarmed_is_named_with_its_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_store: Store) -> bool:
        if world.armed:
            raise PermissionError("read-only file system")
        return False

    monkeypatch.setattr(Store, "disarm", fail)
    world.refuses = "on"
    with pytest.raises(MachineError, match=r"still armed.*read-only.*on: HTTP 500.*remove .*armed/node1.json"):
        world.step("r1")


def test_a_boot_override_that_can_not_be_removed_is_noted(world: World) -> None:
    """The disk is written, and the boot service answers `exit`: the firmware's boot order may reach the disk."""
    world.step("r1")
    world.ramdisk_writes()
    world.ignores, world.refuses = {BootDevice.DISK}, "none"
    outcome = world.step("r1")
    assert (outcome.plan.step, world.power, world.armed) == (Step.BOOT_DISK, PowerState.ON, None)
    assert "could not be removed, so its firmware decides: bmc double: none: HTTP 500" in outcome.notes[-1]


def test_a_wait_that_is_continued_by_the_next_call_stays_armed(world: World) -> None:
    world.step("r1")
    assert world.step("r1").plan.step is Step.WAIT and world.armed


def test_a_missing_image_is_reported_before_the_machine_is_changed(world: World) -> None:
    world.power = PowerState.ON
    other = {**DESIRED.plan, "image": {"name": "debian-13", "sha256": "cd" * 32}}
    with pytest.raises(
        MachineError, match=f"has SHA-256 {'ab' * 32}, the model gives {'cd' * 32}; run role provisioner"
    ):
        world.step("r1", wipe=True, plan=other)
    (world.home / "images/debian-13.raw").unlink()
    with pytest.raises(MachineError, match="no image debian-13 in"):
        world.step("r1", wipe=True)
    assert (world.acts, world.power, world.armed) == ([], PowerState.ON, None)
    assert not (world.home / "deploy/journal/node1.jsonl").exists()


def test_two_simultaneous_runs_arm_a_machine_once(world: World) -> None:
    """While one run acts, the other waits, and then continues the deployment of the first."""
    with Store(str(world.home), "node1").locked(Deadline(1, world)) as locked:
        assert locked
        outcome = world.step("r2")
        assert (outcome.plan.step, outcome.changed, world.acts) == (Step.WAIT, False, [])
    world.step("r1")
    armed, acts = world.armed, list(world.acts)
    assert world.step("r2").plan.step is Step.WAIT
    assert (world.armed, world.acts) == (armed, acts)


def test_a_ramdisk_without_progress_is_given_up(world: World) -> None:
    """With a hung disk the heartbeat continues, but the work does not."""
    for _attempt in range(2):
        assert world.step("r1").plan.step is Step.ARM
        deploy_id = world.ramdisk_starts()
        for _beat in range(100):
            world.send("progress", deploy_id, stage="write", done=7, total=9)
            world.time += 10
    with pytest.raises(MachineError, match="sends heartbeats, but made no progress for 1000 s, 2 times"):
        world.step("r1")
    assert world.power is PowerState.OFF, "the ramdisk must not continue to write"


def test_reinstall_needs_consent_and_happens_once_per_run(world: World) -> None:
    first = deploy(world)
    assert world.step("r2", host=SAME, wipe=True).finished
    second = deploy(world, "r3", reinstall=True)
    assert first != second
    assert world.step("r3", host=SAME, reinstall=True).finished, "consent is used once per run"


def test_a_reinstall_that_never_started_keeps_the_old_system(world: World) -> None:
    first = deploy(world)
    world.step("r2", reinstall=True)
    assert world.step("r3").plan.step is Step.WAIT, "its ramdisk may be starting"
    world.time += 101
    outcome = world.step("r3", host=SAME)
    assert outcome.finished and outcome.record.good and outcome.record.good.deploy_id == first
    assert world.armed is None


def test_a_killed_reinstall_is_disarmed_before_the_old_system_is_started(world: World) -> None:
    """The consent of a killed run is not valid for the next run, so its arming must be removed before a power on."""
    deploy(world)
    world.step("r2", reinstall=True)
    world.power = PowerState.OFF
    world.time += 101
    assert world.armed, "it is still armed"
    world.starts.clear()
    assert world.step("r3").plan.step is Step.LOOK_AT_HOST
    assert world.step("r3", host=HostView(HostState.SILENT, "timeout")).plan.step is Step.BOOT_DISK
    assert world.starts == [(BootDevice.DISK, False)]


def test_a_lost_journal_does_not_cause_a_deployment(world: World) -> None:
    deploy(world)
    (world.home / "deploy/journal/node1.jsonl").unlink()
    assert world.step("r2").plan.step is Step.LOOK_AT_HOST
    assert world.step("r2", host=SAME).changed
    outcome = world.step("r3", host=SAME)
    assert outcome.finished and not outcome.changed


def test_a_deployed_machine_that_is_off_is_powered_on(world: World) -> None:
    deploy(world)
    world.power = PowerState.OFF
    world.acts.clear()
    outcome = world.step("r2", host=HostView(HostState.SILENT, "timeout"))
    assert (outcome.plan.step, world.power) == (Step.BOOT_DISK, PowerState.ON)
    assert world.step("r2", host=HostView(HostState.SILENT, "timeout")).plan.step is Step.WAIT
    assert world.step("r2", host=SAME).finished


def test_a_truncated_journal_line_does_not_affect_others(world: World) -> None:
    store = Store(str(world.home), "node1")
    store.note(1.0, "d1", "r1", "arming")
    with (world.home / "deploy/journal/node1.jsonl").open("a") as file:
        file.write('{"time": 2.0, "mach')
    store.note(3.0, "d1", "r1", "disk_boot")
    assert store.record("r1").phase is Phase.BOOTING


def test_a_missing_boot_service_is_an_error(tmp_path: Path) -> None:
    world = World(tmp_path)
    (tmp_path / "deploy/armed").rmdir()
    with pytest.raises(MachineError, match="run role provisioner first"):
        world.step("r1")
