# SPDX-License-Identifier: GPL-3.0-or-later
"""Detects other DHCP servers: sends a DISCOVER on an interface, which needs no address, and collects answers."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable

_COOKIE = b"\x63\x82\x53\x63"
_BROADCAST = b"\xff" * 6


def discover(mac: bytes, transaction: bytes) -> bytes:
    """An Ethernet frame with a DHCPDISCOVER (RFC 2131) that requests a broadcast answer."""
    bootp = struct.pack(
        "!BBBB4sHH4s4s4s4s16s64s128s",
        1,
        1,
        6,
        0,
        transaction,
        0,
        0x8000,
        bytes(4),
        bytes(4),
        bytes(4),
        bytes(4),
        mac.ljust(16, b"\0"),
        b"",
        b"",
    )
    payload = bootp + _COOKIE + b"\x35\x01\x01" + b"\x37\x03\x01\x03\x36" + b"\xff"
    udp = struct.pack("!HHHH", 68, 67, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return _BROADCAST + mac + b"\x08\x00" + head + udp


def checksum(data: bytes) -> int:
    """Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def offer(frame: bytes, transaction: bytes) -> str | None:
    """Address of the server if the frame is an answer to the DISCOVER, else None."""
    if len(frame) < 14 + 28 + 240 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    start = 14 + (frame[14] & 15) * 4
    bootp = frame[start + 8 :]
    if frame[start : start + 2] != b"\0\x43" or bootp[4:8] != transaction or bootp[236:240] != _COOKIE:
        return None
    at = 240
    while at + 1 < len(bootp) and bootp[at] != 255:
        if bootp[at] == 54 and bootp[at + 1] == 4 and len(bootp) >= at + 6:
            return socket.inet_ntoa(bootp[at + 2 : at + 6])
        at += 1 if bootp[at] == 0 else 2 + bootp[at + 1]
    return socket.inet_ntoa(frame[26:30])


def servers(
    interface: str, seconds: float = 5, own: str = "", clock: Callable[[], float] = time.monotonic
) -> list[str]:
    """Addresses of the DHCP servers on the interface, without `own`. Sends two DISCOVERs within `seconds`.

    The default is five: dnsmasq and ISC's server ping an address for up to three seconds before they offer it.
    """
    # A locally administered MAC address, so that a server with a reservation for this host's NIC is not misled.
    mac, transaction = b"\x02" + os.urandom(5), os.urandom(4)
    found: set[str] = set()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as raw:
        raw.bind((interface, 0))
        end, again = clock() + seconds, 0.0
        while (now := clock()) < end:
            if now >= again:
                raw.send(discover(mac, transaction))
                again = now + seconds / 2
            raw.settimeout(max(0.05, min(end, again) - now))
            try:
                answer = offer(raw.recv(2048), transaction)
            except TimeoutError:
                continue
            if answer and answer != own:
                found.add(answer)
    return sorted(found)
