# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Junos switch tells of itself by NETCONF. Pure.

Elements are those of the captured answers of napalm's tests (interfaces, optics, LLDP, MAC table of Enhanced Layer 2
Software), of Cisco's genie parsers (``lag-lacp-info``, ``lacp-interface-information``) and of Juniper's own clients
(``l2ng-l2ald-vlan-instance-group``, ``stp-interface-entry``). The MTU of a port includes the Ethernet header.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from xml.etree import ElementTree as ET

from ..config import mac_of
from ..facts import (
    Forwarding,
    LagFacts,
    Learnt,
    Member,
    Neighbour,
    Optics,
    PortFacts,
    SwitchFacts,
    Vlan,
    asked,
    identifier,
    integer,
    kind_of,
    needed,
    partner,
    powers,
)
from .names import port_name
from .tree import text

INTERFACES, OPTICS = "get-interface-information", "get-interface-optics-diagnostics-information"
LACP, VLANS = "get-lacp-interface-information", "get-vlan-information"
LLDP, MACS = "get-lldp-neighbors-information", "get-ethernet-switching-table-information"
STP = "get-stp-interface-information"
_RPCS = {
    "ports": (INTERFACES, OPTICS),
    "lags": (INTERFACES, LACP),
    "vlans": (VLANS,),
    "lldp": (LLDP,),
    "macs": (MACS, VLANS),
    "stp": (STP,),
}
#: The procedure without which a section is not told; without its others less is told.
_NEEDED = {section: names[0] for section, names in _RPCS.items()}
_PORT = re.compile(r"(?:ge|xe|et|mge|fe)-\d+/\d+/\d+(?::\d+)?\Z")
_AE = re.compile(r"ae\d+\Z")
_SPEED = re.compile(r"(\d+)(m|g)bps\Z", re.IGNORECASE)
_STATES = {"FWD": "forwarding", "BLK": "blocking", "LRN": "learning", "LIS": "listening", "DIS": "disabled"}
_ROLES = {"DESG": "designated", "ROOT": "root", "ALT": "alternate", "BKUP": "backup", "DIS": "disabled"}


def procedures(sections: Collection[str]) -> list[str]:
    """The remote procedures of some sections, each once."""
    return needed(_RPCS, sections)


def switch_facts(
    name: str, sections: Collection[str], told: Mapping[str, ET.Element], refused: Mapping[str, str]
) -> SwitchFacts:
    """The facts, by the names of Junos.

    :param told: the answers of :func:`procedures` by name, without those that the switch refused.
    :param refused: why, by name.
    """
    untold = {section: refused[_NEEDED[section]] for section in sections if _NEEDED[section] in refused}
    nothing = ET.Element("nothing")
    read = {
        "ports": lambda: _ports(told[INTERFACES], told.get(OPTICS, nothing)),
        "lags": lambda: _lags(told[INTERFACES], told.get(LACP, nothing)),
        "vlans": lambda: _vlans(told[VLANS]),
        "lldp": lambda: _neighbours(told[LLDP]),
        "macs": lambda: _macs(told[MACS], told.get(VLANS, nothing)),
        "stp": lambda: _forwarding(told[STP]),
    }
    rows = {key: asked(key, sections, read[key]()) for key in read if key in sections and key not in untold}
    return SwitchFacts(name, **rows, untold=untold)


def _ports(interfaces: ET.Element, diagnostics: ET.Element) -> Iterator[PortFacts]:
    optics = {text(node, "name"): node.find("optics-diagnostics") for node in diagnostics.iter("physical-interface")}
    for node in interfaces.iter("physical-interface"):
        name = text(node, "name")
        if not _PORT.match(name):
            continue
        into, out = node.find("input-error-list"), node.find("output-error-list")
        yield PortFacts(
            name,
            _up(text(node, "admin-status")),
            _up(text(node, "oper-status")),
            _speed(text(node, "speed")),
            integer(text(node, "mtu")),
            text(node, "description"),
            integer(text(into, "input-errors")),
            integer(text(out, "output-errors")),
            # what is dropped for want of space; input-discards are frames that no protocol of the switch wanted
            integer(text(into, "input-drops")),
            integer(text(out, "output-drops")),
            _optics(optics.get(name)),
        )


def _up(status: str) -> bool | None:
    return status == "up" if status else None


def _speed(value: str) -> int | None:
    """Mbit/s of ``10Gbps`` or ``1000mbps``; None for ``Auto``."""
    found = _SPEED.match(value)
    return int(found[1]) * (1000 if found[2].lower() == "g" else 1) if found else None


def _optics(node: ET.Element | None) -> Optics | None:
    """Powers of the lanes, or of the whole transceiver. Its type is told by other commands only."""
    if node is None or node.find("optic-diagnostics-not-available") is not None:
        return None
    lanes = list(node.iter("optics-diagnostics-lane-values")) or [node]
    received = (text(n, "laser-rx-optical-power-dbm") or text(n, "rx-signal-avg-optical-power-dbm") for n in lanes)
    return Optics(None, powers(received), powers(text(lane, "laser-output-power-dbm") for lane in lanes))


def _lags(interfaces: ET.Element, lacp: ET.Element) -> Iterator[LagFacts]:
    nodes = {text(node, "name"): node for node in interfaces.iter("physical-interface")}
    members: dict[str, list[str]] = {}
    for name, node in nodes.items():
        for bundle in dict.fromkeys(text(item) for item in node.iter("ae-bundle-name")):
            members.setdefault(bundle.partition(".")[0], []).append(name)
    carrying = {
        text(item, "name"): "distributing" in text(item, "lacp-mux-state").lower()
        for item in lacp.iter("lag-lacp-protocol")
    }
    for name, node in nodes.items():
        if not _AE.match(name):
            continue
        partners = {
            port_name(text(item, "name")): partner(text(item, "lacp-system-id"))
            for item in node.iter("lag-lacp-info")
            if text(item, "lacp-role").lower() == "partner"
        }
        mine = tuple(Member(port, partners.get(port), carrying.get(port)) for port in members.get(name, []))
        yield LagFacts(name, name, _up(text(node, "oper-status")), mine)


def _vlans(answer: ET.Element) -> Iterator[Vlan]:
    for node in answer.iter("l2ng-l2ald-vlan-instance-group"):
        tag = integer(text(node, "l2ng-l2rtb-vlan-tag"))
        if tag is not None:
            yield Vlan(tag, text(node, "l2ng-l2rtb-vlan-name") or None)


def _neighbours(answer: ET.Element) -> Iterator[Neighbour]:
    """A neighbour's local port is an interface, its unit, or in some releases a number beside the interface."""
    for node in answer.iter("lldp-neighbor-information"):
        local = text(node, "lldp-local-interface") or text(node, "lldp-local-port-id")
        port_id = identifier(text(node, "lldp-remote-port-id"))
        yield Neighbour(
            port_name(local),
            text(node, "lldp-remote-system-name") or None,
            identifier(text(node, "lldp-remote-chassis-id")),
            port_id,
            kind_of(text(node, "lldp-remote-port-id-subtype"), port_id),
            text(node, "lldp-remote-port-description") or None,
        )


def _macs(answer: ET.Element, vlans: ET.Element) -> Iterator[Learnt]:
    """Entries of a VLAN, or in the extensive form the VLAN's element is the entry."""
    tags = {vlan.name: vlan.id for vlan in _vlans(vlans)}
    for group in answer.iter("l2ng-l2ald-mac-entry-vlan"):
        for entry in group.findall("l2ng-mac-entry") or [group]:
            mac, place = mac_of(text(entry, "l2ng-l2-mac-address")), text(entry, "l2ng-l2-mac-logical-interface")
            name = text(entry, "l2ng-l2-mac-vlan-name") or text(group, "l2ng-l2-mac-vlan-name")
            vlan = integer(text(group, "l2ng-l2-vlan-id"))
            if mac and place:
                yield Learnt(tags.get(name) if vlan is None else vlan, mac, port_name(place))


def _forwarding(answer: ET.Element) -> Iterator[Forwarding]:
    for tree in answer.iter("stp-instance"):
        instance = text(tree, "vlan-id") or text(tree, "stp-instance-id") or "0"
        for entry in tree.iter("stp-interface-entry"):
            state, role = text(entry, "port-state"), text(entry, "port-role")
            yield Forwarding(
                port_name(text(entry, "interface-name")),
                instance,
                _STATES.get(state, state.lower()) or None,
                _ROLES.get(role, role.lower()) or None,
            )
