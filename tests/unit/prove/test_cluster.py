# SPDX-License-Identifier: GPL-3.0-or-later
"""Cluster proofs against a made-up API (a double that only stores objects)."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.prove import pod_traffic, workloads
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import (
    Expected,
    cluster_proofs,
    without_credentials,
)
from ansible_collections.groundup.cloud.plugins.module_utils.prove.pod_traffic import peers_of
from ansible_collections.groundup.cloud.plugins.module_utils.prove.workloads import client, servers

NODES = ("node1", "node2")
LEFT = {"default": "2026-01-01T00:00:00Z", "groundup-prove-1": "2026-01-01T00:00:00Z"}
EXPECTED = Expected("10.30.0.10:8443", "1.36.3", NODES, "cluster.local", "groundup.cloud/probe:1", patience=0)
POLICED = replace(EXPECTED, layers={"kubernetes": None, "network": "basic", "policies": "kube_network_policies"})
GOOD = "pod {other} 1 good\ndns echo 1 good\nservice echo 1 good\n"


class FakeApi:
    """Pods are ready at once and print the given lines."""

    def __init__(
        self, says: str = GOOD, version: str = "v1.36.3", down: bool = False, unready: tuple[str, ...] = ()
    ) -> None:
        self.says, self.version, self.down, self.unready = says, version, down, unready
        self.pods: list[dict[str, Any]] = []
        self.deleted: list[str] = []
        self.created: list[dict[str, Any]] = []
        self.pod_six = self.service_six = ("fd00::9",)

    def get(self, path: str) -> Any:
        if path == "/api/v1/namespaces":
            return {"items": [{"metadata": {"name": name, "creationTimestamp": made}} for name, made in LEFT.items()]}
        if self.down:
            raise Unreachable("https://10.30.0.10:8443: connection refused")
        if path == "/version":
            return {"gitVersion": self.version}
        if path == "/api/v1/nodes":
            return {"items": [{"metadata": {"name": name}, "status": self.node(name)} for name in NODES]}
        if path.endswith("/services/echo"):
            return {"spec": {"clusterIPs": ["10.96.0.9", *self.service_six]}}
        return {"items": self.pods}

    def node(self, name: str) -> dict[str, Any]:
        ready = {"type": "Ready", "status": str(name not in self.unready), "message": "kubelet stopped posting"}
        return {"nodeInfo": {"kubeletVersion": self.version}, "conditions": [ready]}

    def create(self, path: str, body: dict[str, Any]) -> Any:
        self.created.append(body)
        if body["kind"] == "DaemonSet":
            self.pods += [
                self.pod("echo-x", name, {"conditions": [{"type": "Ready", "status": "True"}]}) for name in NODES
            ]
        if body["kind"] == "Pod":
            node = body["spec"]["nodeName"]
            other = next(name for name in NODES if name != node)
            ended = {"state": {"terminated": {"message": self.says.format(other=other)}}}
            self.pods.append(
                self.pod(body["metadata"]["name"], node, {"phase": "Succeeded", "containerStatuses": [ended]})
            )
        return body

    def pod(self, name: str, node: str, status: dict[str, Any]) -> dict[str, Any]:
        own = {"podIP": "10.64.0.9", "podIPs": [{"ip": one} for one in ("10.64.0.9", *self.pod_six)]}
        return {"metadata": {"name": name}, "spec": {"nodeName": node}, "status": {**own, **status}}

    def delete(self, path: str) -> bool:
        self.deleted.append(path)
        return True


GOOD_SIX = GOOD + "pod6 {other} 1 good\ndns6 echo 1 good\nservice6 echo 1 good\n"
DUAL = replace(EXPECTED, dual_stack=True)


def test_pods_and_services_are_reached_by_both_ip_versions() -> None:
    api = FakeApi(says=GOOD_SIX)
    proofs = cluster_proofs(api, DUAL)  # type: ignore[arg-type]
    assert [proof.ok for proof in proofs] == [True] * 9
    assert [proof.name for proof in proofs if "IPv6" in proof.name] == list(pod_traffic.CLAIMS_SIX.values())
    service = next(body for body in api.created if body["kind"] == "Service")
    assert service["spec"]["ipFamilyPolicy"] == "RequireDualStack"
    pod = next(body for body in api.created if body["kind"] == "Pod")
    env = {item["name"]: item["value"] for item in pod["spec"]["containers"][0]["env"]}
    assert (env["PEERS"], env["PEERS6"], env["SERVICE6"]) == ("node2=10.64.0.9", "node2=[fd00::9]", "fd00::9")


def test_what_has_no_address_of_ipv6_fails() -> None:
    silent = FakeApi(says=GOOD_SIX.replace("pod6 {other} 1 good", "pod6 {other} 4 silent"))
    proofs = cluster_proofs(silent, DUAL)  # type: ignore[arg-type]
    assert [proof.evidence for proof in proofs if proof.ok is False] == [
        "node1: pod6 node2 4 silent; node2: pod6 node1 4 silent"
    ]
    for key, text in (("pod_six", "its pod has no address of IPv6"), ("service_six", "echo has no address of IPv6")):
        api = FakeApi(says=GOOD_SIX)
        setattr(api, key, ())
        proofs = cluster_proofs(api, DUAL)  # type: ignore[arg-type]
        assert text in proofs[2].evidence and [proof.ok for proof in proofs[3:]] == [None] * 6


POD_BAD = GOOD.replace("pod {other} 1 good", "pod {other} 4 silent")


@pytest.mark.parametrize(
    ("api", "failed"),
    [
        (FakeApi(), []),
        (
            FakeApi(version="v1.35.0"),
            ["the API runs v1.35.0; node1 runs v1.35.0; node2 runs v1.35.0"],
        ),
        (FakeApi(says=POD_BAD), ["node1: pod node2 4 silent; node2: pod node1 4 silent"]),
        (
            FakeApi(says="dns echo 1 good\nservice echo 1 good\n"),
            ["node1: no result for node2; node2: no result for node1"],
        ),
        (FakeApi(says="pod {other} 1 good\nservice echo 1 good\n"), ["node1: no result; node2: no result"]),
    ],
)
def test_faults_fail_their_proofs(api: FakeApi, failed: list[str]) -> None:
    proofs = cluster_proofs(api, EXPECTED)  # type: ignore[arg-type]
    assert [proof.evidence for proof in proofs if proof.ok is False] == failed
    assert len(proofs) == 6
    assert len(api.deleted) == 2, "its own namespace, and the one that a killed run left"


def test_a_silent_external_load_balancer_is_told_where_to_forward() -> None:
    expected = replace(EXPECTED, forwards_to=("10.30.0.21:6443", "10.30.0.22:6443"))
    proofs = cluster_proofs(FakeApi(down=True), expected)  # type: ignore[arg-type]
    assert proofs[0].evidence.endswith(
        "connection refused; the external load balancer at 10.30.0.10:8443 has to forward TCP, unchanged, to "
        "10.30.0.21:6443, 10.30.0.22:6443"
    )
    assert cluster_proofs(FakeApi(), expected)[0].ok  # type: ignore[arg-type]


def test_an_unreachable_api_fails_its_proof_and_the_rest_is_untried() -> None:
    proofs = cluster_proofs(FakeApi(down=True), EXPECTED)  # type: ignore[arg-type]
    assert [proof.ok for proof in proofs] == [False, None, None, None, None, None]
    assert "connection refused" in proofs[0].evidence
    assert "connection refused" in str(proofs[5].why_not_real)


def test_without_credentials_the_api_is_not_proved_and_the_same_proofs_are_named() -> None:
    proofs = without_credentials(EXPECTED, "no such file")
    assert [proof.ok for proof in proofs] == [False, None, None, None, None, None]
    assert [proof.name for proof in proofs] == [
        proof.name
        for proof in cluster_proofs(FakeApi(), EXPECTED)  # type: ignore[arg-type]
    ]


def test_pods_that_do_not_start_are_named_and_their_proofs_are_untried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = FakeApi()
    monkeypatch.setattr(pod_traffic, "_is_ready", lambda pod: pod["spec"]["nodeName"] != "node2")
    proofs = cluster_proofs(api, EXPECTED)  # type: ignore[arg-type]
    assert "no server on node2" in proofs[2].evidence
    assert [proof.ok for proof in proofs] == [True, True, False, None, None, None]
    assert api.deleted


def test_a_node_that_is_not_ready_is_named_and_the_others_are_proved() -> None:
    api = FakeApi(unready=("node2",), says="dns echo 1 good\nservice echo 1 good\n")
    proofs = cluster_proofs(api, EXPECTED)  # type: ignore[arg-type]
    assert [proof.ok for proof in proofs] == [True, False, True, None, True, True]
    assert proofs[1].evidence == "node2: not ready (kubelet stopped posting)"
    assert "none on node2, not Ready" in proofs[2].evidence
    assert proofs[3].why_not_real == "there is only one machine"


def test_a_client_whose_pod_is_gone_fails_the_proof() -> None:
    api = FakeApi()
    create = api.create
    api.create = lambda path, body: body if body["metadata"]["name"] == "client-node2" else create(path, body)  # type: ignore[method-assign]
    proofs = cluster_proofs(api, EXPECTED)  # type: ignore[arg-type]
    assert "no answer from node2: its pod is gone" in proofs[2].evidence


@pytest.mark.parametrize(("count", "asked"), [(1, 0), (2, 1), (9, 8), (1000, 8)])
def test_every_node_is_a_server_and_the_requests_grow_linearly(count: int, asked: int) -> None:
    nodes = [f"node{number}" for number in range(count)]
    asks = peers_of(nodes)
    assert {len(others) for others in asks.values()} == {asked}
    assert {other for others in asks.values() for other in others} == (set(nodes) if count > 1 else set())


def test_the_evidence_names_the_number_of_tries() -> None:
    proofs = cluster_proofs(FakeApi(says=GOOD.replace("dns echo 1", "dns echo 3")), EXPECTED)  # type: ignore[arg-type]
    assert proofs[4].evidence == "2 answers from 2 nodes, the last at try 3"


CLOSED = GOOD + "closed {other} 2 good\n"


@pytest.mark.parametrize(
    ("says", "ok", "evidence"),
    [
        (CLOSED, True, "2 closed ports, each tried from another node, the last at try 2"),
        (GOOD + "closed {other} 9 open\n", False, "node1: closed node2 9 open; node2: closed node1 9 open"),
        (GOOD, False, "node1: no result for node2; node2: no result for node1"),
    ],
    ids=["closed", "open", "not tried"],
)
def test_a_policy_has_to_close_a_port(says: str, ok: bool, evidence: str) -> None:
    api = FakeApi(says=says)
    found = {proof.name: proof for proof in cluster_proofs(api, POLICED)}  # type: ignore[arg-type]
    policy = found["a NetworkPolicy closes every port of pods on other machines but the one it opens"]
    assert (policy.ok, policy.evidence) == (ok, evidence)
    assert "NetworkPolicy" in {body["kind"] for body in api.created}
    assert "NetworkPolicy holds for pods" not in found, "it is promised, so it is proved and not listed as missing"


def test_without_a_promise_of_policies_none_is_made_and_none_is_proved() -> None:
    api = FakeApi()
    found = cluster_proofs(api, replace(EXPECTED, layers={"kubernetes": None, "network": "basic"}))  # type: ignore[arg-type]
    assert "NetworkPolicy" not in {body["kind"] for body in api.created}
    assert [proof.ok for proof in found if proof.name == "NetworkPolicy holds for pods"] == [None]


def test_a_pod_with_a_closed_port_is_ready_only_while_that_port_is_served() -> None:
    daemons, policy = (servers("ns", "image", policy=True)[at] for at in (0, 2))
    probed = [c["readinessProbe"]["httpGet"]["port"] for c in daemons["spec"]["template"]["spec"]["containers"]]
    allowed = [port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]]
    assert probed == [8080, 8081]
    assert allowed == [8080]


HOST = "echo.ns.svc.cluster.local"
LATE = 'n=$(cat tries 2>/dev/null || echo 0); echo $((n + 1)) > tries; [ "$n" -ge 2 ] || exit 1'
REFUSES = 'case "$*" in *:8081/*) [ -n "$OPEN" ];; *) ' + "exit 1;; esac"
SERVER = """while [ $# -gt 1 ]; do [ "$1" = -O ] && to=$2; shift; done
case $1 in *data) yes "$SERVES" | head -c 1048576 > "$to";; *) echo "$SERVES" > "$to";; esac"""


@pytest.mark.parametrize(
    ("nslookup", "wget", "serves", "patience", "said"),
    [
        ("exit 0", SERVER, "node2", 0, ["pod node2 1 good", f"dns {HOST} 1 good", f"service {HOST} 1 good"]),
        (LATE, SERVER, "node2", 60, ["pod node2 1 good", f"dns {HOST} 3 good", f"service {HOST} 1 good"]),
        ("exit 1", "exit 1", "", 0, ["pod node2 1 silent", f"dns {HOST} 1 silent", f"service {HOST} 1 silent"]),
        ("exit 0", SERVER, "node9", 60, ["pod node2 1 wrong", f"dns {HOST} 1 good", f"service {HOST} 1 wrong"]),
    ],
    ids=["at once", "DNS is late", "silent", "another answers"],
)
def test_lines_of_a_client(
    nslookup: str, wget: str, serves: str, patience: int, said: list[str], tmp_path: Path
) -> None:
    pod = client("ns", "image", "node1", {"node2": "10.64.1.2"}, ["node1", "node2"], "cluster.local", patience)
    assert _lines(pod, {"nslookup": nslookup, "wget": wget, "sleep": ""}, tmp_path, SERVES=serves) == said


def _lines(pod: dict[str, Any], programs: dict[str, str], directory: Path, **variables: str) -> list[str]:
    """What the script of a client's pod prints, with doubles of programs as scripts."""
    container = pod["spec"]["containers"][0]
    for name, body in programs.items():
        (directory / name).write_text(f"#!/bin/sh\n{body}\n")
        (directory / name).chmod(0o755)
    script = container["command"][2].replace("/dev/termination-log", "said").replace("/tmp/", f"{directory}/")
    env = {item["name"]: item["value"] for item in container["env"]}
    env |= {"PATH": f"{directory}:/usr/bin:/bin", **variables}
    subprocess.run(["sh", "-c", script], check=True, cwd=directory, env=env, timeout=30, stdout=subprocess.DEVNULL)
    return (directory / "said").read_text().splitlines()


@pytest.mark.parametrize(("opened", "said"), [("", "closed node2 1 good"), ("yes", "closed node2 1 open")])
def test_lines_about_a_closed_port(opened: str, said: str, tmp_path: Path) -> None:
    pod = client("ns", "image", "node1", {}, ["node1"], "cluster.local", 0, {"node2": "10.64.1.2"})
    assert _lines(pod, {"nslookup": "exit 1", "wget": REFUSES}, tmp_path, OPEN=opened)[-1] == said


def test_a_pod_that_does_not_start_is_explained_by_its_log_and_events() -> None:
    api = FakeApi()
    create, get = api.create, api.get
    ended = {"exitCode": 127, "reason": "Error", "finishedAt": "2026-11-28T11:59:50Z"}
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    container = {"name": "serve", "restartCount": 3, "state": state, "lastState": {"terminated": ended}}
    refused = {
        "type": "Warning",
        "reason": "FailedMount",
        "message": "no space",
        "lastTimestamp": "2026-11-28T12:00:00Z",
    }

    def fail(path: str, body: dict[str, Any]) -> Any:
        made = create(path, body)
        for pod in api.pods:
            pod["metadata"]["namespace"] = "groundup-prove-2"
            pod["status"] = {"phase": "Running", "containerStatuses": [container]}
        return made

    api.create = fail  # type: ignore[method-assign]
    api.get = lambda path: {"items": [refused]} if "/events?" in path else get(path)  # type: ignore[method-assign]
    api.text = lambda path: f"sh: httpd: not found by {path.split('/')[6]}"  # type: ignore[attr-defined]
    proofs = cluster_proofs(api, EXPECTED)  # type: ignore[arg-type]
    assert (
        "no server on node1: container serve is in CrashLoopBackOff (exit code 127, 3 restarts, since "
        "2026-11-28T11:59:50Z); last lines that it printed: sh: httpd: not found by echo-x; FailedMount: no space (at "
        "2026-11-28T12:00:00Z); no server on node2: "
    ) in proofs[2].evidence


@pytest.mark.parametrize(
    ("has", "line"), [("1450\n", "good"), ("1400\n", "1400"), (None, "unknown")], ids=["good", "other", "no file"]
)
def test_a_client_tells_its_mtu(has: str | None, line: str, tmp_path: Path) -> None:
    pod = client("ns", "image", "node1", {}, [], "cluster.local", 0, mtu=1450)
    container, file = pod["spec"]["containers"][0], tmp_path / "mtu"
    container["command"][2] = container["command"][2].replace(workloads.MTU_FILE, "/tmp/mtu")
    if has:
        file.write_text(has)
    assert _lines(pod, {"nslookup": "", "wget": "exit 1", "sleep": ""}, tmp_path, SERVES="")[0] == f"mtu 1450 1 {line}"


SIZED = replace(EXPECTED, pod_mtu=1450)
MTU = pod_traffic.MTU_CLAIMS["mtu"]


@pytest.mark.parametrize(
    ("line", "ok", "evidence"),
    [
        ("mtu 1450 1 good\n", True, "2 interfaces, each of another node"),
        (
            "mtu 1450 1 1400\n",
            False,
            "node1: its pod has the MTU 1400, and the model 1450; node2: its pod has the MTU 1400, and the model 1450",
        ),
        ("", False, "node1: no result; node2: no result"),
    ],
)
def test_the_mtu_of_pods_is_that_of_the_model(line: str, ok: bool, evidence: str) -> None:
    api: Any = FakeApi(line + GOOD)
    found = {one.name: one for one in cluster_proofs(api, SIZED)}
    assert (found[MTU].ok, found[MTU].evidence) == (ok, evidence)
    env = next(one["spec"]["containers"][0]["env"] for one in api.created if one["kind"] == "Pod")
    assert {"name": "MTU", "value": "1450"} in env


def test_an_mtu_that_is_not_known_is_not_judged() -> None:
    api: Any = FakeApi()
    assert MTU not in {one.name for one in cluster_proofs(api, EXPECTED)}
    env = next(one["spec"]["containers"][0]["env"] for one in api.created if one["kind"] == "Pod")
    assert {"name": "MTU", "value": ""} in env
