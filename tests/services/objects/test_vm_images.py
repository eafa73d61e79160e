# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer vm_images on a real API server, whose CRDs of CDI and KubeVirt judge the objects.

No operator runs. What CDI reports of an import, and the DataSource that its DataImportCron makes, is written by hand.
"""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import instance_types, vm_images
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.vm_images_storage import PROFILES
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.errors import NeverReached
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.protected import Consent
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.objects.conftest import directory, namespace_controller
from services.objects.vm_layers import ENTRIES, Layer, serve

pytestmark = pytest.mark.services

Params = dict[str, t.Any]
SPACE = "golden-images"
CDI = f"/apis/cdi.kubevirt.io/v1beta1/namespaces/{SPACE}"
PREFERENCES = "/apis/instancetype.kubevirt.io/v1beta1/virtualmachineclusterpreferences"
DEBIAN: Params = {
    "name": "debian",
    "source": {"http": "https://images.example.net/debian.qcow2", "sha256": "ab" * 32},
    "size": "10240Mi",
    "storage_class": "rook-ceph-block",
}
FEDORA: Params = {
    "name": "fedora",
    "source": {"registry": "docker://registry.example.net/fedora:44"},
    "size": "10Gi",
    "schedule": "30 4 * * 1",
}
#: The definitions are made by operators.
CDI_KINDS = ("datavolumes", "dataimportcrons", "datasources", "storageprofiles")
KUBEVIRT_KINDS = ("virtualmachineclusterinstancetypes", "virtualmachineclusterpreferences")


@pytest.fixture(scope="module")
def bare(kubeconfig: str, api: Https) -> Layer:
    ENTRIES["vm_images"] = [{"name": "vm_images", "role": "groundup.cloud.vm_images", "input": "vm_images_config"}]
    return Layer("vm_images", kubeconfig, api, {"images": [DEBIAN, FEDORA]})


@pytest.fixture(scope="module")
def layer(bare: Layer) -> Layer:
    cdi, kubevirt = directory("cdi-v1.66.0") / "crds", directory("kubevirt-v1.9.0") / "crds"
    serve(bare.api, *(cdi / f"{name}.cdi.kubevirt.io.yaml" for name in CDI_KINDS))
    serve(bare.api, *(kubevirt / f"{name}.instancetype.kubevirt.io.yaml" for name in KUBEVIRT_KINDS))
    return bare


def report(layer: Layer, name: str, phase: str, **running: str) -> None:
    """What CDI writes of an import."""
    conditions = [{"type": "Running", "status": "False", **running}] if running else []
    layer.patch(f"{CDI}/datavolumes/{name}/status", {"status": {"phase": phase, "conditions": conditions}})


def test_a_cluster_without_the_operators_is_refused(bare: Layer) -> None:
    with pytest.raises(ObjectsError, match=r"DataVolume debian-.*cdi\.kubevirt\.io/v1beta1"):
        bare(check=True)
    assert "could not be read" in bare.probe()[0]


def test_it_is_applied_and_applied_again(layer: Layer) -> None:
    planned = layer(check=True)
    assert planned["changed"] and not layer.exists(f"/api/v1/namespaces/{SPACE}")
    steps = layer()["steps"]
    assert f"create DataVolume {SPACE}/{vm_images.volume(DEBIAN)}" in steps
    assert f"create DataImportCron {SPACE}/fedora" in steps
    assert f"create {instance_types.TYPE} general.small" in steps and not any("DataSource" in one for one in steps)
    for check in (True, False):
        again = layer(check=check)
        assert (again["changed"], again["steps"]) == (False, [])


def test_objects_are_as_they_were_meant(layer: Layer) -> None:
    volume = layer.get(f"{CDI}/datavolumes/{vm_images.volume(DEBIAN)}")
    assert volume["spec"]["source"]["http"]["checksum"] == f"sha256:{'ab' * 32}"
    assert volume["spec"]["storage"]["resources"]["requests"]["storage"] == "10Gi"
    assert volume["metadata"]["labels"]["instancetype.kubevirt.io/default-instancetype"] == "general.medium"
    cron = layer.get(f"{CDI}/dataimportcrons/fedora")["spec"]
    assert cron["template"]["spec"]["source"]["registry"]["url"] == "docker://registry.example.net/fedora:44"
    role = layer.get(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{SPACE}/roles/clone-images")
    assert role["rules"][0]["resources"] == ["datavolumes/source"]


def test_a_bridge_gives_preferences_the_annotation_of_migrations(layer: Layer) -> None:
    path = f"{PREFERENCES}/{instance_types.LINUX}"
    assert "annotations" not in layer.get(path)["spec"]
    assert len(layer(network_binding="bridge")["steps"]) == 2
    assert layer.get(path)["spec"]["annotations"] == {instance_types.MIGRATABLE: "true"}
    layer()


def test_a_class_whose_volumes_cdi_does_not_know_is_refused(layer: Layer) -> None:
    kind = {"apiVersion": "cdi.kubevirt.io/v1beta1", "kind": "StorageProfile"}
    layer.api.call("POST", PROFILES, body={**kind, "metadata": {"name": "rook-ceph-block"}, "spec": {}})
    assert not layer()["changed"], "CDI has written nothing into it yet"
    status = f"{PROFILES}/rook-ceph-block/status"
    layer.patch(status, {"status": {"provisioner": "csi.example.net"}})
    said = "debian can't be imported into the storage class rook-ceph-block, since CDI does not know"
    for check in (True, False):
        with pytest.raises(ClusterLayerError, match=said):
            layer(check=check)
    assert said in layer.probe()[0]
    sets = [{"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"}]
    layer.patch(status, {"status": {"claimPropertySets": sets}})
    assert not layer()["changed"]


def test_an_image_is_offered_when_it_is_imported(layer: Layer) -> None:
    name = vm_images.volume(DEBIAN)
    report(layer, name, "ImportInProgress", reason="Error", message="no such host")
    only = {"images": [DEBIAN]}
    assert "no such host" in layer.probe(**only)[0]
    assert layer.probe(**only)[-1] == f"create DataSource {SPACE}/debian when {name} is imported"
    with pytest.raises(ObjectsError, match=r"its phase is ImportInProgress; Running is False \(Error: no such"):
        layer(wait=True, timeout=3, **only)
    report(layer, name, "Succeeded")
    planned = layer(check=True, wait=True, **only)
    assert planned["changed"] and not layer.exists(f"{CDI}/datasources/debian")
    assert f"create DataSource {SPACE}/debian" in layer(wait=True, **only)["steps"]
    assert layer.get(f"{CDI}/datasources/debian")["spec"]["source"]["pvc"] == {"name": name, "namespace": SPACE}
    assert layer.probe(**only) == [] and not layer(wait=True, **only)["changed"]


def test_a_changed_image_takes_the_place_when_it_is_imported(layer: Layer) -> None:
    before, changed = vm_images.volume(DEBIAN), {**DEBIAN, "source": {**DEBIAN["source"], "sha256": "cd" * 32}}
    name, only = vm_images.volume(changed), {"images": [changed]}
    done = layer(**only)
    assert f"create DataVolume {SPACE}/{name}" in done["steps"]
    assert any(f"DataVolume {SPACE}/{before}" in text and "was left" in text for text in done["warnings"])
    assert layer.get(f"{CDI}/datasources/debian")["spec"]["source"]["pvc"]["name"] == before
    report(layer, name, "Failed", reason="ChecksumError", message="checksum mismatch: expected cd, got ab")
    with pytest.raises(NeverReached, match="not the one whose digest was given"):
        layer(wait=True, timeout=30, **only)
    assert "checksum mismatch" in layer.probe(**only)[0]
    assert layer.get(f"{CDI}/datasources/debian")["spec"]["source"]["pvc"]["name"] == before, "users keep the old one"
    report(layer, name, "Succeeded")
    assert f"change DataSource {SPACE}/debian" in layer(wait=True, **only)["steps"]
    consent = [Consent("DataVolume", before, SPACE), Consent("DataImportCron", "fedora", SPACE)]
    assert f"remove DataVolume {SPACE}/{before}" in " ".join(layer(consents=consent, **only)["steps"])
    assert not layer.exists(f"{CDI}/datavolumes/{before}") and not layer.exists(f"{CDI}/dataimportcrons/fedora")
    assert not layer(wait=True, **only)["changed"]


def test_a_schedule_follows_its_first_import_and_can_t_be_changed(layer: Layer) -> None:
    only = {"images": [FEDORA]}
    layer(**only)
    said = {"type": "UpToDate", "status": "False", "reason": "NoDigest", "message": "No source digest"}
    layer.patch(f"{CDI}/dataimportcrons/fedora", {"status": {"conditions": [said]}})
    assert "its registry has not answered yet" in layer.probe(**only)[0]
    status = {"conditions": [{**said, "status": "True", "reason": "UpToDate"}], "lastImportedPVC": {
        "name": "fedora-1", "namespace": SPACE}}  # fmt: skip
    layer.patch(f"{CDI}/dataimportcrons/fedora", {"status": status})
    assert layer.probe(**only) == [] and not layer(wait=True, **only)["changed"]
    for change in ({"schedule": "0 1 * * *"}, {"retention": 5}, {"size": "20Gi"}):
        with pytest.raises(ClusterLayerError, match="CDI lets nobody change DataImportCron golden-images/fedora"):
            layer(images=[{**FEDORA, **change}])


def test_a_source_that_a_schedule_keeps_is_left_to_it(layer: Layer) -> None:
    labels = {"cdi.kubevirt.io/dataImportCron": "fedora"}
    body = {"apiVersion": "cdi.kubevirt.io/v1beta1", "kind": "DataSource", "spec": {"source": {}}}
    layer.api.call("POST", f"{CDI}/datasources", body={**body, "metadata": {"name": "fedora", "labels": labels}})
    assert not layer(images=[FEDORA])["changed"]
    pinned = {**DEBIAN, "name": "fedora"}
    with pytest.raises(ClusterLayerError, match="DataImportCron golden-images/fedora keeps DataSource golden-images"):
        layer(images=[pinned])


def test_a_removal_names_what_would_be_lost(layer: Layer) -> None:
    with pytest.raises(ObjectsError, match=rf"nothing was removed.*Namespace {SPACE}.*remove_data") as refused:
        layer(present=False)
    assert layer.exists(f"{CDI}/dataimportcrons/fedora")
    lost = [("Namespace", SPACE, ""), ("DataImportCron", "fedora", SPACE)]
    lost += [
        ("DataVolume", one["metadata"]["name"], SPACE) for one in layer.api.call("GET", f"{CDI}/datavolumes")["items"]
    ]
    assert all(name in str(refused.value) for __, name, __ in lost)
    consents = [Consent(*one) for one in lost]
    assert layer(present=False, check=True, consents=consents)["changed"]
    with namespace_controller(layer.api):
        assert layer(present=False, consents=consents, timeout=120)["changed"]
    for path in (f"/api/v1/namespaces/{SPACE}", f"{PREFERENCES}/{instance_types.LINUX}"):
        assert not layer.exists(path), path
    assert not layer(present=False)["changed"]
