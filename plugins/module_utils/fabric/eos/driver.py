# SPDX-License-Identifier: GPL-3.0-or-later
"""Arista EOS by eAPI.

A change is a configuration session (``configure session gu-…``), which the switch applies as a whole with ``commit
timer hh:mm:ss`` and takes back by itself unless it is committed once more within that time. Until then the session has
the state ``pendingCommitTimer`` in ``show configuration sessions detail``; after the rollback it is listed no longer.
``configure session … abort`` rolls back at once. So does napalm (napalm/eos, ``commit_config(revert_in=…)``).
The configuration is saved (``write memory``) by the confirmation only, so a power cycle takes back what is not
confirmed too. EOS saves the whole configuration, with what others changed and did not save.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Collection, Mapping
from typing import Any

from .. import breakout
from ..bgp import Bgp
from ..config import FabricError, Lag, Port, Sighting, SwitchConfig
from ..facts import SwitchFacts, by_real, named
from ..mlag import PEER_LINK, Mlag
from ..plan import Plan, wanted_groups
from ..plan import plan as compare
from . import bgp, mlag, routed
from .api import Eapi
from .channels import names, refuse_mlag
from .facts import commands as commands_of
from .facts import switch_facts
from .parse import Running, lag, port, port_name
from .render import Switch, commands, refuse_text
from .seen import sightings

#: Names of the sessions of this driver begin with it.
PREFIX = "gu-"
ARMED, OPEN = "pendingCommitTimer", "pending"


class Eos:
    """Driver for one switch; see :class:`..driver.Driver`.

    :param name: the switch in the model.
    :param connection: see :class:`..https.Https`.
    """

    sees_partners = True

    def __init__(self, name: str, connection: Mapping[str, Any]) -> None:
        self.name = name
        self._api = Eapi(name, connection)
        self._switch = Switch({}, {})
        self._tree: Mapping[str, Any] = {}
        self._router_id = ""
        self._performed: Plan | None = None

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        """See :meth:`..driver.Driver.read`."""
        refuse_text(self._api.where, desired)
        configuration, status = self._api.show("show running-config", "show interfaces status")
        running, self._tree = Running.of(configuration), configuration.get("cmds") or {}
        if desired.bgp:
            bgp.require(self._api.where, self._tree, desired.bgp)
            self._router_id = desired.bgp.router_id
        on_switch = self._ports(desired, {*status.get("interfaceStatuses", {}), *running.interfaces})
        in_model = {real: name for name, real in on_switch.items()}
        channels = names(running, desired.lags.values(), in_model)
        link = mlag.channel_of(running, desired, on_switch)
        channels |= {link: PEER_LINK} if link in channels else {}
        routed.require(self._api.where, self._tree, desired, on_switch)
        mine = {real for name, real in on_switch.items() if name in desired.port_names}
        refuse_mlag(self._api.where, desired, running, channels, mine)
        self._switch = Switch(on_switch, {name: number for number, name in channels.items()})
        lags = {name: lag(name, running, number, in_model, desired.lags.get(name)) for number, name in channels.items()}
        members = {member for found in lags.values() for member in found.members}
        return SwitchConfig(
            self.name,
            {
                name: port(name, running.interfaces.get(real, []), desired.ports.get(name))
                for name, real in on_switch.items()
                if name not in members
            },
            {
                name: found
                for name, found in lags.items()
                if name in desired.lags or set(found.members) & desired.port_names
            },
            {vid: running.vlans[vid] for vid in desired.vlans if vid in running.vlans},
            mlag.read(running, desired.mlag, link, in_model) if desired.mlag else None,
            bgp.read(self._tree, desired.bgp) if desired.bgp else None,
        )

    def perform(self, plan: Plan, seconds: int) -> str:
        """See :meth:`..driver.Driver.perform`. The timer is a part of the command that applies the change. A session
        that the switch refused, or whose result is not known, is aborted; if that fails too, the timer remains."""
        self._clear()
        words = [*commands(plan, self._switch), *bgp.commands(self._tree, wanted_groups(plan), self._router_id)]
        token = f"{PREFIX}{secrets.token_hex(4)}"
        hours, rest = divmod(seconds, 3600)
        timer = f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
        try:
            self._api.change(f"configure session {token}", *words, "end")
            self._api.change(f"configure session {token} commit timer {timer}")
            if self._state(token) != ARMED:
                why = "it took the change without a timer for its rollback, or has rolled it back already"
                raise FabricError(self._api.where, why, "set a longer confirm.timeout, or check its release of EOS")
        except FabricError:
            with contextlib.suppress(FabricError):
                self.revert(token)
            raise
        self._performed = plan
        return token

    def confirm(self, armed: str) -> None:
        """See :meth:`..driver.Driver.confirm`. The timer may fire between question and commit, and the answer to the
        commit may be lost, so the configuration is read again before it is saved."""
        if self._state(armed) != ARMED:
            raise self._rolled_back()
        try:
            self._api.change(f"configure session {armed} commit")
        except FabricError:
            if self._performed is None or self._state(armed) == ARMED:
                raise
        if self._performed and not self._is_performed(self._performed):
            raise self._rolled_back()
        try:
            self._api.change("write memory")
        except FabricError as error:
            why = f"the change is confirmed, but it was not saved ({error.message})"
            raise FabricError(self._api.where, why, "run write memory on the switch") from error

    def revert(self, armed: str) -> None:
        """See :meth:`..driver.Driver.revert`."""
        if self._state(armed) not in (ARMED, OPEN):
            return
        try:
            self._api.change(f"configure session {armed} abort")
        except FabricError:
            if self._state(armed) in (ARMED, OPEN):  # else the timer was quicker
                raise
        if self._state(armed) == ARMED:
            why = f"it did not roll session {armed} back"
            raise FabricError(self._api.where, why, f"run configure session {armed} abort there")

    def armed(self) -> str | None:
        """See :meth:`..driver.Driver.armed`."""
        waiting = [n for n, s in self._sessions().items() if n.startswith(PREFIX) and s.get("state") == ARMED]
        return min(waiting, default=None)

    def close(self) -> None:
        """See :meth:`..driver.Driver.close`."""
        self._api.close()

    def sightings(self) -> list[Sighting]:
        """See :meth:`..driver.Driver.sightings`; it needs a :meth:`read` before, for the names in the model."""
        places = {real: name for name, real in self._switch.ports.items()}
        places |= {f"Port-Channel{number}": name for name, number in self._switch.channels.items()}
        return sightings(
            places, *self._api.show("show mac address-table", "show lacp peer", "show lldp neighbors detail")
        )

    def facts(self, ports: Collection[str], sections: Collection[str]) -> SwitchFacts:
        """See :meth:`..driver.Driver.facts`: one request."""
        needed = commands_of(sections)
        told = dict(zip(needed, self._api.show(*needed), strict=True)) if needed else {}
        return named(
            switch_facts(self.name, sections, told), by_real({n: port_name(self._api.where, n) for n in ports})
        )

    def sessions(self) -> dict[str, str]:
        """See :meth:`..driver.Driver.sessions`."""
        return bgp.states(self._api.show(bgp.SUMMARY)[0])

    def _sessions(self) -> dict[str, dict[str, Any]]:
        """The configuration sessions of the switch with their ``state``, by their name."""
        found = self._api.show("show configuration sessions detail")[0].get("sessions")
        if not isinstance(found, dict):
            raise FabricError(self._api.where, "it does not list its configuration sessions", "use EOS 4.20 or later")
        return found

    def _state(self, session: str) -> str:
        return str(self._sessions().get(session, {}).get("state", ""))

    def _clear(self) -> None:
        """Refuse to begin while the change of somebody else waits for its commit, which blocks every other commit.
        Sessions of killed runs that were never applied are removed: EOS keeps five at most."""
        sessions = self._sessions()
        for name, session in sorted(sessions.items()):
            if session.get("state") == ARMED:
                why = f"the configuration session {name} of {_owner(session)} waits for its commit"
                raise FabricError(self._api.where, why, f"run configure session {name} commit or abort there, or wait")
        for name, session in sorted(sessions.items()):
            if name.startswith(PREFIX) and session.get("state") == OPEN:
                self._api.change(f"configure session {name} abort")

    def _is_performed(self, done: Plan) -> bool:
        """Whether the switch has what a plan wanted."""
        wanted = [step.want for step in done.steps]
        ports = {item.name: item for item in wanted if isinstance(item, Port)}
        lags = {item.name: item for item in wanted if isinstance(item, Lag)}
        vlans = {int(step.name): str(step.want) for step in done.steps if step.kind == "vlan"}
        domain = next((item for item in wanted if isinstance(item, Mlag)), None)
        groups = {group.name: group for group in wanted_groups(done)}
        own = next((group.own_as for group in groups.values()), 0)
        neighbors = Bgp(own, self._router_id, groups) if groups else None
        config = SwitchConfig(self.name, ports, lags, vlans, domain, neighbors)
        return not compare(config, self.read(config)).changed

    def _rolled_back(self) -> FabricError:
        why = "the switch rolled the change back before it could be confirmed"
        return FabricError(self._api.where, why, "set a longer confirm.timeout")

    def _ports(self, desired: SwitchConfig, present: set[str]) -> dict[str, str]:
        """EOS' name of each port of the model. Ports that the switch does not have are an error."""
        found = {name: port_name(self._api.where, name) for name in sorted(desired.all_ports)}
        missing = [name for name, real in found.items() if real not in present]
        if missing:
            known = ", ".join(sorted(name for name in present if name.startswith("Ethernet"))) or "none"
            why, remedy = f"there is no port {', '.join(missing)}", f"its ports are: {known}; correct the cabling"
            raise FabricError(self._api.where, why, remedy + breakout.remedy("eos", missing, present))
        by_real: dict[str, str] = {}
        for name, real in found.items():
            if real in by_real:
                why = f"is the same port as {by_real[real]}"
                raise FabricError(f"{self._api.where}.ports.{name}", why, f"write {real} in both places")
            by_real[real] = name
        return found


def _owner(session: Mapping[str, Any]) -> str:
    """Who made a session: the user who committed it, or those who have it open."""
    instances = session.get("instances")
    users = [str(item.get("user")) for item in instances.values()] if isinstance(instances, dict) else []
    found = [str(session.get("commitUser") or ""), *users]
    return ", ".join(sorted({user for user in found if user and user != "None"})) or "an unknown user"
