# SPDX-License-Identifier: GPL-3.0-or-later
"""Isolation of VLANs: all machines send test frames at the same time and record which ones they receive.

Pings cannot show isolation: a Linux host answers ARP for any of its addresses on any interface, and a router would
make up for a leak. So every machine broadcasts frames of EtherType 0x88B5 (IEEE 802 local experimental) that name
the sender and the VLAN they were meant for, tagged for each VLAN it may use and for one that it may not, and receives
on the same interfaces: those of all its links. What arrives untagged is on the VLAN that the link has untagged, so a
port in a wrong VLAN is seen by the VLAN that the frame names. Sending needs CAP_NET_RAW; nothing is configured or left
behind.

Machines start whenever Ansible reaches them, and share no clock. A frame says whether its sender has heard all of its
peers, and a machine stops when it and all machines that it hears say so. So all of them send and listen at the same
time for some seconds, however long the last one took to start, and where one never starts, all stop at their limit.
"""

from __future__ import annotations

import array
import contextlib
import json
import selectors
import socket
import struct
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..report.proofs import Proof, ProofError, UntriedError, prove

ETHERTYPE = 0x88B5
_ETH_P_ALL = 0x0003
_SOL_PACKET, _PACKET_AUXDATA = 263, 8
_VLAN_VALID = 0x10  # TP_STATUS_VLAN_VALID, linux/if_packet.h
_BROADCAST = b"\xff" * 6
_MAGIC = "groundup"
#: For so many seconds a machine goes on after the last news, at least for six of its own frames.
_QUIET, _FRAMES = 3.0, 6
#: A machine sends each frame twice a second, and less often where it would receive more frames a second than this.
_PAUSE, _RATE = 0.5, 400
_SO_RCVBUFFORCE, _SO_ATTACH_FILTER = 33, 26  # asm-generic/socket.h
_BUFFER = 4 << 20
# Classic BPF (linux/filter.h): frames of ETHERTYPE, without and with a tag of 802.1Q. Without it, all the traffic of a
# busy machine would be read.
_FILTER = (
    (0x28, 0, 0, 12),  # load the half word at 12
    (0x15, 3, 0, ETHERTYPE),
    (0x15, 0, 3, 0x8100),
    (0x28, 0, 0, 16),
    (0x15, 0, 1, ETHERTYPE),
    (0x06, 0, 0, 0xFFFFFFFF),  # accept
    (0x06, 0, 0, 0),  # drop
)

Vlan = int | None
#: Sender, VLAN that it was sent on, VLAN that it arrived on, interface.
Received = tuple[str, Vlan, Vlan, str]


def frame(source: bytes, vlan: Vlan, host: str, complete: bool = False, native: Vlan = None) -> bytes:
    """A broadcast frame with the sender's name and the VLAN it is sent on; untagged where that is the `native` one.

    :param complete: whether the sender has heard all of its peers.
    """
    tag = struct.pack("!HH", 0x8100, vlan) if vlan is not None and vlan != native else b""
    payload = json.dumps({"from": _MAGIC, "host": host, "vlan": vlan, "complete": complete}).encode().ljust(46)
    return _BROADCAST + source + tag + struct.pack("!H", ETHERTYPE) + payload


def parse_frame(data: bytes, stripped: int | None, native: Vlan = None) -> tuple[tuple[str, Vlan, Vlan], bool] | None:
    """(Sender, VLAN that it sent on, VLAN that it arrived on), and whether its sender has heard all of its peers.

    :param stripped: the tag that the kernel removed (``PACKET_AUXDATA``), or None.
    :param native: the VLAN on which a frame without a tag has arrived.
    :returns: None for a frame of another program.
    """
    kind, offset, arrived = struct.unpack_from("!H", data, 12)[0], 14, stripped
    if kind == 0x8100:
        arrived, kind = struct.unpack_from("!HH", data, 14)
        arrived, offset = (arrived or 0) & 0x0FFF, 18
    if kind != ETHERTYPE:
        return None
    try:
        content = json.loads(data[offset:].split(b"\0")[0])
        item = (str(content["host"]), content["vlan"], native if arrived is None else arrived)
        return (item, content["complete"] is True) if content["from"] == _MAGIC else None
    except (ValueError, LookupError, TypeError):  # other programs may use this EtherType too
        return None


@dataclass
class Exchange:
    """What one machine has received, and whether it may stop.

    :ivar missing: frames that it still has to receive: {(sender, VLAN)}.
    :ivar early: whether it may stop before its limit.
    :ivar news: when something new arrived, or a frame of a machine that has not heard all of its peers.
    """

    host: str
    missing: set[tuple[str, Vlan]]
    early: bool
    news: float
    received: set[Received] = field(default_factory=set)
    senders: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether all of its peers were heard."""
        return not self.missing

    def take(self, item: tuple[str, Vlan, Vlan], complete: bool, now: float, interface: str) -> None:
        """Record one frame; a machine receives its own where a switch port is looped."""
        if item[0] == self.host:
            return
        who, _sent, on = item
        if (*item, interface) not in self.received:
            self.received.add((*item, interface))
            self.senders.add(who)
            self.missing.discard((who, on))
            self.news = now
        if not complete:
            self.news = now

    def pause(self, vlans: int) -> float:
        """Seconds between two frames on a VLAN, such that all machines together send no more than can be received."""
        return max(_PAUSE, (len(self.senders) + 1) * vlans / _RATE)

    def may_stop(self, vlans: int, now: float) -> bool:
        """Whether all machines have heard their peers for long enough that each has received this machine's frames."""
        return self.early and self.complete and now - self.news > max(_QUIET, _FRAMES * self.pause(vlans))


@dataclass(frozen=True)
class Link:
    """One interface with VLANs.

    :ivar native: the VLAN that it has untagged.
    :ivar vlans: VLANs on which this machine sends.
    :ivar carries: VLANs that its switch ports let through.
    """

    interface: str
    native: Vlan
    vlans: tuple[Vlan, ...]
    carries: frozenset[Vlan]


def links_of(params: dict[str, Any]) -> tuple[Link, ...]:
    """The links of the input of the proof."""
    return tuple(
        Link(
            item["interface"],
            item.get("native"),
            tuple(item["vlans"]),
            frozenset(item.get("carries") or item["vlans"]),
        )
        for item in params["links"]
    )


def exchange_frames(links: tuple[Link, ...], forbidden: Vlan, exchange: Exchange, limit: float) -> None:
    """Send a frame on each VLAN again and again and collect the others' frames, until all are complete.

    :param forbidden: a VLAN that is tried on every link, and may not arrive anywhere; None for none.
    :param limit: seconds after which it ends at the latest.
    """
    tried: tuple[Vlan, ...] = () if forbidden is None else (forbidden,)
    count = sum(len((*link.vlans, *tried)) for link in links)
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as waiting:
        sources = [_source(link.interface) for link in links]
        opened_links = [stack.enter_context(_socket(link.interface)) for link in links]
        sockets = list(zip(links, opened_links, sources, strict=True))
        for link, opened, _mac in sockets:
            waiting.register(opened, selectors.EVENT_READ, link)
        end, due = time.monotonic() + limit, 0.0
        while (now := time.monotonic()) < end and not exchange.may_stop(count, now):
            if due <= now:
                for link, opened, source in sockets:
                    for vlan in (*link.vlans, *tried):
                        opened.send(frame(source, vlan, exchange.host, exchange.complete, link.native))
                due = now + exchange.pause(count)
            for key, _events in waiting.select(min(0.2, max(0.001, due - now))):
                if found := _receive(t.cast(socket.socket, key.fileobj), key.data.native):
                    exchange.take(*found, time.monotonic(), key.data.interface)


def _source(interface: str) -> bytes:
    """The MAC address of an interface."""
    return bytes.fromhex(Path(f"/sys/class/net/{interface}/address").read_text().strip().replace(":", ""))


def _socket(interface: str) -> socket.socket:
    """A packet socket on all VLANs of an interface, which receives test frames only."""
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    program = array.array("B", b"".join(struct.pack("=HBBI", *step) for step in _FILTER))
    link.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(_FILTER), program.buffer_info()[0]))
    link.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    link.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
    link.bind((interface, _ETH_P_ALL))
    return link


def _receive(link: socket.socket, native: Vlan) -> tuple[tuple[str, Vlan, Vlan], bool] | None:
    data, ancillary, _flags, _from = link.recvmsg(2048, 256)
    stripped = None
    for level, kind, content in ancillary:
        if (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA):
            status, *_lengths, tci, _tpid = struct.unpack("=IIIHHHH", content[:20])
            stripped = tci & 0x0FFF if status & _VLAN_VALID else None
    return parse_frame(data, stripped, native)


def isolation(host: str, params: dict[str, Any]) -> Proof:
    """Prove that frames of every peer arrive on the shared VLANs with the right tag, and none on any other VLAN.

    :param params: ``links`` (``interface``; ``vlans`` that this machine may use; ``native``, the one that is untagged,
        or None; ``carries``, VLANs that its switch ports carry, by default the same; ``peers``: VLAN as text -> names
        of machines that share it); ``forbidden``, a VLAN that no port of the rack may carry, or None; ``separate``,
        whether machines of the rack share no network with any of these, not even by way of others, so that it cannot be
        known when all of them have started and the whole time is used; ``seconds``, for how long it takes at most.
    """

    def attempt() -> str:
        if not any(names for item in params["links"] for names in item["peers"].values()):
            raise UntriedError("there is no other machine to receive from")
        exchange = Exchange(host, _wanted(params), not params.get("separate"), time.monotonic())
        exchange_frames(links_of(params), params.get("forbidden"), exchange, params["seconds"])
        return isolation_evidence(exchange.received, params)

    return prove(f"{host}: VLANs reach the machines that share them and no others", "network", attempt)


def _wanted(params: dict[str, Any]) -> set[tuple[str, Vlan]]:
    found = (pair for item in params["links"] for pair in item["peers"].items())
    return {(who, int(vlan)) for vlan, names in found for who in names}


def isolation_evidence(received: set[Received], params: dict[str, Any]) -> str:
    """Judge the received frames.

    :raises ProofError: naming frames on wrong VLANs and peers of which no frame arrived.
    """
    forbidden = params.get("forbidden")
    carries = {link.interface: link.carries for link in links_of(params)}
    leaks = sorted(
        f"{who} sent on {_name(sent)} and arrived on {_name(on)}" for who, sent, on, __ in received if sent != on
    )
    leaks += sorted(
        f"{who} on {_forbidden(on, forbidden)}{_name(on)}, which must not arrive at {interface}"
        for who, sent, on, interface in received
        if sent == on and on not in carries[interface]
    )
    wanted = _wanted(params)
    arrived = {(who, on) for who, sent, on, __ in received if sent == on}
    lost = sorted(f"{who} on {_name(vlan)}" for who, vlan in wanted - arrived)
    if leaks or lost:
        raise ProofError("; ".join([*(f"leak: {x}" for x in leaks), *(f"not received: {x}" for x in lost)]))
    unused = f"none on VLAN {forbidden}" if forbidden is not None else "no unused VLAN was left to try for leaks"
    return f"received from {len(wanted)} of {len(wanted)} senders, {unused}"


def _forbidden(vlan: Vlan, forbidden: Vlan) -> str:
    return "the forbidden " if vlan is not None and vlan == forbidden else ""


def _name(vlan: Vlan) -> str:
    return f"VLAN {vlan}" if vlan is not None else "no VLAN, untagged"
