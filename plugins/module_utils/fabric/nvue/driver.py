# SPDX-License-Identifier: GPL-3.0-or-later
"""Cumulus Linux as a switch of the rack, by its NVUE REST API (HTTPS, port 8765, :mod:`..https`).

A plan is one revision: POST ``/revision``, at most two PATCHes of the root, one PATCH that applies it. The same
request arms the rollback: the revision waits in the state ``confirm`` and the switch returns to the one before unless
it is confirmed in time (:mod:`.revision`). Its identifier is the token, so any run finds it by :meth:`Nvue.armed`.

Bonds are called ``bondN``; the model's name is found again by the description, which begins with it, or by the
members. Only front panel ports can be ports of the model, and none of MLAG's peer link.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from .. import breakout
from ..config import FabricError, Lag, Sighting, SwitchConfig
from ..facts import SwitchFacts, named
from ..https import Https
from ..plan import Plan, wanted_groups
from . import bgp, mlag, routed, seen
from .names import Tree, Words, allocate, interface, members, text
from .parse import Facts, facts, has_mlag, mac_table, neighbours, peer_links, switch_config
from .render import patches
from .revision import WAITING, Revisions

_PORT = 8765


class Nvue:
    """Driver for one switch; see :class:`..driver.Driver`.

    :param connection: as for :class:`..https.Https`; the port is 8765 unless given.
    """

    sees_partners = False

    def __init__(self, name: str, connection: dict[str, Any]) -> None:
        self.name, self.where = name, f"switches.{name}"
        self._https = Https(name, {**connection, "port": connection.get("port") or _PORT})
        self._revisions = Revisions(self._https, str(connection.get("username") or ""))
        self._words: Words | None = None
        self._facts: Facts | None = None
        self._pending: str | None = None
        self._router_id = ""

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        """See :meth:`..driver.Driver.read`.

        While a change of this driver waits for its confirmation, its revision is read, provided that it still waits:
        no document tells whether ``applied`` already names it. Otherwise the applied revision is read.
        """
        names = {interface(self.where, port): port for port in desired.port_names}
        revision = "applied"
        if self._pending and self._revisions.state(self._pending)[0] == WAITING:
            revision = self._pending
        config = self._revisions.get("", rev=revision, filled="false")
        present = frozenset(self._revisions.get("interface", include="/*/type"))
        if self._words is None:
            self._words = Words.of(self.where, self._revisions.get("system"))
        self._facts = facts(self.where, config, present, desired, names)
        self._refuse(self._facts, desired)
        routed.require(self.where, self._facts.interfaces, desired)
        if desired.bgp is None:
            return switch_config(self._facts, desired)
        bgp.require(self.where, self._facts.config, desired.bgp, self._words)
        self._router_id = desired.bgp.router_id
        return replace(switch_config(self._facts, desired), bgp=bgp.read(self._facts.config, desired.bgp))

    def perform(self, plan: Plan, seconds: int) -> str:
        """See :meth:`..driver.Driver.perform`. Nothing is in force before the last request, which arms the timer."""
        if self._facts is None or self._words is None:
            raise FabricError(self.where, "it was not read before the change", "call read first")
        lags = [step.want for step in plan.steps if isinstance(step.want, Lag)]
        channels = allocate(lags, self._facts.channels, self._facts.present)
        change = patches(plan, self._facts, channels, self._words)
        for group in wanted_groups(plan):
            bgp.write(group, self._router_id, self._facts.config, self._words, change)
        revision = self._revisions.create()
        self._revisions.patch(revision, change.unset)
        self._revisions.patch(revision, change.put)
        self._revisions.apply(revision, seconds)
        self._pending = revision
        return revision

    def confirm(self, armed: str) -> None:
        """See :meth:`..driver.Driver.confirm`; the applied revision is saved as the startup configuration."""
        self._revisions.confirm(armed)
        self._pending = None

    def revert(self, armed: str) -> None:
        """See :meth:`..driver.Driver.revert`."""
        self._revisions.reject(armed)
        self._pending = None

    def armed(self) -> str | None:
        """See :meth:`..driver.Driver.armed`; a change of somebody else that waits is a FabricError that says whose."""
        return self._revisions.waiting()

    def close(self) -> None:
        """See :meth:`..driver.Driver.close`."""
        self._https.close()

    def sightings(self) -> list[Sighting]:
        """See :meth:`..driver.Driver.sightings`: the MAC table, and LLDP neighbours. Requires a read before."""
        if self._facts is None:
            return []
        table = self._revisions.state_of(f"bridge/domain/{self._facts.domain}/mac-table")
        heard = self._revisions.state_of("interface", include="/*/lldp/neighbor")
        return mac_table(self._facts, table) + neighbours(self._facts, heard)

    def sessions(self) -> dict[str, str]:
        """See :meth:`..driver.Driver.sessions`."""
        return bgp.states(self._revisions.state_of(bgp.STATES))

    def facts(self, ports: Collection[str], sections: Collection[str]) -> SwitchFacts:
        """See :meth:`..driver.Driver.facts`: one request for each part of all interfaces, and for the bridges."""
        interfaces = {
            part: self._revisions.state_of("interface", include=f"/*/{part}") for part in seen.parts(sections)
        }
        domains: dict[str, Tree] = {}
        for name in self._revisions.state_of("bridge/domain") if {"vlans", "macs"} & set(sections) else ():
            wanted = [key for key, section in (("vlan", "vlans"), ("mac-table", "macs")) if section in sections]
            domains[name] = {key: self._revisions.state_of(f"bridge/domain/{name}/{key}") for key in wanted}
        found = seen.switch_facts(self.name, sections, interfaces, domains)
        return named(found, {interface(self.where, name): name for name in ports})

    def _refuse(self, found: Facts, desired: SwitchConfig) -> None:
        """FabricErrors of what the switch cannot be, before anything is written."""
        missing = sorted(port for name, port in found.names.items() if name not in found.present)
        if missing:
            known = ", ".join(sorted(name for name in found.present if name.startswith("swp"))) or "none"
            more = breakout.remedy("nvue", missing, found.present)
            remedy = f"its ports are: {known}; correct the cabling in the model{more}"
            raise FabricError(self.where, f"there is no port {', '.join(missing)}", remedy)
        peers = {port for link in peer_links(found.config).values() for port in members(link)}
        taken = sorted(found.names[name] for name in peers & set(found.names))
        if taken:
            why = f"{', '.join(taken)} is a port of MLAG's peer link"
            raise FabricError(self.where, why, "cable the machine to another port and correct the model")
        mlag.require(self.where, desired, found.present)
        for lag in sorted(desired.lags.values(), key=lambda lag: lag.name):
            text(f"{self.where}.lags.{lag.name}", lag.description)
            self._refuse_lag(found, lag, desired.mlag is not None)
        for port in desired.ports.values():
            text(f"{self.where}.ports.{port.name}", port.description)

    def _refuse_lag(self, found: Facts, lag: Lag, has_domain: bool) -> None:
        where = f"{self.where}.lags.{lag.name}"
        if lag.mlag is not None and not has_domain and not has_mlag(found.config):
            remedy = "give the model a peer_link, configure MLAG on both switches, or cable the machine to one switch"
            raise FabricError(f"{where}.mlag", "the switch has no MLAG with a peer link", remedy)
        if lag.lacp and not lag.lacp.active:
            raise FabricError(f"{where}.lacp.mode", "Cumulus Linux has no passive LACP", "write active")
