# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the pre-flight: networks of pods, and addresses of services by MetalLB."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from .base import REMOVED
from .preflight_models import (
    BGP,
    HOSTED,
    JOIN,
    NIC,
    NIC2,
    NO_ROUTER,
    ONE_RACK,
    RACKS,
    TO_TOR,
    TOR,
    Cases,
    announced,
    balanced,
    network,
    of_rack,
    to_tor,
)

CASES: Cases = {
    "encapsulation-offered": (
        [
            (
                network("basic", encapsulation="vxlan"),
                "network.encapsulation: vxlan is an encapsulation that the provider does not have (pre-flight encapsulation-offered: docs/reference/promises.md); choose another encapsulation, or another provider; basic has none",
            ),
            (network("flannel", encapsulation="geneve"), "network.encapsulation: geneve is an encapsulation"),
            (network("kube_ovn", encapsulation="vxlan"), "network.encapsulation: vxlan is an encapsulation"),
        ],
        [
            network("basic", encapsulation="none"),
            network("calico", encapsulation="none"),
            network("custom", encapsulation="geneve"),
            {**network("basic", encapsulation="vxlan"), "kubernetes": REMOVED},
        ],
    ),
    "policies-twice": (
        [
            (network("kube_ovn", policies=True), "network.policies: true would judge each connection a second time"),
            (network("calico", policies=True), "network.policies: true would judge each connection a second time"),
            (network("cilium", policies=True), "network.policies: true would judge each connection a second time"),
        ],
        [network("basic", policies=True), network("flannel", policies=True), network("custom", policies=True)],
    ),
    "racks-without-tunnel": (
        [
            ({**RACKS, **network(provider, **keys)}, f"network.provider: {provider} sends packets of pods to nodes of")
            for provider, keys in (
                ("basic", {}),
                ("calico", {"encapsulation": "none"}),
                ("cilium", {"encapsulation": "none"}),
            )
        ],
        [
            {**RACKS, **network("flannel")},
            {**RACKS, **network("kube_ovn")},
            {**RACKS, **network("calico", encapsulation="vxlan")},
            {**ONE_RACK, **network("basic")},
        ],
    ),
    "flannel-host-gw": (
        [(network("flannel", encapsulation="none"), "network.encapsulation: none is not installed by this release")],
        [network("flannel"), network("flannel", encapsulation="vxlan"), network("basic", encapsulation="none")],
    ),
    "konnectivity-port": (
        [
            (
                {**network("flannel"), **HOSTED, "kubernetes.endpoint_port": port},
                f"kubernetes.endpoint_port: {port} is a port of konnectivity-server",
            )
            for port in (8091, 8092, 8095)
        ],
        [
            {**network("flannel"), "kubernetes.endpoint_port": 8091},
            {**network("flannel"), **HOSTED},
            {**network("basic"), **HOSTED, "kubernetes.endpoint_port": 8091},
        ],
    ),
    "kube-ovn-kube-proxy": (
        [
            (
                {**network("kube_ovn"), "kubernetes.proxy_mode": "nftables"},
                "kubernetes.proxy_mode: nftables is a mode of kube-proxy that Kube-OVN does not support; it needs kube-proxy, and iptables",
            )
        ],
        [
            network("kube_ovn"),
            {**network("kube_ovn"), "kubernetes.proxy_mode": "iptables"},
            {**network("flannel"), "kubernetes.proxy_mode": "nftables"},
        ],
    ),
    "kube-ovn-join-network": (
        [
            (
                {**network("kube_ovn"), "networks.tenants": {"vlan": 99, "subnet": "100.64.8.0/24"}},
                f"networks.tenants.subnet: 100.64.8.0/24 {JOIN}",
            ),
            (
                {
                    **network("kube_ovn", join="100.127.0.0/24"),
                    "networks.tenants": {"vlan": 99, "subnet": "100.127.0.0/26"},
                },
                f"networks.tenants.subnet: 100.127.0.0/26 {JOIN} (pre-flight kube-ovn-join-network: Kube-OVN's documentation, reference/setup-options: JOIN_CIDR); give another one, or a subnet that is used nowhere else as network.join; it is 100.127.0.0/24",
            ),
            ({**network("kube_ovn"), "kubernetes.pods": "100.64.0.0/12"}, f"kubernetes.pods: 100.64.0.0/12 {JOIN}"),
            (
                {**network("kube_ovn"), "kubernetes.services": "100.64.0.0/16"},
                f"kubernetes.services: 100.64.0.0/16 {JOIN}",
            ),
            ({**network("kube_ovn"), "dns.servers": ["100.64.0.2"]}, f"dns.servers[0]: 100.64.0.2 {JOIN}"),
            (
                {
                    **network("kube_ovn"),
                    "networks.cluster.routes": [{"to": "100.64.3.0/24", "via": "10.30.0.1"}],
                },
                f"networks.cluster.routes[0].to: 100.64.3.0/24 {JOIN}",
            ),
        ],
        [
            {**network("kube_ovn"), "networks.tenants": {"vlan": 99, "subnet": "100.65.8.0/24"}},
            {**network("calico"), "networks.tenants": {"vlan": 99, "subnet": "100.64.8.0/24"}},
            {**network("kube_ovn"), "networks.cluster.routes": [{"to": "100.0.0.0/8", "via": "10.30.0.1"}]},
            {
                **network("kube_ovn", join="100.127.0.0/24"),
                "networks.tenants": {"vlan": 99, "subnet": "100.64.8.0/24"},
            },
        ],
    ),
    "kube-ovn-join-size": (
        [
            (
                network("kube_ovn", join="100.127.0.0/30"),
                "network.join: 100.127.0.0/30 has no address for each node (pre-flight kube-ovn-join-size: Kube-OVN's documentation, reference/setup-options: JOIN_CIDR); give a larger subnet of IPv4; the model has 2 machines, and it has 1",
            ),
            (network("kube_ovn", join="fd00:64::/64"), "network.join: fd00:64::/64 has no address for each node"),
        ],
        [network("kube_ovn"), network("kube_ovn", join="100.127.0.0/29")],
    ),
    "join-without-kube-ovn": (
        [
            (
                network("flannel", join="100.127.0.0/24"),
                "network.join: 100.127.0.0/24 is a subnet that only kube_ovn has between nodes and pods",
            )
        ],
        [network("flannel"), network("kube_ovn", join="100.127.0.0/24")],
    ),
    "load-balancer-twice": (
        [(balanced("cilium"), "network.load_balancer: would give addresses to services beside Cilium")],
        [balanced("flannel"), balanced("kube_ovn"), balanced("custom"), balanced("calico"), announced()],
    ),
    "metallb-calico-bgp": (
        [
            (
                balanced("calico", TO_TOR, bgp=TOR),
                "network.load_balancer.peers.edge.address: 10.30.0.201 is a router with which Calico has a session as well, and a router keeps one session with a node (pre-flight metallb-calico-bgp: MetalLB's documentation, configuration/calico); give another router, write layer2, or remove the pool and let Calico announce addresses of services; it is network.bgp.peers.tor1 as well, and it concerns machines.node1 and 1 more",
            ),
            (
                balanced("calico", TO_TOR, encapsulation="none", bgp={**TOR, "mesh": False}),
                "network.load_balancer.peers.edge.address: 10.30.0.201 is a router with which Calico",
            ),
            (
                balanced("calico", to_tor(nodes=["node2"]), bgp=TOR),
                "network.load_balancer.peers.edge.address: 10.30.0.201 is a router with which Calico",
            ),
            (
                {**balanced("calico", TO_TOR, bgp=of_rack("r2")), "machines.node2.location.rack": "r2"},
                "network.load_balancer.peers.edge.address: 10.30.0.201 is a router with which Calico",
            ),
        ],
        [
            balanced("calico"),
            balanced("calico", BGP),  # nodes have sessions with each other only
            balanced("calico", BGP, bgp=TOR),  # another router, such as a spine
            balanced("calico", bgp=TOR),
            {  # each machine has one session with the router
                **balanced("calico", to_tor(nodes=["node1"]), bgp=of_rack("r2")),
                "machines.node2.location.rack": "r2",
            },
            balanced("calico", BGP, encapsulation="vxlan"),
            balanced("flannel", BGP),
        ],
    ),
    "metallb-calico-pools": (
        [
            (balanced("calico"), "network.load_balancer: gives addresses to services beside Calico"),
            (balanced("calico", BGP), "network.load_balancer: gives addresses to services beside Calico"),
        ],
        [balanced("calico", encapsulation="vxlan"), balanced("flannel"), network("calico")],
    ),
    "metallb-webhooks": (
        [
            ({**balanced("flannel"), **NO_ROUTER}, "network.load_balancer: goes without MetalLB's webhook"),
        ],
        [
            balanced("flannel"),
            {**balanced("basic"), **HOSTED},
            {**balanced("flannel"), **HOSTED},
            {**network("flannel"), **NO_ROUTER},
            {
                **balanced("flannel"),
                **NO_ROUTER,
                "networks.cluster.routes": [{"to": "10.96.0.0/12", "via": "10.30.0.1"}],
                "kubernetes.pods": "10.128.0.0/14",
            },
            {**balanced("flannel"), "networks.cluster.gateway": "10.30.0.1", **NO_ROUTER},
        ],
    ),
    "layer2-without-router": (
        [
            (
                balanced("basic", addresses=["10.30.0.200-10.30.0.220"]),
                "network.load_balancer.pools.office.addresses: are in a network without gateway and routes",
            )
        ],
        [
            balanced("basic"),
            balanced("basic", BGP),
            {
                **balanced("basic", addresses=["10.30.0.200-10.30.0.220"]),
                "networks.cluster.routes": [{"to": "10.99.0.0/16", "via": "10.30.0.1"}],
            },
        ],
    ),
    "bgp-pool-on-link": (
        [
            (
                balanced("basic", {**BGP, "pools": {"x": {"addresses": ["10.20.0.240/29"], "announce": "bgp"}}}),
                "network.load_balancer.pools.x.addresses[0]: 10.20.0.240/29 is looked for by ARP in its network",
            )
        ],
        [balanced("basic", BGP), balanced("basic")],
    ),
    "tunnel-on-storage": (
        [
            (
                {
                    **network("flannel"),
                    "networks.storage": {"vlan": 40, "subnet": "10.40.0.0/24"},
                    "defaults": {"machine": {"networks": ["management", "storage"]}},
                    "machines.node1.networks": REMOVED,
                    "machines.node2.networks": REMOVED,
                    "kubernetes.endpoint": "10.40.0.10",
                },
                "kubernetes.endpoint: 10.40.0.10 is in the network storage, so that the tunnels of pods share it with the traffic of disks",
            )
        ],
        [
            {**network("flannel"), "networks.storage": {"vlan": 40, "subnet": "10.40.0.0/24"}},
            {
                **network("flannel", encapsulation="none"),
                "networks.storage": {"vlan": 40, "subnet": "10.40.0.0/24"},
                "machines.node1.networks": ["management", "storage"],
                "machines.node2.networks": ["management", "storage"],
                "kubernetes.endpoint": "10.40.0.10",
            },
        ],
    ),
    "geneve-without-ipv6": (
        [
            (
                {**network("kube_ovn"), "machines.node2.host": {"kernel_arguments": ["quiet", "ipv6.disable=1"]}},
                "machines.node2.host.kernel_arguments: ipv6.disable=1 is a kernel argument with which tunnels of Geneve",
            )
        ],
        [
            {**network("flannel"), "machines.node2.host": {"kernel_arguments": ["ipv6.disable=1"]}},
            {**network("kube_ovn"), "machines.node2.host": {"kernel_arguments": ["ipv6.disable=0"]}},
        ],
    ),
    "vxlan-checksum": (
        [
            (
                network("calico", encapsulation="vxlan"),
                "network.encapsulation: vxlan over a bond can drop to 50-300 Mbit/s on kernels from 6.12, where checksums of the tunnel are offloaded (pre-flight vxlan-checksum: calico#11435; flannel, Documentation/troubleshooting.md); measure between pods of two nodes, and switch it off if it is slow: `ethtool -K INTERFACE tx-checksum-ip-generic off`, with Calico for vxlan.calico; it concerns machines.node1 and 1 more",
            ),
            (
                {**network("calico", encapsulation="vxlan"), "machines.node1.nics": NIC},
                "network.encapsulation: vxlan over a bond",
            ),
        ],
        [
            network("flannel"),  # host_base works around it
            network("calico"),
            network("cilium"),
            {**network("flannel"), "machines.node1.nics": NIC, "machines.node2.nics": NIC2},
            {
                **network("flannel"),
                "images": {"debian-13": {"url": "https://example.org/x.raw", "sha256": "ab" * 32}},
            },
        ],
    ),
    "kube-ovn-ovn-support": (
        [(network("kube_ovn"), "network.provider: kube_ovn 1.16 is built on OVN 25.03")],
        [network("calico"), network("custom")],
    ),
}
