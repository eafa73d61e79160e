# SPDX-License-Identifier: GPL-3.0-or-later
"""Who hears whom on which VLAN: frames of our own, sent and heard by all machines in the same seconds.

Pings cannot show isolation: a Linux host answers ARP for any of its addresses on any interface, and a router would
make up for a leak. So every machine broadcasts frames of EtherType 0x88B5 (IEEE 802 local experimental) that name
the sender and the VLAN they were meant for, tagged for each VLAN it may use and for one that it may not, and listens
on the same wire. Sending needs CAP_NET_RAW; nothing is configured or left behind.
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
#: Seconds: less is too short to hear all machines, more can only come from a clock that is off.
_SHORTEST, _LONGEST = 4, 180


def frame(source: bytes, vlan: int | None, host: str) -> bytes:
    """A broadcast that says who sent it and on which VLAN; untagged where `vlan` is None."""
    tag = struct.pack("!HH", 0x8100, vlan) if vlan is not None else b""
    payload = json.dumps({"from": _MAGIC, "host": host, "vlan": vlan}).encode().ljust(46)
    return _BROADCAST + source + tag + struct.pack("!H", ETHERTYPE) + payload


def heard(data: bytes, stripped: int | None) -> tuple[str, int | None, int | None] | None:
    """Sender, VLAN it meant, VLAN it arrived on; None for a frame that is not ours.

    :param stripped: the tag that the kernel took off (``PACKET_AUXDATA``), or None.
    """
    kind, offset, arrived = struct.unpack_from("!H", data, 12)[0], 14, stripped
    if kind == 0x8100:
        arrived, kind = struct.unpack_from("!HH", data, 14)
        arrived, offset = (arrived or 0) & 0x0FFF, 18
    if kind != ETHERTYPE:
        return None
    try:
        said = json.loads(data[offset:].split(b"\0")[0])
        return (str(said["host"]), said["vlan"], arrived) if said["from"] == _MAGIC else None
    except (ValueError, LookupError, TypeError):  # the EtherType is free for experiments of others
        return None


def exchange_frames(
    interface: str, host: str, vlans: Iterable[int | None], until: float
) -> set[tuple[str, int | None, int | None]]:
    """Send on each VLAN twice a second and collect what the others send, until the Unix time `until`."""
    heard_of: set[tuple[str, int | None, int | None]] = set()
    source = bytes.fromhex(Path(f"/sys/class/net/{interface}/address").read_text().strip().replace(":", ""))
    frames = [frame(source, vlan, host) for vlan in vlans]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)) as wire:
        wire.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        wire.bind((interface, _ETH_P_ALL))
        due = 0.0
        while time.time() < until + 1:
            if due <= time.time() < until:
                for data in frames:
                    wire.send(data)
                due = time.time() + 0.5
            wire.settimeout(0.2)
            heard_of |= _receive(wire)
    return {item for item in heard_of if item[0] != host}


def _receive(wire: socket.socket) -> set[tuple[str, int | None, int | None]]:
    try:
        data, ancillary, _flags, _from = wire.recvmsg(2048, 256)
    except TimeoutError:
        return set()
    stripped = None
    for level, kind, content in ancillary:
        if (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA):
            status, *_lengths, tci, _tpid = struct.unpack("=IIIHHHH", content[:20])
            stripped = tci & 0x0FFF if status & _VLAN_VALID else None
    item = heard(data, stripped)
    return {item} if item else set()


def isolation(host: str, params: dict[str, Any]) -> Proof:
    """Every peer is heard on the shared VLANs with the right tag, and no host on any other VLAN.

    :param params: ``interface``; ``until``, Unix time shared by all machines; ``vlans`` that this machine may use,
        None for untagged; ``carries``, VLANs that its port lets through, the same if not given; ``forbidden``, a VLAN
        that no port of the rack may carry, or None; ``peers``: VLAN as text -> names of machines that share it, where
        ``""`` is untagged.
    """

    def attempt() -> str:
        if not any(params["peers"].values()):
            raise UntriedError("there is no other machine to hear")
        left = params["until"] - time.time()
        if not _SHORTEST <= left <= _LONGEST:
            raise ProofError(
                f"{left:+.0f} s were left to be heard in, which is not {_SHORTEST} to {_LONGEST}: the clock of this "
                "machine is off, or it was reached too late"
            )
        forbidden = [] if params.get("forbidden") is None else [params["forbidden"]]
        came = exchange_frames(params["interface"], host, [*params["vlans"], *forbidden], params["until"])
        return isolation_evidence(came, params)

    return prove(f"{host}: VLANs reach the machines that share them and no others", "network", attempt)


def isolation_evidence(came: set[tuple[str, int | None, int | None]], params: dict[str, Any]) -> str:
    """Judge what was heard; :class:`ProofError` names leaks and silences."""
    forbidden = params.get("forbidden")  # None: there is none, while in the other places None is untagged
    carries = {*(params.get("carries") or params["vlans"])}
    leaks = sorted(f"{who} meant {_name(meant)} and came on {_name(on)}" for who, meant, on in came if meant != on)
    leaks += sorted(
        f"{who} on {'the forbidden ' if on and on == forbidden else ''}{_name(on)}, which must not come here"
        for who, meant, on in came
        if meant == on and on not in carries
    )
    wanted = {(who, int(vlan) if vlan else None) for vlan, names in params["peers"].items() for who in names}
    silent = sorted(f"{who} on {_name(vlan)}" for who, vlan in wanted - {(w, on) for w, __, on in came})
    if leaks or silent:
        raise ProofError("; ".join([*(f"leak: {x}" for x in leaks), *(f"not heard: {x}" for x in silent)]))
    alone = f"none on VLAN {forbidden}" if forbidden is not None else "no unused VLAN was left to try for leaks"
    return f"heard {len(wanted)} of {len(wanted)} senders, {alone}"


def _name(vlan: int | None) -> str:
    return f"VLAN {vlan}" if vlan is not None else "the untagged network"
