# SPDX-License-Identifier: GPL-3.0-or-later
"""Junos' running configuration and tables as the classes that all platforms share. Pure.

Statements are those of the Enhanced Layer 2 Software (Juniper, "Ethernet Switching User Guide": ``interface-mode``,
``vlan members``, ``native-vlan-id`` of the interface). The fields of the MAC table are those of ELS
(``l2ng-l2ald-rtb-macdb``; jnpr.junos.op.ethernetswitchingtable of junos-eznc reads them too).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from ..config import NO_VLANS, UNKNOWN, Lacp, Lag, Membership, Port, PortMode, Sighting, SwitchConfig
from ..routed import address
from .names import OPTIONS, bundle, interface, members, port_name
from .tree import Path, entries, find, text

#: Bytes by which Junos' media MTU, which counts the Ethernet header but neither VLAN tag nor checksum, exceeds the
#: payload (Juniper, "Interfaces Fundamentals", media MTU: 1514 by default).
HEADER = 14
DEFAULT_MTU = 1514
SPANNING_TREES = ("rstp", "mstp", "vstp")
BLOCK: Path = ("protocols", "layer2-control", "bpdu-block")
UNIT: Path = (("unit", "0"),)
SWITCHING: Path = (*UNIT, "family", "ethernet-switching")
#: The families of unit 0 with addresses, that of IPv4 first.
FAMILIES = {4: "inet", 6: "inet6"}
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\Z")


def switch_config(config: ET.Element, desired: SwitchConfig, channels: Mapping[str, str]) -> SwitchConfig:
    """The objects that `desired` names and those that use the same ports.

    :param channels: the interfaces of the model's aggregations.
    """
    wanted = {port_name(name): name for name in desired.port_names}
    models = {ae: name for name, ae in channels.items()}
    vlans = vlan_ids(config)
    ports, lags = {}, {}
    for node in entries(config, ("interfaces", "interface")):
        name = wanted.get(text(node, "name"), "")
        if name and not bundle(node) and find(node, UNIT) is not None:
            ports[name] = _port(config, node, name, vlans)
    for ae, ends in members(config).items():
        if ends and (ae in models or set(ends) & set(wanted)):
            name = models.get(ae, ae)
            lags[name] = _lag(config, ae, name, {end: wanted.get(end, end) for end in ends}, vlans)
    names = {vid: name for name, vid in vlans.items() if vid in desired.vlans}
    return SwitchConfig(desired.name, ports, lags, names)


def vlan_ids(config: ET.Element) -> dict[str, int]:
    """The identifiers of the VLANs by their names; those with a list of identifiers or none are left out."""
    nodes = [(text(node, "name"), text(node, "vlan-id")) for node in entries(config, ("vlans", "vlan"))]
    return {name: int(vid) for name, vid in nodes if vid.isdigit()}


def spanning_tree(config: ET.Element) -> str:
    """The spanning tree protocol that the switch has configured, ``rstp`` if none."""
    return next((kind for kind in SPANNING_TREES if find(config, ("protocols", kind)) is not None), "rstp")


def is_edge(config: ET.Element, name: str) -> bool:
    """Whether an interface is an edge port that is shut if a BPDU arrives, by either statement for that."""
    protocol: Path = ("protocols", spanning_tree(config))
    edge = any(find(config, (*protocol, ("interface", unit), "edge")) is not None for unit in (name, f"{name}.0"))
    shut = find(config, (*protocol, "bpdu-block-on-edge")) is not None
    alone = any(find(config, (*BLOCK, ("interface", unit))) is not None for unit in (name, f"{name}.0"))
    return edge and (shut or alone)


def sightings(mac_table: ET.Element, lldp: ET.Element, places: Mapping[str, str]) -> list[Sighting]:
    """The addresses in the MAC table and those that LLDP neighbours give as port or chassis.

    :param places: the model's names of interfaces; others are given as the switch calls them.
    """
    found = []
    for entry in mac_table.iter("l2ng-mac-entry"):
        place = port_name(text(entry, "l2ng-l2-mac-logical-interface"))
        found.append((text(entry, "l2ng-l2-mac-address"), place, "mac_table"))
    for entry in lldp.iter("lldp-neighbor-information"):
        place = port_name(text(entry, "lldp-local-port-id") or text(entry, "lldp-local-interface"))
        found += [(text(entry, f"lldp-remote-{kind}-id"), place, "lldp") for kind in ("port", "chassis")]
    known = [(mac.lower(), places.get(place, place), source) for mac, place, source in found]
    return [Sighting(*item) for item in dict.fromkeys(known) if _MAC.match(item[0]) and item[1]]


def _port(config: ET.Element, node: ET.Element, name: str, vlans: Mapping[str, int]) -> Port:
    own = addresses(node)
    if own:
        return Port(name, NO_VLANS, _mtu(node), text(node, "description"), addresses=own)
    edge = is_edge(config, text(node, "name"))
    return Port(name, _membership(node, vlans), _mtu(node), text(node, "description"), edge)


def family(version: int) -> Path:
    """The path of a family with addresses below an interface."""
    return (*UNIT, "family", FAMILIES[version])


def addresses(node: ET.Element) -> tuple[str, ...]:
    """The addresses of an interface in unit 0; none where frames are switched."""
    if find(node, SWITCHING) is not None:
        return ()
    return tuple(address(raw) for version in FAMILIES for raw in raw_addresses(node, version))


def raw_addresses(node: ET.Element | None, version: int) -> list[str]:
    """The addresses of one family as the switch writes them."""
    return [text(item, "name") for item in entries(node, (*family(version), "address"))]


def _mtu(node: ET.Element | None) -> int:
    value = text(node, "mtu")
    return (int(value) if value.isdigit() else DEFAULT_MTU) - HEADER


def _lag(config: ET.Element, ae: str, name: str, ends: Mapping[str, str], vlans: Mapping[str, int]) -> Lag:
    node = find(config, interface(ae))
    if node is None:
        node = ET.Element("interface")
    lacp = find(node, ("aggregated-ether-options", "lacp"))
    fallback = next((ends[end] for end in sorted(ends) if forced_up(config, end)), None)
    negotiated = None
    if lacp is not None:
        # Junos' default is one LACPDU a second (Juniper CLI reference, "periodic").
        negotiated = Lacp(lacp.find("active") is not None, text(lacp, "periodic") != "slow", fallback)
    mlag = text(node, "aggregated-ether-options/mc-ae/mc-ae-id")
    described, shared = text(node, "description"), int(mlag) if mlag.isdigit() else None
    names = tuple(sorted(ends.values()))
    return Lag(name, names, _membership(node, vlans), _mtu(node), negotiated, described, shared, is_edge(config, ae))


def forced_up(config: ET.Element, port: str) -> bool:
    """Whether a member forwards while its partner is silent."""
    return any(
        find(config, (*interface(port), kind, "ieee-802.3ad", "lacp", "force-up")) is not None for kind in OPTIONS
    )


def _membership(node: ET.Element, vlans: Mapping[str, int]) -> Membership:
    """The VLANs of an interface. What this driver never writes is a trunk without VLANs, so that it is corrected."""
    switching = find(node, SWITCHING)
    families = find(node, (*UNIT, "family"))
    if switching is None or families is None or len(families) != 1:
        return UNKNOWN
    passing = {vid for item in entries(switching, ("vlan", "members")) for vid in _vids(text(item), vlans)}
    if text(switching, "interface-mode") == "trunk":
        native = text(node, "native-vlan-id")
        # A native VLAN that is no member does not pass, so it is not added to those that do.
        return Membership(PortMode.TRUNK, int(native) if native.isdigit() else None, tuple(sorted(passing)))
    return Membership.of(PortMode.ACCESS, passing.pop(), []) if len(passing) == 1 else UNKNOWN


def _vids(value: str, vlans: Mapping[str, int]) -> list[int]:
    """The identifiers that one member statement means: an identifier, a range, a name, or ``all``."""
    if value == "all":
        return list(range(1, 4095))
    low, __, high = value.partition("-")
    if low.isdigit() and (high or low).isdigit():
        return list(range(int(low), int(high or low) + 1))
    return [vlans[value]] if value in vlans else []
