# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream of pings, and how long it was interrupted.

A packet every ten milliseconds, each an ICMP echo request (RFC 792) that carries a token. So the machine at the other
end knows that the stream arrives, and whose it is, without a connection to its sender.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..waiting.deadline import Deadline
from .ping import checksum

PAUSE = 0.01
#: Seconds after which an answer counts as none: a neighbour that is being resolved holds packets back (arp(7)), and
#: they are answered once the interruption is over.
LATE = 0.2
_MAGIC = b"groundup-stream-"


@dataclass(frozen=True)
class Gap:
    """Packets in a row without an answer.

    :ivar ms: from the sending of the first of them to that of the next one that was answered; None if there was none.
    """

    lost: int
    ms: float | None


@dataclass(frozen=True)
class Stream:
    """What became of a stream."""

    sent: int
    gaps: tuple[Gap, ...] = ()

    @property
    def lost(self) -> int:
        """Packets without an answer."""
        return sum(gap.lost for gap in self.gaps)

    @property
    def longest(self) -> float | None:
        """Milliseconds of the longest gap, 0 without one; None if the stream did not come back."""
        times = [gap.ms for gap in self.gaps]
        return None if None in times else max((ms for ms in times if ms is not None), default=0.0)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Stream:
        """Back from plain data, as :meth:`as_dict` gives it."""
        return cls(int(data["sent"]), tuple(Gap(int(gap["lost"]), gap["ms"]) for gap in data["gaps"]))

    @classmethod
    def judged(cls, sent: list[float], answered: set[int]) -> Stream:
        """Find the gaps.

        :param sent: when each packet was sent, in seconds.
        :param answered: the places of those that were answered.
        """
        gaps: list[Gap] = []
        first: int | None = None
        for place, when in enumerate(sent):
            if place not in answered:
                first = place if first is None else first
            elif first is not None:
                gaps.append(Gap(place - first, round(1000 * (when - sent[first]), 1)))
                first = None
        if first is not None:
            gaps.append(Gap(len(sent) - first, None))
        return cls(len(sent), tuple(gaps))

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def send(address: str, token: str, stop: Path, seconds: float) -> Stream:
    """Ping an IPv4 address until the file `stop` is there, or for so many seconds at most.

    Packets before the first answer are not counted, since the neighbour has to be resolved first.

    :raises OSError: no right to send raw packets (CAP_NET_RAW).
    """
    content, identifier = _MAGIC + token.encode(), os.getpid() & 0xFFFF
    sent: list[float] = []
    answered: set[int] = set()
    deadline = Deadline(seconds)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as link:
        link.setblocking(False)
        while not deadline.passed and not stop.exists():
            began = time.monotonic()
            sent.append(began)
            # No route or no link for a moment: a packet that is lost, which is what is measured.
            with suppress(OSError):
                link.sendto(_echo(identifier, len(sent) - 1, content), (address, 0))
            _collect(link, identifier, content, sent, answered, began + PAUSE)
        _collect(link, identifier, content, sent, answered, time.monotonic() + LATE)
    first = min(answered, default=len(sent))
    return Stream.judged(sent[first:], {place - first for place in answered})


def arrives(token: str, seconds: float) -> bool:
    """Whether the stream of a token arrives at this machine within so many seconds."""
    content, deadline = _MAGIC + token.encode(), Deadline(seconds)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as link:
        while (left := deadline.left()) > 0:
            link.settimeout(left)
            try:
                packet = link.recv(2048)
            except TimeoutError:
                return False
            body = packet[(packet[0] & 0xF) * 4 :]
            if body[:1] == b"\x08" and body[12:] == content:
                return True
    return False


def _echo(identifier: int, place: int, content: bytes) -> bytes:
    """An echo request; the place in the stream does not fit into the 16 bits of the sequence, so it goes before the
    content."""
    body = struct.pack("!I", place) + content
    head = struct.pack("!BBHHH", 8, 0, 0, identifier, place & 0xFFFF)
    return struct.pack("!BBHHH", 8, 0, checksum(head + body), identifier, place & 0xFFFF) + body


def _collect(
    link: socket.socket, identifier: int, content: bytes, sent: list[float], answered: set[int], until: float
) -> None:
    """Record the answers that arrive until then, and in time."""
    while (left := until - time.monotonic()) > 0:
        link.settimeout(left)
        try:
            packet = link.recv(2048)
        except TimeoutError:
            return
        body = packet[(packet[0] & 0xF) * 4 :]
        if body[:1] == b"\0" and body[12:] == content and struct.unpack_from("!H", body, 4)[0] == identifier:
            place = struct.unpack_from("!I", body, 8)[0]
            if time.monotonic() - sent[place] <= LATE:
                answered.add(place)
