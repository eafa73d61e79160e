# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds objects that are no longer wanted, and removes objects in the reverse order of stages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from . import protected, stages
from .apply import in_parallel
from .applyset import PART_OF, ApplySet, Contents
from .discovery import Discovery, Resource
from .errors import ObjectsError, Refused
from .live import get
from .planning import Outcome, Verdict
from .transport import BACKGROUND, Json, Transport, items
from .wanted import Key, Wanted

Member = tuple[Key, str]  # with its path


def members(
    transport: Transport, discovery: Discovery, one_set: ApplySet, contents: Contents, connections: int
) -> list[Member]:
    """Return the living members of a set, from where its parent says that they may be."""

    def found(call: tuple[Resource, str]) -> list[Member]:
        resource, namespace = call
        pairs = []
        for item in items(transport, resource.path(namespace), {"labelSelector": f"{PART_OF}={one_set.id}"}):
            metadata = item["metadata"]
            place = metadata.get("namespace", "")
            key = Key(resource.group, resource.kind, place, metadata["name"])
            pairs.append((key, resource.path(place, metadata["name"])))
        return pairs

    only = next(iter(contents.namespaces)) if len(contents.namespaces) == 1 else ""
    calls = [(one, only if one.namespaced else "") for one in one_set.collections(contents, discovery)]
    return [pair for pairs in in_parallel(found, calls, connections) for pair in pairs]


def unwanted(
    transport: Transport,
    found: Iterable[Member],
    wanted: Collection[Key],
    consents: Sequence[protected.Consent],
    connections: int,
) -> list[Outcome]:
    """Return what happens to members that are no longer wanted; those that hold something are left without consent."""

    def outcome(one: Member) -> Outcome | None:
        key, path = one
        item = get(transport, path)
        if item is None:
            return None
        lost = "" if protected.consented(key, consents) else protected.loss(key, item)
        stage = stages.of_kind(key.group, key.kind)
        if lost:
            why = f"{lost}; remove_data: [{protected.spelled(key)}] consents to that"
            return Outcome(key, path, stage, Verdict.LEAVE, item, why=why)
        return Outcome(key, path, stage, Verdict.REMOVE, item, why="it is no longer in the definitions")

    former = [one for one in found if one[0] not in wanted]
    return [one for one in in_parallel(outcome, former, connections) if one]


def absent(wanted: Iterable[Wanted], live: dict[Key, Json], consents: Sequence[protected.Consent]) -> list[Outcome]:
    """Return the removal of all living objects among these.

    :raises ObjectsError: some hold something that would be lost, and no consent names them.
    """
    found = []
    for one in wanted:
        item = live.get(one.key)
        verdict = Verdict.SAME if item is None else Verdict.REMOVE
        found.append(Outcome(one.key, one.path, one.stage, verdict, item, wanted=one))
    consent_to_all(found, consents)
    return found


def consent_to_all(found: Iterable[Outcome], consents: Sequence[protected.Consent]) -> None:
    """Refuse to remove what holds something, unless a consent names it."""
    lost = {one.key: protected.loss(one.key, one.live) for one in found if one.live is not None}
    refused = [(key, why) for key, why in lost.items() if why and not protected.consented(key, consents)]
    if refused:
        raise ObjectsError(
            "nothing was removed, because of " + "; ".join(f"{key}: {why}" for key, why in refused)
            + ". To lose that, name them in remove_data: ["
            + ", ".join(protected.spelled(key) for key, __ in refused) + "]"
        )  # fmt: skip


def remove(
    transport: Transport,
    outcomes: Iterable[Outcome],
    connections: int,
    wait: Callable[[Sequence[tuple[Key, str, str]]], None] | None,
) -> None:
    """Remove objects stage by stage, custom resources before their controllers; in a stage, what refers first.

    :param wait: waits until the objects of a stage are gone, each with its path and uid; None to go on at once.
    """
    outcomes = [one for one in outcomes if one.verdict is Verdict.REMOVE]
    order = {(-one.stage, stages.removal_order(one.key.group, one.key.kind)) for one in outcomes}
    for stage, place in sorted(order):
        found = [
            one
            for one in outcomes
            if -one.stage == stage and stages.removal_order(one.key.group, one.key.kind) == place
        ]
        in_parallel(lambda one: _delete(transport, one), found, connections)
        if wait:
            wait([(one.key, one.path, _uid(one)) for one in found])


def _uid(outcome: Outcome) -> str:
    return str(((outcome.live or {}).get("metadata") or {}).get("uid") or "")


def _delete(transport: Transport, outcome: Outcome) -> None:
    """Remove just the object that was read; one that was made anew meanwhile is somebody else's."""
    try:
        transport.call("DELETE", outcome.path, body={**BACKGROUND, "preconditions": {"uid": _uid(outcome)}})
    except Refused as error:
        if error.status != 404:
            raise ObjectsError(f"{outcome.key} can't be removed: {error}") from error
