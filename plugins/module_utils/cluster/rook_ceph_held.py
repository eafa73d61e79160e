# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that Rook is told to leave alone, so that a change of them would be accepted and never carried out.

Rook's operator passes over a custom resource of its group that has the label (Rook 1.20, pkg/operator/ceph/cluster and
pkg/operator/ceph/controller, predicate.go). :mod:`.rook_ceph_osds` sets it from before an OSD is removed until its disk
is erased.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ..objects.engine import Engine
from ..objects.planning import ObjectsPlan
from .removing import spelled
from .rook_ceph_input import ROLE
from .rook_ceph_osds import ANNOTATION, LABEL, OURS
from .upstream import ClusterLayerError

Json = dict[str, Any]
_GROUP = "ceph.rook.io"


def guard(_engine: Engine, plan: ObjectsPlan) -> None:
    """Refuse a plan that changes something while Rook is told to leave objects of it alone.

    :raises ClusterLayerError: with these objects and the remedy.
    """
    if plan.changed:
        refuse(_live(plan))


def refuse(found: Iterable[Json]) -> None:
    """Refuse a change while Rook is told to leave one of these objects alone.

    :raises ClusterLayerError: with these objects and the remedy.
    """
    if texts := list(held(found)):
        raise ClusterLayerError(f"{ROLE}: nothing was changed, since Rook would not carry it out: {'; '.join(texts)}")


def notes(plan: ObjectsPlan) -> list[str]:
    """What is to be said where nothing has to be changed: nobody looks after these objects."""
    return [f"Rook looks after nothing of it: {text}" for text in held(_live(plan))]


def held(found: Iterable[Json]) -> Iterator[str]:
    """Text with the remedy for each object that has the label."""
    for item in found:
        value = (item["metadata"].get("labels") or {}).get(LABEL)
        if value is None:
            continue
        name = spelled(str(item["kind"]), item)
        if value != OURS:
            yield (
                f"{name} has the label {LABEL}={value}, which somebody else has set; let them end what they do, and "
                "remove the label then"
            )
            continue
        osds = _to_erase(item)
        yield (
            f"{name} has the label {LABEL} until the disk of {osds or 'a removed OSD'} is erased; end that with the "
            "playbook replace_disk, or erase the disk with disk_wipe and run ceph_osd with erased: true"
        )


def _live(plan: ObjectsPlan) -> list[Json]:
    return [{"kind": one.key.kind, **one.live} for one in plan.outcomes if one.live and one.key.group == _GROUP]


def _to_erase(item: Json) -> str:
    """The OSDs whose disks are still to be erased; empty where the annotation does not tell."""
    try:
        found = json.loads((item["metadata"].get("annotations") or {}).get(ANNOTATION) or "{}")
        return ", ".join(
            f"{name} ({' '.join([entry['host'], *entry['disks']])})" for name, entry in sorted(found.items())
        )
    except (ValueError, TypeError, KeyError, AttributeError):  # the label counts, whatever is beside it
        return ""
