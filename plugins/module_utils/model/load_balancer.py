# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses for services of type LoadBalancer: the input of the role `load_balancer`."""

from __future__ import annotations

import re
import typing as t

from ..cluster import load_balancer
from ..cluster.address_ranges import of_subnet
from .bundle_facts import manifest
from .enums import Announcement, LoadBalancerProvider, Role
from .hardware import Machine
from .host_view import default_routers
from .layout import Layout, is_network_configured
from .load_balancing import AddressPool, LoadBalancer, LoadBalancerPeer
from .pod_network import PodNetwork
from .providers import of_api
from .segments import Network

View = dict[str, t.Any]
LAYER, ROLE = "load_balancer", load_balancer.ROLE
PASSWORDS = f"{load_balancer.ROLE}_{load_balancer.PASSWORDS}"


def wanted(network: PodNetwork) -> bool:
    """Whether the model wants it."""
    return network.load_balancer is not None


def layered(network: PodNetwork) -> bool:
    """Whether it is a layer of its own; Cilium does it as a part of the network."""
    return network.load_balancer is not None and network.load_balancer.provider is LoadBalancerProvider.METALLB


def provider(network: PodNetwork) -> str | None:
    """The chosen provider of the layer; None where there is no such layer."""
    return str(network.load_balancer.provider) if network.load_balancer and layered(network) else None


def view(layout: Layout) -> View:
    """The role input `load_balancer_config`."""
    settings, kubernetes = layout.cloud.network.load_balancer, layout.cloud.kubernetes
    if settings is None or kubernetes is None:
        return {}
    bgp = settings.announced(Announcement.BGP)
    announcers = {pool.name: announcers_of(layout, pool) for pool in settings.pools.values()}
    control_planes = any(Role.CONTROL_PLANE in one.roles for found in announcers.values() for one in found)
    return {
        "manifest": manifest(load_balancer.FRR_MANIFEST if settings.needs_frr else load_balancer.MANIFEST),
        **of_api(kubernetes),
        **({} if reaches_pods(layout) else {"webhooks": False}),
        **({"control_planes": True} if control_planes else {}),
        "pools": [pool_view(pool) for pool in settings.pools.values()],
        "layer2": [
            item
            for pool in settings.announced(Announcement.LAYER2)
            for item in layer2(layout, pool, announcers[pool.name])
        ],
        "peers": [_peer(layout, settings, peer) for peer in settings.peers.values()] if bgp else [],
        "bgp": [{"name": pool.name, "pools": [pool.name], **_nodes(layout, announcers[pool.name])} for pool in bgp],
    }


def passwords(layout: Layout) -> View:
    """The variable `load_balancer_passwords`, whose values are evaluated where the role uses them."""
    settings = layout.cloud.network.load_balancer
    peers = settings.peers.values() if settings else ()
    return {peer.name: peer.password for peer in peers if peer.password is not None}


def needs(params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifest and its images."""
    if load_balancer.needs_frr(params):
        return (f"manifest:{load_balancer.FRR_MANIFEST}", *load_balancer.IMAGES, load_balancer.FRR_IMAGE)
    return (f"manifest:{load_balancer.MANIFEST}", *load_balancer.IMAGES)


def given_unasked(layout: Layout) -> list[str]:
    """Ranges of the addresses that services get without asking."""
    settings = layout.cloud.network.load_balancer
    pools = settings.pools.values() if settings else ()
    return [str(one) for pool in pools if pool.auto for one in pool.addresses]


def reaches_pods(layout: Layout) -> bool:
    """Whether the API server reaches webhooks in pods.

    A hosted one does, by routes or through konnectivity. One on a machine uses addresses of services, to which it has
    no route where there is no default route, so that kube-proxy's rules never see its packets.
    """
    members = (one for one in layout.cloud.machines.values() if Role.CONTROL_PLANE in one.roles)
    return all(_reaches_services(layout, machine) for machine in members)


def _reaches_services(layout: Layout, machine: Machine) -> bool:
    """Whether a machine has a route that addresses of services match. Not known where others configure its network."""
    kubernetes = layout.cloud.kubernetes
    if kubernetes is None or not is_network_configured(machine) or default_routers(layout, machine):
        return True
    routes = [route.to for network in layout.networks_of(machine) for route in network.routes if route.to]
    return any(of_subnet(kubernetes.services).inside(to) for to in routes)


def network_of(layout: Layout, pool: AddressPool) -> Network | None:
    """The network in which the addresses of a pool are."""
    return layout.network_of(pool.addresses[0].first) if pool.addresses else None


def announcers_of(layout: Layout, pool: AddressPool) -> list[Machine]:
    """The machines that announce the addresses of a pool."""
    machines = layout.cloud.machines
    if pool.nodes:
        return [machines[name] for name in pool.nodes if name in machines]
    network = network_of(layout, pool) if pool.announce is Announcement.LAYER2 else None
    able = [one for one in machines.values() if network is None or network in layout.networks_of(one)]
    return [one for one in able if set(one.roles) != {Role.CONTROL_PLANE}] or able


def speakers_of(layout: Layout, settings: LoadBalancer, peer: LoadBalancerPeer) -> list[Machine]:
    """The machines that have a session with a router."""
    names = set(peer.nodes) or {
        machine.name for pool in settings.announced(Announcement.BGP) for machine in announcers_of(layout, pool)
    }
    return [machine for name, machine in layout.cloud.machines.items() if name in names]


def pool_view(pool: AddressPool) -> View:
    """A pool, as inputs of roles have it."""
    return {"name": pool.name, "addresses": [str(one) for one in pool.addresses], "auto": pool.auto}


def _nodes(layout: Layout, machines: t.Sequence[Machine]) -> View:
    """The names of machines, unless they are all machines of the cloud."""
    names = [machine.name for machine in machines]
    return {} if set(names) == set(layout.cloud.machines) else {"nodes": names}


def layer2(layout: Layout, pool: AddressPool, machines: t.Sequence[Machine]) -> t.Iterator[View]:
    """One announcement for each name that the interface in the pool's network has among the machines."""
    network = network_of(layout, pool)
    groups: dict[str, list[Machine]] = {}
    for machine in machines:
        groups.setdefault(layout.wiring.interface(machine, network) if network else "", []).append(machine)
    for name, members in groups.items():
        yield {
            "name": pool.name if len(groups) == 1 else f"{pool.name}.{_word(name)}",
            "pools": [pool.name],
            **_nodes(layout, members),
            **({"interfaces": [name]} if name else {}),
        }


def _word(name: str) -> str:
    """The name of an interface as a part of an object's name."""
    return re.sub("[^a-z0-9.-]", "-", name.lower()).strip(".-") or "any"


def is_on_link(layout: Layout, settings: LoadBalancer, peer: LoadBalancerPeer) -> bool:
    """Whether each machine that speaks to a router has an address in its network: no other router is between."""
    network = layout.network_of(peer.address)
    machines = speakers_of(layout, settings, peer)
    return network is not None and all(network.name in layout.addresses_of(one.name) for one in machines)


def _peer(layout: Layout, settings: LoadBalancer, peer: LoadBalancerPeer) -> View:
    """A router of MetalLB. FRR takes one of another AS for a neighbour on a link of its node unless it is told."""
    far = settings.needs_frr and peer.as_number != peer.own_as_number and not is_on_link(layout, settings, peer)
    timers = {"interval": peer.bfd.interval, "multiplier": peer.bfd.multiplier} if peer.bfd else {}
    view = peer_view(layout, settings, peer)
    return {**view, **({"bfd": timers} if timers else {}), **({"multihop": True} if far else {})}


def peer_view(layout: Layout, settings: LoadBalancer, peer: LoadBalancerPeer) -> View:
    """A router, as inputs of roles have it."""
    return {
        "name": peer.name,
        "address": str(peer.address),
        "port": peer.port,
        "as_number": peer.as_number,
        "own_as_number": peer.own_as_number,
        "hold_seconds": peer.hold_seconds,
        **_nodes(layout, speakers_of(layout, settings, peer)),
    }
