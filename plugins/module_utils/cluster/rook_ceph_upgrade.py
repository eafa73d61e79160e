# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The upgrade of Rook and Ceph in upstream's order: Rook with the CSI drivers first, then Ceph, healthy in between.

What is still to be done follows from the versions that the operator, the CephCluster and the Deployments of daemons
have, so a run that was interrupted is taken up by the next one. Rook itself stops one daemon after another, each when
Ceph says ok-to-stop; it is done when the labels of all Deployments tell the new version (Rook's documentation 1.20,
Upgrade). Whether Ceph is healthy is judged by the rule of the module ceph_health, from what Rook has read of Ceph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from ..ceph import gate
from ..ceph.state import Check, Pgs, State
from ..objects.engine import Engine
from ..objects.live import get
from ..objects.transport import Json, Transport, items
from ..waiting.missing import Row
from . import rook_ceph_cluster, rook_ceph_held, rook_ceph_keys, rook_ceph_versions
from .removing import until_none
from .rook_ceph_input import DEPLOYMENTS, NAMESPACE, OPERATOR, ROLE
from .rook_ceph_versions import numbers
from .upstream import ClusterLayerError

Params = Mapping[str, Any]
CLUSTER = f"/apis/ceph.rook.io/v1/namespaces/{NAMESPACE}/cephclusters/{rook_ceph_cluster.NAME}"
#: Health checks that an upgrade itself raises for a while, and that end by themselves.
_ACCEPTED = frozenset({rook_ceph_keys.FADING})


class Part(StrEnum):
    """What is upgraded, and the label of Deployments with its version."""

    ROOK = "rook-version"
    CEPH = "ceph-version"


@dataclass(frozen=True)
class Seen:
    """What runs.

    :ivar operator: image of Rook's operator; empty where there is none.
    :ivar cluster: the CephCluster; None where there is none.
    :ivar daemons: Deployment -> its labels.
    """

    operator: str = ""
    cluster: Json | None = None
    daemons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def image(self) -> str:
        """The image of Ceph that the CephCluster has been given."""
        return str((((self.cluster or {}).get("spec") or {}).get("cephVersion") or {}).get("image") or "")

    def running(self, part: Part) -> list[str]:
        """The versions that daemons have, each once."""
        return sorted({labels[part] for labels in self.daemons.values() if labels.get(part)})


@dataclass(frozen=True)
class Wanted:
    """The versions that are wanted: an image or a version of each."""

    rook: str
    ceph: str

    def of(self, part: Part) -> str:
        """That of one part."""
        return self.rook if part is Part.ROOK else self.ceph


@dataclass(frozen=True)
class Step:
    """One step of an upgrade. `begun`: it goes on already, so that Ceph need not be healthy for it."""

    part: Part
    has: str
    wanted: str
    begun: bool

    def __str__(self) -> str:
        name = "Rook" if self.part is Part.ROOK else "Ceph"
        verb = "go on to upgrade" if self.begun else "upgrade"
        return f"{verb} {name} from {_short(self.has)} to {_short(self.wanted)}"


def read(transport: Transport, cluster: Json | None) -> Seen:
    """What runs, from one list of Deployments.

    :param cluster: the CephCluster.
    """
    operator, daemons = "", {}
    for item in items(transport, DEPLOYMENTS):
        name, labels = item["metadata"]["name"], item["metadata"].get("labels") or {}
        if name == OPERATOR:
            operator = str(item["spec"]["template"]["spec"]["containers"][0].get("image") or "")
        elif labels.get("rook_cluster") == NAMESPACE and labels.get(Part.ROOK):
            daemons[name] = labels
    return Seen(operator, cluster, daemons)


def refuse(seen: Seen, wanted: Wanted, params: Params) -> None:
    """Refuse versions that can't follow those that run.

    :raises ClusterLayerError: with the version to take instead, before anything is changed.
    """
    if not seen.operator:
        return
    reasons = [rook_ceph_versions.rook(seen.operator, wanted.rook)]
    if seen.image:
        # Daemons tell what runs: the image may be one that was named a moment ago.
        oldest = _oldest([*seen.running(Part.CEPH), seen.image])
        reasons += dict.fromkeys(
            (rook_ceph_versions.ceph(seen.image, wanted.ceph), rook_ceph_versions.ceph(oldest, wanted.ceph))
        )
        without = not rook_ceph_keys.generation(params, "daemons")
        if not any(reasons) and without and rook_ceph_versions.needs_new_keys(oldest, wanted.ceph):
            reasons.append(
                f"Ceph {_short(wanted.ceph)} is in error until the keys of its daemons, which {_short(oldest)} has "
                f"made, are rotated (CVE-2025-30156); write {rook_ceph_keys.KEY}: {{daemons: 2}}, and the upgrade does "
                "that"
            )
    if texts := [text for text in reasons if text]:
        raise ClusterLayerError(f"{ROLE}: {'; '.join(texts)}")


def plan(seen: Seen, wanted: Wanted) -> list[Step]:
    """The steps of an upgrade, in their order; none where all is of the wanted versions, or nothing runs yet."""
    if not seen.operator or not seen.image:
        return []
    steps = []
    for part, given in ((Part.ROOK, seen.operator), (Part.CEPH, seen.image)):
        target = wanted.of(part)
        begun = numbers(given) == numbers(target)
        if not begun or lagging(seen, part, target):
            has = _oldest([*seen.running(part), given])
            steps.append(Step(part, has, target, begun))
    return steps


def lagging(seen: Seen, part: Part, target: str) -> list[Row]:
    """A row for each Deployment of a daemon that is not of a version yet."""
    return [
        Row(f"Deployment {NAMESPACE}/{name}", f"its {part} is {labels[part]}, not yet {_short(target)}")
        for name, labels in sorted(seen.daemons.items())
        if labels.get(part) and numbers(labels[part]) != numbers(target)
    ]


def unhealthy(cluster: Json | None) -> tuple[Row, ...]:
    """What Ceph lacks, by the rule of ceph_health, from what Rook has read of it.

    Placement groups that are not clean raise checks, and Rook asks Ceph about each daemon before it stops it.
    """
    status = ((cluster or {}).get("status") or {}).get("ceph") or {}
    if not status.get("health"):
        return (Row("Ceph", "Rook has not read its health yet"),)
    policies = (((cluster or {}).get("spec") or {}).get("healthCheck") or {}).get("muteHealthWarning") or {}
    silent = {name for name, one in policies.items() if one.get("policy") == "mute"}
    checks = tuple(
        Check(name, str(one.get("severity") or ""), str(one.get("message") or ""), 0, (), name in silent)
        for name, one in sorted((status.get("details") or {}).items())
    )
    known = State("", str(status["health"]), checks, (), (), True, (), Pgs(0, {}, (), 0.0, 0.0), 0, 0, 0)
    return gate.missing(known, gate.Wanted(_ACCEPTED))


def bring(
    engine: Engine,
    params: Params,
    wanted: Wanted,
    once: Callable[[Params], dict[str, Any]],
    whole: Callable[[], object],
    *,
    wait: bool,
) -> dict[str, Any]:
    """Bring the layer about, in the steps of an upgrade where one is due.

    :param once: applies the layer's objects for an input, and waits for them.
    :param whole: renders the input of the last step, so that what is refused of it is refused before the first.
    :param wait: whether to wait. Without it only the first step is taken, as nobody sees when it has ended.
    :raises ClusterLayerError: Ceph is not healthy before the first step, or Rook is told to leave the cluster alone.
    :raises ObjectsError: something is still missing at the deadline.
    """
    seen = read(engine.transport, get(engine.transport, CLUSTER))
    steps = plan(seen, wanted)
    if not steps or engine.check:
        return merged([once(params)], list(map(str, steps)))
    rook_ceph_held.refuse([{"kind": "CephCluster", **(seen.cluster or {})}])
    whole()
    if not steps[0].begun and (rows := unhealthy(seen.cluster)):
        raise ClusterLayerError(
            f"{ROLE}: nothing was changed, since Ceph has to be healthy to {steps[0]}: {'; '.join(map(str, rows))}"
        )
    results = []
    for number, step in enumerate(steps):
        if number:
            _until_healthy(engine)
        results.append(once(_of_step(params, seen, step)))
        if not wait:
            break
        until_none(partial(_lagging, engine, step), engine.deadline, f"Rook to {step}")
    result = merged(results, list(map(str, steps[: len(results)])))
    if len(results) < len(steps):
        result["warnings"].append(f"it is still to be done: {steps[len(results)]}; run again, and wait")
    return result


def merged(results: Sequence[dict[str, Any]], steps: Sequence[str]) -> dict[str, Any]:
    """Results of several applications as one, behind the steps of the upgrade."""
    changed = any(one["changed"] for one in results)
    warnings = dict.fromkeys(text for one in results for text in one["warnings"])
    return {
        **results[-1],
        "changed": changed,
        "steps": [*steps, *(text for one in results for text in one["steps"])],
        "diff": [part for one in results for part in one["diff"]],
        "warnings": list(warnings),
    }


def _of_step(params: Params, seen: Seen, step: Step) -> Params:
    """The input for a step. While Rook is upgraded, Ceph stays, and keys wait for the Ceph that makes the new type."""
    if step.part is Part.CEPH:
        return params
    keys = {group: number for group, number in rook_ceph_keys.given(seen.cluster).items() if number}
    former = (params.get(rook_ceph_keys.KEY) or {}).get(rook_ceph_keys.FORMER)
    if former is not None and keys.get("volumes"):
        keys[rook_ceph_keys.FORMER] = former
    return {**params, rook_ceph_cluster.IMAGE: seen.image, rook_ceph_keys.KEY: keys}


def _lagging(engine: Engine, step: Step) -> list[Row]:
    return lagging(read(engine.transport, None), step.part, step.wanted)


def _until_healthy(engine: Engine) -> None:
    """Wait until Ceph is healthy by an answer that Rook has read since now."""
    before = _checked(get(engine.transport, CLUSTER))

    def rows() -> Sequence[Row]:
        live = get(engine.transport, CLUSTER)
        if _checked(live) == before:
            return [Row("Ceph", "Rook has not read its health since the last step, as it does once a minute")]
        return unhealthy(live)

    until_none(rows, engine.deadline, "Ceph to be healthy between Rook's upgrade and its own")


def _checked(cluster: Json | None) -> str:
    return str((((cluster or {}).get("status") or {}).get("ceph") or {}).get("lastChecked") or "")


def _oldest(texts: Sequence[str]) -> str:
    """The oldest of some versions; one that is none counts as the oldest, since nothing is known of it."""
    return min(texts, key=lambda text: numbers(text) or (0, 0, 0))


def _short(text: str) -> str:
    known = numbers(text)
    return rook_ceph_versions.spelled(known) if known else text
