# SPDX-License-Identifier: GPL-3.0-or-later
"""ARP probes (RFC 826; RFC 5227, section 2.1.1): who else has an IPv4 address of this machine."""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Collection
from dataclasses import dataclass

from ..waiting.deadline import Deadline

ETHERTYPE = 0x0806
REQUEST, REPLY = 1, 2
#: RFC 5227 sends three probes a second or two apart, since links may have just come up. These are in use already.
PROBES, PAUSE = 3, 0.5
_NONE, _ALL = b"\0" * 6, b"\xff" * 6


@dataclass(frozen=True)
class Packet:
    """What a packet says: the sender's addresses, and the IPv4 address that it is about."""

    mac: str
    sender: str
    target: str


def probe(mac: str, address: str) -> bytes:
    """A probe for an address: a broadcast request whose sender has no address, so that it changes nobody's cache."""
    own, about = bytes.fromhex(mac.replace(":", "")), ipaddress.IPv4Address(address).packed
    head = _ALL + own + struct.pack("!HHHBBH", ETHERTYPE, 1, 0x0800, 6, 4, REQUEST)
    return head + own + b"\0" * 4 + _NONE + about


def parse(frame: bytes) -> Packet | None:
    """Read an untagged frame; None for one that is no ARP for IPv4 over Ethernet."""
    if len(frame) < 42 or struct.unpack_from("!HHHBB", frame, 12) != (ETHERTYPE, 1, 0x0800, 6, 4):
        return None
    mac, sender, __, target = struct.unpack_from("!6s4s6s4s", frame, 22)
    return Packet(mac.hex(":"), str(ipaddress.IPv4Address(sender)), str(ipaddress.IPv4Address(target)))


def claims(packet: Packet, address: str, own: Collection[str]) -> bool:
    """Whether another machine has the address: it says so, or it probes for it too (RFC 5227, section 2.1.1).

    :param own: the MAC addresses of this machine.
    """
    probes = packet.sender == "0.0.0.0" and packet.target == address
    return packet.mac not in own and (packet.sender == address or probes)


def others(interface: str, mac: str, address: str, own: Collection[str]) -> set[str]:
    """MAC addresses of other machines that have the address, after probes out of an interface.

    :raises OSError: there is no such interface, or no right to send raw frames (CAP_NET_RAW).
    """
    found: set[str] = set()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE)) as link:
        link.bind((interface, ETHERTYPE))
        for _probe in range(PROBES):
            link.send(probe(mac, address))
            deadline = Deadline(PAUSE)
            while (left := deadline.left()) > 0:
                link.settimeout(left)
                try:
                    packet = parse(link.recv(128))
                except TimeoutError:
                    break
                if packet and claims(packet, address, own):
                    found.add(packet.mac)
    return found
