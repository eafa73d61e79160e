# SPDX-License-Identifier: GPL-3.0-or-later
"""Cluster proofs against a made-up API (a double that only stores objects)."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.prove import pod_traffic
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import (
    Expected,
    cluster_proofs,
    without_credentials,
)
from ansible_collections.groundup.cloud.plugins.module_utils.prove.pod_traffic import peers_of
from ansible_collections.groundup.cloud.plugins.module_utils.prove.workloads import client

NODES = ("node1", "node2")
LEFT = {"default": "2026-01-01T00:00:00Z", "groundup-prove-1": "2026-01-01T00:00:00Z"}
EXPECTED = Expected("10.30.0.10:8443", "1.36.3", NODES, "cluster.local", "groundup.cloud/probe:1", patience=0)
GOOD = "pod {other} 1 good\ndns echo 1 good\nservice echo 1 good\n"


class FakeApi:
    """Pods are ready at once and print the given lines."""

    def __init__(
        self, says: str = GOOD, version: str = "v1.36.3", down: bool = False, unready: tuple[str, ...] = ()
    ) -> None:
        self.says, self.version, self.down, self.unready = says, version, down, unready
        self.pods: list[dict[str, Any]] = []
        self.deleted: list[str] = []

    def get(self, path: str) -> Any:
        if path == "/api/v1/namespaces":
            return {"items": [{"metadata": {"name": name, "creationTimestamp": made}} for name, made in LEFT.items()]}
        if self.down:
            raise Unreachable("https://10.30.0.10:8443: connection refused")
        if path == "/version":
            return {"gitVersion": self.version}
        if path == "/api/v1/nodes":
            return {"items": [{"metadata": {"name": name}, "status": self.node(name)} for name in NODES]}
        return {"items": self.pods}

    def node(self, name: str) -> dict[str, Any]:
        ready = {"type": "Ready", "status": str(name not in self.unready), "message": "kubelet stopped posting"}
        return {"nodeInfo": {"kubeletVersion": self.version}, "conditions": [ready]}

    def create(self, path: str, body: dict[str, Any]) -> Any:
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
        return {"metadata": {"name": name}, "spec": {"nodeName": node}, "status": {"podIP": "10.64.0.9", **status}}

    def delete(self, path: str) -> bool:
        self.deleted.append(path)
        return True


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


HOST = "echo.ns.svc.cluster.local"
LATE = 'n=$(cat tries 2>/dev/null || echo 0); echo $((n + 1)) > tries; [ "$n" -ge 2 ] || exit 1'
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
    container = pod["spec"]["containers"][0]
    for name, body in (("nslookup", nslookup), ("wget", wget), ("sleep", "")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    script = container["command"][2].replace("/dev/termination-log", "said").replace("/tmp/", f"{tmp_path}/")
    env = {item["name"]: item["value"] for item in container["env"]}
    env |= {"PATH": f"{tmp_path}:/usr/bin:/bin", "SERVES": serves}
    subprocess.run(["sh", "-c", script], check=True, cwd=tmp_path, env=env, timeout=30, stdout=subprocess.DEVNULL)
    assert (tmp_path / "said").read_text().splitlines() == said


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
