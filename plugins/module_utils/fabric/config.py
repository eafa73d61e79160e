# SPDX-License-Identifier: GPL-3.0-or-later
"""What a switch is told: ports, link aggregations and VLANs in the field's own words.

These classes are the seam between the model and every driver. A driver translates them to its platform's
language and back; nothing here knows of a platform. VLAN identifiers are IEEE 802.1Q VIDs (1-4094), MTUs are
bytes of IP payload, link aggregation is IEEE 802.1AX (LACP).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class FabricError(Exception):
    """A switch refused, could not be reached, or was described in a way it cannot be configured.

    :ivar where: the switch and, where known, the port or setting, e.g. ``leaf1.ports.Ethernet7``.
    :ivar remedy: what the reader can do about it.
    """

    def __init__(self, where: str, message: str, remedy: str) -> None:
        super().__init__(f"{where}: {message}; {remedy}")
        self.where, self.message, self.remedy = where, message, remedy


class PortMode(StrEnum):
    """How a port treats tags: ``access`` carries one VLAN untagged, ``trunk`` carries tagged ones."""

    ACCESS = "access"
    TRUNK = "trunk"


@dataclass(frozen=True)
class Membership:
    """Which VLANs a port or an aggregation carries.

    :ivar native: the VLAN sent and received untagged, or None for none; an access port has nothing else.
    :ivar vlans: every VLAN that may pass, the native one included, ascending.
    """

    mode: PortMode
    native: int | None
    vlans: tuple[int, ...]

    @classmethod
    def of(cls, mode: str, native: int | None, vlans: list[int]) -> Membership:
        """Build one from a role's variables; the native VLAN is always among those that pass."""
        passing = {*vlans, *([native] if native is not None else [])}
        return cls(PortMode(mode), native, tuple(sorted(passing)))


@dataclass(frozen=True)
class Lacp:
    """LACP of an aggregation (IEEE 802.1AX).

    :ivar active: whether the switch starts the conversation.
    :ivar fast: one LACPDU a second instead of one in thirty.
    :ivar fallback_port: the member that forwards while the partner is silent, which is what a machine that boots
        over the network needs; None if no member may.
    """

    active: bool = True
    fast: bool = True
    fallback_port: str | None = None


@dataclass(frozen=True)
class Port:
    """A port that carries traffic by itself."""

    name: str
    membership: Membership
    mtu: int
    description: str = ""


@dataclass(frozen=True)
class Lag:
    """A link aggregation (port-channel, bond) and its member ports.

    :ivar mlag: the identifier shared with the other switch of an MLAG pair, or None for a local aggregation.
    """

    name: str
    members: tuple[str, ...]
    membership: Membership
    mtu: int
    lacp: Lacp = field(default_factory=Lacp)
    description: str = ""
    mlag: int | None = None


@dataclass(frozen=True)
class Sighting:
    """A network address seen by the switch.

    :ivar mac: lower case, with colons.
    :ivar place: the model's name of a port, or the name of an aggregation where the switch learns per aggregation.
    :ivar source: ``mac_table``, ``lacp`` or ``lldp``.
    """

    mac: str
    place: str
    source: str


@dataclass(frozen=True)
class SwitchConfig:
    """What the model says of one switch, or what a driver read of those same objects.

    In a *desired* configuration everything that is named is to be so. What is not named belongs to somebody else.
    """

    name: str
    ports: dict[str, Port] = field(default_factory=dict)
    lags: dict[str, Lag] = field(default_factory=dict)
    vlans: dict[int, str] = field(default_factory=dict)

    @property
    def port_names(self) -> frozenset[str]:
        """Every physical port this configuration speaks of, bundled or not."""
        return frozenset(self.ports) | {member for lag in self.lags.values() for member in lag.members}

    @classmethod
    def from_vars(cls, params: dict[str, Any]) -> SwitchConfig:
        """Read a role's ``switch`` dictionary; the same port in two places is a :class:`FabricError`."""
        ports = [_port(item) for item in params.get("ports") or []]
        lags = [_lag(item) for item in params.get("lags") or []]
        _refuse_doubles(params["name"], ports, lags)
        vlans = {item["id"]: item["name"] for item in params.get("vlans") or []}
        return cls(params["name"], {p.name: p for p in ports}, {lag.name: lag for lag in lags}, vlans)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for diffs and returns."""
        return asdict(self)


def _port(item: dict[str, Any]) -> Port:
    membership = Membership.of(item["mode"], item.get("native"), item.get("vlans") or [])
    return Port(item["name"], membership, item["mtu"], item.get("description") or "")


def _lag(item: dict[str, Any]) -> Lag:
    membership = Membership.of("trunk", item.get("native"), item.get("vlans") or [])
    said = item.get("lacp") or {}
    fallback = (said.get("fallback_port") or item["members"][0]) if said.get("fallback", True) else None
    lacp = Lacp(said.get("mode", "active") == "active", said.get("rate", "fast") == "fast", fallback)
    members = tuple(sorted(item["members"]))
    return Lag(item["name"], members, membership, item["mtu"], lacp, item.get("description") or "", item.get("mlag"))


def _refuse_doubles(switch: str, ports: list[Port], lags: list[Lag]) -> None:
    users: dict[str, str] = {}
    claims = [(p.name, f"ports.{p.name}") for p in ports] + [(m, f"lags.{g.name}") for g in lags for m in g.members]
    for port, user in claims:
        if port in users:
            raise FabricError(f"{switch}.{user}", f"{port} is already used by {users[port]}", "name another port")
        users[port] = user
