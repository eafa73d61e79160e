# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof that nothing of removed nodes is left in a network's objects, on objects as providers write them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import gone_nodes
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import Expected, in_check_mode
from ansible_collections.groundup.cloud.plugins.module_utils.prove.gone_nodes import NETWORKS, nothing_left
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline

Json = dict[str, Any]


class Api:
    """Two nodes, and lists of objects by the last part of their path."""

    def __init__(self, **lists: list[Json]) -> None:
        self.lists = lists

    def get(self, path: str) -> Any:
        if path == "/api/v1/nodes":
            return {"items": [{"metadata": {"name": name}} for name in ("node1", "node2")]}
        found = self.lists.get(path.rpartition("/")[2].replace("-", "_"))
        return None if found is None else {"items": found}


def item(name: str, **parts: Any) -> Json:
    return {"metadata": {"name": name}, **parts}


def affinity(node: str, **spec: Any) -> Json:
    return item(f"{node}-10-64", spec={"node": node, "state": "confirmed", **spec})


OF_NODES = [item("node-node1", spec={"nodeName": "node1"}), item("node-node2", spec={"nodeName": "node2"})]
STOPPED = item("vm1.shop", spec={"nodeName": "node3", "podName": "vm1"})
GOOD = [
    ("kube_ovn", Api(ips=[*OF_NODES, STOPPED]), "3 objects"),
    ("kube_ovn", Api(ips=OF_NODES, provider_networks=[item("vlan101", status={"readyNodes": ["node1"]}), item("x")]),
     "4 objects"),
    ("calico", Api(blockaffinities=[affinity("node1"), affinity("node3", state="pendingDeletion"),
                                    affinity("node3", deleted="true")],
                   ipamblocks=[item("b", spec={"affinity": "host:node2"}), item("c", spec={"affinity": None}),
                               item("d", spec={"affinity": "virtual:load-balancer"}),
                               item("e", spec={"affinity": "host:node3", "deleted": True})]), "7 objects"),
    ("cilium", Api(ciliumnodes=[item("node1"), item("node2")]), "2 objects"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "api", "count"), GOOD, ids=["pods kept", "VLANs", "Calico", "Cilium"])
def test_what_is_of_nodes_of_the_cluster(provider: str, api: Any, count: str) -> None:
    assert nothing_left(api, NETWORKS[provider], Deadline(0)) == f"{count}, all of 2 nodes of the cluster"


GONE = [
    ("kube_ovn", Api(ips=[item("node-node3", spec={"nodeName": "node3"})]), "IP node-node3: is of node3"),
    ("kube_ovn", Api(ips=[], provider_networks=[item("vlan101", status={"notReadyNodes": ["node3"]})]),
     "ProviderNetwork vlan101: is of node3"),
    ("calico", Api(blockaffinities=[affinity("node3")]), "BlockAffinity node3-10-64: is of node3"),
    ("calico", Api(ipamblocks=[item("10-64", spec={"affinity": "host:node3"})]), "IPAMBlock 10-64: is of node3"),
    ("cilium", Api(ciliumnodes=[item("node1"), item("node3")]), "CiliumNode node3: is of node3"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "api", "text"), GONE, ids=[case[2].split()[0] + case[0] for case in GONE])
def test_what_is_left_of_a_node_is_named_with_the_remedy(provider: str, api: Any, text: str) -> None:
    with pytest.raises(ProofError) as failed:
        nothing_left(api, NETWORKS[provider], Deadline(0))
    assert str(failed.value).startswith(f"{text}, which is no node of the cluster. ")
    assert str(failed.value).lower().endswith(NETWORKS[provider].remedy.lower())


def test_a_controller_that_is_about_to_do_it_is_waited_for() -> None:
    class Frees:
        """A clock whose second pause frees everything."""

        def __init__(self) -> None:
            self.seconds, self.api = 0.0, Api(ciliumnodes=[item("node3")])

        def now(self) -> float:
            return self.seconds

        def sleep(self, seconds: float) -> None:
            self.seconds += seconds
            if self.seconds >= 10:
                self.api.lists = {"ciliumnodes": []}

    clock: Any = Frees()
    found = nothing_left(clock.api, NETWORKS["cilium"], Deadline(gone_nodes.PATIENCE, clock))
    assert found.startswith("0 objects") and clock.seconds == 10


@pytest.mark.parametrize(("provider", "owed"), [("kube_ovn", 1), ("calico", 1), ("cilium", 1), ("flannel", 0)])
def test_networks_that_keep_something_of_nodes_owe_it(provider: str, owed: int) -> None:
    layers = {"kubernetes": None, "network": provider}
    expected = Expected("10.30.0.10:8443", "1.36.3", ("node1",), "x", "y", layers=layers)
    assert sum(one.name == gone_nodes.CLAIM for one in in_check_mode(expected)) == owed
