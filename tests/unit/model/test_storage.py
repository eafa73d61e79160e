# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage of the model: what follows from machines, racks and networks, and what is refused."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import rook_ceph_input
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

Changes = dict[str, t.Any]
STORES = pathlib.Path(__file__).resolve().parents[2] / "golden/models/stores.cloud.yml"
LAB: Changes = {"storage": {"provider": "rook_ceph", "few_machines": True}}
N1, N2 = "machines.node1", "machines.node2"
TWO: Changes = {
    f"{N2}.roles": ["compute", "storage"],
    f"{N2}.storage_disks": [{"serial": "S2"}],
    f"{N1}.roles": ["control_plane", "storage"],
}
ONE: Changes = {f"{N1}.roles": ["control_plane", "storage"], f"{N1}.storage_disks": [{"serial": "S1"}]}


def config(changes: Changes) -> Changes:
    found: Changes = derive(load(model(changes))).hostvars["cluster"]["rook_ceph_config"]
    rook_ceph_input.check(found)
    return found


def test_machines_racks_and_networks_of_a_model_become_the_input() -> None:
    cloud = load(STORES)
    found = derive(cloud).hostvars["cluster"]
    given = found["rook_ceph_config"]
    assert given["failure_domain"] == "host" and given["monitors"] == 5
    assert given["public_networks"] == ["10.40.0.0/24"] and given["replication_networks"] == ["10.41.0.0/24"]
    assert [node["node"] for node in given["nodes"]] == [f"node{number}" for number in range(1, 6)]
    assert given["tolerations"] == [{"key": "example.net/storage", "effect": "NoSchedule"}]
    rook_ceph_input.check(given)
    hosts = derive(cloud).hostvars
    for name, packages in (("node1", ["lvm2", "cryptsetup-bin"]), ("node5", ["lvm2", "cryptsetup-bin"])):
        assert hosts[name]["host_base_config"].get("packages") == packages
        assert {"rbd", "ceph"} <= set(hosts[name]["host_base_config"]["kernel_modules"]), "all nodes use volumes"
    names = [layer["name"] for layer in found["groundup_layers"]]
    below = ["network", "attachments", "snapshots", "storage", "disk_images", "virtual_machines"]
    assert names == [*below, "golden_images", "fencing"]


def test_one_machine_of_a_lab_has_its_copies_on_disks() -> None:
    found = config({**LAB, **ONE, f"{N1}.storage_disks": [{"serial": "S1"}, {"serial": "S9"}]})
    assert found["failure_domain"] == "osd" and found["monitors"] == found["managers"] == 1
    assert found["pools"] == [
        {"name": "block", "replicas": 2, "compression": "none", "reclaim": "delete", "default": True,
         "map_options": ["rxbounce"]}
    ]  # fmt: skip
    assert found["public_networks"] == ["10.30.0.0/24"], "there is no network for storage"


def test_without_a_provider_there_is_no_layer() -> None:
    found = derive(load(model()))
    assert "rook_ceph_config" not in found.hostvars["cluster"]
    assert not {"storage", "snapshots"} & set(found.all_vars["groundup_needs"])


def test_prometheus_and_keys_are_given_as_far_as_the_model_says_something_of_them() -> None:
    given = derive(load(STORES)).hostvars["cluster"]["rook_ceph_config"]
    url = "https://prometheus.example.net"
    assert given["prometheus"] == {"enabled": True, "labels": {"release": "prometheus"}, "url": url}
    assert given["keys"] == {"daemons": 2, "volumes": 3, "former": 0}
    assert not {"prometheus", "keys"} & set(config({**LAB, **ONE}))
    empty = {**LAB["storage"], "prometheus": {}, "keys": {"daemons": 2}}
    found = config({**LAB, **ONE, "storage": empty})
    assert found["keys"] == {"daemons": 2} and "prometheus" not in found


def test_snapshots_may_be_left_out() -> None:
    found = derive(load(model({**LAB, **ONE, "storage": {**LAB["storage"], "snapshots": False}}))).hostvars["cluster"]
    assert "snapshot_controller_config" not in found and found["rook_ceph_config"]["snapshots"] is False


CERTIFICATE = "-----BEGIN CERTIFICATE-----\nTWFkZSB1cA==\n-----END CERTIFICATE-----\n"
FSID = "797f411a-aafe-11ec-a254-fa163e1539f5"


def external(changes: Changes | None = None, **keys: t.Any) -> Changes:
    """A model with volumes from a Ceph cluster that others run."""
    given = {"provider": "rook_ceph", "external": {"fsid": FSID, "export": "{{ vault_ceph }}"}}
    given |= keys or {"block": {"vms": {"pool": "replicated_2g"}}, "file": {"files": {}}}
    return {f"{N1}.roles": ["control_plane", "compute"], "storage": given, **(changes or {})}


def test_pools_of_others_become_classes_and_their_keys_stay_a_secret() -> None:
    found = derive(load(model(external()))).hostvars
    given = found["cluster"]["rook_ceph_config"]
    rook_ceph_input.check(given)
    assert given["external"] == {"fsid": FSID} and "nodes" not in given and "public_networks" not in given
    assert given["pools"] == [
        {"name": "vms", "reclaim": "delete", "pool": "replicated_2g", "default": True, "map_options": ["rxbounce"]}
    ]
    assert given["filesystems"] == [{"name": "files", "reclaim": "delete"}]
    assert found["cluster"]["rook_ceph_secrets"] == {"export": "{{ vault_ceph }}"}
    entry = next(one for one in found["cluster"]["groundup_layers"] if one["name"] == "storage")
    assert entry["secrets"] == "rook_ceph_secrets"
    proved = found["cluster"]["prove_config"]["cluster"]["storage"]
    assert proved["external"] == FSID and not {"nodes", "monitors", "failure_domain"} & set(proved)
    assert {"rbd", "ceph"} <= set(found["node2"]["host_base_config"]["kernel_modules"])


def storage(**keys: t.Any) -> Changes:
    return {**ONE, "storage": {**LAB["storage"], **keys}}


WRONG: dict[str, tuple[Changes, str]] = {
    "former keys of none": (
        storage(keys={"daemons": 2, "former": 1}), "storage.keys.former: 1 counts for volumes, whose keys are not"
    ),
    "many former keys": (storage(keys={"volumes": 2, "former": 11}), "storage.keys.former: 11 is more than Rook keeps"),
    "keys of others": (external(None, block={"vms": {}}, keys={"daemons": 2}), "storage.keys: is decided by those"),
    "figures of others": (
        external(None, block={"vms": {}}, prometheus={"enabled": True}), "storage.prometheus: is decided by those who"
    ),
    "too few machines": (
        {**ONE, "storage": {"provider": "rook_ceph"}},
        "storage.provider: rook_ceph has 1 of the at least 3 machines with the role storage",
    ),
    "no disks": ({**LAB, f"{N1}.storage_disks": []}, "storage.provider: rook_ceph has no disks"),
    "a machine without disks": (
        {**LAB, **ONE, f"{N2}.roles": ["storage"], f"{N2}.storage_disks": []},
        f"{N2}.storage_disks: is empty, but the role is storage",
    ),
    "only metadata": (
        {**LAB, **ONE, f"{N1}.storage_disks": [{"serial": "S1", "use": "metadata"}]},
        f"{N1}.storage_disks: are all for metadata",
    ),
    "an even number of monitors": (storage(monitors=2), "storage.monitors: 2 has to be odd"),
    "a network that is none": (storage(public_network="disks"), "storage.public_network: disks is no network"),
    "one name for two": (
        storage(block={"a": {}}, file={"a": {}}), "storage.file.a: has the storage class rook-ceph-a, as"
    ),
    "more copies than there can be": (storage(block={"a": {"replicas": 2}}), "storage.block.a: needs 2 disks"),
    "copies and chunks": (
        storage(block={"a": {"replicas": 1, "data_chunks": 2, "coding_chunks": 1}}), "storage.block.a.replicas: 1 is"
    ),
    "half of erasure coding": (storage(block={"a": {"data_chunks": 2}}), "storage.block.a: needs data_chunks of"),
    "two defaults": (
        storage(block={"a": {"default": True}, "b": {"default": True}}), "storage.block.b.default: true is true for a"
    ),
    "racks that are none": (storage(failure_domain="rack"), "storage.failure_domain: rack is the failure domain"),
    "a rack with the name of a machine": (
        {**LAB, **ONE, f"{N1}.location": {"rack": "node2"}}, f"{N1}.location.rack: node2 is the name of something else"
    ),
    "keys without a provider": ({"storage": {"dashboard": False}}, "storage.dashboard: has no effect"),
    "a disk beside a cluster of others": (
        external({f"{N1}.roles": ["control_plane", "storage"]}), f"{N1}.roles: is storage, and no disk is used"
    ),
    "a toolbox of others": (external(block={"a": {}}, toolbox=False), "storage.toolbox: is decided by those who run"),
    "a monitor of others": (external(block={"a": {}}, monitors=3), "storage.monitors: is decided by those who run"),
    "copies of others": (
        external(block={"a": {"replicas": 2}}), "storage.block.a.replicas: is decided by those who run"
    ),
    "a server of others": (external(file={"a": {"servers": 2}}), "storage.file.a.servers: is decided by those who"),
    "a gateway of others": (
        external(block={"a": {}}, object={"o": {}}), "storage.object.o: is a gateway of its own, and storage.external"
    ),
    "nothing of others": (external(snapshots=True), "storage.external: gives nothing without a pool"),
    "one name for two of others": (
        external(block={"a": {}}, file={"a": {}}), "storage.file.a: has the storage class rook-ceph-a, as"
    ),
    "no identity": (
        external(block={"a": {}}, external={"fsid": "ceph", "export": "{{ x }}"}),
        "storage.external.fsid: ceph is not a valid identity of a Ceph cluster",
    ),
    "a pool of others in one's own": (
        storage(block={"a": {"pool": "b"}}), "storage.block.a.pool: names what an external Ceph cluster has"
    ),
    "others without a provider": (
        {"storage": {"external": {"fsid": FSID, "export": "{{ x }}"}}}, "storage.external: has no effect without"
    ),
    "a certificate without its key": (
        storage(object={"o": {"tls": {"certificate": CERTIFICATE, "ca": CERTIFICATE}}}),
        "storage.object.o.tls.key: is missing, and the",
    ),
    "a certificate that is none": (
        storage(object={"o": {"tls": {"certificate": "x"}}}), "tls.certificate: x is no certificate in PEM"
    ),
    "a key in the clear": (
        storage(object={"o": {"tls": {"ca": f"{CERTIFICATE}-----BEGIN PRIVATE KEY-----"}}}), "has a private key; give"
    ),
    "no cluster": ({**LAB, **ONE, "kubernetes": REMOVED}, "storage.provider: rook_ceph needs a cluster"),
    "the word of an earlier release": ({"storage": {"provider": "rook"}}, "rook is not one of none, rook_ceph"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_can_t_be_stored_is_refused_with_the_key(name: str) -> None:
    changes, message = WRONG[name]
    with pytest.raises(ModelError) as error:
        load(model(changes))
    assert message in str(error.value)
