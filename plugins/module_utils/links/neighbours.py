# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NICs of this host and the LLDP neighbours that it hears on them. Nothing is changed.

systemd-networkd listens on the links that it manages (``LLDP=yes``); ``networkctl lldp --json`` prints what it heard,
from systemd 254 on. Before, it prints a table with truncated names, which is of no use.
"""

from __future__ import annotations

import json
from typing import Any

from ..host.state import HostError
from ..host.system import System
from .cabling import physical

OLD = "its networkctl is older than systemd 254 and does not print LLDP neighbours as JSON"
MISSING = "it has no networkctl: systemd-networkd does not run its network"


def read(system: System) -> dict[str, Any]:
    """``nics`` with ``name``, permanent ``mac`` and ``up``; ``neighbours``; and ``why`` there are none, or empty.

    Raises a HostError where the links cannot be read.
    """
    links = json.loads(system.run(["ip", "-json", "-details", "address", "show"]) or "[]")
    nics = [
        {"name": link["ifname"], "mac": mac, "up": "LOWER_UP" in (link.get("flags") or [])}
        for link in links
        if physical(link) and (mac := link.get("permaddr") or link.get("address"))
    ]
    if not system.finds("networkctl"):
        return {"nics": nics, "neighbours": [], "why": MISSING}
    try:
        answer = system.run(["networkctl", "lldp", "--json=short"])
    except HostError as error:
        return {"nics": nics, "neighbours": [], "why": str(error)}
    if not answer.lstrip().startswith("{"):
        return {"nics": nics, "neighbours": [], "why": OLD}
    return {"nics": nics, "neighbours": neighbours(json.loads(answer)), "why": ""}


def neighbours(answer: dict[str, Any]) -> list[dict[str, str | None]]:
    """The neighbours in ``networkctl lldp --json``, one row for each NIC and neighbour."""
    return [
        {
            "nic": str(link["InterfaceName"]),
            "system": _text(item.get("SystemName")),
            "port_id": _text(item.get("PortID")),
            "port_description": _text(item.get("PortDescription")),
            "chassis_id": _text(item.get("ChassisID")),
        }
        for link in answer.get("Neighbors") or []
        for item in link.get("Neighbors") or []
    ]


def _text(value: object) -> str | None:
    return str(value) if value else None
