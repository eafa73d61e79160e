# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of networks that are an L2 domain of their own in each rack."""

from __future__ import annotations

from .checks import Report
from .enums import Role
from .problems import choose
from .segments import Network


def check_racks(report: Report) -> None:
    """Check the parts of each network with racks, the machines in them, and what can't span racks."""
    locations = [one.location for one in report.cloud.machines.values()]
    locations += [one.location for one in report.cloud.switches.values()]
    known = {location.rack for location in locations if location.rack}
    for network in report.cloud.networks.values():
        if network.racks:
            _check_parts(report, network, known)
            _check_machines(report, network)
    _check_provisioner(report, known)
    _check_endpoint(report)


def _check_parts(report: Report, network: Network, known: set[str]) -> None:
    path = f"networks.{network.name}"
    for key in ("subnet", "gateway", "routes", "vlans"):
        if getattr(network, key):
            remedy = "remove it" if key == "vlans" else f"move it to {path}.racks.RACK.{key}, or remove racks"
            report.add(f"{path}.{key}", None, "is given together with racks", remedy)
    for rack, own in network.racks.items():
        where = f"{path}.racks.{rack}"
        if rack not in known:
            report.add(where, rack, "is the rack of no machine and no switch", choose(rack, known))
        if own.subnet is None and not report.is_unreadable(f"{where}.subnet"):
            report.add(f"{where}.subnet", None, "is missing", "give the subnet of the machines in this rack")
        elif own.gateway is None and len(network.racks) > 1 and not report.is_unreadable(f"{where}.gateway"):
            message = "is missing: machines reach the network's other racks by it"
            report.add(f"{where}.gateway", None, message, "give the router's address in this rack")


def _check_machines(report: Report, network: Network) -> None:
    """A machine in the network has to stand in a rack that has a part of it."""
    for machine in report.cloud.machines.values():
        path, rack = f"machines.{machine.name}.location.rack", machine.location.rack
        if network.name not in [one.name for one in report.layout.networks_of(machine)]:
            continue
        if rack is None and not report.is_unreadable(path):
            report.add(path, None, f"is missing: networks.{network.name} has a subnet for each rack", "give its rack")
        elif rack is not None and rack not in network.racks:
            remedy = f"add networks.{network.name}.racks.{rack}"
            report.add(path, rack, f"has no part of networks.{network.name}, in which the machine is", remedy)


def _check_provisioner(report: Report, known: set[str]) -> None:
    rack, provision = report.cloud.provisioner.rack, report.layout.provision
    divided = [network for network in report.cloud.networks.values() if network.racks]
    if rack is not None and rack not in known:
        report.add("provisioner.rack", rack, "is the rack of no machine and no switch", choose(rack, known))
    elif rack is not None and not divided:
        report.add("provisioner.rack", rack, "has no effect: no network has racks", "remove it")
    elif provision and provision.racks and rack not in provision.racks:
        message = f"has no part of networks.{provision.name}, over which machines boot"
        if rack is None:
            message = f"is missing: networks.{provision.name} has a subnet for each rack"
        report.add("provisioner.rack", rack, message, choose(rack or "", provision.racks))


def _check_endpoint(report: Report) -> None:
    """The address of the API moves between control planes, which is possible in one L2 domain only."""
    kubernetes, cluster = report.cloud.kubernetes, report.layout.cluster
    if kubernetes is None or cluster is None or not cluster.rack_name:
        return
    control_planes = [one for one in report.cloud.machines.values() if Role.CONTROL_PLANE in one.roles]
    away = ", ".join(f"machines.{one.name}" for one in control_planes if one.location.rack != cluster.rack_name)
    if away:
        report.add(
            "kubernetes.endpoint",
            str(kubernetes.endpoint),
            f"is in {cluster.place}, and {away} in other racks can't take it over",
            f"put all control planes into rack {cluster.rack_name}, or write kubernetes.load_balancer: external",
        )
