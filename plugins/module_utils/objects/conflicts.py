# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields that another manager owns: what was changed by hand is mended, everything else wants a consent.

A tool with which people change single objects (``kubectl edit``, ``patch``, ``scale`` …) becomes the owner of the
fields that it writes. That is a change by hand, so it is shown in the diff and put right. Another owner is a controller
or somebody else's definition: both sides would change the field back at every run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ObjectsError, Refused
from .wanted import Key

MANAGER = "groundup.cloud"
_OWNER = re.compile(r'conflict with "([^"]+)"')
#: kubectl's manager for `apply` without server-side apply: somebody's definition, not a change by hand.
CLIENT_SIDE = "kubectl-client-side-apply"


class Conflicting(ObjectsError):
    """Fields of an object belong to another manager."""


@dataclass(frozen=True)
class Conflict:
    """One field and its owner."""

    field: str
    manager: str


@dataclass(frozen=True)
class TakeOver:
    """The consent to take fields of one object over from one manager.

    :ivar fields: as the API server names them, e.g. ``.spec.replicas``; each covers the fields below it.
    """

    kind: str
    name: str
    manager: str
    fields: tuple[str, ...]
    namespace: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> TakeOver:
        """Return the consent that an option means."""
        return cls(given["kind"], given["name"], given["manager"], tuple(given["fields"]), given.get("namespace") or "")

    def covers(self, key: Key, conflict: Conflict) -> bool:
        """Return whether the consent names this field of this object and its owner."""
        same = (self.kind, self.name, self.namespace) == (key.kind, key.name, key.namespace)
        return same and self.manager == conflict.manager and any(_below(conflict.field, one) for one in self.fields)


def _below(field: str, parent: str) -> bool:
    parent = parent if parent.startswith(".") else f".{parent}"
    return field == parent or (field.startswith(parent) and field[len(parent)] in ".[")


def of(error: Refused) -> list[Conflict]:
    """Return the conflicts of fields that an answer names; empty for another kind of conflict."""
    found = []
    for cause in error.causes:
        if cause.get("reason") == "FieldManagerConflict":
            owner = _OWNER.search(str(cause.get("message")))
            found.append(Conflict(str(cause.get("field")), owner.group(1) if owner else "unknown"))
    return found


def by_hand(conflict: Conflict, live: Mapping[str, Any] | None) -> bool:
    """Return whether the owner is a tool with which people change single objects."""
    manager = conflict.manager
    if manager == CLIENT_SIDE or not (manager == "kubectl" or manager.startswith("kubectl-")):
        return False
    entries = ((live or {}).get("metadata") or {}).get("managedFields") or []
    operations = {entry.get("operation") for entry in entries if entry.get("manager") == manager}
    return operations == {"Update"}  # Apply is `kubectl apply --server-side`: somebody's definition


def judge(
    key: Key, found: Sequence[Conflict], live: Mapping[str, Any] | None, consents: Iterable[TakeOver]
) -> list[str]:
    """Return why each field is taken over.

    :raises Conflicting: for a field there is neither a consent nor was it changed by hand.
    """
    consents, reasons, refused = list(consents), [], []
    for one in found:
        if by_hand(one, live):
            reasons.append(f"{one.field} was changed by hand with {one.manager}")
        elif any(consent.covers(key, one) for consent in consents):
            reasons.append(f"{one.field} is taken over from {one.manager}, as take_over names it")
        else:
            refused.append(one)
    if refused:
        raise Conflicting(f"{key}: {'; '.join(_refusal(key, refused))}")
    return reasons


def _refusal(key: Key, found: Iterable[Conflict]) -> list[str]:
    owners: dict[str, list[str]] = {}
    for one in found:
        owners.setdefault(one.manager, []).append(one.field)
    place = f", namespace: {key.namespace}" if key.namespace else ""
    return [
        f'{", ".join(fields)} {"is" if len(fields) == 1 else "are"} owned by the field manager "{manager}"; leave '
        f"{'it' if len(fields) == 1 else 'them'} out of the definition, or take over by naming it in take_over: "
        f"{{kind: {key.kind}, name: {key.name}{place}, manager: {manager}, fields: [{', '.join(fields)}]}}"
        for manager, fields in owners.items()
    ]
