# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and changes nodes through the Kubernetes API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..objects.errors import Refused as Denied
from ..objects.live import get
from ..objects.patience import attempt
from ..objects.transport import JSON, JSON_FIRST, MERGE, Json, Transport, items
from ..waiting.deadline import Clock, Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .errors import FencingError
from .facts import OUT_OF_SERVICE, TAINT, Node, Pause, Record, Seen, node_of, pause_of, seconds

NODES = "/api/v1/nodes"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{}/leases"
OF_NODES = LEASES.format("kube-node-lease")
PAUSE = f"{LEASES.format('kube-system')}/groundup-fencing-paused"
CLOCK: Json = {
    "apiVersion": "coordination.k8s.io/v1",
    "kind": "Lease",
    "metadata": {"generateName": "groundup-clock-"},
}
SHOWN = 50  # pods in a result
#: Seconds for an API server that does not answer: with a lost control plane, its address moves to another one.
PATIENCE = 60.0
#: Label of the pods in which KubeVirt runs virtual machines.
VM = "vm.kubevirt.io/name"


class Surely:
    """A transport that repeats every call without an answer. Those that are made here may be repeated: they read, are
    dry runs, or name the version of the object that they change."""

    def __init__(self, transport: Transport, clock: Clock | None = None) -> None:
        self._transport, self._clock = transport, clock
        self.server, self.warnings = transport.server, transport.warnings

    def text(self, path: str) -> str | None:
        """Return a text, read once."""
        return self._transport.text(path)

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content: str = JSON,
        accept: str = JSON_FIRST,
    ) -> Json:
        """Return the answer.

        :raises FencingError: there was none in time.
        """

        def once() -> Json | Missing:
            return attempt(lambda: self._transport.call(method, path, query, body, content, accept), f"{method} {path}")

        try:
            return wait(once, Deadline(PATIENCE, self._clock), what="an answer of the API server", pause=1.0)
        except TimedOut as error:
            raise FencingError(f"{error}; run this again once the API answers, which goes on here") from error


def server_time(transport: Transport) -> float:
    """Return the API server's time: it stamps the object of a dry run, which is kept nowhere."""
    made = transport.call("POST", LEASES.format("kube-system"), {"dryRun": "All"}, CLOCK)
    found = seconds(made["metadata"].get("creationTimestamp"))
    if found is None:
        raise FencingError(f"{transport.server}: the API server gave no time to an object of a dry run")
    return found


def survey(transport: Transport) -> tuple[float, list[Node], Pause | None]:
    """Read the API server's time, all nodes with their Leases, and a pause."""
    leases = {lease["metadata"]["name"]: lease for lease in items(transport, OF_NODES)}
    nodes = [node_of(item, leases.get(item["metadata"]["name"])) for item in items(transport, NODES)]
    return server_time(transport), nodes, pause_of(get(transport, PAUSE))


class Cluster:
    """One node of a cluster, with the others beside it."""

    def __init__(self, transport: Transport, name: str, clock: Clock | None = None) -> None:
        self._transport, self.name = Surely(transport, clock), name

    def now(self) -> float:
        """Return the API server's time."""
        return server_time(self._transport)

    def seen(self) -> Seen:
        """Read everything.

        :raises FencingError: there is no such node.
        """
        now, nodes, pause = survey(self._transport)
        node = next((one for one in nodes if one.name == self.name), None)
        if node is None:
            known = ", ".join(sorted(one.name for one in nodes)) or "none"
            raise FencingError(f"the cluster has no node {self.name}; its nodes: {known}")
        return Seen(now, node, tuple(one for one in nodes if one.name != self.name), pause)

    def node(self) -> Node:
        """Read the node again, with its Lease.

        :raises FencingError: it was removed meanwhile.
        """
        # The node last, so that as little as possible happens between its version and a change of it.
        lease = get(self._transport, f"{OF_NODES}/{self.name}")
        found = get(self._transport, f"{NODES}/{self.name}")
        if found is None:
            raise FencingError(f"the node {self.name} was removed meanwhile; nothing is left to be fenced")
        return node_of(found, lease)

    def record(self, node: Node, record: Record) -> bool:
        """Write the record; False where the node was changed since it was read."""
        return self._patch(node, annotations=record.annotations())

    def taint(self, node: Node) -> bool:
        """Set the taint; False where the node was changed since it was read."""
        return self._patch(node, spec={"taints": [*_others(node), OUT_OF_SERVICE]})

    def release(self, node: Node) -> bool:
        """Remove taint and record; False where the node was changed since it was read."""
        gone = dict.fromkeys(Record("", "", "", "").annotations())
        return self._patch(node, annotations=gone, spec={"taints": _others(node)})

    def left(self) -> dict[str, list[Json]]:
        """Return pods that are bound to the node (`bound`), and pods anywhere that no node has yet (`waiting`).

        Pods of DaemonSets and static pods stay with their node, and are left out.
        """
        bound = items(self._transport, "/api/v1/pods", {"fieldSelector": f"spec.nodeName={self.name}"})
        waiting = items(self._transport, "/api/v1/pods", {"fieldSelector": "status.phase=Pending,spec.nodeName="})
        return {
            "bound": [_pod(pod) for pod in bound if not _stays(pod)][:SHOWN],
            "waiting": [_pod(pod) for pod in waiting][:SHOWN],
        }

    def _patch(self, node: Node, *, annotations: Mapping[str, Any] | None = None, spec: Json | None = None) -> bool:
        """Patch; the list of taints is one value, so the version of the node has to be the one that was read."""
        metadata = {"resourceVersion": node.version, **({"annotations": annotations} if annotations else {})}
        body = {"metadata": metadata, **({"spec": spec} if spec else {})}
        try:
            self._transport.call("PATCH", f"{NODES}/{self.name}", None, body, MERGE)
        except Denied as error:
            if error.status == 409:
                return False
            raise
        return True


def _others(node: Node) -> list[Mapping[str, Any]]:
    return [taint for taint in node.taints if taint.get("key") != TAINT]


def _stays(pod: Json) -> bool:
    owners = {owner.get("kind") for owner in pod["metadata"].get("ownerReferences") or ()}
    return bool(owners & {"DaemonSet", "Node"})


def _pod(pod: Json) -> Json:
    metadata, status = pod["metadata"], pod.get("status") or {}
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    why = str((conditions.get("PodScheduled") or {}).get("message") or "")
    vm = (metadata.get("labels") or {}).get(VM)
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "phase": status.get("phase", ""),
        "ending": bool(metadata.get("deletionTimestamp")),
        "reason": why,
        **({"vm": vm} if vm else {}),
    }
