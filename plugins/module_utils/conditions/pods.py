# SPDX-License-Identifier: GPL-3.0-or-later
"""The pods of a workload or a service that are at fault: one row for each kind of fault, with log and events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ..waiting.missing import Row
from .containers import Fault, Rank, fault, node_of, row_of
from .events import warnings
from .fields import Item, at, condition, group, is_true, lacking, name_of, since, why
from .reads import Reads, selector
from .serving import unready
from .texts import LINES, clipped, last_lines

#: Faults that a node leaves behind whose kubelet does not report any more: nothing is said of containers.
OF_NODES = (Rank.CREATING, Rank.CONDITION, Rank.DELETED)
#: Kinds of faults of one workload that are explained; pods with the same fault are one kind.
FAULTS = 3
NAMED = 5  # pods that are named beside the one that is explained
LOG_BYTES = 16384
REVISION = "deployment.kubernetes.io/revision"


def of_workload(reads: Reads, item: Item, now: datetime) -> list[Row]:
    """Rows of the pods of a workload, and of the ReplicaSet of a Deployment that cannot make pods."""
    space, owners = str(at(item, "metadata", "namespace")), {at(item, "metadata", "uid"): ""}
    labels, rows = selector(at(item, "spec", "selector")), []
    if not labels:
        return []
    if item.get("kind") == "Deployment":
        sets = reads.items(f"/apis/apps/v1/namespaces/{space}/replicasets", labelSelector=labels)
        own = sorted((entry for entry in sets if _owned(entry, owners)), key=_revision)
        owners = {at(entry, "metadata", "uid"): "" for entry in own}
        rows += _refused(own[-1], item) if own else []
    found = reads.items(f"/api/v1/namespaces/{space}/pods", labelSelector=labels)
    return [*rows, *at_fault(reads, [entry for entry in found if _owned(entry, owners)], now)]


def of_service(reads: Reads, space: str, name: str, now: datetime) -> list[Row]:
    """Rows of the pods behind a service that has to have a ready endpoint."""
    service = reads.get(f"/api/v1/namespaces/{space}/services/{name}")
    if service is None:
        return [] if reads.notes else [Row(name_of("Service", space, name), "it does not exist")]
    labels = at(service, "spec", "selector")
    if not labels:
        return []
    found = reads.items(f"/api/v1/namespaces/{space}/pods", labelSelector=selector({"matchLabels": labels}))
    if not found and not reads.notes:
        return [Row(name_of("Service", space, name), f"it selects no pod ({selector({'matchLabels': labels})})")]
    return at_fault(reads, found, now)


def of_node(reads: Reads, item: Item, now: datetime) -> list[Row]:
    """Rows of pods of a node that is not ready: that of its network may be the cause. Pods that have not started are
    left out, since they wait for the node."""
    name = str(at(item, "metadata", "name"))
    found = reads.items("/api/v1/pods", fieldSelector=f"spec.nodeName={name}")
    return at_fault(reads, found, now, worst=Rank.CRASHED)


def at_fault(reads: Reads, pods: Iterable[Item], now: datetime, worst: Rank = Rank.DELETED) -> list[Row]:
    """Rows of those of these pods that are not ready, the nearest to a cause first.

    :param worst: the highest rank of a fault that is shown.
    """
    kinds: dict[str, list[tuple[Item, Fault]]] = {}
    for item in pods:
        found = fault(item, now)
        if found and found.rank <= worst:
            kinds.setdefault(found.alike, []).append(({"apiVersion": "v1", "kind": "Pod", **item}, found))
    ranked = sorted(kinds.values(), key=lambda entries: entries[0][1].rank)
    rows = [_explained(reads, entries) for entries in ranked[:FAULTS]]
    more = sum(map(len, ranked[FAULTS:]))
    return [*rows, *([Row("further pods", f"{more} have other faults")] if more else [])]


def _explained(reads: Reads, entries: list[tuple[Item, Fault]]) -> Row:
    """The row of the first of several pods with the same fault."""
    (item, found), others = entries[0], entries[1:]
    texts = [clipped(found.reason)]
    if found.log and (lines := log(reads, item, found)):
        texts.append(f"last lines that it printed: {lines}")
    if found.rank in OF_NODES:
        texts += _of_its_node(reads, item)
    texts += warnings(reads, item, found.reason)
    if others:
        named = [f"{at(entry, 'metadata', 'name')}{_on(entry)}" for entry, __ in others[:NAMED]]
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        texts.append(f"the same with {', '.join(named)}{more}")
    return replace(row_of(item, found), reason="; ".join(texts))


def _of_its_node(reads: Reads, item: Item) -> list[str]:
    """That the node of a pod is not ready."""
    name = node_of(item)
    found = reads.get(f"/api/v1/nodes/{name}") if name else None
    row = unready(found) if found else None
    return [f"its node is {row.reason}" + (f" since {row.since}" if row.since else "")] if row else []


def log(reads: Reads, item: Item, found: Fault) -> str:
    """The last lines that the container at fault printed before its end."""
    meta = item["metadata"]
    query = {"container": found.container, "tailLines": str(LINES), "limitBytes": str(LOG_BYTES)}
    query |= {"previous": "true"} if found.log == "previous" else {}
    return last_lines(reads.text(f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/log", **query))


def _refused(newest: Item, of: Item) -> list[Row]:
    """The row of a Deployment's newest ReplicaSet whose pods are refused (by a quota, an admission webhook), unless the
    Deployment has the same condition already."""
    item = {"apiVersion": of["apiVersion"], "kind": "ReplicaSet", **newest}
    failure = condition(item, "ReplicaFailure")
    if failure.get("status") != "True" or is_true(of, "ReplicaFailure"):
        return []
    return [lacking(item, clipped(why(failure)), since(failure))]


def _owned(item: Item, uids: Iterable[object]) -> bool:
    owners = at(item, "metadata", "ownerReferences") or ()
    return any(owner.get("controller") and owner.get("uid") in uids for owner in owners)


def _revision(item: Item) -> int:
    return int(at(item, "metadata", "annotations", REVISION) or 0)


def _on(item: Item) -> str:
    return f" on {node_of(item)}" if node_of(item) else ""


def has_pods(item: Item) -> bool:
    """Whether this kind of object owns pods that its selector finds."""
    return group(item) in ("apps", "batch") and bool(at(item, "spec", "selector"))
