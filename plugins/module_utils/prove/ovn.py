# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of the network provider `kube_ovn`: its databases run and each has one leader; its subnets are in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..conditions.fields import at, is_true
from ..conditions.judge import judge
from ..kube.api import Api
from ..report.proofs import Proof, ProofError
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from .registry import proof

if TYPE_CHECKING:
    from .cluster import Cluster

PROVIDER = "kube_ovn"
CLAIM = "OVN's databases run on all their nodes, and each has one leader"
SUBNETS_CLAIM = "Kube-OVN has all subnets in force, and a switch for each VLAN of them on all its nodes"
OBJECTS = "/apis/kubeovn.io/v1"
NAMESPACE = "/api/v1/namespaces/kube-system"
DEPLOYMENT = "/apis/apps/v1/namespaces/kube-system/deployments/ovn-central"
#: Seconds to wait for leaders: in an election nobody leads, and Kube-OVN's checker sets the labels a while after it.
ELECTION = 60
#: What has a leader, and the label by which Kube-OVN marks the pod that leads, so that services find it.
LEADERS = {"northbound": "ovn-nb-leader", "southbound": "ovn-sb-leader", "northd": "ovn-northd-leader"}


@proof("cluster", layer="network", provider=PROVIDER)
def _kube_ovn(context: Cluster) -> Iterator[Proof]:
    if context.expected.layers.get("network") == PROVIDER:  # nobody knows it of a cluster whose layers are not known
        yield context.prove(CLAIM, databases, "network")
        yield context.prove(SUBNETS_CLAIM, subnets, "network")


def databases(api: Api, deadline: Deadline | None = None) -> str:
    """Which node leads each database.

    :raises ProofError: a member does not run, or something has no leader, or several, until the deadline.
    """
    try:
        return wait(lambda: _state(api), deadline or Deadline(ELECTION), what="OVN's databases", pause=5)
    except TimedOut as error:
        raise ProofError("; ".join(map(str, error.missing.rows))) from error


def subnets(api: Api) -> str:
    """Which subnets there are, and on how many nodes VLANs are.

    :raises ProofError: a subnet is not valid, a network of a tenant has no router, or a node has no switch of a VLAN.
    """
    found = api.get(f"{OBJECTS}/subnets")["items"]
    networks = (api.get(f"{OBJECTS}/provider-networks") or {}).get("items") or []
    vpcs = (api.get(f"{OBJECTS}/vpcs") or {}).get("items") or []
    now, wrong = datetime.now(UTC), []
    wrong += [f"Vpc {one['metadata']['name']} has no router yet" for one in vpcs if not at(one, "status", "standby")]
    for kind, items in (("Subnet", found), ("ProviderNetwork", networks)):
        for one in items:
            if row := judge({**one, "apiVersion": "kubeovn.io/v1", "kind": kind}, now):
                wrong.append(str(row))
            elif kind == "Subnet" and not is_true(one, "Ready"):
                wrong.append(f"Subnet {one['metadata']['name']}: Kube-OVN's controller has not taken it")
    if wrong:
        raise ProofError("; ".join(wrong))
    vlans = [f"{one['metadata']['name']} on {len(one['status']['readyNodes'])} nodes" for one in networks]
    named = ", ".join(sorted(str(one["metadata"]["name"]) for one in found))
    return f"subnets: {named}" + (f"; switches: {', '.join(sorted(vlans))}" if vlans else "")


def _state(api: Api) -> str | Missing:
    """Where members run and what they lead, or what is wrong."""
    wanted = api.get(DEPLOYMENT)["spec"]["replicas"]
    pods = api.get(f"{NAMESPACE}/pods?labelSelector=app%3Dovn-central")["items"]
    ready = [pod for pod in pods if is_true(pod, "Ready")]
    wrong = [Row(f"{len(ready)} of {wanted} members are ready")] if len(ready) != wanted else []
    found = {name: sorted(_node(pod) for pod in ready if _leads(pod, label)) for name, label in LEADERS.items()}
    for name, nodes in found.items():
        if len(nodes) != 1:
            wrong.append(Row(f"{name} has {len(nodes)} leaders ({', '.join(nodes) or 'none'})"))
    if wrong:
        return Missing(tuple(wrong))
    members = ", ".join(sorted(map(_node, ready)))
    return f"members on {members}; leaders: {', '.join(f'{name} {nodes[0]}' for name, nodes in found.items())}"


def _node(pod: dict[str, Any]) -> str:
    return str(pod["spec"].get("nodeName") or pod["metadata"]["name"])


def _leads(pod: dict[str, Any], label: str) -> bool:
    return (pod["metadata"].get("labels") or {}).get(label) == "true"
