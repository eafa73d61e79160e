# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch's end of BGP sessions: the part `bgp` of the role input `switch_config`.

It is derived of the same peers of the model as the side of the nodes, `network.bgp.peers` and
`network.load_balancer.peers`, where they name a switch.
"""

from __future__ import annotations

import ipaddress
import typing as t

from .bgp import Bgp, BgpPeer
from .bgp_table import announced, neighbors, session_address
from .enums import Announcement
from .layout import Layout
from .load_balancer import speakers_of
from .load_balancing import LoadBalancer, LoadBalancerPeer

View = dict[str, t.Any]
EVERY = "0.0.0.0/0"
#: Before the names of groups of `network.load_balancer.peers`, which may be those of `network.bgp.peers`.
PREFIX = "lb-"


def bgp_view(layout: Layout, switch: str) -> View | None:
    """The groups of neighbours of a switch; None if it is no peer."""
    found = [*_of_network(layout, switch), *_of_load_balancer(layout, switch)]
    if not found:
        return None
    own, groups = found[0][0], [group for __, group in found]
    return {"as_number": own, "router_id": groups[0]["address"], "groups": groups}


def _of_network(layout: Layout, switch: str) -> t.Iterator[tuple[int, View]]:
    bgp = layout.cloud.network.bgp
    if bgp is None or layout.cluster is None or layout.cloud.kubernetes is None:
        return
    for peer in bgp.peers.values():
        if peer.switch == switch:
            yield peer.as_number, _group(layout, bgp, peer)


def _group(layout: Layout, bgp: Bgp, peer: BgpPeer) -> View:
    """A peer of nodes. Without the mesh, it passes on what it takes."""
    take = list(announced(layout, bgp, peer))
    announce = [str(subnet) for subnet in peer.accept] or [EVERY]
    return {
        "name": peer.name,
        "address": str(peer.address),
        "as_number": bgp.as_number,
        **({"password": peer.password} if peer.password is not None else {}),
        "neighbors": [
            {"address": session_address(layout, machine), "name": machine.name} for machine in neighbors(layout, peer)
        ],
        "take": take,
        "announce": list(dict.fromkeys([*announce, *([] if bgp.mesh or EVERY in announce else take)])),
        "pass_on": not bgp.mesh,
    }


def _of_load_balancer(layout: Layout, switch: str) -> t.Iterator[tuple[int, View]]:
    settings = layout.cloud.network.load_balancer
    for peer in settings.peers.values() if settings else ():
        if settings and peer.switch == switch:
            yield peer.as_number, _announcers(layout, settings, peer)


def _announcers(layout: Layout, settings: LoadBalancer, peer: LoadBalancerPeer) -> View:
    """A router to which machines announce addresses of services; they take no routes."""
    machines = speakers_of(layout, settings, peer)
    return {
        "name": f"{PREFIX}{peer.name}",
        "address": str(peer.address),
        "as_number": peer.own_as_number,
        **({"password": peer.password} if peer.password is not None else {}),
        **({"bfd": {"interval": peer.bfd.interval, "multiplier": peer.bfd.multiplier}} if peer.bfd else {}),
        "neighbors": [
            {"address": address, "name": machine.name}
            for machine in machines
            if (address := speaker_address(layout, machine.name, peer))
        ],
        "take": subnets(settings),
        "announce": [],
    }


def speaker_address(layout: Layout, machine: str, peer: LoadBalancerPeer) -> str:
    """The address of a machine in the network of a router, at which its sessions begin; empty if it has none."""
    network = layout.network_of(peer.address)
    address = layout.addresses_of(machine).get(network.name) if network else None
    return str(address) if address else ""


def subnets(settings: LoadBalancer) -> list[str]:
    """The subnets whose addresses are those of the pools that are announced by BGP."""
    ranges = [one for pool in settings.announced(Announcement.BGP) for one in pool.addresses if one.version == 4]
    return [str(net) for one in ranges for net in ipaddress.summarize_address_range(one.first, one.last)]
