# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the links of the kernel with the NetworkSpec, so that a link changed by hand is found."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..host.system import System
from .spec import Bond, NetworkSpec

#: attributes that the kernel fixes when a device is created: to change one, the device is created again
FIXED = ("kind", "id", "mode", "lacp rate", "hash policy", "mac address")


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
    """

    links: dict[str, dict[str, Any]]
    routes: frozenset[tuple[str, str, str]]
    sizes: Mapping[tuple[str, str, str], int] = field(default_factory=dict)

    def nic(self, mac: str) -> dict[str, Any] | None:
        """The physical link with this permanent MAC address."""
        for link in self.links.values():
            if (link.get("permaddr") or link.get("address")) == mac and "info_kind" not in link.get("linkinfo", {}):
                return link
        return None


def read(system: System, *, six: bool = False) -> Live:
    """The kernel's links and main routes, those of IPv6 (``six``) too: two or three calls of ip."""
    links = json.loads(system.run(["ip", "-json", "-details", "address", "show"]) or "[]")
    routes = json.loads(system.run(["ip", "-json", "route", "show", "table", "main"]) or "[]")
    if six:
        routes += json.loads(system.run(["ip", "-json", "-6", "route", "show", "table", "main"]) or "[]")
    found = {(r.get("dev", ""), r["dst"], r.get("gateway", "")): r.get("metrics") or [{}] for r in routes}
    sizes = {route: metrics[0]["mtu"] for route, metrics in found.items() if "mtu" in metrics[0]}
    return Live({link["ifname"]: link for link in links if "ifname" in link}, frozenset(found), sizes)


def differences(spec: NetworkSpec, live: Live) -> list[Difference]:
    """All differences between the links of the spec and the kernel's. Other links, addresses and routes are ignored."""
    found = []
    for nic in spec.nics:
        link = live.nic(nic.mac)
        if link is None:
            found.append(Difference(nic.name, "NIC", "absent", nic.mac))
        elif spec.bond and link.get("master") != spec.bond.name:
            found.append(Difference(link["ifname"], "master", str(link.get("master", "none")), spec.bond.name))
        elif "UP" not in link["flags"]:
            found.append(Difference(link["ifname"], "state", "down", "up"))
    if spec.bond:
        found += device(live, spec.bond.name, bond_wants(spec.bond) | {"mtu": str(spec.mtu)})
        base = spec.base
    else:
        base = (live.nic(spec.nics[0].mac) or {}).get("ifname", spec.base)
        found += device(live, base, {"mtu": str(spec.mtu)})
    found += addressing(spec, live, None, base)
    for vlan, mtu in spec.vlans.items():
        name = spec.link(vlan)
        bridge = next((bridge.name for bridge in spec.bridges if bridge.vlan == vlan), None)
        wants = {"kind": "vlan", "id": str(vlan), "mtu": str(mtu)} | ({"master": bridge} if bridge else {})
        found += device(live, name, wants) + addressing(spec, live, vlan, name)
    for bridge_spec in spec.bridges:
        found += device(live, bridge_spec.name, {"kind": "bridge", "mtu": str(bridge_spec.mtu)})
        if bridge_spec.address and bridge_spec.address not in addresses_of(live, bridge_spec.name):
            found.append(Difference(bridge_spec.name, "address", "absent", bridge_spec.address))
    return found


def bond_wants(bond: Bond) -> dict[str, str]:
    """Wanted attributes of the bond device."""
    wants = {"kind": "bond", "mode": bond.mode, "mac address": bond.mac}
    if bond.mode == "802.3ad":
        wants |= {"lacp rate": bond.lacp_rate, "hash policy": "layer3+4"}
    return wants


def attributes(link: dict[str, Any]) -> dict[str, str]:
    """The compared attributes of one link."""
    info = link.get("linkinfo", {})
    data = info.get("info_data", {})
    return {
        "kind": str(info.get("info_kind", "")),
        "mtu": str(link["mtu"]),
        "mac address": str(link.get("address", "")),
        "master": str(link.get("master", "none")),
        "id": str(data.get("id", "")),
        "mode": str(data.get("mode", "")),
        "lacp rate": str(data.get("ad_lacp_rate", "")),
        "hash policy": str(data.get("xmit_hash_policy", "")),
        "state": "up" if "UP" in link["flags"] else "down",
    }


def device(live: Live, name: str, wants: dict[str, str]) -> list[Difference]:
    """Differences of one link's attributes."""
    link = live.links.get(name)
    if link is None:
        return [Difference(name, "device", "absent", wants.get("kind", "a NIC"))]
    have = attributes(link)
    return [
        Difference(name, key, have[key], want) for key, want in (wants | {"state": "up"}).items() if have[key] != want
    ]


def addresses_of(live: Live, name: str) -> set[str]:
    """Addresses of a link as address/prefix."""
    infos = live.links.get(name, {}).get("addr_info", [])
    return {f"{info['local']}/{info['prefixlen']}" for info in infos if "local" in info}


def addressing(spec: NetworkSpec, live: Live, vlan: int | None, name: str) -> list[Difference]:
    """Missing addresses and routes of one link. Further addresses, such as keepalived's, are ignored."""
    found = []
    for item in spec.on(vlan):
        if item.address not in addresses_of(live, name):
            found.append(Difference(name, "address", "absent", item.address))
        wanted = ([("default", item.gateway)] if item.gateway else []) + list(item.routes)
        small = vlan is None and item.mtu < spec.mtu
        for to, via in [*([(item.address, "")] if small else []), *wanted]:
            route = (name, to if to == "default" else route_name(to), via)
            if route not in live.routes:
                found.append(Difference(name, "route", "absent", f"{to} via {via}" if via else route[1]))
            elif small and live.sizes.get(route) != item.mtu:
                have = str(live.sizes.get(route, "that of the link"))
                found.append(Difference(name, "route MTU", have, f"{item.mtu} for {route[1]}"))
    return found


def route_name(to: str) -> str:
    """A destination as ip prints it: a host route without its prefix length, and 0.0.0.0/0 as "default"."""
    net = ipaddress.ip_network(to, strict=False)
    if not net.prefixlen:
        return "default"
    return str(net.network_address) if net.prefixlen == net.max_prefixlen else str(net)
