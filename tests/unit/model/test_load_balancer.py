# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses for services in the model: what is refused, and what becomes of them."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import load_balancer_objects
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

ROOT = "network.load_balancer"
PEER = {"address": "10.20.0.1", "as_number": 64512, "own_as_number": 64600}
BGP = {"addresses": ["203.0.113.0/28"], "announce": "bgp"}


def pool(*addresses: str, **keys: Any) -> dict[str, Any]:
    return {f"{ROOT}.pools": {"a": {"addresses": list(addresses), **keys}}}


def cluster(changes: dict[str, Any]) -> dict[str, Any]:
    return derive(load(model(changes))).hostvars["cluster"]


def errors(changes: dict[str, Any]) -> list[str]:
    with pytest.raises(ModelError) as caught:
        load(model(changes))
    return [str(problem) for problem in caught.value.errors]


def test_a_pool_is_announced_in_its_network_by_machines_that_do_more_than_control() -> None:
    found = cluster({**pool("10.20.0.200-10.20.0.209"), "machines.node1.roles": ["control_plane"]})
    config = found["load_balancer_config"]
    assert config["pools"] == [{"name": "a", "addresses": ["10.20.0.200-10.20.0.209"], "auto": True}]
    assert config["layer2"] == [{"name": "a", "pools": ["a"], "nodes": ["node2"], "interfaces": ["bond0.20"]}]
    assert "control_planes" not in config and "webhooks" not in config
    assert (config["api"], config["peers"], config["bgp"]) == ("10.30.0.10:8443", [], [])
    assert found["prove_config"]["cluster"]["pools"] == ["10.20.0.200-10.20.0.209"]
    assert found["prove_config"]["layers"]["load_balancer"] == "metallb"


def test_control_planes_announce_where_there_is_nobody_else_or_the_model_says_so() -> None:
    both = {"machines.node1.roles": ["control_plane"], "machines.node2.roles": ["control_plane"]}
    third = {
        "machines.node3": model()["machines"]["node2"] | {"roles": ["control_plane"], "root_disk": {"serial": "R3"}}
    }
    third["machines.node3"] |= {"bmc": {"address": "10.20.0.103", "password": "{{ vault_bmc }}"}, "storage_disks": []}
    third["machines.node3"]["nics"] = {"nic0": {"mac": "52:54:00:00:03:00", "port": "leaf1/Ethernet3"}}
    third["machines.node3"]["location"] = {"rack": "r1", "unit": 3}
    config = cluster({**pool("10.20.0.200/30"), **both, **third})["load_balancer_config"]
    assert config["control_planes"] is True
    assert [(one["name"], one["interfaces"], one["nodes"]) for one in config["layer2"]] == [
        ("a.bond0.20", ["bond0.20"], ["node1", "node2"]),
        ("a.nic0.20", ["nic0.20"], ["node3"]),
    ], "an interface has one name in each announcement"
    named = cluster({**pool("10.20.0.200/30", nodes=["node1"]), "machines.node1.roles": ["control_plane"]})
    assert named["load_balancer_config"]["control_planes"] is True
    assert named["load_balancer_config"]["layer2"][0]["nodes"] == ["node1"]


def test_machines_whose_network_others_configure_announce_on_the_interface_that_the_model_names() -> None:
    found = cluster(
        {
            **pool("10.20.0.200/30", nodes=["node2"]),
            "machines.node2": {
                "networks": ["management", "cluster"],
                "interfaces": {"management": "br0", "cluster": "br1", "provision": "eth0"},
            },
        }
    )
    assert found["load_balancer_config"]["layer2"] == [
        {"name": "a", "pools": ["a"], "nodes": ["node2"], "interfaces": ["br0"]}
    ]


def test_a_pool_is_announced_to_routers_whose_passwords_are_no_part_of_the_input() -> None:
    peers = {"e1": PEER | {"password": "{{ vault_e1 }}", "hold_seconds": 30}, "e2": PEER | {"address": "10.20.0.2"}}
    peers["e2"] |= {"nodes": ["node2"], "port": 1790}
    found = cluster({f"{ROOT}.pools": {"a": BGP | {"auto": False}}, f"{ROOT}.peers": peers})
    config = found["load_balancer_config"]
    assert config["layer2"] == []
    assert config["bgp"] == [{"name": "a", "pools": ["a"]}]
    assert config["peers"][0] == {"name": "e1", "port": 179, "hold_seconds": 30, **PEER}
    assert config["peers"][1]["nodes"] == ["node2"]
    assert found["load_balancer_passwords"] == {"e1": "{{ vault_e1 }}"} and "vault" not in str(config)
    assert found["prove_config"]["cluster"]["pools"] == [], "nothing is given without asking"
    entry = next(one for one in found["groundup_layers"] if one["name"] == "load_balancer")
    assert entry["secrets"] == "load_balancer_passwords"


@pytest.mark.parametrize("provider", ["flannel", "basic"])
def test_a_hosted_control_plane_reaches_webhooks_with_an_overlay_too(provider: str) -> None:
    hosted = {"lab": {"control_plane": "hosted"}, "machines.node1.roles": ["compute"]}
    found = cluster({**pool("10.20.0.200/30"), **hosted, "network.provider": provider})
    assert "webhooks" not in found["load_balancer_config"]


def test_control_planes_without_a_route_to_services_go_without_webhooks() -> None:
    without = {**pool("10.20.0.200/30"), "networks.management.gateway": REMOVED}
    assert cluster(without)["load_balancer_config"]["webhooks"] is False
    workers = {**pool("10.20.0.200/30"), "machines.node2.networks": ["cluster"]}
    assert "webhooks" not in cluster(workers)["load_balancer_config"], "the API server runs on no worker"


def test_without_it_there_is_no_layer() -> None:
    found = cluster({})
    assert "load_balancer_config" not in found and "pools" not in found["prove_config"]["cluster"]
    assert "load_balancer" not in derive(load(model())).all_vars["groundup_needs"]


def test_a_password_in_clear_text_is_a_warning() -> None:
    changes = {f"{ROOT}.pools": {"a": BGP}, f"{ROOT}.peers": {"e": PEER | {"password": "horse"}}}
    warnings = [str(one) for one in load_all(model(changes)).warnings]
    assert [text for text in warnings if text.startswith(f"{ROOT}.peers.e.password: ")]
    assert "horse" not in str(warnings)


@pytest.mark.parametrize(
    "config",
    [cluster({**pool("10.20.0.200/30")}), cluster({f"{ROOT}.pools": {"a": BGP}, f"{ROOT}.peers": {"e": PEER}})],
    ids=["layer2", "bgp"],
)
def test_the_layer_takes_what_the_model_derives(config: dict[str, Any]) -> None:
    assert load_balancer_objects.definitions(config["load_balancer_config"], {})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({ROOT: {}}, f"{ROOT}.pools: are missing, so that no service would get an address; give at least one"),
        (pool(), f"{ROOT}.pools.a.addresses: are missing; give a range, such as 10.30.0.200-10.30.0.220"),
        ({**pool("10.20.0.200/30"), "kubernetes": REMOVED}, f"{ROOT}: needs a cluster; add kubernetes, or remove it"),
        (
            pool("10.99.0.0/28"),
            f"{ROOT}.pools.a.addresses[0]: 10.99.0.0/28 is not inside the subnet of a network, where alone layer2 can announce it; give addresses of a network of the machines, or write announce: bgp",
        ),
        (pool("10.20.0.250-10.20.1.3"), "10.20.0.250-10.20.1.3 is not inside the subnet of a network"),
        (
            pool("10.20.0.240/28"),
            "contains 10.20.0.255, the network or broadcast address of 10.20.0.0/24; leave it out",
        ),
        (
            pool("10.20.0.200/30", "10.30.0.200/30"),
            "10.30.0.200/30 is in networks.cluster, and other addresses of the pool are in networks.management; make them two pools",
        ),
        (pool("10.20.0.8-10.20.0.11"), "contains 10.20.0.11, the address of switches.leaf1.address"),
        (pool("10.20.0.100-10.20.0.101"), "contains 10.20.0.101, the address of machines.node1.bmc.address"),
        (pool("10.30.0.8-10.30.0.10"), "contains 10.30.0.10, the address of kubernetes.endpoint"),
        (pool("10.20.0.1/32"), "contains 10.20.0.1, the address of networks.management.gateway"),
        (
            {
                f"{ROOT}.pools": {"a": BGP | {"addresses": ["198.51.100.0/28"]}},
                f"{ROOT}.peers": {"e": PEER | {"address": "198.51.100.9"}},
            },
            f"198.51.100.0/28 contains 198.51.100.9, the address of {ROOT}.peers.e.address; give addresses that are free",
        ),
        (
            {**pool("10.20.0.200/30"), "machines.node2.address": "10.20.0.202"},
            "contains 10.20.0.202, the address of machines.node2.address",
        ),
        (pool("10.30.0.1/32"), "contains 10.30.0.1, the address of provisioner.addresses.cluster"),
        (pool("10.30.0.20-10.30.0.30"), "the address of machines.node"),
        (
            {**pool("10.20.0.200/30"), "dns.servers": ["10.20.0.201"]},
            "contains 10.20.0.201, the address of dns.servers[0]",
        ),
        (
            {**pool("10.30.0.200/30"), "networks.cluster.routes": [{"to": "10.99.0.0/16", "via": "10.30.0.201"}]},
            "contains 10.30.0.201, the address of networks.cluster.routes[0].via",
        ),
        (
            {f"{ROOT}.pools": {"a": BGP | {"addresses": ["10.64.3.0/28"]}}, f"{ROOT}.peers": {"e": PEER}},
            "10.64.3.0/28 overlaps 10.64.0.0/14 of kubernetes.pods; give addresses that are free",
        ),
        (
            {f"{ROOT}.pools": {"a": BGP | {"addresses": ["10.96.3.0/28"]}}, f"{ROOT}.peers": {"e": PEER}},
            "10.96.3.0/28 overlaps 10.96.0.0/16 of kubernetes.services; give addresses that are free",
        ),
        (
            pool("fd00::/120"),
            "fd00::/120 is IPv6, and services have IPv4; give kubernetes.services a range of IPv6 too",
        ),
        (
            {f"{ROOT}.pools": {"a": {"addresses": ["10.20.0.200/29"]}, "b": {"addresses": ["10.20.0.207/32"]}}},
            f"{ROOT}.pools.b.addresses[0]: 10.20.0.207/32 overlaps {ROOT}.pools.a.addresses[0]; let each address be of one pool, once",
        ),
        (pool("10.20.0.200/30", nodes=["node7"]), f"{ROOT}.pools.a.nodes[0]: node7 is no machine; did you mean node2?"),
        (
            {**pool("10.20.0.200/30", nodes=["node1", "node2"]), "machines.node2.networks": ["cluster"]},
            f"{ROOT}.pools.a.nodes[1]: node2 has no address in networks.management",
        ),
        (
            {**pool("10.40.0.200/30"), "networks.guests": {"vlan": 40, "subnet": "10.40.0.0/24"}},
            "are in networks.guests, in which no machine has an address to announce them",
        ),
        ({f"{ROOT}.pools": {"a": BGP}}, f"{ROOT}.peers: are missing, to which the pool a would be announced"),
        (
            {**pool("10.20.0.200/30"), f"{ROOT}.peers": {"e": PEER}},
            f"{ROOT}.peers: have no effect: no pool is announced by bgp",
        ),
        (
            {f"{ROOT}.pools": {"a": BGP}, f"{ROOT}.peers": {"e": PEER, "f": PEER}},
            f"{ROOT}.peers.f.address: 10.20.0.1 is already the address of {ROOT}.peers.e.address; keep one of the two",
        ),
        (
            {f"{ROOT}.pools": {"a": BGP}, f"{ROOT}.peers": {"e": PEER | {"address": "10.30.0.2"}}},
            "",
        ),
        (
            {f"{ROOT}.pools": {"a": BGP}, f"{ROOT}.peers": {"e": PEER | {"as_number": 0}}},
            "as_number: 0 is not an AS number",
        ),
        (
            {f"{ROOT}.pools": {"a": BGP}, f"{ROOT}.peers": {"e": PEER | {"hold_seconds": 2}}},
            "hold_seconds 2 is too short",
        ),
        (
            {f"{ROOT}.pools": {"a": BGP}, f"{ROOT}.peers": {"e": PEER | {"address": "fd00::1"}}},
            "is IPv6, which this role does not support",
        ),
        (pool("10.20.0.200"), "10.20.0.200 has neither a prefix length nor a second address"),
        ({**pool("10.20.0.200/30"), f"{ROOT}.provider": "kube_vip"}, "kube_vip is not one of metallb"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], message: str) -> None:
    if not message:
        assert load(model(changes))
        return
    found = errors(changes)
    assert len(found) == 1 and message in found[0], found
