# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One round of a drain: VMs first, then pods; what is still on the node, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..conditions.fields import Item, at
from ..objects.apply import in_parallel
from ..objects.errors import Refused
from ..waiting.missing import Missing, Row
from . import migration
from .cluster import Cluster
from .drain_plan import EVICTED, LEFT, MOVED, RESTARTED, STAYS, Drain, Entry
from .errors import VmError, refusal
from .kinds import MIGRATION, VMI
from .vmi import name_of, node_of

CONNECTIONS = 4
#: VMs whose events are shown at the deadline.
EXPLAINED = 5


def now() -> str:
    """The time as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Emptying:
    """The probe of a drain. It gives what is left by consent, once nothing else is on the node but what stays.

    :ivar last: what was on the node at the last round.
    """

    def __init__(self, cluster: Cluster, look: Callable[[], Drain], grace: int | None) -> None:
        self._cluster, self._look, self._grace = cluster, look, grace
        self.last: Drain | None = None
        self._from: dict[str, str] = {}  # VMs that were asked to go, and from where
        self._since: dict[str, str] = {}  # uids of pods that were refused, and since when

    def __call__(self) -> list[Entry] | Missing:
        """What is left, or what is missing.

        :raises VmError: something has come that may not be evicted, or can never be.
        """
        found = self.last = self._look()
        if found.refusals:
            raise VmError(
                refusal("the drain was stopped, and the node stays cordoned", found.refusals),
                {"drained": False, "left": [one.public() for one in found.entries if one.action != STAYS]},
            )
        vms = found.of(MOVED, RESTARTED)
        if vms:
            return Missing(tuple(self._vms(vms)))
        pods = found.of(EVICTED)
        if pods:
            return Missing(tuple(self._pods(pods)))
        return found.of(LEFT)

    def moved(self) -> list[dict[str, str]]:
        """VMs that were on the node, and where each is now; `to` is empty for one that does not run."""
        moved = []
        for name, node in sorted(self._from.items()):
            space, __, vmi = name.partition("/")
            now = node_of(self._cluster.within(30).get(VMI, space, vmi))
            moved.append({"namespace": space, "name": vmi, "from": node, "to": now})
        return moved

    def _vms(self, entries: list[Entry]) -> list[Row]:
        texts = dict(zip(map(str, entries), in_parallel(self._ask_vm, entries, CONNECTIONS), strict=True))
        spaces = sorted({one.pod["metadata"]["namespace"] for one in entries})
        known = {space: self._cluster.all(MIGRATION, space) for space in spaces}
        rows = [self._vm_row(one, texts[str(one)], known[one.pod["metadata"]["namespace"]]) for one in entries]
        if self._cluster.deadline.passed:
            rows[:EXPLAINED] = [
                self._with_events(one, row) for one, row in zip(entries[:EXPLAINED], rows, strict=False)
            ]
        return rows

    def _ask_vm(self, one: Entry) -> str:
        """Ask for the eviction of a VM once; the answer where it is none of those that KubeVirt gives to everybody."""
        vmi: Any = one.vmi
        if node_of(vmi) == one.node:
            self._from.setdefault(name_of(vmi), one.node)
        if one.action == RESTARTED:
            if not one.ending:
                self._cluster.delete(VMI, vmi)
            return ""
        if one.why or at(vmi, "status", "evacuationNodeName") == one.node:
            return ""  # it starts, moves already, or was asked before
        return self._evict(one.pod)

    def _vm_row(self, one: Entry, answer: str, migrations: list[Any]) -> Row:
        vmi: Any = one.vmi
        if one.action == RESTARTED:
            when = str(at(vmi, "metadata", "deletionTimestamp") or "")
            return Row(str(one), "it is shutting down", one.node, when)
        found = migration.newest(migrations, str(at(vmi, "metadata", "name")))
        if found is None and (one.why or answer):
            return Row(str(one), "; ".join(filter(None, (one.why, answer))), one.node)
        return migration.row(vmi, found, one.node, migration.failed(migrations, str(at(vmi, "metadata", "name"))))

    def _with_events(self, one: Entry, row: Row) -> Row:
        """The row with the newest warnings about a VM and its migration."""
        vmi: Any = one.vmi
        cluster = self._cluster.within(30)
        known, name = cluster.all(MIGRATION, vmi["metadata"]["namespace"]), str(vmi["metadata"]["name"])
        told = filter(None, (vmi, migration.newest(known, name), next(iter(migration.failed(known, name)), None)))
        texts = dict.fromkeys(text for item in told for text in cluster.warnings_of(item, row.reason))
        return Row(row.what, "; ".join([row.reason, *texts]), row.node, row.since)

    def _pods(self, entries: list[Entry]) -> list[Row]:
        answers = in_parallel(self._pod, entries, CONNECTIONS)
        final = [f"{one}: {text}" for one, (text, never) in zip(entries, answers, strict=True) if never]
        if final and len(final) == len(entries):
            raise VmError(refusal("the node is not drained, and no waiting helps; it stays cordoned", final))
        return [self._pod_row(one, text) for one, (text, __) in zip(entries, answers, strict=True)]

    def _pod(self, one: Entry) -> tuple[str, bool]:
        """Ask for the eviction of a pod that does not end yet; why it stays, and whether that is for good."""
        if one.ending:
            return "", False
        try:
            self._cluster.evict(one.pod, self._grace)
        except Refused as error:
            if error.status == 404 or error.reason == "Conflict":
                return "", False  # it has gone, or another one has its name
            final = error.status == 403 or "more than one PodDisruptionBudget" in str(error)
            return why(error), final and "NamespaceTerminating" not in str(error.causes)
        return "", False

    def _pod_row(self, one: Entry, text: str) -> Row:
        meta = one.pod["metadata"]
        if one.ending:
            finalizers = ", ".join(meta.get("finalizers") or ())
            reason = "it is ending" + (f"; finalizers: {finalizers}" if finalizers else "")
            return Row(str(one), reason, one.node, str(meta["deletionTimestamp"]))
        if not text:
            return Row(str(one), "its eviction has begun", one.node)
        return Row(str(one), text, one.node, self._since.setdefault(str(meta["uid"]), now()))

    def _evict(self, pod: Item) -> str:
        try:
            self._cluster.evict(pod, self._grace)
        except Refused as error:
            return "" if error.status == 404 else str(error)
        return ""


def why(error: Refused) -> str:
    """Why an eviction was refused, with the budget that forbids it."""
    causes = [str(one["message"]) for one in error.causes if one.get("message")]
    return "; ".join([str(error), *causes])
