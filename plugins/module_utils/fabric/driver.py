# SPDX-License-Identifier: GPL-3.0-or-later
"""What a switch driver can do, whatever the switch.

A driver reads the objects that a configuration names, performs a plan in one transaction, arms a way back that the
switch performs by itself, and reports the addresses that it sees. How the platforms that come later keep to it:

* EOS: a configuration session, ``commit timer``; :meth:`Driver.armed` is the session that waits for its commit.
* Junos: a private candidate, ``commit confirmed`` (whole minutes: round up); :meth:`Driver.armed` reads ``show system
  commit``. Any second commit confirms the first there, so an armed change is reverted before anything else.
* NVUE: ``nv config apply --confirm``; :meth:`Driver.armed` is the revision in state ``confirm``.
* NX-OS, SONiC: a checkpoint and a job of the device's own scheduler that rolls back to it, both named by the token.

The token that :meth:`Driver.perform` returns therefore names something *on the switch*, never in this process: another
run, on another controller, must be able to find and to revert it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .config import FabricError, Sighting, SwitchConfig
from .openvswitch import OpenVSwitch
from .plan import Plan


class Driver(Protocol):
    """The interface. Every method raises :class:`~.config.FabricError`, for faults of the configuration."""

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        """The running configuration of the ports, aggregations and VLANs that `desired` names, and of those that
        stand in their way."""

    def perform(self, plan: Plan, seconds: int) -> str:
        """Do the plan in one transaction, its way back armed for `seconds` not later than the change itself.

        Follows a :meth:`read` on the same driver. Returns what :meth:`confirm` and :meth:`revert` take. After an error
        the switch is as before, or goes back to it by itself."""

    def confirm(self, armed: str) -> None:
        """The change is good: disarm, and keep it over a restart of the switch. An error when the timer was faster."""

    def revert(self, armed: str) -> None:
        """Go back now instead of waiting for the timer; no error where it has gone back already."""

    def armed(self) -> str | None:
        """An unconfirmed change of an earlier run, as :meth:`revert` takes it."""

    def sightings(self) -> list[Sighting]:
        """The addresses that the switch sees now; empty where it cannot tell."""


DRIVERS: dict[str, Callable[[str, dict[str, Any]], Driver]] = {"openvswitch": OpenVSwitch}


def driver(name: str, platform: str, connection: dict[str, Any]) -> Driver:
    """The driver of a platform, connected to nothing yet."""
    if platform not in DRIVERS:
        known = ", ".join(sorted(DRIVERS))
        raise FabricError(f"switches.{name}.platform", f"there is no driver for {platform}", f"use one of: {known}")
    return DRIVERS[platform](name, connection)
