# SPDX-License-Identifier: GPL-3.0-or-later
"""Which number of a port channel belongs to an aggregation of the model. Pure.

The model names an aggregation by its machine (``node1``), NX-OS by a number. A number is found again by the
description that the driver writes (``node1.bond0``), else by the members.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..config import FabricError, Lag, SwitchConfig
from .names import channel_number, port_name
from .running import Running

HIGHEST = 4096


def existing(desired: SwitchConfig, running: Running) -> dict[str, int]:
    """Numbers of the desired aggregations that exist, by their name: by their own name if that is one of a port
    channel, by description, then by members. A channel with further ports is not found by its members."""
    found: dict[str, int] = {}
    for rule in (_by_name, _by_description, _by_members):
        for name, lag in sorted(desired.lags.items()):
            free = (number for number in running.channels if number not in found.values())
            number = next((number for number in free if rule(lag, number, running)), None)
            if name not in found and number is not None:
                found[name] = number
    return found


def allocated(desired: Mapping[str, Lag], found: Mapping[str, int], running: Running) -> dict[str, int]:
    """Numbers of all the aggregations: those that exist, the MLAG identifier if it is free, the lowest free one.

    A number that is in use on the switch is not free, even if this plan removes its channel."""
    numbers = dict(found)
    used = set(running.channels) | set(found.values())
    for name, lag in sorted(desired.items()):
        if name in numbers:
            continue
        own = channel_number(name)
        if own is None and lag.mlag is not None and lag.mlag not in used and 1 <= lag.mlag <= HIGHEST:
            own = lag.mlag
        numbers[name] = own or _lowest_free(used | {lag.mlag for lag in desired.values() if lag.mlag is not None})
        used.add(numbers[name])
    return numbers


def _lowest_free(used: set[int]) -> int:
    """The lowest free number. Identifiers of MLAG are kept for their aggregations."""
    for number in range(1, HIGHEST + 1):
        if number not in used:
            return number
    raise FabricError("lags", f"all {HIGHEST} port channels are in use", "remove one from the switch")


def _by_name(lag: Lag, number: int, __: Running) -> bool:
    return channel_number(lag.name) == number


def _by_description(lag: Lag, number: int, running: Running) -> bool:
    text = running.channels[number].value("description") or ""
    return lag.has_name_in(text) or (bool(text) and text == lag.description)


def _by_members(lag: Lag, number: int, running: Running) -> bool:
    members = set(running.members(number))
    return bool(members) and members <= {port_name(member) for member in lag.members}
