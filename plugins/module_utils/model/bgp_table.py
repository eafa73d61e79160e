# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people have to configure on routers with which nodes speak BGP: a table for the network team.

It is made of the same keys of the model as the side of the nodes. A peer that is a switch of the model has none:
its end is an input of the role `switch` (:mod:`.bgp_view`), which configures it or prints it with the ports.
"""

from __future__ import annotations

import ipaddress

from .bgp import Bgp, BgpPeer
from .hardware import Machine
from .layout import Layout


def lines(layout: Layout) -> list[str]:
    """The lines of all tables, with an empty one between two of them."""
    return [line for table in tables(layout) for line in (*table, "")][:-1]


def tables(layout: Layout) -> list[list[str]]:
    """One table for each peer; none where nodes speak BGP with each other only."""
    bgp = layout.cloud.network.bgp
    if bgp is None or layout.cluster is None or layout.cloud.kubernetes is None:
        return []
    return [_table(layout, bgp, peer) for peer in bgp.peers.values() if peer.switch is None]


def neighbors(layout: Layout, peer: BgpPeer) -> list[Machine]:
    """The machines that have a session with a peer."""
    machines = layout.cloud.machines.values()
    return [machine for machine in machines if not peer.racks or machine.location.rack in peer.racks]


def announced(layout: Layout, bgp: Bgp, peer: BgpPeer) -> dict[str, str]:
    """The subnets inside which a peer gets routes, and what they are."""
    kubernetes = layout.cloud.kubernetes
    if peer.announce or kubernetes is None:
        return {str(subnet): "as the model limits them" for subnet in peer.announce}
    services = {str(kubernetes.services): "services"} if bgp.services else {}
    ranges = {str(subnet): "services of type LoadBalancer" for subnet in bgp.load_balancers}
    return {str(kubernetes.pods): "pods", **services, **ranges}


def _table(layout: Layout, bgp: Bgp, peer: BgpPeer) -> list[str]:
    external = peer.as_number != bgp.as_number
    found = neighbors(layout, peer)
    rows = [
        ("own AS", str(peer.as_number), ""),
        ("AS of neighbors", str(bgp.as_number), "eBGP" if external else "iBGP"),
        ("family", "IPv4 unicast", "with graceful restart (RFC 4724)"),
    ]
    if peer.password is not None:
        rows.append(("password", "TCP MD5", f"that of network.bgp.peers.{peer.name}"))
    rows += [("neighbor", session_address(layout, machine), machine.name) for machine in found]
    rows += [
        ("take", subnet, f"{what}, with prefixes up to /{ipaddress.ip_network(subnet).max_prefixlen}")
        for subnet, what in announced(layout, bgp, peer).items()
    ]
    rows += [("announce", str(subnet), "with longer prefixes") for subnet in peer.accept]
    if not peer.accept:
        rows.append(("announce", "any route", "such as a default route"))
    if not bgp.mesh:
        how = "although their AS is in the path" if external else "as route reflector (RFC 4456)"
        rows.append(("pass on", "neighbors' routes", f"to all others and to other routers, {how}"))
    width = max(len(name) for name, __, ___ in rows)
    second = max(len(value) for __, value, ___ in rows)
    head = f"{peer.name}, {peer.address}: BGP to be configured by hand"
    return [head, *(f"  {name.ljust(width)}  {value.ljust(second)}  {more}".rstrip() for name, value, more in rows)]


def session_address(layout: Layout, machine: Machine) -> str:
    """The address by which a machine is a member of the cluster; its sessions begin there."""
    return str(layout.addresses_of(machine.name)[layout.cluster.name]) if layout.cluster else ""
