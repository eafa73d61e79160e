# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of OVN's databases, on pods as Kube-OVN labels them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import ovn
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import Expected, in_check_mode
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline

LABELS = tuple(ovn.LEADERS.values())


class Api:
    """Three members, of which each leads something."""

    def __init__(self, leads: dict[str, tuple[str, ...]], ready: tuple[str, ...] = ("node1", "node2", "node3")) -> None:
        self.leads, self.ready = leads, ready

    def get(self, path: str) -> Any:
        if path == ovn.DEPLOYMENT:
            return {"spec": {"replicas": 3}}
        assert path.endswith("pods?labelSelector=app%3Dovn-central")
        return {"items": [self.pod(name) for name in ("node1", "node2", "node3")]}

    def pod(self, node: str) -> dict[str, Any]:
        labels = {"app": "ovn-central", **{one: str(one in self.leads.get(node, ())).lower() for one in LABELS}}
        ready = {"type": "Ready", "status": str(node in self.ready)}
        metadata = {"name": f"ovn-central-{node}", "labels": labels}
        return {"metadata": metadata, "spec": {"nodeName": node}, "status": {"conditions": [ready]}}


def test_each_database_has_one_leader() -> None:
    api = Api({"node1": LABELS[:1], "node3": LABELS[1:]})
    assert ovn.databases(api) == (  # type: ignore[arg-type]
        "members on node1, node2, node3; leaders: northbound node1, southbound node3, northd node3"
    )


@pytest.mark.parametrize(
    ("api", "evidence"),
    [
        (Api({"node1": LABELS[:2]}), "northd has 0 leaders (none)"),
        (Api({"node1": LABELS, "node2": LABELS[:1]}), "northbound has 2 leaders (node1, node2)"),
        (Api({"node1": LABELS}, ("node1", "node2")), "2 of 3 members are ready"),
        (
            Api({"node1": LABELS}, ("node2", "node3")),
            "2 of 3 members are ready; " + "; ".join(f"{name} has 0 leaders (none)" for name in ovn.LEADERS),
        ),
    ],
    ids=["no leader", "two leaders", "a member is missing", "the leader is missing"],
)
def test_faults_fail_it(api: Api, evidence: str) -> None:
    with pytest.raises(ProofError) as caught:
        ovn.databases(api, Deadline(0))  # type: ignore[arg-type]
    assert str(caught.value) == evidence


def test_an_election_is_waited_for() -> None:
    class Elects:
        """A clock whose third pause ends with a leader."""

        def __init__(self) -> None:
            self.seconds, self.api = 0.0, Api({})

        def now(self) -> float:
            return self.seconds

        def sleep(self, seconds: float) -> None:
            self.seconds += seconds
            if self.seconds == 15:
                self.api.leads = {"node2": LABELS}

    clock = Elects()
    found = ovn.databases(clock.api, Deadline(ovn.ELECTION, clock))  # type: ignore[arg-type]
    assert found.endswith("northbound node2, southbound node2, northd node2") and clock.seconds == 15


@pytest.mark.parametrize(("provider", "owed"), [("kube_ovn", True), ("flannel", False)])
def test_only_kube_ovn_owes_it(provider: str, owed: bool) -> None:
    expected = Expected(
        "10.30.0.10:8443", "1.36.3", ("node1",), "x", "y", layers={"kubernetes": None, "network": provider}
    )
    found = [one for one in in_check_mode(expected) if one.name == ovn.CLAIM]
    assert [(one.layer, one.ok) for one in found] == ([("network", None)] if owed else [])


class Objects:
    """Subnets, provider networks and networks of tenants, as Kube-OVN reports on them."""

    def __init__(self, **found: list[dict[str, Any]]) -> None:
        self.found = found

    def get(self, path: str) -> Any:
        return {"items": self.found.get(path.rsplit("/", 1)[1].replace("-", "_"), [])}


def reported(name: str, **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": status}


READY = [{"type": "Ready", "status": "True"}]
JOIN = reported("join", conditions=READY)
VLAN = reported("vlan101", readyNodes=["node1", "node2"])


def test_subnets_are_in_force_and_vlans_have_switches() -> None:
    assert ovn.subnets(Objects(subnets=[JOIN])) == "subnets: join"  # type: ignore[arg-type]
    api = Objects(
        subnets=[reported("office", conditions=READY), JOIN],
        provider_networks=[VLAN],
        vpcs=[reported("ovn-cluster", standby=True)],
    )
    assert ovn.subnets(api) == "subnets: join, office; switches: vlan101 on 2 nodes"  # type: ignore[arg-type]


NOT_READY = {"node": "node2", "type": "Ready", "status": "False", "message": "nic bond0.101 does not exist"}


@pytest.mark.parametrize(
    ("found", "evidence"),
    [
        (
            {"subnets": [reported("a", conditions=[{**READY[0], "status": "False", "reason": "ValidateFailed"}])]},
            "Subnet a: Ready is False.*ValidateFailed",
        ),
        ({"subnets": [reported("a")]}, "Subnet a: Kube-OVN's controller has not taken it"),
        (
            {"provider_networks": [reported("vlan101", readyNodes=["node1"], notReadyNodes=["node2", "node3"],
                                            conditions=[NOT_READY])]},
            "ProviderNetwork vlan101: node2 has no switch of it: nic bond0.101 does not exist; and 1 more nodes",
        ),
        ({"provider_networks": [reported("vlan101")]}, "ProviderNetwork vlan101: no node has a switch of it yet"),
        ({"vpcs": [reported("red", standby=False)]}, "Vpc red has no router yet"),
    ],
)  # fmt: skip
def test_what_is_not_in_force_is_named(found: dict[str, Any], evidence: str) -> None:
    with pytest.raises(ProofError, match=evidence):
        ovn.subnets(Objects(**{"subnets": [JOIN], **found}))  # type: ignore[arg-type]
