# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps from the actual to the desired configuration of a switch.

A plan consists of ports, link aggregations and VLANs and not of commands, so it is the same for each platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..plan.base import Plan as BasePlan
from ..plan.base import Step as AnyStep
from .bgp import Peering
from .config import MIXED, FabricError, Lacp, Lag, Port, SwitchConfig
from .mlag import Mlag

#: What a step has before or after it; a VLAN is its name.
Thing = Port | Lag | Mlag | Peering | str | None


@dataclass(frozen=True)
class Step:
    """One object that has to change.

    :ivar kind: ``vlan``, ``port``, ``lag``, ``mlag`` or ``bgp``, a group of BGP neighbours.
    :ivar have: the present object, or None if there is none.
    :ivar want: the wanted object, or None if it is to be removed.
    """

    kind: str
    name: str
    have: Thing
    want: Thing

    def __str__(self) -> str:
        verb = "add" if self.have is None else "remove" if self.want is None else "change"
        return f"{verb} {self.kind} {self.name}"

    @property
    def before(self) -> str:
        """The present object, one line per setting."""
        return "".join(_lines(self, self.have))

    @property
    def after(self) -> str:
        """The wanted object, one line per setting."""
        return "".join(_lines(self, self.want))


@dataclass(frozen=True)
class Plan(BasePlan):
    """The steps of a driver in their order: remove aggregations and ports, then VLANs, the MLAG domain with its peer
    link, ports, and aggregations, which may be members of the domain, and groups of BGP neighbours."""

    switch: str
    steps: tuple[Step, ...]

    def heading(self, step: AnyStep) -> str:
        """The switch and the step."""
        return f"{self.switch}: {step}"


def plan(desired: SwitchConfig, actual: SwitchConfig) -> Plan:
    """Compare the desired with the actual configuration.

    An aggregation of another name that has member ports of the model is removed, as is a port that becomes a member:
    a port can have one use only. All else that the model does not name is left out of the plan.
    """
    removed_lags = [
        Step("lag", name, _require_no_foreign_members(desired, lag), None)
        for name, lag in sorted(actual.lags.items())
        if name not in desired.lags and desired.port_names & set(lag.members)
    ]
    members = {member for lag in desired.lags.values() for member in lag.members}
    removed_ports = [Step("port", n, p, None) for n, p in sorted(actual.ports.items()) if n in members]
    vlans = [
        Step("vlan", str(vid), actual.vlans.get(vid), name)
        for vid, name in sorted(desired.vlans.items())
        if actual.vlans.get(vid) != name
    ]
    ports = [
        Step("port", name, actual.ports.get(name), port)
        for name, port in sorted(desired.ports.items())
        if actual.ports.get(name) != port
    ]
    lags = [
        Step("lag", name, actual.lags.get(name), lag)
        for name, lag in sorted(desired.lags.items())
        if actual.lags.get(name) != lag
    ]
    domains = [
        Step("mlag", wanted.domain, actual.mlag, wanted)
        for wanted in ([desired.mlag] if desired.mlag else [])
        if actual.mlag != wanted
    ]
    groups = _groups(desired, actual)
    return Plan(desired.name, (*removed_lags, *removed_ports, *vlans, *domains, *ports, *lags, *groups))


def wanted_groups(plan: Plan) -> list[Peering]:
    """The groups of BGP neighbours that a plan wants."""
    return [step.want for step in plan.steps if isinstance(step.want, Peering)]


def _groups(desired: SwitchConfig, actual: SwitchConfig) -> list[Step]:
    """Groups of BGP neighbours that differ; those that the model does not name are left out."""
    wanted = desired.bgp.peerings if desired.bgp else {}
    present = actual.bgp.peerings if actual.bgp else {}
    return [
        Step("bgp", name, present.get(name), group)
        for name, group in sorted(wanted.items())
        if present.get(name) != group
    ]


def released(plan: Plan) -> list[str]:
    """Ports that leave an aggregation and have no other use in the plan."""
    before = {port for step in plan.steps if isinstance(step.have, Lag) for port in step.have.members}
    used = {port for step in plan.steps if isinstance(step.want, Lag) for port in step.want.members}
    return sorted(before - used - {step.name for step in plan.steps if isinstance(step.want, Port)})


def _require_no_foreign_members(desired: SwitchConfig, lag: Lag) -> Lag:
    """Return an aggregation to remove. One with member ports that the model does not name is a FabricError."""
    foreign = sorted(set(lag.members) - desired.port_names)
    if foreign:
        raise FabricError(
            f"{desired.name}.lags.{lag.name}",
            f"it has ports of the model and {', '.join(foreign)}, which the model does not name, as members",
            "remove the aggregation from the switch, or add the ports to the model",
        )
    return lag


def _lines(step: Step, side: Thing) -> list[str]:
    if side is None:
        return []
    if isinstance(side, str):
        return [f"{step.kind} {step.name}: {side}\n"]
    settings = side.settings() if isinstance(side, Mlag | Peering) else _settings(side)
    return [f"{step.kind} {step.name} {key}: {value}\n" for key, value in settings.items()]


def _settings(side: Port | Lag) -> dict[str, Any]:
    member = side.membership
    settings: dict[str, Any] = {"mode": member.mode, "native": member.native, "vlans": ranges(member.vlans)}
    if isinstance(side, Port) and side.addresses:
        settings = {"mode": member.mode, "addresses": " ".join(side.addresses)}
    settings |= {"mtu": side.mtu, "description": side.description, "edge": side.edge}
    if isinstance(side, Lag):
        settings |= {"members": " ".join(side.members), "lacp": _lacp(side.lacp), "mlag": side.mlag}
    return settings


def _lacp(lacp: Lacp | None) -> str:
    if lacp is None:
        return "static"
    if lacp == MIXED:
        return "mixed"
    words = f"{'active' if lacp.active else 'passive'} {'fast' if lacp.fast else 'slow'}"
    return f"{words}, fallback {lacp.fallback_port}"


def ranges(vlans: tuple[int, ...]) -> str:
    """VLANs ``(10, 11, 12, 20)`` as ``10-12,20``, as switches write it."""
    parts: list[list[int]] = []
    for vid in vlans:
        if parts and vid == parts[-1][-1] + 1:
            parts[-1].append(vid)
        else:
            parts.append([vid])
    return ",".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts)
