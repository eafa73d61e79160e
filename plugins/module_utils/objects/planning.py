# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an apply would change, by the API server's own judgement: each live object is applied as a dry run first.

So conflicts and refused fields of all objects are known before the first one is changed. An object that does not exist
can't have conflicts; only check mode tries it out as well. Where the API server can't judge yet, the outcome says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ..plan.base import Plan, Step
from . import stages
from .apply import Applier, in_parallel, webhook_silent
from .conflicts import TakeOver
from .difference import Masks, equal
from .errors import Refused
from .transport import Json
from .wanted import Key, Wanted, resources_of


class Verdict(StrEnum):
    """What happens to an object."""

    CREATE = "create"
    CHANGE = "change"
    SAME = "same"
    UNKNOWN = "unknown"  # it is applied, and then it is known whether that changed it
    REMOVE = "remove"
    LEAVE = "leave"  # no longer wanted, but what it holds would be lost


@dataclass(frozen=True)
class Outcome:
    """One object and what happens to it.

    :ivar live: the object as it is; None if it does not exist.
    :ivar answer: the object as the API server would leave it; None where it was not tried out.
    :ivar why: why the API server was not asked or could not judge, why a field is taken over, why an object is left.
    """

    key: Key
    path: str
    stage: stages.Stage
    verdict: Verdict
    live: Json | None = None
    answer: Json | None = None
    why: str = ""
    wanted: Wanted | None = None


@dataclass(frozen=True)
class ObjectStep(Step):
    """A change of one object."""

    outcome: Outcome
    masks: Masks = field(repr=False)

    def __str__(self) -> str:
        what = {Verdict.UNKNOWN: "apply"}.get(self.outcome.verdict, str(self.outcome.verdict))
        why = f" ({self.masks.text(self.outcome.why)})" if self.outcome.why else ""
        return f"{what} {self.outcome.key}{why}"

    @property
    def before(self) -> str:
        """Return the live object as YAML."""
        return self.masks.lines(self.outcome.live)

    @property
    def after(self) -> str:
        """Return the object as it will be, as YAML."""
        found = self.outcome
        if found.verdict is Verdict.REMOVE:
            return ""
        return self.masks.lines(found.answer or (found.wanted.body if found.wanted else None))


@dataclass(frozen=True)
class SetPlan:
    """The parent of a set of objects.

    :ivar last: what happens to it altogether; among the outcomes of the plan as well.
    :ivar first: the parent as it has to be before any object is applied: it names old and new kinds.
    """

    last: Outcome
    first: Wanted


@dataclass(frozen=True)
class ObjectsPlan(Plan):
    """The outcomes of all objects; those that change something are steps."""

    outcomes: tuple[Outcome, ...]
    masks: Masks = field(repr=False)
    take_over: tuple[TakeOver, ...] = ()
    parent: SetPlan | None = None

    @property
    def steps(self) -> Sequence[Step]:  # type: ignore[override]
        """Return one step for each object that is or may be changed."""
        idle = (Verdict.SAME, Verdict.LEAVE)
        return [ObjectStep(one, self.masks) for one in self.outcomes if one.verdict not in idle]


class Planner:
    """Compares wanted objects with live ones."""

    def __init__(self, applier: Applier, connections: int, *, try_new: bool) -> None:
        self._applier, self._connections, self._try_new = applier, connections, try_new

    def outcomes(self, wanted: Sequence[Wanted], live: Mapping[Key, Json]) -> list[Outcome]:
        """Return the outcome of each object, CRDs judged before their objects."""
        absent = {one.key.name for one in wanted if one.key[:2] == ("", "Namespace") and one.key not in live}
        first = [one for one in wanted if one.key[:2] == stages.CRD]
        found = self._parallel(first, live, absent, set())
        changed = {
            kind
            for one in found
            if one.verdict is not Verdict.SAME and one.wanted
            for kind in ((x.group, x.kind) for x in resources_of(one.wanted.body))
        }
        found += self._parallel([one for one in wanted if one.key[:2] != stages.CRD], live, absent, changed)
        return sorted(found, key=lambda one: one.stage)

    def _parallel(
        self, wanted: Iterable[Wanted], live: Mapping[Key, Json], absent: set[str], changed: set[tuple[str, str]]
    ) -> list[Outcome]:
        def judged(one: Wanted) -> Outcome:
            return self._judged(one, live.get(one.key), absent, changed)

        return in_parallel(judged, wanted, self._connections)

    def _judged(self, one: Wanted, live: Json | None, absent: set[str], changed: set[tuple[str, str]]) -> Outcome:
        def outcome(verdict: Verdict, why: str = "", answer: Json | None = None) -> Outcome:
            return Outcome(one.key, one.path, one.stage, verdict, live, answer, why, one)

        if live is not None and live["metadata"].get("deletionTimestamp"):
            return outcome(Verdict.CREATE, "the present object is being removed")
        new = Verdict.CREATE if live is None else Verdict.UNKNOWN
        if not one.resource.served:
            return outcome(new, "planned without the API server, which does not serve this kind before its CRD")
        if one.key.namespace in absent:
            return outcome(new, f"planned without the API server: the namespace {one.key.namespace} does not exist yet")
        if one.key[:2] in changed:
            return outcome(new, "planned without the API server, since its CRD changes before")
        if live is None and not self._try_new:
            return outcome(Verdict.CREATE)
        try:
            answer, reasons = self._applier.try_out(one, live)
        except Refused as error:
            if webhook_silent(error):
                return outcome(new, f"not predictable: {error}")
            raise
        if live is None:
            return outcome(Verdict.CREATE)
        verdict = Verdict.SAME if equal(live, answer) and not reasons else Verdict.CHANGE
        return outcome(verdict, "; ".join(reasons), answer)
