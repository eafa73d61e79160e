# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to hold before the next stage begins: CRDs are served, webhooks have endpoints, removed objects are gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ..conditions.explain import services
from ..conditions.related import has_endpoint
from ..conditions.serving import crd as lacking
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from .apply import in_parallel
from .discovery import Discovery
from .errors import ObjectsError
from .live import get
from .transport import Json, Transport
from .wanted import Key, resources_of

SHORTEST, LONGEST = 0.2, 2.0


class Gates:
    """Waits between stages; a deadline that passes is an error that says what is missing."""

    def __init__(self, transport: Transport, discovery: Discovery, deadline: Deadline, connections: int) -> None:
        self._transport, self._discovery = transport, discovery
        self._deadline, self._connections = deadline, connections

    def served(self, crds: Sequence[tuple[str, Json]]) -> None:
        """Wait until CRDs are Established and discovery shows each version that they serve.

        :param crds: the path and the last known state of each.
        """
        if not crds:
            return
        states = dict(crds)

        def rows() -> list[Row]:
            now = datetime.now(UTC)
            waiting = [path for path, state in states.items() if lacking(state, now)]
            found = in_parallel(lambda path: (path, self._get(path)), waiting, self._connections)
            states.update({path: state or states[path] for path, state in found})
            missing = [row for state in states.values() if (row := lacking(state, now))]
            return missing or self._not_discovered(list(states.values()))

        self._until(rows, "CRDs to be served")

    def endpoints(self, bodies: Iterable[Json]) -> None:
        """Wait until the services that webhooks and API services name have an endpoint that is ready."""
        named = sorted({service for body in bodies for service in services(body)})
        self._until(lambda: in_parallel_rows(self._without_endpoint, named, self._connections), "webhooks to answer")

    def gone(self, removed: Sequence[tuple[Key, str, str]]) -> None:
        """Wait until objects no longer exist: each with its path and its uid."""

        def row(one: tuple[Key, str, str]) -> Row | None:
            key, path, uid = one
            found = self._get(path)
            if found is None or found["metadata"].get("uid") != uid:
                return None
            metadata = found["metadata"]
            finalizers = ", ".join(metadata.get("finalizers") or []) or "its deletion is not finished"
            return Row(str(key), f"waits for {finalizers}", since=str(metadata.get("deletionTimestamp") or ""))

        self._until(lambda: in_parallel_rows(row, removed, self._connections), "objects to be removed")

    def _until(self, rows: Callable[[], Sequence[Row]], what: str) -> None:
        def probe() -> bool | Missing:
            found = rows()
            return Missing(tuple(found)) if found else True

        try:
            wait(probe, self._deadline, what=what, pause=lambda waited: min(LONGEST, SHORTEST + waited / 10))
        except TimedOut as error:
            raise ObjectsError(str(error)) from error

    def _get(self, path: str) -> Json | None:
        return get(self._transport, path)

    def _not_discovered(self, crds: Iterable[Json]) -> list[Row]:
        wanted = [resource for crd in crds for resource in resources_of(crd)]
        if any(self._discovery.find(one.api_version, one.kind) is None for one in wanted):
            self._discovery.refresh()
        return [
            Row(f"{one.kind} of {one.api_version}", "the API server does not serve it yet")
            for one in wanted
            if self._discovery.find(one.api_version, one.kind) is None
        ]

    def _without_endpoint(self, service: tuple[str, str]) -> Row | None:
        namespace, name = service
        if has_endpoint(self._get, namespace, name):
            return None
        return Row(f"Service {namespace}/{name}", "it has no endpoint that is ready, so its webhook can't answer")


def in_parallel_rows(action: Callable[[Any], Row | None], given: Iterable[Any], connections: int) -> list[Row]:
    """Return the rows that ``action`` found."""
    return [row for row in in_parallel(action, given, connections) if row]
