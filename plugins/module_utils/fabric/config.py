# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of a switch: ports, link aggregations, VLANs and BGP neighbours, independent of the platform.

Model and drivers share these classes. A driver translates them to its platform's configuration and back.
VLAN identifiers are IEEE 802.1Q VIDs (1-4094), MTUs are bytes of IP payload, link aggregation is IEEE 802.1AX (LACP).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from ipaddress import ip_address, ip_interface
from typing import Any

from ..errors import CloudError
from . import routed
from .bgp import Bgp, faults
from .mlag import Mlag

#: Names of ports and aggregations on switches (Ethernet1/2, xe-0/0/1:0, swp1s0). Other characters are refused, since a
#: command line or configuration language could interpret them.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/>-]*\Z")


class FabricError(CloudError):
    """A switch refused a change or could not be reached, or its configuration is invalid.

    :ivar where: the switch and, where known, the port or setting, e.g. ``leaf1.ports.Ethernet7``.
    :ivar remedy: what the reader can do about it.
    """

    def __init__(self, where: str, message: str, remedy: str) -> None:
        super().__init__(f"{where}: {message}; {remedy}")
        self.where, self.message, self.remedy = where, message, remedy


class PortMode(StrEnum):
    """How a port treats tags: ``access`` carries one VLAN untagged, ``trunk`` carries tagged ones, ``routed`` none."""

    ACCESS = "access"
    TRUNK = "trunk"
    ROUTED = routed.MODE


@dataclass(frozen=True)
class Membership:
    """Which VLANs a port or an aggregation carries.

    :ivar native: the VLAN sent and received untagged, or None for none; on an access port it is the only one.
    :ivar vlans: every VLAN that may pass, the native one included, ascending.
    """

    mode: PortMode
    native: int | None
    vlans: tuple[int, ...]

    @classmethod
    def of(cls, mode: str, native: int | None, vlans: list[int]) -> Membership:
        """Build one from a role's variables; the native VLAN is added to those that may pass."""
        passing = {*vlans, *([native] if native is not None else [])}
        return cls(PortMode(mode), native, tuple(sorted(passing)))


#: VLANs of a port that the model cannot say, of modes for example that no driver writes. It differs from every desired
#: membership, so the port is corrected.
UNKNOWN = Membership(PortMode.TRUNK, None, ())
#: That of a routed port.
NO_VLANS = Membership(PortMode.ROUTED, None, ())


@dataclass(frozen=True)
class Lacp:
    """LACP of an aggregation (IEEE 802.1AX).

    :ivar active: whether the switch begins the negotiation.
    :ivar fast: one LACPDU a second instead of one in thirty.
    :ivar fallback_port: the member that forwards while the partner sends no LACPDU, which a machine needs for network
        boot; None if no member may.
    """

    active: bool = True
    fast: bool = True
    fallback_port: str | None = None


#: LACP of an aggregation that the model cannot say: its members differ, or it does not balance. It differs from every
#: desired one, since a fallback port has a name, so the aggregation is corrected.
MIXED = Lacp(False, False, "")


@dataclass(frozen=True)
class Port:
    """A port that is no member of a link aggregation.

    :ivar edge: a machine is at the other end and no switch: it forwards at once, without the states of a spanning tree,
        and is shut by the switch if a BPDU arrives (BPDU guard).
    :ivar addresses: the switch's own, of a routed port: ``10.50.0.2/31``, then that of IPv6.
    """

    name: str
    membership: Membership
    mtu: int
    description: str = ""
    edge: bool = False
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lag:
    """A link aggregation (port-channel, bond) and its member ports.

    :ivar lacp: None for a static aggregation: each member forwards, and nothing is negotiated.
    :ivar mlag: the identifier shared with the other switch of an MLAG pair, or None for a local aggregation.
    :ivar edge: as that of a port.
    """

    name: str
    members: tuple[str, ...]
    membership: Membership
    mtu: int
    lacp: Lacp | None = field(default_factory=Lacp)
    description: str = ""
    mlag: int | None = None
    edge: bool = False

    def has_name_in(self, text: str) -> bool:
        """Whether the description of an aggregation that the switch calls otherwise is that of this one."""
        return text == self.name or text.startswith(f"{self.name}.")


#: What switches show as the LACP partner of a member without one.
NO_PARTNER = "00:00:00:00:00:00"


def mac_of(text: object) -> str:
    """An address in any notation, of six or of three groups, as a :class:`Sighting` has it; empty if it is none."""
    digits = re.sub(r"[^0-9a-f]", "", str(text).lower())
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2)) if len(digits) == 12 else ""


@dataclass(frozen=True)
class Sighting:
    """A MAC address that the switch sees on a port.

    :ivar mac: lower case, with colons.
    :ivar place: the model's name of a port, or the name of an aggregation where the switch learns per aggregation.
    :ivar source: ``mac_table``, ``lacp`` or ``lldp``.
    """

    mac: str
    place: str
    source: str


@dataclass(frozen=True)
class SwitchConfig:
    """The desired configuration of one switch from the model, or the actual one of the same objects from a driver.

    In a *desired* configuration every named object has to be as described. Objects that are not named are left alone.
    """

    name: str
    ports: dict[str, Port] = field(default_factory=dict)
    lags: dict[str, Lag] = field(default_factory=dict)
    vlans: dict[int, str] = field(default_factory=dict)
    mlag: Mlag | None = None
    bgp: Bgp | None = None

    @property
    def port_names(self) -> frozenset[str]:
        """The physical ports of this configuration, members of aggregations included; not those of the peer link."""
        return frozenset(self.ports) | {member for lag in self.lags.values() for member in lag.members}

    @property
    def all_ports(self) -> frozenset[str]:
        """The physical ports, those of the peer link included."""
        return self.port_names | frozenset(self.mlag.peer_link if self.mlag else ())

    def as_dict(self) -> dict[str, Any]:
        """Plain data, without passwords; without BGP, and addresses of ports, where there are none."""
        found = asdict(self)
        for port in found["ports"].values():
            if not port["addresses"]:
                del port["addresses"]
        if self.bgp is None:
            del found["bgp"]
        else:
            for group in found["bgp"]["peerings"].values():
                del group["password"]
        return found

    @classmethod
    def from_vars(cls, params: dict[str, Any]) -> SwitchConfig:
        """Read a role's ``switch`` dictionary; an invalid value is a :class:`FabricError`."""
        switch = _valid_name(params["name"], "switches")
        ports = [_port(f"{switch}.ports.{item['name']}", item) for item in params.get("ports") or []]
        lags = [_lag(f"{switch}.lags.{item['name']}", item) for item in params.get("lags") or []]
        mlag = _mlag(f"{switch}.mlag", params["mlag"]) if params.get("mlag") else None
        _refuse_port_used_twice(switch, ports, lags, mlag)
        vlans = {item["id"]: item["name"] for item in params.get("vlans") or []}
        bgp = _bgp(f"{switch}.bgp", params["bgp"]) if params.get("bgp") else None
        return cls(params["name"], {p.name: p for p in ports}, {lag.name: lag for lag in lags}, vlans, mlag, bgp)


def _valid_name(name: str, where: str) -> str:
    if not NAME.match(name):
        raise FabricError(where, f"{name!r} is not a valid name", "use letters, digits and _ . : / - only")
    return name


def _membership(where: str, mode: str, item: dict[str, Any]) -> Membership:
    """The VLANs of one object. A trunk without VLANs is refused, since some platforms treat it as one of all VLANs."""
    found = Membership.of(mode, item.get("native"), item.get("vlans") or [])
    wrong = [vlan for vlan in found.vlans if not 1 <= vlan <= 4094]
    if wrong:
        raise FabricError(f"{where}.vlans", f"{wrong[0]} is not a VLAN identifier", "use 1 to 4094")
    if mode == PortMode.ACCESS and found.vlans != (found.native,):
        raise FabricError(
            where, "an access port carries its native VLAN and no other", "set native, or make it a trunk"
        )
    if not found.vlans:
        raise FabricError(f"{where}.vlans", "is empty", "name the VLANs that pass, or leave the port out")
    return found


def _port(where: str, item: dict[str, Any]) -> Port:
    name, text = _valid_name(item["name"], where), item.get("description") or ""
    for place, why, remedy in routed.faults(where, item):
        raise FabricError(place, why, remedy)
    if item["mode"] == PortMode.ROUTED:
        return Port(name, NO_VLANS, item["mtu"], text, addresses=routed.normal(item["addresses"]))
    return Port(name, _membership(where, item["mode"], item), item["mtu"], text, item.get("edge") or False)


def _lag(where: str, item: dict[str, Any]) -> Lag:
    name, members = _valid_name(item["name"], where), tuple(_valid_name(member, where) for member in item["members"])
    if not members:
        raise FabricError(f"{where}.members", "is empty", "name its ports, or leave the aggregation out")
    lacp = _lacp(f"{where}.lacp", members, item.get("lacp") or {})
    membership = _membership(where, "trunk", item)
    text = item.get("description") or ""
    return Lag(
        name, tuple(sorted(members)), membership, item["mtu"], lacp, text, item.get("mlag"), item.get("edge") or False
    )


def _lacp(where: str, members: tuple[str, ...], options: dict[str, Any]) -> Lacp | None:
    """LACP of an aggregation; None with the mode ``on``, which is static and has no fallback."""
    mode, named = options.get("mode") or "active", options.get("fallback_port")
    if named and named not in members:
        raise FabricError(f"{where}.fallback_port", f"{named} is not among its members", "name one of them")
    if mode == "on" and named:
        why = "a static aggregation (mode: on) has no fallback: each member forwards at all times"
        raise FabricError(f"{where}.fallback_port", why, "remove it, or use LACP")
    if mode == "on":
        return None
    fallback = (named or members[0]) if options.get("fallback", True) else None
    return Lacp(mode == "active", (options.get("rate") or "fast") == "fast", fallback)


def _mlag(where: str, item: dict[str, Any]) -> Mlag:
    found = Mlag.of(item)
    for port in found.peer_link:
        _valid_name(port, f"{where}.peer_link")
    if not found.peer_link:
        raise FabricError(f"{where}.peer_link", "is empty", "name its ports, or leave mlag out")
    if not 2 <= found.vlan <= 4094:
        raise FabricError(f"{where}.vlan", f"{found.vlan} is not a VLAN identifier of a peer link", "use 2 to 4094")
    try:
        own, other = ip_interface(found.address), ip_address(found.peer_address)
        same = other in own.network and other != own.ip
    except ValueError as error:
        raise FabricError(f"{where}.address", str(error), "write 169.254.255.0/31 and 169.254.255.1") from error
    if not same:
        why = f"{found.peer_address} is not another address of {own.network}"
        raise FabricError(f"{where}.peer_address", why, "give both switches addresses of one subnet")
    return found


def _bgp(where: str, item: dict[str, Any]) -> Bgp:
    for place, why, remedy in faults(where, item):
        raise FabricError(place, why, remedy)
    return Bgp.of(item)


def _refuse_port_used_twice(switch: str, ports: list[Port], lags: list[Lag], mlag: Mlag | None) -> None:
    users: dict[str, str] = {}
    claims = [(p.name, f"ports.{p.name}") for p in ports] + [(m, f"lags.{g.name}") for g in lags for m in g.members]
    claims += [(name, "mlag.peer_link") for name in (mlag.peer_link if mlag else ())]
    for port, user in claims:
        if port in users:
            raise FabricError(f"{switch}.{user}", f"{port} is already used by {users[port]}", "name another port")
        users[port] = user
