# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the Kubernetes cluster: its endpoint, its members, and room for their pods."""

from __future__ import annotations

from .checks import Report
from .enums import Role

API_PORT = 6443
# What each node gets, by IP version (kube-controller-manager --node-cidr-mask-size-ipv4 and -ipv6).
NODE_PREFIX = {4: 24, 6: 64}


def check_cluster(report: Report) -> None:
    """Kubernetes: its endpoint, its members, and room for their pods."""
    kubernetes, cluster = report.cloud.kubernetes, report.layout.cluster
    if kubernetes is None:
        return
    machines = list(report.cloud.machines.values())
    members = [machine for machine in machines if Role.CONTROL_PLANE in machine.roles]
    if not members and machines and not report.missing("machines.", ".roles"):
        report.say("machines", None, "hold no control plane", "give one or three machines the role control_plane")
    elif members and len(members) % 2 == 0:
        names = ", ".join(machine.name for machine in members)
        report.say(
            "machines",
            None,
            f"hold {len(members)} control planes ({names}): an even number survives no more than one less",
            f"make it {len(members) - 1} or {len(members) + 1}",
        )
    if kubernetes.endpoint is not None and cluster is None and not report.missing("networks."):
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
    if cluster is not None:
        for machine in machines:
            if cluster not in report.layout.networks_of(machine):
                report.say(
                    f"machines.{machine.name}.networks",
                    None,
                    f"lack {cluster.name}, the network of kubernetes.endpoint",
                    f"add {cluster.name}",
                )
        for key in ("pods", "services"):
            subnet = getattr(kubernetes, key)
            if cluster.subnet and subnet.version != cluster.subnet.version:
                report.say(
                    f"kubernetes.{key}",
                    str(subnet),
                    f"is of another IP version than networks.{cluster.name}",
                    "give one of the same version",
                )
    _room(report, len(machines))


def _room(report: Report, nodes: int) -> None:
    kubernetes = report.cloud.kubernetes
    if kubernetes is None:
        return
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
