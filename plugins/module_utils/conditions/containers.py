# SPDX-License-Identifier: GPL-3.0-or-later
"""A pod that is not ready: the container at fault, and what its kubelet and the scheduler report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Literal

from ..waiting.missing import Row
from .errors import NeverReached
from .fields import Item, at, condition, is_true, since, title, unreported, why

#: Reasons of a waiting container that are steps of every start.
STARTING = ("ContainerCreating", "PodInitializing")
#: Which log has the lines of a container's end: that of the instance before this one, that of this one, or none.
Log = Literal["previous", "current", ""]


class Rank(IntEnum):
    """Kinds of faults, the nearest to a cause first."""

    POD = 0  # of the whole pod: it failed, or cannot be scheduled
    WAITS = 1  # a container is not started, or not started again
    ENDED = 2
    CRASHED = 3  # it runs again
    UNREADY = 4
    CREATING = 5
    CONDITION = 6  # no container is at fault
    BEHIND = 7  # a container waits for another one of its pod
    DELETED = 8


@dataclass(frozen=True)
class Fault:
    """Why a pod is not ready.

    :ivar reason: the whole text.
    :ivar alike: the part of it that is the same for pods that have the same fault.
    :ivar rank: the kind of fault.
    :ivar since: since when, where the text itself does not say so.
    :ivar container: the container at fault, if one is.
    :ivar log: which of its logs has the lines of its end.
    """

    reason: str
    alike: str
    rank: Rank
    since: str = ""
    container: str = ""
    log: Log = ""


def pod(item: Item, now: datetime) -> Row | None:
    """A pod is ready, or has ended successfully.

    :raises NeverReached: its phase is Failed.
    """
    found = fault(item, now)
    if found is None:
        return None
    row = row_of(item, found)
    if at(item, "status", "phase") == "Failed":
        raise NeverReached(row)
    return row


def row_of(item: Item, found: Fault) -> Row:
    """The row of a pod with this fault."""
    return Row(title(item), found.reason, node_of(item), found.since)


def node_of(item: Item) -> str:
    """The node of a pod; for a DaemonSet's pod that is not scheduled, the node for which it is meant."""
    if name := at(item, "spec", "nodeName"):
        return str(name)
    required = at(item, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    for term in at(required, "nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field.get("key") == "metadata.name" and field.get("values"):
                return str(field["values"][0])
    return ""


def fault(item: Item, now: datetime) -> Fault | None:
    """Why a pod is not ready; None where it is, or has ended successfully."""
    phase, scheduled = at(item, "status", "phase"), condition(item, "PodScheduled")
    gone = str(at(item, "metadata", "deletionTimestamp") or "")
    if phase == "Succeeded" or (phase != "Failed" and not gone and is_true(item, "Ready")):
        return None
    if gone:
        return Fault("it is being deleted", "deleted", Rank.DELETED, gone)
    if scheduled.get("status") == "False":
        return Fault(f"it cannot be scheduled ({why(scheduled)})", why(scheduled), Rank.POD, since(scheduled))
    found = sorted(_faults(item), key=lambda entry: entry.rank)
    failure = why(at(item, "status") or {})
    if phase == "Failed" and failure:  # an eviction and the like; the kubelet gives the reason for the whole pod
        return Fault(f"it failed ({failure})", failure, Rank.POD)
    if found:
        return found[0]
    return _without_container(item, now)


def _without_container(item: Item, now: datetime) -> Fault:
    """The fault of a pod none of whose containers is at fault."""
    ready = condition(item, "Ready")
    if at(item, "status", "phase") == "Failed":
        return Fault("it failed", "failed", Rank.POD)
    if not at(item, "spec", "nodeName"):
        return _unreported(item, now, "the scheduler")
    if not at(item, "status", "containerStatuses"):
        return _unreported(item, now, "the kubelet of its node")
    return Fault(
        f"it is not ready ({why(ready)})" if why(ready) else "it is not ready", why(ready), Rank.CONDITION, since(ready)
    )


def _unreported(item: Item, now: datetime, who: str) -> Fault:
    row = unreported(item, now, who)
    return Fault(row.reason, f"unreported by {who}", Rank.CREATING, row.since)


def _faults(item: Item) -> Iterator[Fault]:
    """What is wrong with each container, those of the start first."""
    for key, word in (("initContainerStatuses", "init container"), ("containerStatuses", "container")):
        for status in at(item, "status", key) or ():
            found = _fault(item, status, f"{word} {status['name']}")
            if found:
                yield replace(found, container=status["name"])


def _fault(item: Item, status: Item, name: str) -> Fault | None:
    state, last = status.get("state") or {}, at(status, "lastState", "terminated")
    if waiting := state.get("waiting"):
        return _waiting(item, status, name, waiting, last)
    if ended := state.get("terminated"):
        init = name.startswith("init")
        if ended.get("exitCode") == 0 and (init or at(item, "spec", "restartPolicy") != "Always"):
            return None
        text = f"{name} ended ({_ending(ended, status)}){_said(ended)}"
        return Fault(text, f"{name} {ended.get('exitCode')}", Rank.ENDED, log="current")
    if status.get("ready") or (running := state.get("running")) is None:
        return None
    text = f"{name} runs and is not ready" + (
        " (it has not finished its start)" if status.get("started") is False else ""
    )
    if last:
        text += f"; before, it ended ({_ending(last, status)}){_said(last)}"
        return Fault(text, f"{name} {last.get('exitCode')}", Rank.CRASHED, log="previous")
    return Fault(text, f"{name} runs", Rank.UNREADY, str(running.get("startedAt") or ""))


def _waiting(item: Item, status: Item, name: str, waiting: Item, last: Item | None) -> Fault:
    """The fault of a container that is not started, or not started again."""
    reason = str(waiting.get("reason") or "not started")
    if reason in STARTING:
        sandbox = condition(item, "PodReadyToStartContainers")
        text = f"{name} has not started ({reason})"
        text += "; its sandbox, which has its network, is not there" if sandbox.get("status") == "False" else ""
        start = str(at(item, "status", "startTime") or "")
        return Fault(text, f"{name} {reason}", Rank.CREATING if reason == STARTING[0] else Rank.BEHIND, start)
    message = str(waiting.get("message") or "").strip()
    if last is None:
        return Fault(f"{name} is in {reason}" + (f": {message}" if message else ""), f"{name} {reason}", Rank.WAITS)
    text = f"{name} is in {reason} ({_ending(last, status)}){_said(last)}"
    # The message of a crash loop only says how long the kubelet waits before it starts the container again.
    text += f": {message}" if message and reason != "CrashLoopBackOff" else ""
    return Fault(text, f"{name} {reason} {last.get('exitCode')}", Rank.WAITS, log="previous")


def _ending(ended: Item, status: Item) -> str:
    """How and when a container ended, and how often it was started again."""
    reason, count = ended.get("reason"), status.get("restartCount") or 0
    parts = [str(reason)] if reason not in (None, "Error", "Completed") else []
    parts += [f"signal {ended['signal']}"] if ended.get("signal") else []
    parts += [f"exit code {ended.get('exitCode')}"]
    parts += [f"{count} restart{'s' if count > 1 else ''}"] if count else []
    parts += [f"since {ended['finishedAt']}"] if ended.get("finishedAt") else []
    return ", ".join(parts)


def _said(ended: Item) -> str:
    """The message that a container left at its end (terminationMessagePath)."""
    message = " ".join(str(ended.get("message") or "").split())
    return f'; it left the message "{message}"' if message else ""
