# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of sessions by BGP against a made-up API, whose Calico reports what it is told to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove.bgp import CLAIM, sessions
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import in_check_mode
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError, UntriedError

from .test_cluster import EXPECTED

NODES = {"node1": "10.30.0.21", "node2": "10.30.0.22"}
UP, DOWN = "Established", "Active"
#: A mesh of two nodes, and a router.
GOOD = {"node1": {"10.30.0.22": UP, "10.30.0.201": UP}, "node2": {"10.30.0.21": UP}}


class Calico:
    """An API server; a CalicoNodeStatus is filled in at once, unless its node is silent."""

    def __init__(self, states: dict[str, dict[str, str]], *, mesh: bool = True, overlay: bool = False) -> None:
        self.states, self.mesh, self.overlay = states, mesh, overlay
        self.made: dict[str, dict[str, Any]] = {"groundup-prove-node1": {}}
        self.removed: list[str] = []

    def get(self, path: str) -> Any:
        name = path.rpartition("/")[2]
        if name == "default":
            return None if self.overlay else {"spec": {"asNumber": 64512, "nodeToNodeMeshEnabled": self.mesh}}
        if name == "bgppeers":
            return {"items": [{"spec": {"peerIP": "10.30.0.201"}}]}
        if name == "nodes":
            return {"items": [self.node(node, address) for node, address in NODES.items()]}
        return self.made.get(name)

    @staticmethod
    def node(name: str, address: str) -> dict[str, Any]:
        status = {
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": address}],
        }
        return {"metadata": {"name": name}, "status": status}

    def create(self, path: str, body: dict[str, Any]) -> None:
        name, node = body["metadata"]["name"], body["spec"]["node"]
        assert path.endswith("/caliconodestatuses") and name not in self.made, "one that was left is removed before"
        found = self.states.get(node)
        status = {}
        if found is not None:
            peers = [{"peerIP": address, "state": state} for address, state in found.items()]
            status = {"lastUpdated": "2026-11-28T00:00:00Z", "bgp": {"peersV4": peers}}
        self.made[name] = {**body, "status": status}

    def delete(self, path: str) -> bool:
        self.removed.append(path.rpartition("/")[2])
        return self.made.pop(path.rpartition("/")[2], None) is not None


def test_all_sessions_are_evidence_and_nothing_is_left() -> None:
    api = Calico(GOOD)
    assert sessions(api, 0) == "node1: 10.30.0.201, 10.30.0.22; node2: 10.30.0.21"  # type: ignore[arg-type]
    assert not api.made


@pytest.mark.parametrize(
    ("states", "mesh", "message"),
    [
        ({**GOOD, "node2": {"10.30.0.21": DOWN}}, True, "node2: the session with 10.30.0.21 is Active"),
        ({**GOOD, "node2": {"10.30.0.201": UP}}, True, "node2: there is no session with 10.30.0.21"),
        ({"node1": {"10.30.0.201": UP}, "node2": {}}, False, "node2: there is no session at all"),
        (
            {"node1": {"10.30.0.22": UP}, "node2": {"10.30.0.21": UP}},
            True,
            "no node has a session with 10.30.0.201",
        ),
        ({"node1": GOOD["node1"]}, True, "no status on node2: Calico's daemon reports nothing"),
    ],
)
def test_a_session_that_is_not_there_fails_the_proof(
    states: dict[str, dict[str, str]], mesh: bool, message: str
) -> None:
    api = Calico(states, mesh=mesh)
    with pytest.raises(ProofError, match=message):
        sessions(api, 0)  # type: ignore[arg-type]
    assert not api.made, "its objects are removed where it fails as well"


def test_without_a_mesh_a_router_is_enough() -> None:
    states = {"node1": {"10.30.0.201": UP}, "node2": {"10.30.0.201": UP}}
    assert sessions(Calico(states, mesh=False), 0)  # type: ignore[arg-type]


def test_an_overlay_has_no_sessions_to_prove() -> None:
    with pytest.raises(UntriedError, match="pods are connected by its overlay"):
        sessions(Calico({}, overlay=True), 0)  # type: ignore[arg-type]


def test_only_clouds_with_calico_owe_the_proof() -> None:
    def owed(network: str) -> bool:
        layers = {"kubernetes": None, "network": network}
        return CLAIM in [proof.name for proof in in_check_mode(replace(EXPECTED, layers=layers))]

    assert owed("calico") and not owed("flannel") and not owed("basic")
