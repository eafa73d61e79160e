# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof that a network has nothing left of nodes that are gone: addresses, subnets and ports of its databases.

Providers free these themselves when a node is deleted. Where that did not happen, as when the controller was not
running, addresses are lost and packets for them are sent to a machine that is not there any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..conditions.fields import at
from ..kube.api import Api
from ..report.proofs import Proof, ProofError
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from .registry import proof

if TYPE_CHECKING:
    from .cluster import Cluster

Json = dict[str, Any]
CLAIM = "the network has nothing left of nodes that are gone"
#: Seconds to wait: controllers do it a while after a node is deleted.
PATIENCE = 60
KUBE_OVN, CALICO, CILIUM = "/apis/kubeovn.io/v1", "/apis/crd.projectcalico.org/v1", "/apis/cilium.io/v2"


@dataclass(frozen=True)
class Kept:
    """Objects in which a network keeps something of nodes.

    :ivar path: of their list.
    :ivar kind: what texts call them.
    :ivar nodes: the names of nodes in one of them.
    """

    path: str
    kind: str
    nodes: Callable[[Json], Iterable[str]]


@dataclass(frozen=True)
class Network:
    """What one provider keeps, how it is freed, and the source of both."""

    kept: tuple[Kept, ...]
    remedy: str
    source: str


def _of_port(ip: Json) -> Iterator[str]:
    """The node of an address if it is the node's own; pods and virtual machines keep addresses over their nodes."""
    node = str(at(ip, "spec", "nodeName") or "")
    if ip["metadata"]["name"] == f"node-{node}":
        yield node


def _of_vlan(network: Json) -> Iterator[str]:
    status = network.get("status") or {}
    yield from (str(name) for key in ("readyNodes", "notReadyNodes") for name in status.get(key) or ())


def _of_affinity(affinity: Json) -> Iterator[str]:
    spec = affinity["spec"]
    if spec.get("state") != "pendingDeletion" and str(spec.get("deleted")).lower() != "true":
        yield str(spec.get("node") or "")


def _of_block(block: Json) -> Iterator[str]:
    kind, __, node = str(at(block, "spec", "affinity") or "").partition(":")
    if kind == "host" and not at(block, "spec", "deleted"):
        yield node


#: provider -> what it keeps. Networks that keep everything in the Node itself are not listed.
NETWORKS: Mapping[str, Network] = {
    "kube_ovn": Network(
        (Kept(f"{KUBE_OVN}/ips", "IP", _of_port), Kept(f"{KUBE_OVN}/provider-networks", "ProviderNetwork", _of_vlan)),
        "kube-ovn-controller removes it when it starts: "
        "kubectl -n kube-system rollout restart deploy/kube-ovn-controller",
        "Kube-OVN 1.16: pkg/controller/node.go, deleteNode; gc.go, gcNode",
    ),
    "calico": Network(
        (
            Kept(f"{CALICO}/blockaffinities", "BlockAffinity", _of_affinity),
            Kept(f"{CALICO}/ipamblocks", "IPAMBlock", _of_block),
        ),
        "calico-kube-controllers frees a block within 15 minutes: see its log for what holds it",
        "Calico 3.32: reference/resources/blockaffinity, kubecontrollersconfig (leakGracePeriod)",
    ),
    "cilium": Network(
        (Kept(f"{CILIUM}/ciliumnodes", "CiliumNode", lambda one: [str(one["metadata"]["name"])]),),
        "cilium-operator removes it within 5 minutes: see its log",
        "Cilium 1.20: operator, nodes-gc-interval",
    ),
}


@proof("cluster", layer="network")
def _gone(context: Cluster) -> Iterator[Proof]:
    if network := NETWORKS.get(str(context.expected.layers.get("network"))):
        yield context.prove(CLAIM, lambda api: nothing_left(api, network), "network")


def nothing_left(api: Api, network: Network, deadline: Deadline | None = None) -> str:
    """How many objects were read.

    :raises ProofError: some have nodes that are gone, until the deadline.
    """
    try:
        return wait(lambda: _look(api, network), deadline or Deadline(PATIENCE), what="removed nodes to go", pause=5)
    except TimedOut as error:
        rows = "; ".join(map(str, error.missing.rows))
        raise ProofError(f"{rows}. {network.remedy[0].upper()}{network.remedy[1:]}") from error


def _look(api: Api, network: Network) -> str | Missing:
    found = [(kept, one) for kept in network.kept for one in (api.get(kept.path) or {}).get("items") or ()]
    # Nodes are read last, so that one which joins meanwhile is not taken for one that is gone.
    nodes = {str(item["metadata"]["name"]) for item in api.get("/api/v1/nodes")["items"]}
    rows = [
        Row(f"{kept.kind} {one['metadata']['name']}", f"is of {name}, which is no node of the cluster")
        for kept, one in found
        for name in dict.fromkeys(kept.nodes(one))
        if name and name not in nodes
    ]
    return Missing(tuple(rows)) if rows else f"{len(found)} objects, all of {len(nodes)} nodes of the cluster"
