# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of Rook's kinds (ceph.rook.io): their operator reports a phase and a message, and Ceph's health."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..waiting.missing import Row
from .fields import Item, Rule, at, deleted, lacking, number, unobserved, unreported

GROUP = "ceph.rook.io"
#: Phases in which an object is as its specification wants it (pkg/apis/ceph.rook.io/v1, ConditionType).
GOOD = ("Ready", "Connected", "Created")
#: Kinds whose operator reports a phase.
KINDS = ("CephBlockPool", "CephFilesystem", "CephFilesystemSubVolumeGroup", "CephObjectStore", "CephObjectStoreUser")
#: How many of Ceph's health checks a reason names.
_SHOWN = 4


def resource(item: Item, now: datetime) -> Row | None:
    """The rule of a pool, a file system or an object store."""
    if row := deleted(item):
        return row
    phase = str(at(item, "status", "phase") or "")
    if not phase:
        return unreported(item, now, "Rook's operator")
    if row := _unobserved(item, now):
        return row
    return None if phase in GOOD else lacking(item, _phase(phase, item))


def cluster(item: Item, now: datetime) -> Row | None:
    """The rule of a CephCluster: its phase, Ceph's health, and that each disk is an OSD.

    Rook leaves out a disk that it can't use, without an error, so disks and OSDs are counted.
    """
    if row := resource(item, now):
        return row
    ceph = at(item, "status", "ceph") or {}
    health = str(ceph.get("health") or "")
    if health not in ("HEALTH_OK", "HEALTH_WARN"):
        reason = f"Ceph reports {health or 'no health yet'}"
        return lacking(item, "; ".join([reason, *_checks(ceph)]), str(ceph.get("lastChanged") or ""))
    disks = sum(len(node.get("devices") or ()) for node in at(item, "spec", "storage", "nodes") or ())
    stores = at(item, "status", "storage", "osd", "storeType") or {}
    osds = sum(int(count) for count in stores.values())
    if osds < disks:
        return lacking(
            item, f"{osds} of {disks} disks are OSDs; Rook's pods rook-ceph-osd-prepare say why it leaves a disk out"
        )
    return None


def _unobserved(item: Item, now: datetime) -> Row | None:
    return unobserved(item, now) if number(item, "status", "observedGeneration") else None


def _phase(phase: str, item: Item) -> str:
    message = str(at(item, "status", "message") or "")
    return f"its phase is {phase}" + (f" ({message})" if message else "")


def _checks(ceph: Mapping[str, object]) -> list[str]:
    details = ceph.get("details")
    if not isinstance(details, Mapping):
        return []
    texts = [f"{code}: {at(entry, 'message')}" for code, entry in sorted(details.items())]
    more = len(texts) - _SHOWN
    return texts[:_SHOWN] + ([f"and {more} more"] if more > 0 else [])


#: (API group, kind) -> its rule.
RULES: dict[tuple[str, str], Rule] = {
    (GROUP, "CephCluster"): cluster,
    **dict.fromkeys(((GROUP, kind) for kind in KINDS), resource),
}
