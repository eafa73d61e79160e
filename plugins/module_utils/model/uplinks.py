# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for the links of a switch that no machine is at the end of: uplinks, devices, peer links."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

from dataclasses import dataclass

from . import enums, scalars
from .fields import many, one, own_name
from .scalars import Address, Subnet

#: The word for no untagged VLAN.
NO_NATIVE = "none"


@dataclass(frozen=True)
class UplinkLacp:
    """How the aggregation of an uplink is negotiated."""

    mode: enums.LacpMode = one(
        enums.LacpMode,
        "Whether the switch begins the negotiation; `static` is an aggregation without LACP.",
        default=enums.LacpMode.ACTIVE,
    )
    rate: enums.LacpRate = one(enums.LacpRate, "Interval of LACP packets.", default=enums.LacpRate.FAST)


@dataclass(frozen=True)
class PortProfile:
    """What many ports have in common, written once: uplinks, devices, machines and their links name it.

    The ports of machines take `mtu`, `edge` and `description` of it; all else of them follows from the machine.
    """

    name: str = own_name("Name of the profile.", scalars.DEVICE_NAME)
    networks: tuple[str, ...] = many(
        scalars.TEXT, "Networks on the port; `[all]` for every network.", example="[management, storage]"
    )
    mode: enums.PortMode | None = one(
        enums.PortMode, "How VLANs are carried.", default=None, shown_default="`access` for one network, else `trunk`"
    )
    native: str | None = one(
        scalars.TEXT,
        "The network that is untagged on a trunk; `none` for none.",
        default=None,
        shown_default="the provision network, where it is one of the networks",
    )
    lacp: UplinkLacp | None = one(UplinkLacp, "How an aggregation is negotiated.", default=None)
    mtu: int | None = one(
        scalars.MTU,
        "MTU of the port, which may be more than its networks need.",
        default=None,
        unit="bytes",
        shown_default="what its networks need",
    )
    edge: bool | None = one(
        scalars.BOOLEAN,
        "Whether it is an edge port: it forwards at once, and the switch shuts it if a BPDU arrives (BPDU guard).",
        default=None,
        shown_default="yes for machines and devices, no for uplinks",
    )
    description: str | None = one(
        scalars.TEXT,
        "Written to the port's description; that of a machine's port begins with the names of machine and NIC.",
        default=None,
        shown_default="`uplink` or `device`",
    )


@dataclass(frozen=True)
class Uplink:
    """A switch port, or an aggregation of ports, that is not cabled to a machine but to other networks for example."""

    profile: str | None = one(
        scalars.DEVICE_NAME,
        "One of `port_profiles`: keys that it has unless it sets them itself.",
        default=None,
        example="office",
    )
    networks: tuple[str, ...] = many(
        scalars.TEXT,
        "Networks on this port; `[all]` for every network.",
        shown_default="those of its profile",
        example="[provision, management]",
    )
    mode: enums.PortMode | None = one(
        enums.PortMode, "How VLANs are carried.", default=None, shown_default="`access` for one network, else `trunk`"
    )
    native: str | None = one(
        scalars.TEXT,
        "The network that is untagged on this trunk; `none` for none.",
        default=None,
        shown_default="the provision network, where it is one of the networks",
    )
    members: tuple[str, ...] = many(
        scalars.PORT_NAME,
        "Ports of an aggregation (LAG), which has the name of this key. Without them, the name is that of a port.",
        example="[Ethernet49, Ethernet50]",
    )
    lacp: UplinkLacp | None = one(UplinkLacp, "How the aggregation is negotiated.", default=None)
    mlag: int | None = one(
        scalars.NUMBER,
        "Identifier of an aggregation over both switches of an MLAG pair; the other switch has one of the same "
        "name with it. Machines have their numbers as identifiers.",
        default=None,
    )
    mtu: int | None = one(
        scalars.MTU,
        "MTU of the port, which may be more than its networks need.",
        default=None,
        unit="bytes",
        shown_default="what its networks need",
    )
    edge: bool | None = one(
        scalars.BOOLEAN,
        "Whether it is an edge port: it forwards at once, and the switch shuts it if a BPDU arrives (BPDU guard).",
        default=None,
        shown_default="that of its profile, else no",
    )
    description: str | None = one(
        scalars.TEXT,
        "Written to the port's description.",
        default=None,
        shown_default="that of its profile, else `uplink`",
    )


@dataclass(frozen=True)
class Device(Uplink):
    """A switch port, a range of ports, or an aggregation, with a device that is no machine of the model."""

    edge: bool | None = one(
        scalars.BOOLEAN,
        "Whether it is an edge port: it forwards at once, and the switch shuts it if a BPDU arrives (BPDU guard).",
        default=None,
        shown_default="that of its profile, else yes",
    )
    description: str | None = one(
        scalars.TEXT,
        "Written to the port's description.",
        default=None,
        shown_default="that of its profile, else `device`",
    )


@dataclass(frozen=True)
class Keepalive:
    """How two switches of an MLAG pair see each other besides the peer link."""

    address: Address | None = one(
        scalars.ADDRESS, "This switch's address for it.", default=None, shown_default="its management address"
    )
    vrf: str | None = one(
        scalars.PORT_NAME,
        "VRF of both switches' addresses.",
        default=None,
        shown_default="the platform's own",
        example="mgmt",
    )


@dataclass(frozen=True)
class Mlag:
    """The MLAG (vPC, MC-LAG) pair that a switch is one of.

    `mlag: leaf2` is short for `mlag: {peer: leaf2}`. With `peer_link` the domain is configured; without, the switches
    have one already. Keys but `peer`, `peer_link` and `keepalive.address` hold for both switches: one of them has it.
    """

    peer: str = one(scalars.DEVICE_NAME, "The other switch of the pair; it must name this one.", checked_only=True)
    peer_link: tuple[str, ...] = many(
        scalars.PORT_NAME,
        "This switch's ports of the link to the other one, by which the domain is configured.",
        example="[Ethernet47, Ethernet48]",
    )
    domain: int | None = one(
        scalars.NUMBER,
        "Number of the domain, 1 to 1000; pairs that reach each other on layer 2 need different ones.",
        default=None,
        shown_default="1",
    )
    vlan: int | None = one(
        scalars.VLAN,
        "VLAN of the switches' own traffic on the peer link (`eos`, `sonic`), which no network may have.",
        default=None,
        shown_default="4094",
    )
    subnet: Subnet | None = one(
        scalars.SUBNET,
        "Subnet of the switches' addresses in that VLAN; the switch whose name comes first has the first address.",
        default=None,
        shown_default="169.254.255.0/31",
    )
    keepalive: Keepalive | None = one(Keepalive, "The second way besides the peer link.", default=None)
