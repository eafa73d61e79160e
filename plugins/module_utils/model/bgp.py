# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for BGP between nodes and routers."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import notations, scalars
from .fields import many, named, one, own_name
from .scalars import Address, Subnet


@dataclass(frozen=True)
class BgpPeer:
    """A router with which nodes have sessions, such as a top-of-rack switch."""

    name: str = own_name("Name of the peer; best that of its switch.")
    address: Address = one(scalars.ADDRESS, "Its address, in the network of `kubernetes.endpoint`.")
    as_number: int = one(notations.AS_NUMBER, "Its AS number.")
    switch: str | None = one(
        scalars.DEVICE_NAME,
        "The switch of the model that it is. Its end of the sessions is configured with its ports; an interface with "
        "the address has to be there.",
        default=None,
        shown_default="a router that people configure",
        example="tor1",
    )
    racks: tuple[str, ...] = many(
        scalars.DEVICE_NAME,
        "Racks whose machines have a session with it.",
        shown_default="those of all machines",
        example="[r1]",
    )
    password: t.Any = one(
        scalars.SECRET, "Password of its sessions (TCP MD5).", default=None, secret=True, shown_default="none"
    )
    accept: tuple[Subnet, ...] = many(
        scalars.SUBNET,
        "Subnets inside which nodes take its routes; `0.0.0.0/0` alone is every route.",
        shown_default="all routes",
        example="[10.0.0.0/8]",
    )
    announce: tuple[Subnet, ...] = many(
        scalars.SUBNET,
        "Subnets inside which nodes announce routes to it.",
        shown_default="pods, and the services that are announced",
        example="[10.64.0.0/14]",
    )

    impossible: t.ClassVar[t.Mapping[str, tuple[str, str]]] = {
        "bfd": ("is not possible with calico, whose BGPPeer has no BFD", "remove it"),
    }


@dataclass(frozen=True)
class Bgp:
    """Routes to pods and services by BGP: the side of nodes, and that of peers which are switches of the model."""

    as_number: int = one(
        notations.AS_NUMBER,
        "AS number of all nodes. Private ones are 64512 to 65534 and 4200000000 to 4294967294 (RFC 6996).",
        default=64512,
    )
    mesh: bool = one(
        scalars.BOOLEAN,
        "Each node has a session with each other one. Without it, nodes learn each other's routes from peers.",
        default=True,
    )
    services: bool = one(scalars.BOOLEAN, "Addresses of services (`kubernetes.services`) are announced.", default=False)
    load_balancers: tuple[Subnet, ...] = many(
        scalars.SUBNET,
        "Subnets from which services of type LoadBalancer get addresses, which are announced.",
        example="[10.99.0.0/24]",
    )
    peers: t.Mapping[str, BgpPeer] = named(BgpPeer, "Routers with which nodes have sessions.")
