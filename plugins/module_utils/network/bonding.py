# SPDX-License-Identifier: GPL-3.0-or-later
"""A bond as its driver reports it in /proc/net/bonding (Linux Documentation/networking/bonding.rst)."""

from __future__ import annotations

from dataclasses import dataclass

#: The partner's address where no LACP frame came from the other end of a cable.
NO_PARTNER = "00:00:00:00:00:00"


@dataclass(frozen=True)
class Member:
    """One member of a bond.

    :ivar up: whether it has carrier.
    :ivar aggregator: the aggregator that it joined; members of one working bond are all in the active one.
    :ivar partner: system MAC address of the switch, as LACP reports it; :data:`NO_PARTNER` without one.
    :ivar key: the partner's key, which is the same for all ports of one port-channel.
    """

    name: str
    up: bool
    aggregator: str
    partner: str
    key: str


@dataclass(frozen=True)
class Bond:
    """A bond: its mode as the driver names it, the active aggregator with its partner, and the members."""

    mode: str
    aggregator: str
    partner: str
    members: tuple[Member, ...]


def parse(text: str) -> Bond:
    """Read ``/proc/net/bonding/<bond>``. Only root is shown the partners of the members."""
    head, *blocks = text.split("\nSlave Interface: ")
    top, active = _fields(head), _fields(head.partition("Active Aggregator Info:")[2])
    return Bond(
        mode=top.get("Bonding Mode", ""),
        aggregator=active.get("Aggregator ID", ""),
        partner=active.get("Partner Mac Address", ""),
        members=tuple(map(_member, blocks)),
    )


def _member(block: str) -> Member:
    name, _newline, rest = block.partition("\n")
    before, _word, after = rest.partition("details partner lacp pdu:")
    own, partner = _fields(before), _fields(after)
    return Member(
        name.strip(),
        own.get("MII Status") == "up",
        own.get("Aggregator ID", ""),
        partner.get("system mac address") or NO_PARTNER,
        partner.get("oper key", ""),
    )


def _fields(text: str) -> dict[str, str]:
    """``key: value`` of each line; the first one of a key counts."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, _colon, value = line.partition(":")
        found.setdefault(key.strip(), value.strip())
    return found
