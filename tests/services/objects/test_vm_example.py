# SPDX-License-Identifier: GPL-3.0-or-later
"""The example on a real API server, whose CRDs of KubeVirt and CDI judge its objects.

No controller runs. What those of KubeVirt, CDI, Deployments and Services report is written by doubles.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.roles.vm_example import LAYER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.live import get
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.objects.conftest import Reads, controller, directory, namespace_controller
from services.objects.vm_layers import MERGE, serve

pytestmark = pytest.mark.services

Params = dict[str, t.Any]
SPACE = "groundup-example"
SOURCES = "/apis/cdi.kubevirt.io/v1beta1/namespaces/golden-images/datasources"
MACHINE = f"/apis/kubevirt.io/v1/namespaces/{SPACE}/virtualmachines/database"
FRONT = f"/apis/apps/v1/namespaces/{SPACE}/deployments/front"
SERVICE = f"/api/v1/namespaces/{SPACE}/services/front"
GIVEN: Params = {"image": "debian", "size": "10240Mi", "storage_class": "rook-ceph-vms"}
CREATED = {
    "create ConfigMap kube-system/groundup-vm-example",
    "create Namespace groundup-example",
    "create Secret groundup-example/database-user-data",
    "create VirtualMachine groundup-example/database",
    "create Deployment groundup-example/front",
    "create Service groundup-example/database",
    "create Service groundup-example/front",
    "create NetworkPolicy groundup-example/database",
}


@dataclass
class Example(Reads):
    """The action of the module on the server."""

    kubeconfig: str
    api: Https

    def __call__(self, *, check: bool = False, present: bool = True, wait: bool = False, **changes: t.Any) -> Params:
        timeout = changes.pop("timeout", 60)
        access = {"kubeconfig": self.kubeconfig}
        return LAYER.perform({**GIVEN, **changes}, access, present=present, timeout=timeout, check=check, wait=wait)

    def status(self, path: str, status: Params) -> None:
        self.api.call("PATCH", f"{path}/status", body={"status": status}, content=MERGE)


@pytest.fixture(scope="module")
def example(kubeconfig: str, api: Https) -> Example:
    cdi, kubevirt = directory("cdi-v1.66.0") / "crds", directory("kubevirt-v1.9.0") / "crds"
    serve(api, cdi / "datasources.cdi.kubevirt.io.yaml", kubevirt / "virtualmachines.kubevirt.io.yaml")
    metadata = {"name": "golden-images"}
    if get(api, "/api/v1/namespaces/golden-images") is None:
        api.call("POST", "/api/v1/namespaces", body={"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    return Example(kubeconfig, api)


def offer(example: Example, name: str, ready: str = "True") -> None:
    """A golden image, and what CDI reports of it."""
    body = {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataSource",
        "metadata": {"name": name, "namespace": "golden-images"},
        "spec": {"source": {"pvc": {"name": f"{name}-1", "namespace": "golden-images"}}},
    }
    if get(example.api, f"{SOURCES}/{name}") is None:
        example.api.call("POST", SOURCES, body=body)
    entry = {"type": "Ready", "status": ready, "reason": "Test", "message": "the import is at 40 %"}
    status = {"status": {"conditions": [entry]}}  # a kind without the subresource
    example.api.call("PATCH", f"{SOURCES}/{name}", body=status, content=MERGE)


def test_without_its_image_nothing_is_made(example: Example) -> None:
    with pytest.raises(ClusterLayerError, match=r"no DataSource golden-images/debian; there is none; give the model"):
        example(check=True)
    offer(example, "debian-13", "False")
    with pytest.raises(ClusterLayerError, match=r"no DataSource golden-images/debian; did you mean debian-13\?"):
        example()
    with pytest.raises(ClusterLayerError, match=r"golden-images/debian-13: Ready is False.*the import is at 40 %"):
        example(image="debian-13")
    assert not example.exists(f"/api/v1/namespaces/{SPACE}")


def test_it_is_applied_and_applied_again(example: Example) -> None:
    offer(example, "debian")
    planned = example(check=True)
    assert planned["changed"] and not example.exists(f"/api/v1/namespaces/{SPACE}")
    assert {step.partition(" (")[0] for step in planned["steps"]} == CREATED
    assert {step.partition(" (")[0] for step in example()["steps"]} == CREATED
    for check in (True, False):
        again = example(check=check)
        assert (again["changed"], again["steps"], again["url"]) == (False, [], "")
    spec = example.get(MACHINE)["spec"]
    (volume,) = spec["dataVolumeTemplates"]
    assert volume["spec"]["sourceRef"] == {"kind": "DataSource", "name": "debian", "namespace": "golden-images"}
    assert volume["spec"]["storage"]["resources"]["requests"]["storage"] == "10Gi"
    assert spec["template"]["spec"]["readinessProbe"]["httpGet"] == {"path": "/ready", "port": 5000}


def test_a_virtual_machine_that_has_its_disk_needs_the_image_no_more(example: Example) -> None:
    example.api.call("DELETE", f"{SOURCES}/debian")
    assert not example()["changed"]
    offer(example, "debian")


def test_what_is_missing_is_said(example: Example) -> None:
    message = "0/3 nodes are available: 3 Insufficient memory."
    entry = {"type": "Ready", "status": "False", "reason": "Unschedulable", "message": message}
    example.status(MACHINE, {"printableStatus": "ErrorUnschedulable", "conditions": [entry]})
    with pytest.raises(ObjectsError) as raised:
        example(wait=True, timeout=3)
    assert f"its status is ErrorUnschedulable; Ready is False (Unschedulable: {message})" in str(raised.value)
    assert "Deployment groundup-example/front" in str(raised.value)


def runs(example: Example, address: str = "") -> None:
    """What controllers report of an application that answers."""
    example.status(MACHINE, {"printableStatus": "Running", "ready": True, "conditions": []})
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    generation = example.get(FRONT)["metadata"]["generation"]
    example.status(FRONT, {**dict.fromkeys(counts, 2), "observedGeneration": generation})
    if address and example.get(SERVICE)["spec"]["type"] == "LoadBalancer":
        example.status(SERVICE, {"loadBalancer": {"ingress": [{"ip": address}]}})


def test_it_is_waited_for_and_its_address_is_told(example: Example) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "example-node"}}
    example.api.call("POST", "/api/v1/nodes", body=node)
    try:
        example.status("/api/v1/nodes/example-node", {"addresses": [{"type": "InternalIP", "address": "10.30.0.21"}]})
        runs(example)
        port = example.get(SERVICE)["spec"]["ports"][0]["nodePort"]
        found = example(wait=True)
        assert (found["changed"], found["url"]) == (False, f"http://10.30.0.21:{port}/")
        with pytest.raises(ObjectsError, match="Service groundup-example/front"):
            example(wait=True, service="LoadBalancer", timeout=3)
        with controller(lambda: runs(example, "fd00::7"), 0.1):
            assert example(wait=True, service="LoadBalancer")["url"] == "http://[fd00::7]/"
    finally:
        example.api.call("DELETE", "/api/v1/nodes/example-node")


def test_it_is_removed_with_its_namespace(example: Example) -> None:
    assert example(present=False, check=True)["changed"] and example.exists(MACHINE)
    with namespace_controller(example.api):
        assert "remove Namespace groundup-example" in " ".join(example(present=False)["steps"])
    assert not example.exists(MACHINE) and not example.exists(f"/api/v1/namespaces/{SPACE}")
    assert not example(present=False)["changed"]
