# SPDX-License-Identifier: GPL-3.0-or-later
"""Tuning: what a site sets beyond the model's own keys merges, reaches the role, and is refused where it can't work."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.config import alternative_names
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse as parse_kubernetes
from ansible_collections.groundup.cloud.plugins.module_utils.layers import kubernetes
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import Derived, derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.model.scalars import Sealed
from ansible_collections.groundup.cloud.plugins.module_utils.model.schema import schema

from .base import REMOVED, model


def derived(changes: dict[str, Any]) -> Derived:
    """What follows from the base model with changes."""
    return derive(load(model(changes)), "/state")


KUBELET = {
    "kubernetes.kubelet": {"maxPods": 100, "evictionHard": {"memory.available": "1Gi", "nodefs.available": "5%"}},
    "defaults.machine.kubelet": {"maxPods": 150, "systemReserved": {"cpu": 1}},
    "machines.node1.kubelet": {
        "systemReserved": {"memory": "2Gi"},
        "evictionHard": {"nodefs.available": None},
        "maxPods": None,
    },
}


def test_settings_of_kubelets_merge_from_the_cluster_over_defaults_to_the_machine() -> None:
    found = derived(KUBELET)
    first, second = (found.hostvars[name]["kubernetes_config"]["node"]["kubelet"] for name in ("node1", "node2"))
    assert first == {"evictionHard": {"memory.available": "1Gi"}, "systemReserved": {"cpu": "1", "memory": "2Gi"}}
    assert second == {
        "maxPods": 150,
        "evictionHard": {"memory.available": "1Gi", "nodefs.available": "5%"},
        "systemReserved": {"cpu": "1"},
    }
    assert "kubelet" not in derived({}).hostvars["node1"]["kubernetes_config"]["node"]
    files = {"kubernetes": {"url": "https://x/" + "a" * 64, "sha256": "a" * 64}}
    state = kubernetes.render(found.hostvars["node2"]["kubernetes_config"] | {"files": files})
    assert any("maxPods: 150" in (file.content or "") for file in state.files)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kubernetes.kubelet": {"maxPod": 9}}, r"kubernetes\.kubelet\.maxPod: .*did you mean maxPods\?"),
        (
            {"machines.node1.kubelet": {"port": 9}},
            r"machines\.node1\.kubelet\.port: .*can't be set; remove it: the firewall",
        ),
        ({"machines.node1.kubelet": {"maxPods": "many"}}, r"machines\.node1\.kubelet\.maxPods: many is not a number"),
        (
            {"kubernetes.kubelet": {"evictionHard": {"memory.available": "x"}}},
            r"kubernetes\.kubelet\.evictionHard\.memory\.available: x is not a threshold; give a quantity",
        ),
        ({"defaults.machine.kubelet": {"hairpinMode": "no"}}, "hairpinMode.*is not one of hairpin-veth"),
        (
            {"kubernetes": REMOVED, "machines.node1.roles": ["compute"], "machines.node1.kubelet": {"maxPods": 9}},
            r"machines\.node1\.kubelet: has no effect without kubernetes",
        ),
    ],
)
def test_settings_that_no_kubelet_takes_are_named(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(ModelError, match=error):
        derived(changes)


def test_names_of_the_api_join_that_of_the_cloud() -> None:
    found = derived({"kubernetes.api_names": ["K8s.example.net", "FD00::0010", "*.example.net"]})
    names = ["kubernetes.rack.internal", "k8s.example.net", "fd00::10", "*.example.net"]
    assert found.hostvars["node1"]["kubernetes_config"]["api_names"] == names
    config = found.hostvars["node1"]["kubernetes_config"]
    assert found.hostvars["node1"]["host_base_config"]["hosts"]["kubernetes.rack.internal"] == "10.30.0.10"
    assert set(names) <= set(alternative_names(parse_kubernetes(config | {"files": {}})))


@pytest.mark.parametrize("name", ["k8s_.example.net", "10.30.0", "a.*.net", "https://k8s", 7])
def test_what_is_no_name_of_the_api_is_refused(name: Any) -> None:
    with pytest.raises(ModelError, match=r"kubernetes\.api_names\[0\]: .*; give a name such as k8s.example.net"):
        derived({"kubernetes.api_names": [name]})


LOGIN = {"username": "robot", "password": "{{ vault_harbor }}"}


def test_logins_of_registries_reach_all_machines_and_passwords_stay_as_they_are() -> None:
    sealed = Sealed("encrypted")
    found = derived({"kubernetes.registries": {"Harbor.example.net:5000": LOGIN, "ghcr.io/example": LOGIN}})
    assert found.group_vars["machines"]["container_runtime_logins"] == [
        {"registry": "harbor.example.net:5000", **LOGIN},
        {"registry": "ghcr.io/example", **LOGIN},
    ]
    vaulted = derived({"kubernetes.registries": {"ghcr.io": {"username": "robot", "password": sealed}}})
    assert vaulted.group_vars["machines"]["container_runtime_logins"][0]["password"] == "encrypted"
    assert "container_runtime_logins" not in derived({}).group_vars["machines"]
    assert "vault_harbor" not in str(found.hostvars["node1"]["container_runtime_config"])


def test_a_password_of_a_registry_in_clear_text_is_a_warning() -> None:
    loaded = load_all(model({"kubernetes.registries": {"ghcr.io": {"username": "robot", "password": "Corr3ct"}}}))
    (warning,) = [text for text in map(str, loaded.warnings) if "registries" in text]
    assert (
        "kubernetes.registries.ghcr.io.password: " in warning and "clear text" in warning and "Corr3ct" not in warning
    )
    encrypted = load_all(model({"kubernetes.registries": {"ghcr.io": LOGIN}}))
    assert not [text for text in map(str, encrypted.warnings) if "registries" in text]


@pytest.mark.parametrize(
    ("registries", "error"),
    [
        ({"https://ghcr.io": LOGIN}, "is not a valid registry; give it as images name it"),
        ({"ghcr.io": {"username": "robot"}}, r"registries\.ghcr\.io\.password: is missing"),
        ({"ghcr.io": LOGIN | {"username": "a:b"}}, "give the user without a colon"),
        ({"ghcr.io": LOGIN | {"password": 7}}, "is not a string"),
        ({"ghcr.io": LOGIN | {"pasword": "x"}}, "did you mean password"),
    ],
)
def test_what_is_no_login_is_refused(registries: dict[str, Any], error: str) -> None:
    with pytest.raises(ModelError, match=error):
        derived({"kubernetes.registries": registries})


def test_kernel_arguments_reach_the_deployment_and_the_running_machine() -> None:
    changes = {
        "defaults.machine.host": {"kernel_arguments": ["intel_iommu=on"], "sysctls": {"vm.swappiness": 5}},
        "machines.node2.host": {"kernel_arguments": ["hugepagesz=1G", "hugepages=16"]},
    }
    found = derived(changes).hostvars
    assert found["node1"]["host_base_config"]["kernel_arguments"] == ["intel_iommu=on"]
    assert found["node1"]["machine_config"]["seed"]["kernel_arguments"] == ["intel_iommu=on"]
    assert found["node2"]["host_base_config"]["kernel_arguments"] == ["hugepagesz=1G", "hugepages=16"], (
        "lists are replaced"
    )
    assert found["node2"]["host_base_config"]["sysctls"] == {"vm.swappiness": "5"}
    assert "kernel_arguments" not in derived({}).hostvars["node1"]["machine_config"]["seed"]


@pytest.mark.parametrize("argument", ["a b", "root=/dev/sda", 'x="y"', 7])
def test_what_is_no_kernel_argument_is_refused(argument: Any) -> None:
    with pytest.raises(ModelError, match=r"machines\.node1\.host\.kernel_arguments\[0\]: "):
        derived({"machines.node1.host": {"kernel_arguments": [argument]}})


def test_editors_know_the_fields_of_kubelets() -> None:
    names = schema()["$defs"]["Machine"]["properties"]["kubelet"]["propertyNames"]["enum"]
    assert "maxPods" in names and "cgroupDriver" not in names
