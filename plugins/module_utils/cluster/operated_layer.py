# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers whose operator makes everything of one object: those of KubeVirt and CDI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..objects import stages
from ..objects.engine import Engine, Request
from ..objects.live import get
from ..objects.protected import Consent
from ..objects.stages import Stage
from .layer import ClusterLayer
from .operated import Operated, OperatedRemoval, refuse_step
from .operated_kind import rewritten

Params = Mapping[str, Any]
#: The key of the input, beside the option, with the consent to a removal.
REMOVE = "remove_cloud"


@dataclass(frozen=True)
class OperatedLayer(ClusterLayer):
    """One of these layers.

    :ivar operated: its object and operator.
    :ivar version: the version that an input wants.
    """

    operated: Operated = field(kw_only=True)
    version: Callable[[Params], str] = field(kw_only=True)

    def _wanted(self, engine: Engine, params: Params, consents: Sequence[Consent] = ()) -> Request:
        """What is wanted, with the kind of the object as its operator has written it.

        :raises ClusterLayerError: the version can't follow the deployed one.
        """
        live, version = get(engine.transport, self.operated.path), self.version(params)
        refuse_step(self.operated, live, version)
        request = super()._wanted(engine, params, consents)
        return rewritten(self.operated, engine.transport, request, live, version)

    def request(self, params: Params, *, present: bool = True, consents: Sequence[Consent] = ()) -> Request:
        """Return what is wanted of the API. With the layer go its own kinds and objects: the removal judges users'."""
        found = super().request(params, present=present, consents=consents)
        if present:
            return found
        own = [
            Consent(one.kind, one.name, str(one.body["metadata"].get("namespace") or ""))
            for one in found.definitions
            if stages.of(one) in (Stage.DEFINITIONS, Stage.CUSTOM)
        ]
        return replace(found, remove_data=(*found.remove_data, *own))

    def steps(self, engine: Engine, params: Params, *, present: bool = True) -> tuple[list[str], list[dict[str, str]]]:
        """Return what a run would do, and its diff; of a removal also what its operator does before."""
        if present:
            return super().steps(engine, params)
        removal = OperatedRemoval(engine, self.operated)
        plan = engine.plan(self.request(params, present=False))
        return [*removal.steps, *map(str, plan.steps)], plan.diff()

    def bring(self, engine: Engine, params: Params, *, present: bool, **more: Any) -> dict[str, Any]:
        """Bring the layer about, or remove it in upstream's order. See `ClusterLayer.perform`.

        :raises ClusterLayerError: users would lose something without the consent.
        """
        if present:
            return super().bring(engine, params, present=True, **more)
        removal = OperatedRemoval(engine, self.operated)
        removal.refuse(str(params.get(REMOVE) or ""), str(params["cloud"]))
        if not engine.check:
            removal.before()
        result = super().bring(engine, params, present=False, **more)
        if not engine.check:
            removal.after()
        steps = [*removal.steps, *result["steps"]]
        return {**result, "steps": list(dict.fromkeys(steps)), "changed": bool(steps)}
