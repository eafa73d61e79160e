# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses that an EOS switch sees. Pure.

Keys: ``show mac address-table`` has ``unicastTable.tableEntries`` with ``macAddress`` and ``interface`` (napalm);
``show lacp peer`` has for each channel ``interfaces`` with ``partnerSystemId`` as ``8000,76-83-ef-ed-66-5d`` (Arista's
nrfu tests); ``show lldp neighbors detail`` has ``lldpNeighborInfo`` with ``chassisId``, ``chassisIdType`` and
``neighborInterfaceInfo`` with ``interfaceId`` and ``interfaceIdType`` (anta).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config import NO_PARTNER, Sighting, mac_of


def sightings(
    places: Mapping[str, str], table: Mapping[str, Any], lacp: Mapping[str, Any], lldp: Mapping[str, Any]
) -> list[Sighting]:
    """What the three commands show.

    :param places: names in the model by those of EOS; an interface that the model does not have keeps its own.
    """
    entries = (table.get("unicastTable") or {}).get("tableEntries") or []
    found = [(entry.get("macAddress"), entry.get("interface"), "mac_table") for entry in entries]
    for channel in (lacp.get("portChannels") or {}).values():
        for name, partner in (channel.get("interfaces") or {}).items():
            found.append((str(partner.get("partnerSystemId", "")).rpartition(",")[2], name, "lacp"))
    for name, neighbors in (lldp.get("lldpNeighbors") or {}).items():
        for neighbor in neighbors.get("lldpNeighborInfo") or []:
            end = neighbor.get("neighborInterfaceInfo") or {}
            ids = [(neighbor.get("chassisIdType"), neighbor.get("chassisId"))]
            ids.append((end.get("interfaceIdType"), end.get("interfaceId")))
            found += [(text, name, "lldp") for kind, text in ids if kind == "macAddress"]
    seen = [(mac_of(text), str(name), source) for text, name, source in found]
    return [
        Sighting(address, places.get(name, name), source)
        for address, name, source in seen
        if address not in ("", NO_PARTNER)
    ]
