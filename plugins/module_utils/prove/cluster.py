# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a Kubernetes cluster, taken from outside through its endpoint."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..cluster import address_ranges
from ..conditions.serving import unready
from ..errors import CloudError
from ..kube import kubeconfig, version
from ..kube.api import Api, Kubeconfig, connect
from ..promises.catalog import not_promised, promised
from ..promises.promise import Promise
from ..report.proofs import CHECK, Proof, ProofError, Warned, prove, untried
from . import (
    attached,
    bgp,  # noqa: F401  its proof
    gone_nodes,  # noqa: F401  its proof
    outside,
    ovn,  # noqa: F401  its proof
    storage,  # noqa: F401  its proofs
    tenants,
    virtual_machines,  # noqa: F401  its proofs
)
from .api_errors import failed_by_api_errors
from .pod_traffic import CLAIMS, CLAIMS_SIX, MTU_CLAIMS, POLICY_CLAIMS, PodTraffic, evidence_of
from .registry import proof, prove_scope
from .stored import Stored
from .virtual_machines_wanted import VirtualMachines

NODES = "every machine is a Ready node of the right version"
EXISTING = "the API of the cluster that machines joined answers"
NOT_OURS = "others run the cluster, its network and its services, and no pod of ours is started in it"
#: Seconds for an answer of the API.
TIMEOUT = 60
STARTS = "a pod starts on every Ready node"


@dataclass(frozen=True)
class Expected:
    """What the cluster has to be by the model.

    :ivar forwards_to: the API servers to which an external load balancer at the endpoint has to forward.
    :ivar existing: others run the cluster, in which machines of the model are some of the nodes.
    :ivar version: without a leading v, e.g. ``1.36.3``.
    :ivar image: reference of the probe image, which has busybox's applets on its path.
    :ivar patience: seconds to wait for pods.
    :ivar layers: the cloud's layers with their providers; not known where empty.
    :ivar pools: ranges of the addresses that services of type LoadBalancer get without asking.
    :ivar dual_stack: pods and services have addresses of both IP versions.
    :ivar pod_mtu: of the first interface of pods; None: it is not known.
    :ivar attachments: those of pods that machines offer.
    :ivar subnets: those of Kube-OVN in which pods have their first interface, where the model has some.
    :ivar promises: what providers that users bring promise, by layer.
    :ivar storage: what the storage has to be; None where that is not known. `virtual_machines` likewise.
    """

    endpoint: str
    version: str
    nodes: tuple[str, ...]
    domain: str
    image: str
    patience: int = 300
    layers: Mapping[str, str | None] = field(default_factory=dict)
    pools: tuple[str, ...] = ()
    attachments: tuple[attached.Offered, ...] = ()
    subnets: tuple[tenants.PodSubnet, ...] = ()
    promises: Mapping[str, Sequence[str]] = field(default_factory=dict)
    storage: Stored | None = None
    virtual_machines: VirtualMachines | None = None
    forwards_to: tuple[str, ...] = ()
    existing: bool = False
    dual_stack: bool = False
    pod_mtu: int | None = None

    def __post_init__(self) -> None:
        known = [str(word) for word in Promise]
        for layer, words in self.promises.items():
            for word in words:
                if word not in known:
                    raise CloudError(f"promises.{layer}: {word} is no promise; there are {', '.join(known)}")

    @property
    def policies(self) -> bool:
        """Whether policies are promised for pods."""
        return promised(self.layers, Promise.POLICY_PODS, self.promises)

    @property
    def claims(self) -> dict[str, str]:
        """What the output of pods is to show, by the first word of a line."""
        sixes, closed = CLAIMS_SIX if self.dual_stack else {}, POLICY_CLAIMS if self.policies else {}
        return {**CLAIMS, **(MTU_CLAIMS if self.pod_mtu else {}), **sixes, **closed}

    @property
    def meanwhile(self) -> tuple[tuple[str, str], ...]:
        """What is to be shown besides while pods run: claims with the layers that owe them."""
        known = ((outside.CLAIM, outside.LAYER), (attached.CLAIM, attached.LAYER))
        found = tuple((claim, layer) for claim, layer in known if layer in self.layers)
        # A network that gives services addresses itself has no layer beside it.
        own = ((outside.CLAIM, "network"),) if self.pools and outside.LAYER not in self.layers else ()
        of_subnets = ((tenants.CLAIM, tenants.LAYER), (tenants.APART_CLAIM, tenants.LAYER)) if self.subnets else ()
        return (*own, *found, *of_subnets)

    def of_pods(self, reason: str) -> Iterator[Proof]:
        """All proofs that need pods, untried for this reason."""
        of_kubernetes = ((claim, "kubernetes") for claim in self.claims.values())
        return (untried(claim, layer, reason) for claim, layer in (*of_kubernetes, *self.meanwhile))

    def not_ours(self) -> Iterator[Proof]:
        """Entries for all proofs that need pods, in a cluster of others: none is owed, and none is tried."""
        for claim in (STARTS, *self.claims.values()):
            yield Proof(claim, "kubernetes", None, 0.0, "not ours", real=False, why_not_real=NOT_OURS, promised=False)


@dataclass
class Cluster:
    """What the proofs of a cluster are given.

    :ivar api: the API, or None where there is no login.
    :ivar unreachable: why no request is made to the API; empty as long as it answers.
    :ivar failure: evidence with which the first proof fails, with the remedy; empty where it is tried.
    """

    expected: Expected
    api: Api | None
    unreachable: str = ""
    failure: str = ""

    def prove(self, claim: str, attempt: Callable[[Api], str | Warned], layer: str = "kubernetes") -> Proof:
        """A proof by a request to the API; untried where no request is made."""
        api = self.api
        if api is None or self.unreachable:
            return untried(claim, layer, self.unreachable)
        return prove(claim, layer, failed_by_api_errors(lambda: attempt(api)))


def connected(path: str, expected: Expected) -> Api:
    """The API by a kubeconfig: through the endpoint, or where the file points for a cluster that others run.

    :raises KubeError: the file is not a kubeconfig of the kind that is read; OSError where there is none.
    """
    if expected.existing:
        return connect(kubeconfig.read(path), timeout=TIMEOUT)
    return connect(Kubeconfig.read(Path(path)), f"https://{expected.endpoint}", timeout=TIMEOUT)


def cluster_proofs(api: Api, expected: Expected) -> list[Proof]:
    """All proofs; some of them start pods in a namespace of their own, which is deleted afterwards.

    The list has the same proofs whatever fails: a proof that can't be tried any more has the reason.
    """
    return prove_scope("cluster", Cluster(expected, api), expected.layers)


def without_credentials(expected: Expected, reason: str) -> list[Proof]:
    """The same proofs where there is no login: the first one fails, so that a lost kubeconfig is noticed."""
    copy = "copy /etc/kubernetes/admin.conf of a control plane there"
    if expected.existing:
        copy = "put the kubeconfig of the cluster there that those who run it give you"
    remedy = f"{reason}; {copy}"
    return prove_scope("cluster", Cluster(expected, None, reason, remedy), expected.layers)


def in_check_mode(expected: Expected, reason: str = CHECK) -> list[Proof]:
    """The same proofs, none of them tried."""
    return prove_scope("cluster", Cluster(expected, None, reason), expected.layers)


@proof("cluster", layer="kubernetes")
def _api(context: Cluster) -> Iterator[Proof]:
    claim = EXISTING if context.expected.existing else api_claim(context.expected.endpoint)
    if context.failure:
        yield Proof(claim, "kubernetes", False, 0.0, context.failure)
        return
    found = context.prove(claim, _answers)
    if found.ok is False:
        context.unreachable = f"the API does not answer: {found.evidence}"
        if servers := ", ".join(context.expected.forwards_to):
            at = context.expected.endpoint
            remedy = f"the external load balancer at {at} has to forward TCP, unchanged, to {servers}"
            found = replace(found, evidence=f"{found.evidence}; {remedy}")
    yield found


@proof("cluster", layer="kubernetes")
def _every_node(context: Cluster) -> Iterator[Proof]:
    yield context.prove(NODES, lambda api: _nodes(api, context.expected))


@proof("cluster", layer="kubernetes")
def _pods(context: Cluster) -> Iterator[Proof]:
    if context.expected.existing:
        yield from context.expected.not_ours()
    elif context.api is None or context.unreachable:
        yield untried(STARTS, "kubernetes", context.unreachable)
        yield from context.expected.of_pods(context.unreachable)
    else:
        yield from _pod_traffic(context.api, context.expected)


@proof("cluster")
def _not_promised(context: Cluster) -> Iterator[Proof]:
    """Entries for what the chosen providers do not promise: no proof of it is owed, and the report shows that."""
    for layer, promise, reason in not_promised(context.expected.layers, context.expected.promises):
        yield Proof(promise.text, layer, None, 0.0, "not promised", real=False, why_not_real=reason, promised=False)


def api_claim(endpoint: str) -> str:
    return f"the API answers through the endpoint {endpoint}"


def _answers(api: Api) -> str:
    return f"Kubernetes {api.get('/version')['gitVersion']}, its certificate verified by the cluster's CA"


def _nodes(api: Api, expected: Expected) -> str:
    found = {item["metadata"]["name"]: item for item in api.get("/api/v1/nodes")["items"]}
    served = api.get("/version")["gitVersion"]
    if expected.existing:  # its API server may be newer, and its other nodes are of others
        found = {name: item for name, item in found.items() if name in expected.nodes}
        wrong = [text] if (text := version.skew(served, expected.version)) else []
    else:
        wrong = [f"the API runs {served}"] if served != f"v{expected.version}" else []
    wrong += [f"{name} is not a node" for name in expected.nodes if name not in found]
    for name, item in sorted(found.items()):
        has = item["status"]["nodeInfo"]["kubeletVersion"]
        wrong += [f"{name} is not in the model"] if name not in expected.nodes else []
        wrong += [f"{name} runs {has}"] if has != f"v{expected.version}" else []
        wrong += [f"{name}: {row.reason}"] if (row := unready(item)) else []
    if wrong:
        raise ProofError("; ".join(wrong))
    return f"{len(found)} nodes are Ready at v{expected.version}: {', '.join(sorted(found))}"


def _pod_traffic(api: Api, expected: Expected) -> list[Proof]:
    """Prove traffic among the nodes that are Ready; a node that is not Ready fails the proof of the nodes."""
    outputs: dict[str, list[str]] = {}
    peers: dict[str, list[str]] = {}
    closed: dict[str, list[str]] = {}
    outer: list[Proof] = []

    def start() -> str:
        ready = [item["metadata"]["name"] for item in api.get("/api/v1/nodes")["items"] if not unready(item)]
        nodes = sorted(set(ready) & set(expected.nodes))
        if not nodes:
            raise ProofError("no node is Ready")

        def meanwhile(namespace: str) -> None:
            pools = tuple(map(address_ranges.parse, expected.pools))
            shown = outside.Outside(api, pools, expected.patience)
            further = attached.Attached(api, expected.image, expected.patience, expected.attachments)
            kept = tenants.Tenants(api, expected.image, expected.patience, expected.subnets)
            attempts = {
                outside.CLAIM: shown.prove,
                attached.CLAIM: further.prove,
                tenants.CLAIM: kept.reached,
                tenants.APART_CLAIM: kept.apart,
            }
            for claim, layer in expected.meanwhile:
                attempt = failed_by_api_errors(functools.partial(attempts[claim], namespace, nodes))
                outer.append(prove(claim, layer, attempt))

        traffic = PodTraffic(
            api,
            expected.image,
            expected.domain,
            expected.patience,
            nodes,
            expected.policies,
            meanwhile,
            expected.dual_stack,
            expected.pod_mtu,
        )
        peers.update(traffic.peers)
        closed.update(traffic.closed)
        servers = traffic.run(outputs)
        missing = sorted(set(expected.nodes) - set(nodes))
        left_out = f"; none on {', '.join(missing)}, not Ready" if missing else ""
        return f"servers at {', '.join(f'{n} {a}' for n, a in sorted(servers.items()))}{left_out}"

    started = prove(STARTS, "kubernetes", failed_by_api_errors(start))
    if not started.ok:
        reason = f"not all pods for this proof started: {started.evidence}"
        return [started, *expected.of_pods(reason)]
    tried = {kind: closed if kind in POLICY_CLAIMS else peers for kind in expected.claims}
    return [
        started,
        *(
            prove(claim, "kubernetes", evidence_of(kind, tried[kind], outputs))
            for kind, claim in expected.claims.items()
        ),
        *outer,
    ]
