# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The class of the model for further subnets of pods and virtual machines."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

from dataclasses import dataclass

from ..cluster.address_ranges import AddressRange
from . import notations, scalars
from .fields import many, one, own_name
from .scalars import Address, Subnet


@dataclass(frozen=True)
class VpcRoute:
    """A static route of a network of a tenant."""

    to: Subnet = one(scalars.SUBNET, "Destination.")
    via: Address = one(scalars.ADDRESS, "Router, an address inside a subnet of the network.")


@dataclass(frozen=True)
class PodVpc:
    """A network of a tenant, with a router of its own, which leads to its subnets and to nothing else."""

    name: str = own_name("Name of the network, in the key `vpc` of its subnets.")
    routes: tuple[VpcRoute, ...] = many(VpcRoute, "Static routes of its router, as to a virtual router in it.")


@dataclass(frozen=True)
class PodSubnet:
    """A subnet from which Kube-OVN gives addresses: a VLAN of the machines, or a part of the overlay."""

    name: str = own_name("Name of the subnet.")
    subnet: Subnet = one(scalars.SUBNET, "Its addresses; IPv4, and used nowhere else.")
    vlan: int | None = one(
        scalars.VLAN,
        "The VLAN in which its pods and virtual machines are, one of `vlans` of a network.",
        default=None,
        shown_default="none: a part of the overlay",
    )
    gateway: Address | None = one(
        scalars.ADDRESS,
        "The router that is in the VLAN. Without one, pods of `namespaces` are routed by Kube-OVN.",
        default=None,
    )
    exclude: tuple[AddressRange, ...] = many(
        notations.ADDRESS_RANGE,
        "Addresses of the subnet that others have, and pods never get.",
        example="[10.101.0.2-10.101.0.99]",
    )
    namespaces: tuple[str, ...] = many(
        scalars.LABEL_NAME,
        "Namespaces whose pods and virtual machines have their first interface in it. One that does not exist is made. "
        "Not with a VLAN that is an attachment.",
        example="[desktops]",
    )
    vpc: str | None = one(
        scalars.LABEL_NAME,
        "The network of a tenant, one of `network.vpcs`. Its subnets may have addresses that other networks have too.",
        default=None,
        shown_default="that of the cluster",
        example="red",
    )
    private: bool = one(
        scalars.BOOLEAN,
        "Only pods of the subnet, nodes, and pods of `allow` reach its pods. Not in a VLAN.",
        default=False,
    )
    allow: tuple[Subnet, ...] = many(
        scalars.SUBNET, "Subnets from which pods of a `private` one are reached.", example="[10.104.0.0/24]"
    )
