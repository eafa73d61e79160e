# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods that fetch from each other across machines, and the evidence in their output."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from ..conditions.containers import fault, node_of
from ..conditions.explain import EXPLAINED, explain
from ..kube.api import Api
from ..report.proofs import ProofError, UntriedError
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from . import spaces, workloads

Found = TypeVar("Found")

#: First word of a client's line -> what it shows.
CLAIMS = {
    "pod": "pods reach pods on other machines, 1 MiB with the right checksum",
    "dns": "pods resolve a service by name",
    "service": "pods reach a service by name",
}
#: The same of lines that there are only where pods have addresses of both IP versions.
CLAIMS_SIX = {
    "pod6": "pods reach pods on other machines by IPv6, 1 MiB with the right checksum",
    "dns6": "pods resolve a service to its address of IPv6",
    "service6": "pods reach a service at its address of IPv6",
}
#: The same of a line that there is only where policies are promised.
POLICY_CLAIMS = {"closed": "a NetworkPolicy closes every port of pods on other machines but the one it opens"}
#: The same of a line that there is only where the MTU of pods is known.
MTU_CLAIMS = {"mtu": "pods have the MTU of the model on each node"}
#: Servers that one client fetches from: enough to tell a broken machine from a broken network, linear in the machines.
MOST_PEERS = 8


def peers_of(nodes: Sequence[str]) -> dict[str, list[str]]:
    """Node -> the next nodes that its client fetches from, so that every node is a server of some client."""
    count = min(MOST_PEERS, len(nodes) - 1)
    return {node: [nodes[(at + step) % len(nodes)] for step in range(1, count + 1)] for at, node in enumerate(nodes)}


#: What was counted, where it is no answer of a server.
WHAT = {"closed": "closed ports, each tried from another node", "mtu": "interfaces, each of another node"}


def _said(kind: str, line: str) -> str:
    """What a line says that does not end well."""
    words = line.split()
    return f"its pod has the MTU {words[-1]}, and the model {words[1]}" if kind == "mtu" else line


def evidence_of(kind: str, peers: Mapping[str, list[str]], outputs: Mapping[str, list[str]]) -> Callable[[], str]:
    """The attempt that judges one kind of line; a missing line fails it like one with an error.

    :param peers: node -> the nodes whose servers its client fetches from.
    :param outputs: node -> the lines of its client.
    """

    def attempt() -> str:
        of_peers = kind in ("pod", "pod6", "closed")
        if of_peers and not any(peers.values()):
            raise UntriedError("there is only one machine")
        wrong, good, tries = [], 0, 1
        for node in sorted(peers):
            lines = [line for line in outputs.get(node, []) if line.startswith(f"{kind} ")]
            bad = [line for line in lines if not line.endswith(" good")]
            missing = [other for other in peers[node] if not any(line.split()[1] == other for line in lines)]
            wrong += [f"{node}: {_said(kind, line)}" for line in bad]
            wrong += [f"{node}: no result for {other}" for other in missing if of_peers]
            wrong += [f"{node}: no result"] if not lines and not of_peers else []
            succeeded = [line for line in lines if line not in bad]
            good += len(succeeded)
            tries = max([tries, *(int(line.split()[2]) for line in succeeded)])
        if wrong:
            raise ProofError("; ".join(wrong))
        what = WHAT.get(kind, f"answers from {len(peers)} nodes")
        return f"{good} {what}" + (f", the last at try {tries}" if tries > 1 else "")

    return attempt


@dataclass(frozen=True)
class PodTraffic:
    """Servers on every node, then a client on every node.

    :ivar image: reference of the probe image, which has busybox's applets on its path.
    :ivar domain: the cluster's DNS domain.
    :ivar patience: seconds to wait for servers, and again for clients.
    :ivar nodes: sorted names of the nodes that take part.
    :ivar policy: whether a policy closes a port of the servers, at which clients try to reach them as well.
    :ivar meanwhile: is called with the namespace while servers and clients run.
    :ivar dual_stack: whether pods and services have addresses of both IP versions, and are reached by both.
    :ivar mtu: of the first interface of each pod; None: it is not known.
    """

    api: Api
    image: str
    domain: str
    patience: int
    nodes: list[str]
    policy: bool = False
    meanwhile: Callable[[str], None] | None = None
    dual_stack: bool = False
    mtu: int | None = None

    @property
    def peers(self) -> dict[str, list[str]]:
        """Node -> the nodes whose servers its client fetches from."""
        return peers_of(self.nodes)

    @property
    def closed(self) -> dict[str, list[str]]:
        """Node -> the node at whose closed port its client tries; an attempt takes as long as the client waits."""
        return {node: others[:1] if self.policy else [] for node, others in self.peers.items()}

    def run(self, outputs: dict[str, list[str]]) -> dict[str, str]:
        """Start, wait, put each client's lines into `outputs`, delete; returns node -> address of its server.

        :raises ProofError: naming the nodes whose pods did not start, with the reasons.
        :raises KubeError: the API did not answer.
        """
        spaces.delete_leftovers(self.api)
        namespace = f"{workloads.PREFIX}{int(time.time())}"
        with self._namespace(namespace):
            pods = self._serving(namespace)
            servers = {node: pod["status"]["podIP"] for node, pod in pods.items()}
            service = self._service_six(namespace) if self.dual_stack else ""
            for node, others in self.peers.items():
                peers = {other: servers[other] for other in others}
                closed = {other: servers[other] for other in self.closed[node]}
                # A quarter, since a request without an answer takes 20 s more for each of MOST_PEERS peers.
                patience = self.patience // 4
                six = workloads.Six({o: _six(pods[o]) for o in others}, service) if self.dual_stack else None
                pod = workloads.client(
                    namespace, self.image, node, peers, self.nodes, self.domain, patience, closed, six, self.mtu
                )
                self.api.create(f"/api/v1/namespaces/{namespace}/pods", pod)
            if self.meanwhile:
                self.meanwhile(namespace)
            outputs.update(self._answers(namespace))
        return servers

    @contextmanager
    def _namespace(self, namespace: str) -> Iterator[None]:
        daemons, service, *policies = workloads.servers(
            namespace, self.image, policy=self.policy, dual_stack=self.dual_stack
        )
        with spaces.namespace(self.api, namespace):
            self.api.create(f"/apis/apps/v1/namespaces/{namespace}/daemonsets", daemons)
            self.api.create(f"/api/v1/namespaces/{namespace}/services", service)
            for policy in policies:
                self.api.create(f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies", policy)
            yield

    def _service_six(self, namespace: str) -> str:
        """The address of IPv6 of the servers' Service."""
        spec = self.api.get(f"/api/v1/namespaces/{namespace}/services/{workloads.SERVICE}")["spec"]
        found = [address for address in spec.get("clusterIPs") or () if ":" in address]
        if not found:
            raise ProofError(f"the Service {workloads.SERVICE} has no address of IPv6: {spec.get('clusterIPs')}")
        return str(found[0])

    def _serving(self, namespace: str) -> dict[str, dict[str, Any]]:
        """Node -> the pod of its server, once each of the nodes has a ready one."""

        deadline = Deadline(self.patience)

        def probe() -> dict[str, dict[str, Any]] | Missing:
            pods = {node_of(pod): pod for pod in sorted(self._pods(namespace), key=_is_ready)}  # a ready one counts
            missing = {node: pods.get(node) for node in self.nodes if node not in pods or not _is_ready(pods[node])}
            if not missing:
                return {node: pods[node] for node in self.nodes}
            whys = self._whys(missing, deadline, "no pod")
            rows = [Row("no server", why, node) for node, why in whys.items()]
            return Missing(tuple(rows))

        return _waited(probe, deadline, "a server on every node")

    def _answers(self, namespace: str) -> dict[str, list[str]]:
        """Node -> lines of its client, once every client has ended."""

        deadline = Deadline(self.patience)

        def probe() -> dict[str, list[str]] | Missing:
            pods = {pod["metadata"]["name"]: pod for pod in self._pods(namespace)}
            clients = {node: pods.get(workloads.client_name(node)) for node in self.nodes}
            done = {node: pod for node, pod in clients.items() if pod and _phase(pod) in ("Succeeded", "Failed")}
            missing = {node: pod for node, pod in clients.items() if node not in done}
            if missing:
                whys = self._whys(missing, deadline, "its pod is gone")
                return Missing(tuple(Row(f"no answer from {node}", why) for node, why in whys.items()))
            return {node: spaces.message_of(pod).splitlines() for node, pod in done.items()}

        return _waited(probe, deadline, "every client to end")

    def _whys(self, pods: Mapping[str, dict[str, Any] | None], deadline: Deadline, absent: str) -> dict[str, str]:
        """Node -> why its pod is not as far as it has to be; at the deadline with events and lines of the log."""
        now, whys, left = datetime.now(UTC), {}, EXPLAINED if deadline.passed else 0
        for node, pod in pods.items():
            found = fault(pod, now) if pod else None
            whys[node] = found.reason if found else _phase(pod) if pod else absent
            if found and left:
                left -= 1
                item = {"apiVersion": "v1", "kind": "Pod", **(pod or {})}
                whys[node] = explain(self.api.get, item, read_text=self.api.text, now=now)[0].reason
        return whys

    def _pods(self, namespace: str) -> list[dict[str, Any]]:
        return list(self.api.get(f"/api/v1/namespaces/{namespace}/pods")["items"])


def _waited(probe: Callable[[], Found | Missing], deadline: Deadline, what: str) -> Found:
    try:
        return wait(probe, deadline, what=what)
    except TimedOut as error:
        raise ProofError(f"{error.missing}, after {error.seconds:.0f} s of waiting for {what}") from error


def _six(pod: dict[str, Any]) -> str:
    """The address of IPv6 of a pod.

    :raises ProofError: it has none.
    """
    found = [str(one["ip"]) for one in pod["status"].get("podIPs") or () if ":" in str(one["ip"])]
    if not found:
        raise ProofError(f"{node_of(pod)}: its pod has no address of IPv6, only {pod['status']['podIP']}")
    return found[0]


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _phase(pod: dict[str, Any]) -> str:
    return str(pod["status"].get("phase", "unknown"))
