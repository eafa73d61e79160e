# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the proofs of subnets of Kube-OVN have to know: where their pods are, and whom they must not reach."""

from __future__ import annotations

import typing as t

from .enums import NetworkProvider
from .kube_ovn_vlans import carriers, network_of
from .layout import Layout
from .scalars import Subnet
from .subnets import PodSubnet

View = dict[str, t.Any]
#: The subnet of all other pods, which Kube-OVN makes itself.
CLUSTER = "ovn-default"


def view(layout: Layout) -> list[View]:
    """The subnets that are first interfaces of pods, and that of all other pods; empty where the model has none.

    A subnet is closed to those of other networks, and a private one to all but the subnets that it allows. From a
    network with routes nothing is closed: its routers are virtual machines of the tenant, which may lead anywhere.
    """
    network, kubernetes = layout.cloud.network, layout.cloud.kubernetes
    if network.provider is not NetworkProvider.KUBE_OVN or kubernetes is None:
        return []
    attached = {one.vlan for one in network.attachments.values()}
    subnets = [one for one in network.subnets.values() if one.vlan is None or one.vlan not in attached]
    if not subnets:
        return []
    own = PodSubnet(name=CLUSTER, subnet=kubernetes.pods)
    routed = {one.name for one in network.vpcs.values() if one.routes}
    return [_view(layout, one, [] if one.vpc in routed else subnets) for one in (own, *subnets)]


def _view(layout: Layout, one: PodSubnet, others: list[PodSubnet]) -> View:
    closed = [other.name for other in others if other.name != one.name and _is_closed(one, other)]
    network = network_of(layout.cloud, one.vlan)
    found = carriers(layout, one.vlan) if network else {}
    machines = [machine.name for several in found.values() for machine in several]
    return {
        "name": one.name,
        "subnet": str(one.subnet),
        "nodes": machines if network else list(layout.cloud.machines),
        **({"mtu": network.mtu} if network else {}),
        **({"closed": closed} if closed else {}),
    }


def _is_closed(one: PodSubnet, other: PodSubnet) -> bool:
    if one.vpc != other.vpc:
        return True
    return other.private and not any(_inside(one.subnet, allowed) for allowed in other.allow)


def _inside(one: Subnet, other: Subnet) -> bool:
    return one.version == other.version and one.subnet_of(other)  # type: ignore[arg-type]
