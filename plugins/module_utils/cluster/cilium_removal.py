# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the removal of Cilium needs beside the removal of its objects.

Its operator taints nodes whose agent is not ready, so that no pod is put on them. It is stopped first, or it would
taint all nodes as their agents go. Afterwards the taints are removed that are there, and the leases of operators and of
addresses on layer 2 (operator/watchers/node_taint.go, pkg/l2announcer).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..objects.engine import Engine
from ..objects.transport import Json, items
from .removing import delete, patch, running, until_none

TAINT = "node.cilium.io/agent-not-ready"
OPERATOR = "/apis/apps/v1/namespaces/kube-system/deployments/cilium-operator"
PODS, SELECTOR = "/api/v1/namespaces/kube-system/pods", {"labelSelector": "io.cilium/app=operator"}
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
OWN_LEASES = ("cilium-operator-resource-lock", "cilium-l2announce-")
NODES = "/api/v1/nodes"


class Removal:
    """The removal from one cluster.

    :ivar steps: what is done beside the removal of the layer's objects.
    """

    def __init__(self, engine: Engine) -> None:
        """Read what there is."""
        self._engine = engine
        self._leases = sorted(self._found_leases())
        self.steps = [f"remove the taint {TAINT} of Node {node['metadata']['name']}" for node in self._tainted()]
        self.steps += [f"remove Lease kube-system/{name}" for name in self._leases]

    def before(self) -> None:
        """Stop the operator."""
        transport = self._engine.transport
        delete(transport, OPERATOR)
        until_none(lambda: running(transport, PODS, SELECTOR), self._engine.deadline, "Cilium's operator to stop")

    def after(self) -> None:
        """Remove what Cilium has written on nodes, as it is now, and its leases."""
        for node in self._tainted():
            # The version of the object is part of the patch, so that a taint that somebody sets now is not lost.
            metadata = {"resourceVersion": node["metadata"]["resourceVersion"]}
            taints = [taint for taint in node["spec"]["taints"] if taint["key"] != TAINT]
            body: Json = {"metadata": metadata, "spec": {"taints": taints}}
            patch(self._engine.transport, f"{NODES}/{node['metadata']['name']}", body)
        for name in sorted({*self._leases, *self._found_leases()}):
            delete(self._engine.transport, f"{LEASES}/{name}")

    def _tainted(self) -> Iterator[Json]:
        for node in items(self._engine.transport, NODES):
            if any(taint["key"] == TAINT for taint in (node.get("spec") or {}).get("taints") or []):
                yield node

    def _found_leases(self) -> Iterator[str]:
        for lease in items(self._engine.transport, LEASES):
            if str(lease["metadata"]["name"]).startswith(OWN_LEASES):
                yield str(lease["metadata"]["name"])
