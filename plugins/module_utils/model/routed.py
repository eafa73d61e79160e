# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routed links: a cable with one address at each end and no VLAN, of a machine and the switch that routes for it.

Each link has a subnet of two addresses of its pool: a /31 of IPv4 (RFC 3021), a /127 of IPv6 (RFC 6164). Both ends
follow from the pool and the machine's number, so they never change when machines come or go.
"""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from ..fabric.routed import PREFIX
from . import scalars
from .fields import many, one, own_name
from .scalars import Address, Subnet

#: The key of the model with the pools.
SECTION = "routed_links"


@dataclass(frozen=True)
class RoutedLinks:
    """The routed links of many machines, one of each: usually those to one switch."""

    name: str = own_name("Name of the pool, which a link of a machine names as `routed`.")
    pool: Subnet = one(
        scalars.SUBNET,
        "Addresses of the links, or one subnet of each IP version. The link of machine N has the Nth /31 (or /127) of "
        "it: the switch has the even address, the machine the odd one.",
        second="second_pool",
        example='[10.50.1.0/24, "fd00:50:1::/120"]',
    )
    mtu: int = one(scalars.MTU, "MTU of both ends.", default=1500, unit="bytes")
    routes: tuple[Subnet, ...] = many(
        scalars.SUBNET,
        "What machines reach by the switch: `0.0.0.0/0` for all that no other network of a machine leads to.",
        example="[10.0.0.0/8]",
    )
    second_pool: Subnet | None = None

    @property
    def pools(self) -> tuple[Subnet, ...]:
        """Its subnets, one of each IP version that it has."""
        return tuple(one for one in (self.pool, self.second_pool) if one is not None)


class Ends(t.NamedTuple):
    """Both ends of one link, with their prefix: ``10.50.1.14/31`` and ``10.50.1.15/31``."""

    switch: ipaddress.IPv4Interface | ipaddress.IPv6Interface
    machine: ipaddress.IPv4Interface | ipaddress.IPv6Interface

    @property
    def version(self) -> int:
        """The IP version of both."""
        return self.switch.version

    @property
    def router(self) -> Address:
        """The address of the switch."""
        return self.switch.ip


def ends_in(pool: Subnet, number: int) -> Ends | None:
    """Both ends of the link of a machine; None where the pool has no link of its number."""
    first, length = 2 * number, PREFIX[pool.version]
    if first + 1 >= pool.num_addresses:
        return None
    switch, machine = (ipaddress.ip_interface(f"{pool.network_address + first + end}/{length}") for end in (0, 1))
    return Ends(switch, machine)


def both_ends(links: RoutedLinks, number: int | None) -> list[Ends]:
    """Both ends of the link of a machine, of each IP version of its pool."""
    found = (ends_in(pool, number) for pool in links.pools if number is not None)
    return [one for one in found if one is not None]
