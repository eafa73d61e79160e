# SPDX-License-Identifier: GPL-3.0-or-later
"""Junos with the Enhanced Layer 2 Software (EX, QFX) as a switch of the rack, by NETCONF.

A change is merged into the locked candidate, checked, and committed with ``confirmed`` (Juniper, Junos XML Management
Protocol Developer Guide, "commit-configuration"): without a confirmation the switch returns to its former
configuration after whole minutes, so the seconds are rounded up. The commit's log message is the token, by which
another run finds it. Any commit confirms such a change, a mere check too, so
none is made while one waits, except to confirm or to return to the former configuration.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

from .. import breakout
from ..config import FabricError, Sighting, SwitchConfig
from ..facts import SwitchFacts, named
from ..plan import Plan
from . import bgp, routed
from .facts import INTERFACES, procedures, switch_facts
from .history import CONFIRMED, OWN, REVERTED, Commit, clock, commits, confirmed, foreign
from .names import channels, port_name
from .netconf import Netconf, Refused
from .parse import sightings, switch_config
from .render import refuse_domain, render, require_mlag
from .tree import entries, text

_SECTIONS = ("chassis", "interfaces", "protocols", "vlans")


class Junos:
    """Driver for one switch; see :class:`..driver.Driver`.

    :param name: the switch in the model.
    :param connection: as that of :class:`.netconf.Netconf`.
    """

    sees_partners = False

    def __init__(self, name: str, connection: dict[str, Any]) -> None:
        self.name, self.where = name, f"switches.{name}"
        self._netconf = Netconf(name, connection)
        self._config: ET.Element | None = None
        self._channels: dict[str, str] = {}
        self._places: dict[str, str] = {}
        self._router_id = ""

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        """See :meth:`..driver.Driver.read`."""
        is_routed = any(port.addresses for port in desired.ports.values())
        config = self._running(bgp.SECTIONS if desired.bgp else routed.SECTIONS if is_routed else ())
        self._refuse_unknown(desired, config)
        refuse_domain(self.where, desired)
        routed.require(self.where, config, desired)
        require_mlag(self.where, config, list(desired.lags.values()))
        self._config, self._channels = config, channels(config, desired)
        self._places = {port_name(name): name for name in desired.port_names}
        self._places |= {ae: name for name, ae in self._channels.items()}
        if desired.bgp is None:
            return switch_config(config, desired, self._channels)
        bgp.require(self.where, config, desired.bgp)
        self._router_id = desired.bgp.router_id
        return replace(switch_config(config, desired, self._channels), bgp=bgp.read(config, desired.bgp))

    def perform(self, plan: Plan, seconds: int) -> str:
        """See :meth:`..driver.Driver.perform`. The time is rounded up to whole minutes."""
        if self._config is None:
            raise FabricError(self.where, "was not read before the change", "read it first")
        change, token = render(plan, self._config, self._channels, self._router_id), f"{OWN}{secrets.token_hex(4)}"
        with self._netconf.locked():
            self._refuse_pending()
            self._load(change)
            try:
                self._netconf.call("commit check", lambda manager: manager.commit(check=True))
                self._netconf.call(
                    "commit", lambda manager: manager.commit(confirmed=True, timeout=seconds, comment=token)
                )
            except Refused as error:
                raise FabricError(self.where, f"it refused the change: {error.reason}", _CORRECT) from error
        return token

    def confirm(self, armed: str) -> None:
        """See :meth:`..driver.Driver.confirm`. A commit is persistent on Junos."""
        with self._netconf.locked():
            if not self._waits(armed):
                raise FabricError(self.where, "it has rolled the change back already", _AGAIN)
            self._netconf.call("commit", lambda manager: manager.commit(comment=armed + CONFIRMED))
            # The timer may have fired between the two; then the commit confirmed the former configuration.
            if not confirmed(self._history(), armed):
                raise FabricError(self.where, "it rolled the change back before the confirmation", _AGAIN)

    def revert(self, armed: str) -> None:
        """See :meth:`..driver.Driver.revert`."""
        with self._netconf.locked():
            if not self._waits(armed):
                self._refuse_confirmed(armed)
                return
            self._netconf.call("rollback 1", lambda manager: manager.rollback(1))
            # Only after this is it sure that the former configuration was loaded, and not the one that is undone.
            if not self._waits(armed):
                self._netconf.call("discard-changes", lambda manager: manager.discard_changes())
                self._refuse_confirmed(armed)
                return
            self._netconf.call("commit", lambda manager: manager.commit(comment=armed + REVERTED))

    def armed(self) -> str | None:
        """See :meth:`..driver.Driver.armed`. An unconfirmed commit of somebody else is an error that says whose."""
        waiting = self._pending()
        if waiting is None:
            return None
        if not waiting.log.startswith(OWN):
            raise self._foreign(waiting)
        return waiting.log

    def sightings(self) -> list[Sighting]:
        """See :meth:`..driver.Driver.sightings`: the MAC table, and LLDP if the switch runs it. LACP is not read."""
        table = self._netconf.rpc("get-ethernet-switching-table-information")
        try:
            lldp = self._netconf.rpc("get-lldp-neighbors-information")
        except Refused:
            lldp = ET.Element("none")
        return sightings(table, lldp, self._places)

    def sessions(self) -> dict[str, str]:
        """See :meth:`..driver.Driver.sessions`."""
        return bgp.states(self._netconf.rpc(bgp.SUMMARY))

    def facts(self, ports: Collection[str], sections: Collection[str]) -> SwitchFacts:
        """See :meth:`..driver.Driver.facts`: one remote procedure for each kind of answer. A section whose procedure
        the switch refuses (it runs no LLDP or no spanning tree) is not told."""
        told: dict[str, ET.Element] = {}
        refused: dict[str, str] = {}
        for name in procedures(sections):
            try:
                told[name] = self._netconf.rpc(name, *(["extensive"] if name == INTERFACES else []))
            except Refused as error:
                refused[name] = f"it refused {name}: {error.reason}"
        return named(switch_facts(self.name, sections, told, refused), {port_name(name): name for name in ports})

    def close(self) -> None:
        """See :meth:`..driver.Driver.close`."""
        self._netconf.close()

    def _running(self, more: Collection[str]) -> ET.Element:
        sections = "".join(f"<{section}/>" for section in (*_SECTIONS, *more))
        wanted = f"<configuration>{sections}</configuration>"
        answer = self._netconf.call(
            "get-config", lambda manager: manager.get_config("running", filter=("subtree", wanted))
        )
        found = next(answer.iter("configuration"), None)
        if found is None:
            raise FabricError(self.where, "it showed no configuration", "give the account the right to view it")
        return found

    def _load(self, change: ET.Element) -> None:
        request = ET.Element("load-configuration", {"action": "merge", "format": "xml"})
        request.append(change)
        body = ET.tostring(request, encoding="unicode")
        try:
            self._netconf.call("load-configuration", lambda manager: manager.rpc(body))
        except Refused as error:
            raise FabricError(self.where, f"it refused the change: {error.reason}", _CORRECT) from error

    def _history(self) -> list[Commit]:
        return commits(self._netconf.rpc("get-commit-information"))

    def _pending(self) -> Commit | None:
        newest = next(iter(self._history()), None)
        if newest is None or not (newest.marked or newest.minutes):
            return None
        now = None if newest.marked else clock(self._netconf.rpc("get-system-uptime-information"))
        return newest if newest.pending(now) else None

    def _waits(self, token: str) -> bool:
        waiting = self._pending()
        return waiting is not None and waiting.log == token

    def _refuse_pending(self) -> None:
        waiting = self._pending()
        if waiting is not None:
            raise self._foreign(waiting)

    def _refuse_confirmed(self, token: str) -> None:
        by = foreign(self._history(), token)
        if by is not None:
            why = f"its change was not rolled back: a commit or check confirmed it, the last by {by.user} ({by.client})"
            raise FabricError(self.where, why, "read show system commit, and run again when nobody else commits")

    def _foreign(self, waiting: Commit) -> FabricError:
        why = f"{waiting.user} ({waiting.client}) has a commit there that waits for its confirmation"
        return FabricError(self.where, why, f"confirm it, or wait up to {waiting.minutes} minutes until it is undone")

    def _refuse_unknown(self, desired: SwitchConfig, config: ET.Element) -> None:
        """Ports that do not exist, and those that an interface-range configures, which this driver does not read."""
        answer = self._netconf.rpc("get-interface-information", "terse")
        known = {text(node, "name") for node in answer.iter("physical-interface")}
        missing = sorted(name for name in desired.port_names if port_name(name) not in known)
        if missing:
            there = ", ".join(sorted(name for name in known if "/" in name)) or "none"
            more = breakout.remedy("junos", missing, known)
            remedy = f"its ports are: {there}; correct the cabling in the model{more}"
            raise FabricError(self.where, f"there is no port {', '.join(missing)}", remedy)
        ranged = {
            text(member, "name"): text(node, "name")
            for node in entries(config, ("interfaces", "interface-range"))
            for member in node.findall("member")
        }
        for name in sorted(desired.port_names):
            if port_name(name) in ranged:
                why = f"{name} is configured by the interface-range {ranged[port_name(name)]}"
                raise FabricError(self.where, why, "take it out of the interface-range")


_CORRECT = "correct the model or what stands in its way on the switch; nothing was changed"
_AGAIN = "run again, with a longer confirm.timeout"
