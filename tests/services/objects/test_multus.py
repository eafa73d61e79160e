# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer multus with upstream's manifests on a real API server: its CRD judges the attachments.

No controller runs, so that pods are objects only.
"""

from __future__ import annotations

import copy
import json
import typing as t
from contextlib import contextmanager

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import catalog, multus
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.multus_guard import NETWORKS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.live import get
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.objects.conftest import directory, manifest

pytestmark = pytest.mark.services

LAYER = catalog.LAYERS["multus"]
LAYERS = [{"name": "attachments", "role": "multus", "input": "multus_config"}]
ATTACHMENTS = "/apis/k8s.cni.cncf.io/v1/namespaces/{}/network-attachment-definitions"
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/network-attachment-definitions.k8s.cni.cncf.io"
DAEMON_SETS = "/apis/apps/v1/namespaces/kube-system/daemonsets"
STORAGE = {"name": "storage", "plugin": "macvlan", "interface": "bond0.40", "mtu": 9000, "addresses": "pod"}
OFFICE = {"name": "office", "plugin": "bridge", "interface": "br101", "namespaces": ["multus-web", "default"]}
Params = dict[str, t.Any]


@pytest.fixture(scope="module")
def config() -> Params:
    controller = directory("multus-dynamic-networks-controller-v0.3.7") / "manifests/dynamic-networks-controller.yaml"
    return {
        "manifest": manifest(directory("multus-cni-v4.3.0") / "manifests/multus-daemonset-thick.yml"),
        "dynamic_networks": manifest(controller),
        "api": "10.30.0.10:8443",
        "attachments": [STORAGE, OFFICE],
    }


class Applied:
    """The layer's action on the server."""

    def __init__(self, kubeconfig: str, api: Https, config: Params) -> None:
        self.access, self.api, self.config = {"kubeconfig": kubeconfig}, api, config

    def __call__(self, check: bool = False, **changes: t.Any) -> dict[str, t.Any]:
        options = {name: changes.pop(name) for name in ("present", "consent") if name in changes}
        params = {**copy.deepcopy(self.config), **changes}
        defaults: Params = {"present": True, "wait": False, "timeout": 60, "check": check}
        return LAYER.perform(params, self.access, **{**defaults, **options})

    def get(self, path: str) -> dict[str, t.Any] | None:
        return get(self.api, path)

    def attachment(self, namespace: str, name: str) -> Params | None:
        found = self.get(f"{ATTACHMENTS.format(namespace)}/{name}")
        return json.loads(found["spec"]["config"]) if found else None


@pytest.fixture(scope="module")
def applied(kubeconfig: str, api: Https, config: Params) -> Applied:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    api.call("POST", "/api/v1/namespaces/default/serviceaccounts", body=account)  # no controller makes it; pods need it
    return Applied(kubeconfig, api, config)


def removed(result: Params) -> set[str]:
    """The objects that were removed."""
    words = (step.partition(" (")[0].partition("remove ") for step in result["steps"])
    return {name for before, verb, name in words if verb and not before}


@contextmanager
def pod(applied: Applied, name: str, networks: str) -> t.Iterator[None]:
    """A pod of the namespace default whose annotation names attachments; no kubelet starts it."""
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "annotations": {NETWORKS: networks}},
        "spec": {"containers": [{"name": "a", "image": "a"}], "automountServiceAccountToken": False},
    }
    pods = "/api/v1/namespaces/default/pods"
    applied.api.call("POST", pods, body=body)
    try:
        yield
    finally:
        applied.api.call("DELETE", f"{pods}/{name}", {"gracePeriodSeconds": "0"})


def test_it_is_applied_and_applied_again(applied: Applied) -> None:
    planned = applied(check=True)
    assert planned["changed"] and applied.get(CRD) is None
    steps = applied()["steps"]
    assert "create NetworkAttachmentDefinition default/storage" in steps and "create Namespace multus-web" in steps
    assert "create DaemonSet kube-system/dynamic-networks-controller-ds" in steps
    for check in (True, False):
        again = applied(check=check)
        assert (again["changed"], again["steps"], again["warnings"]) == (False, [], [])


def test_the_objects_are_as_they_are_rendered(applied: Applied) -> None:
    assert applied.attachment("default", "storage") == {
        "cniVersion": "1.0.0",
        "name": "storage",
        "type": "macvlan",
        "master": "bond0.40",
        "mode": "bridge",
        "mtu": 9000,
        "ipam": {"type": "static"},
        "capabilities": {"ips": True},
    }
    assert applied.attachment("multus-web", "office") == applied.attachment("default", "office") == {
        "cniVersion": "1.0.0", "name": "office", "type": "bridge", "bridge": "br101", "ipam": {},
    }  # fmt: skip
    daemon = applied.get(f"{DAEMON_SETS}/kube-multus-ds")
    assert daemon
    container = daemon["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == multus.IMAGE and container["resources"]["limits"] == {"memory": "256Mi"}
    assert {"name": "KUBERNETES_SERVICE_HOST", "value": "10.30.0.10"} in container["env"]
    settings = applied.get("/api/v1/namespaces/kube-system/configmaps/multus-daemon-config")
    assert settings
    parsed = json.loads(settings["data"]["daemon-config.json"])
    assert parsed["namespaceIsolation"] is True and parsed["globalNamespaces"] == "kube-system"


def test_the_probe_waits_for_the_daemons_alone(applied: Applied) -> None:
    found = catalog.probe(LAYERS, {"multus_config": applied.config}, applied.access)
    steps = found["steps"]["attachments"]
    assert steps and all(step.startswith("wait for DaemonSet") for step in steps) and not found["refused"]


def test_a_change_by_hand_is_mended(applied: Applied) -> None:
    path, content = f"{ATTACHMENTS.format('default')}/storage", "application/merge-patch+json"
    patch = {"apiVersion": "k8s.cni.cncf.io/v1", "kind": "NetworkAttachmentDefinition", "spec": {"config": "{}"}}
    applied.api.call("PATCH", path, {"fieldManager": "kubectl-edit"}, patch, content)
    step = "change NetworkAttachmentDefinition default/storage (.spec.config was changed by hand with kubectl-edit)"
    assert applied()["steps"] == [step]
    assert applied.attachment("default", "storage")["mtu"] == 9000  # type: ignore[index]


def test_a_changed_attachment_is_changed_alone(applied: Applied) -> None:
    changed = applied(attachments=[{**STORAGE, "mtu": 1500}, OFFICE])
    assert changed["steps"] == ["change NetworkAttachmentDefinition default/storage"]
    assert applied()["changed"]


def test_one_that_is_no_longer_wanted_is_pruned_unless_a_pod_has_it(applied: Applied) -> None:
    for networks in ("storage", "other, storage@net1", '[{"name": "storage", "ips": ["10.40.0.9/24"]}]'):
        with pod(applied, "database", networks):
            with pytest.raises(ClusterLayerError, match=r"^pod default/database has default/storage\. Leave"):
                applied(attachments=[OFFICE])
            found = catalog.probe(
                LAYERS, {"multus_config": {**applied.config, "attachments": [OFFICE]}}, applied.access
            )
            assert found["steps"]["attachments"][0].startswith("refused: pod default/database has default/storage")
    with pod(applied, "web", "office, multus-web/office"):
        pruned = applied(attachments=[OFFICE])
    assert removed(pruned) == {"NetworkAttachmentDefinition default/storage"}
    assert applied.attachment("default", "storage") is None and applied()["changed"]


def test_a_namespace_is_left_with_what_is_in_it(applied: Applied) -> None:
    pruned = applied(attachments=[STORAGE])
    assert removed(pruned) == {f"NetworkAttachmentDefinition {space}/office" for space in ("default", "multus-web")}
    assert not pruned["warnings"]
    assert applied.get("/api/v1/namespaces/multus-web")
    assert applied()["changed"]


def test_without_the_controller_it_is_pruned(applied: Applied) -> None:
    assert "DaemonSet kube-system/dynamic-networks-controller-ds" in removed(applied(dynamic_networks=None))
    assert applied.get(f"{DAEMON_SETS}/kube-multus-ds") and applied()["changed"]


def test_it_is_removed_unless_pods_or_others_use_it(applied: Applied) -> None:
    theirs = {"apiVersion": "k8s.cni.cncf.io/v1", "kind": "NetworkAttachmentDefinition",
              "metadata": {"name": "theirs"}, "spec": {"config": "{}"}}  # fmt: skip
    applied.api.call("POST", ATTACHMENTS.format("default"), body=theirs)
    with pod(applied, "web", "office"), pytest.raises(ClusterLayerError) as refused:
        applied(present=False)
    assert "NetworkAttachmentDefinition default/theirs is of somebody else; pod default/web has default/office" in str(
        refused.value
    )
    assert applied.get(f"{DAEMON_SETS}/kube-multus-ds")
    assert applied(present=False, consent=True)["changed"]
    assert applied.get(f"{DAEMON_SETS}/kube-multus-ds") is None and applied.get(CRD) is None
    assert applied.get("/api/v1/namespaces/multus-web"), "a namespace is never removed"
    assert not applied(present=False)["changed"]
