# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Performs a plan: stage by stage, then prunes. What was done is known even where it ends with an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from . import prune, stages
from .apply import in_parallel
from .difference import equal
from .engine import Engine
from .errors import ObjectsError
from .planning import ObjectsPlan, Outcome, Verdict
from .transport import Json
from .wanted import Wanted, resources_of

RESULTS = {
    Verdict.CREATE: "created",
    Verdict.CHANGE: "changed",
    Verdict.SAME: "unchanged",
    Verdict.REMOVE: "removed",
    Verdict.LEAVE: "left",
    Verdict.UNKNOWN: "unknown",
}


class Run:
    """One plan that is performed once.

    :ivar done: what became of each object so far, in the order in which it was done.
    """

    def __init__(self, engine: Engine, plan: ObjectsPlan, *, wait: bool = True) -> None:
        self._engine, self._plan, self._wait = engine, plan, wait
        self._applier = engine.applier(plan.masks, plan.take_over)
        self._states: dict[str, Json] = {}  # path -> the last known state of CRDs
        self._lock = Lock()
        self.done: list[Outcome] = []

    def present(self) -> None:
        """Apply the objects and remove the former members of the set.

        :raises ObjectsError: an object is refused, or the deadline has passed.
        """
        self._begin_set()
        outcomes = [one for one in self._plan.outcomes if one.wanted and not self._is_parent(one)]
        for stage in stages.Stage:
            done = {one.key for one in self.done}
            if stage is stages.Stage.CUSTOM:  # a webhook that is no longer wanted may not answer any more
                self._removed([one for one in self._plan.outcomes if one.wanted is None and _is_webhook(one)])
            found = [one for one in outcomes if one.stage == stage and one.key not in done]
            in_parallel(self._apply, found, self._engine.connections)
            self._after(stage, found)
        self._remove()
        self._end_set()

    def absent(self) -> None:
        """Remove the objects, and the parent of their set when nothing is left but namespaces."""
        parent = self._plan.parent.last if self._plan.parent else None
        spaces = [one for one in self._plan.outcomes if one.stage is stages.Stage.NAMESPACES]
        others = [one for one in self._plan.outcomes if one not in spaces]
        self._removed(others)
        self._removed([parent] if parent else [])
        self._removed([one for one in spaces if one is not parent])

    def _begin_set(self) -> None:
        """Let the parent name old and new kinds; its own namespace has to exist before."""
        if self._plan.parent is None:
            return
        first, last = self._plan.parent.first, self._plan.parent.last
        own = [one for one in self._plan.outcomes if one.key[1:] == ("Namespace", "", first.key.namespace)]
        for one in own:
            self._apply(one)
        if last.live is None or not _names_all(last.live, first):
            self._applier.apply(first, last.live)

    def _end_set(self) -> None:
        if self._plan.parent is None:
            return
        first, last = self._plan.parent.first, self._plan.parent.last
        if last.wanted and (last.verdict is not Verdict.SAME or first.body != last.wanted.body):
            self._applier.apply(last.wanted, last.live)
        self._note(last)

    def _is_parent(self, outcome: Outcome) -> bool:
        return self._plan.parent is not None and outcome is self._plan.parent.last

    def _apply(self, outcome: Outcome) -> None:
        if outcome.verdict is Verdict.SAME or outcome.wanted is None:
            self._note(outcome)
            return
        live = outcome.live
        if live is not None and live["metadata"].get("deletionTimestamp"):
            self._engine.gates.gone([(outcome.key, outcome.path, str(live["metadata"].get("uid")))])
            live = None
        wanted = self._current(outcome.wanted)
        answer = self._applier.apply(wanted, live)
        self._plan.masks.learn(answer)
        verdict = Verdict.CREATE if live is None else _compared(live, answer)
        self._note(replace(outcome, verdict=verdict, live=live, answer=answer, why=_still_true(outcome)))

    def _current(self, wanted: Wanted) -> Wanted:
        """Return the object with its resource as it is served now, after its CRD was applied."""
        served = self._engine.discovery.find(wanted.resource.api_version, wanted.resource.kind)
        return replace(wanted, resource=served) if served else wanted

    def _note(self, outcome: Outcome) -> None:
        with self._lock:
            self.done.append(outcome)
            state = outcome.answer or outcome.live
            if outcome.key[:2] == stages.CRD and state is not None:
                self._states[outcome.path] = state
                if outcome.verdict in (Verdict.CREATE, Verdict.CHANGE):
                    self._applier.new_schemas |= {(one.group, one.kind) for one in resources_of(state)}

    def _after(self, stage: stages.Stage, found: Sequence[Outcome]) -> None:
        """Wait for what the next stage needs."""
        if stage is stages.Stage.DEFINITIONS:
            self._engine.gates.served(list(self._states.items()))
        elif stage is stages.Stage.ADMISSION and self._wait:
            self._engine.gates.endpoints(one.wanted.body for one in found if one.wanted)

    def _remove(self) -> None:
        self._removed([one for one in self._plan.outcomes if one.wanted is None and not _is_webhook(one)])

    def _removed(self, outcomes: Sequence[Outcome]) -> None:
        gone = self._engine.gates.gone if self._wait else None
        prune.remove(self._engine.transport, outcomes, self._engine.connections, gone)
        for one in outcomes:
            self._note(one)


def _is_webhook(outcome: Outcome) -> bool:
    return outcome.key.group == "admissionregistration.k8s.io"


def _compared(live: Json, answer: Json) -> Verdict:
    return Verdict.SAME if equal(live, answer) else Verdict.CHANGE


def _still_true(outcome: Outcome) -> str:
    """Return the reason for a take-over; why an outcome was not known is of no interest any more."""
    return outcome.why if outcome.verdict is Verdict.CHANGE else ""


def _names_all(live: Json, first: Wanted) -> bool:
    annotations = live["metadata"].get("annotations") or {}
    wanted: dict[str, str] = first.body["metadata"]["annotations"]
    return all(set(filter(None, text.split(","))) <= set((annotations.get(name) or "").split(","))
               for name, text in wanted.items())  # fmt: skip


def result(engine: Engine, plan: ObjectsPlan, *, diff: bool = True) -> dict[str, Any]:
    """Return what a module returns: {changed, steps, diff, objects, warnings}.

    :param diff: whether the diff is made; that of hundreds of new objects takes longer than they do.
    """
    left = [f"{one.key} was left: {one.why}" for one in plan.outcomes if one.verdict is Verdict.LEAVE]
    return {
        "changed": plan.changed,
        "steps": [str(step) for step in plan.steps],
        "diff": plan.diff() if diff else [],
        "objects": [_row(plan, one) for one in plan.outcomes],
        "warnings": [*left, *map(plan.masks.text, engine.transport.warnings)],
    }


def _row(plan: ObjectsPlan, outcome: Outcome) -> dict[str, str]:
    row = {
        "kind": outcome.key.kind,
        "namespace": outcome.key.namespace,
        "name": outcome.key.name,
        "group": outcome.key.group,
        "result": RESULTS[outcome.verdict],
    }
    return {**row, "why": plan.masks.text(outcome.why)} if outcome.why else row


def act(engine: Engine, plan: ObjectsPlan, *, present: bool, wait: bool) -> ObjectsPlan:
    """Perform a plan, and return it with what came of each object.

    :raises ObjectsError: with what was done until then in its details.
    """
    run = Run(engine, plan, wait=wait)
    try:
        run.present() if present else run.absent()
    except ObjectsError as error:
        so_far = result(engine, replace(plan, outcomes=tuple(run.done)), diff=False)
        error.details = {key: so_far[key] for key in ("changed", "steps", "objects")}
        raise
    order = {one.key: number for number, one in enumerate(plan.outcomes)}
    return replace(plan, outcomes=tuple(sorted(run.done, key=lambda one: order[one.key])))
