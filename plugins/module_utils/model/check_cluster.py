# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the Kubernetes cluster: its endpoint, its members and the address range of its pods."""

from __future__ import annotations

import ipaddress
import typing as t

from ..kube.ranges import NODE_BITS, NODE_PREFIX, service_fault
from .check_endpoint import check_endpoint
from .check_existing import check_existing
from .checks import Report
from .enums import Role
from .kubernetes import Kubernetes
from .scalars import Subnet
from .segments import Network
from .types import Cloud


def check_cluster(report: Report) -> None:
    """Check the endpoint, the members and the address range of pods."""
    kubernetes = report.cloud.kubernetes
    if kubernetes is not None:
        _members(report)
        check_endpoint(report, kubernetes)
        check_existing(report, kubernetes)
        _network(report, kubernetes)
        if kubernetes.existing is None:  # whose administrators may have other limits
            _sizes(report, kubernetes)
        _check_pod_ranges(report, kubernetes, len(report.cloud.machines))
        _check_range_conflicts(report)


def _members(report: Report) -> None:
    members = [machine for machine in report.cloud.machines.values() if Role.CONTROL_PLANE in machine.roles]
    if report.is_incomplete("machines", "roles") or not report.cloud.machines or report.layout.hosted:
        return
    if report.layout.existing:
        return  # check_existing refuses members
    if not members:
        report.add("machines", None, "include no control plane", "give one or three machines the role control_plane")
    elif len(members) % 2 == 0:
        names = ", ".join(machine.name for machine in members)
        report.add(
            "machines",
            None,
            f"include {len(members)} control planes ({names}): an even number tolerates no more failures",
            f"make it {len(members) - 1} or {len(members) + 1}",
        )


def _network(report: Report, kubernetes: Kubernetes) -> None:
    """Check that every machine is in the network of Kubernetes, and that pods and services use its IP version."""
    cluster = report.layout.cluster
    if cluster is None or cluster.subnet is None:
        return
    wanted = "kubernetes.network" if kubernetes.network else "the network of kubernetes.endpoint"
    for machine in report.cloud.machines.values():
        if cluster.name not in [network.name for network in report.layout.networks_of(machine)]:
            report.add(
                f"machines.{machine.name}.networks",
                None,
                f"lack {cluster.name}, {wanted}",
                f"add {cluster.name}",
            )
    for key, subnet in (("pods", kubernetes.pods), ("services", kubernetes.services)):
        if subnet.version != cluster.subnet.version:
            remedy = "give one of the same version"
            if getattr(kubernetes, f"second_{key}"):
                remedy = f"write that of IPv{cluster.subnet.version} first, as networks.{cluster.name}.subnet does"
            report.add(f"kubernetes.{key}", str(subnet), f"has another IP version than networks.{cluster.name}", remedy)
    _pairs(report, kubernetes, cluster)


def _pairs(report: Report, kubernetes: Kubernetes, cluster: Network) -> None:
    """Check that pods, services and nodes have the same IP versions, and that each machine has an address of both."""
    if report.is_unreadable("kubernetes.") or report.is_unreadable(f"networks.{cluster.name}."):
        return
    if bool(kubernetes.second_pods) != bool(kubernetes.second_services):
        have, lack = ("pods", "services") if kubernetes.second_pods else ("services", "pods")
        message = f"has one IP version, and kubernetes.{have} has two"
        report.add(f"kubernetes.{lack}", kubernetes.text_of(lack), message, "give a range of each version in both")
    elif kubernetes.dual:
        for part in cluster.parts:
            if part.subnet and part.second_subnet is None:
                message = "has one IP version, and kubernetes.pods has two: nodes need an address of both"
                report.add(f"{part.place}.subnet", str(part.subnet), message, "give a list of two subnets")


def _sizes(report: Report, kubernetes: Kubernetes) -> None:
    """Check what kubeadm and the servers refuse: ranges that are too large, and services that are too few."""
    for key, subnet in kubernetes.ranges:
        prefix = NODE_PREFIX[subnet.version]
        if key != "pods":
            message, remedy = service_fault(subnet)
            if message:
                report.add(f"kubernetes.{key}", str(subnet), message, remedy)
        elif prefix - subnet.prefixlen > NODE_BITS:
            message = f"has more than 2^{NODE_BITS} parts of nodes (a /{prefix} each), which kubeadm refuses"
            report.add("kubernetes.pods", str(subnet), message, f"give a /{prefix - NODE_BITS} or a smaller one")


def _check_range_conflicts(report: Report) -> None:
    """Report addresses inside the ranges of pods and services: nodes route these ranges into the cluster."""
    kubernetes = report.cloud.kubernetes
    ranges = kubernetes.ranges if kubernetes else []
    for path, wanted in used_by_nodes(report.cloud):
        # check_networks has already reported a network that overlaps one of these ranges.
        if report.layout.network_of(wanted.network_address):
            continue
        for key, own in ranges:
            # A route that is wider than the range is allowed: the routes of pods are more specific.
            if own and wanted.network_address in own and wanted.prefixlen >= own.prefixlen:
                shown = str(wanted).removesuffix(f"/{wanted.max_prefixlen}")
                report.add(
                    path, shown, f"is in {own} of kubernetes.{key}", f"give another address, or move kubernetes.{key}"
                )


def used_by_nodes(cloud: Cloud) -> list[tuple[str, Subnet]]:
    """The addresses and routes that machines use, as (path, subnet). Networks are compared by check_networks."""
    found: list[tuple[str, t.Any]] = [
        (f"switches.{switch.name}.address", switch.address) for switch in cloud.switches.values()
    ]
    found += [
        (f"machines.{item.name}.bmc.address", item.bmc.address)
        for item in cloud.machines.values()
        if item.bmc and not isinstance(item.bmc.address, str)
    ]
    if cloud.kubernetes and cloud.kubernetes.external and cloud.kubernetes.endpoint is not None:
        found.append(("kubernetes.endpoint", cloud.kubernetes.endpoint))
    found += [(f"dns.servers[{index}]", server) for index, server in enumerate(cloud.dns.servers)]
    found += [
        (f"networks.{network.name}.routes[{index}].to", route.to)
        for network in cloud.networks.values()
        for index, route in enumerate(network.routes)
        # A default route is less specific than the ranges.
        if route.to and route.to.prefixlen
    ]
    return [(path, ipaddress.ip_network(str(value))) for path, value in found if value is not None]


def _check_pod_ranges(report: Report, kubernetes: Kubernetes, nodes: int) -> None:
    for key, subnet in kubernetes.ranges:
        if key == "pods":
            _check_pod_range(report, subnet, nodes)


def _check_pod_range(report: Report, pods: Subnet, nodes: int) -> None:
    prefix = NODE_PREFIX[pods.version]
    shares = 2 ** (prefix - pods.prefixlen) if pods.prefixlen <= prefix else 0
    if shares < max(nodes, 1):
        report.add(
            "kubernetes.pods",
            str(pods),
            f"has room for {shares} nodes (a /{prefix} each), but there are {nodes} machines",
            "give a larger subnet",
        )
