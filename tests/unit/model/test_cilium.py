# SPDX-License-Identifier: GPL-3.0-or-later
"""The network `cilium` of a model: the input of its role, what nodes need, and addresses of services."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.network_cilium import DEFINITIONS, IMAGES
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import model

POOLS = {"office": {"addresses": ["10.20.0.200/29"]}}
BGP = {"internet": {"addresses": ["203.0.113.0/28"], "announce": "bgp", "auto": False}}
EDGE = {"address": "10.20.0.1", "as_number": 64512, "own_as_number": 64600, "password": "{{ vault_edge }}"}


def hosts(changes: dict[str, Any] | None = None, **keys: Any) -> Any:
    return derive(load(model({"network": {"provider": "cilium", **keys}, **(changes or {})}))).hostvars


def given(changes: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    found: dict[str, Any] = hosts(changes, **keys)["cluster"]["network_cilium_config"]
    return {key: value for key, value in found.items() if "manifest" not in key and key != "definitions"}


PLAIN = {
    "api": "10.30.0.10:8443",
    "pods": "10.64.0.0/14",
    "ipam": "cluster_pool",
    "node_prefix": 24,
    "mtu": 1450,
    "encapsulation": "vxlan",
    "encryption": "none",
    "kube_proxy": False,
    "operators": 2,
}


@pytest.mark.parametrize(
    ("changes", "keys", "wanted"),
    [
        ({}, {}, {}),
        ({}, {"encapsulation": "geneve"}, {"encapsulation": "geneve"}),
        ({}, {"cilium": {"ipam": "kubernetes", "node_prefix": 25}}, {"ipam": "kubernetes", "node_prefix": 25}),
        ({}, {"cilium": {"encryption": "wireguard"}}, {"encryption": "wireguard", "mtu": 1355}),
        ({"kubernetes.proxy_mode": "nftables"}, {}, {"kube_proxy": True}),
        ({"kubernetes.timings": "slow"}, {}, {"timings": "slow"}),
        ({}, {"attachments": {"a": {"network": "cluster"}}}, {"exclusive": False}),
        ({}, {"require": ["policy_vms"]}, {"virtual_machines": True}),
        ({"machines.node2.taints": [{"key": "mine", "effect": "NoSchedule"}]}, {}, {"operators": 1}),
    ],
)
def test_a_model_is_an_input(changes: dict[str, Any], keys: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert given(changes, **keys) == {**PLAIN, **wanted}


def test_nodes_get_what_cilium_needs_of_them() -> None:
    found = hosts()
    base = found["node1"]["host_base_config"]
    assert base["sysctls"] == {"net.ipv4.conf.all.rp_filter": "0"}
    assert {"vxlan", "geneve", "xt_set"} <= set(base["kernel_modules"])
    assert base["checksums_by_kernel"] == ["cilium_vxlan"]
    assert found["node1"]["kubernetes_config"]["proxy_mode"] == "none"
    own = hosts({"machines.node1.host": {"sysctls": {"net.ipv4.conf.all.rp_filter": "2"}}})["node1"]
    assert own["host_base_config"]["sysctls"] == {"net.ipv4.conf.all.rp_filter": "2"}, "the model says otherwise"
    needs = derive(load(model({"network": {"provider": "cilium"}}))).all_vars["groundup_needs"]["network"]
    assert {*IMAGES, "manifest:cilium", *(f"manifest:{name}" for name in DEFINITIONS)} <= set(needs)


def test_addresses_of_services_are_a_part_of_the_network() -> None:
    found = hosts(load_balancer={"provider": "cilium", "pools": POOLS})["cluster"]
    config = found["network_cilium_config"]
    assert config["pools"] == [{"name": "office", "addresses": ["10.20.0.200/29"], "auto": True}]
    assert config["layer2"] == [{"name": "office", "interfaces": ["bond0.20"]}]
    assert "peers" not in config
    assert "load_balancer" not in [layer["name"] for layer in found["groundup_layers"]], "there is no layer beside it"
    assert found["prove_config"]["cluster"]["pools"] == ["10.20.0.200/29"]


def test_routers_get_addresses_of_services_and_passwords_are_no_part_of_the_input() -> None:
    found = hosts(load_balancer={"provider": "cilium", "pools": BGP, "peers": {"edge": EDGE}})["cluster"]
    config = found["network_cilium_config"]
    assert config["peers"] == [
        {
            "name": "edge",
            "address": "10.20.0.1",
            "port": 179,
            "as_number": 64512,
            "own_as_number": 64600,
            "hold_seconds": 90,
        }
    ]
    assert "layer2" not in config and config["pools"][0]["auto"] is False
    assert {key: str(value) for key, value in found["network_cilium_passwords"].items()} == {"edge": "{{ vault_edge }}"}
    (network,) = [layer for layer in found["groundup_layers"] if layer["name"] == "network"]
    assert network["secrets"] == "network_cilium_passwords"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"load_balancer": {"provider": "cilium", "pools": BGP, "peers": {"edge": {**EDGE, "hold_seconds": 0}}}},
            "network: is refused by the layer network: network_cilium_config.peers: edge: Cilium has no session",
        ),
        ({"cilium": {"node_prefix": 28}}, "network.cilium.node_prefix: 28 is out of range"),
        ({"cilium": {"encryption": "ipsec"}}, "network.cilium.encryption: ipsec is not"),
    ],
)
def test_what_the_layer_refuses_the_model_refuses(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError) as caught:
        hosts(**keys)
    assert any(message in str(problem) for problem in caught.value.errors), [str(one) for one in caught.value.errors]
