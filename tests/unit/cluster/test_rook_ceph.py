# SPDX-License-Identifier: GPL-3.0-or-later
"""What the input of the role rook_ceph means, what is refused in it, and which disks may become OSDs."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import (
    rook_ceph_classes,
    rook_ceph_cluster,
    rook_ceph_facts,
    rook_ceph_input,
)
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_facts import Facts, Node
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError

Params = dict[str, t.Any]
GIB = 1024**3
OWN, OTHER = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"


def disk(serial: str, **keys: t.Any) -> Params:
    return {"id": {"serial": serial}, **keys}


def machines(count: int, *disks: Params) -> list[Params]:
    return [{"node": f"n{number}", "disks": list(disks) or [disk(f"S{number}")]} for number in range(1, count + 1)]


def config(count: int = 3, **keys: t.Any) -> Params:
    return {
        "cloud": "rack1", "nodes": machines(count), "public_networks": ["10.40.0.0/24"],
        "pools": [{"name": "block"}], **keys,
    }  # fmt: skip


def facts(params: Params, memory: float = 64, kernel: str = "6.12.1", key_type: str = "", **racks: str) -> Facts:
    names = [str(node["node"]) for node in params["nodes"]]
    zone = "topology.kubernetes.io/zone"
    nodes = {n: Node(n, int(memory * GIB), kernel, {zone: racks[n]} if n in racks else {}) for n in names}
    links = {str(node["node"]): [f"/dev/disk/by-id/{number}" for number, __ in enumerate(node["disks"])]
             for node in params["nodes"]}  # fmt: skip
    return Facts(nodes, links, key_type)


def cluster(params: Params, **known: t.Any) -> Params:
    spec: Params = rook_ceph_cluster.render(params, facts(params, **known))["spec"]
    return spec


WRONG: dict[str, tuple[Params, str]] = {
    "too few machines": (config(2, monitors=1), "2 machines can't keep data when one fails; name at least 3, or"),
    "a machine twice": (config(nodes=[*machines(3), *machines(1)]), "n1 is listed twice"),
    "a serial number twice": (config(nodes=machines(3, disk("A"), disk(" a "))), "serial  a  is listed twice"),
    "a WWN on two machines": (
        config(nodes=machines(3, {"id": {"wwn": "0x5000c500a1b2c3d4"}})),
        "n2: wwn 0x5000c500a1b2c3d4 is listed twice (first for n1)",
    ),
    "no id": (config(nodes=machines(3, {"id": {}})), "a disk has neither serial nor wwn"),
    "a name of the kernel": (config(nodes=machines(3, disk("/dev/sdb"))), "is a name that another disk may have"),
    "no disk": (config(nodes=[*machines(2), {"node": "n3", "disks": []}]), "n3 has no disk"),
    "only metadata": (config(nodes=machines(3, disk("A", metadata=True))), "all disks of n1 are for metadata"),
    "a class of metadata": (
        config(nodes=machines(3, disk("A"), disk("B", metadata=True, device_class="ssd"))),
        "a disk for metadata has no device class",
    ),
    "more monitors than machines": (config(monitors=5), "monitors: 5 do not run on 3 machines"),
    "an even number of monitors": (config(4, monitors=4), "4 outlive no more failures than 3"),
    "one monitor": (config(monitors=1), "1 ends all storage with its machine"),
    "no network": (config(public_networks=[]), "public_networks: is empty"),
    "a wrong network": (config(public_networks=["10.40.0.1/24"]), "10.40.0.1/24 is not a subnet"),
    "two copies": (config(pools=[{"name": "a", "replicas": 2}]), "2 copies lose data when two disks fail"),
    "more copies than machines": (config(pools=[{"name": "a", "replicas": 4}]), "needs 4 machines with disks"),
    "one coding chunk": (
        config(pools=[{"name": "a", "data_chunks": 2, "coding_chunks": 1}]), "with one coding chunk, a second failure"
    ),
    "half of erasure coding": (config(pools=[{"name": "a", "data_chunks": 2}]), "erasure coding needs data_chunks"),
    "too many chunks": (config(pools=[{"name": "a", "data_chunks": 2, "coding_chunks": 2}]), "needs 4 machines"),
    "disks as failure domains": (config(failure_domain="osd"), "lets one machine have all copies"),
    "two defaults": (
        config(pools=[{"name": "a", "default": True}, {"name": "b", "default": True}]), "a and b are both the default"
    ),
    "one name for two": (config(filesystems=[{"name": "block"}]), "block is in pools as well"),
    "a wrong name": (config(pools=[{"name": "A_b"}]), "A_b is no name"),
    "nothing to store": (config(pools=[]), "there is no pool, file system or object store"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_input_is_refused_with_the_remedy(name: str) -> None:
    params, message = WRONG[name]
    with pytest.raises(ClusterLayerError) as error:
        rook_ceph_input.check(params)
    assert message in str(error.value)


def test_a_lab_consents_to_all_of_that() -> None:
    lab = {"few_machines": True, "failure_domain": "osd", "monitors": 1, "managers": 1}
    rook_ceph_input.check(config(1, **lab, nodes=machines(1, disk("A")), pools=[{"name": "a", "replicas": 1}]))
    rook_ceph_input.check(config(2, few_machines=True, monitors=1, pools=[{"name": "a", "replicas": 2}]))


def test_a_serial_number_of_a_controller_may_be_on_two_machines() -> None:
    rook_ceph_input.check(config(nodes=machines(3, disk("CONTROLLER"))))


UNUSABLE: dict[str, tuple[Params, str]] = {
    "data": ({"blank": False, "data": ["ext4 on sdb"]}, "is not blank: ext4 on sdb; erase it with disk_wipe"),
    "the root disk": (
        {"blank": False, "mounts": [{"device": "sdb1", "point": "/"}]},
        "is in use: / is mounted from it",
    ),
    "swap": ({"blank": False, "swap": ["sdb1"]}, "is in use as swap"),
    "write protection": ({"read_only": True}, "is write-protected"),
    "unreadable": ({"problem": "/dev/sdb: Input/output error"}, "can't be read: /dev/sdb: Input/output error"),
    "another cluster": ({"ceph": [{"fsid": OTHER}]}, f"belongs to the Ceph cluster {OTHER}, not to this one, {OWN}"),
    "two clusters": ({"ceph": [{"fsid": OWN}, {"fsid": OTHER}]}, f"belongs to the Ceph cluster {OTHER}"),
    "an unknown cluster": ({"ceph": [{"fsid": ""}]}, "belongs to the Ceph cluster that its labels do not name"),
    "no name": ({"links": ["/dev/disk/by-id/lvm-pv-uuid-x"]}, "has no name in /dev/disk/by-id"),
}


def look_up(fsid: str = OWN, had: str = "", **differs: t.Any) -> dict[str, list[str]]:
    params = config(1)
    links = [f"/dev/disk/by-id/{name}" for name in ("ata-S1", "wwn-0x5000c500a1b2c3d4")]
    found = {"path": "/dev/sdb", "links": links, "blank": True, **differs}
    record = {"n1": {"serial S1": had}} if had else {}
    return rook_ceph_facts.looked_up(params, {"n1": [found]}, record, fsid)


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_disk_that_is_used_or_of_others_is_refused(name: str) -> None:
    differs, message = UNUSABLE[name]
    with pytest.raises(ClusterLayerError) as error:
        look_up(**differs)
    assert f"n1: serial S1 {message}" in str(error.value)


def test_an_osd_of_this_cluster_is_taken_back() -> None:
    found = look_up(blank=False, data=["ceph_bluestore"], ceph=[{"fsid": OWN, "osd": "3"}])
    assert found == {"n1": ["/dev/disk/by-id/wwn-0x5000c500a1b2c3d4"]}


def test_a_name_that_the_cluster_has_stays_while_the_disk_has_it() -> None:
    assert look_up(had="/dev/disk/by-id/ata-S1") == {"n1": ["/dev/disk/by-id/ata-S1"]}
    assert look_up(had="/dev/disk/by-id/ata-OLD-FIRMWARE") == {"n1": ["/dev/disk/by-id/wwn-0x5000c500a1b2c3d4"]}


def test_one_disk_by_two_ids_and_a_disk_that_was_not_looked_up_are_refused() -> None:
    params = config(1, nodes=machines(1, disk("A"), {"id": {"wwn": "B"}}))
    one = {"path": "/dev/sdb", "links": ["/dev/disk/by-id/ata-A"], "blank": True}
    with pytest.raises(ClusterLayerError, match=r"n1: wwn B is the same disk as serial A \(/dev/sdb\)"):
        rook_ceph_facts.looked_up(params, {"n1": [one, one]}, {}, "")
    with pytest.raises(ClusterLayerError, match="n1: 1 of 2 disks were looked up"):
        rook_ceph_facts.looked_up(params, {"n1": [one]}, {}, "")
    with pytest.raises(ClusterLayerError, match="not looked up yet on its machine: serial A of n1, wwn B of n1"):
        rook_ceph_facts.from_record(params, {})


def test_names_are_recorded_at_the_cluster() -> None:
    params = config()
    body = rook_ceph_cluster.render(params, facts(params))
    record = rook_ceph_facts.recorded(body)
    assert record["n2"] == {"serial S2": "/dev/disk/by-id/0"}
    assert rook_ceph_facts.from_record(params, record)["n2"] == ["/dev/disk/by-id/0"]
    broken = {"metadata": {"annotations": {rook_ceph_facts.ANNOTATION: "{"}}}
    with pytest.raises(ClusterLayerError, match="is no JSON"):
        rook_ceph_facts.recorded(broken)


@pytest.mark.parametrize(
    ("memory", "disks", "own", "expected"),
    [(64, 1, 0, "8Gi"), (64, 4, 0, "4Gi"), (256, 4, 0, "8Gi"), (64, 4, 3072, "3Gi"), (64, 4, 3000, "3000Mi")],
)
def test_osds_get_memory_by_that_of_their_machine(memory: int, disks: int, own: int, expected: str) -> None:
    params = config(nodes=machines(3, *(disk(f"D{number}") for number in range(disks))), osd_memory=own)
    assert cluster(params, memory=memory)["storage"]["nodes"][0]["resources"]["limits"] == {"memory": expected}


@pytest.mark.parametrize(
    ("memory", "keys", "message"),
    [
        (4, {}, "a quarter of the 4.0 GiB of n1 is 1024 MiB for each of its 1 disks, and an OSD needs 2048"),
        (2, {"few_machines": True}, "is 512 MiB for each of its 1 disks, and an OSD needs 1024"),
        (64, {"osd_memory": 512}, "512 MiB are too little for an OSD; give at least 2048"),
        (6, {"osd_memory": 4096}, "more than half of the 6.0 GiB of n1"),
    ],
)
def test_too_little_memory_is_refused_with_figures(memory: int, keys: Params, message: str) -> None:
    with pytest.raises(ClusterLayerError) as error:
        cluster(config(**keys), memory=memory)
    assert message in str(error.value)


def test_keys_are_of_the_best_type_that_all_kernels_can_use() -> None:
    params = config()
    kept = {"kernel": "7.0.3", "key_type": "aes"}
    for known, expected in (({}, "aes"), ({"kernel": "7.0.3"}, "aes256k"), (kept, "aes")):
        assert cluster(params, **known)["security"]["cephx"]["csi"] == {"keyType": expected}
    with pytest.raises(ClusterLayerError, match=r"kernels before 7.0 mount none: n1 \(6\.12\.1\)"):
        cluster(params, key_type="aes256k")


def test_copies_are_in_as_many_racks_as_labels_of_nodes_say() -> None:
    params = config(failure_domain="zone")
    spec = cluster(params, n1="r1", n2="r2", n3="r3")
    assert spec["placement"]["mon"]["topologySpreadConstraints"][0]["topologyKey"] == "topology.kubernetes.io/zone"
    with pytest.raises(ClusterLayerError, match="block needs 3 failure domains, and its machines are in 2"):
        cluster(params, n1="r1", n2="r2", n3="r2")
    with pytest.raises(ClusterLayerError, match=r"zone needs the label topology\.kubernetes\.io/zone on the node n3"):
        cluster(params, n1="r1", n2="r2")


def test_disks_for_metadata_are_shared_in_turn() -> None:
    disks = [disk("A"), disk("B"), disk("C", device_class="hdd"), disk("M", metadata=True), disk("N", metadata=True)]
    devices = cluster(config(nodes=machines(3, *disks), encrypt_disks=True))["storage"]["nodes"][0]["devices"]
    assert [one["config"]["metadataDevice"][-1] for one in devices] == ["3", "4", "3"]
    assert devices[2]["config"]["deviceClass"] == "hdd"
    assert {one["config"]["encryptedDevice"] for one in devices} == {"true"}


def test_a_machine_that_is_no_node_is_named() -> None:
    params = config()
    with pytest.raises(ClusterLayerError, match="n3: no node of the cluster"):
        rook_ceph_cluster.render(params, facts(config(2)))


def test_erasure_coded_pools_have_their_metadata_in_copies() -> None:
    coded = {"name": "cold", "data_chunks": 2, "coding_chunks": 2}
    found = list(rook_ceph_classes.render(config(4, pools=[coded])))
    pools = {one["metadata"]["name"]: one["spec"] for one in found if one["kind"] == "CephBlockPool"}
    assert pools["cold"]["replicated"]["size"] == 3
    assert pools["cold-data"]["erasureCoded"] == {"dataChunks": 2, "codingChunks": 2}
    classes = [one for one in found if one["kind"] == "StorageClass"]
    assert classes[0]["parameters"]["dataPool"] == "cold-data" and "mapOptions" not in classes[0]["parameters"]


def test_a_node_says_its_memory_and_kernel() -> None:
    item = {"metadata": {"name": "n1"}, "status": {"capacity": {"memory": "65843112Ki"},
            "nodeInfo": {"kernelVersion": "7.0.3-amd64"}}}  # fmt: skip
    node = Node.of(item)
    assert (node.memory, node.release()) == (65843112 * 1024, (7, 0))
    assert Node.of({"metadata": {"name": "n2"}}).release() is None
    with pytest.raises(ClusterLayerError, match="which is no quantity"):
        Node.of({"metadata": {"name": "n3"}, "status": {"capacity": {"memory": "many"}}})


def test_the_annotation_is_the_same_for_the_same_disks() -> None:
    params = config()
    assert json.loads(rook_ceph_facts.annotation(params, facts(params).names))["n1"] == {
        "serial S1": "/dev/disk/by-id/0"
    }
