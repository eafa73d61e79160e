# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for addresses of services of type LoadBalancer."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..cluster.address_ranges import AddressRange
from ..cluster.bgp import HOLD_SECONDS, PORT
from ..fabric.bgp import BFD_INTERVAL, BFD_MULTIPLIER
from . import enums, notations, scalars
from .fields import many, named, one, own_name
from .scalars import Address, whole


@dataclass(frozen=True)
class AddressPool:
    """Addresses that services get."""

    name: str = own_name("Name of the pool.")
    addresses: tuple[AddressRange, ...] = many(
        notations.ADDRESS_RANGE,
        "Its addresses, which no host has. Those of a pool that is announced by `layer2` are in one network of the "
        "model, and are announced on the machines' interfaces in it.",
        example="[10.30.0.200-10.30.0.220]",
    )
    announce: enums.Announcement = one(
        enums.Announcement, "How the addresses are announced.", default=enums.Announcement.LAYER2
    )
    auto: bool = one(
        scalars.BOOLEAN,
        "Services get its addresses without asking. Otherwise a service names the pool, with `metallb` in its "
        "annotation `metallb.io/address-pool`, with `cilium` in its label `groundup.cloud/pool`.",
        default=True,
    )
    nodes: tuple[str, ...] = many(
        scalars.MACHINE_NAME,
        "Machines that announce the addresses.",
        shown_default="all that have a role besides control_plane, or all if none has",
    )


@dataclass(frozen=True)
class Bfd:
    """Bidirectional Forwarding Detection of sessions (RFC 5880), by which an end soon notices the loss of the other."""

    interval: int = one(
        whole("interval", *BFD_INTERVAL),
        "Time between two packets, in both directions.",
        default=300,
        unit="milliseconds",
    )
    multiplier: int = one(
        whole("multiplier", *BFD_MULTIPLIER), "A session ends after so many packets that did not arrive.", default=3
    )

    @property
    def milliseconds(self) -> int:
        """After so much time without a packet, a session ends."""
        return self.interval * self.multiplier


@dataclass(frozen=True)
class LoadBalancerPeer:
    """A router to which machines announce addresses by BGP."""

    name: str = own_name("Name of the router.")
    address: Address = one(scalars.ADDRESS, "Its address.")
    as_number: int = one(notations.AS_NUMBER, "Its AS number.")
    own_as_number: int = one(notations.AS_NUMBER, "The AS number of the machines.")
    switch: str | None = one(
        scalars.DEVICE_NAME,
        "The switch of the model that it is. Its end of the sessions is configured with its ports; an interface with "
        "the address has to be there.",
        default=None,
        shown_default="a router that people configure",
        example="tor1",
    )
    port: int = one(scalars.TCP_PORT, "Its TCP port.", default=PORT)
    password: t.Any = one(
        scalars.SECRET, "Password of the sessions (RFC 2385); take it from a vault.", default=None, secret=True
    )
    hold_seconds: int = one(
        scalars.COUNT,
        "After so much time without a message, each side withdraws what the other announced; 0 for never.",
        default=HOLD_SECONDS,
        unit="seconds",
    )
    bfd: Bfd | None = one(
        Bfd,
        "BFD of its sessions, at both ends if it is a `switch`; `{}` is 3 packets of 300 ms. With `metallb` only, "
        "which then runs with FRR.",
        default=None,
        shown_default="none",
        example="{interval: 300, multiplier: 3}",
    )
    nodes: tuple[str, ...] = many(
        scalars.MACHINE_NAME,
        "Machines that speak to it.",
        shown_default="those that announce a pool by `bgp`",
    )


@dataclass(frozen=True)
class LoadBalancer:
    """Addresses for services of type LoadBalancer."""

    provider: enums.LoadBalancerProvider = one(
        enums.LoadBalancerProvider,
        "Provider; with the network `cilium` that is `cilium`, with all others `metallb`.",
        default=enums.LoadBalancerProvider.METALLB,
        checked_only=True,
    )
    pools: t.Mapping[str, AddressPool] = named(AddressPool, "Pools of addresses.")
    peers: t.Mapping[str, LoadBalancerPeer] = named(LoadBalancerPeer, "Routers, for pools that are announced by `bgp`.")

    @property
    def needs_frr(self) -> bool:
        """Whether MetalLB needs FRR, without which it has no BFD."""
        return any(peer.bfd for peer in self.peers.values())

    def announced(self, how: enums.Announcement) -> list[AddressPool]:
        """The pools that are announced so."""
        return [pool for pool in self.pools.values() if pool.announce is how]
