# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule of the pre-flight with models to which it applies, and others to which it almost does."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import PROXY_MODES
from ansible_collections.groundup.cloud.plugins.module_utils.model import check_preflight
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.enums import ProxyMode
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.preflight import Found, Rule, Severity
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.provision.recipe import SUITES

from .base import REMOVED, model

WISH = ["policy_vms"]
JOIN = "overlaps the subnet between nodes and pods of Kube-OVN"
NIC = {"nic0": {"mac": "52:54:00:00:01:00", "port": "leaf1/Ethernet1"}}
NIC2 = {"nic0": {"mac": "52:54:00:00:02:00", "port": "leaf1/Ethernet2"}}


def network(provider: str, **keys: Any) -> dict[str, Any]:
    return {"network": {"provider": provider, **keys}}


def vms(provider: str, **keys: Any) -> dict[str, Any]:
    return network(provider, require=WISH, **keys)


#: Virtual machines of this collection, the storage that they share, and machines on which they are emulated.
VMS: dict[str, Any] = {"virtualization.enabled": True}
BLOCKS: dict[str, Any] = {
    "storage": {"provider": "rook_ceph", "few_machines": True},
    "machines.node2.roles": ["compute", "storage"],
}
EMULATED: dict[str, Any] = {"images": {"debian-13": {"source": "build", "profile": "emulated"}}}
HOSTED = {"lab": {"control_plane": "hosted"}, "machines.node1.roles": ["compute"]}
NO_ROUTER = {"networks.management.gateway": REMOVED}
BGP: dict[str, Any] = {
    "pools": {"internet": {"addresses": ["203.0.113.0/28"], "announce": "bgp"}},
    "peers": {"edge": {"address": "10.20.0.1", "as_number": 64512, "own_as_number": 64600}},
}


def balanced(
    provider: str, wanted: dict[str, Any] | None = None, addresses: Sequence[str] = ("10.20.0.200/29",), **keys: Any
) -> dict[str, Any]:
    layer2 = {"pools": {"office": {"addresses": list(addresses)}}}
    return network(provider, load_balancer=wanted or layer2, **keys)


def announced(provider: str = "cilium", **pools: Any) -> dict[str, Any]:
    """Addresses of services that Cilium gives, by default on layer 2."""
    wanted = {name: {"addresses": ["10.20.0.200/29"], **pool} for name, pool in (pools or {"office": {}}).items()}
    return network(provider, load_balancer={"provider": "cilium", "pools": wanted})


def to_tor(**keys: Any) -> dict[str, Any]:
    """MetalLB with the router of TOR."""
    return {**BGP, "peers": {"edge": {**BGP["peers"]["edge"], "address": "10.30.0.201", **keys}}}


def of_rack(rack: str) -> dict[str, Any]:
    """Calico with the router of TOR, in one rack only."""
    return {"peers": {"tor1": {**TOR["peers"]["tor1"], "racks": [rack]}}}


OFFERED = {"attachments": {"a": {"network": "cluster"}}}
TOR = {"peers": {"tor1": {"address": "10.30.0.201", "as_number": 64601}}}
TO_TOR = to_tor()
MANY = {
    f"machines.many{number}": {
        "interfaces": {"provision": "ens3", "cluster": "ens4"},
        "networks": ["cluster"],
        "address": f"10.10.0.{20 + number}",
    }
    for number in range(3, 102)
}
Changes = dict[str, Any]
#: rule -> models to which it applies, with the beginning of the message; models to which it almost does
CASES: dict[str, tuple[list[tuple[Changes, str]], list[Changes]]] = {
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
    "bgp-provider": (
        [
            (
                network("kube_ovn", bgp=TOR),
                "network.bgp: is not read by kube_ovn, which has no sessions of BGP in this release (pre-flight bgp-provider: docs/reference/promises.md); remove it, or write network.provider: calico",
            ),
            (network("custom", bgp=TOR), "network.bgp: is not read by custom, which has no sessions"),
        ],
        [network("calico", bgp=TOR), network("kube_ovn")],
    ),
    "calico-bgp-overlay": (
        [
            (
                network("calico", encapsulation="vxlan", bgp=TOR),
                "network.encapsulation: vxlan is an overlay, for which this release installs Calico without its BGP daemon",
            )
        ],
        [network("calico", bgp=TOR), network("calico", encapsulation="none", bgp=TOR), network("calico")],
    ),
    "calico-load-balancer": (
        [
            (
                network("calico", require=["load_balancer"]),
                "network.require: names load_balancer, but there are no addresses that Calico could give to services",
            ),
            (network("calico", require=["load_balancer"], bgp=TOR), "network.require: names load_balancer, but"),
        ],
        [
            network("calico", require=["load_balancer"], bgp={"load_balancers": ["10.99.0.0/24"]}),
            network("calico", bgp=TOR),
        ],
    ),
    "calico-unrouted": (
        [
            (
                network("calico", require=["connections_kept", "address_kept"]),
                "network.require: names connections_kept and address_kept, so nodes do not translate addresses of pods",
            ),
            (
                network("calico", require=["address_kept"], bgp={"mesh": True}),
                "network.require: names address_kept, so nodes do not translate",
            ),
        ],
        [
            network("calico", require=["address_kept"], bgp=TOR),
            network("calico", require=["policy_pods"]),
            network("kube_ovn", require=["address_kept"]),
        ],
    ),
    "calico-mesh-size": (
        [
            (
                {**network("calico"), **MANY},
                "network.bgp.mesh (the default): true makes sessions between all nodes, which is recommended up to 100 (pre-flight calico-mesh-size: Calico's documentation 3.32, networking/configuring/bgp); write false, and give peers that pass routes on to all nodes; there are 101 machines",
            ),
        ],
        [
            network("calico"),
            {**network("calico", bgp={**TOR, "mesh": False}), **MANY},
            {**network("calico", encapsulation="vxlan"), **MANY},
        ],
    ),
    "calico-hosted": (
        [
            (
                {**network("calico", bgp=TOR), **HOSTED},
                "lab.control_plane: hosted has no session and no routes to pods",
            )
        ],
        [
            {**network("calico"), **HOSTED},
            {**network("calico", encapsulation="vxlan"), **HOSTED},
            network("calico"),
            {**network("basic"), **HOSTED},
        ],
    ),
    "custom-attachments": (
        [
            (
                network("custom", **OFFERED),
                "network.attachments: need Multus, which is called where its file 00-multus.conf is the first by name",
            )
        ],
        [
            network("custom"),
            network("flannel", **OFFERED),
            network("custom", **OFFERED, custom={"known_as": ["cilium"]}),
        ],
    ),
    "attachment-on-some-machines": (
        [
            (
                {
                    **network("flannel", attachments={"a": {"network": "storage"}}),
                    "networks.storage": {"vlan": 40, "subnet": "10.40.0.0/24"},
                    "machines.node1.networks": ["management", "cluster", "storage"],
                },
                "network.attachments.a.network: storage is not on all machines with the role compute, and a pod with this attachment does not start on the others",
            )
        ],
        [
            network("flannel", **OFFERED),
            {
                **network("flannel", attachments={"a": {"network": "tenants", "vlan": 101}}),
                "machines.node1.roles": ["control_plane"],
            },
        ],
    ),
    "cilium-settings": (
        [
            (
                network("calico", cilium={"node_prefix": 25}),
                "network.cilium: are settings that only cilium reads (pre-flight cilium-settings: docs/reference/model.md); remove it, or write network.provider: cilium",
            )
        ],
        [network("cilium", cilium={"node_prefix": 25}), network("calico", cilium={"node_prefix": 24})],
    ),
    "no-kube-proxy": (
        [
            (
                {**network("flannel"), "kubernetes.proxy_mode": "none"},
                "kubernetes.proxy_mode: none is a cluster without kube-proxy, and nobody would bring packets for services to their pods",
            )
        ],
        [{**network(name), "kubernetes.proxy_mode": "none"} for name in ("cilium", "custom")],
    ),
    "cilium-host-ports": (
        [
            (
                {**network("cilium", require=["host_ports"]), "kubernetes.proxy_mode": "nftables"},
                "kubernetes.proxy_mode: nftables is a cluster with kube-proxy, beside which Cilium gives pods no ports",
            )
        ],
        [network("cilium", require=["host_ports"]), {**network("cilium"), "kubernetes.proxy_mode": "nftables"}],
    ),
    "cilium-encryption": (
        [
            (
                network("cilium", require=["encryption"]),
                "network.require: names encryption, but nothing encrypts traffic",
            )
        ],
        [network("cilium", require=["encryption"], cilium={"encryption": "wireguard"}), network("cilium")],
    ),
    "cilium-node-prefix": (
        [
            (
                {**network("cilium", cilium={"node_prefix": 22}), "kubernetes.pods": "10.64.0.0/22"},
                "network.cilium.node_prefix: 22 leaves machines without addresses for pods (pre-flight cilium-node-prefix: Cilium's documentation 1.20, network/concepts/ipam/cluster-pool); give a longer one, or larger kubernetes.pods; the model has 2 machines, and 10.64.0.0/22 has 1 such parts",
            ),
        ],
        [
            {**network("cilium", cilium={"node_prefix": 23}), "kubernetes.pods": "10.64.0.0/22"},
            {**network("cilium", cilium={"ipam": "kubernetes", "node_prefix": 22}), "kubernetes.pods": "10.64.0.0/22"},
        ],
    ),
    "cilium-load-balancer": (
        [
            (
                network("cilium", require=["load_balancer"]),
                "network.require: names load_balancer, but there are no addresses that Cilium could give to services",
            )
        ],
        [announced(), network("cilium")],
    ),
    "load-balancer-cilium": (
        [
            (
                announced("flannel"),
                "network.load_balancer.provider: cilium is a part of the network provider cilium",
            )
        ],
        [announced(), balanced("flannel")],
    ),
    "cilium-layer2": (
        [
            (
                {**announced(), "kubernetes.proxy_mode": "nftables"},
                "network.load_balancer.pools.office.announce (the default): layer2 needs Cilium in the place of kube-proxy",
            )
        ],
        [
            announced(),
            {**network("cilium", load_balancer={**BGP, "provider": "cilium"}), "kubernetes.proxy_mode": "nftables"},
        ],
    ),
    "cilium-announcements": (
        [
            (
                network(
                    "cilium",
                    load_balancer={
                        **BGP,
                        "provider": "cilium",
                        "pools": {**BGP["pools"], "office": {"addresses": ["10.20.0.200/29"]}},
                    },
                ),
                "network.load_balancer.pools: are announced by layer2 and by bgp, and Cilium announces each address",
            ),
            (
                announced(office={}, lab={"addresses": ["10.30.0.200/29"]}),
                "network.load_balancer.pools.lab: is in another network or of other machines, and Cilium announces each",
            ),
            (
                announced(office={}, lab={"addresses": ["10.20.0.208/29"], "nodes": ["node2"]}),
                "network.load_balancer.pools.lab: is in another network or of other machines, and Cilium announces each",
            ),
        ],
        [announced(office={}, lab={"addresses": ["10.20.0.208/29"]})],
    ),
    "cilium-kubernetes": (
        [
            (
                {**network("cilium"), "kubernetes.version": "1.37.0"},
                "kubernetes.version: 1.37.0 is a version that Cilium 1.20 is not tested with",
            ),
            ({**network("cilium"), "kubernetes.version": "1.32.9"}, "kubernetes.version: 1.32.9 is a version"),
        ],
        [
            {**network("cilium"), "kubernetes.version": "1.33.0"},
            {**network("cilium"), "kubernetes.version": "1.36.9"},
            {**network("flannel"), "kubernetes.version": "1.37.0"},
        ],
    ),
    "vm-migration": (
        [
            (
                vms("cilium"),
                "network.require: names virtual machines, and with this provider and encapsulation, a virtual machine that migrates loses its address or its connections (pre-flight vm-migration: docs/reference/promises.md; kubevirt#7967); reach virtual machines by Services, or choose a network that keeps both; of the other providers, calico (without encapsulation) and kube_ovn do",
            ),
            (
                vms("calico", encapsulation="vxlan"),
                "network.require: names virtual machines, and with this provider",
            ),
        ],
        [
            network("basic"),
            vms("kube_ovn"),
            vms("calico"),
            {**vms("cilium"), "kubernetes": REMOVED},
        ],
    ),
    "kubevirt-kubernetes": (
        [
            (
                {**vms("kube_ovn"), "kubernetes.version": "1.33.5"},
                "kubernetes.version: 1.33.5 is a version that KubeVirt does not support",
            ),
            (
                {**VMS, "virtualization.version": "1.8.4", "kubernetes.version": "1.32.1"},
                "kubernetes.version: 1.32.1 is a version that KubeVirt does not support",
            ),
        ],
        [
            {**VMS, "virtualization.version": "1.8.4", "kubernetes.version": "1.33.5"},
            {"kubernetes.version": "1.33.5"},
            vms("kube_ovn"),
            {**vms("kube_ovn"), "kubernetes.version": "1.34.0"},
        ],
    ),
    "kubevirt-advisories": (
        [
            (vms("kube_ovn"), "network.require: names virtual machines, and with KubeVirt before 1.9.0, who may edit"),
            ({**VMS, "virtualization.version": "1.8.4"}, "virtualization.version: is 1.8.4, and with KubeVirt before"),
        ],
        [network("cilium"), VMS, {**vms("kube_ovn"), **VMS}],
    ),
    "kvm-nested": (
        [
            (
                vms("kube_ovn"),
                "network.require: names virtual machines, and on kernels before 6.12.95, a guest can break out",
            )
        ],
        [network("cilium"), VMS, {**vms("kube_ovn"), **VMS}],
    ),
    "vm-no-machine": (
        [
            (
                {**VMS, "machines.node1.roles": ["control_plane"], "machines.node2.roles": ["storage"]},
                "virtualization.enabled: wants virtual machines, and no machine has the role compute",
            )
        ],
        [VMS, {"machines.node1.roles": ["control_plane"], "machines.node2.roles": ["storage"]}],
    ),
    "vm-emulated-machines": (
        [
            (
                {**VMS, **EMULATED},
                "virtualization.emulation: is not consented to, and machines whose image has the profile emulated",
            )
        ],
        [VMS, EMULATED, {**VMS, **EMULATED, "virtualization.emulation": True}],
    ),
    "vm-one-machine": (
        [
            (
                {**VMS, "machines.node1.roles": ["control_plane"]},
                "virtualization.enabled: wants virtual machines, and one machine runs them all",
            )
        ],
        [VMS, {"machines.node1.roles": ["control_plane"]}],
    ),
    "vm-disks-shared": (
        [(VMS, "virtualization.enabled: wants virtual machines, and only those whose disks several machines use")],
        [{}, {**VMS, **BLOCKS}, {**VMS, "machines.node1.roles": ["control_plane"]}],
    ),
    "vm-migration-bandwidth": (
        [({**VMS, **BLOCKS}, "virtualization.migrations: let a migration take the whole link")],
        [VMS, BLOCKS, {**VMS, **BLOCKS, "virtualization.migrations": {"bandwidth": "500Mi"}}],
    ),
}
RULES = {rule.name: rule for rule in check_preflight.RULES}


def told(changes: Changes, rule: Rule) -> list[str]:
    """What is said of a model by one rule, as an error or as a warning; it has no other error."""
    mark = f"(pre-flight {rule.name}:"
    try:
        errors, warnings = [], list(load_all(model(changes)).warnings)
    except ModelError as error:
        errors, warnings = error.errors, error.warnings
    texts = [str(problem) for problem in errors]
    assert all("(pre-flight " in text for text in texts), texts
    wanted, other = (texts, warnings) if rule.severity is Severity.ERROR else (map(str, warnings), errors)
    assert not [text for text in map(str, other) if mark in text], "it is reported with the other severity"
    return [text for text in wanted if mark in text]


def applying() -> Iterator[Any]:
    for name, (models, __) in CASES.items():
        for number, (changes, begin) in enumerate(models):
            yield pytest.param(name, changes, begin, id=f"{name} {number}")


def almost() -> Iterator[Any]:
    for name, (__, models) in CASES.items():
        for number, changes in enumerate(models):
            yield pytest.param(name, changes, id=f"{name} {number}")


def test_each_rule_is_tried_with_models_to_which_it_applies_and_to_which_it_does_not() -> None:
    assert len(RULES) == len(check_preflight.RULES), "two rules have one name"
    assert set(CASES) == set(RULES)
    assert all(models and others for models, others in CASES.values())


@pytest.mark.parametrize(("name", "changes", "begin"), list(applying()))
def test_a_rule_applies_once_and_says_why_the_way_out_and_the_source(name: str, changes: Changes, begin: str) -> None:
    rule = RULES[name]
    texts = told(changes, rule)
    assert len(texts) == 1 and texts[0].startswith(begin), texts
    assert rule.why in texts[0] and f"; {rule.way_out}" in texts[0] and rule.source in texts[0]


@pytest.mark.parametrize(("name", "changes"), list(almost()))
def test_a_rule_does_not_apply_to_a_model_that_is_almost_like_it(name: str, changes: Changes) -> None:
    assert told(changes, RULES[name]) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_each_rule_is_a_line_of_the_page(rule: Rule) -> None:
    assert rule.case and rule.why and rule.way_out and rule.source
    line = next(line for line in check_preflight.page().splitlines() if line.startswith(f"| {rule.name} |"))
    assert line.count(" | ") == 5 and rule.source in line


def test_a_rule_is_added_by_one_line_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads any fact of the model, and refuses it."""
    toy = Rule(
        "toy",
        Severity.ERROR,
        "a name",
        lambda facts: [Found("name", facts.cloud.name)] if facts.cloud.name == "rack" else [],
        "is a toy",
        "give another",
        "nobody",
    )
    monkeypatch.setattr(check_preflight, "RULES", (toy,))
    with pytest.raises(ModelError, match=r"name: rack is a toy \(pre-flight toy: nobody\); give another"):
        load(model())
    assert load(model({"name": "other"}))


@pytest.mark.parametrize(
    "changes",
    [
        {"kubernetes.version": "new"},
        {"network.provider": "x"},
        {"network.encapsulation": "x"},
        {"networks.cluster.subnet": "x"},
        {"kubernetes.pods": "x", **network("kube_ovn")},
        {"kubernetes.proxy_mode": "ipvs", **network("kube_ovn")},
        {"network.require": ["policy_vm"], "network.provider": "cilium"},
        {"machines.node1.os": "none", **network("flannel")},
    ],
)
def test_a_value_that_cannot_be_read_is_the_only_error(changes: Changes) -> None:
    with pytest.raises(ModelError) as caught:
        load(model(changes))
    assert not [str(problem) for problem in caught.value.errors if "pre-flight" in str(problem)]


def test_kube_proxy_follows_the_provider_of_the_network() -> None:
    def mode(changes: Changes) -> str | None:
        found: str | None = derive(load(model(changes))).hostvars["node1"]["kubernetes_config"].get("proxy_mode")
        return found

    assert mode(network("kube_ovn")) == mode({"kubernetes.proxy_mode": "iptables"}) == "iptables"
    assert mode(network("cilium")) == "none", "Cilium does its work"
    assert mode({**network("cilium"), "kubernetes.proxy_mode": "iptables"}) == "iptables"
    assert mode(network("calico")) is mode({"kubernetes.proxy_mode": "nftables"}) is None, "the role's own default"
    assert [str(word) for word in ProxyMode] == list(PROXY_MODES)


def test_the_kernel_of_built_images_is_that_of_their_suite() -> None:
    """Whoever adds a suite has to say which kernel it has: BUILT_KERNEL of model/preflight.py is that of Debian 13."""
    assert set(SUITES) == {"debian-13"}
