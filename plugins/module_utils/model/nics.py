# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for a machine's network cards, its bonds, and the links that carry its networks."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

from dataclasses import dataclass

from . import enums, scalars
from .fields import many, one, own_name
from .scalars import PortRef


@dataclass(frozen=True)
class Nic:
    """A port of a network card, and the switch port at the other end of its cable."""

    name: str = own_name("Name of the NIC and of the machine's interface.")
    mac: str = one(scalars.MAC, "MAC address.", example='"52:54:00:00:01:01"')
    port: PortRef | None = one(
        scalars.PORT_REF, "The switch port it is cabled to.", default=None, example="leaf1/Ethernet1"
    )


@dataclass(frozen=True)
class Bond:
    """A bond of NICs."""

    mode: enums.BondMode = one(
        enums.BondMode,
        "Bonding mode. `balance-xor` needs an aggregation without LACP on the switch, which is derived too; the other "
        "modes beside `802.3ad` need none.",
        default=enums.BondMode.LACP,
    )
    members: tuple[str, ...] = many(
        scalars.TEXT, "NICs in the bond; required in `links`.", shown_default="all NICs of the machine"
    )
    lacp_rate: enums.LacpRate = one(enums.LacpRate, "Interval of LACP packets.", default=enums.LacpRate.FAST)
    hash_policy: enums.HashPolicy = one(
        enums.HashPolicy,
        "What chooses the NIC by which a packet leaves, in modes that use several.",
        default=enums.HashPolicy.LAYER34,
    )
    name: str = one(scalars.LABEL_NAME, "Name of the bond.", default="bond0")
    mtu: int | None = one(scalars.MTU, "MTU.", default=None, unit="bytes", shown_default="what its networks need")


@dataclass(frozen=True)
class Link:
    """A bond or a single NIC of a machine, and the networks that it carries."""

    name: str = own_name("Name of the link, for messages and pictures; its interface has the name of its bond or NIC.")
    bond: Bond | None = one(Bond, "The bond. One of `bond` and `nic` is required.", default=None)
    nic: str | None = one(scalars.LABEL_NAME, "The only NIC of a link without a bond.", default=None, example="nic2")
    networks: tuple[str, ...] = many(
        scalars.LABEL_NAME,
        "Networks on the link. One link may leave it out: it has those that no other link names. VLANs offered to VMs "
        "that no link names are on that link, or on the first.",
        shown_default="the machine's networks that no other link names",
        example="[storage]",
    )
    routed: str | None = one(
        scalars.LABEL_NAME,
        "Instead of `networks`: one of `routed_links`, for a NIC without VLANs whose switch port is a routed one.",
        default=None,
        example="leaf1",
    )
    native: str | None = one(
        scalars.LABEL_NAME,
        "The network that is untagged on this link.",
        default=None,
        shown_default="the provision network where the link has it, else none",
        example="storage",
    )
    port_profile: str | None = one(
        scalars.DEVICE_NAME,
        "One of `port_profiles`, for the switch ports of this link.",
        default=None,
        shown_default="that of the machine",
        example="jumbo",
    )
