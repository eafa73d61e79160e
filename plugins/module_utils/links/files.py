# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd files of a host (.link, .netdev, .network), from its NetworkSpec. Pure; see systemd.network(5)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from .parts import PREFERRED, Address, Bond, Link, NetworkSpec, Nic, Vlan

DIRECTORY = "/etc/systemd/network"
PREFIX = "10-groundup-"
#: of rules by which packets from an address use a table; those of the kernel have 0, 32766 and 32767 (ip-rule(8))
RULE_PRIORITY = 1000
Section = tuple[str, list[tuple[str, object]]]


def networkd_files(spec: NetworkSpec) -> dict[str, str]:
    """{absolute path: text}; all names start with ``10-groundup-``."""
    return {f"{DIRECTORY}/{PREFIX}{name}": ini(sections) for name, sections in all_files(spec)}


def ini(sections: list[Section]) -> str:
    """Sections as text; entries with the value None are left out."""
    blocks = []
    for name, entries in sections:
        lines = "".join(f"{key}={value}\n" for key, value in entries if value is not None)
        blocks.append(f"[{name}]\n{lines}")
    return "# Written by groundup.cloud.host_network; changes made here are undone by the next run.\n" + "\n".join(
        blocks
    )


def all_files(spec: NetworkSpec) -> Iterator[tuple[str, list[Section]]]:
    """(name without prefix, sections) of every file."""
    for link in spec.links:
        yield from link_files(spec, link)
    for vlan in spec.vlans:
        netdev: list[tuple[str, object]] = [("Name", vlan.name), ("Kind", "vlan"), ("MTUBytes", vlan.mtu)]
        yield f"{vlan.name}.netdev", [("NetDev", netdev), ("VLAN", [("Id", vlan.number)])]
        yield f"{vlan.name}.network", vlan_network(spec, vlan)
    for bridge in spec.bridges:
        kind: list[tuple[str, object]] = [("Name", bridge.name), ("Kind", "bridge"), ("MTUBytes", bridge.mtu)]
        yield f"{bridge.name}.netdev", [("NetDev", kind), ("Bridge", [("STP", "no")])]
        yield (
            f"{bridge.name}.network",
            [
                ("Match", [("Name", bridge.name)]),
                ("Link", [("MTUBytes", bridge.mtu), ("RequiredForOnline", "no")]),
                ("Network", [*static_only([bridge.address] if bridge.address else []), ("Address", bridge.address)]),
            ],
        )


def link_files(spec: NetworkSpec, link: Link) -> Iterator[tuple[str, list[Section]]]:
    """Files of one link and its NICs. A NIC in no link has none, so that it stays as it is."""
    for nic in link.nics:
        yield f"{nic.name}.link", nic_link(nic)
    if link.bond:
        yield f"{link.name}.netdev", bond_netdev(link.bond, link.mtu)
        for nic in link.nics:
            yield f"{nic.name}.network", member_network(link.bond, nic)
        match: list[tuple[str, object]] = [("Name", link.name)]
    else:
        match = [("PermanentMACAddress", link.nics[0].mac), ("Kind", "!*")]
    yield f"{link.name}.network", base_network(spec, link, match)


def link_file_of(nic: Nic) -> tuple[str, str]:
    """(absolute path, text) of the file by which udev names a NIC; see systemd.link(5)."""
    return f"{DIRECTORY}/{PREFIX}{nic.name}.link", ini(nic_link(nic))


def nic_link(nic: Nic) -> list[Section]:
    """Give the NIC its name by its permanent MAC address. Names like eth0 are unsafe: the kernel assigns them."""
    return [("Match", [("PermanentMACAddress", nic.mac)]), ("Link", [("NamePolicy", ""), ("Name", nic.name)])]


def bond_netdev(bond: Bond, mtu: int) -> list[Section]:
    """The bond. Without MACAddress systemd generates an address that neither DHCP nor the switch knows."""
    lacp = bond.mode == "802.3ad"
    return [
        ("NetDev", [("Name", bond.name), ("Kind", "bond"), ("MTUBytes", mtu), ("MACAddress", bond.mac)]),
        (
            "Bond",
            [
                ("Mode", bond.mode),
                ("MIIMonitorSec", "100ms"),
                ("LACPTransmitRate", bond.lacp_rate if lacp else None),
                ("TransmitHashPolicy", bond.hash_policy),
                ("AdSelect", "bandwidth" if lacp else None),
                ("MinLinks", 1 if lacp else None),
            ],
        ),
    ]


def member_network(bond: Bond, nic: Nic) -> list[Section]:
    """A member port, matched by its permanent MAC address, since all members of a bond show the bond's. LLDP runs on
    each member."""
    primary = "yes" if bond.mode in PREFERRED and bond.primary == nic.name else None
    return [
        ("Match", [("PermanentMACAddress", nic.mac), ("Kind", "!*")]),
        ("Link", [("RequiredForOnline", "no")]),
        (
            "Network",
            [
                ("Bond", bond.name),
                ("PrimarySlave", primary),
                ("LinkLocalAddressing", "no"),
                ("LLDP", "yes"),
                ("EmitLLDP", "nearest-bridge"),
            ],
        ),
    ]


def base_network(spec: NetworkSpec, link: Link, match: list[tuple[str, object]]) -> list[Section]:
    """A link: untagged addresses and the list of VLANs above it."""
    own = spec.on(link.name)
    above: list[tuple[str, object]] = [("VLAN", vlan.name) for vlan in spec.above(link)]
    smaller = {a.address: a.mtu for a in own if a.mtu < link.mtu}
    return [
        ("Match", match),
        ("Link", [("MTUBytes", link.mtu), ("RequiredForOnline", None if any(a.router for a in own) else "no")]),
        ("Network", [*static_only([a.address for a in own]), *above]),
        *address_sections(own, smaller),
        *route_sections(own, smaller),
    ]


def vlan_network(spec: NetworkSpec, vlan: Vlan) -> list[Section]:
    """One VLAN: its addresses, or the bridge of which it is a port.

    One that is another program's is left to it: networkd would take it out of a switch that it does not know.
    """
    if spec.is_lent(vlan.name):
        return [("Match", [("Name", vlan.name)]), ("Link", [("Unmanaged", "yes"), ("RequiredForOnline", "no")])]
    own = spec.on(vlan.name)
    return [
        ("Match", [("Name", vlan.name)]),
        ("Link", [("MTUBytes", vlan.mtu), ("RequiredForOnline", None if any(a.router for a in own) else "no")]),
        ("Network", [*static_only([a.address for a in own]), ("Bridge", spec.bridge_of(vlan.name))]),
        *address_sections(own, {}),
        *route_sections(own, {}),
    ]


def static_only(addresses: list[str]) -> list[tuple[str, object]]:
    """Static addressing only: no router advertisements; addresses survive lost carrier and a restart of networkd."""
    six = any(":" in address for address in addresses)
    return [
        ("LinkLocalAddressing", "ipv6" if six else "no"),
        ("IPv6AcceptRA", "no"),
        ("ConfigureWithoutCarrier", "yes"),
        ("KeepConfiguration", "static"),
    ]


def address_sections(own: list[Address], smaller: dict[str, int]) -> list[Section]:
    """Addresses. A network with a smaller MTU than its link has it set on its route (``smaller``: {address: MTU})."""
    sections: list[Section] = []
    for item in own:
        own_route = item.address in smaller
        sections.append(("Address", [("Address", item.address), ("AddPrefixRoute", "no" if own_route else None)]))
        if own_route:
            net = ipaddress.ip_interface(item.address)
            route: list[tuple[str, object]] = [("Destination", net.network), ("PreferredSource", net.ip)]
            sections.append(("Route", [*route, ("Scope", "link"), ("MTUBytes", item.mtu)]))
    return sections


def route_sections(own: list[Address], smaller: dict[str, int]) -> list[Section]:
    """The default route and the others. They have the MTU of the network in which their router is: a packet of the
    link's size would be lost on the way to it."""
    sections: list[Section] = []
    for item in own:
        size = smaller.get(item.address)
        routes: list[tuple[str | None, str]] = [(None, item.router)] if item.router else []
        for to, via in [*routes, *item.routes]:
            router = ("Gateway", via) if via else ("Scope", "link")
            sections.append(("Route", [("Destination", to), router, ("MTUBytes", size)]))
        sections += table_sections(item, size)
    return sections


def table_sections(item: Address, size: int | None) -> list[Section]:
    """The routes of a network's own table, and the rule by which packets from its address use it."""
    sections: list[Section] = []
    for to, via in item.own_routes:
        destination = None if to == "default" else to
        router = ("Gateway", via) if via else ("Scope", "link")
        sections.append(("Route", [("Destination", destination), router, ("MTUBytes", size), ("Table", item.table)]))
    if item.table:
        own = ipaddress.ip_interface(item.address).ip
        rule: list[tuple[str, object]] = [("From", own), ("Table", item.table), ("Priority", RULE_PRIORITY)]
        sections.append(("RoutingPolicyRule", rule))
    return sections
