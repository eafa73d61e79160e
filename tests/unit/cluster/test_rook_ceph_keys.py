# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotation of CephX keys: what the CephCluster is told, what is refused, and which keys are still old."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import rook_ceph_input, rook_ceph_keys
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from unit.cluster.test_rook_ceph import cluster, config

Params = dict[str, t.Any]


def live(spec: Params | None = None, **status: t.Any) -> Params:
    """A CephCluster with generations of keys in its specification, and what Rook reports of keys."""
    metadata = {"name": "rook-ceph", "namespace": "rook-ceph"}
    return {"metadata": metadata, "spec": {"security": {"cephx": spec or {}}}, "status": {"cephx": status}}


def told(daemons: int = 0, volumes: int = 0) -> Params:
    given = {"daemon": daemons, "csi": volumes}
    return {name: {"keyGeneration": number} for name, number in given.items() if number}


def key(generation: int, version: str = "20.2.4-0") -> Params:
    return {"keyGeneration": generation, "keyCephVersion": version}


def test_generations_are_told_and_former_keys_of_volumes_stay_valid() -> None:
    assert cluster(config())["security"]["cephx"] == {"csi": {"keyType": "aes"}}
    found = cluster(config(keys={"daemons": 2, "volumes": 3}))["security"]["cephx"]
    assert found["daemon"] == {"keyRotationPolicy": "KeyGeneration", "keyGeneration": 2}
    assert found["csi"] == {
        "keyType": "aes", "keyRotationPolicy": "KeyGeneration", "keyGeneration": 3, "keepPriorKeyCountMax": 1,
    }  # fmt: skip
    ended = cluster(config(keys={"volumes": 3, "former": 0}))["security"]["cephx"]
    assert ended["csi"]["keepPriorKeyCountMax"] == 0 and "daemon" not in ended


def test_ceph_is_silent_of_old_keys_only_where_nodes_need_them() -> None:
    of_old = cluster(config())["healthCheck"]["muteHealthWarning"]
    assert {name: one["policy"] for name, one in of_old.items()} == {
        "AUTH_INSECURE_KEYS_ALLOWED": "mute",
        "AUTH_INSECURE_KEYS_CREATABLE": "mute",
        "AUTH_INSECURE_CLIENT_KEY_TYPE": "mute",
    }
    of_new = cluster(config(), kernel="7.0.3")["healthCheck"]["muteHealthWarning"]
    assert of_new["AUTH_INSECURE_CLIENT_KEY_TYPE"] == {"policy": "unmute"}
    slow = cluster(config(timings="slow"))["healthCheck"]
    assert {"muteHealthWarning", "startupProbe", "livenessProbe"} == set(slow)


WRONG: dict[str, tuple[Params, str]] = {
    "no generation": ({"daemons": 0}, "keys.daemons: 0 is no generation of keys; give 2 for the first rotation"),
    "a huge one": ({"volumes": 2**31}, "keys.volumes: 2147483648 is no generation of keys"),
    "many former keys": ({"volumes": 2, "former": 11}, "keys.former: 11 former keys can't be kept; give 0 to 10"),
    "former keys of none": ({"daemons": 2, "former": 1}, "keys.former: counts for volumes, whose keys are not rotated"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_generations_are_refused(name: str) -> None:
    keys, message = WRONG[name]
    with pytest.raises(ClusterLayerError) as error:
        rook_ceph_input.check(config(keys=keys))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"daemons": 2, "volumes": 4}, "keys.daemons: 2 is below 3"),
        ({"daemons": 3}, "keys.volumes: none is below 4, .*; write 4, or a higher number to rotate them again"),
        ({}, "keys.daemons: none is below 3"),
    ],
)
def test_a_generation_that_is_lower_or_gone_is_refused(keys: Params, message: str) -> None:
    with pytest.raises(ClusterLayerError, match=message):
        rook_ceph_keys.refuse_lower(config(keys=keys), live(told(3, 4)))


def test_the_same_or_a_higher_generation_may_be_given() -> None:
    for keys in ({"daemons": 3, "volumes": 4}, {"daemons": 4, "volumes": 9}):
        rook_ceph_keys.refuse_lower(config(keys=keys), live(told(3, 4)))
    rook_ceph_keys.refuse_lower(config(), live())
    rook_ceph_keys.refuse_lower(config(), None)
    assert rook_ceph_keys.raises_volumes(config(keys={"volumes": 2}), live())
    assert not rook_ceph_keys.raises_volumes(config(keys={"volumes": 4}), live(told(3, 4)))


def test_old_keys_are_waited_for_by_what_rook_reports() -> None:
    new = {"mon": key(2), "mgr": key(2), "osd": key(2)}
    assert rook_ceph_keys.old(live(told(2), **new), ()) == []
    assert rook_ceph_keys.old(live(told(2), **new, cephExporter=key(0, "Uninitialized")), ()) == [], "it never ran"
    rows = rook_ceph_keys.old(live(told(2, 2), **new | {"osd": key(1)}, admin=key(0, ""), csi=key(1)), ())
    assert [str(row) for row in rows] == [
        "keys of osd of CephCluster rook-ceph/rook-ceph: they are of generation 1, not yet of 2",
        "keys of admin of CephCluster rook-ceph/rook-ceph: they are of generation 0, not yet of 2",
        "keys of volumes of CephCluster rook-ceph/rook-ceph: they are of generation 1, not yet of 2",
    ]
    (missing,) = rook_ceph_keys.old(live(told(2), mon=key(2), mgr=key(2)), ())
    assert "keys of osd" in str(missing), "without a report nobody knows"


def test_daemons_of_file_systems_and_stores_get_keys_as_well() -> None:
    new = {"mon": key(2), "mgr": key(2), "osd": key(2)}
    store = {"kind": "CephObjectStore", "metadata": {"name": "objects", "namespace": "rook-ceph"}}
    files = {**store, "kind": "CephFilesystem", "status": {"cephx": {"daemon": key(1)}}}
    (row,) = rook_ceph_keys.old(live(told(2), **new), [files, store])
    assert row.what == "keys of CephFilesystem rook-ceph/objects"
    assert rook_ceph_keys.old(live(**new), [files]) == [], "no rotation is wanted"
    assert rook_ceph_keys.old(None, [files]) == []
