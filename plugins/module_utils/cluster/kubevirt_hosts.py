# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that libvirt takes for one and the same, since their firmware has the same UUID.

Boards whose maker gave all of them one UUID have that. libvirt compares the UUIDs of both hosts and ends a migration
between equal ones (kubevirt#12305, harvester#4025). A node reports what its kubelet has read in
/sys/class/dmi/id/product_uuid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..objects.transport import Transport, items
from .kubevirt_input import IF_POSSIBLE, ROLE, STOP
from .upstream import ClusterLayerError

Params = Mapping[str, Any]
Json = dict[str, Any]
NODES = "/api/v1/nodes"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def that_run_them(transport: Transport, params: Params) -> list[Json]:
    """The nodes that run virtual machines."""
    labels = dict(params.get("node_labels") or {})
    return [
        node for node in items(transport, NODES) if labels.items() <= (node["metadata"].get("labels") or {}).items()
    ]


def refuse_twins(transport: Transport, params: Params, live: Params | None) -> None:
    """Refuse to begin with machines between which nothing can be migrated.

    :param live: the KubeVirt object. Of a cloud that runs virtual machines already, :func:`warnings` tells that.
    :raises ClusterLayerError: with the machines and the remedy.
    """
    if live is None and (texts := warnings(transport, params)):
        raise ClusterLayerError(f"{ROLE}: {'; '.join(texts)}")


def warnings(transport: Transport, params: Params) -> list[str]:
    """A text with the remedy for each UUID that several machines have; none where nothing is migrated."""
    if str(params.get("eviction") or IF_POSSIBLE) == STOP:
        return []
    return [
        f"{', '.join(names)} have the same UUID in their firmware, {uuid}, so no virtual machine can be migrated "
        "between them; give each another with the tool of the maker of their boards and start them again, or let one "
        "of them run no virtual machines"
        for uuid, names in twins(that_run_them(transport, params)).items()
    ]


def twins(nodes: Iterable[Json]) -> dict[str, list[str]]:
    """UUID -> the nodes that have it, for each that several have. What is no UUID tells nothing."""
    found: dict[str, list[str]] = {}
    for node in nodes:
        info = (node.get("status") or {}).get("nodeInfo") or {}
        uuid = str(info.get("systemUUID") or "").strip().lower()
        if _UUID.fullmatch(uuid):
            found.setdefault(uuid, []).append(str(node["metadata"]["name"]))
    return {uuid: sorted(names) for uuid, names in sorted(found.items()) if len(names) > 1}
