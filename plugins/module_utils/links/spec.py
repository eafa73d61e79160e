# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role input ``host_network_config`` as checked values: NICs, bond, VLANs, bridges and addresses. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..host.settings import require, settings
from ..host.state import HostError
from ..network.mtu import IPV6_LEAST, IPV6_SOURCE, carrier

LAYER = "host_network"
DEFAULTS: dict[str, Any] = {
    "backend": "networkd",
    "hostname": None,
    "fqdn": None,
    "bond": None,
    "nics": [],
    "mtu": 1500,
    "addresses": [],
    "bridges": [],
    "dns": {},
    "peers": {},
    "confirm_timeout": 180,
}
BOND: dict[str, Any] = {
    "name": "bond0", "mode": "802.3ad", "members": [], "mac": None, "primary": None, "lacp_rate": "fast", "mtu": None,
}  # fmt: skip
ADDRESS: dict[str, Any] = {
    "network": None, "vlan": None, "interface": None, "address": None, "mtu": 1500, "gateway": None, "routes": [],
}  # fmt: skip
BRIDGE: dict[str, Any] = {"name": None, "vlan": None, "mtu": 1500, "address": None}
#: modes that are safe below VLANs and bridges; the others rewrite MAC addresses or duplicate broadcasts
MODES = ("802.3ad", "active-backup", "balance-xor")
#: names become part of file names, of lines in those files and of lists for a shell script; the kernel allows 15
#: characters
LINK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}\Z")
MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}\Z")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")
SHORTEST_TIMEOUT = 20  # seconds; in less no change can be made, reached over a new connection and confirmed


@dataclass(frozen=True)
class Nic:
    """A physical port: ``mac`` is its permanent address; ``port`` ("leaf1/Ethernet1") is the switch port of its
    cable in the model."""

    name: str
    mac: str
    port: str | None = None


@dataclass(frozen=True)
class Bond:
    """A link aggregation of ``members``; ``mac`` is that of the NIC which boots, for which DHCP has an address."""

    name: str
    mode: str
    members: tuple[Nic, ...]
    mac: str
    lacp_rate: str
    primary: str | None


@dataclass(frozen=True)
class Address:
    """One network of the host: its interface address, its gateway and its routes."""

    network: str
    vlan: int | None
    address: str
    mtu: int
    gateway: str | None
    routes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Bridge:
    """A bridge whose port is the VLAN ``vlan`` of the base link."""

    name: str
    vlan: int
    mtu: int
    address: str | None


@dataclass(frozen=True)
class NetworkSpec:
    """A host's network. ``base`` is the link that carries everything: the bond, or the only NIC."""

    bond: Bond | None
    nics: tuple[Nic, ...]
    addresses: tuple[Address, ...]
    bridges: tuple[Bridge, ...]
    mtu: int
    dns: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    hostname: str | None = None
    fqdn: str | None = None
    peers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    timeout: int = 180

    @property
    def base(self) -> str:
        """Name of the link that carries everything."""
        return self.bond.name if self.bond else self.nics[0].name

    @property
    def vlans(self) -> dict[int, int]:
        """VLANs above the base link: {id: MTU}."""
        tagged = [(a.vlan, a.mtu) for a in self.addresses if a.vlan is not None] + [
            (b.vlan, b.mtu) for b in self.bridges
        ]
        return {vlan: max(mtu for other, mtu in tagged if other == vlan) for vlan, _mtu in sorted(tagged)}

    @property
    def six(self) -> bool:
        """Whether any address is IPv6."""
        return any(":" in address.address for address in self.addresses)

    def link(self, vlan: int | None) -> str:
        """Name of the link of a VLAN (None: untagged)."""
        return self.base if vlan is None else f"{self.base}.{vlan}"

    def on(self, vlan: int | None) -> list[Address]:
        """Addresses in one VLAN."""
        return [address for address in self.addresses if address.vlan == vlan]


def parse(params: dict[str, Any]) -> NetworkSpec:
    """Check the role's input and return a NetworkSpec. A HostError names the setting, its value and the remedy."""
    given = settings(LAYER, params, DEFAULTS)
    if given["backend"] != "networkd":
        raise HostError(f"{LAYER}.backend: {given['backend']} is not supported; systemd-networkd is the only one")
    nics = tuple(parse_nic(f"{LAYER}.nics[{i}]", nic) for i, nic in enumerate(given["nics"]))
    bond = parse_bond(given["bond"]) if given["bond"] else None
    if not bond and not nics:
        raise HostError(f"{LAYER}: neither bond nor nics is given; name at least one NIC by its MAC address")
    addresses = tuple(parse_address(f"{LAYER}.addresses[{i}]", item) for i, item in enumerate(given["addresses"]))
    bridges = tuple(parse_bridge(f"{LAYER}.bridges[{i}]", item) for i, item in enumerate(given["bridges"]))
    carried = [address.mtu for address in addresses] + [bridge.mtu for bridge in bridges]
    own = (given["bond"] or {}).get("mtu") or given["mtu"]
    dns = settings(f"{LAYER}.dns", given["dns"], {"servers": [], "search": []})
    spec = NetworkSpec(
        bond,
        bond.members if bond else nics[:1],
        addresses,
        bridges,
        carrier(carried, number(f"{LAYER}.mtu", own, 68, 65535)),
        tuple(str(ip(f"{LAYER}.dns.servers", server)) for server in dns["servers"]),
        tuple(matching(f"{LAYER}.dns.search", name, HOST, "a domain") for name in dns["search"]),
        given["hostname"] and matching(f"{LAYER}.hostname", given["hostname"], HOST, "a host name"),
        given["fqdn"] and matching(f"{LAYER}.fqdn", given["fqdn"], HOST, "a host name"),
        {network: tuple(found or ()) for network, found in given["peers"].items()},
        number(f"{LAYER}.confirm_timeout", given["confirm_timeout"], SHORTEST_TIMEOUT, 86400),
    )
    refuse_clashes(spec)
    return spec


def refuse_clashes(spec: NetworkSpec) -> None:
    """Raise a HostError for a link name that is too long or used twice, and for an address on a port of a bridge."""
    links = [*(nic.name for nic in spec.nics), *([spec.bond.name] if spec.bond else [])]
    links += [*(spec.link(vlan) for vlan in spec.vlans), *(bridge.name for bridge in spec.bridges)]
    for name in links:
        matching(f"{LAYER}: link {name!r}", name, LINK, "a link's name of at most 15 characters")
        if links.count(name) > 1:
            raise HostError(f"{LAYER}: the link {name} is described twice; give one of them another name")
    for bridge in spec.bridges:
        if [other.vlan for other in spec.bridges].count(bridge.vlan) > 1:
            raise HostError(f"{LAYER}.bridges: VLAN {bridge.vlan} is a port of two bridges; take one of them out")
        if spec.on(bridge.vlan):
            own = spec.on(bridge.vlan)[0].address
            raise HostError(
                f"{LAYER}: VLAN {bridge.vlan} is a port of {bridge.name} and can't have the address {own}; "
                f"give it to the bridge ({LAYER}.bridges.address)"
            )


def number(where: str, value: Any, least: int, most: int) -> int:
    """The value as an integer within limits; else a HostError."""
    try:
        found = int(value)
    except (TypeError, ValueError):
        raise HostError(f"{where}: {value!r} is not a number; give one from {least} to {most}") from None
    if not least <= found <= most:
        raise HostError(f"{where}: {found} is not from {least} to {most}")
    return found


def matching(where: str, value: Any, pattern: re.Pattern[str], what: str) -> str:
    """The value as text if it matches the pattern; else a HostError."""
    if not pattern.match(str(value)):
        raise HostError(f"{where}: {value!r} is not {what}")
    return str(value)


def ip(where: str, value: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The value as an IP address; else a HostError."""
    try:
        return ipaddress.ip_address(value)
    except ValueError as error:
        raise HostError(f"{where}: {error}") from error


def parse_nic(where: str, item: dict[str, Any]) -> Nic:
    """Check one NIC."""
    nic = settings(where, item, {"name": None, "mac": None, "port": None})
    require(where, nic, "name", "mac")
    mac = matching(f"{where}.mac", str(nic["mac"]).lower(), MAC, "a MAC address like 52:54:00:00:01:01")
    return Nic(matching(f"{where}.name", nic["name"], LINK, "a link's name"), mac, nic["port"])


def parse_bond(item: dict[str, Any]) -> Bond:
    """Check the bond."""
    where = f"{LAYER}.bond"
    bond = settings(where, item, BOND)
    require(where, bond, "members")
    if bond["mode"] not in MODES:
        raise HostError(f"{where}.mode: {bond['mode']} is not one of {', '.join(MODES)}")
    members = tuple(parse_nic(f"{where}.members[{i}]", nic) for i, nic in enumerate(bond["members"]))
    mac = matching(f"{where}.mac", str(bond["mac"] or members[0].mac).lower(), MAC, "a MAC address")
    if bond["lacp_rate"] not in ("fast", "slow"):
        raise HostError(f"{where}.lacp_rate: {bond['lacp_rate']} is neither fast nor slow")
    return Bond(bond["name"], bond["mode"], members, mac, bond["lacp_rate"], bond["primary"])


def parse_address(where: str, item: dict[str, Any]) -> Address:
    """Check one network."""
    given = settings(where, item, ADDRESS)
    require(where, given, "address")
    try:
        interface = ipaddress.ip_interface(given["address"])
    except ValueError as error:
        raise HostError(f"{where}.address: {error}; write address/prefix") from error
    if given["gateway"] and ip(f"{where}.gateway", given["gateway"]) not in interface.network:
        raise HostError(f"{where}.gateway: {given['gateway']} is outside of {interface.network}")
    routes = tuple(parse_route(f"{where}.routes[{i}]", route) for i, route in enumerate(given["routes"]))
    vlan = None if given["vlan"] is None else number(f"{where}.vlan", given["vlan"], 1, 4094)
    mtu = size(where, given["mtu"], interface.version)
    return Address(str(given["network"]), vlan, str(interface), mtu, given["gateway"], routes)


def parse_route(where: str, item: dict[str, Any]) -> tuple[str, str]:
    """Check one route: (destination, gateway), with no gateway where the destination is on the link."""
    route = settings(where, item, {"to": None, "via": None})
    require(where, route, "to")
    try:
        to = str(ipaddress.ip_network(route["to"], strict=False))
    except ValueError as error:
        raise HostError(f"{where}.to: {error}") from error
    return to, str(ip(f"{where}.via", route["via"])) if route["via"] else ""


def parse_bridge(where: str, item: dict[str, Any]) -> Bridge:
    """Check one bridge."""
    given = settings(where, item, BRIDGE)
    require(where, given, "name", "vlan")
    vlan = number(f"{where}.vlan", given["vlan"], 1, 4094)
    try:
        address = ipaddress.ip_interface(given["address"]) if given["address"] else None
    except ValueError as error:
        raise HostError(f"{where}.address: {error}; write address/prefix") from error
    mtu = size(where, given["mtu"], address.version if address else 4)
    name = matching(f"{where}.name", given["name"], LINK, "a link's name")
    return Bridge(name, vlan, mtu, str(address) if address else None)


def size(where: str, value: Any, version: int) -> int:
    """An MTU with which a link can have an address of an IP version."""
    found = number(f"{where}.mtu", value, 68, 65535)
    if version == 6 and found < IPV6_LEAST:
        raise HostError(
            f"{where}.mtu: {found} is less than the {IPV6_LEAST} of IPv6 ({IPV6_SOURCE}); give at least that"
        )
    return found
