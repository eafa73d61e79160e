# SPDX-License-Identifier: GPL-3.0-or-later
"""Cluster proofs against a made-up API (a double: it only keeps what it is given)."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.prove import cluster
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import Expected, cluster_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.prove.workloads import client

NODES = ("node1", "node2")
EXPECTED = Expected("10.30.0.10:8443", "1.36.3", NODES, "cluster.local", "groundup.cloud/probe:1", patience=0)
GOOD = "pod {other} good\ndns echo good\nservice node1 good\n"


class PaperApi:
    """Pods are ready at once and say what they were told to say."""

    def __init__(self, says: str = GOOD, version: str = "v1.36.3", down: bool = False) -> None:
        self.says, self.version, self.down = says, version, down
        self.pods: list[dict[str, Any]] = []
        self.deleted: list[str] = []

    def get(self, path: str) -> Any:
        if self.down:
            raise Unreachable("https://10.30.0.10:8443: connection refused")
        if path == "/version":
            return {"gitVersion": self.version}
        if path == "/api/v1/nodes":
            status = {"nodeInfo": {"kubeletVersion": self.version}, "conditions": [{"type": "Ready", "status": "True"}]}
            return {"items": [{"metadata": {"name": name}, "status": status} for name in NODES]}
        return {"items": self.pods}

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


@pytest.mark.parametrize(
    ("api", "failed"),
    [
        (PaperApi(), []),
        (PaperApi(version="v1.35.0"), ["node1 runs v1.35.0; node2 runs v1.35.0"]),
        (
            PaperApi(says=GOOD.replace("pod {other} good", "pod {other} bad")),
            ["node1: pod node2 bad; node2: pod node1 bad"],
        ),
        (PaperApi(says="dns echo good\nservice node1 good\n"), ["node1: said nothing; node2: said nothing"]),
    ],
)
def test_what_is_proved(api: PaperApi, failed: list[str]) -> None:
    proofs = cluster_proofs(api, EXPECTED)  # type: ignore[arg-type]
    assert [proof.evidence for proof in proofs if not proof.ok] == failed
    assert len(proofs) == 6
    assert api.deleted


def test_an_api_that_is_away_is_a_failed_proof() -> None:
    proofs = cluster_proofs(PaperApi(down=True), EXPECTED)  # type: ignore[arg-type]
    assert [proof.ok for proof in proofs] == [False, False]
    assert "connection refused" in proofs[0].evidence


def test_pods_that_do_not_come_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    api = PaperApi()
    monkeypatch.setattr(cluster, "_is_ready", lambda pod: pod["spec"]["nodeName"] != "node2")
    proofs = cluster_proofs(api, EXPECTED)  # type: ignore[arg-type]
    assert "no server on node2" in proofs[2].evidence
    assert api.deleted


def test_the_client_script_is_a_shell_script() -> None:
    pod = client("ns", "image", "node1", {"node1": "10.64.0.2", "node2": "10.64.1.2"}, "cluster.local")
    container = pod["spec"]["containers"][0]
    assert {"name": "PEERS", "value": "node2=10.64.1.2"} in container["env"]
    subprocess.run(["sh", "-n", "-c", container["command"][2]], check=True)
