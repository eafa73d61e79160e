# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers snapshot_controller and rook_ceph with upstream's manifests on a real API server, whose CRDs judge.

No operator runs: what Rook would report, and the jobs by which it cleans machines, are written by the tests.
"""

from __future__ import annotations

import base64
import json
import re

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_layer import CLUSTER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_osds import ANNOTATION, LABEL, OURS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.protected import Consent
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.objects import rook
from services.objects.rook import Params
from services.objects.rook_server import (
    CEPH,
    CLASSES,
    DEPLOYMENTS,
    MERGE,
    SPACE,
    Applied,
    operators,
    other_controller,
    snapshots,
)

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def applied(kubeconfig: str, api: Https) -> Applied:
    one = Applied(kubeconfig, api)
    one.join(*(rook.node(f"n{number}") for number in range(1, 6)))
    return one


def test_the_snapshot_controller_is_applied_and_applied_again(applied: Applied) -> None:
    first = snapshots(applied)
    assert "create Deployment kube-system/snapshot-controller" in first["steps"]
    again = snapshots(applied)
    assert (again["changed"], again["steps"], again["warnings"]) == (False, [], [])
    deployment = applied.get(f"{DEPLOYMENTS.format(space='kube-system')}/snapshot-controller")
    assert deployment["spec"]["replicas"] == 1
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "registry.k8s.io/sig-storage/snapshot-controller:v8.6.0"


def test_two_snapshot_controllers_are_an_error_and_another_s_is_left_alone(applied: Applied) -> None:
    with other_controller(applied):
        with pytest.raises(ClusterLayerError, match=r"two snapshot-controllers.*Deployment default/csi-snapshots"):
            snapshots(applied)
        applied.api.call("DELETE", f"{DEPLOYMENTS.format(space='kube-system')}/snapshot-controller")
        left = snapshots(applied)
        assert not left["changed"] and "Deployment default/csi-snapshots" in left["warnings"][0]
        assert not snapshots(applied, present=False)["changed"]
    assert snapshots(applied)["changed"]


def test_blocks_on_three_machines_are_applied_and_applied_again(applied: Applied) -> None:
    config = rook.config()
    planned = applied(config, check=True)
    assert planned["changed"] and not applied.exists(f"/api/v1/namespaces/{SPACE}")
    first = applied(config)
    assert f"create CephCluster {SPACE}/rook-ceph" in first["steps"]
    for check in (True, False):
        again = applied(config, check=check)
        assert (again["changed"], again["steps"], again["warnings"]) == (False, [], [])
    # Without looking disks up again, as when layers are compared, the cluster tells their names.
    assert all(step.startswith("wait for ") for step in applied.probe(config))


def test_the_cluster_is_as_it_was_meant(applied: Applied) -> None:
    spec = applied.get(CLUSTER)["spec"]
    assert spec["storage"]["useAllNodes"] is False and spec["storage"]["useAllDevices"] is False
    assert spec["storage"]["nodes"][0] == {
        "name": "n1",
        "devices": [{"name": "/dev/disk/by-id/wwn-0x6e312d6431000000"}],
        "resources": {"requests": {"memory": "8Gi"}, "limits": {"memory": "8Gi"}},
    }
    assert spec["network"]["provider"] == "host" and spec["network"]["addressRanges"] == {"public": ["10.40.0.0/24"]}
    assert spec["security"]["cephx"]["csi"]["keyType"] == "aes", "kernels before 7.0 can't use the other"
    driver = applied.get(f"/apis/csi.ceph.io/v1/namespaces/{SPACE}/drivers/rook-ceph.rbd.csi.ceph.com")
    assert driver["spec"]["nodePlugin"]["tolerations"] == [{"operator": "Exists"}]
    assert not applied.exists(f"/apis/csi.ceph.io/v1/namespaces/{SPACE}/drivers/rook-ceph.cephfs.csi.ceph.com")
    block = applied.get(f"{CLASSES}/rook-ceph-block")
    assert block["provisioner"] == "rook-ceph.rbd.csi.ceph.com" and block["allowVolumeExpansion"] is True
    assert block["parameters"]["mapOptions"] == "krbd:rxbounce"
    assert block["metadata"]["annotations"]["storageclass.kubevirt.io/is-default-virt-class"] == "true"
    pool = applied.get(f"{CEPH}/cephblockpools/block")["spec"]
    assert pool["failureDomain"] == "host" and pool["replicated"] == {"size": 3, "requireSafeReplicaSize": True}
    snapshot = applied.get("/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses/rook-ceph-block")
    assert snapshot["driver"] == "rook-ceph.rbd.csi.ceph.com"


def test_a_new_disk_and_a_new_machine_are_a_change_of_one_object(applied: Applied) -> None:
    more = rook.config(nodes=[*rook.machines(2), {"node": "n3", "disks": [rook.disk("n3-d1"), rook.disk("n3-d2")]}])
    assert "not looked up yet on its machine: serial n3-d2 of n3" in applied.probe(more)[0]
    assert applied(more)["steps"] == [f"change CephCluster {SPACE}/rook-ceph"]
    assert applied(rook.config(4))["steps"] == [f"change CephCluster {SPACE}/rook-ceph"]
    with pytest.raises(ClusterLayerError, match="n9: no node of the cluster; let it join before"):
        applied(rook.config(nodes=[*rook.machines(3), {"node": "n9", "disks": [rook.disk("n9-d1")]}]))
    assert applied(rook.config())["changed"]


def test_while_rook_leaves_the_cluster_alone_a_change_is_refused_and_a_run_says_it(applied: Applied) -> None:
    config, more = rook.config(), rook.config(filesystems=[{"name": "files"}])
    osds = json.dumps({"osd.4": {"host": "n2", "disks": ["M_S45"]}})
    held: Params = {"labels": {LABEL: OURS}, "annotations": {ANNOTATION: osds}}
    applied.api.call("PATCH", CLUSTER, body={"metadata": held}, content=MERGE)
    try:
        said = r"CephCluster rook-ceph/rook-ceph has the label .* until the disk of osd\.4 \(n2 M_S45\) is erased"
        for check in (True, False):
            with pytest.raises(ClusterLayerError, match=f"nothing was changed, since Rook would not.*{said}"):
                applied(more, check=check)
        with pytest.raises(ClusterLayerError, match=said):
            applied(config, present=False, remove_cloud="rack1")
        assert not applied.exists(f"{CEPH}/cephfilesystems/files") and applied.exists(CLUSTER)
        assert applied.probe(more)[0].startswith("refused: rook_ceph: nothing was changed")
        assert re.match(f"Rook looks after nothing of it: {said}", applied.probe(config)[0])
        again = applied(config)
        assert not again["changed"] and re.search(said, again["warnings"][0])
    finally:
        gone = {"labels": {LABEL: None}, "annotations": {ANNOTATION: None}}
        applied.api.call("PATCH", CLUSTER, body={"metadata": gone}, content=MERGE)
    assert applied(config)["warnings"] == []


def test_the_osds_of_this_cluster_stay_and_those_of_another_are_refused(applied: Applied) -> None:
    own, other = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "rook-ceph-mon"}}
    path = f"/api/v1/namespaces/{SPACE}/secrets"
    applied.api.call("POST", path, body={**secret, "data": {"fsid": base64.b64encode(own.encode()).decode()}})
    config = rook.config()
    osd = {"blank": False, "data": ["ceph_bluestore"], "ceph": [{"fsid": own, "osd": "0", "source": "label"}]}
    assert not applied(config, found=rook.found(config, n1_d1=osd))["changed"]
    foreign = {**osd, "ceph": [{"fsid": other, "osd": "3", "source": "label"}]}
    with pytest.raises(ClusterLayerError, match=f"n2: serial n2-d1 belongs to the Ceph cluster {other}, not to this"):
        applied(config, found=rook.found(config, n1_d1=osd, n2_d1=foreign))
    applied.api.call("DELETE", f"{path}/rook-ceph-mon")


def test_networks_and_keys_of_a_living_cluster_stay(applied: Applied) -> None:
    with pytest.raises(ClusterLayerError, match=r"10\.50\.0\.0/24 is not 10\.40\.0\.0/24, which the Ceph cluster was"):
        applied(rook.config(public_networks=["10.50.0.0/24"]))
    with pytest.raises(ClusterLayerError, match=r"replication_networks: 10\.41\.0\.0/24 is not none"):
        applied(rook.config(replication_networks=["10.41.0.0/24"]))


def test_files_and_objects_come_and_go_by_consent_only(applied: Applied) -> None:
    stores = {"filesystems": [{"name": "files"}], "object_stores": [{"name": "objects"}]}
    first = applied(rook.config(**stores))
    assert f"create CephFilesystem {SPACE}/files" in first["steps"]
    assert not applied(rook.config(**stores))["changed"]
    files = applied.get(f"{CLASSES}/rook-ceph-files")
    assert files["provisioner"] == "rook-ceph.cephfs.csi.ceph.com" and files["parameters"]["pool"] == "files-replicated"
    objects = applied.get(f"{CLASSES}/rook-ceph-objects")
    assert objects["provisioner"] == "rook-ceph.ceph.rook.io/bucket" and "allowVolumeExpansion" not in objects
    left = applied(rook.config())
    assert any("CephFilesystem rook-ceph/files was left" in text for text in left["warnings"])
    assert applied.exists(f"{CEPH}/cephobjectstores/objects")
    kinds = {
        "CephFilesystem": "files", "CephObjectStore": "objects", "CephFilesystemSubVolumeGroup": "files-csi",
    }  # fmt: skip
    consents = [Consent(kind, name, SPACE) for kind, name in kinds.items()]
    consents.append(Consent("Driver", "rook-ceph.cephfs.csi.ceph.com", SPACE))
    applied(rook.config(), consents=consents)
    assert not applied.exists(f"{CEPH}/cephfilesystems/files") and not applied.exists(
        f"{CEPH}/cephobjectstores/objects"
    )


def test_a_store_with_tls_keeps_its_certificate_and_its_users_have_quotas(applied: Applied) -> None:
    users = [{"name": "acme", "max_size": "100Gi", "max_objects": 1000, "max_buckets": 10}]
    store = {"name": "objects", "tls": {"names": ["s3.example.net"]}, "users": users}
    secret = f"/api/v1/namespaces/{SPACE}/secrets/rook-ceph-rgw-objects-tls"
    assert applied(rook.config(object_stores=[store]), check=True)["changed"] and not applied.exists(secret)
    first = applied(rook.config(object_stores=[store]))
    assert f"create CephObjectStoreUser {SPACE}/objects-acme" in first["steps"]
    assert not applied(rook.config(object_stores=[store]))["changed"], "the certificate is kept"
    gateway = applied.get(f"{CEPH}/cephobjectstores/objects")["spec"]["gateway"]
    assert gateway["securePort"] == 443 and not gateway.get("port")
    ca = applied.get(f"/api/v1/namespaces/{SPACE}/configmaps/rook-ceph-rgw-objects-ca")["data"]["ca.crt"]
    chain = base64.b64decode(applied.get(secret)["data"]["tls.crt"]).decode()
    assert chain.endswith(ca) and chain.count("BEGIN CERTIFICATE") == 2
    renamed = {**store, "tls": {"names": ["s3.example.org"]}}
    steps = applied(rook.config(object_stores=[renamed]))["steps"]
    assert f"change Secret {SPACE}/rook-ceph-rgw-objects-tls" in steps
    assert f"change CephObjectStore {SPACE}/objects" in steps, "gateways start again with it"
    consents = [Consent("CephObjectStore", "objects", SPACE), Consent("CephObjectStoreUser", "objects-acme", SPACE)]
    applied(rook.config(), consents=consents)
    assert not applied.exists(secret) and not applied.exists(f"{CEPH}/cephobjectstores/objects")


#: The pool that is there already; the API server refuses other parameters of its class.
BLOCK: Params = {"name": "block", "default": True, "map_options": ["rxbounce"]}
#: Configurations that upstream's CRDs have to accept, on machines of their own.
MODELS: dict[str, Params] = {
    "one machine of a lab": rook.config(
        1, few_machines=True, failure_domain="osd", monitors=1, managers=1, timings="slow",
        nodes=rook.machines(1, 2), pools=[{**BLOCK, "replicas": 2}],
    ),
    "five machines": rook.config(
        5, monitors=5, encrypt_traffic=True, encrypt_disks=True, dashboard=False, osd_memory=4096,
        tolerations=[{"key": "dedicated", "value": "storage", "effect": "NoSchedule"},
                     {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}],
        nodes=[{**one, "disks": [*one["disks"], rook.disk(f"{one['node']}-m", metadata=True)]}
               for one in rook.machines(5, 2, device_class="hdd")],
        pools=[BLOCK, {"name": "coded", "data_chunks": 3, "coding_chunks": 2, "compression": "aggressive"}],
        filesystems=[{"name": "files", "data_chunks": 3, "coding_chunks": 2, "servers": 2}],
        object_stores=[{"name": "objects", "data_chunks": 3, "coding_chunks": 2, "gateways": 3, "port": 8080}],
    ),
    "three racks": rook.config(5, failure_domain="zone", filesystems=[{"name": "files", "reclaim": "retain"}]),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_upstream_s_crds_accept_every_kind_of_model(applied: Applied, name: str) -> None:
    applied.join(*(rook.node(f"n{number}", rack=f"r{number % 3}") for number in range(1, 6)))
    planned = applied(MODELS[name], check=True)
    assert planned["changed"]
    assert not [row for row in planned["objects"] if row["result"] == "unknown"], "each object was judged by the server"


def test_volumes_of_users_hold_a_removal_up(applied: Applied) -> None:
    source = {"driver": "rook-ceph.rbd.csi.ceph.com", "volumeHandle": "1"}
    claim = {"namespace": "acme", "name": "root"}
    body = {
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pvc-1"},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "csi": source, "claimRef": claim},
    }  # fmt: skip
    applied.api.call("POST", "/api/v1/persistentvolumes", body=body)
    with pytest.raises(ObjectsError, match=r"nothing was removed.*PersistentVolume pvc-1 of acme/root"):
        applied(rook.config(), present=False, remove_cloud="rack1")
    applied.api.call("PATCH", "/api/v1/persistentvolumes/pvc-1", body={"metadata": {"finalizers": None}}, content=MERGE)
    applied.api.call("DELETE", "/api/v1/persistentvolumes/pvc-1")
    extra = {"apiVersion": "ceph.rook.io/v1", "kind": "CephBlockPool", "metadata": {"name": "theirs"},
             "spec": {"replicated": {"size": 3}}}  # fmt: skip
    applied.api.call("POST", f"{CEPH}/cephblockpools", body=extra)
    with pytest.raises(ObjectsError, match=r"nothing was removed.*CephBlockPool rook-ceph/theirs"):
        applied(rook.config(), present=False, remove_cloud="rack1")
    applied.api.call("DELETE", f"{CEPH}/cephblockpools/theirs")


def test_it_is_removed_in_order_with_the_cloud_s_name_only(applied: Applied) -> None:
    config = rook.config()
    with pytest.raises(ClusterLayerError, match="consent to that with rook_ceph_remove_cloud: rack1"):
        applied(config, present=False)
    with pytest.raises(ClusterLayerError, match="loses everything that is stored in rack1"):
        applied(config, present=False, remove_cloud="rack2")
    planned = applied(config, present=False, remove_cloud="rack1", check=True)
    assert "delete what Ceph has on n1, by Rook's job" in planned["steps"] and applied.exists(CLUSTER)
    with operators(applied.api) as seen:
        removed = applied(config, present=False, remove_cloud="rack1", timeout=900)
    assert removed["changed"] and seen == ["confirmed: yes-really-destroy-data; left: []"]
    for path in (f"/api/v1/namespaces/{SPACE}", "/api/v1/namespaces/csi-addons-system", f"{CLASSES}/rook-ceph-block"):
        assert not applied.exists(path)
    assert not applied.exists("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/cephclusters.ceph.rook.io")
    assert not applied(config, present=False)["changed"], "nothing is left for which a consent is needed"


def test_a_machine_that_rook_does_not_clean_is_named(applied: Applied) -> None:
    config = rook.config()
    applied(config, timeout=300)
    with (
        operators(applied.api, clean=False),
        pytest.raises(ObjectsError, match="n2: Rook has no cleanup job there yet"),
    ):
        applied(config, present=False, remove_cloud="rack1", timeout=20)
