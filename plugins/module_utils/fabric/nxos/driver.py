# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver of Cisco NX-OS by NX-API over HTTPS (``feature nxapi``).

A change is one request with all its commands. The rollback that the switch performs by itself is armed before it, see
:mod:`.timer`. Neither change nor job are in the startup configuration until the change is confirmed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from ..config import FabricError, Lag, Sighting, SwitchConfig
from ..facts import SwitchFacts, by_real, named
from ..mlag import PEER_LINK, Mlag
from ..plan import Plan, plan, wanted_groups
from . import bgp, channels, parse, render, vpc
from .facts import switch_facts, tables, texts
from .names import port_name, required_port
from .nxapi import NxApi, Refused
from .running import Running, running
from .timer import Timer

_COPY = "copy running-config startup-config"
_DEFAULTS = "show running-config all | include 'system default switchport'"


class Nxos:
    """Driver for one switch with NX-OS; see :class:`..driver.Driver`.

    :param name: the switch in the model.
    :param connection: as for :class:`..https.Https`.
    """

    sees_partners = True

    def __init__(self, name: str, connection: dict[str, Any]) -> None:
        self.name = name
        self._api = NxApi(name, connection)
        self._timer = Timer(self._api)
        self._desired = SwitchConfig(name)
        self._running: Running | None = None
        self._tree = bgp.Tree()
        self._numbers: dict[str, int] = {}
        self._spelled: dict[str, str] = {}
        self._defaults: str | None = None

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        """See :meth:`..driver.Driver.read`."""
        self._spelled = {required_port(self.name, name): name for name in sorted(desired.all_ports)}
        if len(self._spelled) < len(desired.all_ports):
            twice = sorted(desired.all_ports - set(self._spelled.values()))
            why = f"{twice[0]} and {self._spelled[str(port_name(twice[0]))]} are the same port"
            raise FabricError(f"switches.{self.name}", why, "name it once in the model")
        if self._defaults is None:  # slow on a large switch, and no plan changes it
            self._defaults = self._api.show(_DEFAULTS)
        text = self._api.show("show running-config")
        found, self._tree = running(text, self._defaults), bgp.tree(text)
        parse.require(desired, found)
        if desired.bgp:
            bgp.require(f"switches.{self.name}", self._tree, desired.bgp)
        self._desired, self._running = desired, found
        self._numbers = channels.existing(desired, found)
        neighbors = bgp.read(self._tree, desired.bgp) if desired.bgp else None
        return replace(parse.config(desired, found, self._numbers), bgp=neighbors)

    def perform(self, plan: Plan, seconds: int) -> str:
        """See :meth:`..driver.Driver.perform`.

        If the switch refuses a command, the change is rolled back at once. If its answer is lost, it may still be at
        work: the timer rolls back."""
        if self._running is None:
            raise FabricError(f"switches.{self.name}", "it was not read before the change", "report this as a bug")
        wanted = {step.want.name: step.want for step in plan.steps if isinstance(step.want, Lag)}
        self._require_free(wanted, self._running)
        domain = next((step.want for step in plan.steps if isinstance(step.want, Mlag)), None)
        known = self._numbers
        if domain:
            taken = {name: lag.mlag for name, lag in wanted.items() if lag.mlag is not None}
            known = known | {PEER_LINK: vpc.number(self._running, domain, taken | known)}
        numbers = channels.allocated(wanted, known, self._running)
        lines = render.commands(plan, render.Target(self._running, numbers))
        router_id = self._desired.bgp.router_id if self._desired.bgp else ""
        lines += bgp.commands(self._tree, wanted_groups(plan), router_id)
        token = self._timer.arm(seconds)
        try:
            self._api.configure(lines)
        except Refused:
            self._timer.fire(token)
            raise
        self._numbers = {name: number for name, number in numbers.items() if name != PEER_LINK}
        return token

    def confirm(self, armed: str) -> None:
        """See :meth:`..driver.Driver.confirm`. After the timer is cancelled, the configuration is read once more, for
        the case that the rollback had begun just before; then it is copied to the startup configuration."""
        self._timer.disarm(armed)
        if plan(self._desired, self.read(self._desired)).changed:
            why = "the switch rolled the change back while it was confirmed"
            raise FabricError(f"switches.{self.name}", why, "set a longer confirm.timeout")
        try:
            self._api.execute(_COPY, "Copy complete")
        except Refused as error:
            why = f"the change is in force and not saved: {error.message}"
            raise FabricError(error.where, why, f"mend that, and enter `{_COPY}` on the switch") from error
        self._timer.forget(armed)

    def revert(self, armed: str) -> None:
        """See :meth:`..driver.Driver.revert`."""
        self._timer.fire(armed)

    def armed(self) -> str | None:
        """See :meth:`..driver.Driver.armed`."""
        try:
            return min(self._timer.pending(), default=None)
        except Refused:
            return None  # without `feature scheduler` there is none; read() tells that it is missing

    def sightings(self) -> list[Sighting]:
        """See :meth:`..driver.Driver.sightings`: the MAC table, LACP partners and LLDP neighbours. A table that the
        switch refuses (``feature lldp`` is not configured) is empty."""
        names = {number: name for name, number in self._numbers.items()}
        seen = parse.mac_table(self._table("show mac address-table"), names, self._spelled)
        seen += parse.partners(self._table("show lacp neighbor"), self._spelled)
        return seen + parse.neighbors(self._table("show lldp neighbors detail"), self._spelled)

    def facts(self, ports: Collection[str], sections: Collection[str]) -> SwitchFacts:
        """See :meth:`..driver.Driver.facts`: one request for tables and one for texts. A section whose command the
        switch refuses (``feature lldp`` is not configured) is not told."""
        told, refused = self._api.answers(tables(sections), tables=True)
        texts_told, texts_refused = self._api.answers(texts(sections), tables=False)
        found = switch_facts(self.name, sections, told | texts_told, refused | texts_refused)
        return named(found, by_real({name: port_name(name) for name in ports}))

    def sessions(self) -> dict[str, str]:
        """See :meth:`..driver.Driver.sessions`."""
        told, refused = self._api.answers([bgp.SUMMARY], tables=True)
        if refused:
            raise FabricError(f"switches.{self.name}", refused[bgp.SUMMARY], "check that BGP runs on the switch")
        return bgp.states(told[bgp.SUMMARY])

    def close(self) -> None:
        """See :meth:`..driver.Driver.close`."""
        self._api.close()

    def _table(self, command: str) -> str:
        try:
            return self._api.show(command)
        except Refused:
            return ""

    def _require_free(self, wanted: dict[str, Lag], found: Running) -> None:
        """Refuse an MLAG identifier that another channel has."""
        for name, lag in wanted.items():
            for number, channel in found.channels.items():
                if lag.mlag is None or self._numbers.get(name) == number or channel.value("vpc") != str(lag.mlag):
                    continue
                why = f"{channel.name} has vpc {lag.mlag} already"
                raise FabricError(f"switches.{self.name}.lags.{name}", why, "remove it there, or change the model")
