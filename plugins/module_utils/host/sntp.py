# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock's offset by one SNTP request (RFC 4330), since a wrong clock must be corrected before TLS is used."""

from __future__ import annotations

import socket
import struct
import time

EPOCH = 2_208_988_800  # seconds from 1900, where NTP starts, to 1970


def first_offset(servers: tuple[str, ...], timeout: float = 2.0) -> float | None:
    """Seconds to add to this clock by the first server that answers, None when none does."""
    for server in servers:
        try:
            return offset(server, timeout)
        except (OSError, ValueError):
            continue
    return None


def offset(server: str, timeout: float) -> float:
    """Seconds to add to this clock by one server. OSError without an answer, ValueError when it is not synchronised."""
    family, _kind, _protocol, _name, address = socket.getaddrinfo(server, 123, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.settimeout(timeout)
        sent = time.time()
        link.sendto(b"\x23" + 39 * b"\0" + struct.pack("!Q", ntp(sent)), address)
        answer = link.recv(512)
        received = time.time()
    return parse(answer, sent, received)


def ntp(seconds: float) -> int:
    """A Unix time as 64-bit NTP timestamp."""
    return int((seconds + EPOCH) * 2**32) & (2**64 - 1)


def parse(answer: bytes, sent: float, received: float) -> float:
    """Offset in seconds of the answer to a request that left at ``sent``; it arrived at ``received`` (this clock)."""
    if len(answer) < 48:
        raise ValueError("short NTP answer")
    head, stratum = answer[0], answer[1]
    original, arrived, left = struct.unpack("!QQQ", answer[24:48])
    if head & 7 != 4 or head >> 6 == 3 or not 0 < stratum < 16 or original != ntp(sent):
        raise ValueError("not an answer of a synchronised NTP server")
    there: float = (arrived + left) / 2 / 2**32 - EPOCH
    return there - (sent + received) / 2
