# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the pre-flight: BGP, Calico, Cilium, and networks of others."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from .preflight_models import BGP, HOSTED, MANY, OFFERED, TOR, Cases, announced, balanced, network

CASES: Cases = {
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
    "vlan-on-some-machines": (
        [
            (
                {
                    **network("kube_ovn", subnets={"a": {"vlan": 101, "subnet": "10.101.0.0/24"}}),
                    "machines.node3": {
                        "roles": ["compute"],
                        "interfaces": {"provision": "ens3", "cluster": "ens4"},
                        "networks": ["cluster"],
                        "address": "10.10.0.23",
                    },
                },
                "network.subnets.a.vlan: 101 is not on all machines with the role compute, and a pod of this subnet does not start on the others",
            )
        ],
        [
            network("kube_ovn", subnets={"a": {"vlan": 101, "subnet": "10.101.0.0/24"}}),
            network("kube_ovn", subnets={"a": {"subnet": "10.101.0.0/24"}}),
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
}
