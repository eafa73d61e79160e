# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the removals of layers share, whose upstream wants an order of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..objects.errors import ObjectsError, Refused
from ..objects.transport import BACKGROUND, JSON, MERGE, Json, Transport, items
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait

#: Names in a refusal.
SHOWN = 8


def delete(transport: Transport, path: str) -> None:
    """Delete an object, unless it is gone."""
    _unless_gone(transport, "DELETE", path, BACKGROUND, JSON)


def patch(transport: Transport, path: str, body: Json) -> None:
    """Change an object by a merge patch, unless it is gone."""
    _unless_gone(transport, "PATCH", path, body, MERGE)


def _unless_gone(transport: Transport, method: str, path: str, body: Json, content: str) -> None:
    try:
        transport.call(method, path, body=body, content=content)
    except Refused as error:
        if error.status != 404:
            raise


def until_none(rows: Callable[[], Sequence[Row]], deadline: Deadline, what: str) -> None:
    """Wait until nothing is missing any more.

    :raises ObjectsError: with what is still missing at the deadline.
    """

    def probe() -> bool | Missing:
        found = rows()
        return Missing(tuple(found)) if found else True

    try:
        wait(probe, deadline, what=what)
    except TimedOut as error:
        raise ObjectsError(str(error)) from error


def running(transport: Transport, path: str, query: Mapping[str, str]) -> list[Row]:
    """A row for each pod of a collection."""
    return [
        Row(f"Pod {one['metadata']['name']}", "it still runs", str((one.get("spec") or {}).get("nodeName") or ""))
        for one in items(transport, path, query)
    ]


def named(names: Sequence[str]) -> str:
    """The first names, and how many there are beside."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def spelled(kind: str, item: Json) -> str:
    """An object by its kind, namespace and name."""
    metadata = item["metadata"]
    place = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{kind} {place}{metadata['name']}"
