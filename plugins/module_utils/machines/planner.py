# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the next step of one machine from its arguments only; nothing here reads or changes anything.

The same function is used in check mode, on a first run, after a killed run, and for a finished machine.
A finished deployment is armed again only with the consent `reinstall`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..bmc.types import PowerState
from .types import FINAL_CODES, BmcView, Desired, HostState, HostView, Phase, Record

HEARTBEAT = 20.0  # seconds; the ramdisk sends an event at least every 10 s
LOGIN_GRACE = 60.0  # seconds; a starting machine answers ssh before it accepts a login


class Step(Enum):
    """The actions, and the two inspections that may be needed before one can be chosen."""

    READ_BMC = "read_bmc"
    LOOK_AT_HOST = "look_at_host"
    ARM = "arm"
    WAIT = "wait"
    BOOT_DISK = "boot_disk"
    CONFIRM = "confirm"
    NOTHING = "nothing"
    STOP = "stop"


@dataclass(frozen=True)
class Plan:
    """The next step and its reason. ``remedy`` is given with STOP."""

    step: Step
    reason: str
    remedy: str = ""

    @property
    def changed(self) -> bool:
        """Whether the step changes the machine or its record."""
        return self.step in (Step.ARM, Step.BOOT_DISK, Step.CONFIRM)


def plan(
    desired: Desired, record: Record, now: float, run: str, bmc: BmcView | None = None, host: HostView | None = None
) -> Plan:
    """Choose the next step of one machine."""
    rules = {
        Phase.NEW: _new,
        Phase.ARMED: _armed,
        Phase.RUNNING: _running,
        Phase.FAILED: _failed,
        Phase.WRITTEN: _written,
        Phase.BOOTING: _booting,
        Phase.DEPLOYED: _deployed,
    }
    return rules[record.phase](desired, record, _Now(now, run, bmc, host))


@dataclass(frozen=True)
class _Now:
    time: float
    run: str
    bmc: BmcView | None
    host: HostView | None


def _new(desired: Desired, _record: Record, now: _Now) -> Plan:
    if now.bmc is None:
        return Plan(Step.READ_BMC, "it has no record of a deployment")
    if now.bmc.power is not PowerState.OFF and not (desired.reinstall or desired.wipe):
        return Plan(
            Step.STOP,
            f"it is {now.bmc.power.value}, and this cloud has not deployed it: it may run another system",
            f"power it off, or name it in machine_reinstall (machine_reinstall: [{desired.name}])",
        )
    return Plan(Step.ARM, "it has not been deployed")


def _armed(desired: Desired, record: Record, now: _Now) -> Plan:
    waited = now.time - record.since
    if record.run != now.run:
        # The run that armed it has ended. If it was powered on, its ramdisk may be starting; else arm it again.
        starting = record.armed_file and record.powered and waited < desired.timeouts.boot
        if starting and now.bmc is None:
            return Plan(Step.READ_BMC, "an earlier run armed it")
        if starting and now.bmc and now.bmc.power is PowerState.ON:
            return Plan(Step.WAIT, "waiting for its ramdisk, which an earlier run started")
        return _keep_or_retry(desired, record, now, "the run that armed it ended before its ramdisk started")
    if waited < desired.timeouts.boot:
        return Plan(Step.WAIT, "waiting for its ramdisk")
    return _retry(desired, record, now, f"its ramdisk did not start within {waited:.0f} s of power on")


def _running(desired: Desired, record: Record, now: _Now) -> Plan:
    silent, still = now.time - record.last_event, now.time - record.last_progress
    if still >= desired.timeouts.stuck and silent < desired.timeouts.stall:
        # A hung disk or a stalled connection: the heartbeat is a separate thread and would continue for ever.
        return _retry(desired, record, now, f"its ramdisk sends heartbeats, but made no progress for {still:.0f} s")
    if silent < HEARTBEAT:
        return Plan(Step.WAIT, "its ramdisk is working")
    if now.bmc is None:
        return Plan(Step.READ_BMC, f"its ramdisk has sent nothing for {silent:.0f} s")
    if now.bmc.power is PowerState.OFF:
        return _retry(desired, record, now, "it lost power while the ramdisk worked")
    if silent < desired.timeouts.stall:
        return Plan(Step.WAIT, f"its ramdisk has sent nothing for {silent:.0f} s")
    return _retry(desired, record, now, f"its ramdisk sent nothing for {silent:.0f} s")


def _failed(desired: Desired, record: Record, now: _Now) -> Plan:
    failure = record.failure or {}
    text = f"deployment failed: {failure.get('message') or failure.get('code') or 'no reason given'}"
    remedy = str(failure.get("remedy") or "see the events below")
    if record.run == now.run and (failure.get("code") in FINAL_CODES or record.attempts >= desired.attempts):
        return Plan(Step.STOP, text, remedy)
    return _keep_or_retry(desired, record, now, text)


def _written(desired: Desired, record: Record, now: _Now) -> Plan:
    if record.run is None:
        return _deployed(desired, record, now)  # no journal: whether the deployment was finished is found on the host
    return Plan(Step.BOOT_DISK, "its disk is written")


def _booting(desired: Desired, record: Record, now: _Now) -> Plan:
    if now.host is None:
        return Plan(Step.LOOK_AT_HOST, "its operating system is starting")
    if now.host.state is HostState.SAME:
        return Plan(Step.CONFIRM, "it answers with the expected host key and identity")
    waited = now.time - record.since
    if now.host.state is HostState.OTHER:
        return Plan(Step.STOP, f"another system answers at its address: {now.host.detail}", _OTHER)
    if now.host.state is HostState.DENIED and waited > LOGIN_GRACE:
        return Plan(Step.STOP, f"it refuses the login: {now.host.detail}", _DENIED)
    resumed = record.run != now.run
    if waited < desired.timeouts.system and not resumed:
        return Plan(Step.WAIT, "its operating system is starting")
    if now.bmc is None:
        return Plan(Step.READ_BMC, f"it does not answer after {waited:.0f} s")
    if resumed and now.bmc.power is PowerState.ON and waited < desired.timeouts.system:
        return Plan(Step.WAIT, "its operating system is starting")
    if record.boots < desired.attempts:
        return Plan(Step.BOOT_DISK, f"it does not answer after {waited:.0f} s: booting from its disk again")
    return Plan(Step.STOP, f"its operating system does not answer after {waited:.0f} s: {now.host.detail}", _SILENT)


def _deployed(desired: Desired, record: Record, now: _Now) -> Plan:
    if desired.reinstall and record.run != now.run:
        return (
            Plan(Step.ARM, "machine_reinstall lists it")
            if now.bmc
            else Plan(Step.READ_BMC, "machine_reinstall lists it")
        )
    if now.host is None:
        return Plan(Step.LOOK_AT_HOST, "it is deployed")
    if now.host.state is HostState.SAME:
        new = (
            record.good is not None and record.good.deploy_id == record.deploy_id and record.phase is not Phase.DEPLOYED
        )
        return Plan(Step.CONFIRM if new else Step.NOTHING, "it is deployed, with the expected host key and identity")
    again = f"; or deploy it again: machine_reinstall: [{desired.name}]"
    if now.host.state is HostState.OTHER:
        return Plan(Step.STOP, f"it is deployed, but another system answers: {now.host.detail}", _OTHER + again)
    if now.host.state is HostState.DENIED:
        return Plan(Step.STOP, f"it is deployed, but it refuses the login: {now.host.detail}", _DENIED)
    if now.bmc is None:
        return Plan(Step.READ_BMC, f"it is deployed, but does not answer: {now.host.detail}")
    if now.bmc.power is PowerState.OFF:
        return Plan(Step.BOOT_DISK, "it is deployed, but powered off")
    why = f"it is deployed and on, but does not answer: {now.host.detail}"
    return Plan(Step.STOP, why, f"if it was powered on minutes ago, run again; otherwise {_SILENT}{again}")


def _keep_or_retry(desired: Desired, record: Record, now: _Now, why: str) -> Plan:
    """Keep an older deployment whose disk was not written; it is deployed again only with consent."""
    if record.good and not desired.reinstall:
        return _deployed(desired, record, now)
    if now.bmc is None:
        return Plan(Step.READ_BMC, why)
    return Plan(Step.ARM, why)


def _retry(desired: Desired, record: Record, now: _Now, why: str) -> Plan:
    if now.bmc is None:
        return Plan(Step.READ_BMC, why)
    if record.attempts < desired.attempts:
        return Plan(Step.ARM, why)
    return Plan(Step.STOP, f"{why}, {record.attempts} times", _SILENT)


_OTHER = "check its address and cabling"
_DENIED = "check access.user, access.public_keys and access.private_key_file in the model"
_SILENT = "see its console, the events below and the boot device that its BMC reports"
