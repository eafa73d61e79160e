# SPDX-License-Identifier: GPL-3.0-or-later
"""The reasons of an object that is not as wanted: what it says itself, its pods, their containers, logs and events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from ..waiting.missing import Row
from . import disk_images, pods
from .containers import fault
from .errors import NeverReached
from .events import warnings
from .fields import Item, at, condition, group, since, why
from .judge import READY, RULES, judge
from .reads import REQUESTS, Read, Reads, ReadText
from .serving import PRESSURE
from .texts import clipped

WEBHOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
#: Most objects that are explained at a time; the others have the row of their rule.
EXPLAINED = 5
CONDITIONS = 4  # that are shown of one object


def explain(
    read: Read,
    item: Item,
    *,
    row: Row | None = None,
    read_text: ReadText | None = None,
    now: datetime | None = None,
    requests: int = REQUESTS,
) -> tuple[Row, ...]:
    """Rows with the reasons of an object; none where ``judge`` finds it as wanted and no row is given.

    Secrets are never read. Lines of a log are what the container printed, and the text says so.

    :param item: the object, with ``apiVersion`` and ``kind``.
    :param row: what another rule than ``judge`` found missing.
    :param read_text: reads logs; without it there are none.
    :param requests: the most requests that are made. One without an answer ends the explanation.
    """
    now, reads = now or datetime.now(UTC), Reads(read, read_text, requests)
    row = row or _judged(item, now)
    if row is None:
        return ()
    if item.get("kind") == "Pod":
        found = fault(item, now)
        rows = pods.at_fault(reads, [item], now) if found else [row]
    else:
        further = _further(reads, item, now)
        texts = [clipped(row.reason), *_own(item, row.reason), *warnings(reads, item, row.reason)]
        rows = [replace(row, reason="; ".join(texts)), *further]
    return (*rows, *reads.unread())


def explain_all(
    read: Read,
    missing: Iterable[tuple[Item | None, Row]],
    *,
    read_text: ReadText | None = None,
    now: datetime | None = None,
) -> tuple[Row, ...]:
    """Rows of many objects. The first :data:`EXPLAINED` that exist are explained; the others have their own."""
    rows: list[Row] = []
    left = EXPLAINED
    for item, row in missing:
        if item is None or left == 0:
            rows.append(row)
            continue
        left -= 1
        rows += explain(read, item, row=row, read_text=read_text, now=now)
    return tuple(rows)


def _judged(item: Item, now: datetime) -> Row | None:
    try:
        return judge(item, now)
    except NeverReached as error:
        return error.rows[0]


def _own(item: Item, said: str) -> list[str]:
    """What the conditions of a Node, or of a kind without a rule of its own, say beside the one that was judged."""
    found = at(item, "status", "conditions") or ()
    if (group(item), item.get("kind")) == ("", "Node"):
        found = [entry for entry in found if entry.get("type") in PRESSURE and entry.get("status") == "True"]
    elif (group(item), item.get("kind")) in RULES:
        return []
    else:
        found = [entry for entry in found if entry.get("type") not in READY and entry.get("message")]
    newest = sorted(found, key=since, reverse=True)[:CONDITIONS]
    texts = [f"{entry['type']} is {entry.get('status')} ({clipped(why(entry))})" for entry in newest]
    return [text for text in texts if text not in said]


def _further(reads: Reads, item: Item, now: datetime) -> list[Row]:
    """Rows of the pods that an object depends on."""
    if pods.has_pods(item):
        return pods.of_workload(reads, item, now)
    if (group(item), item.get("kind")) in disk_images.RULES:
        return disk_images.further(reads, item, now)
    if item.get("kind") == "Node" and condition(item, "Ready").get("status") == "False":
        return pods.of_node(reads, item, now)  # not where it is Unknown: then the states of its pods are old
    rows: list[Row] = []
    for space, name in dict.fromkeys(services(item)):
        rows += pods.of_service(reads, space, name, now)
    return rows


def services(item: Item) -> Iterator[tuple[str, str]]:
    """Namespace and name of the services that answer for an APIService, a webhook configuration or the conversion of a
    CRD."""
    found = []
    if item.get("kind") == "APIService":
        found = [at(item, "spec", "service")]
    elif item.get("kind") in WEBHOOKS:
        found = [at(webhook, "clientConfig", "service") for webhook in item.get("webhooks") or ()]
    elif item.get("kind") == "CustomResourceDefinition":
        found = [at(item, "spec", "conversion", "webhook", "clientConfig", "service")]
    for service in filter(None, found):
        yield str(service["namespace"]), str(service["name"])
