# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of attachments: machines have the network under one name, and nothing of theirs would be moved for it."""

from __future__ import annotations

from .attachments import Attachment
from .checks import Report
from .enums import AttachmentAddresses, AttachmentPlugin
from .kube_ovn_vlans import ROOT as SUBNETS
from .kube_ovn_vlans import in_vlans, is_of_subnet
from .multus import ROOT, interfaces, plugin
from .problems import choose
from .segments import Network


def check_attachments(report: Report) -> None:
    """Check each attachment."""
    wanted = report.cloud.network
    if report.is_unreadable(f"{ROOT}."):
        return
    if wanted.hotplug and not wanted.attachments:
        report.add("network.hotplug", True, "has no effect: there are no attachments", f"give {ROOT}, or remove it")
    if wanted.attachments and report.cloud.kubernetes is None:
        if not report.is_unreadable("kubernetes"):
            report.add(ROOT, None, "needs a cluster", "add kubernetes, or remove it")
        return
    _same_subnet(report)
    for one in wanted.attachments.values():
        if not one.namespaces and not report.is_unreadable(f"{_at(one)}.namespaces"):
            report.add(f"{_at(one)}.namespaces", None, "are none, so that no pod may have it", "give at least one")
        network = report.cloud.networks.get(one.network)
        if network is not None:
            _network(report, one, network)
            _mtu(report, one, network)
        elif not report.is_unreadable("networks."):
            remedy = choose(one.network, report.cloud.networks)
            report.add(f"{_at(one)}.network", one.network, "is no network", remedy)


def _at(one: Attachment) -> str:
    return f"{ROOT}.{one.name}"


def _mtu(report: Report, one: Attachment, network: Network) -> None:
    if one.mtu is not None and network.mtu is not None and one.mtu > network.mtu:
        message = f"is above the {network.mtu} bytes that networks.{network.name} carries"
        remedy = f"give at most {network.mtu}, or raise networks.{network.name}.mtu"
        report.add(f"{_at(one)}.mtu", one.mtu, message, remedy)


def _network(report: Report, one: Attachment, network: Network) -> None:
    if network.native:
        report.add(
            f"{_at(one)}.network",
            network.name,
            "is the network over which machines boot, in which a pod could take over a machine that is deployed",
            "name another network",
        )
    elif network.racks:
        message = "has a subnet for each rack, so that a pod would be in another network on each of them"
        report.add(f"{_at(one)}.network", network.name, message, "name a network that all racks share")
    elif network.vlans is not None:
        _of_range(report, one, network)
    elif one.plugin is AttachmentPlugin.KUBE_OVN:
        message = (
            f"needs a VLAN of vlans that is one of {SUBNETS}, and machines have addresses in networks.{network.name}"
        )
        report.add(f"{_at(one)}.plugin", str(one.plugin), message, "write macvlan, or name a network with vlans")
    elif one.vlan is not None:
        report.add(f"{_at(one)}.vlan", one.vlan, f"is given, but networks.{network.name} has one VLAN", "remove it")
    elif plugin(report.cloud, one, network) is AttachmentPlugin.BRIDGE:
        report.add(
            f"{_at(one)}.plugin",
            str(one.plugin),
            f"would take the addresses of machines in networks.{network.name} from the interfaces by which they are "
            "reached, since a port of a bridge has none",
            "write macvlan, or name a network with vlans, in which machines have no addresses",
        )
    else:
        _interfaces(report, one, network)


def _of_range(report: Report, one: Attachment, network: Network) -> None:
    path = f"{_at(one)}.vlan"
    if one.vlan is None:
        if not report.is_unreadable(path):
            report.add(path, None, "is missing", f"give one of {network.vlans}, the VLANs of networks.{network.name}")
    elif network.vlans and one.vlan not in network.vlans.ids():
        report.add(path, one.vlan, f"is not in networks.{network.name}.vlans", f"give one of {network.vlans}")
    elif plugin(report.cloud, one, network) is AttachmentPlugin.KUBE_OVN:
        _of_subnet(report, one, network)
    elif is_of_subnet(report.cloud, one.vlan):
        message = f"would have VLAN {one.vlan} as well, which {SUBNETS} makes a port of Kube-OVN's switch on machines"
        report.add(f"{_at(one)}.plugin", str(one.plugin), message, "write kube_ovn, or leave it out")
    elif one.plugin is AttachmentPlugin.MACVLAN:
        message = f"needs an interface of machines, and they have none in the VLANs of networks.{network.name}"
        report.add(f"{_at(one)}.plugin", str(one.plugin), message, "write bridge, or leave it out")
    else:
        _interfaces(report, one, network)


def _interfaces(report: Report, one: Attachment, network: Network) -> None:
    found, path = interfaces(report.layout, one), f"{_at(one)}.network"
    if not found and not report.is_incomplete("machines", "networks"):
        having = "with the role compute and NICs in the model" if network.vlans else "with an address in it"
        report.add(path, network.name, f"has no machine {having}", "name another network, or add it to machines")
    if len(found) > 1 and plugin(report.cloud, one, network) is not AttachmentPlugin.KUBE_OVN:
        named = ", ".join(f"{name} of {machines[0].name}" for name, machines in found.items())
        message = f"is reached by interfaces of different names ({named}), and an attachment has one"
        report.add(path, network.name, message, "give the machines' bonds or NICs one name, or offer another network")


def _of_subnet(report: Report, one: Attachment, network: Network) -> None:
    """Kube-OVN knows the subnet of an attachment by the one namespace and name that it has (its guide, multi-nic)."""
    if not is_of_subnet(report.cloud, one.vlan):
        if not report.is_unreadable(f"{SUBNETS}."):
            remedy = f"add a subnet with vlan: {one.vlan} and the provider kube_ovn, or write bridge"
            report.add(f"{_at(one)}.plugin", str(one.plugin), f"needs a subnet of {SUBNETS} with its VLAN", remedy)
        return
    if len(one.namespaces) > 1:
        message = "are several, and Kube-OVN finds the subnet of an attachment by its one namespace"
        remedy = "name one; pods of all namespaces may have what is in kube-system"
        report.add(f"{_at(one)}.namespaces", ", ".join(one.namespaces), message, remedy)
    if one.addresses is not AttachmentAddresses.NONE:
        message = f"has no effect: addresses are those of {SUBNETS}, and Kube-OVN gives them"
        report.add(f"{_at(one)}.addresses", str(one.addresses), message, "leave it out")
    subnet = next(item for item in in_vlans(report.cloud) if item.vlan == one.vlan)
    if subnet.namespaces:
        message = f"is that of {SUBNETS}.{subnet.name}, in which pods of its namespaces have their first interface"
        report.add(f"{_at(one)}.vlan", one.vlan, message, "remove its namespaces, or this attachment")
    _interfaces(report, one, network)


def _same_subnet(report: Report) -> None:
    first: dict[int, str] = {}
    for one in report.cloud.network.attachments.values():
        if one.vlan is not None and is_of_subnet(report.cloud, one.vlan):
            other = first.setdefault(one.vlan, one.name)
            if other != one.name:
                message = f"is that of {ROOT}.{other} already, and a subnet of Kube-OVN has one attachment"
                report.add(f"{_at(one)}.vlan", one.vlan, message, "keep one of them, in kube-system for all namespaces")
