# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers kubevirt and cdi with upstream's manifests on a real API server, whose CRDs judge the objects.

No operator runs. What virt-operator and cdi-operator do with their object is written by a double of each, which follows
what they document: status, finalizer, and the kinds that they make and remove.
"""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import kubevirt_layer, kubevirt_rights
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError, Several
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from ansible_collections.groundup.cloud.plugins.module_utils.vms import cpu_baseline, cpu_models
from services.objects import rook
from services.objects.conftest import directory, manifest
from services.objects.vm_layers import (
    CDI,
    CRDS,
    KUBEVIRT,
    MERGE,
    WEBHOOKS,
    Layer,
    Params,
    deployed,
    operator,
    report,
    serve,
    upstreams,
    webhook,
)

pytestmark = pytest.mark.services

MACHINES = "/apis/kubevirt.io/v1/namespaces/default/virtualmachines"
VOLUMES = "/apis/cdi.kubevirt.io/v1beta1/namespaces/default/datavolumes"
NETWORK = {"interface": "bond0.50", "subnet": "10.50.0.0/24", "first": "10.50.0.200", "last": "10.50.0.250"}


@pytest.fixture(scope="module")
def kubevirt(kubeconfig: str, api: Https) -> Layer:
    given = manifest(upstreams("kubevirt-v1.9.0", "kubevirt-operator.yaml"))
    return Layer("kubevirt", kubeconfig, api, {"cloud": "rack1", "manifest": given})


@pytest.fixture(scope="module")
def cdi(kubeconfig: str, api: Https) -> Layer:
    given = manifest(upstreams("cdi-v1.66.0", "cdi-operator.yaml"))
    return Layer("cdi", kubeconfig, api, {"cloud": "rack1", "manifest": given})


def test_kubevirt_is_applied_and_applied_again(kubevirt: Layer) -> None:
    planned = kubevirt(check=True)
    assert planned["changed"] and not kubevirt.exists("/api/v1/namespaces/kubevirt")
    first = kubevirt()
    assert "create KubeVirt kubevirt/kubevirt" in first["steps"]
    for check in (True, False):
        again = kubevirt(check=check)
        assert (again["changed"], again["steps"]) == (False, [])
    assert any("KubeVirt kubevirt/kubevirt" in step for step in kubevirt.probe()), "its operator has not reported"
    operator = kubevirt.get("/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator")
    assert operator["spec"]["template"]["spec"]["containers"][0]["image"] == "quay.io/kubevirt/virt-operator:v1.9.0"


def test_the_object_is_as_it_was_meant(kubevirt: Layer) -> None:
    spec = kubevirt.get(KUBEVIRT)["spec"]
    assert spec["uninstallStrategy"] == "BlockUninstallIfWorkloadsExist"
    assert spec["configuration"]["evictionStrategy"] == "LiveMigrateIfPossible"
    assert spec["configuration"]["developerConfiguration"]["useEmulation"] is False
    assert "permittedHostDevices" not in spec["configuration"]


def test_a_field_that_somebody_changed_is_mended(kubevirt: Layer) -> None:
    kubevirt.patch(KUBEVIRT, {"spec": {"uninstallStrategy": None, "configuration": {"evictionStrategy": None}}})
    assert kubevirt.probe() == kubevirt()["steps"] == ["change KubeVirt kubevirt/kubevirt"]
    assert kubevirt.get(KUBEVIRT)["spec"]["uninstallStrategy"] == "BlockUninstallIfWorkloadsExist"
    assert not kubevirt()["changed"]


MODELS: dict[str, Params] = {
    "a lab": {"emulation": True, "eviction": "none", "replicas": 1, "timings": "slow", "on_control_planes": False},
    "a rack": {
        "eviction": "live_migrate", "network_binding": "bridge", "cpu_model": "Skylake-Server-IBRS",
        "feature_gates": ["CPUManager"], "state_storage_class": "rook-ceph-files",
        "node_labels": {"groundup.cloud/compute": "true"}, "on_control_planes": False,
        "tolerations": [{"key": "vms", "value": "only", "effect": "NoSchedule"}],
        "migrations": {"parallel": 25, "parallel_per_node": 4, "bandwidth": "1Gi", "network": {**NETWORK, "mtu": 9000}},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def networks(kubevirt: Layer) -> None:
    """The kinds of a network of migrations are there."""
    serve(
        kubevirt.api,
        directory("multus-cni-v4.3.0") / "manifests/multus-daemonset-thick.yml",
        directory("kube-ovn-v1.16.2") / "crds/kube-ovn-crds.yaml",
    )


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize("name", MODELS)
def test_upstream_s_kinds_accept_every_model(kubevirt: Layer, name: str) -> None:
    planned = kubevirt(check=True, **MODELS[name])
    assert planned["changed"] and not [row for row in planned["objects"] if row["result"] == "unknown"]


@pytest.mark.usefixtures("networks")
def test_the_version_before_is_applied_and_followed_by_the_next_one(kubevirt: Layer) -> None:
    old = {"version": "1.8.4", "manifest": manifest(upstreams("kubevirt-v1.8.4", "kubevirt-operator.yaml"))}
    for model in MODELS.values():
        assert kubevirt(**old, **model)["changed"] and not kubevirt(**old, **model)["changed"]
    developer = kubevirt.get(KUBEVIRT)["spec"]["configuration"]["developerConfiguration"]
    assert "ImageVolume" in developer["disabledFeatureGates"], "before 1.9 runs, which would turn it on"
    report(kubevirt, KUBEVIRT, observedKubeVirtVersion="v1.8.4", targetKubeVirtVersion="v1.8.4")
    steps = [step.partition(" (")[0] for step in kubevirt()["steps"]]
    assert "change CustomResourceDefinition kubevirts.kubevirt.io" in steps
    assert {"change KubeVirt kubevirt/kubevirt", "change Deployment kubevirt/virt-operator"} <= set(steps)
    deployed(kubevirt, "kubevirt", "virt-operator", 2)
    assert any("virt-operator has deployed v1.8.4, and v1.9.0 is wanted" in step or "generation" in step
               for step in kubevirt.probe())  # fmt: skip
    assert not kubevirt()["changed"]


@pytest.mark.usefixtures("networks")
def test_a_network_of_migrations_comes_and_goes(kubevirt: Layer) -> None:
    steps = kubevirt(migrations={"network": NETWORK})["steps"]
    attachment = "NetworkAttachmentDefinition kubevirt/migration"
    assert f"create {attachment}" in steps and "create Subnet migration-kubevirt" in steps
    assert kubevirt.get(KUBEVIRT)["spec"]["configuration"]["migrations"]["network"] == "migration"
    left = [step.partition(" (")[0] for step in kubevirt()["steps"]]
    assert {"change KubeVirt kubevirt/kubevirt", f"remove {attachment}", "remove Subnet migration-kubevirt"} <= set(
        left
    )
    assert "network" not in kubevirt.get(KUBEVIRT)["spec"]["configuration"]["migrations"]


@pytest.mark.parametrize("version", ["v1.9.0", "v1.8.4"])
def test_users_get_the_rights_of_kubevirt_s_own_role(version: str) -> None:
    path = directory(f"kubevirt-{version}") / "runtime/rbac.yaml"
    roles = [one for one in yaml.safe_load_all(path.read_text()) if one and one["kind"] == "ClusterRole"]
    (theirs,) = [one["rules"] for one in roles if one["metadata"]["name"] == "kubevirt.io:migrate"]
    assert _sorted(theirs) == _sorted(kubevirt_rights.RULES)


def _sorted(rules: t.Iterable[Params]) -> list[Params]:
    return sorted(({key: sorted(one[key]) for key in one} for one in rules), key=str)


def test_users_may_migrate_until_it_is_no_longer_wanted(kubevirt: Layer) -> None:
    path = f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{kubevirt_rights.NAME}"
    assert kubevirt(migrations={"by_users": True})["steps"] == [f"create ClusterRole {kubevirt_rights.NAME}"]
    assert kubevirt.exists(path) and not kubevirt(migrations={"by_users": True})["changed"]
    assert kubevirt()["changed"] and not kubevirt.exists(path)


def test_the_manifest_of_another_version_is_refused(kubevirt: Layer) -> None:
    old = manifest(upstreams("kubevirt-v1.8.4", "kubevirt-operator.yaml"))
    with pytest.raises(Several, match=r"expected 'v1\.9\.0', but upstream has 'v1\.8\.4' now"):
        kubevirt(check=True, manifest=old)


def test_a_version_that_can_t_follow_is_refused(kubevirt: Layer) -> None:
    report(kubevirt, KUBEVIRT, observedKubeVirtVersion="v1.7.2", targetKubeVirtVersion="v1.7.2")
    with pytest.raises(ClusterLayerError, match=r"from v1\.7\.2 to 1\.9\.0 a minor version is left out"):
        kubevirt()
    assert "a minor version is left out" in kubevirt.probe()[0]
    report(kubevirt, KUBEVIRT, observedKubeVirtVersion="v1.10.0", targetKubeVirtVersion="v1.10.0")
    with pytest.raises(ClusterLayerError, match="there is no way back"):
        kubevirt()
    report(kubevirt, KUBEVIRT, observedKubeVirtVersion="v1.9.0", targetKubeVirtVersion="v1.9.0")
    assert not kubevirt()["changed"]


def test_a_node_without_kvm_is_named(kubevirt: Layer) -> None:
    deployed(kubevirt, "kubevirt", "virt-operator", 2)
    assert kubevirt.probe() == [], "there is no node, and all else is ready"
    node = {**rook.node("n1"), "metadata": {"name": "n1", "labels": {"groundup.cloud/compute": "true"}}}
    kubevirt.api.call("POST", "/api/v1/nodes", body=node)
    labels = {"node_labels": {"groundup.cloud/compute": "true"}}
    kubevirt(**labels)
    report(kubevirt, KUBEVIRT, observedKubeVirtVersion="v1.9.0", targetKubeVirtVersion="v1.9.0")
    assert "wait for n1: KubeVirt has found no /dev/kvm there" in kubevirt.probe(**labels)[0]
    with pytest.raises(ObjectsError, match=r"n1: KubeVirt has found no /dev/kvm there.*emulation: true"):
        kubevirt(wait=True, timeout=3, **labels)
    kubevirt.patch("/api/v1/nodes/n1/status", {"status": {"allocatable": {"devices.kubevirt.io/kvm": "1k"}}})
    assert kubevirt.probe(**labels) == [] and not kubevirt(wait=True, **labels)["changed"]
    kubevirt.patch("/api/v1/nodes/n1/status", {"status": {"allocatable": {"devices.kubevirt.io/kvm": "0"}}})
    kubevirt(emulation=True, **labels)
    report(kubevirt, KUBEVIRT, observedKubeVirtVersion="v1.9.0", targetKubeVirtVersion="v1.9.0")
    assert not kubevirt(wait=True, emulation=True, **labels)["changed"], "emulation was consented to"
    kubevirt(**labels)


def test_machines_with_one_uuid_are_warned_of(kubevirt: Layer) -> None:
    wanted: Params = {"node_labels": {"groundup.cloud/compute": "true"}, "eviction": "live_migrate"}
    node = {**rook.node("n2"), "metadata": {"name": "n2", "labels": wanted["node_labels"]}}
    kubevirt.api.call("POST", "/api/v1/nodes", body=node)
    info = {**rook.node_info("6.12.1"), "systemUUID": "03000200-0400-0500-0006-000700080009"}
    for name in ("n1", "n2"):
        kubevirt.patch(f"/api/v1/nodes/{name}/status", {"status": {"nodeInfo": info}})
    said = "n1, n2 have the same UUID in their firmware, 03000200-0400-0500-0006-000700080009"
    assert any(text.startswith(said) for text in kubevirt(check=True, **wanted)["warnings"])
    kubevirt.api.call("DELETE", "/api/v1/nodes/n2")
    assert not any("UUID" in text for text in kubevirt(check=True, **wanted)["warnings"])


def test_the_model_of_cpus_is_that_of_the_machines(kubevirt: Layer) -> None:
    """What was looked up decides, the record serves comparisons, and the node's label says that QEMU agrees."""
    wanted: Params = {"node_labels": {"groundup.cloud/compute": "true"}, "cpu_model": "baseline"}
    wanted |= {"machines": [{"node": "n1"}]}
    kubevirt.patch("/api/v1/nodes/n1/status", {"status": {"allocatable": {"devices.kubevirt.io/kvm": "1k"}}})
    assert "not looked up yet: the CPUs of n1" in kubevirt.probe(**wanted)[0]
    flags = sorted(map(cpu_models.flag, cpu_baseline.needed(cpu_models.MODELS["EPYC-Rome"])))
    done = kubevirt(found_cpus={"n1": {"vendor": "AuthenticAMD", "flags": flags}}, **wanted)
    assert done["changed"] and kubevirt.get(KUBEVIRT)["spec"]["configuration"]["cpuModel"] == "EPYC-Rome"
    report(kubevirt, KUBEVIRT, observedKubeVirtVersion="v1.9.0", targetKubeVirtVersion="v1.9.0")
    assert "wait for n1: KubeVirt has not found the CPU model EPYC-Rome usable there" in kubevirt.probe(**wanted)[0]
    with pytest.raises(ObjectsError, match=r"n1: KubeVirt has not found the CPU model EPYC-Rome usable"):
        kubevirt(wait=True, timeout=3, **wanted)
    label = {"cpu-model.node.kubevirt.io/EPYC-Rome": "true"}
    kubevirt.patch("/api/v1/nodes/n1", {"metadata": {"labels": label}})
    assert kubevirt.probe(**wanted) == [] and not kubevirt(wait=True, **wanted)["changed"]
    with pytest.raises(ClusterLayerError, match="EPYC-Milan can't be had on n1; the highest that all machines have is"):
        kubevirt(**{**wanted, "cpu_model": "EPYC-Milan"})
    del wanted["machines"], wanted["cpu_model"]
    kubevirt(**wanted)
    assert "cpuModel" not in kubevirt.get(KUBEVIRT)["spec"]["configuration"]
    report(kubevirt, KUBEVIRT, observedKubeVirtVersion="v1.9.0", targetKubeVirtVersion="v1.9.0")


def test_kubevirt_is_removed_in_order_and_virtual_machines_hold_it_up(kubevirt: Layer) -> None:
    kind = directory("kubevirt-v1.9.0") / "crds/virtualmachines.kubevirt.io.yaml"
    serve(kubevirt.api, kind, manager="virt-operator")
    template = {"spec": {"domain": {"devices": {}}}}
    machine = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": {"name": "db"}}
    kubevirt.api.call("POST", MACHINES, body={**machine, "spec": {"runStrategy": "Halted", "template": template}})
    for consent in ({}, {"remove_cloud": "rack2"}):
        with pytest.raises(ClusterLayerError, match=r"VirtualMachine default/db.*kubevirt_remove_cloud: rack1"):
            kubevirt(present=False, **consent)
    assert kubevirt.exists(KUBEVIRT) and kubevirt.exists(f"{MACHINES}/db"), "nothing was removed"
    webhook(kubevirt.api, "virt-operator-tmp-webhook1", "virt-operator")
    webhook(kubevirt.api, "of-somebody-else", "somebody")
    marks = {
        "kubevirt.io/schedulable": "true",
        "cpu-model.node.kubevirt.io/Skylake-Server": "true",
        "kubevirt.ionic/x": "y",
    }
    notes = {"kubevirt.io/heartbeat": "now", "node-labeller.kubevirt.io/skip-node": "true"}
    kubevirt.patch("/api/v1/nodes/n1", {"metadata": {"labels": marks, "annotations": notes}})
    assert f"remove {kubevirt_layer.OPERATED.name}, and what its operator has made" in kubevirt.probe(present=False)
    planned = kubevirt(present=False, remove_cloud="rack1", check=True)
    assert planned["changed"] and kubevirt.exists(KUBEVIRT)
    with operator(kubevirt, KUBEVIRT, "kubevirt.io/foregroundDeleteKubeVirt", [kind]) as seen:
        removed = kubevirt(present=False, remove_cloud="rack1", timeout=300)
    assert removed["changed"] and seen[0] == "RemoveWorkloads", "virtual machines may go, by consent"
    for path in ("/api/v1/namespaces/kubevirt", KUBEVIRT, f"{CRDS}/kubevirts.kubevirt.io",
                 f"{CRDS}/virtualmachines.kubevirt.io", f"{WEBHOOKS}/virt-operator-tmp-webhook1",
                 "/apis/scheduling.k8s.io/v1/priorityclasses/kubevirt-cluster-critical"):  # fmt: skip
        assert not kubevirt.exists(path), path
    node = kubevirt.get("/api/v1/nodes/n1")["metadata"]
    assert node["labels"] == {"groundup.cloud/compute": "true", "kubevirt.ionic/x": "y"}
    assert node["annotations"] == {"node-labeller.kubevirt.io/skip-node": "true"}, "people wrote that"
    assert kubevirt.exists(f"{WEBHOOKS}/of-somebody-else")
    assert not kubevirt(present=False)["changed"], "nothing is left for which a consent is needed"


def test_an_object_whose_operator_does_not_run_is_named(kubevirt: Layer) -> None:
    kubevirt(timeout=300)
    kubevirt.patch(KUBEVIRT, {"metadata": {"finalizers": ["kubevirt.io/foregroundDeleteKubeVirt"]}})
    with pytest.raises(ObjectsError, match=r"finalizers: kubevirt\.io/foregroundDeleteKubeVirt; does its"):
        kubevirt(present=False, timeout=3)
    assert kubevirt.exists("/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator"), "it would still be needed"
    with operator(kubevirt, KUBEVIRT, "kubevirt.io/foregroundDeleteKubeVirt", []):
        assert kubevirt(present=False, timeout=300)["changed"], "the same call takes it up again"


def test_cdi_is_applied_and_applied_again(cdi: Layer) -> None:
    assert cdi(check=True)["changed"] and not cdi.exists("/api/v1/namespaces/cdi")
    assert "create CDI cdi" in cdi(scratch_storage_class="rook-ceph-block")["steps"]
    again = cdi(scratch_storage_class="rook-ceph-block")
    assert (again["changed"], again["steps"]) == (False, [])
    spec = cdi.get(CDI)["spec"]
    assert spec["config"]["scratchSpaceStorageClass"] == "rook-ceph-block"
    assert spec["config"]["podResourceRequirements"]["limits"]["memory"] == "2Gi"
    assert cdi(memory=4096, upload_url="images.example.net", tolerations=[{"key": "a", "effect": "NoSchedule"}],
               replicas=1, node_labels={"groundup.cloud/compute": "true"})["steps"]  # fmt: skip
    assert cdi()["changed"] and not cdi()["changed"]


def test_the_kind_of_cdi_is_its_operator_s_until_another_one_follows(cdi: Layer) -> None:
    """As CDI 1.66.0 was seen to write the definition of its own kind."""
    path = f"{CRDS}/cdis.cdi.kubevirt.io"
    versions = cdi.get(path)["spec"]["versions"]
    versions[0]["schema"]["openAPIV3Schema"]["description"] = "written by the operator"
    cdi.api.call("PATCH", f"{path}?fieldManager=cdi-operator", body={"spec": {"versions": versions}}, content=MERGE)
    assert cdi.probe() and not cdi(check=True)["changed"] and not cdi()["changed"]
    report(cdi, CDI, observedVersion="v1.65.0", targetVersion="v1.65.0")
    assert [step.partition(" (")[0] for step in cdi()["steps"]] == [
        "change CustomResourceDefinition cdis.cdi.kubevirt.io"
    ]
    schema = cdi.get(path)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert schema["description"] != "written by the operator"
    assert not cdi()["changed"]


def test_a_version_of_cdi_that_can_t_follow_is_refused(cdi: Layer) -> None:
    report(cdi, CDI, observedVersion="v1.64.0", targetVersion="v1.64.0")
    with pytest.raises(ClusterLayerError, match=r"cdi: from v1\.64\.0 to 1\.66\.0 a minor version is left out"):
        cdi()
    report(cdi, CDI, observedVersion="v1.66.0", targetVersion="v1.66.0")
    deployed(cdi, "cdi", "cdi-operator", 1)
    assert cdi.probe() == []


def test_cdi_is_removed_in_order_and_images_hold_it_up(cdi: Layer) -> None:
    kind = directory("cdi-v1.66.0") / "crds/datavolumes.cdi.kubevirt.io.yaml"
    serve(cdi.api, kind, manager="cdi-operator")
    volume = {"apiVersion": "cdi.kubevirt.io/v1beta1", "kind": "DataVolume", "metadata": {"name": "debian"}}
    cdi.api.call("POST", VOLUMES, body={**volume, "spec": {"source": {"blank": {}}, "storage": {}}})
    with pytest.raises(ClusterLayerError, match=r"DataVolume default/debian\. Volumes that.*cdi_remove_cloud: rack1"):
        cdi(present=False)
    with operator(cdi, CDI, "operator.cdi.kubevirt.io", [kind]) as seen:
        assert cdi(present=False, remove_cloud="rack1", timeout=300)["changed"]
    assert seen[0] == "RemoveWorkloads"
    for path in ("/api/v1/namespaces/cdi", CDI, f"{CRDS}/cdis.cdi.kubevirt.io", f"{CRDS}/datavolumes.cdi.kubevirt.io"):
        assert not cdi.exists(path), path
    assert not cdi(present=False)["changed"]
