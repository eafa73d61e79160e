# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several addresses answer an ICMP echo request.

There are two functions, since neither works in both places: ``by_socket`` needs CAP_NET_RAW and no program, for
machines that may have no ping installed; ``by_program`` needs ping (iputils) and no rights, for the controller.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import subprocess
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from ..waiting.deadline import Deadline
from .mtu import IP, echo

IP_MTU_DISCOVER, IP_PMTUDISC_PROBE = 10, 3  # linux/in.h: set DF and ignore the path MTU that was discovered
IPV6_MTU_DISCOVER, IPV6_DONTFRAG = 23, 62  # linux/in6.h: the same, and no fragments by the sender
#: Types of an echo request and of its answer, by IP version (RFC 792; RFC 4443, section 4).
ECHO = {4: (8, 0), 6: (128, 129)}


def payload(address: str, mtu: int) -> int:
    """Bytes of payload with which an echo request to ``address`` is a packet of exactly ``mtu`` bytes."""
    return echo(mtu, ipaddress.ip_address(address).version).passes


def by_program(
    peers: Collection[str], *, interface: str | None = None, mtu: int | None = None, count: int = 1, seconds: int = 1
) -> set[str]:
    """Those of ``peers`` that answer within ``seconds`` at least one of ``count`` requests; all are pinged at once.

    With ``mtu`` the packets have exactly this size and may not be fragmented; with ``interface`` they are sent from it.

    :raises FileNotFoundError: the program ping is not installed.
    """

    def answers(peer: str) -> bool:
        exact = [] if mtu is None else ["-M", "do", "-s", str(payload(peer, mtu))]
        leave = [] if interface is None else ["-I", interface]
        command = ["ping", "-n", "-q", "-c", str(count), "-W", str(seconds), *exact, *leave, "--", peer]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    if not peers:
        return set()
    with ThreadPoolExecutor(len(peers)) as pool:
        return {peer for peer, good in zip(peers, pool.map(answers, peers), strict=True) if good}


def by_socket(peers: Collection[str], mtu: int, interface: str, seconds: float = 2.0) -> set[str]:
    """Those of ``peers`` that answer a packet of exactly ``mtu`` bytes out of ``interface``, which may not be
    fragmented; all of an IP version are pinged at once, and those that were silent once more (RFC 792, RFC 4443,
    ip(7), ipv6(7))."""
    found: set[str] = set()
    for version in (4, 6):
        own = {peer for peer in peers if (":" in peer) == (version == 6)}
        found |= _by_socket(version, own, mtu, interface, seconds) if own else set()
    return found


def _raw(version: int, interface: str) -> socket.socket:
    """A socket for ICMP of an IP version."""
    if version == 4:
        link = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        link.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
    else:
        link = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        link.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_PROBE)
        link.setsockopt(socket.IPPROTO_IPV6, IPV6_DONTFRAG, 1)
    link.setsockopt(socket.SOL_SOCKET, 25, interface.encode() + b"\0")  # SO_BINDTODEVICE
    return link


def _by_socket(version: int, peers: set[str], mtu: int, interface: str, seconds: float) -> set[str]:
    identifier = os.getpid() & 0xFFFF
    found: set[str] = set()
    with _raw(version, interface) as link:
        for sequence in (1, 2):
            for peer in peers - found:
                try:
                    link.sendto(request(identifier, sequence, mtu, version), (peer, 0))
                except OSError:  # no route, link down, larger than the link's MTU: no answer, which is what we report
                    continue
            found |= _collect(link, peers - found, identifier, mtu, Deadline(seconds / 2))
            if found == peers:
                break
    return found


def checksum(packet: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(packet) % 2:
        packet += b"\0"
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return int(~(total + (total >> 16)) & 0xFFFF)


def request(identifier: int, sequence: int, mtu: int, version: int = 4) -> bytes:
    """An echo request that makes a packet of exactly ``mtu`` bytes. The kernel computes the checksum of ICMPv6, which
    covers addresses as well (RFC 3542, section 3.1)."""
    content = bytes(index & 0xFF for index in range(echo(mtu, version).passes))
    kind = ECHO[version][0]
    total = checksum(struct.pack("!BBHHH", kind, 0, 0, identifier, sequence) + content) if version == 4 else 0
    return struct.pack("!BBHHH", kind, 0, total, identifier, sequence) + content


def _collect(link: socket.socket, missing: set[str], identifier: int, mtu: int, deadline: Deadline) -> set[str]:
    """Senders of the answers that arrive until all of ``missing`` have answered or the deadline has passed."""
    found: set[str] = set()
    while found != missing and (left := deadline.left()) > 0:
        link.settimeout(left)
        try:
            packet, sender = link.recvfrom(65536)
        except TimeoutError:
            break
        # A raw socket of IPv4 gets the header too, one of IPv6 does not.
        four = link.family == socket.AF_INET
        body = packet[(packet[0] & 0xF) * 4 :] if four else packet
        kind, _code, _sum, owner = struct.unpack("!BBHH", body[:6])
        size = len(packet) + (0 if four else IP[6].size)
        if kind == ECHO[4 if four else 6][1] and owner == identifier and size == mtu and sender[0] in missing:
            found.add(sender[0])
    return found
