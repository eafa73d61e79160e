# SPDX-License-Identifier: GPL-3.0-or-later
"""Routed ports of Junos: their reading, their statements, and what is refused. Pure.

Such a port has ``family inet`` or ``inet6`` in unit 0 instead of ``ethernet-switching`` (Juniper, "Interfaces
Fundamentals", protocol families). The MTU of a family follows from the port's. Junos routes always.
"""

from __future__ import annotations

from ipaddress import ip_interface
from xml.etree import ElementTree as ET

from ..config import FabricError, Port, SwitchConfig
from ..routed import address, taken
from .names import interface, port_name
from .parse import FAMILIES, SWITCHING, family, raw_addresses
from .tree import Edit, entries, find, text

#: The section of the configuration that is read besides those of ports.
SECTIONS = ("routing-instances",)


def write(edit: Edit, name: str, port: Port) -> None:
    """The families of a port, whose description and MTU are written already. Addresses that stay are not sent."""
    path = interface(name)
    edit.delete((*path, "native-vlan-id"))
    edit.delete((*path, *SWITCHING))
    for version in FAMILIES:
        wanted = [one for one in port.addresses if ip_interface(one).version == version]
        present = raw_addresses(find(edit.have, path), version)
        kept = [raw for raw in present if address(raw) in wanted]
        if present and not wanted:
            edit.delete((*path, *family(version)))
            continue
        for raw in present:
            if raw not in kept:
                edit.delete((*path, *family(version), ("address", raw)))
        for one in wanted:
            if one not in map(address, kept):
                edit.node((*path, *family(version), ("address", one)))


def require(where: str, have: ET.Element, desired: SwitchConfig) -> None:
    """Refuse ports of a routing instance, and addresses that another interface has."""
    routed = [port for port in desired.ports.values() if port.addresses]
    owners = _owners(have) if routed else {}
    instances = {
        text(node, "name"): text(instance, "name")
        for instance in entries(have, ("routing-instances", "instance"))
        for node in instance.findall("interface")
    }
    for port in routed:
        place, unit = f"{where}.ports.{port.name}", f"{port_name(port.name)}.0"
        if unit in instances:
            why = f"it is in the VRF {instances[unit]} and not in the default one"
            raise FabricError(place, why, f"take {unit} out of that routing instance")
        for fault in taken(place, port, unit, owners):
            raise FabricError(*fault)


def _owners(have: ET.Element) -> dict[str, str]:
    """The unit of each address."""
    return {
        address(text(item, "name")).partition("/")[0]: f"{text(node, 'name')}.{text(unit, 'name')}"
        for node in entries(have, ("interfaces", "interface"))
        for unit in node.findall("unit")
        for kind in FAMILIES.values()
        for item in entries(unit, ("family", kind, "address"))
    }
