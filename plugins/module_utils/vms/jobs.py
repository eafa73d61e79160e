# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that stand for one piece of work of KubeVirt: made once, waited for, judged by their status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..conditions.fields import Item, at, condition, why
from ..plan.base import Change, Changes
from ..waiting.missing import Missing, Row
from .cluster import Cluster
from .errors import VmError
from .kinds import Kind
from .vmi import name_of


@dataclass(frozen=True)
class Verdict:
    """Whether the work is done, or has failed for good, and what it says."""

    done: bool = False
    failed: bool = False
    reason: str = ""


Judge = Callable[[Item], Verdict]


def said(item: Item, *kinds: str) -> str:
    """The error of an object's status, and reasons and messages of these conditions."""
    entries = [condition(item, kind) for kind in kinds]
    texts = [str(at(item, "status", "error", "message") or ""), *(why(one) for one in entries)]
    return "; ".join(dict.fromkeys(filter(None, texts)))


def differs(live: Item, wanted: Mapping[str, Any]) -> list[str]:
    """Keys of a specification in which the live object is another one."""
    return sorted(key for key, value in wanted["spec"].items() if at(live, "spec", key) != value)


def adopt(kind: Kind, live: Item | None, wanted: Mapping[str, Any], judge: Judge) -> None:
    """Take an object that exists already as the one that is wanted.

    :raises VmError: it is the work of something else, or has failed.
    """
    if live is None:
        return
    other = differs(live, wanted)
    if other:
        values = ", ".join(f"{key}: {at(live, 'spec', key)}" for key in other)
        raise VmError(f"{kind.kind} {name_of(live)} exists with other values ({values}); choose another name")
    verdict = judge(live)
    if verdict.failed:
        raise VmError(f"{kind.kind} {name_of(live)} has failed ({verdict.reason}); delete it, or choose another name")


def changes_of(kind: Kind, wanted: Mapping[str, Any], live: Item | None) -> Changes:
    """The creation of an object, unless it exists."""
    if live is not None:
        return Changes()
    lines = "".join(f"{key}: {value}\n" for key, value in sorted(wanted["spec"].items()))
    return Changes((Change(f"create {kind.kind} {name_of(wanted)}", "", lines),))


def carried_out(
    cluster: Cluster,
    kind: Kind,
    wanted: Mapping[str, Any],
    live: Item | None,
    params: Mapping[str, Any],
    check: bool,
    judge: Judge,
    facts: Callable[[Item], dict[str, Any]],
    more: Callable[[Cluster, Item], list[str]] | None = None,
) -> dict[str, Any]:
    """The result of a module whose work is one object, which is made unless it is there, and waited for.

    :param live: the object, if there is one, as `adopt` has taken it.
    :param facts: what the result has of the object.
    :param more: see `finished`.
    :raises VmError: as `finished`.
    """
    result = changes_of(kind, wanted, live).result()
    if check:
        return result
    made: Item = live or cluster.create(kind, wanted)
    if params["wait"] and not judge(made).done:
        made = finished(cluster, kind, made, judge, more)
    return result | facts(made)


def finished(
    cluster: Cluster, kind: Kind, made: Item, judge: Judge, more: Callable[[Cluster, Item], list[str]] | None = None
) -> Item:
    """The object once its work is done.

    :param more: further reasons, read at the deadline and at a failure.
    :raises VmError: it failed, or had not ended at the deadline, with reasons and events.
    """
    space, name = str(at(made, "metadata", "namespace")), str(at(made, "metadata", "name"))

    def explained(item: Item, reason: str) -> str:
        late = cluster.within(30)
        texts = [*(more(late, item) if more else ()), *late.warnings_of(item, reason)]
        return "; ".join([reason, *(text for text in texts if text not in reason)])

    def probe() -> Item | Missing:
        item = cluster.get(kind, space, name)
        if item is None:
            raise VmError(f"{kind.kind} {space}/{name} was deleted by somebody else")
        verdict = judge(item)
        if verdict.failed:
            raise VmError(f"{kind.kind} {space}/{name} failed: {explained(item, verdict.reason)}")
        if verdict.done:
            return item
        reason = explained(item, verdict.reason) if cluster.deadline.passed else verdict.reason
        return Missing(
            (Row(f"{kind.kind} {space}/{name}", reason, "", str(at(item, "metadata", "creationTimestamp"))),)
        )

    found: Item = cluster.until(probe, f"{kind.kind} {space}/{name}")
    return found


def removed(cluster: Cluster, kind: Kind, space: str, name: str, check: bool) -> dict[str, Any]:
    """The result of a removal, which is waited for."""
    live = cluster.get(kind, space, name)
    title = f"{kind.kind} {space}/{name}"
    changes = Changes((Change(f"remove {title}", "it exists\n", ""),) if live else ())
    if live and not check:
        cluster.delete(kind, live)

        def probe() -> bool | Missing:
            item = cluster.get(kind, space, name)
            if item is None or at(item, "metadata", "uid") != at(live, "metadata", "uid"):
                return True
            held = ", ".join(at(item, "metadata", "finalizers") or ()) or "none"
            return Missing.of(title, f"it is being deleted; finalizers: {held}; {said(item, 'Progressing')}")

        cluster.until(probe, f"the removal of {title}")
    return changes.result()
