# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A layer of the cluster: what is wanted of the Kubernetes API, from its role's input, and whether it is healthy.

The probe, check mode and the run take the same way: the objects are rendered and planned by the API server's own
judgement. The run performs the plan, and waits until the workloads are as their controllers want them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ..conditions.await_objects import await_objects
from ..conditions.judge import judge
from ..conditions.resources import Wanted
from ..objects.access import CONNECTIONS, connect
from ..objects.acting import act, result
from ..objects.applyset import ApplySet
from ..objects.engine import Engine, Request
from ..objects.errors import ObjectsError
from ..objects.live import get
from ..objects.manifests import Definition
from ..objects.planning import ObjectsPlan, Outcome
from ..objects.protected import Consent
from ..objects.stages import Stage
from ..waiting.deadline import Deadline
from ..waiting.wait import TimedOut

Params = Mapping[str, Any]
#: Namespace of the objects that stand for the layers' sets. It exists in each cluster, and none of the layers owns it.
NAMESPACE = "kube-system"


@dataclass(frozen=True)
class ClusterLayer:
    """One layer.

    :ivar role: its role, without the collection's name.
    :ivar render: the definitions that the role's input means.
    :ivar namespaces: those that are the layer's own and go with it. They hold no data.
    """

    role: str
    render: Callable[[Params], list[Definition]]
    namespaces: tuple[str, ...] = ()

    def request(self, params: Params, *, present: bool = True) -> Request:
        """Return what is wanted of the API; its objects are one set, from which former members are removed."""
        name = f"groundup-{self.role.replace('_', '-')}"
        own = () if present else tuple(Consent("Namespace", name) for name in self.namespaces)
        return Request(self.render(params), NAMESPACE, present, ApplySet(name, NAMESPACE), remove_data=own)

    def steps(self, engine: Engine, params: Params) -> tuple[list[str], list[dict[str, str]]]:
        """Return what a run would do, and its diff. Workloads that are not ready are waited for by a run."""
        plan = engine.plan(self.request(params))
        if plan.changed:
            return list(map(str, plan.steps)), plan.diff()
        now = datetime.now(UTC)
        return [f"wait for {row}" for one in _workloads(plan) if one.live and (row := judge(one.live, now))], []

    def perform(self, params: Params, access: Params, *, present: bool, timeout: float, check: bool) -> dict[str, Any]:
        """Bring the layer about, or remove it; in check mode return what would be done.

        Returns {changed, steps, diff, objects, warnings}.

        :raises ObjectsError: the API refuses an object, or something is missing at the deadline, with the reasons.
        """
        deadline = Deadline(timeout)
        engine = Engine(connect(access), deadline, CONNECTIONS, check=check)
        plan = engine.plan(self.request(params, present=present))
        if not check:
            plan = act(engine, plan, present=present, wait=True)
            if present:
                _await(engine, [Wanted.of(one.wanted.body) for one in _workloads(plan) if one.wanted])
        return result(engine, plan)


def _workloads(plan: ObjectsPlan) -> list[Outcome]:
    """The objects that shall exist and have a state of their own, which says whether the layer works."""
    return [one for one in plan.outcomes if one.wanted and one.stage in (Stage.WORKLOADS, Stage.CUSTOM)]


def _await(engine: Engine, wanted: Sequence[Wanted]) -> None:
    if wanted:
        try:
            await_objects(partial(get, engine.transport), wanted, engine.deadline)
        except TimedOut as error:
            raise ObjectsError(str(error)) from error
