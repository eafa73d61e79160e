# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the Kubernetes cluster: its endpoint, its members, and room for their pods."""

from __future__ import annotations

import ipaddress
import typing as t

from .checks import Report
from .enums import Role
from .scalars import Subnet
from .services import Kubernetes
from .types import Cloud

API_PORT = 6443
# What each node gets, by IP version (kube-controller-manager --node-cidr-mask-size-ipv4 and -ipv6).
NODE_PREFIX = {4: 24, 6: 64}


def check_cluster(report: Report) -> None:
    """Kubernetes: its endpoint, its members, and room for their pods."""
    kubernetes = report.cloud.kubernetes
    if kubernetes is not None:
        _members(report)
        _endpoint(report, kubernetes)
        _network(report, kubernetes)
        _room(report, kubernetes, len(report.cloud.machines))
        _hidden(report)


def _members(report: Report) -> None:
    members = [machine for machine in report.cloud.machines.values() if Role.CONTROL_PLANE in machine.roles]
    if report.unsure("machines", "roles") or not report.cloud.machines:
        return
    if not members:
        report.say("machines", None, "hold no control plane", "give one or three machines the role control_plane")
    elif len(members) % 2 == 0:
        names = ", ".join(machine.name for machine in members)
        report.say(
            "machines",
            None,
            f"hold {len(members)} control planes ({names}): an even number survives no more than one less",
            f"make it {len(members) - 1} or {len(members) + 1}",
        )


def _endpoint(report: Report, kubernetes: Kubernetes) -> None:
    if kubernetes.endpoint is not None and not report.layout.cluster and not report.unsure("networks", "subnet"):
        report.say(
            "kubernetes.endpoint",
            str(kubernetes.endpoint),
            "is outside of every network",
            "give a free address of the machines' network",
        )
    if kubernetes.endpoint_port == API_PORT:
        report.say(
            "kubernetes.endpoint_port",
            API_PORT,
            "is the port of the API servers behind the endpoint",
            "give another, such as 8443",
        )


def _network(report: Report, kubernetes: Kubernetes) -> None:
    """Every machine is in the network of the endpoint, and pods and services speak its version of IP."""
    cluster = report.layout.cluster
    if cluster is None:
        return
    for machine in report.cloud.machines.values():
        if cluster not in report.layout.networks_of(machine):
            report.say(
                f"machines.{machine.name}.networks",
                None,
                f"lack {cluster.name}, the network of kubernetes.endpoint",
                f"add {cluster.name}",
            )
    for key, subnet in (("pods", kubernetes.pods), ("services", kubernetes.services)):
        if cluster.subnet and subnet.version != cluster.subnet.version:
            report.say(
                f"kubernetes.{key}",
                str(subnet),
                f"is of another IP version than networks.{cluster.name}",
                "give one of the same version",
            )


def _hidden(report: Report) -> None:
    """Nodes send what is in the ranges of pods and services into the cluster: nothing else is reachable there."""
    kubernetes = report.cloud.kubernetes
    ranges = [("pods", kubernetes.pods), ("services", kubernetes.services)] if kubernetes else []
    for path, wanted in _needed_by_nodes(report.cloud):
        # A network that overlaps a range has been told of, and everything in it would only echo that.
        if report.layout.holder(wanted.network_address):
            continue
        for key, own in ranges:
            # A wider route than the range does no harm: the routes of pods are more specific.
            if own and wanted.network_address in own and wanted.prefixlen >= own.prefixlen:
                shown = str(wanted).removesuffix(f"/{wanted.max_prefixlen}")
                report.say(
                    path, shown, f"is in {own} of kubernetes.{key}", f"give another address, or move kubernetes.{key}"
                )


def _needed_by_nodes(cloud: Cloud) -> list[tuple[str, Subnet]]:
    """What the machines talk to, as subnets, besides their networks, which are compared with the ranges themselves."""
    found: list[tuple[str, t.Any]] = [
        (f"switches.{switch.name}.address", switch.address) for switch in cloud.switches.values()
    ]
    found += [(f"machines.{item.name}.bmc.address", item.bmc.address) for item in cloud.machines.values() if item.bmc]
    found += [(f"dns.servers[{index}]", server) for index, server in enumerate(cloud.dns.servers)]
    found += [
        (f"networks.{network.name}.routes[{index}].to", route.to)
        for network in cloud.networks.values()
        for index, route in enumerate(network.routes)
        # A default route is for everything else.
        if route.to and route.to.prefixlen
    ]
    return [(path, ipaddress.ip_network(str(value))) for path, value in found if value is not None]


def _room(report: Report, kubernetes: Kubernetes, nodes: int) -> None:
    pods = kubernetes.pods
    prefix = NODE_PREFIX[pods.version]
    shares = 2 ** (prefix - pods.prefixlen) if pods.prefixlen <= prefix else 0
    if shares < max(nodes, 1):
        report.say(
            "kubernetes.pods",
            str(pods),
            f"has room for {shares} nodes (a /{prefix} each), but there are {nodes} machines",
            "give a larger subnet",
        )
