# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot device as a wanted state. Controllers may ignore, lose or permanently keep a one-time override, so it is read
back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..plan.base import Change, Changes, Diff
from ..waiting.deadline import Clock
from .power import until_accepted
from .types import Bmc, BootDevice, BootOverride


@dataclass(frozen=True)
class BootPlan:
    """The present and the wanted boot override."""

    before: BootOverride
    wanted: BootOverride

    @property
    def changed(self) -> bool:
        """Whether anything would be done; a one-time override is set again unless it reads exactly so."""
        if self.wanted.device is BootDevice.NONE:
            return self.before.device is not BootDevice.NONE
        same = (self.before.device, self.before.once) == (self.wanted.device, self.wanted.once)
        return not same or _other_mode(self.wanted, self.before)

    def diff(self) -> Diff:
        """Return both sides for --diff."""
        change = Change("set the boot device", _line(self.before), _line(self.wanted))
        return Changes((change,) if self.changed else ()).diff()


@dataclass(frozen=True)
class BootResult:
    """``honoured``: the wanted device reads back; ``sticky``: a one-time one reads back as permanent."""

    read_back: BootOverride
    honoured: bool
    sticky: bool | None

    def describe(self) -> dict[str, Any]:
        """Return a plain dict for results."""
        return {"read_back": self.read_back.describe(), "honoured": self.honoured, "sticky": self.sticky}


def plan_boot(device: BootDevice, once: bool, actual: BootOverride, mode: str | None = None) -> BootPlan:
    """Plan a boot override; ``mode``: see :func:`mode_of`, None to compare no mode."""
    if device is BootDevice.NONE:
        return BootPlan(actual, BootOverride(device, None, actual.mode))
    return BootPlan(actual, BootOverride(device, once, mode))


def mode_of(protocol: str, firmware: str | None) -> str | None:
    """Return the boot mode of a firmware (`uefi` or `bios`) as controllers call it.

    Over IPMI it is set and not compared: many controllers keep the flag to themselves (virtualbmc among them).
    """
    if protocol == "ipmi":
        return None
    return "legacy" if firmware == "bios" else "uefi"


def apply_boot(bmc: Bmc, plan: BootPlan, always: bool = False, clock: Clock | None = None) -> BootResult:
    """Set the override if it is not so already, and read it back.

    ``always``: set it even if it reads as wanted. Some controllers still show a one-time override after the start that
    used it, so before a start only a new request is certain.
    """
    read_back, device, once = plan.before, plan.wanted.device, bool(plan.wanted.once)
    if not plan.changed and not always:
        return judge(plan.wanted, read_back)
    until_accepted(lambda: bmc.request_boot(device, once), bmc.where, clock)
    read_back = bmc.boot_override()
    if read_back.device is device and _other_mode(plan.wanted, read_back) and not _other_mode(plan.wanted, plan.before):
        # The controller fell back to another mode as the request did not name one; now that it shows, the next does.
        until_accepted(lambda: bmc.request_boot(device, once), bmc.where, clock)
        read_back = bmc.boot_override()
    return judge(plan.wanted, read_back)


def judge(wanted: BootOverride, read_back: BootOverride) -> BootResult:
    """Compare the requested override with the one that the controller reports."""
    honoured = read_back.device is wanted.device and not _other_mode(wanted, read_back)
    sticky = None if read_back.once is None or not wanted.once else honoured and not read_back.once
    return BootResult(read_back, honoured, sticky)


def _other_mode(wanted: BootOverride, shown: BootOverride) -> bool:
    """Whether the machine would start in another mode than its system is made for."""
    if BootDevice.NONE in (wanted.device, shown.device) or not wanted.mode or not shown.mode:
        return False
    return wanted.mode != shown.mode


def _line(boot: BootOverride) -> str:
    times = {True: "once", False: "always", None: ""}[boot.once]
    return f"boot: {boot.device.value} {times}".rstrip() + "\n"
