# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd files of a host (.link, .netdev, .network), from its NetworkSpec. Pure; see systemd.network(5)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from .spec import Address, Bond, NetworkSpec, Nic

DIRECTORY = "/etc/systemd/network"
PREFIX = "10-groundup-"
Section = tuple[str, list[tuple[str, object]]]


def networkd_files(spec: NetworkSpec) -> dict[str, str]:
    """{absolute path: text}; all names start with ``10-groundup-``."""
    return {f"{DIRECTORY}/{PREFIX}{name}": ini(sections) for name, sections in all_files(spec)}


def ini(sections: list[Section]) -> str:
    """Sections as text; a value of None leaves its line out."""
    blocks = []
    for name, entries in sections:
        lines = "".join(f"{key}={value}\n" for key, value in entries if value is not None)
        blocks.append(f"[{name}]\n{lines}")
    return "# Written by groundup.cloud.host_network; changes made here are undone by the next run.\n" + "\n".join(
        blocks
    )


def all_files(spec: NetworkSpec) -> Iterator[tuple[str, list[Section]]]:
    """(name without prefix, sections) of every file."""
    for nic in spec.nics:
        yield f"{nic.name}.link", link_file(nic)
    if spec.bond:
        yield f"{spec.bond.name}.netdev", bond_netdev(spec.bond, spec.mtu)
        for nic in spec.nics:
            yield f"{nic.name}.network", member_network(spec.bond, nic)
        yield f"{spec.bond.name}.network", base_network(spec, [("Name", spec.bond.name)])
    else:
        yield f"{spec.base}.network", base_network(spec, [("PermanentMACAddress", spec.nics[0].mac), ("Kind", "!*")])
    for vlan, mtu in spec.vlans.items():
        name = spec.link(vlan)
        netdev: list[tuple[str, object]] = [("Name", name), ("Kind", "vlan"), ("MTUBytes", mtu)]
        yield f"{name}.netdev", [("NetDev", netdev), ("VLAN", [("Id", vlan)])]
        yield f"{name}.network", vlan_network(spec, vlan, mtu)
    for bridge in spec.bridges:
        kind: list[tuple[str, object]] = [("Name", bridge.name), ("Kind", "bridge"), ("MTUBytes", bridge.mtu)]
        yield f"{bridge.name}.netdev", [("NetDev", kind), ("Bridge", [("STP", "no")])]
        yield (
            f"{bridge.name}.network",
            [
                ("Match", [("Name", bridge.name)]),
                ("Link", [("MTUBytes", bridge.mtu), ("RequiredForOnline", "no")]),
                ("Network", [*quiet([bridge.address] if bridge.address else []), ("Address", bridge.address)]),
            ],
        )


def link_file(nic: Nic) -> list[Section]:
    """A stable name by permanent MAC; never ethN, which the kernel hands out itself."""
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
                ("TransmitHashPolicy", None if bond.mode == "active-backup" else "layer3+4"),
                ("AdSelect", "bandwidth" if lacp else None),
                ("MinLinks", 1 if lacp else None),
            ],
        ),
    ]


def member_network(bond: Bond, nic: Nic) -> list[Section]:
    """A member joins by its permanent MAC: inside a bond all members show the bond's one. LLDP goes per member."""
    primary = "yes" if bond.mode == "active-backup" and bond.primary == nic.name else None
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


def base_network(spec: NetworkSpec, match: list[tuple[str, object]]) -> list[Section]:
    """The link that carries everything: untagged addresses and the list of VLANs above it."""
    own = spec.on(None)
    above: list[tuple[str, object]] = [("VLAN", spec.link(vlan)) for vlan in spec.vlans]
    narrow = {a.address: a.mtu for a in own if a.mtu < spec.mtu}
    return [
        ("Match", match),
        ("Link", [("MTUBytes", spec.mtu), ("RequiredForOnline", None if any(a.gateway for a in own) else "no")]),
        ("Network", [*quiet([a.address for a in own]), *above]),
        *address_sections(own, narrow),
        *route_sections(own),
    ]


def vlan_network(spec: NetworkSpec, vlan: int, mtu: int) -> list[Section]:
    """One VLAN: its addresses, or the bridge it is a port of."""
    own = spec.on(vlan)
    bridge = next((bridge.name for bridge in spec.bridges if bridge.vlan == vlan), None)
    return [
        ("Match", [("Name", spec.link(vlan))]),
        ("Link", [("MTUBytes", mtu), ("RequiredForOnline", None if any(a.gateway for a in own) else "no")]),
        ("Network", [*quiet([a.address for a in own]), ("Bridge", bridge)]),
        *address_sections(own, {}),
        *route_sections(own),
    ]


def quiet(addresses: list[str]) -> list[tuple[str, object]]:
    """Static and nothing else: no router advertisements, addresses survive a lost carrier and a restart of networkd."""
    six = any(":" in address for address in addresses)
    return [
        ("LinkLocalAddressing", "ipv6" if six else "no"),
        ("IPv6AcceptRA", "no"),
        ("ConfigureWithoutCarrier", "yes"),
        ("KeepConfiguration", "static"),
    ]


def address_sections(own: list[Address], narrow: dict[str, int]) -> list[Section]:
    """Addresses; a network whose MTU is below its link's gets it by its route (``narrow``: {address: MTU})."""
    sections: list[Section] = []
    for item in own:
        tight = item.address in narrow
        sections.append(("Address", [("Address", item.address), ("AddPrefixRoute", "no" if tight else None)]))
        if tight:
            net = ipaddress.ip_interface(item.address)
            route: list[tuple[str, object]] = [("Destination", net.network), ("PreferredSource", net.ip)]
            sections.append(("Route", [*route, ("Scope", "link"), ("MTUBytes", item.mtu)]))
    return sections


def route_sections(own: list[Address]) -> list[Section]:
    """The default route and the others."""
    sections: list[Section] = [("Route", [("Gateway", item.gateway)]) for item in own if item.gateway]
    sections += [("Route", [("Destination", to), ("Gateway", via)]) for item in own for to, via in item.routes]
    return sections
