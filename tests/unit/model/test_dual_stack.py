# SPDX-License-Identifier: GPL-3.0-or-later
"""Subnets, routers, addresses, pods and services of two IP versions: what is derived, and what is refused."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

SUBNETS = ["10.30.0.0/24", "fd00:30::/64"]
NETWORK = {"vlan": 30, "subnet": SUBNETS, "gateway": ["10.30.0.1", "fd00:30::1"]}
PODS, SERVICES = ["10.64.0.0/14", "fd00:64::/56"], ["10.96.0.0/16", "fd00:96::/112"]
DUAL: dict[str, Any] = {
    "networks.cluster": NETWORK,
    "kubernetes.pods": PODS,
    "kubernetes.services": SERVICES,
    "network": {"provider": "flannel"},
}


def network(**keys: Any) -> dict[str, Any]:
    return {"networks.cluster": {**NETWORK, **keys}}


def pool(*addresses: str, **keys: Any) -> dict[str, Any]:
    balanced = {"pools": {"a": {"addresses": list(addresses), **keys}}}
    return {"network": {"provider": "flannel", "load_balancer": balanced}}


def hosts(changes: dict[str, Any]) -> dict[str, Any]:
    return derive(load(model(DUAL | changes)), "/state").hostvars


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, ""),
        # subnets and routers
        (network(subnet=["10.30.0.0/24", "10.31.0.0/24"]), "networks.cluster.subnet[1]: 10.31.0.0/24 is IPv4, as 10.30.0.0/24 is; give one of each IP version"),
        (network(subnet=[]), "networks.cluster.subnet: has 0 values; give one, or one of IPv4 and one of IPv6"),
        (network(subnet=[*SUBNETS, "10.32.0.0/24"]), "networks.cluster.subnet: has 3 values; give one, or one of IPv4 and one of IPv6"),
        (network(subnet=["10.30.0.0/24", "fd00:30::1/64"]), "networks.cluster.subnet[1]: fd00:30::1/64 has host bits set; write fd00:30::/64"),
        (network(gateway=["10.30.0.1", "fd00:31::1"]), "networks.cluster.gateway[1]: fd00:31::1 is outside fd00:30::/64; give an address of fd00:30::/64"),
        (network(gateway=["10.30.0.1", "fd00:30::"]), "networks.cluster.gateway[1]: fd00:30:: is the network or broadcast address of fd00:30::/64; give another address of it"),
        (network(subnet=["10.30.0.0/24", "fe80::/64"], gateway="10.30.0.1"), "networks.cluster.subnet[1]: fe80::/64 is link-local: its addresses mean something on one link only, and routers pass none of them on; give a unique local one (RFC 4193), such as fd00:20::/64"),
        ({"networks.management": {"vlan": 20, "subnet": "10.20.0.0/24", "gateway": ["10.20.0.1", "fd00:20::1"]}}, "networks.management.gateway[1]: fd00:20::1 is IPv6, and the network has no such subnet; remove it, or give a list of two as subnet"),
        (network(mtu=1279), "networks.cluster.mtu: 1279 is out of range for MTU; give a whole number from 1280 to 65535"),
        (network(mtu=1340), "networks.cluster.mtu: 1340 leaves 1270 bytes for pods (less 70 of vxlan over IPv6), and IPv6 needs 1280 (RFC 8200, section 5); give at least 1350"),
        (network(table=40, gateway="10.30.0.1"), "networks.cluster.table: 40 needs a gateway, the default route of the table; give networks.cluster.gateway, or remove it"),
        ({"networks.management.subnet": ["10.20.0.0/24", "fd00:30::/48"]}, "networks.cluster.subnet: fd00:30::/64 overlaps fd00:30::/48 of networks.management.subnet; give a subnet that is free"),
        (network(routes=[{"to": "fd00:9::/48", "via": "10.30.0.2"}]), "networks.cluster.routes[0].to: fd00:9::/48 is IPv6, and its router 10.30.0.2 is IPv4; give both of one IP version"),
        (network(routes=[{"to": "::/0", "via": "fd00:30::2"}]), "networks.cluster.routes[0].to: ::/0 is a second default route beside networks.cluster.gateway; keep one of gateway and this route"),
        (network(routes=[{"to": "fd00:30::/80", "via": "fd00:30::2"}]), "networks.cluster.routes[0].to: fd00:30::/80 is inside fd00:30::/64, which machines reach without a router; remove the route, or give a destination behind the router"),
        # addresses of machines
        ({"machines.node1.addresses": {"cluster": ["10.30.0.7", "10.30.0.8"]}}, "machines.node1.addresses.cluster[1]: 10.30.0.8 is IPv4, as 10.30.0.7 is; give one of each IP version"),
        ({"machines.node1.addresses": {"cluster": "fd00:31::7"}}, "machines.node1.addresses.cluster: fd00:31::7 is outside fd00:30::/64; give an address of fd00:30::/64"),
        ({"machines.node1.addresses": {"management": ["10.20.0.7", "fd00:30::7"]}}, "machines.node1.addresses.management: fd00:30::7 is outside 10.20.0.0/24; give an address of 10.20.0.0/24"),
        ({"machines.node1.addresses": {"cluster": "fd00:30::16"}}, "machines.node2: fd00:30::16 (its address in networks.cluster) is already the address of machines.node1; give machines.node2 another number or an address in addresses.cluster, or move networks.cluster.first"),
        ({"machines.node1.addresses": {"cluster": "fd00:30::1"}}, "machines.node1.addresses.cluster: fd00:30::1 (its address in networks.cluster) is already the address of networks.cluster.gateway; give machines.node1 another number or an address in addresses.cluster, or move networks.cluster.first"),
        (network(subnet=["10.30.0.0/24", "fd00:30::/124"], first=15), "machines.node1: number 1 does not fit fd00:30::/124 of networks.cluster from offset 15; give a larger subnet, a smaller networks.cluster.first, or machines.node1.addresses.cluster"),
        # pods and services
        ({"kubernetes.services": "10.96.0.0/16"}, "kubernetes.services: 10.96.0.0/16 has one IP version, and kubernetes.pods has two; give a range of each version in both"),
        ({"kubernetes.pods": "10.64.0.0/14"}, "kubernetes.pods: 10.64.0.0/14 has one IP version, and kubernetes.services has two; give a range of each version in both"),
        (network(subnet="10.30.0.0/24", gateway="10.30.0.1"), "networks.cluster.subnet: 10.30.0.0/24 has one IP version, and kubernetes.pods has two: nodes need an address of both; give a list of two subnets"),
        ({"kubernetes.pods": PODS[::-1]}, "kubernetes.pods: fd00:64::/56 has another IP version than networks.cluster; write that of IPv4 first, as networks.cluster.subnet does"),
        ({"kubernetes.services": ["10.96.0.0/16", "fd00:96::/64"]}, "kubernetes.services: fd00:96::/64 is larger than kubeadm and the API server take; give a /108 or a smaller one"),
        ({"kubernetes.services": ["10.96.0.0/16", "fd00:96::/125"]}, "kubernetes.services: fd00:96::/125 has fewer than the 10 addresses that kubeadm asks for; give a /124 or a larger one"),
        ({"kubernetes.pods": ["10.64.0.0/14", "fd00:64::/32"], "kubernetes.services": ["10.96.0.0/16", "fd99:96::/112"], "networks.cluster": {**NETWORK, "subnet": ["10.30.0.0/24", "fd99:30::/64"], "gateway": "10.30.0.1"}}, "kubernetes.pods: fd00:64::/32 has more than 2^16 parts of nodes (a /64 each), which kubeadm refuses; give a /48 or a smaller one"),
        ({"kubernetes.pods": ["10.64.0.0/14", "fd00:64::/64"]}, "kubernetes.pods: fd00:64::/64 has room for 1 nodes (a /64 each), but there are 2 machines; give a larger subnet"),
        ({"kubernetes.pods": ["10.64.0.0/14", "fd00:30::/56"]}, "kubernetes.pods: fd00:30::/56 overlaps fd00:30::/64 of networks.cluster.subnet; give a subnet that is free"),
        ({"kubernetes.endpoint": "fd00:30::10"}, "kubernetes.endpoint: fd00:30::10 is IPv6, which clusters can't have before release 0.5.0; give an address of an IPv4 network"),
        # providers
        ({"network": {"provider": "custom", "custom": {"promises": ["pod_to_pod"]}}}, "kubernetes.pods: 10.64.0.0/14,fd00:64::/56 has a range of IPv6, which is not promised by the provider custom; list it in network.custom.promises if your network keeps it, give one range, or choose another provider: basic, calico, cilium, flannel and kube_ovn do"),
        ({"network": {"provider": "custom", "custom": {"promises": ["ipv6"]}}}, ""),
        ({"network": {"provider": "calico", "bgp": {"peers": {"tor": {"address": "10.30.0.1", "as_number": 64999}}}}}, "kubernetes.pods: 10.64.0.0/14,fd00:64::/56 has a range of IPv6, whose routes are not announced to network.bgp.peers: sessions are of IPv4 only; remove the peers, or give one range"),
        ({"network": {"provider": "flannel", "require": ["ipv6"]}}, ""),
        ({"network": {"provider": "kube_ovn"}, "networks.management": {"vlan": 20, "subnet": ["10.20.0.0/24", "fd00:100:64::/64"]}}, "networks.management.subnet: fd00:100:64::/64 overlaps the subnet between nodes and pods of Kube-OVN (pre-flight kube-ovn-join-network: Kube-OVN's documentation, reference/setup-options: JOIN_CIDR); give another one, or a subnet that is used nowhere else as network.join; it is fd00:100:64::/112, which can't be moved"),
        ({"network": {"provider": "flannel", "require": ["ipv6"]}, "kubernetes.pods": REMOVED, "kubernetes.services": REMOVED}, "network.require[0]: ipv6 needs a range of IPv6 for pods (pods have IPv6 addresses); give kubernetes.pods and services two ranges, or remove it"),
        # addresses of services
        (pool("10.30.0.200-10.30.0.210", "fd00:30::200-fd00:30::210"), ""),
        (pool("fd00:31::200-fd00:31::210"), "network.load_balancer.pools.a.addresses[0]: fd00:31::200-fd00:31::210 is not inside the subnet of a network, where alone layer2 can announce it; give addresses of a network of the machines, or write announce: bgp"),
        (pool("fd00:30::10-fd00:30::20"), "network.load_balancer.pools.a.addresses[0]: fd00:30::10-fd00:30::20 contains fd00:30::15, the address of machines.node1; give addresses that are free"),
        (pool("fd00:64::/120"), "network.load_balancer.pools.a.addresses[0]: fd00:64::/120 overlaps fd00:64::/56 of kubernetes.pods; give addresses that are free"),
    ],
)  # fmt: skip
def test_what_is_refused(changes: dict[str, Any], message: str) -> None:
    data = model({key: value for key, value in (DUAL | changes).items() if value is not REMOVED})
    found: list[str] = []
    try:
        load_all(data)
    except ModelError as error:
        found = [str(problem) for problem in error.errors]
    assert found[:1] == ([message] if message else []), found


def test_a_machine_has_an_address_and_a_default_route_of_each() -> None:
    found = hosts({"machines.node2.addresses": {"cluster": "fd00:30::77"}})
    own = [
        [(one["address"], one["gateway"]) for one in found[node]["host_network_config"]["addresses"]]
        for node in ("node1", "node2")
    ]
    shared = [("10.10.0.21/24", None), ("10.20.0.21/24", "10.20.0.1")]
    assert own[0] == [*shared, ("10.30.0.21/24", None), ("fd00:30::15/64", "fd00:30::1")]
    assert own[1][2:] == [("10.30.0.22/24", None), ("fd00:30::77/64", "fd00:30::1")]


@pytest.mark.parametrize("gateway", [["10.30.0.1", "fd00:30::1"], ["fd00:30::1", "10.30.0.1"], "fd00:30::1"])
def test_routers_are_taken_in_any_order(gateway: Any) -> None:
    changes = {**network(gateway=gateway), "networks.management": {"vlan": 20, "subnet": "10.20.0.0/24"}}
    addresses = hosts(changes)["node1"]["host_network_config"]["addresses"]
    assert addresses[-1]["gateway"] == "fd00:30::1"
    assert addresses[-2]["gateway"] == ("10.30.0.1" if isinstance(gateway, list) else None)


def test_a_network_has_routes_and_a_table_of_each() -> None:
    routes = [{"to": "10.9.0.0/16", "via": "10.30.0.2"}, {"to": "fd00:9::/48", "via": "fd00:30::2"}]
    four, six = hosts(network(routes=routes, table=30))["node1"]["host_network_config"]["addresses"][-2:]
    assert (four["routes"], six["routes"]) == (routes[:1], routes[1:])
    assert (four["table"], four["gateway"], six["table"], six["gateway"]) == (30, "10.30.0.1", 30, "fd00:30::1")


def test_racks_are_reached_by_each() -> None:
    racks = {
        "r1": {"subnet": ["10.31.0.0/24", "fd00:31::/64"], "gateway": ["10.31.0.1", "fd00:31::1"]},
        "r2": {"subnet": ["10.32.0.0/24", "fd00:32::/64"], "gateway": ["10.32.0.1", "fd00:32::1"]},
    }
    changes = {
        "networks.storage": {"vlan": 40, "racks": racks},
        "machines.node2.location": {"rack": "r2", "unit": 2},
        "machines.node1.networks": ["management", "cluster", "storage"],
        "machines.node2.networks": ["management", "cluster", "storage"],
    }
    four, six = hosts(changes)["node1"]["host_network_config"]["addresses"][-2:]
    assert (four["routes"], six["routes"]) == (
        [{"to": "10.32.0.0/24", "via": "10.31.0.1"}],
        [{"to": "fd00:32::/64", "via": "fd00:31::1"}],
    )


def test_nodes_and_their_hosts_know_both() -> None:
    found = hosts({"firewall": {"enabled": True}})
    base, cluster = found["node1"]["host_base_config"], found["node1"]["kubernetes_config"]
    assert base["sysctls"] == {"net.ipv6.conf.all.forwarding": "1"}
    assert [one for one in base["firewall"]["trusted"] if ":" in one] == [
        "fd00:30::/64",
        "fd00:64::/56",
        "fd00:96::/112",
    ]
    assert (cluster["node"]["address"], cluster["node"]["second_address"]) == ("10.30.0.21", "fd00:30::15")
    assert (cluster["pods"], cluster["services"]) == (",".join(PODS), ",".join(SERVICES))
    assert "fd00:30::15" in cluster["api_names"]
    assert found["cluster"]["prove_config"]["cluster"]["dual_stack"] is True


def test_peers_are_tried_by_each() -> None:
    own = hosts({})["node1"]
    assert own["host_network_config"]["peers"]["cluster"] == ["10.30.0.2", "10.30.0.22", "fd00:30::16"]
    proved = {item["name"]: item["peers"] for item in own["prove_config"]["networks"]}
    assert (proved["cluster"], proved["cluster (IPv6)"]) == (["10.30.0.2", "10.30.0.22"], ["fd00:30::16"])


@pytest.mark.parametrize(
    ("settings", "mtu"),
    [
        ({"provider": "basic"}, 1500),
        ({"provider": "flannel"}, 1430),  # a tunnel of each IP version
        ({"provider": "calico", "encapsulation": "vxlan"}, 1430),
        ({"provider": "cilium"}, 1450),  # one tunnel, between addresses of IPv4
        ({"provider": "kube_ovn"}, 1400),
    ],
)
def test_the_mtu_of_pods_fits_into_the_larger_tunnel(settings: dict[str, Any], mtu: int) -> None:
    name = f"network_{settings['provider']}_config"
    found = hosts({"network": settings})
    own = found["cluster"].get(name) or found["node1"][name]
    assert (own["mtu"], own["pods"]) == (mtu, ",".join(PODS))
