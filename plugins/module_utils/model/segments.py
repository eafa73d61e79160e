# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for networks, which are one L2 domain or one in each rack."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import dataclasses
import functools
import typing as t
from dataclasses import dataclass

from . import scalars
from .fields import many, named, one, own_name
from .scalars import Address, Subnet, VlanRange


@dataclass(frozen=True)
class Route:
    """A static route of every machine in a network."""

    to: Subnet = one(scalars.SUBNET, "Destination.")
    via: Address = one(scalars.ADDRESS, "Router, an address inside the network's subnet.")


def in_order(item: Segment | Network) -> None:
    """Let the first router be of the IP version of the first subnet, where there are two subnets."""
    first, router = item.subnet, item.gateway
    if first and item.second_subnet and router and router.version != first.version:
        object.__setattr__(item, "gateway", item.second_gateway)
        object.__setattr__(item, "second_gateway", router)


@dataclass(frozen=True)
class Segment:
    """The part of a network in one rack: an L2 domain of its own, with its own subnet behind its own router."""

    name: str = own_name("The rack, as in `location.rack` of its machines.", scalars.DEVICE_NAME)
    subnet: Subnet | None = one(
        scalars.SUBNET, "Subnet of the machines in this rack.", default=None, second="second_subnet"
    )
    gateway: Address | None = one(
        scalars.ADDRESS,
        "Router of the subnet, by which the network's other racks are reached.",
        default=None,
        second="second_gateway",
    )
    vlan: int | None = one(scalars.VLAN, "VLAN in this rack.", default=None, shown_default="that of the network")
    routes: tuple[Route, ...] = many(Route, "Further static routes of the machines in this rack.")
    second_subnet: Subnet | None = None
    second_gateway: Address | None = None

    def __post_init__(self) -> None:
        """In whichever order routers are named, the first one is of the first subnet."""
        in_order(self)


@dataclass(frozen=True)
class Network:
    """A VLAN with a subnet for machines, or a range of VLANs that is offered to tenants."""

    name: str = own_name("Name of the network.")
    vlan: int | None = one(
        scalars.VLAN,
        "VLAN of the network. One of `vlan` and `vlans` is required, unless each of its `racks` has one.",
        default=None,
    )
    vlans: VlanRange | None = one(
        scalars.VLAN_RANGE,
        "VLANs offered to VMs and tenants, carried to every machine with the role `compute`.",
        default=None,
        example="100-199",
    )
    subnet: Subnet | None = one(
        scalars.SUBNET,
        "Subnet, or one of each IP version; required for networks in which machines have addresses.",
        default=None,
        second="second_subnet",
        example='[10.30.0.0/24, "fd00:30::/64"]',
    )
    gateway: Address | None = one(
        scalars.ADDRESS,
        "Router of the network, or one of each IP version.",
        default=None,
        second="second_gateway",
        example='[10.30.0.1, "fd00:30::1"]',
    )
    mtu: int = one(scalars.MTU, "MTU.", default=1500, unit="bytes")
    table: int | None = one(
        scalars.COUNT,
        "Number of a route table of its own on machines: answers from their addresses in this network leave by its "
        "gateway, which is no default route of the machine then.",
        default=None,
        example="40",
    )
    native: bool = one(
        scalars.BOOLEAN,
        "The network is untagged on the machines' ports. It is the provision network, over which machines boot.",
        default=False,
    )
    first: int = one(
        scalars.COUNT,
        "Offset of machine addresses: a machine's address is subnet + `first` + the machine's `number`.",
        default=20,
    )
    routes: tuple[Route, ...] = many(Route, "Static routes of every machine in the network.")
    racks: t.Mapping[str, Segment] = named(
        Segment,
        "Instead of `subnet`: the subnet of each rack, where racks are L2 domains of their own. Machines get routes to "
        "the subnets of the other racks.",
        names=scalars.DEVICE_NAME,
        example="{r1: {subnet: 10.10.1.0/24, gateway: 10.10.1.1}, r2: {subnet: 10.10.2.0/24, gateway: 10.10.2.1}}",
    )
    second_subnet: Subnet | None = None
    second_gateway: Address | None = None

    def __post_init__(self) -> None:
        """In whichever order routers are named, the first one is of the first subnet."""
        in_order(self)

    @functools.cached_property
    def subnets(self) -> tuple[Subnet, ...]:
        """Its subnets, one of each IP version that it has; the first is the one that counts where one is needed."""
        return tuple(one for one in (self.subnet, self.second_subnet) if one is not None)

    @functools.cached_property
    def gateways(self) -> tuple[Address, ...]:
        """Its routers, one of each IP version that has one."""
        return tuple(one for one in (self.gateway, self.second_gateway) if one is not None)

    def subnet_of(self, version: int) -> Subnet | None:
        """Its subnet of an IP version."""
        return next((one for one in self.subnets if one.version == version), None)

    def gateway_of(self, version: int) -> Address | None:
        """Its router of an IP version."""
        return next((one for one in self.gateways if one.version == version), None)

    @property
    def place(self) -> str:
        """The key of the model at which its subnet is."""
        return f"networks.{self.name}"

    @property
    def rack_name(self) -> str:
        """The rack, of a part of a network; empty for a whole one."""
        return ""

    @property
    def vlan_of_rack(self) -> bool:
        """Whether its VLAN is that of one rack only, which the name of the VLAN has to tell."""
        return False

    @functools.cached_property
    def parts(self) -> tuple[Network, ...]:
        """Its L2 domains: one for each rack, or the network itself."""
        return tuple(self._part(segment) for segment in self.racks.values()) or (self,)

    def _part(self, own: Segment) -> RackNetwork:
        kept = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        vlan = self.vlan if own.vlan is None else own.vlan
        parted: dict[str, t.Any] = {"vlan": vlan, "subnet": own.subnet, "gateway": own.gateway, "racks": {}}
        parted |= {"second_subnet": own.second_subnet, "second_gateway": own.second_gateway}
        parted |= {"routes": (*own.routes, *self._across(own)), "rack": own.name, "apart": vlan != self.vlan}
        return RackNetwork(**{**kept, **parted})

    def _across(self, own: Segment) -> list[Route]:
        """Routes to the other racks; none where the checks find fault with a subnet or the router."""
        others = [item for item in self.racks.values() if item is not own]
        subnets = [found for item in others for found in (item.subnet, item.second_subnet) if found]
        routes = []
        for subnet in (own.subnet, own.second_subnet):
            router = next((one for one in (own.gateway, own.second_gateway) if one and subnet and one in subnet), None)
            alike = [one for one in subnets if subnet and one.version == subnet.version and not one.overlaps(subnet)]
            routes += [Route(to=other, via=router) for other in alike if router]
        return routes

    def at(self, rack: str | None) -> Network:
        """What a device in a rack has of the network; the whole one, without a subnet, where the rack has no part."""
        return next((part for part in self.parts if part.rack_name == rack), self) if self.racks else self


@dataclass(frozen=True)
class RackNetwork(Network):
    """The part of a network in one rack, as its machines see it. It is derived, and no class of the model file."""

    rack: str = ""
    apart: bool = False

    @property
    def vlan_of_rack(self) -> bool:
        """Whether the rack has a VLAN of its own."""
        return self.apart

    @property
    def place(self) -> str:
        """The key of the model at which its subnet is."""
        return f"networks.{self.name}.racks.{self.rack}"

    @property
    def rack_name(self) -> str:
        """The rack."""
        return self.rack
