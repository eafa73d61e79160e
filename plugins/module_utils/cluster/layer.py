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
from ..errors import CloudError
from ..objects import stages
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
from . import others, slow
from .release import Release

Params = Mapping[str, Any]
#: Refuses a plan by which something would be lost that no object of the plan shows.
Guard = Callable[[Engine, ObjectsPlan], None]
#: Namespace of the objects that stand for the layers' sets. It exists in each cluster, and none of the layers owns it.
NAMESPACE = "kube-system"


@dataclass(frozen=True)
class ClusterLayer:
    """One layer.

    :ivar role: its role, without the collection's name.
    :ivar render: the definitions that the role's input means.
    :ivar namespaces: those that are the layer's own and go with it. They hold no data.
    :ivar secrets: the option beside the input that has its secrets, under the same name in what is rendered.
    :ivar guard: refuses a plan by which users would lose something. It judges that instead of the engine, so custom
        resources of the layer and their CRDs go with it.
    :ivar consent: the option by which users consent to what the guard refuses.
    :ivar left: kinds of its objects that stay when they are no longer wanted, such as namespaces of users.
    :ivar release: what upstream rules for its releases, where it does.
    :ivar network: it is a network, which the table of traces calls so: a cluster has only one.
    :ivar by_set: its objects are removed by their set alone, so that the input need not name them any more.
    """

    role: str
    render: Callable[[Params], list[Definition]]
    namespaces: tuple[str, ...] = ()
    secrets: str = ""
    guard: Guard | None = None
    consent: str = ""
    by_set: bool = False
    network: str = ""
    left: tuple[str, ...] = ()
    release: Release | None = None

    @property
    def set_name(self) -> str:
        """The name of the set of its objects."""
        return f"groundup-{self.role.replace('_', '-')}"

    def request(self, params: Params, *, present: bool = True, consents: Sequence[Consent] = ()) -> Request:
        """Return what is wanted of the API; its objects are one set, from which former members are removed.

        :param consents: to remove objects that hold data, or all objects of a kind.
        """
        rendered = [] if self.by_set and not present else self.render(params)
        if not present:
            rendered = [one for one in rendered if one.kind not in self.left]
        if params.get("timings") == slow.SLOW:
            rendered = slow.patient(rendered)
        own = [] if present else [Consent("Namespace", space) for space in self.namespaces]
        if self.guard and not present:
            own += [_consent(one) for one in rendered if stages.of(one) in (Stage.DEFINITIONS, Stage.CUSTOM)]
        consented = (*own, *consents)
        return Request(
            rendered, NAMESPACE, present, ApplySet(self.set_name, NAMESPACE), remove_data=consented, leave=self.left
        )

    def complete(self, engine: Engine, params: Params) -> Params:
        """Return the input with what only the cluster knows of it; most layers need nothing of that.

        :raises ClusterLayerError: the cluster can't become what the input says.
        """
        del engine
        return params

    def steps(self, engine: Engine, params: Params, *, present: bool = True) -> tuple[list[str], list[dict[str, str]]]:
        """Return what a run would do, and its diff. Workloads that are not ready are waited for by a run.

        :raises OtherNetwork: the cluster has another network.
        :raises ReleaseRefused: its release can't be followed by the wanted one, or not now.
        """
        plan = engine.plan(self._wanted(engine, params) if present else self.request(params, present=False))
        self._refuse_unready(plan)
        if plan.changed:
            return [*self._refused(engine, plan), *map(str, plan.steps)], plan.diff()
        now = datetime.now(UTC)
        waits = [f"wait for {row}" for one in _workloads(plan) if one.live and (row := judge(one.live, now))]
        return [*self.notes(plan), *waits], []

    def notes(self, plan: ObjectsPlan) -> list[str]:
        """Return what is to be said of a plan that changes nothing: a step of a comparison, a warning of a run."""
        del plan
        return []

    def _refused(self, engine: Engine, plan: ObjectsPlan) -> list[str]:
        try:
            if self.guard:
                self.guard(engine, plan)
        except CloudError as error:
            return [f"refused: {error}"]
        return []

    def perform(
        self,
        params: Params,
        access: Params,
        *,
        present: bool,
        timeout: float,
        check: bool,
        consent: bool = False,
        wait: bool = True,
        consents: Sequence[Consent] = (),
    ) -> dict[str, Any]:
        """Bring the layer about, or remove it; in check mode return what would be done.

        Returns {changed, steps, diff, objects, warnings}.

        :param consent: what the guard would refuse is lost.
        :param wait: whether workloads are waited for. What is removed is waited for in any case.

        :raises ObjectsError: the API refuses an object, or something is missing at the deadline, with the reasons.
        """
        engine = Engine(connect(access), Deadline(timeout), CONNECTIONS, check=check)
        return self.bring(engine, params, present=present, consent=consent, wait=wait, consents=consents)

    def bring(
        self, engine: Engine, params: Params, *, present: bool, consent: bool, wait: bool, consents: Sequence[Consent]
    ) -> dict[str, Any]:
        """Bring the layer about, or remove it, by an engine. See :meth:`perform`."""
        if present:
            request = self._wanted(engine, params, consents)
        else:
            request = self.request(params, present=False, consents=consents)
        plan = engine.plan(request)
        self._refuse_unready(plan)
        if self.guard and not consent:
            self.guard(engine, plan)
        if not engine.check:
            plan = act(engine, plan, present=present, wait=wait or not present)
            if present and wait:
                await_ready(engine, [Wanted.of(one.wanted.body) for one in _workloads(plan) if one.wanted])
        found = result(engine, plan)
        return {**found, "warnings": [*found["warnings"], *self.notes(plan)]}

    def _wanted(self, engine: Engine, params: Params, consents: Sequence[Consent] = ()) -> Request:
        """What is wanted of a cluster that has no other network."""
        request = self.request(self.complete(engine, params), consents=consents)
        if self.network:
            others.refuse(engine.transport, self.network, params.get("known_as") or (), request.definitions)
        if self.release:
            self.release.refuse_step(engine.transport, request.definitions)
        return request

    def _refuse_unready(self, plan: ObjectsPlan) -> None:
        if self.release:
            found = [one for one in _workloads(plan) if one.stage is Stage.WORKLOADS]
            self.release.refuse_unready([(one.live, one.wanted.body) for one in found if one.live and one.wanted])


def joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The results of two runs as one."""
    rows = {(row["kind"], row["namespace"], row["name"]): row for row in first["objects"]}
    for row in second["objects"]:
        key = (row["kind"], row["namespace"], row["name"])
        if key not in rows or row["result"] != "unchanged":
            rows[key] = row
    return {
        **second,
        "changed": first["changed"] or second["changed"],
        "steps": list(dict.fromkeys([*first["steps"], *second["steps"]])),
        "diff": [*first["diff"], *second["diff"]],
        "objects": list(rows.values()),
        "warnings": list(dict.fromkeys([*first["warnings"], *second["warnings"]])),
    }


def _consent(definition: Definition) -> Consent:
    metadata = definition.body["metadata"]
    return Consent(definition.kind, definition.name, str(metadata.get("namespace") or ""))


def _workloads(plan: ObjectsPlan) -> list[Outcome]:
    """The objects that shall exist and have a state of their own, which says whether the layer works."""
    return [one for one in plan.outcomes if one.wanted and one.stage in (Stage.WORKLOADS, Stage.CUSTOM)]


def await_ready(engine: Engine, wanted: Sequence[Wanted]) -> None:
    """Wait until objects are as their controllers want them.

    :raises ObjectsError: something is missing at the deadline of the engine, with the reasons.
    """
    if wanted:
        try:
            read, read_text = partial(get, engine.transport), engine.transport.text
            await_objects(read, wanted, engine.deadline, read_text=read_text)
        except TimedOut as error:
            raise ObjectsError(str(error)) from error
