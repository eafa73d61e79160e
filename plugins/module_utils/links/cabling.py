# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Before anything is changed: are the model's NICs here, and do their cables lead where the model says?"""

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
from .spec import NetworkSpec, Nic


def check(spec: NetworkSpec, live: Live, system: System) -> None:
    """HostError that names every contradiction; nothing was changed then."""
    found = absent(spec, live)
    if not found and any(nic.port for nic in spec.nics):
        answer = system.run(["networkctl", "lldp", "--json=short"], check=False)
        # before version 254 systemd answers with a table, whose names are cut off: as silent as no neighbour
        found += misplaced(spec, live, json.loads(answer if answer.startswith("{") else "{}"))
    if spec.bond:
        found += lacp.foreign_partners(bonding.parse(read_text(system, f"/proc/net/bonding/{spec.bond.name}")))
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


def misplaced(spec: NetworkSpec, live: Live, answer: dict[str, Any]) -> list[str]:
    """Contradictions between LLDP neighbours (networkctl lldp --json) and the ports of the model; silence is none."""
    neighbours = {item["InterfaceName"]: item.get("Neighbors", []) for item in answer.get("Neighbors", [])}
    found = []
    for nic in spec.nics:
        link = live.nic(nic.mac) or {}
        for neighbour in neighbours.get(link.get("ifname", ""), []):
            found += contradiction(nic, neighbour)
    return found


def contradiction(nic: Nic, neighbour: dict[str, Any]) -> list[str]:
    """One neighbour against one NIC's port "switch/port".

    A port's identifier that isn't its name (a MAC address, Junos' number) says nothing. Its description confirms and
    never contradicts: it is the port's name, or a text that a person or the role switch wrote about the port.
    """
    switch, _slash, port = (nic.port or "").partition("/")
    system = str(neighbour.get("SystemName") or "").split(".", maxsplit=1)[0]
    reported, described = (str(neighbour.get(key) or "") for key in ("PortID", "PortDescription"))
    named = bool(reported) and not re.fullmatch(r"[0-9a-f:]{17}|\d+", reported.lower())
    agrees = not named or port.lower() in (reported.lower(), described.lower())
    if not port or not system or (system.lower() == switch.lower() and agrees):
        return []
    return [f"{nic.name}: its cable leads to {system}/{reported}; the model says {nic.port}"]
