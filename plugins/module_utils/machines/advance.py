# SPDX-License-Identifier: GPL-3.0-or-later
"""Advances the deployment of one machine within a time limit. No call depends on an earlier one of its process."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from ..bmc.boot import BootResult, apply_boot, mode_of, plan_boot
from ..bmc.connect import connected
from ..bmc.errors import BmcError, BmcProtocolError, BmcSessionLeft
from ..bmc.identity import check_identity
from ..bmc.power import PowerPlan, PowerRules, apply_power, plan_power, settled_state
from ..bmc.types import Bmc, BmcSettings, BootDevice, PowerState
from ..waiting.deadline import Clock, Deadline, SystemClock
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .ending import signals_as_exceptions
from .planner import Plan, Step, plan
from .store import Store
from .types import BmcView, Desired, HostView, MachineError, Phase, Record

Connect = Callable[[BmcSettings], AbstractContextManager[Bmc]]


@dataclass
class Outcome:
    """The state of the machine after a call; ``notes`` are messages for the operator."""

    plan: Plan
    record: Record
    changed: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        """Whether no step is left."""
        return self.plan.step is Step.NOTHING


class Advance:
    """One call for one machine. ``wall`` returns Unix time in seconds, as the boot service stores it."""

    def __init__(
        self,
        desired: Desired,
        store: Store,
        run: str,
        connect: Connect = connected,
        clock: Clock | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._desired, self._store, self._run = desired, store, run
        self._connect, self._clock, self._wall = connect, clock or SystemClock(), wall
        self._bmc: BmcView | None = None
        self._host: HostView | None = None
        self._notes: list[str] = []
        self._changed = False

    def decide(self, host: HostView | None) -> tuple[Plan, Record]:
        """Choose the next step; reads the machine's BMC if the choice depends on it. Changes nothing."""
        while True:
            record = self._store.record(self._run)
            choice = plan(self._desired, record, self._wall(), self._run, self._bmc, host)
            if choice.step is not Step.READ_BMC:
                return choice, record
            with self._connection() as bmc:
                self._bmc = self._view(bmc)

    def until(self, patience: float, host: HostView | None) -> Outcome:
        """Act until the machine is finished, must be checked over ssh by the caller, or ``patience`` seconds are over.

        Whatever else ends the call, also an interrupt or a signal, disarms the machine before: it is set aside, so no
        ramdisk may start unobserved.

        :raises MachineError: the machine is set aside.
        :raises BmcError: the machine is set aside because of its BMC.
        """
        deadline = Deadline(patience, self._clock)
        with self._store.locked(deadline) as locked:
            if not locked:
                return self._outcome(Plan(Step.WAIT, "another run is working on it"), self._store.record(self._run))
            with signals_as_exceptions():
                try:
                    return self._run_steps(deadline, host)
                except BaseException as error:
                    self._disarm_after(error)
                    raise

    def _run_steps(self, deadline: Deadline, host: HostView | None) -> Outcome:
        while True:
            choice, record = self.decide(host)
            if choice.step is Step.STOP:
                raise self._stopped(choice, record)
            if choice.step in (Step.NOTHING, Step.LOOK_AT_HOST):
                self._disarm_leftover(record)
                return self._outcome(choice, record)
            if choice.step is Step.WAIT:
                if host is not None or not self._wait(deadline):
                    return self._outcome(choice, record)
                self._bmc = None
                continue
            self._act(choice, record)
            self._bmc, host = None, (host if choice.step is Step.CONFIRM else None)
            if choice.step is not Step.CONFIRM:
                # Return, so that the operator sees the new stage; the next call continues.
                return self._outcome(choice, self._store.record(self._run))

    def _outcome(self, choice: Plan, record: Record) -> Outcome:
        return Outcome(choice, record, self._changed, self._notes)

    @contextmanager
    def _connection(self) -> Iterator[Bmc]:
        try:
            with self._connect(self._desired.bmc) as bmc:
                yield bmc
        except BmcSessionLeft as error:
            self._notes.append(str(error))  # the work was done before the logout failed

    def _view(self, bmc: Bmc) -> BmcView:
        agrees = self._require_same_machine(bmc)
        return BmcView(settled_state(bmc, self._clock), bmc.boot_override(), tuple(agrees))

    def _require_same_machine(self, bmc: Bmc) -> list[str]:
        desired = self._desired
        return check_identity(bmc, desired.serial, desired.uuid, desired.macs)

    def _act(self, choice: Plan, record: Record) -> None:
        self._changed = True
        if choice.step is Step.CONFIRM:
            self._store.disarm()
            self._store.note(self._wall(), record.deploy_id or "", self._run, "confirmed")
            return
        if choice.step is Step.ARM:
            self._store.require_servable(self._desired.plan["image"])
        with self._connection() as bmc:
            # The BMC was not read for the plan; its address may belong to another machine by now.
            if self._bmc is None:
                self._require_same_machine(bmc)
            (self._arm if choice.step is Step.ARM else self._boot_disk)(bmc, choice, record)

    def _disarm_after(self, error: BaseException) -> None:
        try:
            self._store.disarm()
        except OSError as problem:
            raise MachineError(
                f"it is still armed, as its file could not be removed ({problem}), after: {error}",
                self._desired.name,
                f"remove {self._store.armed_path} on the provisioner before the machine is started",
            ) from error

    def _arm(self, bmc: Bmc, choice: Plan, record: Record) -> None:
        desired, deploy_id = self._desired, str(uuid.uuid4())
        self._store.disarm()
        self._note(deploy_id, "arming", image=desired.image, disk=desired.disk, why=choice.reason)
        live = record.good is not None and self._bmc is not None and self._bmc.power is PowerState.ON
        apply_power(bmc, plan_power("off", settled_state(bmc, self._clock)), self._rules(graceful=live), self._clock)
        consents = {"wipe": desired.wipe or desired.reinstall, "wipe_storage": desired.wipe_storage}
        self._store.arm(
            {
                "machine": desired.name,
                "cloud": desired.cloud,
                "deploy_id": deploy_id,
                "macs": list(desired.macs),
                "token": secrets.token_hex(32),
                "expires": int(self._wall() + desired.timeouts.boot + 60),
                "plan": {**desired.plan, **consents},
            }
        )
        boot = self._boot(bmc, BootDevice.NETWORK)
        self._note(deploy_id, "network_boot", **_facts(boot))
        apply_power(bmc, plan_power("on", PowerState.OFF), self._rules(), self._clock)
        self._note(deploy_id, "power_on")

    def _boot_disk(self, bmc: Bmc, choice: Plan, record: Record) -> None:
        deploy_id = record.good.deploy_id if record.good else record.deploy_id or ""
        self._store.disarm()  # first, so that from here on no network boot can write this disk
        self._note(deploy_id, "disk_boot", why=choice.reason)
        self._await_off(bmc)
        boot = self._boot(bmc, BootDevice.DISK)
        if not boot.honoured:
            # The boot service now answers `exit`, so the firmware's boot order reaches the disk as well.
            boot = self._without_override(bmc, boot)
        apply_power(bmc, plan_power("on", PowerState.OFF), self._rules(), self._clock)
        self._note(deploy_id, "power_on", **_facts(boot))

    def _without_override(self, bmc: Bmc, shown: BootResult) -> BootResult:
        try:
            return self._boot(bmc, BootDevice.NONE)
        except BmcProtocolError as error:
            # Whether the machine reaches its disk is seen when its system answers; the disk is written by now.
            self._notes.append(f"the boot override could not be removed, so its firmware decides: {error}")
            return shown

    def _await_off(self, bmc: Bmc) -> None:
        """Wait until the ramdisk has powered the machine off; after the time limit, power it off over the BMC."""
        state = PowerState.UNKNOWN

        def probe() -> Missing | None:
            nonlocal state
            state = bmc.power_state()
            return None if state is PowerState.OFF else Missing.of("power", state.value)

        try:
            wait(probe, Deadline(self._desired.timeouts.off, self._clock), what="the ramdisk to power off")
        except TimedOut:
            apply_power(bmc, PowerPlan(state, PowerState.OFF, ("off",)), self._rules(graceful=False), self._clock)
            self._notes.append("it did not power off by itself and was powered off over its BMC")

    def _boot(self, bmc: Bmc, device: BootDevice) -> BootResult:
        before, settings = bmc.boot_override(), self._desired.bmc
        choice = plan_boot(device, True, before, mode_of(settings.protocol, settings.firmware))
        result = apply_boot(bmc, choice, always=device is not BootDevice.NONE, clock=self._clock)
        if not result.honoured:
            self._notes.append(
                f"boot override {device.value} was requested, but the BMC reports {result.read_back.device.value}"
            )
        return result

    def _note(self, deploy_id: str, event: str, **data: object) -> None:
        self._store.note(self._wall(), deploy_id, self._run, event, **data)

    def _disarm_leftover(self, record: Record) -> None:
        if record.armed_file:
            self._store.disarm()
            self._notes.append("an arming of an earlier run was removed")

    def _rules(self, graceful: bool = False) -> PowerRules:
        return PowerRules(graceful=graceful, grace=self._desired.timeouts.off)

    def _wait(self, deadline: Deadline) -> bool:
        """Wait until the boot service has recorded an event; False if the deadline has passed."""
        before = self._store.size()

        def probe() -> Missing | None:
            return None if self._store.size() != before else Missing.of("an event of the boot service")

        try:
            wait(probe, deadline, pause=0.5, what="the boot service to record an event")
        except TimedOut:
            return False
        return True

    def _stopped(self, choice: Plan, record: Record) -> MachineError:
        """Disarm the machine and return the error with its evidence."""
        self._store.disarm()
        lines = [f"event {line}" for line in record.trail]
        lines += self._bmc_lines(switch_off=record.phase is Phase.RUNNING)
        if self._desired.console:
            lines.append(f"serial console: {self._desired.console}")
        if record.deploy_id and record.phase.value in ("armed", "deploying", "booting"):
            self._note(record.deploy_id, "gave_up", message=choice.reason, remedy=choice.remedy)
        return MachineError(choice.reason, self._desired.name, choice.remedy, tuple(lines))

    def _bmc_lines(self, switch_off: bool) -> list[str]:
        try:
            with self._connection() as bmc:
                boot, power = bmc.boot_override(), bmc.power_state()
                if switch_off:  # only while a ramdisk runs: it must not continue to write unobserved
                    apply_power(bmc, plan_power("off", power), self._rules(), self._clock)
                return [f"BMC: power {power.value}, boots {boot.device.value} (once: {boot.once})"]
        except BmcError as error:
            return [f"BMC: {error}"]


def _facts(boot: BootResult) -> dict[str, object]:
    return {"honoured": boot.honoured, "sticky": bool(boot.sticky), "shows": boot.read_back.device.value}
