# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network provider `cilium`: the input of the role `network_cilium`."""

from __future__ import annotations

import typing as t

from ..cluster import network_cilium as cilium
from ..promises.tunnel import Encapsulation
from . import load_balancer, multus
from .bundle_facts import manifest
from .cluster_taints import taints
from .enums import Announcement, LoadBalancerProvider, NetworkProvider, ProxyMode
from .layout import Layout
from .load_balancing import LoadBalancer
from .pod_network import PodNetwork
from .pods_mtu import pods
from .preflight import VM_PROMISES
from .providers import Provider, of_api
from .tunnels import encapsulation

View = dict[str, t.Any]
#: Taints that Cilium's operator tolerates (the chart's operator.tolerations).
TOLERATED = frozenset({"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"})


def network_cilium(layout: Layout) -> View:
    """The role input `network_cilium_config`; empty while the model names no network of the cluster."""
    settings, network = layout.cloud.kubernetes, layout.cloud.network
    if settings is None or layout.cluster is None:
        return {}
    own = network.cilium
    return {
        "manifest": manifest(cilium.MANIFEST),
        "definitions": [manifest(name) for name in cilium.DEFINITIONS],
        "policy_manifests": [manifest(name) for name in cilium.POLICIES],
        **of_api(settings),
        "pods": settings.text_of("pods"),
        "ipam": str(own.ipam),
        "node_prefix": own.node_prefix,
        "mtu": pods(layout),
        "encapsulation": str(encapsulation(layout.cloud) or Encapsulation.VXLAN),
        "encryption": str(own.encryption),
        "kube_proxy": layout.proxy_mode is not ProxyMode.NONE,
        **({"exclusive": False} if multus.wanted(network) else {}),
        **({"virtual_machines": True} if any(wish in VM_PROMISES for wish in network.require) else {}),
        "operators": _operators(layout),
        **_services(layout),
    }


def _operators(layout: Layout) -> int:
    """Two, one of which stands by, where there are two nodes for them."""
    machines = layout.cloud.machines.values()
    able = [one for one in machines if all(taint["key"] in TOLERATED for taint in taints(one))]
    return min(2, max(1, len(able)))


def addresses(network: PodNetwork) -> LoadBalancer | None:
    """The addresses that Cilium gives services."""
    settings = network.load_balancer
    wanted = network.provider is NetworkProvider.CILIUM and settings is not None
    return settings if wanted and settings and settings.provider is LoadBalancerProvider.CILIUM else None


def _services(layout: Layout) -> View:
    settings = addresses(layout.cloud.network)
    if settings is None:
        return {}
    layer2 = [
        {key: value for key, value in item.items() if key != "pools"}
        for pool in settings.announced(Announcement.LAYER2)[:1]
        for item in load_balancer.layer2(layout, pool, load_balancer.announcers_of(layout, pool))
    ]
    bgp = settings.peers.values() if settings.announced(Announcement.BGP) else ()
    peers = [load_balancer.peer_view(layout, settings, one) for one in bgp]
    return {
        "pools": [load_balancer.pool_view(pool) for pool in settings.pools.values()],
        **({"layer2": layer2} if layer2 else {}),
        **({"peers": peers} if peers else {}),
    }


def passwords(layout: Layout) -> View:
    """The variable `network_cilium_passwords`, whose values are evaluated where the role uses them."""
    return load_balancer.passwords(layout) if addresses(layout.cloud.network) else {}


def needs(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifests and the images."""
    manifests = (cilium.MANIFEST, *cilium.DEFINITIONS, *cilium.POLICIES)
    return (*(f"manifest:{name}" for name in manifests), *cilium.IMAGES)


PROVIDER = Provider(
    role=cilium.ROLE,
    of_cluster=network_cilium,
    api=True,
    needs=needs,
    kernel_modules=cilium.KERNEL_MODULES,
    sysctls=cilium.SYSCTLS,
    vxlan="cilium_vxlan",
    follows=("kubernetes",),
    secrets=(f"{cilium.ROLE}_{cilium.PASSWORDS}", passwords),
)
