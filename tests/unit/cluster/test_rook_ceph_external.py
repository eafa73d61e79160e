# SPDX-License-Identifier: GPL-3.0-or-later
"""A Ceph cluster that others run: which exports are understood, what is refused, and what Rook is given."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import (
    rook_ceph_classes,
    rook_ceph_export,
    rook_ceph_external,
    rook_ceph_input,
)
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_export import Export
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_facts import Facts, Node
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError

from .exports import FSID, MONITORS, key, lines, objects

Params = dict[str, t.Any]
USERS = ("rbd-node", "rbd-provisioner", "cephfs-node", "cephfs-provisioner")
OTHER = "99999999-2222-4333-8444-555555555555"


def config(**keys: t.Any) -> Params:
    return {
        "cloud": "rack1", "external": {"fsid": FSID},
        "pools": [{"name": "vms", "pool": "replicated_2g", "default": True, "map_options": ["rxbounce"]}], **keys,
    }  # fmt: skip


def parse(given: t.Any) -> Export:
    return rook_ceph_export.parse(given, rook_ceph_external.PLACE)


@pytest.mark.parametrize("given", [lines(), objects(), rook_ceph_export.json.loads(objects())])
def test_both_formats_of_the_script_mean_the_same(given: t.Any) -> None:
    found = parse(given)
    assert (found.fsid, found.monitors, found.msgr2) == (FSID, MONITORS, True)
    assert found.health.user == "client.healthchecker"
    assert {name: one.user for name, one in found.clients.items()} == {f"rook-csi-{one}": f"csi-{one}" for one in USERS}
    assert found.pools == ("replicated_2g",) and found.filesystems == ("cephfs",) and not found.restricted
    assert key() not in repr(found), "a traceback may show it"


def test_a_rotated_key_belongs_to_a_user_with_its_generation() -> None:
    found = parse(lines(CEPHX_KEY_GENERATION="2"))
    assert found.health.user == "client.healthchecker.2"
    assert found.clients["rook-csi-rbd-node"].user == "csi-rbd-node.2"


WRONG: dict[str, tuple[t.Any, str]] = {
    "nothing": ("", "is missing; give what Rook's create-external-cluster-resources.py prints"),
    "broken JSON": ('[{"name": ', "is no JSON in line 1"),
    "something else": ({"fsid": FSID}, "is no output of the script"),
    "no identity": (lines(ROOK_EXTERNAL_FSID=None), "has no ROOK_EXTERNAL_FSID"),
    "no monitors": (lines(ROOK_EXTERNAL_CEPH_MON_DATA=None), "has no ROOK_EXTERNAL_CEPH_MON_DATA"),
    "monitors without a port": (lines(ROOK_EXTERNAL_CEPH_MON_DATA="a=10.0.0.1"), "names no monitors as NAME=ADDRESS"),
    "no key for the health": (lines(ROOK_EXTERNAL_USER_SECRET=None), "has no ROOK_EXTERNAL_USER_SECRET, the key of"),
    "half a key": (lines(CSI_RBD_NODE_SECRET="AQ"), "CSI_RBD_NODE_SECRET is no key of Ceph; is the text complete?"),
    "the administrator": (lines(ROOK_EXTERNAL_USERNAME="client.admin"), "is client.admin, who may destroy"),
    "a namespace": (lines(RADOS_NAMESPACE="a"), "has RADOS_NAMESPACE, of which no class is made; run the script"),
    "a group of subvolumes": (
        objects(more={"name": "group", "kind": "CephFilesystemSubVolumeGroup", "data": {}}), "has SUBVOLUME_GROUP"
    ),
    "topology": (
        objects(more={"name": "ceph-rbd-topology", "kind": "StorageClass", "data": {"topologyPools": "a,b"}}),
        "has TOPOLOGY_POOLS, of which no class is made; run the script without --topology-pools",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_export_is_refused_without_a_key(name: str) -> None:
    given, message = WRONG[name]
    with pytest.raises(ClusterLayerError) as error:
        parse(given)
    assert f"rook_ceph_secrets.export: {message}" in str(error.value) or message in str(error.value)
    assert key() not in str(error.value)


def facts(kernel: str = "6.12.1") -> Facts:
    return Facts({"n1": Node("n1", 0, kernel)})


INSUFFICIENT: dict[str, tuple[str, Params, str]] = {
    "another cluster": (lines(ROOK_EXTERNAL_FSID=OTHER), config(), f"is of the Ceph cluster {OTHER}, not of {FSID}"),
    "no user for blocks": (
        lines(CSI_RBD_NODE_SECRET=None), config(), "has no user for rook_ceph_config.pools (rook-csi-rbd-node); run the"
    ),
    "no user for files": (
        lines(CSI_CEPHFS_NODE_SECRET=None, CSI_CEPHFS_PROVISIONER_SECRET=None),
        config(filesystems=[{"name": "files"}]), "run the script with --cephfs-filesystem-name",
    ),
    "a pool that is not theirs": (
        objects("-rack1-replicated_2g"), config(pools=[{"name": "other"}]),
        "its users may not use the pool other, but replicated_2g; export it as well",
    ),
    "keys that kernels can't use": (lines(2), config(), "with which kernels before 7.0 mount none: n1 (6.12.1)"),
}  # fmt: skip


@pytest.mark.parametrize("name", INSUFFICIENT)
def test_an_export_that_does_not_suffice_is_refused(name: str) -> None:
    given, params, message = INSUFFICIENT[name]
    with pytest.raises(ClusterLayerError) as error:
        rook_ceph_external.check_export(params, parse(given), facts())
    assert message in str(error.value)


def test_keys_and_pools_that_may_be_used_are_taken() -> None:
    rook_ceph_external.check_export(config(), parse(lines()), facts())
    rook_ceph_external.check_export(config(), parse(lines(2)), facts("7.0.1"))
    rook_ceph_external.check_export(config(), parse(objects("-rack1-replicated_2g")), facts())


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"external": {"fsid": "x"}}, "external.fsid: is no identity of a Ceph cluster"),
        ({"nodes": [{"node": "n1", "disks": []}]}, "nodes: is decided by those who run the external Ceph cluster"),
        ({"encrypt_traffic": True}, "encrypt_traffic: is decided by those who run"),
        ({"pools": [{"name": "a", "data_chunks": 2}]}, "pools: a: data_chunks can't be given to a pool of others"),
        ({"object_stores": [{"name": "o"}]}, "object_stores: an external Ceph cluster gives blocks and files only"),
        ({"pools": []}, "there is no pool, file system or object store"),
        ({"external": None, "public_networks": []}, "pools: vms: pool is for an external Ceph cluster only"),
    ],
)
def test_what_others_decide_is_refused(keys: Params, message: str) -> None:
    with pytest.raises(ClusterLayerError) as error:
        rook_ceph_input.check(config(**keys))
    assert message in str(error.value)


def test_rook_is_given_monitors_and_keys_and_no_daemon() -> None:
    found = {(one["kind"], one["metadata"]["name"]): one for one in rook_ceph_external.render(parse(lines()), None)}
    assert set(found) == {
        ("Secret", "rook-ceph-mon"), ("ConfigMap", "rook-ceph-mon-endpoints"), ("CephCluster", "rook-ceph"),
        *(("Secret", f"rook-csi-{one}") for one in USERS),
    }  # fmt: skip
    spec = found["CephCluster", "rook-ceph"]["spec"]
    assert spec["external"] == {"enable": True} and not {"mon", "mgr", "storage", "cephVersion"} & set(spec)
    assert spec["csi"] == {"cephfs": {"kernelMountOptions": "ms_mode=prefer-crc"}}
    values = found["Secret", "rook-ceph-mon"]["stringData"]
    assert (values["ceph-username"], values["admin-secret"]) == ("client.healthchecker", "admin-secret")
    old = rook_ceph_external.render(parse(lines(ROOK_EXTERNAL_CEPH_MON_DATA="a=10.0.0.1:6789")), None)[-1]["spec"]
    assert "csi" not in old, "msgr1 has no such mode"


def test_monitors_that_rook_has_found_stay_until_others_are_exported() -> None:
    export = parse(lines())
    live = rook_ceph_external.render(export, None)[-2]
    live["data"]["data"] = "node1=10.0.210.83:3300,node2=10.0.210.84:3300"
    assert rook_ceph_external.render(export, live)[-2]["data"]["data"] == live["data"]["data"]
    moved = parse(lines(ROOK_EXTERNAL_CEPH_MON_DATA="node9=10.0.210.99:3300"))
    assert rook_ceph_external.render(moved, live)[-2]["data"]["data"] == "node9=10.0.210.99:3300"


def test_classes_name_what_others_have_and_make_no_pool() -> None:
    params = config(filesystems=[{"name": "files", "filesystem": "cephfs", "data_pool": "cephfs.data"}])
    params["pools"].append({"name": "archive", "pool": "meta", "data_pool": "data"})
    found = {one["metadata"]["name"]: one for one in rook_ceph_classes.render(params) if one["kind"] == "StorageClass"}
    assert {one["kind"] for one in rook_ceph_classes.render(params)} == {"StorageClass", "VolumeSnapshotClass"}
    assert found["rook-ceph-vms"]["parameters"]["pool"] == "replicated_2g"
    assert "dataPool" not in found["rook-ceph-vms"]["parameters"]
    archive = found["rook-ceph-archive"]["parameters"]
    assert (archive["pool"], archive["dataPool"]) == ("meta", "data")
    files = found["rook-ceph-files"]["parameters"]
    assert (files["fsName"], files["pool"], files["clusterID"]) == ("cephfs", "cephfs.data", "rook-ceph")


@pytest.mark.parametrize(
    ("live", "known", "params", "message"),
    [
        ({"spec": {}}, "", config(), "the Ceph cluster is one of its own, and can't become external"),
        ({"spec": {"external": {"enable": True}}}, FSID, {"nodes": []}, "is external, and can't become one of its own"),
        ({"spec": {"external": {"enable": True}}}, OTHER, config(), f"{FSID} is not {OTHER}, whose volumes this"),
    ],
)
def test_one_cluster_does_not_become_another(live: Params, known: str, params: Params, message: str) -> None:
    with pytest.raises(ClusterLayerError, match="external") as error:
        rook_ceph_external.refuse_other(params, live, known)
    assert message in str(error.value)
