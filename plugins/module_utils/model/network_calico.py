# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network provider `calico`: the input of the role `network_calico`."""

from __future__ import annotations

import typing as t

from ..cluster import network_calico as calico
from ..promises.promise import Promise
from ..promises.tunnel import Encapsulation
from .bgp import Bgp, BgpPeer
from .bundle_facts import manifest
from .kubernetes import Kubernetes
from .layout import Layout
from .pod_network import PodNetwork
from .pods_mtu import pods
from .providers import Provider, of_api
from .tunnels import encapsulation

View = dict[str, t.Any]
#: Promises to virtual machines that hold only where nodes do not translate the addresses of pods.
UNTRANSLATED = (Promise.ADDRESS_KEPT, Promise.CONNECTIONS_KEPT)


def network_calico(layout: Layout) -> View:
    """The role input `network_calico_config`; empty while the model names no network of the cluster."""
    settings, network = layout.cloud.kubernetes, layout.cloud.network
    if settings is None or layout.cluster is None:
        return {}
    chosen, bgp = encapsulation(layout.cloud) or Encapsulation.NONE, _routed(layout)
    return {
        "manifest": manifest(calico.MANIFEST),
        **of_api(settings),
        "pods": settings.text_of("pods"),
        "mtu": pods(layout),
        "encapsulation": str(chosen),
        "nat": chosen is not Encapsulation.NONE or translated(network),
        "proxy_mode": str(layout.proxy_mode),
        **({"bgp": _bgp(settings, bgp)} if bgp else {}),
    }


def _routed(layout: Layout) -> Bgp | None:
    """The settings of BGP, where there is no tunnel."""
    tunnel = encapsulation(layout.cloud) or Encapsulation.NONE
    return layout.cloud.network.bgp if tunnel is Encapsulation.NONE else None


def translated(network: PodNetwork) -> bool:
    """Whether nodes translate the addresses of pods on the way out, where there is no encapsulation.

    They do where nobody else knows routes to pods, unless virtual machines are to keep connections over a migration.
    """
    peers = network.bgp.peers if network.bgp else {}
    return not peers and not any(wish in UNTRANSLATED for wish in network.require)


def _bgp(settings: Kubernetes, bgp: Bgp) -> View:
    return {
        "as_number": bgp.as_number,
        "mesh": bgp.mesh,
        "services": [str(settings.services)] if bgp.services else [],
        "load_balancers": [str(subnet) for subnet in bgp.load_balancers],
        "peers": [_peer(peer, bgp.mesh) for peer in bgp.peers.values()],
    }


def _peer(peer: BgpPeer, mesh: bool) -> View:
    """A peer. With the mesh each node announces the routes of all nodes. A peer is in the network of the nodes, so
    these routes keep the node that has the pods as their next hop: no traffic takes another node.
    """
    return {
        "name": peer.name,
        "address": str(peer.address),
        "as_number": peer.as_number,
        "zones": list(peer.racks),
        **({"keep_next_hop": True} if mesh else {}),
        "accept": [str(subnet) for subnet in peer.accept],
        "announce": [str(subnet) for subnet in peer.announce],
    }


def passwords(layout: Layout) -> View:
    """The variable `network_calico_passwords`, whose values are evaluated where the role uses them."""
    bgp = _routed(layout)
    return {peer.name: peer.password for peer in (bgp.peers.values() if bgp else ()) if peer.password is not None}


def needs(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifest and its images."""
    return (f"manifest:{calico.MANIFEST}", *calico.IMAGES)


PROVIDER = Provider(
    role=calico.ROLE,
    of_cluster=network_calico,
    api=True,
    needs=needs,
    kernel_modules=calico.KERNEL_MODULES,
    vxlan_six=calico.INTERFACE_SIX,
    follows=("kubernetes",),
    secrets=(f"{calico.ROLE}_{calico.PASSWORDS}", passwords),
)
