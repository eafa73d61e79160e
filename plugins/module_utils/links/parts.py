# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's network as values: NICs, links with their bonds, VLANs, bridges and addresses. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

#: modes in which the kernel chooses the member by a hash of the packet (Linux Documentation/networking/bonding.rst,
#: ``xmit_hash_policy``)
HASHED = ("802.3ad", "balance-xor")
#: modes with one preferred member (the same, ``primary``)
PREFERRED = ("active-backup", "balance-tlb", "balance-alb")


@dataclass(frozen=True)
class Nic:
    """A physical port: ``mac`` is its permanent address; ``port`` ("leaf1/Ethernet1") is the switch port of its
    cable in the model."""

    name: str
    mac: str
    port: str | None = None


@dataclass(frozen=True)
class Bond:
    """A link aggregation of ``members``; ``mac`` is that of the NIC which boots, for which DHCP has an address.

    ``hash_policy`` is None in modes that choose the member in another way.
    """

    name: str
    mode: str
    members: tuple[Nic, ...]
    mac: str
    lacp_rate: str
    primary: str | None
    hash_policy: str | None = None


@dataclass(frozen=True)
class Link:
    """What carries networks: a bond, or a single NIC (then ``bond`` is None). ``mtu`` in bytes."""

    name: str
    nics: tuple[Nic, ...]
    mtu: int
    bond: Bond | None = None


@dataclass(frozen=True)
class Vlan:
    """A VLAN above a link. ``mtu`` in bytes."""

    link: str
    number: int
    mtu: int

    @property
    def name(self) -> str:
        """Name of its device."""
        return device(self.link, self.number)


@dataclass(frozen=True)
class Address:
    """One network of the host: its link, its interface address, its gateway and its routes.

    ``table``: the number of a route table of its own (ip-rule(8)), which packets from this address use. The gateway is
    the default route of that table then, and not of the host.
    """

    network: str
    vlan: int | None
    address: str
    mtu: int
    gateway: str | None
    routes: tuple[tuple[str, str], ...]
    link: str
    table: int | None = None

    @property
    def router(self) -> str | None:
        """The host's default route by this network."""
        return None if self.table else self.gateway

    @property
    def own_routes(self) -> tuple[tuple[str, str], ...]:
        """Routes of its table: to the network itself, to where its other routes lead, and to all else."""
        if self.table is None:
            return ()
        network = str(ipaddress.ip_interface(self.address).network)
        return ((network, ""), *self.routes, *((("default", self.gateway),) if self.gateway else ()))

    @property
    def device(self) -> str:
        """Name of the device that has the address: the link, or its VLAN."""
        return device(self.link, self.vlan)

    @property
    def version(self) -> int:
        """IP version, 4 or 6."""
        return ipaddress.ip_interface(self.address).version


@dataclass(frozen=True)
class Bridge:
    """A bridge whose port is the VLAN ``vlan`` of ``link``."""

    name: str
    vlan: int
    mtu: int
    address: str | None
    link: str

    @property
    def port(self) -> str:
        """Name of the device of its VLAN."""
        return device(self.link, self.vlan)


@dataclass(frozen=True)
class Lent:
    """A VLAN of a link that the host has for another program, which makes it a port of its own switch."""

    vlan: int
    mtu: int
    link: str

    @property
    def name(self) -> str:
        """Name of its device."""
        return device(self.link, self.vlan)


@dataclass(frozen=True)
class NetworkSpec:
    """A host's network: at least one link, and what is above the links. ``backend``: what configures them there."""

    links: tuple[Link, ...]
    addresses: tuple[Address, ...]
    bridges: tuple[Bridge, ...]
    dns: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    hostname: str | None = None
    fqdn: str | None = None
    peers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    timeout: int = 180
    backend: str = "networkd"
    lent: tuple[Lent, ...] = ()

    @property
    def nics(self) -> tuple[Nic, ...]:
        """The NICs of all links."""
        return tuple(nic for link in self.links for nic in link.nics)

    @property
    def bonds(self) -> tuple[Bond, ...]:
        """The bonds among the links."""
        return tuple(link.bond for link in self.links if link.bond)

    @property
    def vlans(self) -> tuple[Vlan, ...]:
        """VLANs above the links, each with the largest MTU of its networks."""
        return tuple(vlan for link in self.links for vlan in self.above(link))

    @property
    def six(self) -> bool:
        """Whether any address is IPv6."""
        return any(address.version == 6 for address in self.addresses)

    @property
    def tables(self) -> tuple[tuple[int, int], ...]:
        """Further route tables, as (IP version, number)."""
        return tuple((item.version, item.table) for item in self.addresses if item.table)

    def above(self, link: Link) -> Iterator[Vlan]:
        """VLANs above one link."""
        tagged = [(a.vlan, a.mtu) for a in self.addresses if a.vlan is not None and a.link == link.name]
        tagged += [(bridge.vlan, bridge.mtu) for bridge in self.bridges if bridge.link == link.name]
        tagged += [(lent.vlan, lent.mtu) for lent in self.lent if lent.link == link.name]
        for number in sorted({number for number, _mtu in tagged}):
            yield Vlan(link.name, number, max(mtu for other, mtu in tagged if other == number))

    def on(self, name: str) -> list[Address]:
        """Addresses of one device."""
        return [address for address in self.addresses if address.device == name]

    def bridge_of(self, name: str) -> str | None:
        """Name of the bridge of which the device of a VLAN is a port."""
        return next((bridge.name for bridge in self.bridges if bridge.port == name), None)

    def is_lent(self, name: str) -> bool:
        """Whether the device of a VLAN is another program's."""
        return any(one.name == name for one in self.lent)


def device(link: str, vlan: int | None) -> str:
    """Name of the device of a VLAN of a link (None: untagged)."""
    return link if vlan is None else f"{link}.{vlan}"
