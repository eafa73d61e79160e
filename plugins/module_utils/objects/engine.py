# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine of cluster layers: plans what differs from a request, and brings it about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..waiting.deadline import Deadline
from . import prune
from .apply import Applier
from .applyset import ApplySet, Contents
from .conflicts import TakeOver
from .difference import Masks, equal
from .discovery import Discovery
from .gates import Gates
from .live import get, read
from .manifests import Definition
from .patience import Patient
from .planning import ObjectsPlan, Outcome, Planner, SetPlan, Verdict
from .protected import Consent
from .transport import Json, Transport
from .wanted import Key, Wanted, resolve


@dataclass(frozen=True)
class Request:
    """What is wanted.

    :ivar namespace: where namespaced objects go that name none.
    :ivar present: whether the objects shall exist; otherwise they are removed, and the members of ``apply_set``.
    :ivar apply_set: the set of which the objects are all members; former members are pruned.
    :ivar remove_data: consents to remove what holds data.
    :ivar leave: kinds whose objects are made and stay when they are no longer wanted, without a warning.
    :ivar hide: further fields whose values are not shown: kind -> paths.
    """

    definitions: Sequence[Definition]
    namespace: str = "default"
    present: bool = True
    apply_set: ApplySet | None = None
    take_over: Sequence[TakeOver] = ()
    remove_data: Sequence[Consent] = ()
    leave: Sequence[str] = ()
    hide: Mapping[str, Iterable[tuple[str, ...]]] = field(default_factory=dict)


class Engine:
    """Plans and acts on one API server. Several requests share its connections and what it knows of the kinds."""

    def __init__(self, transport: Transport, deadline: Deadline, connections: int, *, check: bool = False) -> None:
        self.deadline, self.connections, self.check = deadline, connections, check
        self.transport: Transport = Patient(transport, deadline)
        self.discovery = Discovery(self.transport)
        self.gates = Gates(self.transport, self.discovery, deadline, connections)

    def plan(self, request: Request) -> ObjectsPlan:
        """Return what would be changed. Nothing is changed by it."""
        masks = Masks(request.hide)
        wanted = resolve(request.definitions, self.discovery, request.namespace, known=request.present)
        for one in wanted:
            masks.learn(one.body)
        return self._present(request, wanted, masks) if request.present else self._absent(request, wanted, masks)

    def applier(self, masks: Masks, take_over: Iterable[TakeOver]) -> Applier:
        """Return what applies objects within the deadline."""
        return Applier(self.transport, self.deadline, masks, take_over)

    def _present(self, request: Request, wanted: list[Wanted], masks: Masks) -> ObjectsPlan:
        one_set, parent = request.apply_set, None
        if one_set:
            wanted, parent = one_set.labelled(wanted), get(self.transport, one_set.path)
            held = one_set.contents(parent)
        live = self._live(wanted, masks)
        if one_set:
            one_set.refuse_others(live)
        applier = self.applier(masks, request.take_over)
        planner = Planner(applier, self.connections, try_new=self.check)
        outcomes = planner.outcomes(wanted, live)
        if not one_set:
            return ObjectsPlan(tuple(outcomes), masks, tuple(request.take_over))
        keys = {one.key for one in wanted} | {one_set.key}
        found = prune.members(self.transport, self.discovery, one_set, held | Contents.of(live), self.connections)
        found = [one for one in found if one[0].kind not in request.leave]
        former = prune.unwanted(self.transport, found, keys, request.remove_data, self.connections)
        for one in former:
            masks.learn(one.live or {})
        contents = Contents.of(one.key for one in (*outcomes, *former) if one.verdict is not Verdict.REMOVE)
        last = _parent(one_set, contents, parent)
        plan = SetPlan(last, one_set.parent(held | contents | Contents.of(one.key for one in former)))
        return ObjectsPlan((last, *outcomes, *former), masks, tuple(request.take_over), plan)

    def _absent(self, request: Request, wanted: list[Wanted], masks: Masks) -> ObjectsPlan:
        outcomes = prune.absent(wanted, self._live(wanted, masks), request.remove_data)
        one_set = request.apply_set
        if not one_set:
            return ObjectsPlan(tuple(outcomes), masks)
        parent = get(self.transport, one_set.path)
        keys = {one.key for one in wanted} | {one_set.key}
        contents = one_set.contents(parent)
        found = prune.members(self.transport, self.discovery, one_set, contents, self.connections)
        found = [one for one in found if one[0].kind not in request.leave]
        former = prune.unwanted(self.transport, found, keys, request.remove_data, self.connections)
        prune.consent_to_all(former, request.remove_data)
        verdict = Verdict.SAME if parent is None else Verdict.REMOVE
        wanted_parent = one_set.parent(contents)
        last = Outcome(one_set.key, one_set.path, wanted_parent.stage, verdict, parent, wanted=wanted_parent)
        return ObjectsPlan((last, *outcomes, *former), masks, parent=SetPlan(last, wanted_parent))

    def _live(self, wanted: Sequence[Wanted], masks: Masks) -> dict[Key, Json]:
        live = read(self.transport, wanted, self.connections)
        for item in live.values():
            masks.learn(item)
        return live


def _parent(one_set: ApplySet, contents: Contents, live: Json | None) -> Outcome:
    """Return what happens to the parent of a set. It is compared here: it names members that do not exist yet."""
    wanted = one_set.parent(contents)
    verdict, after = Verdict.CREATE, None
    if live is not None:
        metadata = live["metadata"]
        merged = {
            name: {**(metadata.get(name) or {}), **wanted.body["metadata"][name]} for name in ("labels", "annotations")
        }
        after = {**live, "metadata": {**metadata, **merged}}
        verdict = Verdict.SAME if equal(live, after) else Verdict.CHANGE
    return Outcome(one_set.key, one_set.path, wanted.stage, verdict, live, after, "the parent of the set", wanted)


def probe(engine: Engine, layers: Mapping[str, Request]) -> dict[str, ObjectsPlan]:
    """Return the plans of all layers of a cluster, over the same connections and with one discovery."""
    return {name: engine.plan(request) for name, request in layers.items()}
