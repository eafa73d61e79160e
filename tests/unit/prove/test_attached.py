# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of attachments against a made-up API, and its script in a shell of this host."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import attached
from ansible_collections.groundup.cloud.plugins.module_utils.prove.attached import Attached, Offered
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import cluster_proofs, without_credentials
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError, UntriedError

from .test_cluster import EXPECTED, FakeApi

STORAGE = Offered("storage", "web", 9000, ("node1", "node2", "node3"))
ALONE = Offered("alone", "web", 1500, ("node1",))
NODES = ("node1", "node2")
CONFIG = {"type": "macvlan", "master": "bond0.40", "mtu": 9000, "ipam": {}}


class Attaching:
    """An API that has attachments, and pods of which some are ready."""

    def __init__(self, unready: str = "", said: str = "", phase: str = "Running", missing: bool = False) -> None:
        self.unready, self.said, self.phase, self.missing = unready, said, phase, missing
        self.created: list[dict[str, Any]] = []

    def create(self, _path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.created.append(body)
        return body

    def get(self, path: str) -> Any:
        if "network-attachment-definitions" in path:
            name = path.rpartition("/")[2]
            return None if self.missing else {"metadata": {"name": name}, "spec": {"config": json.dumps(CONFIG)}}
        return {"items": [{**pod, "status": self.status(pod)} for pod in self.pods]}

    @property
    def pods(self) -> list[dict[str, Any]]:
        return [body for body in self.created if body["kind"] == "Pod"]

    def status(self, pod: dict[str, Any]) -> dict[str, Any]:
        ready = str(pod["metadata"]["name"] != self.unready)
        return {"phase": self.phase, "conditions": [{"type": "Ready", "status": ready}]}

    def text(self, path: str) -> str:
        assert path == f"/api/v1/namespaces/ns/pods/{self.unready}/log?tailLines=1"
        return self.said


def proof(api: Any, *offered: Offered) -> Attached:
    return Attached(api, "groundup.cloud/probe:1", 0, offered or (STORAGE,))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached, "PAUSE", 0.01)


def test_each_node_fetches_from_the_next_by_a_copy_of_the_attachment() -> None:
    api = Attaching()
    assert proof(api).prove("ns", NODES) == "storage on 2 nodes at 9000"
    copy, *pods = api.created
    assert (copy["metadata"], json.loads(copy["spec"]["config"])) == (
        {"name": "storage", "namespace": "ns"},
        {**CONFIG, "ipam": {"type": "static"}, "capabilities": {"ips": True}},
    )
    assert [pod["spec"]["nodeName"] for pod in pods] == ["node1", "node2"]
    asked = json.loads(pods[0]["metadata"]["annotations"]["k8s.v1.cni.cncf.io/networks"])
    assert asked == [{"name": "storage", "interface": "net1", "ips": ["169.254.77.1/24"]}]
    env = {one["name"]: one["value"] for one in pods[1]["spec"]["containers"][0]["env"]}
    assert env == {"NODE": "node2", "PEER": "node1", "PEER_ADDRESS": "169.254.77.1", "MTU": "9000"}
    assert "labels" not in pods[0]["metadata"], "a policy for servers must not select it"


def test_an_attachment_on_one_node_is_not_tried_and_named() -> None:
    assert (
        proof(Attaching(), STORAGE, ALONE).prove("ns", NODES).endswith("; not tried: alone, on one ready node at most")
    )
    with pytest.raises(UntriedError, match="no attachment is on two ready nodes"):
        proof(Attaching(), ALONE).prove("ns", NODES)


@pytest.mark.parametrize(
    ("api", "message"),
    [
        (Attaching(missing=True), "there is no NetworkAttachmentDefinition web/storage"),
        (Attaching("storage-node2", "its interface has the MTU 1500, not 9000\n"), "MTU 1500, not 9000"),
        (Attaching("storage-node1", "node2 does not answer it, or with wrong data"), "storage-node1: node2 does not"),
        (Attaching("storage-node2", phase="Pending"), "storage-node2: the kubelet of its node has not"),
    ],
)
def test_what_does_not_work_fails_the_proof(api: Attaching, message: str) -> None:
    with pytest.raises(ProofError) as failed:
        proof(api).prove("ns", NODES)
    assert message in str(failed.value)


def test_the_script_is_one_that_a_shell_reads() -> None:
    assert subprocess.run(["sh", "-n", "-c", attached._SCRIPT], check=False).returncode == 0


OFFERING = replace(
    EXPECTED, layers={"kubernetes": None, "network": "basic", "attachments": "multus"}, attachments=(STORAGE,)
)


def test_it_is_a_proof_of_the_cluster_where_it_has_the_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached.Attached, "prove", lambda *_: "storage on 2 nodes")
    api: Any = FakeApi()
    found = {one.name: one for one in cluster_proofs(api, OFFERING)}
    assert found[attached.CLAIM].ok and found[attached.CLAIM].layer == "attachments"
    assert attached.CLAIM not in {one.name for one in cluster_proofs(api, EXPECTED)}
    without = {one.name: one.ok for one in without_credentials(OFFERING, "no such file")}
    assert without[attached.CLAIM] is None
