# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults while a network is changed, on a real API server: a node that is down, an API that is silent, a container that
ends again and again.

A thread stands in for the controllers and kubelets (a double): it writes the states that they would write.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import LAYERS
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.kube.conftest import Live
from services.objects.conftest import manifest

pytestmark = pytest.mark.services

LAYER = LAYERS["network_custom"]
SPACE = "/api/v1/namespaces/net"
AGENT = "/apis/apps/v1/namespaces/net/daemonsets/agent"
MERGE, OWNER = "application/merge-patch+json", {"fieldManager": "test"}
SILENT = "Kubelet stopped posting node status."
MANIFEST = """\
apiVersion: v1
kind: Namespace
metadata: {name: net}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: agent, namespace: net}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: net}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      automountServiceAccountToken: false
      containers: [{name: agent, image: "registry.example/agent:REVISION"}]
"""
Json = dict[str, t.Any]


class Network:
    """A network of three nodes by the role network_custom, and what its controllers would write."""

    def __init__(self, api: Https, kubeconfig: str, directory: Path) -> None:
        self.api, self.kubeconfig, self.directory = api, kubeconfig, directory
        self.available = 3

    def run(self, revision: int, timeout: float) -> Json:
        file = self.directory / f"agent-{revision}.yml"
        file.write_text(MANIFEST.replace("REVISION", str(revision)))
        params = {"manifests": [manifest(file)], "known_as": []}
        access = {"kubeconfig": self.kubeconfig}
        return LAYER.perform(params, access, present=True, timeout=timeout, check=False)

    def report(self) -> None:
        """Write the state of the DaemonSet as its controller would see it."""
        if not any(one["metadata"]["name"] == "agent" for one in self._daemon_sets()):
            return
        generation = self.api.call("GET", AGENT)["metadata"]["generation"]
        counts = dict.fromkeys(("updatedNumberScheduled", "numberAvailable", "numberReady"), self.available)
        counts |= {"desiredNumberScheduled": 3, "currentNumberScheduled": 3, "numberMisscheduled": 0}
        self.status(AGENT, {**counts, "observedGeneration": generation})

    def _daemon_sets(self) -> list[Json]:
        found: list[Json] = self.api.call("GET", "/apis/apps/v1/daemonsets")["items"]
        return found

    def status(self, path: str, status: Json) -> None:
        self.api.call("PATCH", f"{path}/status", OWNER, {"status": status}, MERGE)

    def node(self, name: str, ready: str, **more: str) -> None:
        body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
        self.api.call(
            "PATCH", f"/api/v1/nodes/{name}", {**OWNER, "force": "true"}, body, "application/apply-patch+yaml"
        )
        self.status(f"/api/v1/nodes/{name}", {"conditions": [{"type": "Ready", "status": ready, **more}]})

    def pod(self, name: str, node: str, status: Json) -> str:
        """A pod of the DaemonSet on a node; returns its path."""
        owner = self.api.call("GET", AGENT)["metadata"]
        reference = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": owner["uid"]}
        metadata = {"name": name, "namespace": "net", "labels": {"app": "agent"}}
        metadata["ownerReferences"] = [{**reference, "controller": True}]
        spec = {"nodeName": node, "serviceAccountName": "agent", "automountServiceAccountToken": False}
        spec |= {"containers": [{"name": "agent", "image": "registry.example/agent:1"}]}
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        path = f"{SPACE}/pods/{name}"
        self.api.call("PATCH", path, OWNER, body, "application/apply-patch+yaml")
        self.status(path, status)
        return path


@pytest.fixture(scope="module")
def network(api: Https, kubeconfig: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    found = Network(api, kubeconfig, tmp_path_factory.mktemp("network"))
    ended = threading.Event()

    def report() -> None:
        while not ended.wait(0.2):
            found.report()

    thread = threading.Thread(target=report)
    thread.start()
    try:
        for name in ("n1", "n2", "n3"):
            found.node(name, "True")
        assert found.run(1, 60)["changed"]
        yield found
    finally:
        ended.set()
        thread.join()


def test_a_node_that_is_down_during_a_change_is_named_and_the_next_run_takes_it_up(network: Network) -> None:
    running = {"name": "agent", "ready": True, "restartCount": 0, "image": "x", "imageID": "x"}
    running["state"] = {"running": {"startedAt": "2026-11-28T11:59:50Z"}}
    path = network.pod("agent-x", "n3", {"phase": "Running", "containerStatuses": [running]})
    network.node("n3", "Unknown", reason="NodeStatusUnknown", message=SILENT)
    network.available = 2
    network.api.call("DELETE", path)  # as its controller does to replace it, which a silent kubelet never confirms
    with pytest.raises(ObjectsError) as failed:
        network.run(2, 6)
    text = str(failed.value)
    assert "DaemonSet net/agent: 2 of 3 pods are of the newest revision; 2 of 3 pods are available" in text
    why = f"its node is not ready (NodeStatusUnknown: {SILENT})"
    assert "pod net/agent-x on n3: it is being deleted" in text.replace("Pod", "pod") and why in text
    image = network.api.call("GET", AGENT)["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.endswith(":2"), "nodes that are up have the change"
    network.api.call("DELETE", path, {"gracePeriodSeconds": "0"})
    network.node("n3", "True")
    network.available = 3
    again = network.run(2, 60)
    assert (again["changed"], again["steps"]) == (False, [])


def test_a_container_that_ends_again_and_again_is_named(network: Network) -> None:
    last = {"terminated": {"exitCode": 1, "reason": "Error", "message": "no interface eth7"}}
    state = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}
    status = {"name": "agent", "ready": False, "restartCount": 4, "image": "x", "imageID": "x"}
    status |= {"state": state, "lastState": last}
    path = network.pod("agent-y", "n2", {"phase": "Running", "containerStatuses": [status]})
    network.available = 2
    with pytest.raises(ObjectsError) as failed:
        network.run(3, 6)
    text = str(failed.value)
    assert "agent-y on n2: container agent is in CrashLoopBackOff (exit code 1, 4 restarts)" in text
    assert 'it left the message "no interface eth7"' in text
    network.api.call("DELETE", path, {"gracePeriodSeconds": "0"})
    network.available = 3
    assert not network.run(3, 60)["changed"]


def test_an_api_that_is_silent_in_the_middle_of_a_wait_is_waited_for(network: Network, live: Live) -> None:
    network.available = 2

    def silence() -> None:
        time.sleep(2)
        os.kill(live.server.pid, signal.SIGSTOP)
        try:
            time.sleep(10)
        finally:
            network.available = 3
            os.kill(live.server.pid, signal.SIGCONT)

    thread = threading.Thread(target=silence)
    begun = time.monotonic()
    thread.start()
    try:
        assert network.run(4, 90)["changed"]
        assert time.monotonic() - begun > 12, "it waited until everything was reported to run"
    finally:
        thread.join()
