# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for objects whose controllers make pods: Deployment, DaemonSet, StatefulSet, ReplicaSet and Job."""

from __future__ import annotations

from datetime import datetime

from ..waiting.missing import Row
from .errors import NeverReached
from .fields import Item, at, condition, is_true, lacking, number, since, unobserved, unreported, why


def deployment(item: Item, now: datetime) -> Row | None:
    """All replicas are of the newest revision and available, and no others are left (kubectl rollout status)."""
    if row := unobserved(item, now):
        return row
    wanted = number(item, "spec", "replicas", default=1)
    have, updated = number(item, "status", "replicas"), number(item, "status", "updatedReplicas")
    available = number(item, "status", "availableReplicas")
    texts = []
    if updated < wanted:
        texts.append(f"{updated} of {wanted} replicas are of the newest revision")
    if available < wanted:
        texts.append(f"{available} of {wanted} replicas are available")
    if have > updated:
        texts.append(f"{have - updated} replicas of an older revision have not ended")
    if not texts:
        return None
    if at(item, "spec", "paused"):
        texts.append("its rollout is paused (spec.paused)")
    progress, failure = condition(item, "Progressing"), condition(item, "ReplicaFailure")
    texts += [why(failure)] if failure.get("status") == "True" else []
    texts += [why(progress)] if progress.get("status") == "False" else []
    return lacking(item, "; ".join(texts), _since_false(item, "Available", "Progressing"))


def daemon_set(item: Item, now: datetime) -> Row | None:
    """Each node that has to run a pod runs an available one of the newest revision."""
    if row := unobserved(item, now):
        return row
    status, wanted = ("status",), number(item, "status", "desiredNumberScheduled")
    updated, available = number(item, *status, "updatedNumberScheduled"), number(item, *status, "numberAvailable")
    texts = []
    if updated < wanted and at(item, "spec", "updateStrategy", "type") != "OnDelete":
        texts.append(f"{updated} of {wanted} pods are of the newest revision")
    if available < wanted:
        texts.append(f"{available} of {wanted} pods are available")
    return lacking(item, "; ".join(texts)) if texts else None


def stateful_set(item: Item, now: datetime) -> Row | None:
    """All replicas are ready, and those from the partition on are of the newest revision."""
    if row := unobserved(item, now):
        return row
    wanted, ready = number(item, "spec", "replicas", default=1), number(item, "status", "readyReplicas")
    strategy, have = at(item, "spec", "updateStrategy") or {}, number(item, "status", "replicas")
    texts = []
    if strategy.get("type") != "OnDelete":
        newest = wanted - number(strategy, "rollingUpdate", "partition")
        if (updated := number(item, "status", "updatedReplicas")) < newest:
            texts.append(f"{updated} of {newest} replicas are of the newest revision")
    if ready < wanted:
        texts.append(f"{ready} of {wanted} replicas are ready")
    elif (
        number(item, "spec", "minReadySeconds") and (available := number(item, "status", "availableReplicas")) < wanted
    ):
        texts.append(f"{available} of {wanted} replicas are available")
    if have > wanted:
        texts.append(f"{have - wanted} replicas too many have not ended")
    return lacking(item, "; ".join(texts)) if texts else None


def replica_set(item: Item, now: datetime) -> Row | None:
    """All replicas are available, and none is left over."""
    if row := unobserved(item, now):
        return row
    wanted, available = number(item, "spec", "replicas", default=1), number(item, "status", "availableReplicas")
    have, failure = number(item, "status", "replicas"), condition(item, "ReplicaFailure")
    texts = []
    if available < wanted:
        texts.append(f"{available} of {wanted} replicas are available")
    if have > wanted:
        texts.append(f"{have - wanted} replicas too many have not ended")
    if not texts:
        return None
    texts += [why(failure)] if failure.get("status") == "True" else []
    return lacking(item, "; ".join(texts), since(failure))


def job(item: Item, now: datetime) -> Row | None:
    """It is complete, or suspended by its specification.

    :raises NeverReached: it failed.
    """
    failed, target = condition(item, "Failed"), condition(item, "FailureTarget")
    if failed.get("status") == "True":
        raise NeverReached(lacking(item, f"it failed ({why(failed)})" if why(failed) else "it failed", since(failed)))
    if is_true(item, "Complete") or is_true(item, "Suspended"):
        return None
    if not at(item, "status", "startTime"):
        return unreported(item, now)
    parallel = number(item, "spec", "parallelism", default=1)
    wanted = number(item, "spec", "completions", default=parallel)
    counts = (("active", "run"), ("failed", "failed"))
    texts = [f"{count} pods {word}" for key, word in counts if (count := number(item, "status", key))]
    reason = f"{number(item, 'status', 'succeeded')} of {wanted} completions"
    reason += f" ({', '.join(texts)})" if texts else ""
    reason += f"; it is going to fail ({why(target)})" if target.get("status") == "True" else ""
    return lacking(item, reason, str(at(item, "status", "startTime")))


def _since_false(item: Item, *kinds: str) -> str:
    """Since when the first of these conditions is false that is."""
    found = (condition(item, kind) for kind in kinds)
    return next((since(entry) for entry in found if entry.get("status") == "False"), "")
