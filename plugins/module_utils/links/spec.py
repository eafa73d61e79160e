# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role input ``host_network`` as values: links, addresses, and what hangs on what. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..host.settings import require, settings
from ..host.state import HostError

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
#: modes that are safe below VLANs and bridges; the others rewrite MACs or multiply broadcasts
MODES = ("802.3ad", "active-backup", "balance-xor")


@dataclass(frozen=True)
class Nic:
    """A physical port: ``mac`` is its permanent address; ``port`` ("leaf1/Ethernet1") where its cable should lead."""

    name: str
    mac: str
    port: str | None = None


@dataclass(frozen=True)
class Bond:
    """An aggregation of ``members``; ``mac`` is that of the NIC which boots, so that DHCP and switch know it."""

    name: str
    mode: str
    members: tuple[Nic, ...]
    mac: str
    lacp_rate: str
    primary: str | None


@dataclass(frozen=True)
class Address:
    """One network of the host: its interface address, and what is reached through it."""

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
    """The role's input, checked. HostError names the setting, its value and the remedy."""
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
    return NetworkSpec(
        bond,
        bond.members if bond else nics[:1],
        addresses,
        bridges,
        max([int(own), *carried]),
        tuple(dns["servers"]),
        tuple(dns["search"]),
        given["hostname"],
        given["fqdn"],
        {network: tuple(found) for network, found in given["peers"].items()},
        int(given["confirm_timeout"]),
    )


def parse_nic(where: str, item: dict[str, Any]) -> Nic:
    """One NIC."""
    nic = settings(where, item, {"name": None, "mac": None, "port": None})
    require(where, nic, "name", "mac")
    return Nic(nic["name"], str(nic["mac"]).lower(), nic["port"])


def parse_bond(item: dict[str, Any]) -> Bond:
    """The bond."""
    where = f"{LAYER}.bond"
    bond = settings(where, item, BOND)
    require(where, bond, "members")
    if bond["mode"] not in MODES:
        raise HostError(f"{where}.mode: {bond['mode']} is not one of {', '.join(MODES)}")
    members = tuple(parse_nic(f"{where}.members[{i}]", nic) for i, nic in enumerate(bond["members"]))
    mac = str(bond["mac"] or members[0].mac).lower()
    return Bond(bond["name"], bond["mode"], members, mac, bond["lacp_rate"], bond["primary"])


def parse_address(where: str, item: dict[str, Any]) -> Address:
    """One network."""
    given = settings(where, item, ADDRESS)
    require(where, given, "address")
    try:
        interface = ipaddress.ip_interface(given["address"])
    except ValueError as error:
        raise HostError(f"{where}.address: {error}; write address/prefix") from error
    if given["gateway"] and ipaddress.ip_address(given["gateway"]) not in interface.network:
        raise HostError(f"{where}.gateway: {given['gateway']} is outside of {interface.network}")
    routes = tuple((str(route["to"]), str(route["via"])) for route in given["routes"])
    vlan = None if given["vlan"] is None else int(given["vlan"])
    return Address(str(given["network"]), vlan, str(interface), int(given["mtu"]), given["gateway"], routes)


def parse_bridge(where: str, item: dict[str, Any]) -> Bridge:
    """One bridge."""
    given = settings(where, item, BRIDGE)
    require(where, given, "name", "vlan")
    return Bridge(given["name"], int(given["vlan"]), int(given["mtu"]), given["address"])
