# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses settings that are right one by one and contradict each other. Pure."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable

from ..host.state import HostError
from .parts import NetworkSpec, Nic
from .values import LAYER, LINK, matching

#: modes that change MAC addresses, and why nothing behind a bridge works then (Linux,
#: Documentation/networking/bonding.rst on ``balance-alb``, drivers/net/bonding/bond_alb.c on both)
REWRITING = {
    "balance-tlb": "sends what others behind the bridge send from the MAC address of a member",
    "balance-alb": "rewrites source addresses and answers ARP for each client with another MAC address",
}


def refuse_clashes(spec: NetworkSpec, nics: Iterable[Nic]) -> None:
    """Raise a HostError for the first contradiction. ``nics``: the host's NICs, also those in no link."""
    refuse_nics(spec, nics)
    refuse_names(spec)
    refuse_bridges(spec)
    refuse_lent(spec)
    refuse_vlans(spec)
    refuse_routers(spec)
    refuse_tables(spec)
    refuse_resolvers(spec)


def refuse_names(spec: NetworkSpec) -> None:
    """Names of devices that are too long for the kernel or used twice."""
    names = [nic.name for nic in spec.nics]
    names += [*(bond.name for bond in spec.bonds), *(vlan.name for vlan in spec.vlans)]
    for name, times in Counter([*names, *(bridge.name for bridge in spec.bridges)]).items():
        matching(f"{LAYER}: link {name!r}", name, LINK, "a link's name of at most 15 characters")
        if times > 1:
            raise HostError(f"{LAYER}: the link {name} is described twice; give one of them another name")


def refuse_nics(spec: NetworkSpec, nics: Iterable[Nic]) -> None:
    """A NIC in two links, and one that has another MAC address in ``nics`` than in its link."""
    for mac, times in Counter(nic.mac for nic in spec.nics).items():
        if times > 1:
            found = [(nic.name, link.name) for link in spec.links for nic in link.nics if nic.mac == mac]
            where = " and ".join(f"{nic} of {link}" for nic, link in found)
            raise HostError(f"{LAYER}: {where} have the same MAC address {mac}; a NIC is in one link, once")
    own = {nic.name: nic.mac for nic in nics}
    for nic in spec.nics:
        if own.get(nic.name, nic.mac) != nic.mac:
            raise HostError(
                f"{LAYER}: NIC {nic.name} has the MAC address {own[nic.name]} in nics and {nic.mac} in its link; "
                "correct the wrong one"
            )


def refuse_bridges(spec: NetworkSpec) -> None:
    """A port of two bridges, an address on a port of a bridge, and a bridge on a bond that changes MAC addresses."""
    modes = {bond.name: bond.mode for bond in spec.bonds}
    for bridge in spec.bridges:
        if [other.port for other in spec.bridges].count(bridge.port) > 1:
            raise HostError(f"{LAYER}.bridges: VLAN {bridge.vlan} is a port of two bridges; take one of them out")
        if spec.on(bridge.port):
            own = spec.on(bridge.port)[0].address
            raise HostError(
                f"{LAYER}: VLAN {bridge.vlan} is a port of {bridge.name} and can't have the address {own}; "
                f"give it to the bridge ({LAYER}.bridges.address)"
            )
        mode = modes.get(bridge.link, "")
        if mode in REWRITING:
            raise HostError(
                f"{LAYER}.bridges: {bridge.name} is on {bridge.link}, whose mode {mode} {REWRITING[mode]}, so that "
                "these are not reached; choose 802.3ad, balance-xor or active-backup, or another link for the bridge"
            )


def refuse_lent(spec: NetworkSpec) -> None:
    """A VLAN of another program that the host uses itself, is on a bond that changes MAC addresses, or would be taken
    back by what configures links."""
    modes = {bond.name: bond.mode for bond in spec.bonds}
    for vlan in spec.lent:
        if spec.backend != "networkd":
            raise HostError(
                f"{LAYER}.vlans: VLAN {vlan.vlan} is for another program, and {spec.backend} takes it back whenever "
                "its profile is activated; write backend: networkd on a host that systemd-networkd manages"
            )
        used = [f"has the address {one.address}" for one in spec.on(vlan.name)]
        used += [f"is a port of {bridge.name}" for bridge in spec.bridges if bridge.port == vlan.name]
        used += ["is listed twice"] if [one.name for one in spec.lent].count(vlan.name) > 1 else []
        if used:
            raise HostError(
                f"{LAYER}.vlans: VLAN {vlan.vlan} is for another program and {used[0]}; take one of them out"
            )
        if (mode := modes.get(vlan.link, "")) in REWRITING:
            raise HostError(
                f"{LAYER}.vlans: VLAN {vlan.vlan} is on {vlan.link}, whose mode {mode} {REWRITING[mode]}, so that "
                "these are not reached; choose 802.3ad, balance-xor or active-backup, or another link for the VLAN"
            )


def refuse_vlans(spec: NetworkSpec) -> None:
    """A VLAN on two links, and two networks of one IP version in one VLAN or untagged on one link."""
    first: dict[int, str] = {}
    for vlan in spec.vlans:
        if first.setdefault(vlan.number, vlan.link) != vlan.link:
            raise HostError(
                f"{LAYER}: VLAN {vlan.number} is on {first[vlan.number]} and on {vlan.link}, and the kernel would "
                "answer ARP for it on both; keep it on one of them"
            )
    networks: dict[tuple[str, int], str] = {}
    for item in spec.addresses:
        before = networks.setdefault((item.device, item.version), item.network)
        if before != item.network:
            place = "is untagged" if item.vlan is None else f"has VLAN {item.vlan}"
            raise HostError(
                f"{LAYER}.addresses: {item.network} {place} on {item.link}, as {before} (IPv{item.version}) is; "
                "give one of them another VLAN or another link"
            )


def refuse_routers(spec: NetworkSpec) -> None:
    """Two default routes of one IP version, of which the kernel would take either."""
    chosen: dict[int, str] = {}
    for item in spec.addresses:
        own = f"{item.gateway} ({item.device})"
        if item.router and (before := chosen.setdefault(item.version, own)) != own:
            raise HostError(
                f"{LAYER}.addresses: {before} and {own} are both default gateways of IPv{item.version}; keep one, and "
                "write routes for what is behind the other"
            )


def refuse_tables(spec: NetworkSpec) -> None:
    """A route table of two networks: its default route would be that of either."""
    owners: dict[tuple[int, int], str] = {}
    for item in spec.addresses:
        if item.table and (before := owners.setdefault((item.version, item.table), item.network)) != item.network:
            raise HostError(
                f"{LAYER}.addresses: {before} and {item.network} both have the route table {item.table}; give one of "
                "them another number"
            )


def refuse_resolvers(spec: NetworkSpec) -> None:
    """A name server of an IP version of which the host has no address: NetworkManager takes it with an address only."""
    versions = {item.version for item in spec.addresses}
    for server in spec.dns if spec.backend == "networkmanager" else ():
        version = ipaddress.ip_address(server).version
        if version not in versions:
            raise HostError(
                f"{LAYER}.dns.servers: {server} is IPv{version}, of which no network here has an address; take it out"
            )
