# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of addresses for services: pools are free, in the right network, and announced by machines that can."""

from __future__ import annotations

import ipaddress
import typing as t

from ..cluster.address_ranges import AddressRange, of_subnet, overlaps
from .check_cluster import used_by_nodes
from .checks import Claims, Report
from .enums import Announcement, LoadBalancerProvider
from .load_balancer import announcers_of
from .load_balancing import AddressPool, LoadBalancer
from .problems import choose
from .scalars import Address
from .segments import Network

ROOT = "network.load_balancer"


def check_load_balancer(report: Report) -> None:
    """Check pools and peers."""
    settings = report.cloud.network.load_balancer
    if settings is None or report.is_unreadable(f"{ROOT}."):
        return
    if report.cloud.kubernetes is None:
        if not report.is_unreadable("kubernetes"):
            report.add(ROOT, None, "needs a cluster", "add kubernetes, or remove it")
        return
    if not settings.pools:
        report.add(f"{ROOT}.pools", None, "are missing, so that no service would get an address", "give at least one")
    used = dict(_used(report))
    for pool in settings.pools.values():
        _ranges(report, pool, used)
        _nodes(report, f"{ROOT}.pools.{pool.name}", pool.nodes)
        if pool.announce is Announcement.LAYER2:
            _layer2(report, pool)
    _overlaps(report, settings)
    _peers(report, settings)


def _paths(pool: AddressPool) -> list[tuple[str, AddressRange]]:
    return [(f"{ROOT}.pools.{pool.name}.addresses[{index}]", one) for index, one in enumerate(pool.addresses)]


def _used(report: Report) -> t.Iterator[tuple[Address, str]]:
    """Addresses that something has, with the path of what has them."""
    cloud, layout = report.cloud, report.layout
    for path, subnet in used_by_nodes(cloud):
        if subnet.num_addresses == 1:
            yield subnet.network_address, path
    for network in cloud.networks.values():
        for router in network.gateways:
            yield router, f"networks.{network.name}.gateway"
        for index, route in enumerate(network.routes):
            if route.via is not None:
                yield route.via, f"networks.{network.name}.routes[{index}].via"
    if cloud.kubernetes and cloud.kubernetes.endpoint is not None:
        yield cloud.kubernetes.endpoint, "kubernetes.endpoint"
    for name, address in layout.provisioner.items():
        yield address, f"provisioner.addresses.{name}"
    for peer in cloud.network.load_balancer.peers.values() if cloud.network.load_balancer else ():
        yield peer.address, f"{ROOT}.peers.{peer.name}.address"
    for name, machine in cloud.machines.items():
        yield from ((address, f"machines.{name}") for _network, address in layout.all_addresses_of(name))
        if machine.address and (own := _address(machine.address)):
            yield own, f"machines.{name}.address"


def _address(text: str) -> Address | None:
    """The address that a text is; None if it is a name."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _ranges(report: Report, pool: AddressPool, used: t.Mapping[Address, str]) -> None:
    kubernetes = report.cloud.kubernetes
    if not pool.addresses:
        report.add(
            f"{ROOT}.pools.{pool.name}.addresses", None, "are missing", "give a range, such as 10.30.0.200-10.30.0.220"
        )
    for path, one in _paths(pool):
        if one.version != 4 and not _reaches(report, pool, path, one):
            continue
        for key, subnet in kubernetes.ranges if kubernetes else ():
            if subnet is not None and one.overlaps(of_subnet(subnet)):
                report.add(path, str(one), f"overlaps {subnet} of kubernetes.{key}", "give addresses that are free")
        # A range may be large, and so may the number of machines: one of them is named.
        taken = next(((address, owner) for address, owner in used.items() if address in one), None)
        if taken:
            address, owner = taken
            report.add(
                path,
                str(one),
                f"contains {address}, the address of {report.named(owner)}",
                "give addresses that are free",
            )


def _reaches(report: Report, pool: AddressPool, path: str, one: AddressRange) -> bool:
    """Whether services can have addresses of IPv6: with services of that version, and a way to announce them."""
    settings = report.cloud.network.load_balancer
    if not _serves(report, one):
        report.add(path, str(one), "is IPv6, and services have IPv4", "give kubernetes.services a range of IPv6 too")
        return False
    if pool.announce is not Announcement.LAYER2 or (settings and settings.provider is not LoadBalancerProvider.METALLB):
        message = "is IPv6, which is announced on layer 2 by metallb alone here"
        report.add(path, str(one), message, "write announce: layer2 and provider: metallb, or give IPv4 addresses")
        return False
    return True


def _serves(report: Report, one: AddressRange) -> bool:
    """Whether services have addresses of the IP version of a range."""
    ranges = report.cloud.kubernetes.ranges if report.cloud.kubernetes else []
    return one.version == 4 or one.version in {subnet.version for key, subnet in ranges if key == "services"}


def _layer2(report: Report, pool: AddressPool) -> None:
    """The addresses of a pool are in one network, in which the machines that announce them have addresses."""
    first: Network | None = None
    for path, one in _paths(pool):
        if not _serves(report, one):  # which has been reported
            continue
        network = report.layout.network_of(one.first)
        subnet = network.subnet_of(one.version) if network else None
        if network is None or subnet is None or not one.inside(subnet):
            report.add(
                path,
                str(one),
                "is not inside the subnet of a network, where alone layer2 can announce it",
                "give addresses of a network of the machines, or write announce: bgp",
            )
            continue
        for address in (subnet.network_address, subnet.broadcast_address):
            if address in one and subnet.prefixlen < subnet.max_prefixlen - 1:
                message = f"contains {address}, the network or broadcast address of {subnet}"
                report.add(path, str(one), message, "leave it out")
        if first is not None and network.place != first.place:
            message = f"is in networks.{network.name}, and other addresses of the pool are in networks.{first.name}"
            report.add(path, str(one), message, "make them two pools")
        first = first or network
    if first is not None:
        _announcers(report, pool, first)


def _announcers(report: Report, pool: AddressPool, network: Network) -> None:
    path = f"{ROOT}.pools.{pool.name}"
    for index, name in enumerate(pool.nodes):
        if name in report.cloud.machines and network.name not in report.layout.addresses_of(name):
            message = f"has no address in networks.{network.name}, in which the pool's addresses are"
            report.add(f"{path}.nodes[{index}]", name, message, "name machines of that network")
    if not pool.nodes and not announcers_of(report.layout, pool) and not report.is_incomplete("machines", "networks"):
        message = f"are in networks.{network.name}, in which no machine has an address to announce them"
        report.add(f"{path}.addresses", None, message, "give addresses of a network of the machines")


def _nodes(report: Report, path: str, names: t.Sequence[str]) -> None:
    for index, name in enumerate(names):
        if name not in report.cloud.machines:
            report.add(f"{path}.nodes[{index}]", name, "is no machine", choose(name, report.cloud.machines))


def _overlaps(report: Report, settings: LoadBalancer) -> None:
    ranges = [item for pool in settings.pools.values() for item in _paths(pool)]
    for (path, one), other in overlaps(ranges):
        report.add(path, str(one), f"overlaps {other}", "let each address be of one pool, once")


def _peers(report: Report, settings: LoadBalancer) -> None:
    bgp = settings.announced(Announcement.BGP)
    if bgp and not settings.peers:
        message = f"are missing, to which the pool {bgp[0].name} would be announced"
        report.add(f"{ROOT}.peers", None, message, "name the routers, or write announce: layer2")
    if settings.peers and not bgp:
        report.add(
            f"{ROOT}.peers", None, "have no effect: no pool is announced by bgp", "write announce: bgp, or remove them"
        )
    claims = Claims(report, "the address of", "keep one of the two")
    own = {address: name for name in report.cloud.machines for address in report.layout.addresses_of(name).values()}
    for peer in settings.peers.values():
        path = f"{ROOT}.peers.{peer.name}"
        _nodes(report, path, peer.nodes)
        claims.claim(peer.address, f"{path}.address")
        if peer.address in own:
            report.add(
                f"{path}.address",
                str(peer.address),
                f"is the address of machines.{own[peer.address]}, which would speak to itself",
                "give the address of a router",
            )
