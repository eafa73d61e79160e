# SPDX-License-Identifier: GPL-3.0-or-later
"""Names on Junos: ports, aggregated Ethernet interfaces (``ae3``), and values that a person wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from ..config import FabricError, Lag, SwitchConfig
from .tree import Path, entries, text

_AE = re.compile(r"ae(\d+)\Z")
_VLAN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")


def port_name(name: str) -> str:
    """The physical interface that a person means: ``xe-0/0/1`` also for its unit ``xe-0/0/1.0``."""
    return name.removesuffix(".0")


def interface(name: str) -> Path:
    """The path of an interface."""
    return ("interfaces", ("interface", name))


def bundle(node: ET.Element) -> str:
    """The aggregation that an interface is a member of, or nothing.

    EX and QFX have ``ether-options``, other platforms ``gigether-options`` (Juniper CLI reference, "802.3ad").
    """
    return next((found for kind in OPTIONS if (found := text(node, f"{kind}/ieee-802.3ad/bundle"))), "")


OPTIONS = ("ether-options", "gigether-options")


def members(config: ET.Element) -> dict[str, tuple[str, ...]]:
    """The member interfaces of each aggregation that is configured or that an interface names."""
    found: dict[str, list[str]] = {}
    for node in entries(config, ("interfaces", "interface")):
        name, above = text(node, "name"), bundle(node)
        if above:
            found.setdefault(above, []).append(name)
        elif _AE.match(name):
            found.setdefault(name, [])
    return {name: tuple(sorted(ports)) for name, ports in found.items()}


def channels(config: ET.Element, desired: SwitchConfig) -> dict[str, str]:
    """The configured aggregations of the model's: ``{"node1": "ae3"}``.

    An interface is that of an aggregation if it has its name, else if its description is or begins with the name
    (``node1``, ``node1.bond0``), else if it has one of its members and belongs to no other.
    """
    ports = members(config)
    described = {text(node, "name"): text(node, "description") for node in entries(config, ("interfaces", "interface"))}
    numbered = sorted(ports, key=_number)
    found: dict[str, str] = {name: name for name in desired.lags if name in ports}
    for name in sorted(desired.lags):
        for ae in numbered:
            if name not in found and ae not in found.values() and re.split(r"[.\s]", described.get(ae, ""))[0] == name:
                found[name] = ae
    for name, lag in sorted(desired.lags.items()):
        wanted = {port_name(member) for member in lag.members}
        for ae in numbered:
            if name not in found and ae not in found.values() and wanted & set(ports[ae]):
                found[name] = ae
    return found


def allocate(config: ET.Element, known: Mapping[str, str], lags: list[Lag]) -> dict[str, str]:
    """`known` and an interface for each of `lags` that has none: its MLAG identifier if free, else the lowest."""
    used = {*members(config), *known.values()}
    found = dict(known)
    for lag in sorted(lags, key=lambda item: (item.mlag is None, item.name)):
        if lag.name in found:
            continue
        free = (f"ae{number}" for number in range(4096) if f"ae{number}" not in used)
        own = f"ae{lag.mlag}"
        found[lag.name] = own if lag.mlag is not None and own not in used else next(free)
        used.add(found[lag.name])
    return found


def _number(ae: str) -> tuple[int, str]:
    match = _AE.match(ae)
    return (int(match[1]) if match else 0, ae)


def number(ae: str) -> int:
    """3 of ``ae3``."""
    return _number(ae)[0]


def description(where: str, value: str) -> str:
    """A description that Junos accepts; one with control characters or of more than 255 characters is refused."""
    if value != value.strip() or not value.isprintable() or len(value) > 255:
        raise FabricError(f"{where}.description", "has control or over 255 characters", "shorten it")
    return value


def vlan_name(where: str, value: str) -> str:
    """A VLAN's name that Junos accepts."""
    if not _VLAN.match(value) or value == "all" or value.isdigit():
        raise FabricError(
            where, f"{value!r} is no name of a VLAN on Junos", "use letters, digits and _ . -, 64 at most"
        )
    return value
