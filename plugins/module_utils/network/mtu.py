# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The MTU of every path, from one formula.

An MTU is the largest IP packet of a link in bytes: headers below IP (Ethernet, VLAN tag) are not part of it. A link has
the MTU of the largest network that it carries, a VLAN that of its network, and what is inside a tunnel that of the
network below, less the headers that the tunnel adds. A virtual machine in the network of pods has the MTU of its pod.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..promises.tunnel import Encapsulation, Tunnel

ETHERNET = 1500  # RFC 894
#: A link with a smaller MTU has no IPv6 (RFC 8200, section 5); Linux then takes its IPv6 addresses away.
IPV6_LEAST = 1280
IPV6_SOURCE = "RFC 8200, section 5"


@dataclass(frozen=True)
class Header:
    """A header that a packet gets on its way: its size in bytes, and what says so."""

    name: str
    size: int
    source: str


IP = {4: Header("IPv4", 20, "RFC 791, section 3.1"), 6: Header("IPv6", 40, "RFC 8200, section 3")}
ECHO = {4: Header("ICMP echo", 8, "RFC 792"), 6: Header("ICMPv6 echo", 8, "RFC 4443, section 4.1")}
UDP = Header("UDP", 8, "RFC 768")
INNER = Header("Ethernet of the packet inside", 14, "IEEE 802.3, clause 3.1.1")
OWN = {
    Encapsulation.VXLAN: Header("VXLAN", 8, "RFC 7348, section 5"),
    Encapsulation.GENEVE: Header("Geneve", 8, "RFC 8926, section 3.4"),
}
#: The header of a data message, 16 bytes, and the tag that authenticates it, another 16.
WIREGUARD = Header("WireGuard", 32, "WireGuard's protocol, section 5.4.6 of its paper (NDSS 2017)")


def headers(tunnel: Tunnel, version: int) -> tuple[Header, ...]:
    """What a packet gets in a tunnel between nodes that have addresses of an IP version, from the outside."""
    found: list[Header] = []
    if tunnel.encrypted:
        found += [IP[version], UDP, WIREGUARD]
    own = OWN.get(tunnel.encapsulation)
    if own:
        found += [IP[version], UDP, own]
        if tunnel.options:
            found.append(Header(f"options of {own.name}", tunnel.options, tunnel.source))
        found.append(INNER)
    return tuple(found)


def overhead(tunnel: Tunnel, version: int) -> int:
    """Bytes that a tunnel takes away from the MTU of the network below."""
    return max(tunnel.least, sum(header.size for header in headers(tunnel, version)))


def inside(outer: int, tunnel: Tunnel, version: int) -> int:
    """The largest MTU that fits into a tunnel over a network with the MTU `outer`."""
    return outer - overhead(tunnel, version)


def carrier(carried: t.Iterable[int], own: int | None = None) -> int:
    """The MTU of a link that carries networks: the largest of theirs, and not less than the link's own."""
    sizes = [*carried, *([] if own is None else [own])]
    return max(sizes, default=ETHERNET)


@dataclass(frozen=True)
class Echo:
    """Bytes of payload of echo requests that may not be fragmented: the largest that passes, and one that does not."""

    passes: int
    refused: int


def echo(mtu: int, version: int) -> Echo:
    """What has to pass between two hosts, and what must not, where the path between them has exactly this MTU."""
    passes = mtu - IP[version].size - ECHO[version].size
    return Echo(passes, passes + 1)


@dataclass(frozen=True)
class Hop:
    """One part of a path, its MTU, and where that is from."""

    name: str
    mtu: int
    why: str


def describe(tunnel: Tunnel, version: int) -> str:
    """What a tunnel takes, as text: `less 50 of vxlan over IPv4`."""
    taken = overhead(tunnel, version)
    named = " and WireGuard" if tunnel.encrypted and tunnel.encapsulation is not Encapsulation.NONE else ""
    what = "WireGuard" if tunnel.encrypted and not named else f"{tunnel.encapsulation}{named}"
    if taken and not headers(tunnel, version):
        return f"less {taken} of {tunnel.source}"
    return f"less {taken} of {what} over {IP[version].name}" if taken else "there is no tunnel"
