# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the links of the kernel with the NetworkSpec, so that a link changed by hand is found."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..host.system import System
from .parts import Address, Bond, Link, NetworkSpec, Nic

#: attributes that the kernel fixes when a device is created: to change one, the device is created again
FIXED = ("kind", "id", "mode", "lacp rate", "hash policy", "mac address")
#: the master of a NIC that is in no bond
NO_MASTER = "none"


@dataclass(frozen=True)
class Difference:
    """The attribute ``what`` of ``link`` is ``have`` and has to be ``want``."""

    link: str
    what: str
    have: str
    want: str

    @property
    def needs_new_device(self) -> bool:
        """Whether the device has to be deleted and created again to correct this."""
        return self.what in FIXED


@dataclass(frozen=True)
class Live:
    """Output of ``ip -json -details address`` by link name, and routes as (link, destination, gateway).

    :ivar sizes: the MTU of routes that have one of their own.
    :ivar tables: the routes of further tables.
    :ivar rules: the rules for packets from an address, as (address, table).
    """

    links: dict[str, dict[str, Any]]
    routes: frozenset[tuple[str, str, str]]
    sizes: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    tables: Mapping[int, frozenset[tuple[str, str, str]]] = field(default_factory=dict)
    rules: frozenset[tuple[str, str]] = frozenset()

    def nic(self, mac: str) -> dict[str, Any] | None:
        """The physical link with this permanent MAC address."""
        for link in self.links.values():
            if (link.get("permaddr") or link.get("address")) == mac and "info_kind" not in link.get("linkinfo", {}):
                return link
        return None


def read(system: System, *, six: bool = False, tables: Iterable[tuple[int, int]] = ()) -> Live:
    """The kernel's links and main routes, those of IPv6 (``six``) too: two or three calls of ip.

    ``tables``: further route tables, as (IP version, number); each is a call more, and one for the rules of a version.
    """
    links = json.loads(system.run(["ip", "-json", "-details", "address", "show"]) or "[]")
    routes = json.loads(system.run(["ip", "-json", "route", "show", "table", "main"]) or "[]")
    if six:
        routes += json.loads(system.run(["ip", "-json", "-6", "route", "show", "table", "main"]) or "[]")
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for one in routes:  # of equal ones the first has the smallest metric, which is the one that the kernel takes
        found.setdefault((one.get("dev", ""), one["dst"], one.get("gateway", "")), one.get("metrics") or [{}])
    sizes = {route: metrics[0]["mtu"] for route, metrics in found.items() if "mtu" in metrics[0]}
    named = {link["ifname"]: link for link in links if "ifname" in link}
    further = {number: read_table(system, version, number) for version, number in tables}
    versions = sorted({version for version, _number in tables})
    return Live(named, frozenset(found), sizes, further, frozenset().union(*(read_rules(system, v) for v in versions)))


def read_table(system: System, version: int, number: int) -> frozenset[tuple[str, str, str]]:
    """The routes of a further table; one that the kernel does not have yet has none."""
    argv = ["ip", "-json", f"-{version}", "route", "show", "table", str(number)]
    answer = system.run(argv, check=False)
    # ip prints the beginning of a list where the kernel has no such table.
    routes = json.loads(answer) if answer.strip() not in ("", "[") else []
    return frozenset((one.get("dev", ""), one["dst"], one.get("gateway", "")) for one in routes)


def read_rules(system: System, version: int) -> frozenset[tuple[str, str]]:
    """The rules for packets from one address, of an IP version."""
    rules = json.loads(system.run(["ip", "-json", f"-{version}", "rule", "show"]) or "[]")
    return frozenset((one.get("src", ""), str(one.get("table", ""))) for one in rules)


def differences(spec: NetworkSpec, live: Live) -> list[Difference]:
    """All differences between the links of the spec and the kernel's. Other links, addresses and routes are ignored."""
    found = [item for link in spec.links for nic in link.nics for item in nic_of(link, nic, live)]
    found += strangers(spec, live)
    for link in spec.links:
        wants = {"mtu": str(link.mtu)} | (bond_wants(link.bond) if link.bond else {})
        name = name_of(link, live)
        found += device(live, name, wants) + addressing(spec, live, link.name, name, link.mtu)
    for vlan in spec.vlans:
        bridge = spec.bridge_of(vlan.name)
        wants = {"kind": "vlan", "id": str(vlan.number), "mtu": str(vlan.mtu)} | ({"master": bridge} if bridge else {})
        up = not spec.is_lent(vlan.name)  # else the program that has it sets it up
        found += device(live, vlan.name, wants, up=up) + addressing(spec, live, vlan.name, vlan.name)
    for bridge_spec in spec.bridges:
        found += device(live, bridge_spec.name, {"kind": "bridge", "mtu": str(bridge_spec.mtu)})
        if bridge_spec.address and bridge_spec.address not in addresses_of(live, bridge_spec.name):
            found.append(Difference(bridge_spec.name, "address", "absent", bridge_spec.address))
    return found


def name_of(link: Link, live: Live) -> str:
    """The kernel's name of a link: a single NIC keeps its old name until the next boot."""
    return link.name if link.bond else str((live.nic(link.nics[0].mac) or {}).get("ifname", link.name))


def nic_of(link: Link, nic: Nic, live: Live) -> list[Difference]:
    """Differences of one NIC: that it exists, and that it is in its bond and up, or in none."""
    have = live.nic(nic.mac)
    if have is None:
        return [Difference(nic.name, "NIC", "absent", nic.mac)]
    name, master = have["ifname"], str(have.get("master") or NO_MASTER)
    if link.bond and master != link.name:
        return [Difference(name, "master", master, link.name)]
    if not link.bond:
        bonded = have.get("linkinfo", {}).get("info_slave_kind") == "bond"
        return [Difference(name, "master", master, NO_MASTER)] if bonded else []
    return [] if "UP" in have["flags"] else [Difference(name, "state", "down", "up")]


def strangers(spec: NetworkSpec, live: Live) -> list[Difference]:
    """Members of the bonds that are NICs of no link."""
    known = {(live.nic(nic.mac) or {}).get("ifname") for nic in spec.nics}
    bonds = {bond.name for bond in spec.bonds}
    members = [(name, one["master"]) for name, one in live.links.items() if one.get("master") in bonds]
    return [Difference(name, "master", master, NO_MASTER) for name, master in members if name not in known]


def bond_wants(bond: Bond) -> dict[str, str]:
    """Wanted attributes of the bond device."""
    wants = {"kind": "bond", "mode": bond.mode, "mac address": bond.mac}
    if bond.mode == "802.3ad":
        wants["lacp rate"] = bond.lacp_rate
    return wants | ({"hash policy": bond.hash_policy} if bond.hash_policy else {})


def attributes(link: dict[str, Any]) -> dict[str, str]:
    """The compared attributes of one link."""
    info = link.get("linkinfo", {})
    data = info.get("info_data", {})
    return {
        "kind": str(info.get("info_kind", "")),
        "mtu": str(link["mtu"]),
        "mac address": str(link.get("address", "")),
        "master": str(link.get("master") or NO_MASTER),
        "id": str(data.get("id", "")),
        "mode": str(data.get("mode", "")),
        "lacp rate": str(data.get("ad_lacp_rate", "")),
        "hash policy": str(data.get("xmit_hash_policy", "")),
        "state": "up" if "UP" in link["flags"] else "down",
    }


def device(live: Live, name: str, wants: dict[str, str], *, up: bool = True) -> list[Difference]:
    """Differences of one link's attributes. ``up``: whether it has to be up."""
    link = live.links.get(name)
    if link is None:
        return [Difference(name, "device", "absent", wants.get("kind", "a NIC"))]
    have, wanted = attributes(link), wants | ({"state": "up"} if up else {})
    return [Difference(name, key, have[key], want) for key, want in wanted.items() if have[key] != want]


def addresses_of(live: Live, name: str) -> set[str]:
    """Addresses of a link as address/prefix."""
    infos = live.links.get(name, {}).get("addr_info", [])
    return {f"{info['local']}/{info['prefixlen']}" for info in infos if "local" in info}


def addressing(spec: NetworkSpec, live: Live, wanted_on: str, name: str, mtu: int = 0) -> list[Difference]:
    """Missing addresses and routes of one device, whose name in the kernel is ``name``. Further addresses, such as
    keepalived's, are ignored. ``mtu``: that of a link, below which networks have theirs on their routes."""
    found = []
    for item in spec.on(wanted_on):
        if item.address not in addresses_of(live, name):
            found.append(Difference(name, "address", "absent", item.address))
        found += table_of(item, live, name)
        wanted = ([("default", item.router)] if item.router else []) + list(item.routes)
        small = item.mtu < mtu
        for to, via in [*([(item.address, "")] if small else []), *wanted]:
            route = (name, to if to == "default" else route_name(to), via)
            if route not in live.routes:
                found.append(Difference(name, "route", "absent", f"{to} via {via}" if via else route[1]))
            elif small and live.sizes.get(route) != item.mtu:
                have = str(live.sizes.get(route, "that of the link"))
                found.append(Difference(name, "route MTU", have, f"{item.mtu} for {route[1]}"))
    return found


def table_of(item: Address, live: Live, name: str) -> list[Difference]:
    """What the own table of a network lacks, and its rule."""
    if item.table is None:
        return []
    have = live.tables.get(item.table, frozenset())
    wanted = [(name, to if to == "default" else route_name(to), via) for to, via in item.own_routes]
    found = [
        Difference(name, f"route of table {item.table}", "absent", f"{to} via {via}" if via else to)
        for _dev, to, via in (route for route in wanted if route not in have)
    ]
    own = str(ipaddress.ip_interface(item.address).ip)
    if (own, str(item.table)) not in live.rules:
        found.append(Difference(name, "rule", "absent", f"from {own} table {item.table}"))
    return found


def route_name(to: str) -> str:
    """A destination as ip prints it: a host route without its prefix length, and 0.0.0.0/0 as "default"."""
    net = ipaddress.ip_network(to, strict=False)
    if not net.prefixlen:
        return "default"
    return str(net.network_address) if net.prefixlen == net.max_prefixlen else str(net)
