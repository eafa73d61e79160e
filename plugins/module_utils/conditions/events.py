# SPDX-License-Identifier: GPL-3.0-or-later
"""Warnings about an object in the cluster's events.

They are read from the core API, which also has what is written by events.k8s.io: both serve the same objects
(k8s.io/kubernetes, pkg/apis/core and pkg/registry/events).
"""

from __future__ import annotations

from collections.abc import Iterable

from .fields import Item, at
from .reads import Reads
from .texts import clipped

SHOWN = 3  # reasons per object
#: Reasons whose texts repeat what the state of a container says.
REPEATED = ("BackOff",)


def warnings(reads: Reads, item: Item, said: str = "") -> list[str]:
    """The newest warning of each reason about an object, newest first; without those that ``said`` has already."""
    meta, kind = item.get("metadata") or {}, str(item.get("kind", ""))
    about = {"involvedObject.kind": kind, "involvedObject.name": str(meta.get("name", ""))}
    if meta.get("uid") and kind != "Node":  # a kubelet writes the name of its node in place of the uid
        about["involvedObject.uid"] = str(meta["uid"])
    fields = ",".join(f"{key}={value}" for key, value in {**about, "type": "Warning"}.items())
    # Events of objects without a namespace are in this one.
    place = f"/api/v1/namespaces/{meta.get('namespace') or 'default'}/events"
    return texts_of(reads.items(place, fieldSelector=fields), said)


def texts_of(found: Iterable[Item], said: str = "") -> list[str]:
    """Texts of these events."""
    newest: dict[str, Item] = {}
    for event in sorted((event for event in found if event.get("type") == "Warning"), key=last_seen):
        newest.pop(str(event.get("reason")), None)  # else it would stay at the place of an older one
        newest[str(event.get("reason"))] = event
    texts = []
    for reason, event in reversed(newest.items()):
        message = clipped(str(event.get("message") or ""))
        if reason in REPEATED or (message and message in said):
            continue
        times = max(int(event.get("count") or 0), int(at(event, "series", "count") or 0))
        often = f"{times} times, last at" if times > 1 else "at"
        texts.append(f"{reason}: {message} ({often} {last_seen(event)})")
    return texts[:SHOWN]


def last_seen(event: Item) -> str:
    """When an event happened last: its series, the older counter, or its only time."""
    times = (at(event, "series", "lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    created = at(event, "metadata", "creationTimestamp") or ""
    return str(next((time for time in times if time), created))
