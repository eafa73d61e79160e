# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks with a subnet for each rack: what is refused, and what machines, switches and the provisioner get."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

GOLDEN = Path(__file__).parents[2] / "golden/models/racks.cloud.yml"
C = "networks.cluster"
N1, N2 = "machines.node1", "machines.node2"
R1 = {"subnet": "10.31.1.0/24", "gateway": "10.31.1.1"}
R2 = {"subnet": "10.31.2.0/24", "gateway": "10.31.2.1"}


def with_racks(racks: Any, **more: Any) -> dict[str, Any]:
    """The difference to the base model: a network of storage with a subnet for each rack, and node2 in rack r2."""
    return {
        "networks.storage": {"vlan": 40, "racks": racks},
        f"{N1}.networks": ["management", "cluster", "storage"],
        f"{N2}.networks": ["management", "cluster", "storage"],
        f"{N2}.location": {"rack": "r2", "unit": 1},
        **more,
    }


BOOTS = {
    "provisioner": {"rack": "r1"},
    "networks.provision": {"vlan": 10, "native": True, "racks": {"r1": R1, "r2": R2}},
    f"{N2}.location": {"rack": "r2", "unit": 1},
}

CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "subnets of two racks": (with_racks({"r1": R1, "r2": R2}), []),
    "VLANs of racks": (with_racks({"r1": {**R1, "vlan": 41}, "r2": {**R2, "vlan": 42}}), []),
    "the provision network in each rack": (BOOTS, []),
    "subnet beside racks": (
        with_racks({"r1": R1, "r2": R2}) | {"networks.storage": {"vlan": 40, "subnet": "10.40.0.0/24", "racks": {"r1": R1, "r2": R2}}},
        ["networks.storage.subnet: is given together with racks; move it to networks.storage.racks.RACK.subnet, or remove racks"],
    ),
    "range beside racks": (
        with_racks({"r1": R1, "r2": R2}) | {"networks.storage": {"vlans": "300-310", "racks": {"r1": R1, "r2": R2}}},
        ["networks.storage.vlans: is given together with racks; remove it"],
    ),
    "no VLAN in a rack": (
        with_racks({"r1": {**R1, "vlan": 41}, "r2": R2}) | {"networks.storage": {"racks": {"r1": {**R1, "vlan": 41}, "r2": R2}}},
        ["networks.storage.racks.r2.vlan: is missing; give vlan: ID"],
    ),
    "unknown rack": (
        with_racks({"r1": R1, "r2": R2, "r3": {"subnet": "10.31.3.0/24", "gateway": "10.31.3.1"}}),
        ["networks.storage.racks.r3: r3 is the rack of no machine and no switch; choose from: r1, r2"],
    ),
    "rack without a subnet": (
        with_racks({"r1": R1, "r2": {"gateway": "10.31.2.1"}}),
        ["networks.storage.racks.r2.gateway: 10.31.2.1 needs a subnet; give networks.storage.racks.r2.subnet", "networks.storage.racks.r2.subnet: is missing; give the subnet of the machines in this rack"],
    ),
    "rack without a router": (
        with_racks({"r1": R1, "r2": {"subnet": "10.31.2.0/24"}}),
        ["networks.storage.racks.r2.gateway: is missing: machines reach the network's other racks by it; give the router's address in this rack"],
    ),
    "router of another rack": (
        with_racks({"r1": {**R1, "gateway": "10.31.2.9"}, "r2": R2}),
        ["networks.storage.racks.r1.gateway: 10.31.2.9 is outside 10.31.1.0/24; give an address of 10.31.1.0/24"],
    ),
    "subnets of racks overlap": (
        with_racks({"r1": {**R1, "subnet": "10.31.0.0/16"}, "r2": R2}),
        ["networks.storage.racks.r2.subnet: 10.31.2.0/24 overlaps 10.31.0.0/16 of networks.storage.racks.r1.subnet; give a subnet that is free"],
    ),
    "VLAN of another network": (
        with_racks({"r1": {**R1, "vlan": 30}, "r2": R2}),
        ["networks.storage.racks.r1.vlan: 30 is already used by networks.cluster.vlan; give another VLAN"],
    ),
    "machine without a rack": (
        with_racks({"r1": R1, "r2": R2}, **{f"{N2}.location": REMOVED}),
        ["networks.storage.racks.r2: r2 is the rack of no machine and no switch; choose from: r1", f"{N2}.location.rack: is missing: networks.storage has a subnet for each rack; give its rack"],
    ),
    "rack without a part": (
        with_racks({"r1": R1}),
        [f"{N2}.location.rack: r2 has no part of networks.storage, in which the machine is; add networks.storage.racks.r2"],
    ),
    "address of another rack": (
        with_racks({"r1": R1, "r2": R2}, **{f"{N2}.addresses": {"storage": "10.31.1.40"}}),
        [f"{N2}.addresses.storage: 10.31.1.40 is outside 10.31.2.0/24; give an address of 10.31.2.0/24"],
    ),
    "number that does not fit": (
        with_racks({"r1": R1, "r2": {"subnet": "10.31.2.0/28", "gateway": "10.31.2.1"}}) | {"networks.storage": {"vlan": 40, "first": 14, "racks": {"r1": R1, "r2": {"subnet": "10.31.2.0/28", "gateway": "10.31.2.1"}}}},
        [f"{N2}: number 2 does not fit 10.31.2.0/28 of networks.storage from offset 14; give a larger subnet, a smaller networks.storage.first, or {N2}.addresses.storage"],
    ),
    "provisioner in no rack": (
        {**BOOTS, "provisioner": {}},
        ["provisioner.rack: is missing: networks.provision has a subnet for each rack; choose from: r1, r2"],
    ),
    "provisioner in an unknown rack": (
        {**BOOTS, "provisioner": {"rack": "r7"}},
        ["provisioner.rack: r7 is the rack of no machine and no switch; choose from: r1, r2"],
    ),
    "provisioner's rack without effect": (
        {"provisioner": {"rack": "r1"}},
        ["provisioner.rack: r1 has no effect: no network has racks; remove it"],
    ),
    "control planes of several racks": (
        {
            C: {"vlan": 30, "racks": {"r1": {"subnet": "10.30.0.0/24", "gateway": "10.30.0.1"}, "r2": R2}}, f"{N1}.roles": ["compute"], f"{N2}.roles": ["control_plane"],
            f"{N2}.location": {"rack": "r2", "unit": 1}, "network": {"provider": "flannel"},
        },
        ["kubernetes.endpoint: 10.30.0.10 is in networks.cluster.racks.r1, and machines.node2 in other racks can't take it over; put all control planes into rack r1, or write kubernetes.load_balancer: external"],
    ),
    "pods without a tunnel": (
        {C: {"vlan": 30, "racks": {"r1": {"subnet": "10.30.0.0/24", "gateway": "10.30.0.1"}, "r2": R2}}, f"{N2}.location": {"rack": "r2", "unit": 1}},
        [
            ("network.provider (the default): basic sends packets of pods to nodes of other racks by routers that know no addresses of pods (pre-flight racks-without-tunnel: ip-route(8): the next hop of a route has to be a neighbour); "
            "choose a provider with a tunnel, such as flannel or kube_ovn, or give the routers as network.bgp.peers")
        ],
    ),
    "attachment": (
        with_racks({"r1": R1, "r2": R2}, **{"network.attachments": {"a": {"network": "storage", "namespaces": ["a"]}}}),
        ["network.attachments.a.network: storage has a subnet for each rack, so that a pod would be in another network on each of them; name a network that all racks share"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_networks_of_racks_are_checked(name: str) -> None:
    changes, expected = CASES[name]
    try:
        load(model(changes))
        found: list[str] = []
    except ModelError as error:
        found = [str(problem) for problem in error.errors]
    assert sorted(found) == sorted(expected)


def hosts() -> dict[str, Any]:
    return derive(load(yaml.safe_load(GOLDEN.read_text()))).hostvars


def test_machines_have_addresses_of_their_rack_and_routes_to_the_others() -> None:
    found = hosts()
    for name, other in (("node1", "2"), ("node3", "1")):
        own = "1" if other == "2" else "2"
        addresses = {item["network"]: item for item in found[name]["host_network_config"]["addresses"]}
        for network, second in (("provision", "10"), ("cluster", "30"), ("storage", "40")):
            assert addresses[network]["address"].startswith(f"10.{second}.{own}.")
            assert {"to": f"10.{second}.{other}.0/24", "via": f"10.{second}.{own}.1"} in addresses[network]["routes"]
        assert addresses["cluster"]["vlan"] == int(f"3{own}")
        assert found[name]["kubernetes_config"]["endpoint"]["interface"] == f"bond0.3{own}"


def test_proofs_ask_machines_of_the_rack_and_one_of_each_other() -> None:
    found = hosts()
    proofs = {item["name"]: item for item in found["node1"]["prove_config"]["networks"]}
    assert proofs["cluster"]["peers"] == ["10.30.1.2", "10.30.1.22", "10.30.2.23"]
    isolation = found["node1"]["prove_config"]["isolation"]["links"][0]["peers"]
    assert isolation == {"10": ["node2"], "20": ["node2", "node3", "node4"], "31": ["node2"], "41": ["node2"]}
    peers = found["node3"]["host_network_config"]["peers"]
    assert peers["cluster"] == ["10.30.2.24"] and peers["storage"] == ["10.40.1.21"], "alone in its rack"


def test_switches_carry_the_vlans_of_their_rack() -> None:
    found = hosts()
    assert [vlan["id"] for vlan in found["leaf1"]["switch_config"]["vlans"]] == [10, 20, 31, 41]
    assert {vlan["id"]: vlan["name"] for vlan in found["leaf2"]["switch_config"]["vlans"]} == {
        10: "provision",
        20: "management",
        32: "cluster-r2",
        42: "storage-r2",
    }
    uplink = next(port for port in found["leaf1"]["switch_config"]["ports"] if port["name"] == "xe-0/0/46")
    assert uplink["vlans"] == [10, 20, 31, 41], "all networks, as this rack has them"


def test_the_provisioner_serves_the_subnets_that_routers_relay() -> None:
    config = hosts()["provisioner"]["provisioner_config"]
    assert (config["network"]["address"], config["network"]["subnet"]) == ("10.10.1.2", "10.10.1.0/24")
    assert config["network"]["relayed"] == [{"subnet": "10.10.2.0/24", "gateway": "10.10.2.1"}]
    assert {machine["name"]: machine["address"] for machine in config["machines"]}["node3"] == "10.10.2.23"


def test_ceph_and_firewalls_know_the_subnets_of_all_racks() -> None:
    found = hosts()
    assert found["cluster"]["rook_ceph_config"]["public_networks"] == ["10.30.1.0/24", "10.30.2.0/24"]
    assert {"10.30.1.0/24", "10.30.2.0/24"} <= set(found["node1"]["host_base_config"]["firewall"]["trusted"])
