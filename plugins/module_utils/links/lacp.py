# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bonding driver knows about its members and the switch at their other ends (/proc/net/bonding)."""

from __future__ import annotations

from dataclasses import dataclass

NOBODY = "00:00:00:00:00:00"


@dataclass(frozen=True)
class Member:
    """One member: carrier, aggregator, and the partner's system MAC and key as LACP told them."""

    name: str
    up: bool
    aggregator: str
    partner: str
    key: str


@dataclass(frozen=True)
class BondStatus:
    """The bond's active aggregator and its members."""

    aggregator: str
    members: tuple[Member, ...]


def parse(text: str) -> BondStatus:
    """/proc/net/bonding/<bond> of a 802.3ad bond, read as root."""
    head, *blocks = text.split("\nSlave Interface: ")
    members = []
    for block in blocks:
        name, _newline, rest = block.partition("\n")
        before, _word, partner = rest.partition("details partner lacp pdu:")
        members.append(
            Member(
                name.strip(),
                value(before, "MII Status") == "up",
                value(before, "Aggregator ID"),
                value(partner, "system mac address") or NOBODY,
                value(partner, "oper key"),
            )
        )
    active = head.partition("Active Aggregator Info:")[2]
    return BondStatus(value(active, "Aggregator ID"), tuple(members))


def value(text: str, key: str) -> str:
    """Value of the first line ``key: value``."""
    for line in text.splitlines():
        name, _colon, rest = line.strip().partition(": ")
        if name == key:
            return rest.strip()
    return ""


def problems(status: BondStatus) -> list[str]:
    """What keeps members out of the aggregation, in words; a member without carrier is a dead cable, not our change."""
    up = [member for member in status.members if member.up]
    if not up:
        return ["no member of the bond has carrier"]
    alone = [member for member in up if member.partner == NOBODY]
    found = [f"{m.name}: no LACP partner; is its switch port in a port-channel with LACP?" for m in alone]
    found += strangers(status)
    late = [member for member in up if member.partner != NOBODY and member.aggregator != status.aggregator]
    return found or [f"{member.name}: not in the active aggregator yet" for member in late]


def strangers(status: BondStatus) -> list[str]:
    """Members whose cable leads into another port-channel than the first one's: swapped cables, seen from the host."""
    told = [member for member in status.members if member.up and member.partner != NOBODY]
    return [
        f"{member.name}: reaches port-channel {member.partner} key {member.key}, but {told[0].name} reaches "
        f"{told[0].partner} key {told[0].key}; their cables lead to different port-channels: are they swapped?"
        for member in told[1:]
        if (member.partner, member.key) != (told[0].partner, told[0].key)
    ]
