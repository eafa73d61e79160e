# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of networks: VLANs, subnets, gateways, routes and the provision network."""

from __future__ import annotations

from ..links.spec import RESERVED_TABLES
from .checks import Claims, Report
from .layout import is_deployed
from .routed import SECTION
from .scalars import Address, Subnet
from .segments import Network

#: A subnet of each IP version that a message may name.
_SUCH = {4: "10.20.0.0/24", 6: "fd00:20::/64"}


def check_networks(report: Report) -> None:
    """Check each network, the values that must be unique among networks, and the provision network."""
    for network in report.cloud.networks.values():
        path = f"networks.{network.name}"
        _vlans(report, network, path)
        for part in network.parts:
            _subnet(report, part, part.place)
            _second(report, part, part.place)
    _check_unique_vlans(report)
    _check_tables(report)
    _check_overlaps(report)
    _native(report)


def _vlans(report: Report, network: Network, path: str) -> None:
    if network.name == "all":
        report.add(path, "all", "is reserved: uplinks say [all] for every network", "give it another name")
    if network.vlan is not None and network.vlans is not None:
        report.add(f"{path}.vlans", str(network.vlans), "is given together with vlan", "keep one of vlan and vlans")
    without = next((part for part in network.parts if part.vlan is None), None)
    if without and network.vlans is None and not report.is_unreadable(f"{without.place}.vlan"):
        tenants = "" if network.racks else ", or vlans: FIRST-LAST for networks of tenants"
        report.add(f"{without.place}.vlan", None, "is missing", f"give vlan: ID{tenants}")
    if network.vlans is not None:
        for key in ("subnet", "gateway"):
            if getattr(network, key) is not None:
                report.add(
                    f"{path}.{key}",
                    getattr(network, key),
                    "needs one VLAN",
                    "remove it, or give vlan instead of vlans",
                )
        if network.native:
            report.add(f"{path}.native", True, "needs one VLAN", "give vlan instead of vlans")


def _subnet(report: Report, network: Network, path: str) -> None:
    subnet = network.subnet
    if subnet is None:
        if network.gateway is not None and network.vlans is None:
            report.add(f"{path}.gateway", str(network.gateway), "needs a subnet", f"give {path}.subnet")
        return
    for index, one in enumerate(network.subnets):
        _hosts(report, network, one, f"{path}.subnet[{index}]" if network.second_subnet else f"{path}.subnet")
    if network.gateway is not None:
        _check_inside(report, network.gateway, subnet, f"{path}.gateway")
    for index, route in enumerate(network.routes):
        if route.via is not None:
            _check_inside(
                report, route.via, network.subnet_of(route.via.version) or subnet, f"{path}.routes[{index}].via"
            )


def _hosts(report: Report, network: Network, subnet: Subnet, path: str) -> None:
    """Check that hosts can have addresses of a subnet, and that there is one for the first machine."""
    if subnet.is_multicast or subnet.is_loopback:
        report.add(
            path, str(subnet), "is not a subnet for hosts", f"give a private one, such as {_SUCH[subnet.version]}"
        )
    elif subnet.version == 6 and subnet.is_link_local:
        message = "is link-local: its addresses mean something on one link only, and routers pass none of them on"
        report.add(path, str(subnet), message, f"give a unique local one (RFC 4193), such as {_SUCH[6]}")
    if network.first >= subnet.num_addresses:
        report.add(
            f"networks.{network.name}.first",
            network.first,
            f"is beyond {subnet}",
            "give a smaller offset or a larger subnet",
        )


def _second(report: Report, network: Network, path: str) -> None:
    """Check the router of the second subnet; what it shares with the first one is checked with that."""
    router, subnet = network.second_gateway, network.second_subnet
    if router is None or network.subnet is None or report.is_unreadable(f"{path}.subnet"):
        return
    if subnet is None:
        message = f"is IPv{router.version}, and the network has no such subnet"
        report.add(f"{path}.gateway[1]", str(router), message, "remove it, or give a list of two as subnet")
    else:
        _check_inside(report, router, subnet, f"{path}.gateway[1]")


def _check_inside(report: Report, address: Address, subnet: Subnet, path: str) -> None:
    if address not in subnet:
        report.add(path, str(address), f"is outside {subnet}", f"give an address of {subnet}")
    else:
        report.check_host_address(address, subnet, path)


def _check_unique_vlans(report: Report) -> None:
    claims = Claims(report, "used by", "give another VLAN")
    for network in report.layout.parts:
        if network.vlan is not None:
            # A VLAN may be in several racks of a network, where it is another L2 domain each time.
            path = f"networks.{network.name}"
            claims.claim(network.vlan, f"{network.place}.vlan", owner=f"{path}.vlan" if network.rack_name else "")
    for network in report.cloud.networks.values():
        if network.vlans is not None:
            for vlan in network.vlans.ids():
                # Report only the first VLAN of a range that is used twice.
                if not claims.claim(vlan, f"networks.{network.name}.vlans", remedy="give a range without it"):
                    break


def _check_tables(report: Report) -> None:
    claims = Claims(report, "the route table of", "give another number")
    for network in report.cloud.networks.values():
        path = f"networks.{network.name}.table"
        if network.table is None:
            continue
        claims.claim(network.table, path, f"networks.{network.name}")
        part = next((part for part in network.parts if len(part.gateways) < max(1, len(part.subnets))), None)
        if part and not report.is_unreadable(f"{part.place}.gateway"):
            remedy = f"give {part.place}.gateway, or remove it"
            report.add(path, network.table, "needs a gateway, the default route of the table", remedy)
        elif network.table in RESERVED_TABLES or not network.table:
            report.add(path, network.table, "is a table of the kernel", "give another number, such as the VLAN's")


def _check_overlaps(report: Report) -> None:
    kubernetes = report.cloud.kubernetes
    named: list[tuple[str, Subnet]] = [
        (f"{network.place}.subnet", subnet) for network in report.layout.parts for subnet in network.subnets
    ]
    named += [
        (f"{SECTION}.{links.name}.pool", pool) for links in report.cloud.routed_links.values() for pool in links.pools
    ]
    named += [(f"kubernetes.{key}", subnet) for key, subnet in (kubernetes.ranges if kubernetes else ())]
    for version in (4, 6):
        order = {path: index for index, (path, _subnet) in enumerate(named)}
        widest: tuple[str, Subnet] | None = None
        for path, subnet in sorted((item for item in named if item[1].version == version), key=_start):
            if widest and int(subnet.network_address) <= int(widest[1].broadcast_address):
                one, other = sorted([(path, subnet), widest], key=lambda item: order[item[0]])
                report.add(other[0], str(other[1]), f"overlaps {one[1]} of {one[0]}", "give a subnet that is free")
            if widest is None or int(subnet.broadcast_address) > int(widest[1].broadcast_address):
                widest = (path, subnet)


def _start(item: tuple[str, Subnet]) -> tuple[int, int]:
    return int(item[1].network_address), item[1].prefixlen


def _native(report: Report) -> None:
    natives = [network for network in report.cloud.networks.values() if network.native]
    for network in natives[1:]:
        report.add(
            f"networks.{network.name}.native",
            True,
            f"is a second native network: networks.{natives[0].name} is also native",
            "keep one native network: the one that machines boot in",
        )
    for network in natives[0].parts if natives else ():
        if network.subnet is None and network.vlans is None and not network.rack_name:
            report.add(f"{network.place}.subnet", None, "is missing: machines boot in this network", "give its subnet")
        elif network.subnet is not None and network.subnet.version != 4:
            report.add(
                f"{network.place}.subnet",
                str(network.subnet),
                "is not IPv4, which network boot needs",
                "give an IPv4 subnet",
            )
    managed = next((machine for machine in report.cloud.machines.values() if is_deployed(machine)), None)
    if not natives and managed and not report.is_incomplete("networks", "native"):
        report.add(
            "networks",
            None,
            f"include no provision network, but machines.{managed.name} has a BMC and is to be deployed",
            "mark one network native: true",
        )
    elif not natives and report.cloud.kubernetes and not report.is_incomplete("networks", "native"):
        report.add(
            "networks",
            None,
            "include no provision network, from which machines take the programs and images of Kubernetes",
            "mark the network native: true in which machines and provisioner reach each other without a VLAN tag",
        )
