# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of routed links: their pools, what such a link can't carry, and the routes of a machine together."""

from __future__ import annotations

from ..fabric.routed import PREFIX, REFUSED
from .check_routes import inside
from .checks import Report
from .hardware import Machine
from .host_view import default_routers
from .nics import Link
from .problems import choose
from .routed import SECTION, RoutedLinks
from .routed_view import RoutedLink, is_default, routed_of
from .scalars import Subnet
from .wiring import number_of, shared_nic

_HIGHER = "raise the lower value or reduce the higher one"


def check_routed(report: Report) -> None:
    """Check the pools, and the links of machines that name them."""
    for pool in report.cloud.routed_links.values():
        _check_pool(report, pool)
    for machine in report.cloud.machines.values():
        named = [link for link in machine.links.values() if link.routed is not None]
        if not named:
            continue
        for link in named:
            _check_link(report, machine, link)
        if len(named) == len(machine.links):
            why = "are routed links only, and machines boot and install over a network with a VLAN"
            report.add(f"machines.{machine.name}.links", None, why, "add a link with networks")
        found = routed_of(report.layout, machine)
        for item in found:
            _check_ends(report, machine, item)
        _check_once(report, machine, found)
        _check_routes(report, machine, found)


def _check_pool(report: Report, pool: RoutedLinks) -> None:
    path = f"{SECTION}.{pool.name}"
    if pool.name in report.cloud.networks:
        report.add(path, pool.name, "is also the name of a network", "give the pool another name")
    for one in pool.pools:
        if one.is_multicast or one.is_loopback or (one.version == 6 and one.is_link_local):
            remedy = "give a private one, such as 10.50.1.0/24 or fd00:50:1::/120"
            report.add(f"{path}.pool", str(one), "is not a subnet for hosts", remedy)
    versions = {one.version for one in pool.pools}
    for index, route in enumerate(pool.routes):
        where = f"{path}.routes[{index}]"
        if route in pool.routes[:index]:
            report.add(where, str(route), "is listed twice", "list every destination once")
        elif versions and route.version not in versions:
            why = f"is IPv{route.version}, and the pool has no addresses of it"
            report.add(where, str(route), why, "remove it, or give a list of two as pool")
        elif not is_default(route):
            _check_destination(report, route, where)


def _check_destination(report: Report, route: Subnet, where: str) -> None:
    """A route into a network of the model would take its machines' traffic away from its VLAN."""
    for part in report.layout.parts:
        for subnet in part.subnets:
            if inside(route, subnet):
                why = f"is inside {subnet} of {part.place}, which machines reach without a router"
                report.add(where, str(route), why, "remove it, or give a destination behind the switch")


def _check_link(report: Report, machine: Machine, link: Link) -> None:
    path = f"machines.{machine.name}.links.{link.name}"
    pools = report.cloud.routed_links
    if link.routed not in pools and not report.is_unreadable(SECTION):
        remedy = choose(str(link.routed), pools) if pools else f"add {SECTION}.{link.routed}"
        report.add(f"{path}.routed", link.routed, f"is not one of {SECTION}", remedy)
    if link.bond is not None:
        why = "is a bond, over whose ports a switch has no address of a routed port"
        report.add(f"{path}.bond", None, why, "give nic: NAME, and a second routed link for the other NIC")
    for key in ("networks", "native", "port_profile"):
        value = getattr(link, key)
        if value:
            shown = ", ".join(value) if key == "networks" else value
            why = "is on a routed link, whose port has addresses and no VLANs"
            report.add(f"{path}.{key}", shown, why, "remove it, or put it on another link")


def _check_ends(report: Report, machine: Machine, item: RoutedLink) -> None:
    path, nic = f"machines.{machine.name}.links.{item.link.key}", item.nic
    for pool in item.pool.pools:
        if number_of(machine) is not None and pool.version not in {ends.version for ends in item.ends}:
            why = f"has no /{PREFIX[pool.version]} of the number {number_of(machine)} of machines.{machine.name}"
            report.add(f"{SECTION}.{item.pool.name}.pool", str(pool), why, "give a larger subnet, of twice the number")
    if nic.port is None:
        why = f"is for {nic.name}, which names no switch port, so nobody would get the other address"
        report.add(f"{path}.routed", item.pool.name, why, f"give nics.{nic.name}.port")
        return
    if shared_nic(machine) == nic:
        why = f"is the port of {nic.name}, a routed link, which has no VLAN for it"
        report.add(f"machines.{machine.name}.bmc.switch_port", str(nic.port), why, "let it share another NIC")
    switch = report.cloud.switches.get(nic.port.switch)
    if switch is None:
        return  # check_cabling has already reported it
    reason = REFUSED.get(str(switch.platform))
    if reason:
        why = f"is cabled to switches.{switch.name}, which is {switch.platform}: {reason}"
        report.add(f"{path}.routed", item.pool.name, why, "give the link networks instead")
    if item.pool.mtu > switch.mtu:
        why = f"is above the {switch.mtu} bytes of switches.{switch.name}.mtu, whose ports carry it to {path}"
        report.add(f"{SECTION}.{item.pool.name}.mtu", item.pool.mtu, why, _HIGHER)


def _check_once(report: Report, machine: Machine, found: list[RoutedLink]) -> None:
    """A machine has one number, and so one link of each pool."""
    first: dict[str, str] = {}
    for item in found:
        owner = first.setdefault(item.pool.name, item.link.key)
        if owner != item.link.key:
            path = f"machines.{machine.name}.links.{item.link.key}.routed"
            report.add(path, item.pool.name, f"is the pool of {owner} too", "give each link of a machine its own pool")


def _check_routes(report: Report, machine: Machine, found: list[RoutedLink]) -> None:
    """A machine has one route to each destination, and one default route of each IP version."""
    owners = {
        route.to: f"networks.{network.name}.routes"
        for network in report.layout.networks_of(machine)
        for route in network.routes
    }
    for version, network in default_routers(report.layout, machine).items():
        owners |= {one: f"networks.{network.name}.gateway" for one in _everything(found) if one.version == version}
    for item in found:
        for index, route in enumerate(item.pool.routes):
            where = f"{SECTION}.{item.pool.name}.routes"
            owner = owners.setdefault(route, where)
            if owner != where:
                why = f"is where {owner} of machines.{machine.name} leads too"
                report.add(f"{where}[{index}]", str(route), why, "keep one of the two for its machines")


def _everything(found: list[RoutedLink]) -> set[Subnet]:
    return {route for item in found for route in item.pool.routes if is_default(route)}
