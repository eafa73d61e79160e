# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a removal of the snapshot-controller would take: snapshots of users, which go with their kinds."""

from __future__ import annotations

from ..objects import stages
from ..objects.engine import Engine
from ..objects.live import get
from ..objects.planning import ObjectsPlan, Verdict
from ..objects.transport import items
from .removing import named
from .snapshot_controller import ROLE
from .upstream import ClusterLayerError

#: The option of the module, which the role has with its name in front.
CONSENT = "remove_snapshots"
_GROUP = "/apis/snapshot.storage.k8s.io/v1"


def guard(engine: Engine, plan: ObjectsPlan) -> None:
    """Refuse to remove the kinds of snapshots while there are snapshots.

    :raises ClusterLayerError: with their names, and the consent.
    """
    if not any(one.key[:2] == stages.CRD and one.verdict is Verdict.REMOVE for one in plan.outcomes):
        return
    found = []
    for plural in ("volumesnapshots", "volumesnapshotcontents"):
        if get(engine.transport, f"{_GROUP}/{plural}") is None:
            continue
        for item in items(engine.transport, f"{_GROUP}/{plural}"):
            metadata = item["metadata"]
            found.append("/".join(filter(None, (plural, metadata.get("namespace"), metadata["name"]))))
    if found:
        raise ClusterLayerError(
            f"there are snapshots, which would be lost: {named(found)}. Remove them before, or consent to that with "
            f"{ROLE}_{CONSENT}: true"
        )
