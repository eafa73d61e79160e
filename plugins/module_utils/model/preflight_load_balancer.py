# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-flight rules of addresses for services."""

from __future__ import annotations

import typing as t

from ..cluster.address_ranges import of_subnet
from ..promises.catalog import keeps
from ..promises.promise import Promise
from .bgp_table import neighbors
from .check_load_balancer import ROOT
from .enums import Announcement, NetworkProvider
from .load_balancer import layered, network_of, reaches_pods, speakers_of
from .load_balancing import AddressPool, LoadBalancer
from .preflight import Facts, Found, Rule, Severity

METALLB_CALICO = "MetalLB's documentation, configuration/calico"


def _wanted(facts: Facts) -> LoadBalancer | None:
    return facts.cloud.network.load_balancer


def _pools(facts: Facts, how: Announcement) -> list[AddressPool]:
    settings = _wanted(facts)
    return settings.announced(how) if settings else []


def _own(facts: Facts) -> bool:
    """Whether the provider of the network can give services addresses itself, with this encapsulation."""
    return keeps("network", facts.provider, Promise.LOAD_BALANCER, facts.encapsulation)


def _twice(facts: Facts) -> t.Iterator[Found]:
    if layered(facts.cloud.network) and facts.provider != NetworkProvider.CALICO and _own(facts):
        yield Found(ROOT, None)


def _routed(facts: Facts) -> bool:
    """Whether Calico speaks BGP, and can give services addresses."""
    return facts.provider == NetworkProvider.CALICO and _own(facts)


def _calico_bgp(facts: Facts) -> t.Iterator[Found]:
    """Each router with which Calico and MetalLB of one machine would both have a session."""
    settings, bgp = _wanted(facts), facts.cloud.network.bgp
    if settings is None or bgp is None or not _routed(facts):
        return
    for peer in settings.peers.values():
        names = {machine.name for machine in speakers_of(facts.layout, settings, peer)}
        for other in bgp.peers.values():
            both = [one.name for one in neighbors(facts.layout, other) if one.name in names]
            if both and other.address == peer.address:
                more = f" and {len(both) - 1} more" if len(both) > 1 else ""
                yield Found(
                    f"{ROOT}.peers.{peer.name}.address",
                    str(peer.address),
                    more=f"; it is network.bgp.peers.{other.name} as well, and it concerns machines.{both[0]}{more}",
                )


def _calico_pools(facts: Facts) -> t.Iterator[Found]:
    if layered(facts.cloud.network) and _routed(facts):
        yield Found(ROOT, None)


def _webhooks(facts: Facts) -> t.Iterator[Found]:
    if layered(facts.cloud.network) and not reaches_pods(facts.layout):
        yield Found(ROOT, None)


def _without_router(facts: Facts) -> t.Iterator[Found]:
    for pool in _pools(facts, Announcement.LAYER2):
        network = network_of(facts.layout, pool)
        if network is not None and network.gateway is None and not network.routes:
            yield Found(f"{ROOT}.pools.{pool.name}.addresses", None, more=f"; it is networks.{network.name}")


def _on_link(facts: Facts) -> t.Iterator[Found]:
    networks = [network for network in facts.layout.parts if network.subnet]
    for pool in _pools(facts, Announcement.BGP):
        for index, one in enumerate(pool.addresses):
            inside = next((net for net in networks if any(one.overlaps(of_subnet(own)) for own in net.subnets)), None)
            if inside:
                path = f"{ROOT}.pools.{pool.name}.addresses[{index}]"
                yield Found(path, str(one), more=f"; it is in networks.{inside.name}")


RULES: tuple[Rule, ...] = (
    Rule(
        "load-balancer-twice",
        Severity.ERROR,
        "`network.load_balancer` with `cilium`, and another provider than it",
        _twice,
        "would give addresses to services beside Cilium, so that two controllers write one service",
        "write provider: cilium in it, or choose another network",
        "Cilium's documentation 1.20, network/lb-ipam",
    ),
    Rule(
        "metallb-calico-bgp",
        Severity.ERROR,
        "`calico` without encapsulation, and a router of `network.bgp` that is a peer of `network.load_balancer` too",
        _calico_bgp,
        "is a router with which Calico has a session as well, and a router keeps one session with a node",
        "give another router, write layer2, or remove the pool and let Calico announce addresses of services",
        METALLB_CALICO,
    ),
    Rule(
        "metallb-calico-pools",
        Severity.WARNING,
        "`calico` without encapsulation, and `network.load_balancer`",
        _calico_pools,
        "gives addresses to services beside Calico, which does so as well where it has an IPPool for that",
        "make no IPPool with allowedUses: [LoadBalancer]",
        "Calico's documentation 3.32, networking/ipam/service-loadbalancer",
    ),
    Rule(
        "metallb-webhooks",
        Severity.WARNING,
        "`network.load_balancer`, and control planes without a default route",
        _webhooks,
        "goes without MetalLB's webhook, which the API server does not reach, so that objects of MetalLB that others "
        "make are stored unchecked",
        "look at the log of MetalLB's controller after you made one; or give control planes a network with a gateway",
        "MetalLB's controller, the option --webhook-mode; Linux looks for a route before kube-proxy's rules",
    ),
    Rule(
        "layer2-without-router",
        Severity.WARNING,
        "a pool that is announced by `layer2`, in a network without gateway and routes",
        _without_router,
        "are in a network without gateway and routes, so that clients outside of it get no answer",
        "give addresses of a network with a gateway, or use them inside this network only",
        "MetalLB's documentation, concepts/layer2",
    ),
    Rule(
        "bgp-pool-on-link",
        Severity.WARNING,
        "a pool that is announced by `bgp`, with addresses of a network of the model",
        _on_link,
        "is looked for by ARP in its network, where nobody answers: hosts of that network do not reach it",
        "give addresses outside of all networks",
        "MetalLB's documentation, troubleshooting",
    ),
)
