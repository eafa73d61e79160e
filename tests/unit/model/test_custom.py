# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of one's own: what follows from `network.custom`, and what is refused."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import Derived, derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.layout import Layout
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.pods_mtu import pods
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

AGENT = "docker.io/antrea/agent:v2"
URL = {"url": "https://example.net/antrea.yml", "sha256": "ab" * 32}
MANIFESTS: dict[str, Any] = {"antrea": URL, "settings": {"path": "network"}, "policies": {}}


def custom(**keys: Any) -> dict[str, Any]:
    return {"network": {"provider": "custom", "custom": keys}}


def derived(changes: dict[str, Any]) -> Derived:
    return derive(load(model(changes)), "/state")


def errors(changes: dict[str, Any]) -> list[str]:
    try:
        load(model(changes))
    except ModelError as error:
        return [str(problem) for problem in error.errors]
    return []


def warnings(changes: dict[str, Any]) -> list[str]:
    return [str(warning) for warning in load_all(model(changes)).warnings]


def test_its_manifests_are_a_layer_of_the_cluster_and_parts_of_the_bundle() -> None:
    found = derived(custom(manifests=MANIFESTS, images=[AGENT], kernel_modules=["openvswitch"]))
    cluster, provisioner = found.hostvars["cluster"], found.hostvars["provisioner"]
    assert [(layer["name"], layer["role"], layer["api"]) for layer in cluster["groundup_layers"]] == [
        ("network", "groundup.cloud.network_custom", True)
    ]
    entries = cluster["network_custom_config"]["manifests"]
    assert [sorted(entry) for entry in entries] == [
        ["name", "path", "sha256"],
        ["name", "path"],
        ["name", "path", "sha256"],
    ]
    assert entries[1]["path"] == "{{ inventory_dir }}/network"
    assert found.all_vars["groundup_needs"]["network"] == ["manifest:antrea", "manifest:policies", AGENT]
    additions = {"manifests": {"antrea": URL}, "images": [AGENT]}
    assert provisioner["bundle_config"]["additions"] == additions
    assert found.all_vars["groundup_cloud"]["bundle"]["additions"] == additions
    assert found.hostvars["node1"]["host_base_config"]["kernel_modules"] == ["openvswitch"]
    assert "network_basic_config" not in found.hostvars["node1"]


def test_a_path_may_be_anywhere_on_the_controller() -> None:
    for path in ("/srv/network.yml", "~/network"):
        found = derived(custom(manifests={"own": {"path": path}}))
        assert found.hostvars["cluster"]["network_custom_config"]["manifests"] == [{"name": "own", "path": path}]


def test_machines_have_no_other_network_than_the_one_that_it_is_known_as() -> None:
    found = derived(custom(manifests=MANIFESTS, known_as=["calico"]))
    layers = found.group_vars["machines"]["groundup_layers"]
    assert (layers[-1]["name"], layers[-1]["role"]) == ("network", "groundup.cloud.network_leftovers")
    assert found.hostvars["node1"]["network_leftovers_config"] == {
        "provider": "custom",
        "known_as": ["calico"],
        "remove": "{{ network_leftovers_remove | default([]) }}",
    }
    assert found.hostvars["node1"]["prove_config"]["known_as"] == ["calico"]
    assert found.hostvars["cluster"]["network_custom_config"]["known_as"] == ["calico"]


def test_without_manifests_people_install_it_and_its_images_are_in_the_bundle_nevertheless() -> None:
    found = derived(custom(images=[AGENT], kernel_modules=["geneve"]))
    assert found.hostvars["cluster"]["groundup_layers"] == []
    assert found.hostvars["provisioner"]["bundle_config"]["additions"] == {"images": [AGENT]}
    assert found.hostvars["node1"]["host_base_config"]["kernel_modules"] == ["geneve"]


def test_nothing_is_applied_or_held_without_kubernetes() -> None:
    found = derived({**custom(manifests=MANIFESTS, images=[AGENT]), "kubernetes": REMOVED})
    assert "additions" not in found.hostvars["provisioner"]["bundle_config"]


def test_what_it_promises_is_proved_and_judges_the_model() -> None:
    promises = ["pod_to_pod", "policy_pods"]
    wishes = {**custom(promises=promises), "network.require": ["policy_pods"]}
    assert errors(wishes) == []
    assert derived(wishes).hostvars["cluster"]["prove_config"]["promises"] == {"network": promises}
    assert "promises" not in derived(custom()).hostvars["cluster"]["prove_config"]


def test_a_network_that_keeps_connections_of_virtual_machines_is_not_warned_of() -> None:
    vms = {"network.require": ["address_kept"]}
    with_connections = custom(promises=["address_kept", "connections_kept"]) | vms
    assert not [text for text in warnings(with_connections) if "vm-migration" in text]
    assert [text for text in warnings(custom(promises=["address_kept"]) | vms) if "vm-migration" in text]


@pytest.mark.parametrize(
    ("keys", "size"),
    [({}, None), ({"overhead": 58}, 1442), ({"overhead": 0}, 1500)],
    ids=["nothing known", "its own bytes", "no bytes"],
)
def test_the_mtu_of_pods_follows_from_what_it_takes(keys: dict[str, int], size: int | None) -> None:
    assert pods(Layout(load(model(custom(**keys))))) == size


def test_headers_count_where_they_are_more_than_its_own_bytes() -> None:
    for overhead, size in ((10, 1450), (100, 1400)):
        changes = {**custom(overhead=overhead), "network.encapsulation": "geneve"}
        assert pods(Layout(load(model(changes)))) == size


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "beside another provider": (
        {"network.custom": {"overhead": 50}},
        ["network.custom: has no effect with the provider basic; write network.provider: custom, or remove it"],
    ),
    "two sources": (
        custom(manifests={"x": {**URL, "path": "x.yml"}}),
        ["network.custom.manifests.x: has a path and a url; remove one of them"],
    ),
    "no digest": (
        custom(manifests={"x": {"url": URL["url"]}}),
        ["network.custom.manifests.x.sha256: is missing; give the SHA-256 digest of the file at url"],
    ),
    "a digest of nothing": (
        custom(manifests={"x": {"sha256": URL["sha256"]}}),
        [
            f"network.custom.manifests.x.sha256: {URL['sha256']} has no url beside it: files beside the model have no digest, and those of the lock have theirs there; remove it, or give the url"
        ],
    ),
    "a short digest": (
        custom(manifests={"x": {**URL, "sha256": "abc"}}),
        ["network.custom.manifests.x.sha256: abc is not a valid SHA-256 digest; give 64 hexadecimal digits"],
    ),
    "an image without a tag": (
        custom(images=["docker.io/antrea/agent"]),
        [
            "network.custom.images[0]: docker.io/antrea/agent is not a valid image reference; write HOST/NAME:TAG as in the bundle's lock"
        ],
    ),
    "an image twice": (
        custom(images=[AGENT, AGENT]),
        [f"network.custom.images[1]: {AGENT} is listed twice; list it once"],
    ),
    "a promise that is not declared": (
        custom(promises=["pod_to_pod"]) | {"network.require": ["bgp"]},
        [
            "network.require[0]: bgp is not among network.custom.promises (routes to pods are announced by BGP); list it in network.custom.promises if your network keeps it, remove it, or choose another provider: calico (without encapsulation) does"
        ],
    ),
    "a network that is ours": (
        custom(known_as=["calico", "basic"]),
        ["network.custom.known_as[1]: basic is no network of others; remove it"],
    ),
    "policies twice": (
        custom(promises=["policy_pods"]) | {"network.policies": True},
        [
            "network.policies: true would judge each connection a second time, beside the provider (pre-flight policies-twice: kube-network-policies' README: it is for networks without policies); remove it"
        ],
    ),
    "too large for its own bytes": (
        custom(overhead=58) | {"network.mtu": 1450},
        [
            "network.mtu: 1450 is above the 1442 bytes that fit into the 1500 of networks.cluster.mtu (less 58 of network.custom.overhead); give at most 1442, or raise networks.cluster.mtu to 1508"
        ],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_applied_or_kept_is_refused(changes: dict[str, Any], expected: list[str]) -> None:
    assert errors(changes) == expected


def test_a_word_that_is_no_promise_is_refused() -> None:
    (found,) = errors(custom(promises=["policy_pod"]))
    assert found.startswith("network.custom.promises[0]: policy_pod is not one of ")
    assert "did you mean policy_pods?" in found
