# SPDX-License-Identifier: GPL-3.0-or-later
"""The MTU of pods and of every part of their path, from the model; models in which something does not fit."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import cilium_settings
from ansible_collections.groundup.cloud.plugins.module_utils.model import pods_mtu
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.layout import Layout
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model


def layout(changes: dict[str, Any]) -> Layout:
    return Layout(load(model(changes)))


def hops(changes: dict[str, Any], machine: str = "node1") -> list[tuple[str, int]]:
    found = layout(changes)
    return [(hop.name, hop.mtu) for hop in pods_mtu.path(found, found.cloud.machines[machine])]


VM = "virtual machine in the network of pods"


def test_the_path_from_the_nic_to_a_virtual_machine() -> None:
    changes = {"networks.cluster.mtu": 9000, "network": {"provider": "kube_ovn"}}
    assert hops(changes) == [
        ("nic0", 9000),
        ("nic1", 9000),
        ("bond0", 9000),
        ("bond0.30", 9000),
        ("inside geneve", 8900),
        ("pod", 8900),
        (VM, 8900),
    ]


def test_a_bond_may_be_larger_than_what_it_carries() -> None:
    changes = {"networks.cluster.mtu": 4000, "machines.node1.bond": {"mtu": 9000}}
    assert hops(changes)[2:] == [("bond0", 9000), ("bond0.30", 4000), ("pod", 4000), (VM, 4000)]
    assert hops(changes, "node2")[2:4] == [("bond0", 4000), ("bond0.30", 4000)]


def test_of_a_provider_that_users_bring_nothing_is_known_until_the_model_says_it() -> None:
    assert hops({"network": {"provider": "custom"}})[-1] == ("bond0.30", 1500)
    assert hops({"network": {"provider": "custom", "encapsulation": "geneve"}})[-1] == (VM, 1450)


def test_a_network_of_vlans_for_virtual_machines_is_carried_where_they_run() -> None:
    assert hops({"networks.tenants.mtu": 9000})[2:] == [("bond0", 9000), ("bond0.30", 1500), ("pod", 1500), (VM, 1500)]


def test_the_port_that_a_bmc_shares_carries_the_network_of_the_bmc() -> None:
    """The machine has no address in that network, and its frames pass the same switch port."""
    data = model({"machines.node1.networks": ["cluster"], "networks.management.mtu": 4000})
    data["machines"]["node1"]["bmc"]["switch_port"] = "leaf1/Ethernet1"
    found = Layout(load(data))
    machine = found.cloud.machines["node1"]
    assert found.wiring.mtu(machine, found.wiring.of(machine)[0]) == 4000


def test_pods_get_what_fits_or_what_the_model_says() -> None:
    def given(changes: dict[str, Any]) -> int:
        size: int = derive(load(model(changes))).hostvars["node1"]["network_basic_config"]["mtu"]
        return size

    assert given({"networks.cluster.mtu": 9000}) == 9000
    assert given({"networks.cluster.mtu": 9000, "network": {"mtu": 1400}}) == 1400


def test_kube_ovn_gets_what_fits_into_its_tunnels_and_databases_on_control_planes() -> None:
    changes = {"networks.cluster.mtu": 9000, "network": {"provider": "kube_ovn"}}
    found = derive(load(model(changes))).hostvars["cluster"]["network_kube_ovn_config"]
    assert found["mtu"] == 8900
    assert found["databases"] == [{"node": "node1", "address": "10.30.0.21"}]


def test_a_hosted_control_plane_has_kube_ovn_s_database_on_the_first_node() -> None:
    changes = {"lab": {"control_plane": "hosted"}, "machines.node1.roles": ["compute"]}
    found = derive(load(model({**changes, "network": {"provider": "kube_ovn"}}))).hostvars["cluster"]
    assert [one["node"] for one in found["network_kube_ovn_config"]["databases"]] == ["node1"]


def test_flannel_gets_what_fits_into_its_tunnels() -> None:
    changes = {"networks.cluster.mtu": 9000, "network": {"provider": "flannel"}}
    assert derive(load(model(changes))).hostvars["cluster"]["network_flannel_config"]["mtu"] == 8950


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({}, 8950),
        ({"encapsulation": "geneve"}, 8950),
        ({"encapsulation": "none"}, 9000),
        ({"cilium": {"encryption": "wireguard"}}, 8855),
        ({"cilium": {"encryption": "wireguard"}, "encapsulation": "none"}, 8905),
    ],
)
def test_cilium_gets_what_it_leaves_pods_itself(keys: dict[str, Any], wanted: int) -> None:
    changes = {"networks.cluster.mtu": 9000, "network": {"provider": "cilium", **keys}}
    found = derive(load(model(changes))).hostvars["cluster"]["network_cilium_config"]
    assert found["mtu"] == wanted
    assert cilium_settings.device_mtu(found) == 9000, "what is computed from it is the MTU below"


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "pods larger than their network": (
        {"network": {"mtu": 9000}},
        [
            "network.mtu: 9000 is above the 1500 bytes that fit into the 1500 of networks.cluster.mtu (there is no tunnel); give at most 1500, or raise networks.cluster.mtu to 9000"
        ],
    ),
    "pods larger than their tunnel by one byte": (
        {"network": {"provider": "flannel", "mtu": 1451}},
        [
            "network.mtu: 1451 is above the 1450 bytes that fit into the 1500 of networks.cluster.mtu (less 50 of vxlan over IPv4); give at most 1450, or raise networks.cluster.mtu to 1501"
        ],
    ),
    "pods as large as their tunnel": ({"network": {"provider": "flannel", "mtu": 1450}}, []),
    "too little left for IPv6": (
        {"networks.cluster.mtu": 1379, "network": {"provider": "kube_ovn", "mtu": 1280}},
        [
            "networks.cluster.mtu: 1379 leaves 1279 bytes for pods (less 100 of geneve over IPv4), and IPv6 needs 1280 (RFC 8200, section 5); give at least 1380"
        ],
    ),
    "just enough left for IPv6": ({"networks.cluster.mtu": 1380, "network": {"provider": "kube_ovn"}}, []),
    "too little left, by a default": (
        {"defaults": {"network": {"mtu": 1300}}, "network": {"provider": "calico", "encapsulation": "vxlan"}},
        [
            "networks.cluster.mtu (from defaults.network.mtu): 1300 leaves 1250 bytes for pods (less 50 of vxlan over IPv4), and IPv6 needs 1280 (RFC 8200, section 5); give at least 1330"
        ],
    ),
    "networks larger than a switch, by a default": (
        {"defaults": {"network": {"mtu": 9000}}, "switches.leaf1.mtu": 1500},
        [
            f"networks.{name}.mtu (from defaults.network.mtu): 9000 is above the 1500 bytes of switches.leaf1.mtu, whose ports carry it to machines.node1 and 1 more; raise the lower value or reduce the higher one"
            for name in ("cluster", "management", "provision", "tenants")
        ],
    ),
    "no link of IPv6": (
        {"networks.cluster.mtu": 1279},
        ["networks.cluster.mtu: 1279 is out of range for MTU; give a whole number from 1280 to 65535"],
    ),
    "without Kubernetes there are no pods": (
        {"kubernetes": REMOVED, "networks.cluster.mtu": 1280, "network": {"provider": "kube_ovn"}},
        [],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_an_error_with_the_way_out(changes: dict[str, Any], expected: list[str]) -> None:
    found: list[str] = []
    try:
        load(model(changes))
    except ModelError as error:
        found = [str(problem) for problem in error.errors]
    assert found == expected


@pytest.mark.parametrize(
    ("network", "size"),
    [
        ({"provider": "kube_ovn"}, 8900),
        ({"provider": "flannel"}, 8950),
        ({"provider": "basic", "mtu": 1400}, 1400),
        ({"provider": "cilium"}, None),  # it sets the MTU on routes, and interfaces have another one
        (
            {
                "provider": "custom",
                "custom": {"manifests": {"net": {"url": "https://x.example/net.yml", "sha256": "a" * 64}}},
            },
            None,
        ),
    ],
)
def test_proofs_judge_the_mtu_of_interfaces_where_the_model_makes_it(network: dict[str, Any], size: int | None) -> None:
    found = derive(load(model({"networks.cluster.mtu": 9000, "network": network}))).hostvars
    assert found["cluster"]["prove_config"]["cluster"].get("pod_mtu") == size
