# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of kubelets, and of the controller that notices silent ones, on a real API server.

It knows when its machine runs by asking the real management controller, as a machine that has power runs a kubelet.
"""

from __future__ import annotations

import threading
import time
import typing as t
from collections.abc import Callable

from ansible_collections.groundup.cloud.plugins.module_utils.fencing.facts import timestamp
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.objects.live import get
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https, Json

MERGE = "application/merge-patch+json"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
LEASE_SECONDS = 4


class Nodes:
    """Nodes and their Leases, as kubelets write them."""

    def __init__(self, api: Https) -> None:
        self.api = api
        for namespace in ("kube-node-lease", "kube-system", "default"):
            if get(api, f"/api/v1/namespaces/{namespace}") is None:
                api.call("POST", "/api/v1/namespaces", body={"metadata": {"name": namespace}})

    def remove(self) -> None:
        """Remove all nodes, Leases and pods."""
        for path in ("/api/v1/nodes", LEASES, "/api/v1/namespaces/default/pods"):
            now = {"gracePeriodSeconds": 0}
            for item in self.api.call("GET", path)["items"]:
                self.api.call("DELETE", f"{path}/{item['metadata']['name']}", body=now)

    def make(self, name: str, *, lost: float = 0, boot: str = "boot-1", control_plane: bool = False) -> None:
        """Make a node that has been lost for so many seconds; 0: it is Ready, for a minute at least."""
        labels = {"node-role.kubernetes.io/control-plane": ""} if control_plane else {}
        self.api.call("POST", "/api/v1/nodes", body={"metadata": {"name": name, "labels": labels}})
        spec = {"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS if lost else 600}
        spec["renewTime"] = timestamp(time.time() - lost)
        self.api.call("POST", LEASES, body={"metadata": {"name": name}, "spec": spec})
        self.status(name, ready=not lost, boot=boot, since=time.time() - lost)

    def status(self, name: str, *, ready: bool, boot: str, since: float | None = None) -> None:
        """Write the status of a node."""
        condition = {"type": "Ready", "status": "True" if ready else "Unknown", "reason": "NodeStatusUnknown"}
        condition["message"] = "" if ready else "Kubelet stopped posting node status."
        condition["lastTransitionTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since))
        info = dict.fromkeys(
            ("machineID", "systemUUID", "kernelVersion", "osImage", "containerRuntimeVersion", "kubeletVersion"), "x"
        )
        info |= {"bootID": boot, "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64"}
        body = {"status": {"conditions": [condition], "nodeInfo": info}}
        self.api.call("PATCH", f"/api/v1/nodes/{name}/status", None, body, MERGE)

    def renew(self, name: str) -> None:
        """Renew the Lease."""
        body = {"spec": {"renewTime": timestamp(time.time())}}
        self.api.call("PATCH", f"{LEASES}/{name}", None, body, MERGE)

    def get(self, name: str) -> Json:
        return self.api.call("GET", f"/api/v1/nodes/{name}")

    def taints(self, name: str) -> list[str]:
        """Keys of its taints, without the one that the API server gives to every new node."""
        found = [taint["key"] for taint in self.get(name)["spec"].get("taints") or []]
        return [key for key in found if key != "node.kubernetes.io/not-ready"]

    def notes(self, name: str) -> dict[str, str]:
        found = self.get(name)["metadata"].get("annotations") or {}
        return {key.rpartition("-")[2]: value for key, value in found.items() if key.startswith("groundup.cloud/")}

    def pod(self, name: str, node: str = "", **metadata: t.Any) -> None:
        """Make a pod that is bound to a node; no kubelet runs it."""
        if get(self.api, "/api/v1/namespaces/default/serviceaccounts/default") is None:
            account = {"metadata": {"name": "default"}}
            self.api.call("POST", "/api/v1/namespaces/default/serviceaccounts", body=account)
        # A toleration, since admission refuses no pod, but the API adds its own two otherwise.
        spec = {"containers": [{"name": "x", "image": "x"}], "tolerations": [{"operator": "Exists"}]}
        body = {"metadata": {"name": name, **metadata}, "spec": {**spec, **({"nodeName": node} if node else {})}}
        self.api.call("POST", "/api/v1/namespaces/default/pods", body=body)


class Kubelet:
    """Renews the Lease while the machine runs, and says after its start that it is Ready with another boot."""

    def __init__(self, nodes: Nodes, name: str, running: Callable[[], bool], *, boot: str = "", pause: float = 1.0):
        self._nodes, self._name, self._running, self._boot, self._pause = nodes, name, running, boot, pause
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failures: list[BaseException] = []

    def __enter__(self) -> Kubelet:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(60)
        assert not self.failures, self.failures

    def _run(self) -> None:
        try:
            while not self._ended.wait(self._pause):
                if self._running():
                    self._nodes.renew(self._name)
                    if self._boot:
                        self._nodes.status(self._name, ready=True, boot=self._boot)
        except (Refused, OSError, ValueError) as error:
            self.failures.append(error)
