# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for kinds that other objects decide about: webhook configurations and claims."""

from __future__ import annotations

import urllib.parse
from datetime import datetime

from ..waiting.missing import Row
from .explain import WEBHOOKS, services
from .fields import Item, at, deleted, group, lacking
from .judge import judge
from .reads import Read

#: Set by the scheduler on a claim for which it has chosen a node: from then on a volume is made.
CHOSEN = "volume.kubernetes.io/selected-node"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


def judge_live(read: Read, item: Item, now: datetime) -> Row | None:
    """As ``judge``, with what other objects say; for a claim and for each service of a webhook one request.

    :raises ReadError: another object could not be read.
    """
    if group(item) == "admissionregistration.k8s.io" and item.get("kind") in WEBHOOKS:
        return deleted(item) or webhooks(read, item)
    row = judge(item, now)
    if row and item.get("kind") == "PersistentVolumeClaim" and at(item, "status", "phase") == "Pending":
        return claim(read, item, row)
    return row


def webhooks(read: Read, item: Item) -> Row | None:
    """Each service that a webhook configuration names has a ready endpoint; without one the API refuses requests."""
    without = [
        f"{space}/{name}" for space, name in dict.fromkeys(services(item)) if not has_endpoint(read, space, name)
    ]
    return lacking(item, f"no ready endpoint of service {', '.join(without)}") if without else None


def has_endpoint(read: Read, space: str, name: str) -> bool:
    """Whether an EndpointSlice of a service has a ready address; an unset ``ready`` means that it is ready."""
    query = urllib.parse.urlencode({"labelSelector": f"kubernetes.io/service-name={name}"})
    found = read(f"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices?{query}") or {}
    return any(
        endpoint.get("addresses") and at(endpoint, "conditions", "ready") is not False
        for entry in found.get("items") or ()
        for endpoint in entry.get("endpoints") or ()
    )


def claim(read: Read, item: Item, row: Row) -> Row | None:
    """A claim that is not bound is as wanted while its StorageClass waits for the first pod that uses it."""
    name = at(item, "spec", "storageClassName")
    if not name:
        return row
    found = read(f"{CLASSES}/{name}")
    if found is None:
        return lacking(item, f"its StorageClass {name} does not exist", row.since)
    waits = found.get("volumeBindingMode") == "WaitForFirstConsumer"
    return None if waits and not at(item, "metadata", "annotations", CHOSEN) else row
