# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the endpoint of the API: its address, name, port and load balancer, and the network of Kubernetes."""

from __future__ import annotations

from ..kube.addresses import IP_VERSIONS
from ..kube.settings import OWN_PORTS
from .checks import Report
from .enums import ControlPlane
from .kubernetes import Kubernetes
from .layout import fqdn
from .problems import choose
from .releases import IPV6


def check_endpoint(report: Report, kubernetes: Kubernetes) -> None:
    """Check the endpoint, and the network of Kubernetes as far as it follows from it."""
    _address(report, kubernetes)
    _name(report, kubernetes)
    _network(report, kubernetes)
    _hosted(report, kubernetes)
    if kubernetes.port in OWN_PORTS and not kubernetes.external:
        report.add(
            "kubernetes.endpoint_port",
            kubernetes.port,
            f"is the port of {OWN_PORTS[kubernetes.port]} behind the endpoint",
            "give another, such as 8443",
        )


def _address(report: Report, kubernetes: Kubernetes) -> None:
    path, address, name = "kubernetes.endpoint", kubernetes.endpoint, kubernetes.endpoint_name
    if address is None:
        if path in report.unread or (kubernetes.external and (name or f"{path}_name" in report.unread)):
            return
        if kubernetes.existing:
            report.add(path, None, "is missing", "give the address of that cluster's API, or its name as endpoint_name")
        elif kubernetes.external:
            report.add(path, None, "is missing", "give the address of the load balancer, or its name as endpoint_name")
        elif name:
            message = f"is missing: a control plane needs an address to serve {name}"
            report.add(path, None, message, "give a free address of the machines' network, or load_balancer: external")
        else:
            report.add(path, None, "is missing", "give its address: a free one of the machines' network")
    elif address.version not in IP_VERSIONS:
        message = f"is IPv6, which clusters can't have before release {IPV6}"
        report.add(path, str(address), message, "give an address of an IPv4 network")


def _name(report: Report, kubernetes: Kubernetes) -> None:
    cloud, name, path = report.cloud, kubernetes.endpoint_name, "kubernetes.endpoint_name"
    if not name:
        return
    own = {fqdn(machine, cloud): f"machines.{machine.name}" for machine in cloud.machines.values()}
    own[f"provisioner.{cloud.domain}"] = "the provisioner"
    if name in own:
        report.add(path, name, f"is the name of {own[name]}", "give the endpoint a name of its own")
        return
    inside = name == cloud.domain or name.endswith(f".{cloud.domain}")
    if inside and kubernetes.external and kubernetes.endpoint is None and not cloud.dns.servers:
        message = f"is in {cloud.domain}, for which the provisioner answers, and it knows no address of that name"
        report.add(path, name, message, "give the address as kubernetes.endpoint, or resolvers in dns.servers")


def _network(report: Report, kubernetes: Kubernetes) -> None:
    path, name, address = "kubernetes.network", kubernetes.network, kubernetes.endpoint
    unreadable = report.is_incomplete("networks", "subnet")
    if name:
        network = report.cloud.networks.get(name)
        if network is None:
            report.add(path, name, "is not a network", choose(name, report.cloud.networks))
        elif network.subnet is None and not unreadable:
            report.add(path, name, "has no subnet, so machines can't have an address in it", "give another network")
        elif network.subnet and address is not None and not kubernetes.external and address not in network.subnet:
            message = f"does not contain {address}, the endpoint that control planes serve in this network"
            report.add(path, name, message, f"give an address of {network.subnet} as kubernetes.endpoint")
    elif report.layout.cluster or unreadable or path in report.unread:
        return
    elif kubernetes.external:
        if "kubernetes.endpoint" not in report.unread:
            what = "the cluster's endpoint" if kubernetes.existing else "the external load balancer"
            message = f"is missing: {what} is in none of the networks"
            report.add(path, None, message, "name the network that machines use for Kubernetes")
    elif address is not None:
        remedy = "give a free address of the machines' network"
        report.add("kubernetes.endpoint", str(address), "is outside every network", remedy)


def _hosted(report: Report, kubernetes: Kubernetes) -> None:
    """A hosted control plane has the endpoint's address itself, and is reached by it."""
    lab = report.cloud.lab
    if lab is None or lab.control_plane is not ControlPlane.HOSTED or not report.layout.hosted:
        return
    message = "is given together with lab.control_plane: hosted, where the API server itself has the endpoint's address"
    if kubernetes.external:
        report.add("kubernetes.load_balancer", str(kubernetes.load_balancer), message, "remove one of both")
    if kubernetes.endpoint_name:
        report.add("kubernetes.endpoint_name", kubernetes.endpoint_name, message, "remove one of both")
