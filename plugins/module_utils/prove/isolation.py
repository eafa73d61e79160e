# SPDX-License-Identifier: GPL-3.0-or-later
"""Isolation of VLANs: all machines send test frames at the same time and record which ones they receive.

Pings cannot show isolation: a Linux host answers ARP for any of its addresses on any interface, and a router would
make up for a leak. So every machine broadcasts frames of EtherType 0x88B5 (IEEE 802 local experimental) that name
the sender and the VLAN they were meant for, tagged for each VLAN it may use and for one that it may not, and receives
on the same interface. Sending needs CAP_NET_RAW; nothing is configured or left behind.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..report.proofs import Proof, ProofError, UntriedError, prove

ETHERTYPE = 0x88B5
_ETH_P_ALL = 0x0003
_SOL_PACKET, _PACKET_AUXDATA = 263, 8
_VLAN_VALID = 0x10  # TP_STATUS_VLAN_VALID, linux/if_packet.h
_BROADCAST = b"\xff" * 6
_MAGIC = "groundup"
#: Seconds to the shared end: fewer are too short to receive from all machines, more mean that a clock is wrong.
_SHORTEST, _LONGEST = 4, 180


def frame(source: bytes, vlan: int | None, host: str) -> bytes:
    """A broadcast frame with the sender's name and the VLAN it is sent on; untagged where `vlan` is None."""
    tag = struct.pack("!HH", 0x8100, vlan) if vlan is not None else b""
    payload = json.dumps({"from": _MAGIC, "host": host, "vlan": vlan}).encode().ljust(46)
    return _BROADCAST + source + tag + struct.pack("!H", ETHERTYPE) + payload


def parse_frame(data: bytes, stripped: int | None) -> tuple[str, int | None, int | None] | None:
    """Sender, VLAN it was sent on, VLAN it arrived on; None for a frame of another program.

    :param stripped: the tag that the kernel removed (``PACKET_AUXDATA``), or None.
    """
    kind, offset, arrived = struct.unpack_from("!H", data, 12)[0], 14, stripped
    if kind == 0x8100:
        arrived, kind = struct.unpack_from("!HH", data, 14)
        arrived, offset = (arrived or 0) & 0x0FFF, 18
    if kind != ETHERTYPE:
        return None
    try:
        content = json.loads(data[offset:].split(b"\0")[0])
        return (str(content["host"]), content["vlan"], arrived) if content["from"] == _MAGIC else None
    except (ValueError, LookupError, TypeError):  # other programs may use this EtherType too
        return None


def exchange_frames(
    interface: str, host: str, vlans: Iterable[int | None], until: float
) -> set[tuple[str, int | None, int | None]]:
    """Send a frame on each VLAN twice a second and collect the others' frames, until the Unix time `until`."""
    received: set[tuple[str, int | None, int | None]] = set()
    source = bytes.fromhex(Path(f"/sys/class/net/{interface}/address").read_text().strip().replace(":", ""))
    frames = [frame(source, vlan, host) for vlan in vlans]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)) as link:
        link.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        link.bind((interface, _ETH_P_ALL))
        due = 0.0
        while time.time() < until + 1:
            if due <= time.time() < until:
                for data in frames:
                    link.send(data)
                due = time.time() + 0.5
            link.settimeout(0.2)
            received |= _receive(link)
    return {item for item in received if item[0] != host}


def _receive(link: socket.socket) -> set[tuple[str, int | None, int | None]]:
    try:
        data, ancillary, _flags, _from = link.recvmsg(2048, 256)
    except TimeoutError:
        return set()
    stripped = None
    for level, kind, content in ancillary:
        if (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA):
            status, *_lengths, tci, _tpid = struct.unpack("=IIIHHHH", content[:20])
            stripped = tci & 0x0FFF if status & _VLAN_VALID else None
    item = parse_frame(data, stripped)
    return {item} if item else set()


def isolation(host: str, params: dict[str, Any]) -> Proof:
    """Prove that frames of every peer arrive on the shared VLANs with the right tag, and none on any other VLAN.

    :param params: ``interface``; ``until``, Unix time shared by all machines; ``vlans`` that this machine may use,
        None for untagged; ``carries``, VLANs that its switch port carries, by default the same; ``forbidden``, a VLAN
        that no port of the rack may carry, or None; ``peers``: VLAN as text -> names of machines that share it, where
        ``""`` is untagged.
    """

    def attempt() -> str:
        if not any(params["peers"].values()):
            raise UntriedError("there is no other machine to receive from")
        left = params["until"] - time.time()
        if not _SHORTEST <= left <= _LONGEST:
            raise ProofError(
                f"{left:+.0f} s were left to send and receive in, which is not {_SHORTEST} to {_LONGEST}: the clock of "
                "this machine is wrong, or it was reached too late"
            )
        forbidden = [] if params.get("forbidden") is None else [params["forbidden"]]
        received = exchange_frames(params["interface"], host, [*params["vlans"], *forbidden], params["until"])
        return isolation_evidence(received, params)

    return prove(f"{host}: VLANs reach the machines that share them and no others", "network", attempt)


def isolation_evidence(received: set[tuple[str, int | None, int | None]], params: dict[str, Any]) -> str:
    """Judge the received frames.

    :raises ProofError: naming frames on wrong VLANs and peers of which no frame arrived.
    """
    forbidden = params.get("forbidden")  # None means that there is none; elsewhere None is the untagged network
    carries = {*(params.get("carries") or params["vlans"])}
    leaks = sorted(
        f"{who} sent on {_name(sent)} and arrived on {_name(on)}" for who, sent, on in received if sent != on
    )
    leaks += sorted(
        f"{who} on {'the forbidden ' if on and on == forbidden else ''}{_name(on)}, which must not arrive here"
        for who, sent, on in received
        if sent == on and on not in carries
    )
    wanted = {(who, int(vlan) if vlan else None) for vlan, names in params["peers"].items() for who in names}
    lost = sorted(f"{who} on {_name(vlan)}" for who, vlan in wanted - {(w, on) for w, __, on in received})
    if leaks or lost:
        raise ProofError("; ".join([*(f"leak: {x}" for x in leaks), *(f"not received: {x}" for x in lost)]))
    unused = f"none on VLAN {forbidden}" if forbidden is not None else "no unused VLAN was left to try for leaks"
    return f"received from {len(wanted)} of {len(wanted)} senders, {unused}"


def _name(vlan: int | None) -> str:
    return f"VLAN {vlan}" if vlan is not None else "the untagged network"
