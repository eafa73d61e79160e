# SPDX-License-Identifier: GPL-3.0-or-later
"""One port or aggregation between a present and a wanted state, such that a machine works in both. Pure.

See :mod:`.order` for the table of the cases.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from .config import UNKNOWN, Lag, Membership, Port, PortMode
from .living import End, Host

EndT = TypeVar("EndT", Port, Lag, Port | Lag)
#: VLAN 4095 is reserved (IEEE 802.1Q, table 9-2): a port that carries it alone carries no traffic.
RESERVED = 4095


class NoOrderError(Exception):
    """No state of the switch serves the machine both before and after its change; the text says why."""


def unused(port: Port) -> bool:
    """Whether nothing passes a port: neither machine nor switch can lose anything by its change."""
    return set(port.membership.vlans) == {RESERVED}


def both(have: Membership, want: Membership) -> Membership:
    """The VLANs of both states; what is not known of the present one is left out."""
    if have == UNKNOWN or set(have.vlans) == {RESERVED}:
        return want
    if PortMode.ROUTED in {have.mode, want.mode} and have.mode != want.mode:
        raise NoOrderError("its port changes between one with VLANs and a routed one")
    native = want.native
    if have.native != want.native:
        added = have.native is None and want.native not in have.vlans
        removed = want.native is None and have.native not in want.vlans
        if not added and not removed:
            raise NoOrderError(f"its untagged VLAN changes from {_name(have.native)} to {_name(want.native)}")
        native = want.native if added else have.native
    vlans = tuple(sorted({*have.vlans, *want.vlans}))
    return Membership(want.mode if vlans == want.vlans else PortMode.TRUNK, native, vlans)


def tolerant(want: EndT, haves: Sequence[End]) -> EndT:
    """A port or an aggregation with the VLANs of both states and the larger MTU."""
    membership, mtu = want.membership, want.mtu
    for have in haves:
        membership, mtu = both(have.membership, membership), max(have.mtu, mtu)
    return replace(want, membership=membership, mtu=mtu)


def joined(want: Lag, haves: Sequence[Lag], others: Collection[str]) -> Lag:
    """An aggregation that stays one, with the members of both states.

    It falls back to the present member, since the machine may be one that speaks no LACP yet.

    :param others: ports that the model gives to others, which do not stay members.
    """
    if any((have.lacp is None) != (want.lacp is None) for have in haves):
        raise NoOrderError("its link aggregation changes between LACP and a static one")
    members = {*want.members, *(member for have in haves for member in have.members if member not in others)}
    wide = replace(tolerant(want, haves), members=tuple(sorted(members)))
    if want.lacp is None:
        return wide
    present = (have.lacp.fallback_port for have in haves if have.lacp and have.lacp.fallback_port in members)
    return replace(wide, lacp=replace(want.lacp, fallback_port=next(present, want.lacp.fallback_port)))


def aggregated(want: Lag, haves: Sequence[Port], host: Host) -> Lag:
    """Ports that become an aggregation: while the machine speaks no LACP, the port that it uses has to forward.

    Of the ports only the one that is in use has VLANs to keep.
    """
    if not haves:
        return want
    if want.lacp is None:
        raise NoOrderError("its ports become a static link aggregation, over which frames are spread at once")
    active = sorted(host.active & {port.name for port in haves})
    if len(active) > 1:
        raise NoOrderError(f"it uses {' and '.join(active)} at the same time without a link aggregation")
    if not active and len(haves) == 1 and want.mlag is None:
        active = [haves[0].name]
    if not active and want.mlag is not None:
        return want  # its active member is at the other switch of the pair
    if not active:
        raise NoOrderError(
            "the switch does not see by which of its ports it sends, which has to stay open until it speaks LACP"
        )
    wide = tolerant(want, [port for port in haves if port.name in active])
    return replace(wide, lacp=replace(want.lacp, fallback_port=active[0]))


def kept_apart(wants: Iterable[Port], have: Lag) -> Lag:
    """An aggregation whose members become ports of their own: it stays until the machine has left it."""
    if have.lacp is None:
        raise NoOrderError("its static link aggregation ends, over which frames are spread until then")
    if not have.lacp.fallback_port and have.mlag is None:
        raise NoOrderError("no member of its link aggregation forwards once it speaks LACP no longer")
    wide = have
    for want in wants:
        wide = replace(wide, membership=both(wide.membership, want.membership), mtu=max(wide.mtu, want.mtu))
    return wide


def _name(vlan: int | None) -> str:
    return "none" if vlan is None else str(vlan)
