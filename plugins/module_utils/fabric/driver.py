# SPDX-License-Identifier: GPL-3.0-or-later
"""What a switch driver can do, whatever the switch.

A driver reads the objects that a configuration names, performs a plan in one transaction, can arm a way back that
the switch walks by itself, and tells what it sees of the machines. Platforms that commit with a timer of their own
(EOS ``commit timer``, Junos ``commit confirmed``, NVUE ``apply --confirm``) implement :meth:`Driver.perform` with
it; the others leave a timer on the device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .config import FabricError, Sighting, SwitchConfig
from .openvswitch import OpenVSwitch
from .plan import Plan


class Driver(Protocol):
    """The interface. Every method raises :class:`~.config.FabricError`, and nothing else, for what a user can mend."""

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        """The running configuration of the ports, aggregations and VLANs that `desired` names, and of those that
        stand in their way."""

    def perform(self, plan: Plan, seconds: int) -> str:
        """Do the plan in one transaction and arm the way back for `seconds`; returns what :meth:`confirm` takes."""

    def confirm(self, armed: str) -> None:
        """The change is good: disarm, and keep it over a restart of the switch."""

    def revert(self, armed: str) -> None:
        """Go back now instead of waiting for the timer."""

    def sightings(self) -> list[Sighting]:
        """The addresses that the switch sees now; empty where it cannot tell."""


DRIVERS: dict[str, Callable[[str, dict[str, Any]], Driver]] = {"openvswitch": OpenVSwitch}


def driver(name: str, platform: str, connection: dict[str, Any]) -> Driver:
    """The driver of a platform, connected to nothing yet."""
    if platform not in DRIVERS:
        known = ", ".join(sorted(DRIVERS))
        raise FabricError(f"switches.{name}.platform", f"there is no driver for {platform}", f"use one of: {known}")
    return DRIVERS[platform](name, connection)
