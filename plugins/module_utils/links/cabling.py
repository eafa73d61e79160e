# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks before a change: this host has the NICs of the model, and their cables lead to the ports of the model."""

from __future__ import annotations

import json
import re
from typing import Any

from ..host.read import read_text
from ..host.state import HostError
from ..host.system import System
from ..network import bonding
from . import lacp
from .live import Live
from .parts import NetworkSpec, Nic

#: LLDP neighbours by interface, with the keys SystemName, PortID and PortDescription
Neighbours = dict[str, list[dict[str, Any]]]


def check(spec: NetworkSpec, live: Live, system: System) -> None:
    """Raise a HostError that names every contradiction between host and model; nothing has been changed by then."""
    found = absent(spec, live)
    if not found and any(nic.port for nic in spec.nics):
        found += misplaced(spec, live, NEIGHBOURS[spec.backend](system))
    for bond in spec.bonds:
        text = read_text(system, f"/proc/net/bonding/{bond.name}")
        found += [f"{bond.name}: {fault}" for fault in lacp.foreign_partners(bonding.parse(text))]
    if found:
        raise HostError("the cabling contradicts the model, so nothing was changed on this host: " + "; ".join(found))


def absent(spec: NetworkSpec, live: Live) -> list[str]:
    """NICs of the model that this host doesn't have."""
    missing = [nic for nic in spec.nics if live.nic(nic.mac) is None]
    nics = [link for link in live.links.values() if physical(link)]
    own = ", ".join(sorted(str(link.get("permaddr") or link.get("address")) for link in nics))
    return [f"{nic.name}: no NIC here has the MAC address {nic.mac} (this host has {own})" for nic in missing]


def physical(link: dict[str, Any]) -> bool:
    """Whether a link is a NIC."""
    return link.get("link_type") == "ether" and "info_kind" not in link.get("linkinfo", {})


def by_networkctl(system: System) -> Neighbours:
    """Neighbours as systemd-networkd has them (networkctl(1), ``lldp``)."""
    answer = system.run(["networkctl", "lldp", "--json=short"], check=False)
    # before version 254 networkctl prints a table with truncated names, which is treated as no LLDP neighbours
    found = json.loads(answer if answer.startswith("{") else "{}").get("Neighbors", [])
    return {item["InterfaceName"]: item.get("Neighbors", []) for item in found}


def by_nmcli(system: System) -> Neighbours:
    """Neighbours as NetworkManager has them (nmcli(1), ``device lldp``), once the NICs have profiles with ``lldp``."""
    fields = {"SYSTEM-NAME": "SystemName", "PORT-ID": "PortID", "PORT-DESCRIPTION": "PortDescription"}
    answer = system.run(["nmcli", "-t", "-f", f"DEVICE,{','.join(fields)}", "device", "lldp", "list"], check=False)
    found: dict[str, dict[str, str]] = {}
    for number, key, text in re.findall(r"^NEIGHBOR\[(\d+)\]\.([A-Z-]+):(.*)$", answer, re.MULTILINE):
        found.setdefault(number, {})[fields.get(key, key)] = text
    sorted_by_nic: Neighbours = {}
    for one in found.values():
        sorted_by_nic.setdefault(one.get("DEVICE", ""), []).append(one)
    return sorted_by_nic


NEIGHBOURS = {"networkd": by_networkctl, "networkmanager": by_nmcli}


def misplaced(spec: NetworkSpec, live: Live, neighbours: Neighbours) -> list[str]:
    """Contradictions between LLDP neighbours and the ports of the model.

    A NIC without an LLDP neighbour is no contradiction.
    """
    found = []
    for nic in spec.nics:
        link = live.nic(nic.mac) or {}
        for neighbour in neighbours.get(link.get("ifname", ""), []):
            found += contradiction(nic, neighbour)
    return found


def contradiction(nic: Nic, neighbour: dict[str, Any]) -> list[str]:
    """Compare one LLDP neighbour with the switch port ("switch/port") that the model gives for a NIC.

    A port ID that is not a name (a MAC address, a number as Junos sends it) is not compared. The port description may
    confirm the port but never contradicts it: it is the port's name, or a text that a person or the role switch wrote.
    """
    switch, _slash, port = (nic.port or "").partition("/")
    system = str(neighbour.get("SystemName") or "").split(".", maxsplit=1)[0]
    reported, described = (str(neighbour.get(key) or "") for key in ("PortID", "PortDescription"))
    named = bool(reported) and not re.fullmatch(r"[0-9a-f:]{17}|\d+", reported.lower())
    agrees = not named or port.lower() in (reported.lower(), described.lower())
    if not port or not system or (system.lower() == switch.lower() and agrees):
        return []
    return [f"{nic.name}: its cable leads to {system}/{reported}; the model says {nic.port}"]
