# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of subnets of Kube-OVN, against an API that gives pods addresses and lets clients say what they saw."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import tenant_pods, tenants
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import cluster_proofs, without_credentials
from ansible_collections.groundup.cloud.plugins.module_utils.prove.tenants import PodSubnet, Tenants
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError, UntriedError

from .test_cluster import EXPECTED, FakeApi

NODES = ("node1", "node2")
CLUSTER = PodSubnet("ovn-default", "10.64.0.0/14", NODES, closed=("red", "blue"))
RED = PodSubnet("red", "10.104.0.0/24", NODES, closed=("blue",))
BLUE = PodSubnet("blue", "10.104.0.0/24", NODES, closed=("red",))
OFFICE = PodSubnet("office", "10.101.0.0/24", ("node2",), mtu=9000)
Says = Callable[[str, str], str]


def good(_word: str, _line: str) -> str:
    return "good"


def of_red(word: str) -> Says:
    """What clients say of the server on the second node; no line for an empty word."""
    return lambda _kind, name: word if name == "red/node2" else "good"


class Kubelets:
    """Pods run, or have ended with a line for each thing that their environment tells them to try."""

    def __init__(self, says: Says = good, begins: dict[str, str] | None = None, mtu: str = "9000") -> None:
        self.says, self.mtu = says, mtu
        self.begins = {"ovn-default": "10.64.0.", "office": "10.101.0.", **(begins or {})}
        self.pods: dict[str, dict[str, Any]] = {}

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        assert path == "/api/v1/namespaces/ns/pods"
        name = body["metadata"]["name"]
        self.pods[name] = {**body, "status": self.status(body, len(self.pods))}
        return body

    def get(self, path: str) -> Any:
        plain, __, _query = path.partition("?")
        found = [{"apiVersion": "v1", "kind": "Pod", **pod} for pod in self.pods.values()]
        if plain == "/api/v1/namespaces/ns/pods":
            return {"kind": "PodList", "items": found, "metadata": {}}
        return next(pod for pod in found if plain.endswith(f"/{pod['metadata']['name']}"))

    def text(self, _path: str) -> str:
        return ""

    def status(self, pod: dict[str, Any], number: int) -> dict[str, Any]:
        env = {one["name"]: one["value"] for one in pod["spec"]["containers"][0]["env"]}
        if "OWN" in env:
            begin = self.begins.get(pod["metadata"]["annotations"][tenant_pods.ANNOTATION], "10.104.0.")
            ready = [{"type": "Ready", "status": "True"}]
            return {"phase": "Running", "podIP": f"{begin}{number + 2}", "conditions": ready}
        lines = [f"mtu {env['MTU']} 1 {'good' if self.mtu == env['MTU'] else self.mtu}"] if env["MTU"] else []
        for word, key in (("data", "PEERS"), ("apart", "CLOSED")):
            names = [pair.partition("=")[0] for pair in env[key].split()]
            lines += [f"{word} {name} 1 {said}" for name in names if (said := self.says(word, name))]
        ended = {"state": {"terminated": {"message": "\n".join(lines)}}}
        return {"phase": "Succeeded", "containerStatuses": [ended]}

    def environment(self, name: str) -> dict[str, str]:
        return {one["name"]: one["value"] for one in self.pods[name]["spec"]["containers"][0]["env"]}


def proof(api: Kubelets, *subnets: PodSubnet) -> Tenants:
    return Tenants(api, "groundup.cloud/probe:1", 0, subnets or (CLUSTER, RED, BLUE, OFFICE))  # type: ignore[arg-type]


def test_pods_fetch_from_the_next_node_of_their_subnet_and_first_ones_try_closed_subnets() -> None:
    api = Kubelets()
    tried = proof(api)
    assert tried.reached("ns", NODES) == "ovn-default on 2 nodes, red on 2 nodes, blue on 2 nodes, office on 1 node"
    assert tried.apart("ns", NODES) == (
        "blue does not reach red, ovn-default does not reach blue, ovn-default does not reach red, "
        "red does not reach blue"
    )
    first, second = api.environment("try-red-node1"), api.environment("try-red-node2")
    assert (first["PEERS"], second["PEERS"]) == ("red/node2=10.104.0.5", "red/node1=10.104.0.4")
    assert (first["CLOSED"], second["CLOSED"]) == ("blue/node2=10.104.0.7", ""), "on another node"
    assert api.environment("try-office-node2")["PEERS"] == "office/node2=10.101.0.8", "itself, on a single node"
    annotations = {name: pod["metadata"]["annotations"] for name, pod in api.pods.items()}
    assert annotations["serve-red-node1"] == annotations["try-red-node1"] == {tenant_pods.ANNOTATION: "red"}
    assert "labels" not in api.pods["serve-red-node1"]["metadata"], "a policy for servers must not select it"


@pytest.mark.parametrize(
    ("api", "message"),
    [
        (Kubelets(of_red("silent")), "red/node1: red/node2 does not answer"),
        (Kubelets(of_red("wrong")), "red/node1: red/node2 sends wrong data"),
        (Kubelets(of_red("")), "red/node1: no result"),
        (Kubelets(mtu="1400"), "office/node2: its interface has the MTU 1400, not 9000"),
        (Kubelets(begins={"red": "10.64.1."}), "red/node1 has 10.64.1.4, which is not in 10.104.0.0/24"),
    ],
    ids=["silent", "wrong", "nothing said", "MTU", "another subnet"],
)  # fmt: skip
def test_what_is_not_reached_fails_the_first_proof(api: Kubelets, message: str) -> None:
    with pytest.raises(ProofError) as failed:
        proof(api).reached("ns", NODES)
    assert message in str(failed.value)


def test_an_answer_from_a_closed_subnet_fails_the_second() -> None:
    tried = proof(Kubelets(lambda word, name: "open" if word == "apart" and name == "blue/node2" else "good"))
    tried.reached("ns", NODES)
    with pytest.raises(ProofError, match=r"^ovn-default/node1 reaches blue/node2; red/node1 reaches blue/node2$"):
        tried.apart("ns", NODES)


def test_silence_of_a_server_that_answers_nobody_shows_nothing() -> None:
    tried = proof(Kubelets(lambda word, name: "silent" if word == "data" and name.startswith("blue") else "good"))
    with pytest.raises(ProofError, match="blue/node1: blue/node2 does not answer"):
        tried.reached("ns", NODES)
    assert tried.apart("ns", NODES) == (
        "blue does not reach red, ovn-default does not reach red; not tried: ovn-default to blue, red to blue"
    )
    silent = proof(Kubelets(lambda word, name: "silent" if word == "data" else "good"))
    with pytest.raises(ProofError):
        silent.reached("ns", NODES)
    with pytest.raises(UntriedError, match="no server answered in its own subnet"):
        silent.apart("ns", NODES)


def test_nodes_that_are_not_ready_are_left_out_and_named() -> None:
    assert (
        proof(Kubelets(), RED, OFFICE).reached("ns", ("node1",)) == "red on 1 node; not tried: office, on no ready node"
    )
    with pytest.raises(UntriedError, match="no subnet is on a ready node"):
        proof(Kubelets(), OFFICE).reached("ns", ("node1",))
    with pytest.raises(UntriedError, match="no network of a tenant and no private subnet is in the model"):
        proof(Kubelets(), OFFICE).apart("ns", NODES)


def test_at_most_eight_nodes_of_a_subnet_are_tried() -> None:
    nodes = tuple(f"node{n}" for n in range(20))
    assert proof(Kubelets(), replace(RED, nodes=nodes, closed=())).reached("ns", nodes) == "red on 8 nodes"


def test_scripts_are_such_that_a_shell_reads() -> None:
    for script in (tenant_pods._SERVE, tenant_pods._TRY):
        assert subprocess.run(["sh", "-n", "-c", script], check=False).returncode == 0


def test_they_are_proofs_of_a_cluster_whose_model_has_subnets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tenants, "reached", lambda *_: "red on 2 nodes")
    monkeypatch.setattr(Tenants, "apart", lambda *_: "blue does not reach red")
    having = replace(EXPECTED, layers={"kubernetes": None, "network": "kube_ovn"}, subnets=(CLUSTER, RED))
    api: Any = FakeApi()
    found = {one.name: one for one in cluster_proofs(api, having)}
    claims = (tenants.CLAIM, tenants.APART_CLAIM)
    assert all(found[claim].ok and found[claim].layer == "network" for claim in claims)
    assert not {one.name for one in cluster_proofs(api, EXPECTED)} & {*claims}
    without = {one.name: one.ok for one in without_credentials(having, "no such file")}
    assert [without[claim] for claim in claims] == [None, None]


def test_an_item_of_the_option_is_a_subnet() -> None:
    given = {"name": "red", "subnet": "10.104.0.0/24", "nodes": ["node1", "node2"], "mtu": None, "closed": ["blue"]}
    assert PodSubnet.of(given) == RED
