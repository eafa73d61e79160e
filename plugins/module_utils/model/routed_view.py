# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from routed links for both ends: addresses and routes of the machine, ports of the switches.

The functions also accept a cloud with errors (fields may be None), because the checks use them as well.
"""

from __future__ import annotations

import typing as t

from .hardware import Machine
from .layout import Layout
from .nics import Nic
from .routed import Ends, RoutedLinks, both_ends
from .scalars import Subnet
from .wiring import HostLink, number_of

View = dict[str, t.Any]


class RoutedLink(t.NamedTuple):
    """A routed link of a machine.

    :ivar ends: both addresses, of each IP version of the pool; none where the pool is too small.
    """

    link: HostLink
    nic: Nic
    pool: RoutedLinks
    ends: list[Ends]

    @property
    def by_default(self) -> set[int]:
        """The IP versions of which the switch is the default router."""
        return {one.version for one in self.pool.routes if is_default(one)}


def is_default(route: Subnet) -> bool:
    """Whether a route leads to everything."""
    return route.prefixlen == 0


def routed_of(layout: Layout, machine: Machine) -> list[RoutedLink]:
    """The routed links of a machine, in the order of the model."""
    pools, number = layout.cloud.routed_links, number_of(machine)
    return [
        RoutedLink(link, link.nics[0], pool, both_ends(pool, number))
        for link in layout.wiring.of(machine)
        if link.nics and (pool := pools.get(link.routed or "")) is not None
    ]


def addresses(routed: list[RoutedLink]) -> list[View]:
    """The machine's addresses as the input of the role `host_network` has them."""
    return [
        {
            "network": item.pool.name,
            "link": item.link.name,
            "vlan": None,
            "interface": item.link.name,
            "address": str(ends.machine),
            "mtu": item.pool.mtu,
            "gateway": str(ends.router) if ends.version in item.by_default else None,
            "routes": [
                {"to": str(one), "via": str(ends.router)}
                for one in item.pool.routes
                if one.version == ends.version and not is_default(one)
            ],
        }
        for item in routed
        for ends in item.ends
    ]


def peers(routed: list[RoutedLink]) -> dict[str, list[str]]:
    """Who has to answer on each link: the switch."""
    return {item.pool.name: [str(ends.router) for ends in item.ends] for item in routed}


def proved(routed: list[RoutedLink]) -> list[View]:
    """The links as the input of the role `prove` has networks."""
    return [
        {
            "name": item.pool.name if ends is item.ends[0] else f"{item.pool.name} (IPv{ends.version})",
            "interface": item.link.name,
            "mtu": item.pool.mtu,
            "peers": [str(ends.router)],
        }
        for item in routed
        for ends in item.ends
    ]


def port(machine: Machine, item: RoutedLink) -> View:
    """The switch's end, as the input of the role `switch` has it."""
    return {
        "name": item.nic.port.port if item.nic.port else "",
        "description": f"{machine.name}.{item.nic.name}",
        "mode": "routed",
        "addresses": [str(ends.switch) for ends in item.ends],
        "vlans": [],
        "mtu": item.pool.mtu,
    }
