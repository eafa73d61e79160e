# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-flight rules of Cilium, and of clusters without kube-proxy."""

from __future__ import annotations

import typing as t

from ..promises.promise import Promise
from .check_load_balancer import ROOT
from .cilium import Cilium
from .enums import Announcement, Encryption, LoadBalancerProvider, NetworkProvider, PodAddresses, ProxyMode
from .load_balancer import announcers_of, network_of
from .load_balancing import LoadBalancer
from .network_cilium import addresses
from .preflight import Facts, Found, Rule, Severity

REQUIRE = "network.require"
_DOCS = "Cilium's documentation 1.20"
#: Providers whose network can do the work of kube-proxy.
WITHOUT_PROXY = (NetworkProvider.CILIUM, NetworkProvider.CUSTOM)


def _cilium(facts: Facts) -> bool:
    return facts.provider == NetworkProvider.CILIUM


def _wish(facts: Facts, wish: Promise) -> bool:
    return _cilium(facts) and wish in facts.cloud.network.require


def _settings(facts: Facts) -> t.Iterator[Found]:
    if not _cilium(facts) and facts.cloud.network.cilium != Cilium():
        yield Found("network.cilium", None)


def _no_proxy(facts: Facts) -> t.Iterator[Found]:
    if facts.layout.proxy_mode is ProxyMode.NONE and facts.provider not in WITHOUT_PROXY:
        yield Found("kubernetes.proxy_mode", str(ProxyMode.NONE), more=f"; {facts.provider} needs it")


def _host_ports(facts: Facts) -> t.Iterator[Found]:
    if _wish(facts, Promise.HOST_PORTS) and facts.layout.proxy_mode is not ProxyMode.NONE:
        yield Found("kubernetes.proxy_mode", str(facts.layout.proxy_mode))


def _encryption(facts: Facts) -> t.Iterator[Found]:
    if _wish(facts, Promise.ENCRYPTION) and facts.cloud.network.cilium.encryption is Encryption.NONE:
        yield Found(REQUIRE, None, begin=f"names {Promise.ENCRYPTION}, but ")


def _nodes(facts: Facts) -> t.Iterator[Found]:
    own, kubernetes, nodes = facts.cloud.network.cilium, facts.cloud.kubernetes, len(facts.cloud.machines)
    if _cilium(facts) and kubernetes and own.ipam is PodAddresses.CLUSTER_POOL:
        parts = 2 ** max(0, own.node_prefix - kubernetes.pods.prefixlen)
        if parts < nodes:
            more = f"; the model has {nodes} machines, and {kubernetes.pods} has {parts} such parts"
            yield Found("network.cilium.node_prefix", own.node_prefix, more=more)


def _without_pools(facts: Facts) -> t.Iterator[Found]:
    if _wish(facts, Promise.LOAD_BALANCER) and facts.cloud.network.load_balancer is None:
        yield Found(REQUIRE, None, begin=f"names {Promise.LOAD_BALANCER}, but ")


def _pools(facts: Facts) -> LoadBalancer | None:
    return addresses(facts.cloud.network)


def _elsewhere(facts: Facts) -> t.Iterator[Found]:
    settings = facts.cloud.network.load_balancer
    if settings and settings.provider is LoadBalancerProvider.CILIUM and not _cilium(facts):
        yield Found(f"{ROOT}.provider", str(LoadBalancerProvider.CILIUM))


def _layer2(facts: Facts) -> t.Iterator[Found]:
    settings = _pools(facts)
    for pool in settings.announced(Announcement.LAYER2) if settings else ():
        if facts.layout.proxy_mode is not ProxyMode.NONE:
            yield Found(f"{ROOT}.pools.{pool.name}.announce", str(Announcement.LAYER2))


def _several_ways(facts: Facts) -> t.Iterator[Found]:
    """Pools that would not be announced as they say, because every address is announced in each way."""
    settings = _pools(facts)
    pools = list(settings.pools.values()) if settings else []
    if pools and len({pool.announce for pool in pools}) > 1:
        yield Found(f"{ROOT}.pools", None, begin="are announced by layer2 and by bgp, and ")
        return
    ways: dict[tuple[str, tuple[str, ...]], str] = {}
    for pool in settings.announced(Announcement.LAYER2) if settings else ():
        network = network_of(facts.layout, pool)
        names = tuple(sorted(machine.name for machine in announcers_of(facts.layout, pool)))
        ways.setdefault((network.name if network else "", names), pool.name)
    for name in list(ways.values())[1:]:
        yield Found(f"{ROOT}.pools.{name}", None, begin="is in another network or of other machines, and ")


RULES: tuple[Rule, ...] = (
    Rule(
        "cilium-settings",
        Severity.ERROR,
        "`network.cilium` with another provider than `cilium`",
        _settings,
        "are settings that only cilium reads",
        "remove it, or write network.provider: cilium",
        "docs/reference/model.md",
    ),
    Rule(
        "no-kube-proxy",
        Severity.ERROR,
        "`kubernetes.proxy_mode: none` with another provider than `cilium` and `custom`",
        _no_proxy,
        "is a cluster without kube-proxy, and nobody would bring packets for services to their pods",
        "write nftables, or remove the key",
        "docs/reference/promises.md",
    ),
    Rule(
        "cilium-host-ports",
        Severity.ERROR,
        "`cilium`, the wish `host_ports`, and a cluster with kube-proxy",
        _host_ports,
        "is a cluster with kube-proxy, beside which Cilium gives pods no ports of their node",
        "write none, or remove the key",
        f"{_DOCS}, network/kubernetes/kubeproxy-free: HostPort",
    ),
    Rule(
        "cilium-encryption",
        Severity.ERROR,
        "`cilium`, the wish `encryption`, and no `network.cilium.encryption`",
        _encryption,
        "nothing encrypts traffic",
        "write network.cilium.encryption: wireguard",
        f"{_DOCS}, security/network/encryption-wireguard",
    ),
    Rule(
        "cilium-node-prefix",
        Severity.ERROR,
        "`cilium`, and `kubernetes.pods` has less parts of `network.cilium.node_prefix` than there are machines",
        _nodes,
        "leaves machines without addresses for pods",
        "give a longer one, or larger kubernetes.pods",
        f"{_DOCS}, network/concepts/ipam/cluster-pool",
    ),
    Rule(
        "cilium-load-balancer",
        Severity.ERROR,
        "`cilium`, the wish `load_balancer`, and no `network.load_balancer`",
        _without_pools,
        "there are no addresses that Cilium could give to services",
        "give pools in network.load_balancer, with provider: cilium",
        f"{_DOCS}, network/lb-ipam",
    ),
    Rule(
        "load-balancer-cilium",
        Severity.ERROR,
        "`network.load_balancer.provider: cilium` with another network",
        _elsewhere,
        "is a part of the network provider cilium",
        "write metallb, or network.provider: cilium",
        f"{_DOCS}, network/lb-ipam",
    ),
    Rule(
        "cilium-layer2",
        Severity.ERROR,
        "a pool of `cilium` that is announced by `layer2`, and a cluster with kube-proxy",
        _layer2,
        "needs Cilium in the place of kube-proxy",
        "write bgp, or kubernetes.proxy_mode: none",
        f"{_DOCS}, network/l2-announcements: prerequisites",
    ),
    Rule(
        "cilium-announcements",
        Severity.ERROR,
        "pools of `cilium` that are announced in several ways, in several networks, or by different machines",
        _several_ways,
        "Cilium announces each address of a service in each way, whatever pool it is from",
        "announce all pools by bgp, or all by layer2 in one network and by the same machines",
        f"{_DOCS}, network/l2-announcements and network/bgp-control-plane",
    ),
)
