# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the removal of Cilium takes from users: objects of its kinds that they have made, such as policies."""

from __future__ import annotations

from collections.abc import Iterator

from ..objects import stages
from ..objects.engine import Engine
from ..objects.planning import ObjectsPlan, Verdict
from ..objects.transport import items
from ..objects.wanted import resources_of
from .cilium_settings import ROLE
from .removing import named, spelled
from .upstream import ClusterLayerError

#: The option of the module, which the role has with its name in front.
CONSENT = "remove_data"
#: Kinds whose objects Cilium makes by itself.
OWN = frozenset({"CiliumBGPNodeConfig", "CiliumEndpoint", "CiliumIdentity", "CiliumNode"})


def guard(engine: Engine, plan: ObjectsPlan) -> None:
    """Refuse a plan by which objects of users go with the definition of their kind.

    :raises ClusterLayerError: with their names, and the consent.
    """
    lost = sorted(_lost(engine, plan))
    if lost:
        raise ClusterLayerError(
            f"nothing was removed, since objects that others have made would be lost with their kinds: {named(lost)}. "
            f"Save what is needed of them, and consent to that with {ROLE}_{CONSENT}: true"
        )


def _lost(engine: Engine, plan: ObjectsPlan) -> Iterator[str]:
    known = {tuple(one.key) for one in plan.outcomes}
    for one in plan.outcomes:
        if one.key[:2] != stages.CRD or one.verdict is not Verdict.REMOVE or not one.live:
            continue
        kind = resources_of(one.live)[0]
        if kind.kind in OWN:
            continue
        for resource in engine.discovery.versions(kind.group, kind.kind)[:1]:
            for item in items(engine.transport, resource.path()):
                metadata = item["metadata"]
                if (kind.group, kind.kind, str(metadata.get("namespace") or ""), metadata["name"]) not in known:
                    yield spelled(kind.kind, item)
