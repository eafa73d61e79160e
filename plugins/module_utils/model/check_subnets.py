# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of further subnets of pods: nobody else has their addresses, and machines carry their VLANs."""

from __future__ import annotations

import ipaddress
import typing as t

from ..cluster import network_kube_ovn as kube_ovn
from ..cluster.kube_ovn_subnets import DEFAULT_VPC, OWN_NAMESPACES, OWN_SUBNETS
from ..links.values import LINK
from .check_cluster import used_by_nodes
from .checks import Claims, Report
from .enums import NetworkBackend, NetworkProvider
from .kube_ovn_vlans import ROOT, carriers, network_of
from .problems import choose
from .scalars import Subnet
from .subnets import PodSubnet, PodVpc

VPCS = "network.vpcs"


def check_subnets(report: Report) -> None:
    """Check each subnet, and what is unique among them."""
    network = report.cloud.network
    wanted = {ROOT: network.subnets, VPCS: network.vpcs}
    given = next((key for key, found in wanted.items() if found), None)
    if given is None:
        return
    if network.provider is not NetworkProvider.KUBE_OVN:
        message = "are made by the provider kube_ovn only"
        report.add(given, None, message, "write provider: kube_ovn, or offer VLANs by network.attachments")
        return
    if report.cloud.kubernetes is None:
        if not report.is_unreadable("kubernetes"):
            report.add(given, None, "needs a cluster", "add kubernetes, or remove it")
        return
    for vpc in network.vpcs.values():
        _vpc(report, vpc)
    vlans = Claims(report, "the VLAN of", "give each subnet its own VLAN")
    spaces = Claims(report, "a namespace of", "leave it in one of them: pods have one first interface")
    for one in network.subnets.values():
        if one.name in OWN_SUBNETS:
            report.add(_at(one), one.name, "is a subnet that Kube-OVN makes itself", "give it another name")
        for index, space in enumerate(one.namespaces):
            if space in OWN_NAMESPACES:
                message = "has pods of the cluster itself, such as DNS, which stay in its own network"
                report.add(f"{_at(one)}.namespaces[{index}]", space, message, "name namespaces of users")
            spaces.claim(space, f"{_at(one)}.namespaces[{index}]", _at(one))
        _addresses(report, one, one.subnet)
        _apart(report, one)
        if one.vlan is None:
            _overlay(report, one)
        elif vlans.claim(one.vlan, f"{_at(one)}.vlan", _at(one)):
            _vlan(report, one, one.vlan)
    _overlaps(report)


def _at(one: PodSubnet) -> str:
    return f"{ROOT}.{one.name}"


def _addresses(report: Report, one: PodSubnet, subnet: Subnet | None) -> None:
    if subnet is None:
        return
    if subnet.version != 4:
        report.add(
            f"{_at(one)}.subnet", str(subnet), "is not IPv4, which kube_ovn is set up for", "give an IPv4 subnet"
        )
        return
    if subnet.num_addresses < 8:
        remedy = "give a prefix length of at most 29"
        report.add(f"{_at(one)}.subnet", str(subnet), "is too small for pods beside routers", remedy)
    if one.gateway is not None and one.gateway not in subnet:
        report.add(f"{_at(one)}.gateway", str(one.gateway), f"is outside {subnet}", f"give an address of {subnet}")
    elif one.gateway is not None:
        report.check_host_address(one.gateway, subnet, f"{_at(one)}.gateway")
    for index, taken in enumerate(one.exclude):
        if not taken.inside(subnet):
            report.add(
                f"{_at(one)}.exclude[{index}]", str(taken), f"is outside {subnet}", f"give addresses of {subnet}"
            )


def _vpc(report: Report, vpc: PodVpc) -> None:
    path = f"{VPCS}.{vpc.name}"
    own = [one for one in report.cloud.network.subnets.values() if one.vpc == vpc.name]
    if vpc.name == DEFAULT_VPC:
        report.add(path, vpc.name, "is the network of the cluster, which Kube-OVN makes itself", "give it another name")
    elif vpc.name in report.cloud.network.subnets:
        report.add(path, vpc.name, "is also the name of a subnet, which Kube-OVN refuses", "give it another name")
    elif not own and not report.is_unreadable(f"{ROOT}."):
        remedy = f"write vpc: {vpc.name} in a subnet of {ROOT}, or remove it"
        report.add(path, None, "has no subnet", remedy)
    for index, route in enumerate(vpc.routes):
        if own and route.via is not None and not any(one.subnet and route.via in one.subnet for one in own):
            message = f"is in no subnet of {path}"
            report.add(f"{path}.routes[{index}].via", str(route.via), message, "give an address of one of its subnets")
    routes = Claims(report, "a destination of", "keep one of both routes")
    for index, route in enumerate(vpc.routes):
        routes.claim(route.to, f"{path}.routes[{index}].to")


def _apart(report: Report, one: PodSubnet) -> None:
    """A subnet of a network of a tenant, and one that is private."""
    vpcs = report.cloud.network.vpcs
    if one.vpc is not None and one.vpc not in vpcs and not report.is_unreadable(f"{VPCS}."):
        report.add(f"{_at(one)}.vpc", one.vpc, f"is none of {VPCS}", choose(one.vpc, vpcs))
    if one.vlan is not None and one.vpc is not None:
        message = "can't keep a VLAN apart, which switches forward outside of Kube-OVN"
        report.add(f"{_at(one)}.vpc", one.vpc, message, "remove it, and let the router of the VLAN keep it apart")
    if one.vlan is not None and one.private:
        message = "would drop what the router of the VLAN and its other hosts send as well"
        report.add(f"{_at(one)}.private", True, message, "remove it, and write a NetworkPolicy")
    if one.allow and not one.private:
        text = ", ".join(map(str, one.allow))
        report.add(f"{_at(one)}.allow", text, "has no effect: the subnet is not private", "write private: true")


def _overlay(report: Report, one: PodSubnet) -> None:
    if one.gateway is not None:
        message = "is a router in a VLAN, and the subnet has none: Kube-OVN's own router has its first address"
        report.add(f"{_at(one)}.gateway", str(one.gateway), message, "remove it, or give the VLAN")


def _vlan(report: Report, one: PodSubnet, vlan: int) -> None:
    path, network = f"{_at(one)}.vlan", network_of(report.cloud, vlan)
    if network is None:
        hosts = next((part for part in report.layout.parts if part.vlan == vlan), None)
        if hosts:
            message = (
                f"is the VLAN of networks.{hosts.name}: the interface by which machines are reached in it would become "
                "a port of Kube-OVN's switch, which takes over its addresses"
            )
            report.add(path, vlan, message, "give a VLAN of vlans, in which machines have no addresses")
        elif not report.is_unreadable("networks."):
            message = "is in the vlans of no network, so that no switch carries it to machines"
            report.add(path, vlan, message, "add networks: {NAME: {vlans: FIRST-LAST}}, or give one of theirs")
        return
    found = carriers(report.layout, vlan)
    if not found and not report.is_incomplete("machines", "networks"):
        message = "reaches no machine with the role compute and NICs in the model"
        report.add(path, vlan, message, "give such machines their nics, or remove the subnet")
    other = [one for some in found.values() for one in some if one.network_backend is not NetworkBackend.NETWORKD]
    if other:
        message = f"has VLAN {vlan}, which Kube-OVN takes from NetworkManager and a change of its profile gives back"
        where, has = f"machines.{other[0].name}.network_backend", str(other[0].network_backend)
        report.add(where, has, message, "write networkd, or leave the machine without the role compute")
    for name, machines in found.items():
        link = name.rpartition(".")[0]
        if LINK.match(link) and not LINK.match(name):
            message = f"makes {name} on machines.{machines[0].name}, which is too long for an interface (15 characters)"
            report.add(path, vlan, message, "give the bond or the NIC a shorter name")


def _overlaps(report: Report) -> None:
    """Routes to a subnet lead to its pods from everywhere in the cluster, so nobody else may have its addresses."""
    cloud, kubernetes = report.cloud, report.cloud.kubernetes
    used: list[tuple[str, t.Any]] = [
        (f"{part.place}.subnet", subnet) for part in report.layout.parts for subnet in part.subnets
    ]
    used += [(f"kubernetes.{key}", subnet) for key, subnet in kubernetes.ranges] if kubernetes else []
    used.append(("network.join", cloud.network.join or ipaddress.ip_network(kube_ovn.JOIN)))
    own = [(f"{_at(one)}.subnet", one.subnet, one.vpc) for one in cloud.network.subnets.values() if one.subnet]
    for index, (path, subnet, vpc) in enumerate(own):
        beside = [(place, other) for place, other, theirs in own[:index] if theirs == vpc]
        others = [*used, *used_by_nodes(cloud), *beside]
        for place, other in others:
            if other is not None and other.version == subnet.version and other.overlaps(subnet):
                text = f"overlaps {str(other).removesuffix('/32')} of {place}"
                report.add(path, str(subnet), text, "give a subnet that is free")
                break
