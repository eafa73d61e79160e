# SPDX-License-Identifier: GPL-3.0-or-later
"""Access to parts of an object that may be absent, and the texts that several rules share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ..waiting.missing import Row

Item = Mapping[str, Any]
Rule = Callable[[Item, datetime], "Row | None"]

#: Seconds after its creation within which a controller that runs has reported on an object.
UNREPORTED = 60


def at(item: Any, *keys: str) -> Any:
    """The value below these keys; None where one of them is absent or null."""
    for key in keys:
        item = item.get(key) if isinstance(item, Mapping) else None
    return item


def number(item: Item, *keys: str, default: int = 0) -> int:
    """The number below these keys; controllers leave out a zero."""
    found = at(item, *keys)
    return default if found is None else int(found)


def condition(item: Item, kind: str) -> Item:
    """The condition of a type in the object's status; an empty one where it is not reported."""
    found = at(item, "status", "conditions") or ()
    return next((entry for entry in found if entry.get("type") == kind), {})


def is_true(item: Item, kind: str) -> bool:
    """Whether the object reports a condition as true."""
    return condition(item, kind).get("status") == "True"


def why(entry: Item) -> str:
    """Reason and message of a condition, of a container's state or of a status."""
    return ": ".join(str(text).strip() for text in (entry.get("reason"), entry.get("message")) if text)


def because(text: str, entry: Item) -> str:
    """The text, with reason and message of a condition where it has them."""
    return f"{text} ({why(entry)})" if why(entry) else text


def since(entry: Item) -> str:
    """When a condition got its status."""
    return str(entry.get("lastTransitionTime") or "")


def group(item: Item) -> str:
    """The API group of an object; empty for the core group."""
    return str(item.get("apiVersion", "")).rpartition("/")[0]


def name_of(kind: str, namespace: str, name: str) -> str:
    """How texts name an object: ``Deployment kube-system/coredns``; a Node is named by its name alone."""
    if kind == "Node":
        return name
    return f"{'pod' if kind == 'Pod' else kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def title(item: Item) -> str:
    """How texts name this object."""
    meta = item.get("metadata") or {}
    return name_of(str(item.get("kind", "object")), str(meta.get("namespace") or ""), str(meta.get("name", "")))


def lacking(item: Item, reason: str, since_when: str = "") -> Row:
    """The row of an object that is not as wanted."""
    return Row(title(item), reason, since=since_when)


def moment(text: str) -> datetime | None:
    """A timestamp of the API (RFC 3339, with or without fractions of seconds)."""
    return datetime.fromisoformat(text) if text else None


def age(item: Item, now: datetime) -> float:
    """Seconds since an object was created; 0 where it does not say."""
    created = moment(str(at(item, "metadata", "creationTimestamp") or ""))
    return (now - created).total_seconds() if created else 0.0


def deleted(item: Item) -> Row | None:
    """The row of an object that is being deleted; it names the finalizers that still hold it."""
    when = str(at(item, "metadata", "deletionTimestamp") or "")
    if not when:
        return None
    finalizers = ", ".join(at(item, "metadata", "finalizers") or ())
    return lacking(item, "it is being deleted" + (f"; finalizers: {finalizers}" if finalizers else ""), when)


def unobserved(item: Item, now: datetime) -> Row | None:
    """The row of an object whose newest specification its controller has not taken up."""
    wanted, seen = at(item, "metadata", "generation"), at(item, "status", "observedGeneration")
    if wanted is None or (seen is not None and int(seen) >= int(wanted)):
        return None
    if seen is None:
        return unreported(item, now)
    return lacking(item, f"its controller has not taken up its generation {wanted}, only {seen}")


def unreported(item: Item, now: datetime, who: str = "its controller") -> Row:
    """The row of an object that its controller, scheduler or kubelet has not reported on."""
    reason = f"{who} has not reported on it"
    if age(item, now) > UNREPORTED:
        reason += f" within {age(item, now):.0f} s of its creation; does it run?"
    return lacking(item, reason, str(at(item, "metadata", "creationTimestamp") or ""))
