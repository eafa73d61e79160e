# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role snapshot_controller: that of somebody else is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..objects.applyset import PART_OF
from ..objects.engine import Engine
from ..objects.transport import Json, items
from .layer import ClusterLayer
from .snapshot_controller import NAME, NAMESPACE, ROLE
from .upstream import ClusterLayerError

Params = Mapping[str, Any]


class SnapshotControllerLayer(ClusterLayer):
    """The layer of the role snapshot_controller."""

    def steps(self, engine: Engine, params: Params, *, present: bool = True) -> tuple[list[str], list[dict[str, str]]]:
        """Return what a run would do; nothing where somebody else brought a controller."""
        return ([], []) if self._others(engine) else super().steps(engine, params, present=present)

    def bring(self, engine: Engine, params: Params, *, present: bool, **more: Any) -> dict[str, Any]:
        """Bring the layer about, or remove it. See `ClusterLayer.perform`.

        :raises ClusterLayerError: there are both that of this role and another one.
        """
        others = self._others(engine)
        if not others:
            return super().bring(engine, params, present=present, **more)
        text = f"the snapshot-controller is that of somebody else ({', '.join(others)}), so it was left as it is"
        return {"changed": False, "steps": [], "diff": [], "objects": [], "warnings": [text]}

    def _others(self, engine: Engine) -> list[str]:
        """Workloads of others that run the controller."""
        own: list[str] = []
        others: list[str] = []
        for item in _controllers(engine):
            metadata = item["metadata"]
            mine = PART_OF in (metadata.get("labels") or {}) and (metadata["namespace"], metadata["name"]) == (
                NAMESPACE,
                NAME,
            )
            (own if mine else others).append(f"Deployment {metadata['namespace']}/{metadata['name']}")
        if own and others:
            raise ClusterLayerError(
                f"{ROLE}: the cluster has two snapshot-controllers, {own[0]} of this role and {', '.join(others)}, "
                f"which do everything twice; remove one of them, that of this role with {ROLE}_state: absent"
            )
        return others


def _controllers(engine: Engine) -> Iterator[Json]:
    for item in items(engine.transport, "/apis/apps/v1/deployments"):
        containers = ((item["spec"].get("template") or {}).get("spec") or {}).get("containers") or ()
        images = [str(one.get("image") or "").partition("@")[0].rpartition("/")[2] for one in containers]
        if any(image.partition(":")[0] == NAME for image in images):
            yield item
