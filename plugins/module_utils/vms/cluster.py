# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to the API server within a deadline, repeated while it can't answer where a repetition does no harm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..conditions import events
from ..conditions.explain import explain
from ..conditions.fields import Item
from ..conditions.reads import Reads
from ..objects.access import connect
from ..objects.errors import ObjectsError, Refused, Unreachable
from ..objects.live import get, served
from ..objects.patience import Patient, attempt
from ..objects.transport import MERGE, Json, Transport
from ..waiting.deadline import Deadline
from ..waiting.missing import Row
from ..waiting.wait import Pause, TimedOut, growing, wait
from .errors import VmError
from .kinds import KUBEVIRT, Kind

PAUSE: Pause = growing(0.5, 5)


class Cluster:
    """One cluster for the time of one module.

    :ivar deadline: of everything.
    """

    def __init__(self, transport: Transport, deadline: Deadline) -> None:
        self.deadline = deadline
        self._transport, self._patient = transport, Patient(transport, deadline)

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Cluster:
        """The cluster that a module's options of access name, until its `timeout`."""
        return cls(connect(params), Deadline(params["timeout"]))

    def within(self, seconds: float) -> Cluster:
        """The same with a deadline of its own, for what has to be done after this one has passed."""
        return Cluster(self._transport, Deadline(seconds, self.deadline.clock))

    @property
    def warnings(self) -> list[str]:
        """What the API server warned of."""
        return self._transport.warnings

    def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """An object, or None where there is none."""
        found = get(self._patient, kind.path(namespace, name))
        return None if found is None else {"apiVersion": kind.api_version, "kind": kind.kind, **found}

    def all(self, kind: Kind, namespace: str = "", **query: str) -> list[Json]:
        """The objects of a kind; none where the kind is not served."""
        found = served(self._patient, kind.path(namespace), {key: text for key, text in query.items() if text})
        return [{**one, "apiVersion": kind.api_version, "kind": kind.kind} for one in found]

    def read(self, path: str) -> Item | None:
        """An object or a list by its path, for `conditions`."""
        return get(self._patient, path)

    def read_text(self, path: str) -> str | None:
        """A text by its path, such as a log."""
        return self._patient.text(path)

    def patch(self, path: str, body: Mapping[str, Any]) -> Json:
        """A merge patch."""
        return self._repeated(lambda: self._transport.call("PATCH", path, None, dict(body), MERGE), f"PATCH {path}")

    def put(self, path: str, body: Mapping[str, Any] | None = None) -> None:
        """An action of KubeVirt. It is not repeated: what was begun may not be begun again."""
        self._transport.call("PUT", path, None, dict(body or {}))

    def create(self, kind: Kind, body: Mapping[str, Any]) -> Json:
        """Create an object; unknown fields are errors. One that an unanswered call has created is returned."""
        meta = body["metadata"]
        path, repeated = kind.path(meta["namespace"]), False

        def once() -> Json:
            nonlocal repeated
            try:
                return self._transport.call("POST", path, {"fieldValidation": "Strict"}, dict(body))
            except Unreachable:
                repeated = True
                raise
            except Refused as error:
                found = self.get(kind, meta["namespace"], meta["name"]) if repeated and error.status == 409 else None
                if found is None:
                    raise
                return found

        return self._repeated(once, f"POST {path}")

    def evict(self, pod: Item, grace: int | None, *, check: bool = False) -> None:
        """Ask for the eviction of a pod once (policy/v1).

        :raises Refused: with 429 where it is not possible now; 404 means that the pod has gone.
        """
        meta = pod["metadata"]
        options: Json = {"preconditions": {"uid": meta["uid"]}}
        options |= {"gracePeriodSeconds": grace} if grace is not None else {}
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
            "deleteOptions": options,
        }
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/eviction"
        self._transport.call("POST", path, {"dryRun": "All"} if check else None, body)

    def delete(self, kind: Kind, item: Item) -> None:
        """Delete just this object; it may have gone already."""
        meta = item["metadata"]
        try:
            self._patient.call(
                "DELETE", kind.path(meta["namespace"], meta["name"]), None, {"preconditions": {"uid": meta["uid"]}}
            )
        except Refused as error:
            if error.status not in (404, 409):  # 409: another one of this name
                raise

    def until(self, probe: Callable[[], Any], what: str, details: Callable[[], dict[str, Any]] = dict) -> Any:
        """What a probe finds before the deadline.

        :raises VmError: what is still missing, with these details.
        """
        try:
            return wait(probe, self.deadline, what=what, pause=PAUSE)
        except TimedOut as error:
            raise VmError(str(error), details()) from error

    def warnings_of(self, item: Item, said: str = "") -> list[str]:
        """Newest warnings of events about an object."""
        return events.warnings(Reads(self.read, None, 2), item, said)

    def explained(self, item: Item, row: Row) -> tuple[Row, ...]:
        """A row with the reasons from conditions and events of an object."""
        return explain(self.read, item, row=row)

    def needs_kubevirt(self) -> None:
        """:raises VmError: the cluster serves no KubeVirt."""
        if get(self._patient, KUBEVIRT.base) is None:
            raise VmError(
                f"{self._transport.server} does not serve {KUBEVIRT.api_version}; install KubeVirt, or correct the "
                "options of access (kubeconfig, context)"
            )

    def _repeated(self, call: Callable[[], Json], what: str) -> Json:
        """Repeat a call that does no harm twice while there is no answer."""

        try:
            return wait(lambda: attempt(call, what, throttled=False), self.deadline, what="an answer of the API server")
        except TimedOut as error:
            raise ObjectsError(str(error)) from error
