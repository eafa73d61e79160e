# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of the API: objects by path, which it serves like an API server, with a clock that sleeping moves."""

from __future__ import annotations

import typing as t
import urllib.parse

from ansible_collections.groundup.cloud.plugins.module_utils.conditions.errors import Unanswered

Given = dict[str, t.Any]
AT = "2026-11-28T11:59:50Z"


class Api:
    """``objects``: by path. A list has all objects below its path, without their kinds, as real lists do; ``faults``:
    part of a path -> the error of its requests; ``before(path)`` is called before each request."""

    def __init__(self, objects: dict[str, Given] | None = None, **faults: Exception) -> None:
        self.objects, self.faults, self.made = dict(objects or {}), dict(faults), list[str]()
        self.before: t.Callable[[str], None] = lambda _path: None
        self.time = 0.0

    def get(self, path: str) -> Given | None:
        place, query = self._requested(path)
        if place in self.objects:
            return self.objects[place]
        if place.rpartition("/")[2] not in LISTS:
            return None
        fields = dict(part.split("=") for part in query.get("fieldSelector", "").split(",") if part)
        wanted = {key.removeprefix("involvedObject."): value for key, value in fields.items()}
        found = [
            {key: value for key, value in entry.items() if key not in ("kind", "apiVersion")}
            for name, entry in self.objects.items()
            if name.rpartition("/")[0] == place and about(entry, wanted)
        ]
        return {"items": found, "metadata": {}}

    def text(self, path: str) -> str | None:
        place, query = self._requested(path)
        which = "" if query.get("previous") else "?now"
        return t.cast("str | None", self.objects.get(place + which, {}).get("log"))

    def _requested(self, path: str) -> tuple[str, dict[str, str]]:
        self.made.append(urllib.parse.unquote_plus(path))
        self.before(path)
        for part, error in self.faults.items():
            if part in path:
                raise error
        place, __, query = path.partition("?")
        return place, dict(urllib.parse.parse_qsl(query))

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


LISTS = ("pods", "replicasets", "events", "endpointslices", "deployments", "configmaps")


def about(entry: Given, wanted: dict[str, str]) -> bool:
    """Whether an event is about the object of a field selector; what is no event always is."""
    involved = entry.get("involvedObject") or {}
    return not involved or all(involved.get(key) == value for key, value in wanted.items() if key in involved)


class Away(Unanswered):
    """What a client raises where there is no answer."""


SPACE = "/api/v1/namespaces/web"
SETS = "/apis/apps/v1/namespaces/web/replicasets"
DEPLOYMENTS = "/apis/apps/v1/namespaces/web/deployments"
SELECTOR = {"matchLabels": {"app": "x"}}


def owner(uid: str) -> list[Given]:
    return [{"uid": uid, "controller": True}]


def deployment(available: int = 0, name: str = "x", **status: t.Any) -> Given:
    counts = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": available}
    meta = {"name": name, "namespace": "web", "uid": "d", "generation": 1}
    spec = {"replicas": 2, "selector": SELECTOR}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec, "status": counts | status}


def replica_set(revision: int, **status: t.Any) -> Given:
    note = {"deployment.kubernetes.io/revision": str(revision)}
    meta = {"name": f"x-{revision}", "namespace": "web", "uid": f"r{revision}", "ownerReferences": owner("d")}
    return {"kind": "ReplicaSet", "metadata": meta | {"annotations": note}, "status": status}


def crashing(name: str, node: str = "node2", code: int = 1, of: str = "r2") -> Given:
    last = {"terminated": {"exitCode": code, "reason": "Error", "finishedAt": AT}}
    state = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}}
    status = {"name": "y", "ready": False, "restartCount": 5, "state": state, "lastState": last}
    meta = {"name": name, "namespace": "web", "uid": f"u-{name}", "ownerReferences": owner(of)}
    spec = {"nodeName": node, "restartPolicy": "Always"}
    return {"kind": "Pod", "metadata": meta, "spec": spec,
            "status": {"phase": "Running", "containerStatuses": [status]}}  # fmt: skip


def event(name: str, reason: str, message: str, at: str, kind: str = "Pod", count: int = 1, **more: t.Any) -> Given:
    return {
        "involvedObject": {"kind": kind, "name": name}, "type": "Warning", "reason": reason, "message": message,
        "lastTimestamp": at, "count": count, **more,
    }  # fmt: skip


def failing() -> Api:
    """A Deployment with two pods that end, a third with another fault, and one of another owner."""
    return Api({
        f"{DEPLOYMENTS}/x": deployment(),
        f"{SETS}/x-1": replica_set(1),
        f"{SETS}/x-2": replica_set(2),
        f"{SPACE}/pods/x-a": crashing("x-a"),
        f"{SPACE}/pods/x-b": crashing("x-b", "node3"),
        f"{SPACE}/pods/x-c": crashing("x-c", code=2),
        f"{SPACE}/pods/z": crashing("z", of="other"),
        f"{SPACE}/pods/x-a/log": {"log": "one\n\x1b[31mtwo\x1b[0m: no\x07 route\n\n"},
        f"{SPACE}/events/1": event("x-a", "FailedMount", "old", "2026-11-28T11:00:00Z"),
        f"{SPACE}/events/2": event("x-a", "FailedMount", 'configmap "x" not found', AT, count=7),
        f"{SPACE}/events/3": event("x-a", "BackOff", "Back-off restarting failed container y", AT),
    })  # fmt: skip
