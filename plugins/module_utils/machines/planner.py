# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do next with one machine. Pure: everything it needs to know is an argument.

The same function decides in check mode, on a first run, after a controller was killed at any point, and on a no-op.
No path leads from a finished deployment to an arming except the consent `reinstall`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..bmc.types import PowerState
from .types import FINAL_CODES, BmcView, Desired, HostState, HostView, Phase, Record

HEARTBEAT = 20.0  # the ramdisk speaks at least every 10 s
LOGIN_GRACE = 60.0  # a machine that starts answers ssh before it accepts a login


class Step(Enum):
    """The acts, and the two looks that may be needed before one can be chosen."""

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
    """``step`` and why. ``remedy`` belongs to STOP."""

    step: Step
    reason: str
    remedy: str = ""

    @property
    def changed(self) -> bool:
        """Whether the step changes the machine or what is known of it."""
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
        return Plan(Step.READ_BMC, "nothing is known of it yet")
    if now.bmc.power is not PowerState.OFF and not (desired.reinstall or desired.wipe):
        return Plan(
            Step.STOP,
            f"it is {now.bmc.power.value}, and this cloud never deployed it: something may be running there",
            f"switch it off, or name it in machine_reinstall (machine_reinstall: [{desired.name}])",
        )
    return Plan(Step.ARM, "it was never deployed")


def _armed(desired: Desired, record: Record, now: _Now) -> Plan:
    waited = now.time - record.since
    if record.run != now.run:
        # Whoever armed it is gone. If it was switched on, its ramdisk may be on the way; else begin again.
        on_the_way = record.armed_file and record.powered and waited < desired.timeouts.boot
        if on_the_way and now.bmc is None:
            return Plan(Step.READ_BMC, "an earlier run armed it")
        if on_the_way and now.bmc and now.bmc.power is PowerState.ON:
            return Plan(Step.WAIT, "waiting for its ramdisk, which an earlier run started")
        return _good_or_again(desired, record, now, "the run that armed it ended before its ramdisk started")
    if waited < desired.timeouts.boot:
        return Plan(Step.WAIT, "waiting for its ramdisk")
    return _again(desired, record, now, f"its ramdisk did not start within {waited:.0f} s of power on")


def _running(desired: Desired, record: Record, now: _Now) -> Plan:
    silent, still = now.time - record.heard, now.time - record.moved
    if still >= desired.timeouts.stuck and silent < desired.timeouts.stall:
        # A hung disk or a connection that drips: its heartbeat is another thread and would go on for ever.
        return _again(desired, record, now, f"its ramdisk speaks, but came no further for {still:.0f} s")
    if silent < HEARTBEAT:
        return Plan(Step.WAIT, "its ramdisk works")
    if now.bmc is None:
        return Plan(Step.READ_BMC, f"its ramdisk is silent since {silent:.0f} s")
    if now.bmc.power is PowerState.OFF:
        return _again(desired, record, now, "its power went off while the ramdisk worked")
    if silent < desired.timeouts.stall:
        return Plan(Step.WAIT, f"its ramdisk is silent since {silent:.0f} s")
    return _again(desired, record, now, f"its ramdisk made no progress for {silent:.0f} s")


def _failed(desired: Desired, record: Record, now: _Now) -> Plan:
    failure = record.failure or {}
    text = f"deployment failed: {failure.get('message') or failure.get('code') or 'no reason given'}"
    remedy = str(failure.get("remedy") or "see the events below")
    if record.run == now.run and (failure.get("code") in FINAL_CODES or record.attempts >= desired.attempts):
        return Plan(Step.STOP, text, remedy)
    return _good_or_again(desired, record, now, text)


def _written(desired: Desired, record: Record, now: _Now) -> Plan:
    if record.run is None:
        return _deployed(desired, record, now)  # somebody else saw it through, or nobody did: the host tells
    return Plan(Step.BOOT_DISK, "its disk is written")


def _booting(desired: Desired, record: Record, now: _Now) -> Plan:
    if now.host is None:
        return Plan(Step.LOOK_AT_HOST, "its own system starts")
    if now.host.state is HostState.SAME:
        return Plan(Step.CONFIRM, "it answers with the expected host key and identity")
    waited = now.time - record.since
    if now.host.state is HostState.OTHER:
        return Plan(Step.STOP, f"another system answers at its address: {now.host.detail}", _OTHER)
    if now.host.state is HostState.DENIED and waited > LOGIN_GRACE:
        return Plan(Step.STOP, f"it does not accept our login: {now.host.detail}", _DENIED)
    resumed = record.run != now.run
    if waited < desired.timeouts.system and not resumed:
        return Plan(Step.WAIT, "its own system starts")
    if now.bmc is None:
        return Plan(Step.READ_BMC, f"it does not answer after {waited:.0f} s")
    if resumed and now.bmc.power is PowerState.ON and waited < desired.timeouts.system:
        return Plan(Step.WAIT, "its own system starts")
    if record.boots < desired.attempts:
        return Plan(Step.BOOT_DISK, f"it does not answer after {waited:.0f} s: once more from its disk")
    return Plan(Step.STOP, f"its own system does not answer after {waited:.0f} s: {now.host.detail}", _SILENT)


def _deployed(desired: Desired, record: Record, now: _Now) -> Plan:
    if desired.reinstall and record.run != now.run:
        return (
            Plan(Step.ARM, "machine_reinstall names it")
            if now.bmc
            else Plan(Step.READ_BMC, "machine_reinstall names it")
        )
    if now.host is None:
        return Plan(Step.LOOK_AT_HOST, "it is deployed")
    if now.host.state is HostState.SAME:
        new = (
            record.good is not None and record.good.deploy_id == record.deploy_id and record.phase is not Phase.DEPLOYED
        )
        return Plan(Step.CONFIRM if new else Step.NOTHING, "deployed, and it is the same")
    again = f"; or deploy it again: machine_reinstall: [{desired.name}]"
    if now.host.state is HostState.OTHER:
        return Plan(Step.STOP, f"it is deployed, but another system answers: {now.host.detail}", _OTHER + again)
    if now.host.state is HostState.DENIED:
        return Plan(Step.STOP, f"it is deployed, but does not accept our login: {now.host.detail}", _DENIED)
    if now.bmc is None:
        return Plan(Step.READ_BMC, f"it is deployed, but does not answer: {now.host.detail}")
    if now.bmc.power is PowerState.OFF:
        return Plan(Step.BOOT_DISK, "it is deployed, but off")
    why = f"it is deployed and on, but does not answer: {now.host.detail}"
    return Plan(Step.STOP, why, f"if it was switched on minutes ago, run again; otherwise {_SILENT}{again}")


def _good_or_again(desired: Desired, record: Record, now: _Now, why: str) -> Plan:
    """An older deployment whose disk was not touched is still good; only consent begins anew then."""
    if record.good and not desired.reinstall:
        return _deployed(desired, record, now)
    if now.bmc is None:
        return Plan(Step.READ_BMC, why)
    return Plan(Step.ARM, why)


def _again(desired: Desired, record: Record, now: _Now, why: str) -> Plan:
    if now.bmc is None:
        return Plan(Step.READ_BMC, why)
    if record.attempts < desired.attempts:
        return Plan(Step.ARM, why)
    return Plan(Step.STOP, f"{why}, {record.attempts} times", _SILENT)


_OTHER = "check its address and cabling"
_DENIED = "check access.public_keys and access.private_key_file in the model"
_SILENT = "look at its console, the events below and what its controller says it boots"
