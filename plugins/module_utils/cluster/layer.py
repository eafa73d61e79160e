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
from typing import Any

from ..conditions.await_objects import await_objects
from ..conditions.errors import Denied, Unanswered
from ..conditions.fields import Item
from ..conditions.judge import judge
from ..conditions.resources import Wanted
from ..objects.access import CONNECTIONS, connect
from ..objects.acting import act, result
from ..objects.applyset import ApplySet
from ..objects.engine import Engine, Request
from ..objects.errors import ObjectsError, Refused, Unreachable
from ..objects.live import get
from ..objects.manifests import Definition
from ..objects.protected import Consent
from ..objects.stages import Stage
from ..waiting.deadline import Deadline
from ..waiting.missing import Row
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
        unfit = [f"wait for {row}" for one in plan.outcomes if one.live and (row := _lacking(one.live))]
        return [*map(str, plan.steps), *(unfit if not plan.changed else [])], plan.diff()

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
                _await(
                    engine, [Wanted.of(one.wanted.body) for one in plan.outcomes if one.wanted and _works(one.stage)]
                )
        return result(engine, plan)


def _works(stage: Stage) -> bool:
    """Whether objects of the stage have a state of their own that says whether the layer works."""
    return stage in (Stage.WORKLOADS, Stage.CUSTOM)


def _lacking(live: Item) -> Row | None:
    return judge(live, datetime.now(UTC))


def _await(engine: Engine, wanted: Sequence[Wanted]) -> None:
    def read(path: str) -> Item | None:
        try:
            return get(engine.transport, path)
        except Unreachable as error:
            raise Unanswered(str(error)) from error
        except Refused as error:
            denied = Unanswered(str(error)) if error.status >= 500 else Denied(str(error))
            if isinstance(denied, Denied):
                denied.status = error.status
            raise denied from error

    if wanted:
        try:
            await_objects(read, wanted, engine.deadline)
        except TimedOut as error:
            raise ObjectsError(str(error)) from error
