# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of BGP: its peers, the racks that they serve, and the addresses of services."""

from __future__ import annotations

from ..cluster.calico_resources import ZONE
from .bgp import Bgp, BgpPeer
from .bgp_table import neighbors
from .checks import Claims, Report
from .problems import choose
from .scalars import Subnet
from .wiring import is_same

KEY = "network.bgp"
PEERS = f"{KEY}.peers"


def check_bgp(report: Report) -> None:
    """Check what a cluster says of BGP; which providers have it is a rule of the pre-flight."""
    bgp = report.cloud.network.bgp
    if bgp is None or report.cloud.kubernetes is None or report.is_unreadable(KEY):
        return
    _addresses(report, bgp)
    for peer in bgp.peers.values():
        _racks(report, peer)
        _versions(report, peer)
    _sessions(report, bgp)
    _load_balancers(report, bgp)


def _addresses(report: Report, bgp: Bgp) -> None:
    """Each peer has an address in the network of the nodes, that is nobody else's but a switch's or a gateway's."""
    cluster, cloud = report.layout.cluster, report.cloud
    claims = Claims(report, "the address of", "give the address of the router")
    if cloud.kubernetes:
        claims.claim(cloud.kubernetes.endpoint, "kubernetes.endpoint")
    if cluster:
        claims.claim(report.layout.provisioner.get(cluster.name), f"provisioner.addresses.{cluster.name}")
        for name in cloud.machines:
            claims.owners.setdefault(report.layout.addresses_of(name).get(cluster.name), f"machines.{name}")
    for peer in bgp.peers.values():
        path = f"{PEERS}.{peer.name}.address"
        part = report.layout.network_of(peer.address)
        if cluster and (cluster.subnet or cluster.racks) and not (part and is_same(cluster, part)):
            report.add(
                path,
                str(peer.address),
                f"is outside {' and '.join(str(one.subnet) for one in cluster.parts)} of networks.{cluster.name}, in "
                "which nodes have the addresses of their sessions",
                "give the router's address in that network",
            )
        elif claims.claim(peer.address, path) and cluster:
            report.check_host_address(peer.address, part.subnet if part else None, path)


def _racks(report: Report, peer: BgpPeer) -> None:
    machines = report.cloud.machines.values()
    known = sorted({machine.location.rack for machine in machines if machine.location.rack})
    for index, rack in enumerate(peer.racks):
        path = f"{PEERS}.{peer.name}.racks[{index}]"
        if rack not in known:
            report.add(path, rack, "is the rack of no machine", choose(rack, known))
        for machine in machines:
            if machine.location.rack == rack and machine.labels.get(ZONE, rack) != rack:
                report.add(
                    f"machines.{machine.name}.labels",
                    machine.labels[ZONE],
                    f"(the label {ZONE}) hides the rack {rack}, by which {PEERS}.{peer.name} finds its nodes",
                    "remove the label",
                )


def _versions(report: Report, peer: BgpPeer) -> None:
    for key in ("accept", "announce"):
        for index, subnet in enumerate(getattr(peer, key)):
            if subnet.version != 4:
                report.add(f"{PEERS}.{peer.name}.{key}[{index}]", str(subnet), "is not IPv4", "give a subnet of IPv4")


def _sessions(report: Report, bgp: Bgp) -> None:
    """Without the mesh, each node needs a peer from which it learns routes."""
    if bgp.mesh:
        return
    served = {machine.name for peer in bgp.peers.values() for machine in neighbors(report.layout, peer)}
    alone = [name for name in report.cloud.machines if name not in served]
    if alone:
        more = f" and {len(alone) - 1} more" if len(alone) > 1 else ""
        report.add(
            f"{KEY}.mesh",
            False,
            f"leaves machines.{alone[0]}{more} without a session, so that it learns no routes to pods",
            "give a peer for its rack, or write true",
        )


def _load_balancers(report: Report, bgp: Bgp) -> None:
    """Addresses of services are nobody else's."""
    kubernetes = report.cloud.kubernetes
    used: list[tuple[str, Subnet | None]] = [
        (f"{network.place}.subnet", subnet) for network in report.layout.parts for subnet in network.subnets
    ]
    used += [(f"kubernetes.{key}", subnet) for key, subnet in (kubernetes.ranges if kubernetes else ())]
    for index, subnet in enumerate(bgp.load_balancers):
        path = f"{KEY}.load_balancers[{index}]"
        if subnet.version != 4:
            report.add(path, str(subnet), "is not IPv4", "give a subnet of IPv4")
        for other, taken in used:
            if taken is not None and taken.overlaps(subnet):
                report.add(path, str(subnet), f"overlaps {taken} of {report.named(other)}", "give another subnet")
        used.append((path, subnet))
