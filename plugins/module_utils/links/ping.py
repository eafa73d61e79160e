# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ICMP echo of an exact size that may not be fragmented, without a program of its own (RFC 792, ip(7))."""

from __future__ import annotations

import os
import socket
import struct
import time

IP_MTU_DISCOVER, IP_PMTUDISC_PROBE = 10, 3  # linux/in.h: set DF and ignore what path MTU discovery believes
HEADERS = 28  # IPv4 20 + ICMP 8


def checksum(packet: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(packet) % 2:
        packet += b"\0"
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return int(~(total + (total >> 16)) & 0xFFFF)


def request(identifier: int, sequence: int, mtu: int) -> bytes:
    """An echo request that makes an IPv4 packet of exactly ``mtu`` bytes."""
    payload = bytes(index & 0xFF for index in range(mtu - HEADERS))
    head = struct.pack("!BBHHH", 8, 0, 0, identifier, sequence)
    return struct.pack("!BBHHH", 8, 0, checksum(head + payload), identifier, sequence) + payload


def answered(peers: list[str], mtu: int, interface: str, seconds: float = 2.0) -> set[str]:
    """Those of ``peers`` that answer a full-size ping out of ``interface``; all are asked at once, twice."""
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
            found |= collect(link, set(peers) - found, identifier, mtu, time.monotonic() + seconds / 2)
            if found == set(peers):
                break
    return found


def collect(link: socket.socket, missing: set[str], identifier: int, mtu: int, until: float) -> set[str]:
    """Answers that arrive until all of ``missing`` answered or time is over."""
    found: set[str] = set()
    while found != missing and (left := until - time.monotonic()) > 0:
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
