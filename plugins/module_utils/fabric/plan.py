# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired and actual configuration of a switch, compared: the steps between them.

The plan speaks of ports and aggregations, never of a platform's commands, so every driver gets the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..plan.base import Plan as BasePlan
from ..plan.base import Step as AnyStep
from .config import FabricError, Lacp, Lag, Port, SwitchConfig


@dataclass(frozen=True)
class Step:
    """One object that has to change.

    :ivar kind: ``vlan``, ``port`` or ``lag``.
    :ivar have: the object as it is, or None where there is none.
    :ivar want: the object as it shall be, or None where it shall go.
    """

    kind: str
    name: str
    have: Port | Lag | str | None
    want: Port | Lag | str | None

    def __str__(self) -> str:
        verb = "add" if self.have is None else "remove" if self.want is None else "change"
        return f"{verb} {self.kind} {self.name}"

    @property
    def before(self) -> str:
        """The object as it is, one line a setting."""
        return "".join(_lines(self, self.have))

    @property
    def after(self) -> str:
        """The object as it shall be, one line a setting."""
        return "".join(_lines(self, self.want))


@dataclass(frozen=True)
class Plan(BasePlan):
    """What a driver has to do, in order: aggregations that go, VLANs and ports, aggregations that come."""

    switch: str
    steps: tuple[Step, ...]

    def heading(self, step: AnyStep) -> str:
        """The switch and what is done to it."""
        return f"{self.switch}: {step}"


def plan(desired: SwitchConfig, actual: SwitchConfig) -> Plan:
    """Compare what the model says with what the switch runs.

    An aggregation that holds one of the model's ports under another name, or a single port that is to be bundled,
    is taken apart: a port has one use. Anything else that the model does not name is left out of the plan.
    """
    gone = [
        Step("lag", name, _ours_alone(desired, lag), None)
        for name, lag in sorted(actual.lags.items())
        if name not in desired.lags and desired.port_names & set(lag.members)
    ]
    bundled = {member for lag in desired.lags.values() for member in lag.members}
    loose = [Step("port", n, p, None) for n, p in sorted(actual.ports.items()) if n in bundled]
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
    return Plan(desired.name, (*gone, *loose, *vlans, *ports, *lags))


def _ours_alone(desired: SwitchConfig, lag: Lag) -> Lag:
    """An aggregation in the way may only be dissolved when it has no port that the model does not name."""
    foreign = sorted(set(lag.members) - desired.port_names)
    if foreign:
        raise FabricError(
            f"{desired.name}.lags.{lag.name}",
            f"it bundles ports of the model with {', '.join(foreign)}, which the model does not name",
            "take it apart on the switch, or add the ports to the model",
        )
    return lag


def _lines(step: Step, side: Port | Lag | str | None) -> list[str]:
    if side is None:
        return []
    if isinstance(side, str):
        return [f"{step.kind} {step.name}: {side}\n"]
    return [f"{step.kind} {step.name} {key}: {value}\n" for key, value in _settings(side).items()]


def _settings(side: Port | Lag) -> dict[str, Any]:
    member = side.membership
    settings: dict[str, Any] = {"mode": member.mode, "native": member.native, "vlans": _ranges(member.vlans)}
    settings |= {"mtu": side.mtu, "description": side.description}
    if isinstance(side, Lag):
        settings |= {"members": " ".join(side.members), "lacp": _lacp(side.lacp), "mlag": side.mlag}
    return settings


def _lacp(lacp: Lacp | None) -> str:
    if lacp is None:
        return "none"
    words = f"{'active' if lacp.active else 'passive'} {'fast' if lacp.fast else 'slow'}"
    return f"{words}, fallback {lacp.fallback_port}"


def _ranges(vlans: tuple[int, ...]) -> str:
    """``(10, 11, 12, 20)`` as ``10-12,20``, the way switches write it."""
    parts: list[list[int]] = []
    for vid in vlans:
        if parts and vid == parts[-1][-1] + 1:
            parts[-1].append(vid)
        else:
            parts.append([vid])
    return ",".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts)
