# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof of the databases of the network provider `kube_ovn`: all members run, and each database has one leader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..conditions.fields import is_true
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
NAMESPACE = "/api/v1/namespaces/kube-system"
DEPLOYMENT = "/apis/apps/v1/namespaces/kube-system/deployments/ovn-central"
#: Seconds to wait for leaders: in an election nobody leads, and Kube-OVN's checker sets the labels a while after it.
ELECTION = 60
#: What has a leader, and the label by which Kube-OVN marks the pod that leads, so that services find it.
LEADERS = {"northbound": "ovn-nb-leader", "southbound": "ovn-sb-leader", "northd": "ovn-northd-leader"}


@proof("cluster", layer="network", provider=PROVIDER)
def _databases(context: Cluster) -> Iterator[Proof]:
    if context.expected.layers.get("network") == PROVIDER:  # nobody knows it of a cluster whose layers are not known
        yield context.prove(CLAIM, databases, "network")


def databases(api: Api, deadline: Deadline | None = None) -> str:
    """Which node leads each database.

    :raises ProofError: a member does not run, or something has no leader, or several, until the deadline.
    """
    try:
        return wait(lambda: _state(api), deadline or Deadline(ELECTION), what="OVN's databases", pause=5)
    except TimedOut as error:
        raise ProofError("; ".join(map(str, error.missing.rows))) from error


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
