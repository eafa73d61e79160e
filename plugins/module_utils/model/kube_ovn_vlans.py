# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VLANs of machines that are subnets of Kube-OVN: which they are, and by which interfaces machines have them."""

from __future__ import annotations

import typing as t

from .enums import NetworkProvider, Role
from .hardware import Machine
from .layout import Layout, is_network_configured
from .segments import Network
from .subnets import PodSubnet
from .types import Cloud

#: The key of the model.
ROOT = "network.subnets"


def in_vlans(cloud: Cloud) -> list[PodSubnet]:
    """The subnets that are VLANs of the machines."""
    if cloud.network.provider is not NetworkProvider.KUBE_OVN or cloud.kubernetes is None:
        return []
    return [one for one in cloud.network.subnets.values() if one.vlan is not None]


def network_of(cloud: Cloud, vlan: int | None) -> Network | None:
    """The network whose `vlans` have a VLAN."""
    ranges = (network for network in cloud.networks.values() if network.vlans)
    return next((one for one in ranges if one.vlans and vlan in one.vlans.ids()), None)


def is_of_subnet(cloud: Cloud, vlan: int | None) -> bool:
    """Whether a VLAN is a subnet of Kube-OVN."""
    return vlan is not None and any(one.vlan == vlan for one in in_vlans(cloud))


def carriers(layout: Layout, vlan: int | None) -> dict[str, list[Machine]]:
    """Names of the interfaces of a VLAN, with the machines that have them: they compute, with NICs in the model."""
    network, found = network_of(layout.cloud, vlan), dict[str, list[Machine]]()
    for machine in layout.cloud.machines.values():
        link = layout.wiring.carrying(machine, network) if network else None
        if link and Role.COMPUTE in machine.roles and is_network_configured(machine):
            found.setdefault(f"{link.name}.{vlan}", []).append(machine)
    return found


def lent(layout: Layout, machine: Machine) -> list[dict[str, t.Any]]:
    """The VLANs of a machine that Kube-OVN makes ports of its switches, for the role host_network."""
    if Role.COMPUTE not in machine.roles:
        return []
    found = [(one.vlan, network) for one in in_vlans(layout.cloud) if (network := network_of(layout.cloud, one.vlan))]
    links = [(vlan, network, layout.wiring.carrying(machine, network)) for vlan, network in found]
    return [{"link": link.name, "vlan": vlan, "mtu": network.mtu} for vlan, network, link in links if link]
