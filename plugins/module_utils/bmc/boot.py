# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot device as a wanted state. Controllers may ignore, lose or permanently keep a one-time override, so it is read
back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..plan.base import Change, Changes, Diff
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
        return (self.before.device, self.before.once) != (self.wanted.device, self.wanted.once)

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


def plan_boot(device: BootDevice, once: bool, actual: BootOverride) -> BootPlan:
    """Plan a boot override."""
    return BootPlan(actual, BootOverride(device, None if device is BootDevice.NONE else once, actual.mode))


def apply_boot(bmc: Bmc, plan: BootPlan) -> BootResult:
    """Set the override if it is not so already, and read it back."""
    read_back = plan.before
    if plan.changed:
        bmc.request_boot(plan.wanted.device, bool(plan.wanted.once))
        read_back = bmc.boot_override()
    return judge(plan.wanted, read_back)


def judge(wanted: BootOverride, read_back: BootOverride) -> BootResult:
    """Compare the requested override with the one that the controller reports."""
    honoured = read_back.device is wanted.device
    sticky = None if read_back.once is None or not wanted.once else honoured and not read_back.once
    return BootResult(read_back, honoured, sticky)


def _line(boot: BootOverride) -> str:
    times = {True: "once", False: "always", None: ""}[boot.once]
    return f"boot: {boot.device.value} {times}".rstrip() + "\n"
