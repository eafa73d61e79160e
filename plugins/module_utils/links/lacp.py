# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of cabling and switch ports, found from the LACP partners of an 802.3ad bond, as text."""

from __future__ import annotations

from ..network.bonding import NO_PARTNER, Bond


def problems(bond: Bond) -> list[str]:
    """Why members are not in the link aggregation. A member without carrier is not reported unless all are without:
    a dead cable is no fault of the change."""
    up = [member for member in bond.members if member.up]
    if not up:
        return ["no member of the bond has carrier"]
    without_partner = [member for member in up if member.partner == NO_PARTNER]
    found = [f"{m.name}: no LACP partner; is its switch port in a port-channel with LACP?" for m in without_partner]
    found += foreign_partners(bond)
    late = [member for member in up if member.partner != NO_PARTNER and member.aggregator != bond.aggregator]
    return found or [f"{member.name}: not in the active aggregator yet" for member in late]


def foreign_partners(bond: Bond) -> list[str]:
    """Members that reach another port-channel than the first member does, as they do when cables are swapped."""
    known = [member for member in bond.members if member.up and member.partner != NO_PARTNER]
    return [
        f"{member.name}: reaches port-channel {member.partner} key {member.key}, but {known[0].name} reaches "
        f"{known[0].partner} key {known[0].key}; their cables lead to different port-channels: are they swapped?"
        for member in known[1:]
        if (member.partner, member.key) != (known[0].partner, known[0].key)
    ]
