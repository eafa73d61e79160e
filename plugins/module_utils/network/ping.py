# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several addresses answer an ICMP echo request.

There are two functions, since neither works in both places: ``by_socket`` needs CAP_NET_RAW and no program, for
machines that may have no ping installed; ``by_program`` needs ping (iputils) and no rights, for the controller,
and knows IPv6.
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
from .mtu import echo

IP_MTU_DISCOVER, IP_PMTUDISC_PROBE = 10, 3  # linux/in.h: set DF and ignore the path MTU that was discovered


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
    """Those of ``peers`` (IPv4) that answer a packet of exactly ``mtu`` bytes out of ``interface``, which may not be
    fragmented; all are pinged at once, and those that were silent once more (RFC 792, ip(7))."""
    identifier = os.getpid() & 0xFFFF
    found: set[str] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as link:
        link.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
        link.setsockopt(socket.SOL_SOCKET, 25, interface.encode() + b"\0")  # SO_BINDTODEVICE
        for sequence in (1, 2):
            for peer in set(peers) - found:
                try:
                    link.sendto(request(identifier, sequence, mtu), (peer, 0))
                except OSError:  # no route, link down, larger than the link's MTU: no answer, which is what we report
                    continue
            found |= _collect(link, set(peers) - found, identifier, mtu, Deadline(seconds / 2))
            if found == set(peers):
                break
    return found


def checksum(packet: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(packet) % 2:
        packet += b"\0"
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return int(~(total + (total >> 16)) & 0xFFFF)


def request(identifier: int, sequence: int, mtu: int) -> bytes:
    """An echo request that makes an IPv4 packet of exactly ``mtu`` bytes."""
    content = bytes(index & 0xFF for index in range(echo(mtu, 4).passes))
    head = struct.pack("!BBHHH", 8, 0, 0, identifier, sequence)
    return struct.pack("!BBHHH", 8, 0, checksum(head + content), identifier, sequence) + content


def _collect(link: socket.socket, missing: set[str], identifier: int, mtu: int, deadline: Deadline) -> set[str]:
    """Senders of the answers that arrive until all of ``missing`` have answered or the deadline has passed."""
    found: set[str] = set()
    while found != missing and (left := deadline.left()) > 0:
        link.settimeout(left)
        try:
            packet, sender = link.recvfrom(65536)
        except TimeoutError:
            break
        body = packet[(packet[0] & 0xF) * 4 :]
        kind, _code, _sum, owner = struct.unpack("!BBHH", body[:6])
        if kind == 0 and owner == identifier and len(packet) == mtu and sender[0] in missing:
            found.add(sender[0])
    return found
