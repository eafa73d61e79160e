# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of static routes: those that the kernel would refuse, or that contradict another route of a machine."""

from __future__ import annotations

from .checks import Claims, Report
from .hardware import Machine
from .host_view import default_routers
from .scalars import Subnet
from .segments import Network, Route


def check_routes(report: Report) -> None:
    """Check the routes of each network, and those that machines in several networks have together."""
    for network in report.layout.parts:
        _check_network(report, network)
    routed = {network.name for network in report.layout.parts if network.routes}
    if not routed:
        return
    seen: set[tuple[str, ...]] = set()
    reported: set[str] = set()
    for machine in report.cloud.machines.values():
        networks = report.layout.networks_of(machine)
        names = tuple(network.place for network in networks)
        if routed.intersection(network.name for network in networks):
            _check_own_addresses(report, machine, networks)
            if names not in seen:
                seen.add(names)
                _check_together(report, machine, networks, reported)


def _check_network(report: Report, network: Network) -> None:
    path = network.place
    if network.routes and network.subnet is None and not report.is_unreadable(f"{path}.subnet"):
        report.add(f"{path}.routes", None, "need a subnet", f"give {path}.subnet, or remove the routes")
    destinations = Claims(report, "the destination of", "keep one of the two routes")
    for index, route in enumerate(network.routes):
        if route.to is None or network.subnet is None:
            continue
        where, subnet = f"{path}.routes[{index}].to", network.subnet_of(route.to.version)
        if subnet is None:
            has = network.subnet.version
            remedy = f"give an IPv{has} destination, or write the route into a network of its IP version"
            report.add(where, str(route.to), f"is IPv{route.to.version}, and {path} is IPv{has}", remedy)
        elif network.second_subnet and route.via is not None and route.via.version != route.to.version:
            message = f"is IPv{route.to.version}, and its router {route.via} is IPv{route.via.version}"
            report.add(where, str(route.to), message, "give both of one IP version")
        elif inside(route.to, subnet):
            remedy = "remove the route, or give a destination behind the router"
            report.add(where, str(route.to), f"is inside {subnet}, which machines reach without a router", remedy)
        elif route.to.prefixlen and (route.to.is_multicast or route.to.is_loopback):
            report.add(where, str(route.to), "is not a destination of routers", "give a network of hosts")
        elif not route.to.prefixlen and network.gateway_of(route.to.version) is not None:
            remedy = "keep one of gateway and this route"
            report.add(where, str(route.to), f"is a second default route beside {path}.gateway", remedy)
        else:
            destinations.claim(route.to, where, f"{path}.routes[{index}]")


def inside(inner: Subnet, outer: Subnet) -> bool:
    """Whether all addresses of a subnet are in another one."""
    return inner.version == outer.version and inner.prefixlen >= outer.prefixlen and inner.network_address in outer


def _check_own_addresses(report: Report, machine: Machine, networks: list[Network]) -> None:
    """A route of all machines of a network can't lead over one of these machines: it would be its own router."""
    addresses = report.layout.all_addresses_of(machine.name)
    for network in networks:
        for index, route in enumerate(network.routes):
            if route.via is not None and (network.name, route.via) in addresses:
                report.add(
                    f"{network.place}.routes[{index}].via",
                    str(route.via),
                    f"is the address of machines.{machine.name}, which has this route as well",
                    "name a router that is no machine of this network",
                )


def _check_together(report: Report, machine: Machine, networks: list[Network], reported: set[str]) -> None:
    """Report routes that contradict a network or another route of the same machine; each of them once."""
    found: list[tuple[str, Route, Network]] = [
        (f"{network.place}.routes[{index}].to", route, network)
        for network in networks
        for index, route in enumerate(network.routes)
        # A destination that is twice in one network has been reported.
        if route.to is not None and network.subnet and route.to not in [one.to for one in network.routes[:index]]
    ]
    routers = default_routers(report.layout, machine)
    first: dict[Subnet, Network] = {}
    for path, route, network in found:
        other = first.setdefault(route.to, network)
        direct = next(
            (one for one in networks if one is not network and any(inside(route.to, subnet) for subnet in one.subnets)),
            None,
        )
        router = routers.get(route.to.version)
        message = ""
        if direct:
            message = f"is in networks.{direct.name}, which machines.{machine.name} reaches without a router"
        elif not route.to.prefixlen and router and router is not network:
            message = f"is a second default route of machines.{machine.name}, beside networks.{router.name}.gateway"
        elif other is not network:
            message = f"is also a destination in networks.{other.name}.routes, and machines.{machine.name} is in both"
        if message and path not in reported:
            reported.add(path)
            report.add(
                path, str(route.to), message, "remove one of them, or take the machine out of one of the networks"
            )
