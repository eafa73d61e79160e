# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of the role vm_images, and what is refused. They are tested on a real API server in tests/services."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import (
    instance_types,
    schedules,
    vm_images,
    vm_images_input,
)
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects import protected
from ansible_collections.groundup.cloud.plugins.module_utils.objects.wanted import Key

Params = dict[str, Any]
DIGEST = "ab" * 32
DEBIAN: Params = {
    "name": "debian",
    "source": {"http": "https://images.example.net/debian.qcow2", "sha256": DIGEST},
    "size": "10240Mi",
}
FEDORA: Params = {
    "name": "fedora",
    "source": {"registry": "docker://registry.example.net:5000/fedora:44"},
    "size": "10Gi",
    "schedule": "30  4 * * 1",
}
PINNED = f"docker://registry.example.net/fedora@sha256:{DIGEST}"


def objects(**params: Any) -> dict[tuple[str, str], Params]:
    return {(one.kind, one.name): one.body for one in vm_images.render(params)}


def test_an_image_with_a_digest_is_a_volume_and_a_source_that_names_it() -> None:
    found = objects(images=[{**DEBIAN, "storage_class": "rook-ceph-block", "preference": "debian"}])
    name = vm_images.volume({**DEBIAN, "storage_class": "rook-ceph-block"})
    volume = found["DataVolume", name]
    assert volume["spec"] == {
        "source": {"http": {"url": "https://images.example.net/debian.qcow2", "checksum": f"sha256:{DIGEST}"}},
        "storage": {"resources": {"requests": {"storage": "10Gi"}}, "storageClassName": "rook-ceph-block"},
    }
    assert volume["metadata"]["annotations"] == {"cdi.kubevirt.io/storage.bind.immediate.requested": "true"}
    source = found["DataSource", "debian"]
    assert source["spec"] == {"source": {"pvc": {"name": name, "namespace": "golden-images"}}}
    for body in (volume, source):
        assert body["metadata"]["labels"] == {
            "instancetype.kubevirt.io/default-instancetype": "general.medium",
            "instancetype.kubevirt.io/default-preference": "debian",
        }


def test_an_image_with_a_schedule_is_a_cron_that_keeps_its_source_itself() -> None:
    found = objects(images=[{**FEDORA, "retention": 2}], namespace="images")
    assert ("DataSource", "fedora") not in found
    assert found["DataImportCron", "fedora"]["spec"] == {
        "schedule": "30 4 * * 1",
        "managedDataSource": "fedora",
        "importsToKeep": 2,
        "garbageCollect": "Outdated",
        "retentionPolicy": "None",
        "template": {
            "spec": {
                "source": {"registry": {"url": "docker://registry.example.net:5000/fedora:44"}},
                "storage": {"resources": {"requests": {"storage": "10Gi"}}},
            }
        },
    }


@pytest.mark.parametrize(
    "change", [{"size": "11Gi"}, {"storage_class": "x"}, {"source": {**DEBIAN["source"], "sha256": "cd" * 32}}]
)
def test_a_changed_image_is_another_volume(change: Params) -> None:
    assert vm_images.volume({**DEBIAN, **change}) != vm_images.volume(DEBIAN)


def test_the_same_image_in_other_words_is_the_same_volume() -> None:
    same = {**DEBIAN, "size": "10Gi", "storage_class": None, "source": {**DEBIAN["source"], "registry": None}}
    assert vm_images.volume({**same, "instance_type": "general.small"}) == vm_images.volume(DEBIAN)


def test_a_source_names_what_is_offered_by_now() -> None:
    assert objects(images=[DEBIAN], offered={"debian": "debian-before"})["DataSource", "debian"]["spec"] == {
        "source": {"pvc": {"name": "debian-before", "namespace": "golden-images"}}
    }
    assert ("DataSource", "debian") not in objects(images=[DEBIAN], offered={})


def test_everybody_may_clone_images_and_change_none() -> None:
    found = objects()
    (subject,) = found["RoleBinding", "clone-images"]["subjects"]
    assert (subject["kind"], subject["name"]) == ("Group", "system:authenticated")
    verbs = {verb for rule in found["Role", "clone-images"]["rules"] for verb in rule["verbs"]}
    assert verbs == {"create", "get", "list", "watch"}
    create = [rule["resources"] for rule in found["Role", "clone-images"]["rules"] if "create" in rule["verbs"]]
    assert create == [["datavolumes/source"]]


@pytest.mark.parametrize(("binding", "notes"), [("bridge", {instance_types.MIGRATABLE: "true"}), ("masquerade", None)])
def test_preferences_let_virtual_machines_migrate_where_they_are_bound_by_a_bridge(binding: str, notes: Any) -> None:
    found = objects(network_binding=binding)
    for name in instance_types.PREFERENCES:
        spec = found[instance_types.PREFERENCE, name]["spec"]
        assert spec.get("annotations") == notes and spec["devices"]["preferredDiskBus"] == "virtio"
    assert found[instance_types.TYPE, "memory.large"]["spec"] == {"cpu": {"guest": 4}, "memory": {"guest": "32Gi"}}


def test_our_names_are_none_of_kubevirt_s() -> None:
    assert len(set(instance_types.KNOWN_TYPES)) == len(instance_types.KNOWN_TYPES) == 72
    assert len(set(instance_types.KNOWN_PREFERENCES)) == len(instance_types.KNOWN_PREFERENCES)


def test_imports_hold_data_and_what_names_them_does_not() -> None:
    holding = {
        kind for (kind, name), body in objects(images=[DEBIAN, FEDORA]).items()
        if protected.loss(Key(body["apiVersion"].rpartition("/")[0], kind, "", name), body)
    }  # fmt: skip
    assert holding == {"Namespace", "DataVolume", "DataImportCron"}


WRONG: dict[str, tuple[Params, str]] = {
    "name of sixty characters": ({"name": "d" * 60}, f"images[0].name: {'d' * 60} has 60 characters; take at most 50"),
    "name in capitals": ({"name": "Debian"}, "images[0].name: Debian is no name of an object"),
    "no checksum": ({"source": {"http": "https://x/y"}}, "images[0].source.sha256: is missing; give the digest"),
    "checksum in other words": (
        {"source": {"http": "https://x/y", "sha256": "md5"}}, "images[0].source.sha256: md5 is no digest"
    ),
    "no URL": ({"source": {"http": "ftp://x/y", "sha256": DIGEST}}, "source.http: ftp://x/y is no URL"),
    "two sources": (
        {"source": {**DEBIAN["source"], "registry": PINNED}}, "images[0].source: needs either http or registry"
    ),
    "no source": ({"source": {}}, "images[0].source: needs either http or registry; keep one of them"),
    "checksum of a registry": (
        {"source": {"registry": PINNED, "sha256": DIGEST}}, "source.sha256: is the digest of a file; write that of an"
    ),
    "a tag without a schedule": (
        {"source": FEDORA["source"]}, "source.registry: docker://registry.example.net:5000/fedora:44 is no image with a"
    ),
    "a tag and a digest": (
        {"source": {"registry": f"{FEDORA['source']['registry']}@sha256:{DIGEST}"}}, "has a tag and a digest, which CDI"
    ),
    "a registry without its scheme": (
        {"source": {"registry": PINNED.removeprefix("docker://")}}, "is no image with a digest; write docker://HOST"
    ),
    "a digest with a schedule": (
        {"source": {"registry": PINNED}, "schedule": "1 2 * * *"}, "is no name whose image may change; write docker://"
    ),
    "size that is none": ({"size": "large"}, "images[0].size: large is no whole quantity, such as 500Mi; give the"),
    "size of nothing": ({"size": "0Gi"}, "images[0].size: 0Gi is nothing; give the size"),
    "no size": ({"size": ""}, "images[0].size: is missing"),
    "storage class": ({"storage_class": "A b"}, "images[0].storage_class: A b is no name of a storage class"),
    "schedule of a file": ({"schedule": "1 2 * * *"}, "images[0].schedule: is for images of registries alone"),
    "schedule that is none": ({**FEDORA, "schedule": "daily"}, "images[0].schedule: daily does not have the"),
    "retention of a file": ({"retention": 2}, "images[0].retention: has no effect without schedule"),
    "retention of nothing": ({**FEDORA, "retention": 0}, "images[0].retention: 0 is not at least 1"),
    "instance type": ({"instance_type": "general.smal"}, "smal is no instance type; did you mean general.small?"),
    "preference": ({"preference": "zos"}, "images[0].preference: zos is no preference; such are general.linux"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused(name: str) -> None:
    change, message = WRONG[name]
    with pytest.raises(ClusterLayerError) as refused:
        vm_images_input.check({"images": [{**DEBIAN, **change}]})
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"images": [DEBIAN, DEBIAN]}, "images[1].name: there is an image debian already; rename one of them"),
        ({"namespace": "kube-system"}, "vm_images_config.namespace: kube-system is a namespace of Kubernetes"),
        ({"namespace": "A"}, "vm_images_config.namespace: A is no name of a namespace"),
    ],
)
def test_a_wrong_input_is_refused(params: Params, message: str) -> None:
    with pytest.raises(ClusterLayerError) as refused:
        vm_images.render(params)
    assert message in str(refused.value)


def test_a_name_of_fifty_characters_is_taken() -> None:
    name = "d" * 50
    assert len(vm_images.volume({**DEBIAN, "name": name})) == 63
    vm_images_input.check({"images": [{**DEBIAN, "name": name}]})


@pytest.mark.parametrize("text", ["30 4 * * 1", "*/15 0-6,22 1 1-12/2 0", "0 0 31 12 6", "0-59 * * * *"])
def test_schedules_that_kubernetes_takes(text: str) -> None:
    assert not schedules.fault(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "does not have the five fields"),
        ("@daily", "does not have the five fields"),
        ("0 0 * * * *", "does not have the five fields of a schedule: the minute, the hour"),
        ("60 * * * *", "has 60 for the minute, which is not from 0 to 59"),
        ("0 6-4 * * *", "has 6-4 for the hour"),
        ("0 0 0 * *", "has 0 for the day of the month"),
        ("0 0 * 13 *", "has 13 for the month"),
        ("0 0 * * 7", "has 7 for the day of the week"),
        ("*/0 * * * *", "has */0 for the minute"),
        ("a * * * *", "has a for the minute, which is no number"),
        ("1, * * * *", "has nothing for the minute"),
    ],
)
def test_schedules_that_are_refused(text: str, problem: str) -> None:
    assert problem in schedules.fault(text)
