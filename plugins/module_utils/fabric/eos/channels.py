# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Port-Channel is which link aggregation of the model. Pure.

The model names an aggregation after the machine, EOS numbers it. The description tells them apart: it is the
aggregation's name, or that name, a dot and more (``node1.bond0``). Without one the member ports do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..config import FabricError, Lag, SwitchConfig
from .parse import Running, value

#: Port-Channel numbers that every release of EOS takes.
NUMBERS = range(1, 2001)


def names(running: Running, lags: Iterable[Lag], ports: Mapping[str, str]) -> dict[int, str]:
    """The model's name of each channel of the switch, or ``Port-Channel7`` of one that the model does not have.

    A channel is used once. The wanted description comes first, then one that begins with the name if the channel has
    one of the wanted members or none at all, then the wanted members; among several, the lowest number.
    """
    members = {
        number: {ports.get(member, member) for member in modes} for number, modes in sorted(running.members.items())
    }
    texts = {number: value(running.channel(number), "description") for number in members}
    wanted = sorted(lags, key=lambda lag: lag.name)
    found: dict[int, str] = {}
    for rule in (_same_text, _begins_with_name, _same_members):
        for lag in wanted:
            if lag.name in found.values():
                continue
            fits = [n for n in members if n not in found and rule(lag, texts[n], members[n])]
            if fits:
                found[fits[0]] = lag.name
    return {number: found.get(number, f"Port-Channel{number}") for number in members}


def allocate(where: str, lags: Iterable[Lag], used: Iterable[int]) -> dict[str, int]:
    """Numbers for new aggregations: the MLAG identifier if it is free, which gives both switches of a pair the same
    number, else the lowest free one. Those with an identifier come first."""
    taken, found = set(used), {}
    for lag in sorted(lags, key=lambda lag: (lag.mlag is None, lag.mlag or 0, lag.name)):
        free = (n for n in ([lag.mlag] if lag.mlag in NUMBERS else []) + list(NUMBERS) if n not in taken)
        number = next(free, None)
        if number is None:
            raise FabricError(f"{where}.lags.{lag.name}", "no Port-Channel number is free", "remove unused channels")
        found[lag.name] = number
        taken.add(number)
    return found


def refuse_mlag(where: str, desired: SwitchConfig, running: Running, named: Mapping[int, str], mine: set[str]) -> None:
    """Refuse MLAG identifiers without an MLAG domain, and those that a channel of others has.

    :param named: see :func:`names`.
    :param mine: EOS' names of the ports of the model; a channel that has one of them is removed by the plan.
    """
    missing = [key for key in ("domain-id", "peer-link") if not value(running.mlag, key)]
    missing = [] if desired.mlag else missing
    for wanted in desired.lags.values():
        if wanted.mlag is None:
            continue
        place = f"{where}.lags.{wanted.name}"
        if missing:
            why = f"the switch has no MLAG domain ({' and '.join(missing)} not set)"
            raise FabricError(place, why, "give the model a peer_link, or cable to one of them")
        for number, name in named.items():
            same = value(running.channel(number), "mlag") == str(wanted.mlag)
            if same and name not in desired.lags and not mine & set(running.members[number]):
                why = f"{name} of the switch has its MLAG identifier {wanted.mlag} already"
                raise FabricError(place, why, "remove it from that channel")


def _same_text(lag: Lag, text: str, __: set[str]) -> bool:
    return text == lag.description and lag.has_name_in(text)


def _begins_with_name(lag: Lag, text: str, members: set[str]) -> bool:
    return lag.has_name_in(text) and (not members or bool(members & set(lag.members)))


def _same_members(lag: Lag, __: str, members: set[str]) -> bool:
    return members == set(lag.members)
