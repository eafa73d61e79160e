# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods with a further interface in an offered network, which fetch from each other across machines.

Each pod serves one mebibyte on its further interface and fetches that of the next machine's pod. TCP fills packets up
to the MTU of the interface and lets nobody fragment them, so the data arrives only where the whole path carries that
MTU.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..cluster.multus_guard import NETWORKS
from ..cluster.multus_objects import KIND, VERSION
from ..conditions.containers import fault
from ..kube.api import Api
from ..report.proofs import ProofError, UntriedError
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from . import workloads

LAYER = "attachments"
CLAIM = "pods on different machines reach each other by each attachment, with full packets of its MTU"
#: Subnet of the further interfaces: link-local (RFC 3927), so that no address of a network is used.
_SUBNET, _MOST = "169.254.77", 250
_INTERFACE = "net1"
PAUSE = 2.0

_SCRIPT = f"""mkdir -p /tmp/www && yes "$NODE" | head -c {workloads.BYTES} > /tmp/www/data
httpd -p {workloads.PORT} -h /tmp/www
mtu=$(cat /sys/class/net/{_INTERFACE}/mtu)
if [ "$mtu" != "$MTU" ]; then
  echo "its interface has the MTU $mtu, not $MTU"
else
  until wget -q -T 20 -O /tmp/got "http://$PEER_ADDRESS:{workloads.PORT}/data" &&
    yes "$PEER" | head -c {workloads.BYTES} | cmp -s - /tmp/got; do
    echo "$PEER does not answer it, or with wrong data"
    sleep 2
  done
  touch /tmp/www/good
fi
exec sleep 2147483647"""


@dataclass(frozen=True)
class Offered:
    """An attachment of the model, and the machines whose nodes have its interface."""

    name: str
    namespace: str
    mtu: int
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Attached:
    """The proof.

    :ivar image: reference of the probe image, which has busybox's applets on its path.
    :ivar patience: seconds to wait until all pods have fetched.
    """

    api: Api
    image: str
    patience: int
    offered: Sequence[Offered]

    def prove(self, namespace: str, ready: Collection[str]) -> str:
        """Return the evidence.

        :param namespace: where copies of the attachments are made, and pods.
        :param ready: nodes on which pods start.
        :raises ProofError: an attachment is missing, or pods did not start or did not reach each other.
        :raises UntriedError: no attachment is on two ready nodes.
        """
        tried = {one: nodes for one in self.offered if len(nodes := self._nodes(one, ready)) > 1}
        if not self.offered:
            raise UntriedError("all attachments are subnets of Kube-OVN, whose addresses nobody knows before")
        if not tried:
            raise UntriedError("no attachment is on two ready nodes")
        pods = [pod for one, nodes in tried.items() for pod in self._begin(namespace, one, nodes)]
        self._await(namespace, pods)
        left_out = [one.name for one in self.offered if one not in tried]
        more = f"; not tried: {', '.join(left_out)}, on one ready node at most" if left_out else ""
        return ", ".join(f"{one.name} on {len(nodes)} nodes at {one.mtu}" for one, nodes in tried.items()) + more

    @staticmethod
    def _nodes(one: Offered, ready: Collection[str]) -> list[str]:
        return [name for name in one.nodes if name in ready][:_MOST]

    def _begin(self, namespace: str, one: Offered, nodes: Sequence[str]) -> list[str]:
        """Create a copy of the attachment and a pod on each node; returns the names of the pods."""
        attachments = f"/apis/{VERSION}/namespaces/{{}}/network-attachment-definitions"
        offered = self.api.get(f"{attachments.format(one.namespace)}/{one.name}")
        if not offered:
            raise ProofError(f"there is no {KIND} {one.namespace}/{one.name}")
        self.api.create(attachments.format(namespace), copied(offered, namespace))
        names = []
        for number, node in enumerate(nodes):
            after = (number + 1) % len(nodes)
            pod = self._pod(namespace, one, node, number, nodes[after], after)
            self.api.create(f"/api/v1/namespaces/{namespace}/pods", pod)
            names.append(str(pod["metadata"]["name"]))
        return names

    def _pod(self, namespace: str, one: Offered, node: str, number: int, peer: str, after: int) -> dict[str, Any]:
        pod = workloads.client(namespace, self.image, node, {}, [], "", 0)
        wanted = [{"name": one.name, "interface": _INTERFACE, "ips": [f"{_address(number)}/24"]}]
        pod["metadata"] |= {"name": f"{one.name}-{node}", "annotations": {NETWORKS: json.dumps(wanted)}}
        container = pod["spec"]["containers"][0]
        env = {"NODE": node, "PEER": peer, "PEER_ADDRESS": _address(after), "MTU": str(one.mtu)}
        container["env"] = [{"name": name, "value": value} for name, value in env.items()]
        container["command"] = ["sh", "-c", _SCRIPT]
        # Not by a command: on emulated machines each one takes a second of the CPU that the pods need.
        container["readinessProbe"] = {"httpGet": {"path": "/good", "port": workloads.PORT}, "periodSeconds": 5}
        return pod

    def _await(self, namespace: str, names: Sequence[str]) -> None:
        deadline = Deadline(self.patience)

        def probe() -> bool | Missing:
            found = {
                pod["metadata"]["name"]: pod for pod in self.api.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
            }
            waiting = [name for name in names if not _is_ready(found.get(name) or {})]
            if not waiting:
                return True
            return Missing(tuple(Row(name, self._why(namespace, name, found.get(name), deadline)) for name in waiting))

        try:
            wait(probe, deadline, what="all pods to fetch by their further interfaces", pause=PAUSE)
        except TimedOut as error:
            raise ProofError(str(error)) from error

    def _why(self, namespace: str, name: str, pod: dict[str, Any] | None, deadline: Deadline) -> str:
        """Why a pod is not ready; at the deadline what it said last."""
        if pod is None:
            return "its pod is gone"
        phase = str((pod.get("status") or {}).get("phase") or "unknown")
        if phase == "Running" and deadline.passed:
            said = (self.api.text(f"/api/v1/namespaces/{namespace}/pods/{name}/log?tailLines=1") or "").strip()
            return said or phase
        found = fault(pod, datetime.now(UTC))
        return found.reason if found else phase


def copied(offered: dict[str, Any], namespace: str) -> dict[str, Any]:
    """The attachment for pods of another namespace, which name their addresses."""
    config = json.loads(offered["spec"]["config"]) | {"ipam": {"type": "static"}, "capabilities": {"ips": True}}
    metadata = {"name": offered["metadata"]["name"], "namespace": namespace}
    return {"apiVersion": VERSION, "kind": KIND, "metadata": metadata, "spec": {"config": json.dumps(config)}}


def _address(number: int) -> str:
    return f"{_SUBNET}.{number + 1}"


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
