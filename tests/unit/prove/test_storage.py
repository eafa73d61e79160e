# SPDX-License-Identifier: GPL-3.0-or-later
"""The proofs of storage, against a double of a cluster that stores well or has a fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_cluster import CEPH_IMAGE
from ansible_collections.groundup.cloud.plugins.module_utils.promises.promise import StoragePromise
from ansible_collections.groundup.cloud.plugins.module_utils.prove import storage
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import (
    Expected,
    cluster_proofs,
    in_check_mode,
)
from ansible_collections.groundup.cloud.plugins.module_utils.prove.stored import Class, Disk, Stored
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import CHECK, Proof

from .ceph_answers import STORED
from .storing import NODES, Storing

ALL = replace(
    STORED,
    block=(Class("rook-ceph-block"), Class("rook-ceph-archive", kept=True)),
    file=(Class("rook-ceph-files"),),
    object=(Class("rook-ceph-objects", kept=True),),
    encrypted_traffic=True,
    patience=0,
)
LAYERS: dict[str, str | None] = {"storage": "rook_ceph"}
OF_CEPH = [storage.OSDS, storage.HEALTH, storage.PLACEMENT, storage.MONITORS, storage.KEYS]
SHOWN = [one.text for one in StoragePromise if one is not StoragePromise.ENCRYPTED_DISKS]


def expected(stored: Stored = ALL) -> Expected:
    return Expected("10.30.0.10:8443", "1.36.3", NODES, "cluster.local", "probe:1", 0, LAYERS, storage=stored)


def proofs(api: Storing, stored: Stored = ALL) -> dict[str, Proof]:
    return {one.name: one for one in cluster_proofs(api, expected(stored))}  # type: ignore[arg-type]


def test_everything_that_the_model_stores_is_proved_and_removed() -> None:
    api = Storing()
    found = proofs(api)
    assert {name: one.evidence for name, one in found.items() if one.ok is False} == {}
    assert [name for name, one in found.items() if one.ok] == [
        storage.ASKED, *OF_CEPH, StoragePromise.ENCRYPTED_TRAFFIC.text,
        *(name for name in SHOWN if name != StoragePromise.ENCRYPTED_TRAFFIC.text), storage.REMOVED,
    ]  # fmt: skip
    assert found[StoragePromise.BLOCK.text].evidence == (
        "rook-ceph-block, rook-ceph-archive: 16 MiB with the same checksum on n1 and n3"
    )
    not_promised = found[StoragePromise.ENCRYPTED_DISKS.text]
    assert (not_promised.promised, not_promised.why_not_real) == (False, "the model has no encrypt_disks")
    assert api.objects == {}, "nothing is left"
    assert ("block-0", "n1") in api.nodes and ("block-0", "n3") in api.nodes


def test_keys_that_are_not_rotated_yet_are_no_proof() -> None:
    api, base = Storing(), "/apis/ceph.rook.io/v1/namespaces/rook-ceph"
    new = {"keyGeneration": 2, "keyCephVersion": "20.2.4-0"}
    name = {"name": "rook-ceph", "namespace": "rook-ceph"}
    told = {"security": {"cephx": {"daemon": {"keyGeneration": 2}}}}
    status = {"cephx": {"mon": new, "mgr": new, "osd": new}}
    api.objects[f"{base}/cephclusters/rook-ceph"] = {"metadata": name, "spec": told, "status": status}
    assert proofs(api)[storage.KEYS].ok
    files = {"metadata": {**name, "name": "files"}, "status": {"cephx": {"daemon": {**new, "keyGeneration": 1}}}}
    api.objects[f"{base}/cephfilesystems/files"] = files
    found = proofs(api)[storage.KEYS]
    assert found.ok is False
    assert found.evidence == "keys of CephFilesystem rook-ceph/files: they are of generation 1, not yet of 2"


def test_what_outlives_its_claim_goes_with_the_proof() -> None:
    api = Storing()
    proofs(api)
    released = {path: body for path, body in api.patched.items() if "Delete" in str(body)}
    assert [*released.values()] == [
        {"spec": {"persistentVolumeReclaimPolicy": "Delete"}},
        {"spec": {"reclaimPolicy": "Delete"}},
        {"spec": {"reclaimPolicy": "Delete"}},
    ]
    volume, bucket, small = released
    assert small == f"{bucket}-small"
    assert volume == "/api/v1/persistentvolumes/pv-block-1"
    assert bucket.startswith("/apis/objectbucket.io/v1alpha1/objectbuckets/obc-groundup-prove-storage-")


@pytest.mark.parametrize(
    ("fault", "promise", "words"),
    [
        ("corrupt", StoragePromise.BLOCK, "a volume of rook-ceph-block on n1 has "),
        ("unbound rook-ceph-archive", StoragePromise.BLOCK, "PersistentVolumeClaim groundup-prove-storage-"),
        ("alone", StoragePromise.BLOCK_SHARED, 'left the message "what pod 1 has written does not arrive"'),
        ("alone", StoragePromise.FILE, "a line of its log"),
        ("unbound rook-ceph-files", StoragePromise.FILE, "its StorageClass rook-ceph-files does not exist"),
        ("open", StoragePromise.OBJECT, "rook-ceph-objects: the pod said without the key, the answer is: 200"),
        ("unusable", StoragePromise.SNAPSHOTS, "it can't be used yet (no such image)"),
        ("live snapshot", StoragePromise.SNAPSHOTS, "the volume of the snapshot has "),
        ("same volume", StoragePromise.CLONES, "the volume, after its clone was changed, has "),
        ("lost by expansion", StoragePromise.EXPANSION, "the larger volume has "),
        ("no quota", StoragePromise.QUOTA, "a claim of 1Ti was accepted, although the namespace may have 4Gi"),
        ("denied", StoragePromise.QUOTA, "denied by a webhook"),
    ],
)
def test_a_fault_fails_its_proof_and_nothing_is_left(fault: str, promise: StoragePromise, words: str) -> None:
    api = Storing(fault)
    found = proofs(api)[promise.text]
    assert found.ok is False and words in found.evidence, found.evidence
    assert api.objects == {}


def test_a_store_with_tls_is_verified_by_the_ca_that_clients_get() -> None:
    stored = replace(ALL, object=(Class("rook-ceph-objects", tls=True),))
    api = Storing()
    found = proofs(api, stored)[StoragePromise.OBJECT.text]
    assert found.ok and found.evidence.startswith("rook-ceph-objects by TLS: an object was put, got and deleted")
    pods = [one for one in api.environments if one.get("CA") == "the CA"]
    assert [one.get("TOO_MUCH") for one in pods] == [None, "yes"], "once within a quota, and once beyond it"
    assert {one["image"] for one in pods} == {CEPH_IMAGE}, "busybox verifies no certificate"
    missing = proofs(Storing("no CA"), stored)[StoragePromise.OBJECT.text]
    assert missing.ok is False and "there is no ConfigMap rook-ceph/rook-ceph-rgw-objects-ca" in missing.evidence


def test_without_a_volume_of_blocks_what_needs_it_is_not_tried() -> None:
    found = proofs(Storing("corrupt"))
    for promise in (StoragePromise.SNAPSHOTS, StoragePromise.CLONES, StoragePromise.EXPANSION):
        assert found[promise.text].ok is None
        assert found[promise.text].why_not_real == "no volume of blocks was written"
    assert found[StoragePromise.FILE.text].ok


def test_a_volume_that_is_left_is_named() -> None:
    found = proofs(Storing("left"))[storage.REMOVED]
    assert found.ok is False and "PersistentVolume pvc-7: it is Failed" in found.evidence


def test_when_ceph_can_not_be_asked_that_is_the_fault() -> None:
    found = proofs(Storing("fails"))
    assert found[storage.ASKED].ok is False and "a pod that asks Ceph" in found[storage.ASKED].evidence
    assert "a line of its log" in found[storage.ASKED].evidence
    for name in OF_CEPH:
        assert str(found[name].why_not_real).startswith("Ceph was not asked: ")


def test_a_fault_of_ceph_fails_its_proof_only() -> None:
    found = proofs(Storing(change=lambda given: given["status",].update(quorum_names=["a", "b"])))
    assert found[storage.MONITORS].ok is False and found[storage.OSDS].ok
    found = proofs(Storing(change=lambda given: given["osd", "dump"].pop("pools")))
    assert found[storage.PLACEMENT].ok is False and "an answer of an unknown form" in found[storage.PLACEMENT].evidence


def test_what_the_model_does_not_store_is_not_promised() -> None:
    found = proofs(Storing(), replace(STORED, block=(), object=(Class("rook-ceph-objects"),), snapshots=False))
    reasons = {name: one.why_not_real for name, one in found.items() if not one.promised}
    assert reasons == {
        **{one.text: "the model stores no blocks (storage.block)" for one in (
            StoragePromise.BLOCK, StoragePromise.BLOCK_SHARED, StoragePromise.SNAPSHOTS, StoragePromise.CLONES,
            StoragePromise.EXPANSION)},
        StoragePromise.FILE.text: "the model stores no files (storage.file)",
        StoragePromise.QUOTA.text: "the model has no volumes (storage.block, storage.file)",
        StoragePromise.ENCRYPTED_TRAFFIC.text: "the model has no encrypt_traffic",
        StoragePromise.ENCRYPTED_DISKS.text: "the model has no encrypt_disks",
    }  # fmt: skip
    without = proofs(Storing(), replace(STORED, snapshots=False))[StoragePromise.SNAPSHOTS.text]
    assert without.why_not_real == "the model has no snapshots (storage.snapshots)"


def test_of_an_external_cluster_its_identity_and_health_are_proved() -> None:
    stored = replace(STORED, nodes={}, monitors=0, pools={}, external="f")
    found = proofs(Storing(), stored)
    assert found[storage.EXTERNAL].ok and found[storage.EXTERNAL].evidence == "f: HEALTH_OK"
    assert found[StoragePromise.BLOCK.text].ok and not set(OF_CEPH) & set(found)
    assert (
        proofs(Storing(), replace(stored, external="g"))[storage.EXTERNAL].evidence == "it is the Ceph cluster f, not g"
    )
    warns = {"status": "HEALTH_WARN", "checks": {"OSD_DOWN": {}}}
    warned = proofs(Storing(change=lambda given: given["health", "detail"].update(warns)), stored)[storage.EXTERNAL]
    assert warned.ok and warned.evidence == "f: HEALTH_WARN (OSD_DOWN)", "that is for those who run it"
    ill = proofs(Storing(change=lambda given: given["health", "detail"].update(status="HEALTH_ERR")), stored)
    assert ill[storage.EXTERNAL].ok is False and ill[storage.EXTERNAL].evidence == "Ceph reports HEALTH_ERR"


def test_check_mode_names_the_same_proofs_and_tries_none() -> None:
    found = in_check_mode(expected())
    assert {one.name for one in found} == set(proofs(Storing()))
    assert {one.why_not_real for one in found if one.promised} == {CHECK}


@pytest.mark.parametrize("layers", [{"storage": None}, {"network": "basic"}, {}])
def test_without_rook_nothing_of_it_is_owed(layers: dict[str, str | None]) -> None:
    bare = replace(expected(), layers=layers, storage=None)
    assert not [one for one in in_check_mode(bare) if one.layer == storage.LAYER]


def test_the_options_of_the_module_are_the_storage() -> None:
    given: dict[str, Any] = {
        "nodes": [{"name": "n1", "disks": [{"serial": "A", "wwn": None, "metadata": True}, {"wwn": "0x5"}]}],
        "monitors": 1, "failure_domain": "osd", "pools": {"block": "2"}, "block": [{"name": "b", "kept": True}],
        "file": [], "object": [], "snapshots": False, "encrypted_disks": True, "encrypted_traffic": True, "patience": 9,
    }  # fmt: skip
    assert Stored.of(given) == Stored(
        {"n1": (Disk("A", metadata=True), Disk(wwn="0x5"))}, 1, "osd", {"block": 2}, (Class("b", True),),
        snapshots=False, encrypted_disks=True, encrypted_traffic=True, patience=9,
    )  # fmt: skip
