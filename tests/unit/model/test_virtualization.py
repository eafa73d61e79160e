# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines of the model: what follows from machines, storage and the network, and what is refused."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import cdi, kubevirt_input, vm_images_input
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

Changes = dict[str, t.Any]
STORES = pathlib.Path(__file__).resolve().parents[2] / "golden/models/stores.cloud.yml"
VMS: Changes = {"virtualization.enabled": True}
N1, N2 = "machines.node1", "machines.node2"
OVN: Changes = {**VMS, "network.provider": "kube_ovn"}
MIGRATIONS = "virtualization.migrations"
BLOCKS: Changes = {
    "storage": {"provider": "rook_ceph", "few_machines": True},
    f"{N2}.roles": ["compute", "storage"],
}


IMAGES = "virtualization.images"
DEBIAN: Changes = {"source": {"http": "https://images.example.net/debian.qcow2", "sha256": "ab" * 32}, "size": "10Gi"}
CLASS: Changes = {"storage_class": "local"}
BOTH = f"docker://registry.example.net/fedora:44@sha256:{'0' * 64}"
FEDORA: Changes = {"source": {"registry": "docker://registry.example.net/fedora:44"}, "size": "10Gi", **CLASS}


def derived(changes: Changes) -> t.Any:
    return derive(load(model(changes)))


def config(changes: Changes) -> Changes:
    hosts = derived(changes).hostvars["cluster"]
    kubevirt_input.check(hosts["kubevirt_config"])
    cdi.check(hosts["cdi_config"])
    vm_images_input.check(hosts["vm_images_config"])
    found: Changes = hosts["kubevirt_config"]
    return found


def test_a_model_becomes_the_inputs() -> None:
    cloud = load(STORES)
    found = derive(cloud).hostvars
    given = found["cluster"]["kubevirt_config"]
    assert given["eviction"] == "live_migrate", "pools of images are shared"
    assert given["network_binding"] == "bridge", "Kube-OVN keeps the address over a migration"
    assert given["migrations"]["network"] == {
        "interface": "nic0.50", "mtu": 9000, "subnet": "10.50.0.0/24", "first": "10.50.0.200", "last": "10.50.0.250",
    }  # fmt: skip
    assert given["tolerations"] == [{"key": "example.net/storage", "effect": "NoSchedule"}]
    assert found["cluster"]["multus_config"]["attachments"] == [], "the role kubevirt makes its own"
    assert found["cluster"]["cdi_config"]["scratch_storage_class"] == "rook-ceph-archive"
    for name in ("node1", "node5"):
        host = found[name]["host_base_config"]
        assert {"tun", "vhost_net", "macvlan"} <= set(host["kernel_modules"]) and host["virtual_machines"] == "hardware"


def test_what_a_drained_machine_does_follows_from_machines_and_storage() -> None:
    assert config(VMS)["eviction"] == "live_migrate_if_possible"
    assert config({**VMS, **BLOCKS})["eviction"] == "live_migrate"
    alone = config({**VMS, f"{N1}.roles": ["control_plane"]})
    assert alone["eviction"] == "none" and alone["network_binding"] == "masquerade"


def test_the_model_of_cpus_is_that_of_all_machines_unless_another_is_named() -> None:
    machines = [{"node": "node1"}, {"node": "node2"}]
    found = config(VMS)
    assert (found["cpu_model"], found["machines"]) == ("baseline", machines)
    named = config({**VMS, "virtualization.cpu_model": "EPYC-Rome"})
    assert (named["cpu_model"], named["machines"]) == ("EPYC-Rome", machines), "it is compared with the machines"
    for changes in ({"virtualization.emulation": True}, {f"{N1}.roles": ["control_plane"]}):
        without = config({**VMS, **changes})
        assert "cpu_model" not in without and "machines" not in without, "KubeVirt chooses"
    chosen = config({**VMS, "virtualization.cpu_model": "host-model"})
    assert chosen["cpu_model"] == "host-model" and "machines" not in chosen
    emulated = config({**VMS, "virtualization.emulation": True, "virtualization.cpu_model": "Nehalem"})
    assert emulated["cpu_model"] == "Nehalem" and "machines" not in emulated, "the machines' CPUs decide nothing"


def test_only_machines_that_run_them_are_prepared() -> None:
    hosts = derived({**VMS, f"{N1}.roles": ["control_plane"], "virtualization.emulation": True}).hostvars
    assert "virtual_machines" not in hosts["node1"]["host_base_config"]
    assert hosts["node2"]["host_base_config"]["virtual_machines"] == "emulated"
    assert hosts["cluster"]["kubevirt_config"]["emulation"] is True


def test_images_are_those_of_the_version_and_its_gates() -> None:
    found = derived({**VMS, "virtualization.version": "1.8.4", "virtualization.feature_gates": ["Sidecar"]})
    needs = found.all_vars["groundup_needs"]
    assert "manifest:kubevirt-1.8" in needs["virtual_machines"]
    assert "quay.io/kubevirt/sidecar-shim:v1.8.4" in needs["virtual_machines"]
    assert "quay.io/kubevirt/cdi-importer:v1.66.0" in needs["disk_images"]
    without = derived({})
    assert not {"virtual_machines", "disk_images"} & set(without.all_vars["groundup_needs"])
    assert "kubevirt_config" not in without.hostvars["cluster"]


def test_controllers_run_with_virtual_machines_where_the_control_plane_is_hosted() -> None:
    hosted = config({**VMS, "lab": {"control_plane": "hosted"}, f"{N1}.roles": ["compute"]})
    assert hosted["on_control_planes"] is False and hosted["replicas"] == 2
    assert "on_control_planes" not in config(VMS) and config(VMS)["replicas"] == 1


def images(changes: Changes) -> list[Changes]:
    hosts = derived(changes).hostvars["cluster"]
    vm_images_input.check(hosts["vm_images_config"])
    found: list[Changes] = hosts["vm_images_config"]["images"]
    return found


def test_golden_images_have_the_storage_class_of_the_pools() -> None:
    stores = derive(load(STORES)).hostvars["cluster"]["vm_images_config"]
    assert stores["network_binding"] == "bridge", "so virtual machines need the annotation of our preferences"
    assert [one["storage_class"] for one in stores["images"]] == ["rook-ceph-images", "rook-ceph-fourfold"]
    (only,) = images({**VMS, **BLOCKS, IMAGES: {"debian": DEBIAN}})
    assert only == {"name": "debian", **DEBIAN, "storage_class": "rook-ceph-block"}
    (named,) = images({**VMS, IMAGES: {"debian": {**DEBIAN, **CLASS}}})
    assert named["storage_class"] == "local", "of somebody else's storage"
    assert images(VMS) == []


def test_an_image_that_follows_a_tag_has_its_schedule() -> None:
    given = {**FEDORA, "schedule": "30  4 * * 1", "retention": 2, "instance_type": "u1.small", "preference": "fedora"}
    (found,) = images({**VMS, IMAGES: {"fedora": given}})
    assert found == {"name": "fedora", **given, "schedule": "30 4 * * 1"}


def test_addresses_for_migrations_are_the_highest_that_nobody_has() -> None:
    free = config({**OVN, MIGRATIONS: {"network": "cluster"}})["migrations"]["network"]
    assert (free["first"], free["last"]) == ("10.30.0.239", "10.30.0.254")
    taken = {f"{N2}.addresses": {"cluster": "10.30.0.250"}}
    below = config({**OVN, **taken, MIGRATIONS: {"network": "cluster"}})["migrations"]["network"]
    assert (below["first"], below["last"]) == ("10.30.0.234", "10.30.0.249")


WRONG: dict[str, tuple[Changes, str]] = {
    "keys without virtual machines": (
        {"virtualization": {"cpu_model": "Haswell", "migrations": {"parallel": 7}}},
        "virtualization.migrations: has no effect without virtual machines",
    ),
    "no cluster": ({**VMS, "kubernetes": REMOVED}, "virtualization.enabled: true needs a cluster"),
    "a gate that is none": (
        {**VMS, "virtualization.feature_gates": ["Snapshots"]},
        "virtualization.feature_gates: KubeVirt 1.9.0 has no feature gate Snapshots; is it Snapshot?",
    ),
    "a gate of another version": (
        {**VMS, "virtualization.version": "1.8.4", "virtualization.feature_gates": ["OCIExport"]},
        "virtualization.feature_gates: KubeVirt 1.8.4 has no feature gate OCIExport",
    ),
    "another version": ({**VMS, "virtualization.version": "1.7.0"}, "1.7.0 is not one of 1.9.0, 1.8.4"),
    "a model of CPUs that is none": (
        {**VMS, "virtualization.cpu_model": "Skylake-Servers"},
        "virtualization.cpu_model: Skylake-Servers is no model of CPUs that is known; is it Skylake-Server?",
    ),
    "CPUs as they are": (
        {**VMS, "virtualization.cpu_model": "host-passthrough"},
        "virtualization.cpu_model: host-passthrough lets no virtual machine be migrated",
    ),
    "a class that is none": (
        {**VMS, **BLOCKS, "virtualization.scratch_storage_class": "rook-ceph-blocks"},
        "virtualization.scratch_storage_class: rook-ceph-blocks is no storage class of volumes",
    ),
    "more at a time from one machine than in all": (
        {**VMS, MIGRATIONS: {"parallel": 2, "parallel_per_node": 3}}, f"{MIGRATIONS}.parallel_per_node: 3 is above 2"
    ),
    "users who migrate nothing": (
        {**VMS, N2: REMOVED, MIGRATIONS: {"by_users": True}}, f"{MIGRATIONS}.by_users: true has no effect, since one"
    ),
    "addresses in no network": (
        {**OVN, MIGRATIONS: {"addresses": "10.30.0.200-10.30.0.220"}},
        f"{MIGRATIONS}.addresses: 10.30.0.200-10.30.0.220 are in no network",
    ),
    "a network that is none": ({**OVN, MIGRATIONS: {"network": "clusters"}}, f"{MIGRATIONS}.network: clusters is no"),
    "the network of boots": (
        {**OVN, MIGRATIONS: {"network": "provision"}}, f"{MIGRATIONS}.network: provision is the network over which"
    ),
    "a network of VLANs": ({**OVN, MIGRATIONS: {"network": "tenants"}}, "tenants has no subnet of IPv4"),
    "a provider that gives no addresses": (
        {**VMS, MIGRATIONS: {"network": "cluster"}},
        f"{MIGRATIONS}.network: cluster needs an address for migrations on each machine, which the network provider b",
    ),
    "a machine outside": (
        {**OVN, f"{N2}.networks": ["cluster"], MIGRATIONS: {"network": "management"}},
        f"{MIGRATIONS}.network: management is a network in which node2 has no address",
    ),
    "addresses elsewhere": (
        {**OVN, MIGRATIONS: {"network": "cluster", "addresses": "10.31.0.1-10.31.0.9"}},
        f"{MIGRATIONS}.addresses: 10.31.0.1-10.31.0.9 are not in networks.cluster",
    ),
    "an address that a machine has": (
        {**OVN, f"{N2}.addresses": {"cluster": "10.30.0.250"},
         MIGRATIONS: {"network": "cluster", "addresses": "10.30.0.240-10.30.0.251"}},
        "have 10.30.0.250, which somebody has already",
    ),
    "the last address of all": (
        {**OVN, MIGRATIONS: {"network": "cluster", "addresses": "10.30.0.240-10.30.0.255"}},
        "have the first or last address of the subnet",
    ),
    "an image without virtual machines": (
        {IMAGES: {"debian": {**DEBIAN, **CLASS}}}, "virtualization.images: has no effect without virtual machines"
    ),
    "an image without storage": (
        {**VMS, IMAGES: {"debian": DEBIAN}},
        f"{IMAGES}.debian.storage_class: is missing, and the cloud has no pool of images for its volume; give one, or",
    ),
    "an image in a class that is none": (
        {**VMS, **BLOCKS, IMAGES: {"debian": {**DEBIAN, "storage_class": "rook-ceph-blocks"}}},
        f"{IMAGES}.debian.storage_class: rook-ceph-blocks is no storage class of volumes",
    ),
    "an image whose name has sixty characters": (
        {**VMS, IMAGES: {"d" * 60: {**DEBIAN, **CLASS}}}, "is not a valid name of a golden image; use lower-case"
    ),
    "an image without its digest": (
        {**VMS, IMAGES: {"debian": {**DEBIAN, **CLASS, "source": {"http": "https://x.example.net/y"}}}},
        f"{IMAGES}.debian.source.sha256: is missing; give the digest of the file",
    ),
    "an image from two places": (
        {**VMS, IMAGES: {"debian": {**DEBIAN, **CLASS, "source": {**DEBIAN["source"], **FEDORA["source"]}}}},
        f"{IMAGES}.debian.source: needs either http or registry; keep one of them",
    ),
    "an image whose size is none": (
        {**VMS, IMAGES: {"debian": {**DEBIAN, **CLASS, "size": "large"}}},
        f"{IMAGES}.debian.size: large is not the size of a disk; give a whole quantity such as 10Gi",
    ),
    "an image of a registry without a scheme": (
        {**VMS, IMAGES: {"fedora": {**FEDORA, "source": {"registry": "registry.example.net/fedora:44"}}}},
        f"{IMAGES}.fedora.source.registry: registry.example.net/fedora:44 is not a valid disk image of a registry",
    ),
    "an image with a tag and a digest": (
        {**VMS, IMAGES: {"fedora": {**FEDORA, "source": {"registry": BOTH}}}},
        "000… is not a valid disk image of a registry; write docker://HOST/NAME:TAG or docker://HOST/NAME@sha256:DIGEST",
    ),
    "a tag that nobody looks at": (
        {**VMS, IMAGES: {"fedora": FEDORA}},
        f"{IMAGES}.fedora.source.registry: docker://registry.example.net/fedora:44 is no image with a digest; write",
    ),
    "a schedule of a file": (
        {**VMS, IMAGES: {"debian": {**DEBIAN, **CLASS, "schedule": "30 4 * * 1"}}},
        f"{IMAGES}.debian.schedule: is for images of registries alone",
    ),
    "a schedule that is none": (
        {**VMS, IMAGES: {"fedora": {**FEDORA, "schedule": "30 25 * * 1"}}},
        f"{IMAGES}.fedora.schedule: 30 25 * * 1 has 25 for the hour, which is not from 0 to 23; write it as cron does",
    ),
    "imports that are kept of one": (
        {**VMS, IMAGES: {"debian": {**DEBIAN, **CLASS, "retention": 3}}},
        f"{IMAGES}.debian.retention: has no effect without schedule",
    ),
    "an instance type that is none": (
        {**VMS, IMAGES: {"debian": {**DEBIAN, **CLASS, "instance_type": "u1.smal"}}},
        f"{IMAGES}.debian.instance_type: u1.smal is no instance type; did you mean u1.small?",
    ),
    "a preference that is none": (
        {**VMS, IMAGES: {"debian": {**DEBIAN, **CLASS, "preference": "zos"}}},
        f"{IMAGES}.debian.preference: zos is no preference; such are general.linux",
    ),
    "too few addresses": (
        {**OVN, MIGRATIONS: {"network": "cluster", "addresses": "10.30.0.240-10.30.0.240"}}, "are 1 for 2 machines"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_can_t_run_is_refused_with_the_key(name: str) -> None:
    changes, message = WRONG[name]
    with pytest.raises(ModelError) as error:
        load(model(changes))
    assert message in str(error.value)
