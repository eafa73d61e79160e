# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of switch drivers.

A driver reads the objects that a configuration names, performs a plan in one transaction, arms a rollback that the
switch performs by itself (as with commit-confirm), and reports the addresses that the switch sees. How further
platforms can implement it:

* EOS: a configuration session, ``commit timer``; :meth:`Driver.armed` is the session that waits for its commit.
* Junos: the locked candidate, ``commit confirmed`` (whole minutes: round up); :meth:`Driver.armed` reads ``show system
  commit``. Any second commit confirms the first there, so an armed change is reverted before anything else.
* NVUE: ``nv config apply --confirm``; :meth:`Driver.armed` is the revision in state ``confirm``.
* NX-OS, SONiC: a checkpoint and a job of the device's own scheduler that rolls back to it, both named by the token.

The token that :meth:`Driver.perform` returns therefore names something *on the switch*, never in this process: another
run, on another controller, must be able to find and to revert it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Protocol

from .config import FabricError, Sighting, SwitchConfig
from .eos.driver import Eos
from .facts import SwitchFacts
from .junos.driver import Junos
from .nvue import Nvue
from .nxos.driver import Nxos
from .openvswitch import OpenVSwitch
from .plan import Plan
from .sonic import Sonic


class Driver(Protocol):
    """What each driver implements. Every method may raise :class:`~.config.FabricError`.

    :ivar sees_partners: whether sightings have the LACP partner of each member.
    """

    sees_partners: bool

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        """The running configuration of the ports, aggregations and VLANs that `desired` names, and of those that
        use the same ports."""

    def perform(self, plan: Plan, seconds: int) -> str:
        """Perform the plan in one transaction. Its rollback after `seconds` is armed before or with the change.

        Requires a :meth:`read` on the same driver before. Returns the token for :meth:`confirm` and :meth:`revert`.
        After an error the switch is unchanged, or restores its previous configuration by itself."""

    def confirm(self, armed: str) -> None:
        """Cancel the rollback and make the change persistent. An error if the switch has rolled back already."""

    def revert(self, armed: str) -> None:
        """Roll back now instead of waiting for the timer; no error if the switch has rolled back already."""

    def armed(self) -> str | None:
        """The token of an unconfirmed change of an earlier run, for :meth:`revert`; None if there is none."""

    def close(self) -> None:
        """Close the connection; no error if there is none."""

    def sightings(self) -> list[Sighting]:
        """The addresses that the switch sees now; empty if the driver cannot read them."""

    def facts(self, ports: Collection[str], sections: Collection[str]) -> SwitchFacts:
        """What the switch tells of the sections (:data:`.facts.SECTIONS`), in as few requests as its platform allows.

        Needs no :meth:`read` before and refuses no configuration. `ports` are names of the model, which the result
        has too; other ports and all aggregations have the names of the switch (see :func:`.facts.with_lags`)."""

    def sessions(self) -> dict[str, str] | None:
        """The state of each BGP session of the default VRF (RFC 4271, section 8.2.2), in lower case, by the
        neighbour's address; None if the driver does not read them."""


DRIVERS: dict[str, Callable[[str, dict[str, Any]], Driver]] = {
    "eos": Eos,
    "junos": Junos,
    "nvue": Nvue,
    "nxos": Nxos,
    "openvswitch": OpenVSwitch,
    "sonic": Sonic,
}


def driver(name: str, platform: str, connection: dict[str, Any]) -> Driver:
    """The driver of a platform; it connects with its first call."""
    if platform not in DRIVERS:
        known = ", ".join(sorted(DRIVERS))
        raise FabricError(f"switches.{name}.platform", f"there is no driver for {platform}", f"use one of: {known}")
    return DRIVERS[platform](name, connection)
