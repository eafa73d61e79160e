# SPDX-License-Identifier: GPL-3.0-or-later
"""Cabling as the model has it against what the switch sees.

A machine's addresses are known from the model, so wherever one of them turns up tells which cable really ends there.
Silence proves nothing: a machine that is off is no contradiction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .config import Sighting, SwitchConfig


@dataclass(frozen=True)
class Cable:
    """One cable of the model: a network interface of a machine and the switch port it ends in."""

    port: str
    machine: str
    nic: str
    mac: str

    @classmethod
    def of(cls, item: dict[str, Any]) -> Cable:
        return cls(item["port"], item["machine"], item["nic"], item["mac"].lower())


@dataclass(frozen=True)
class Mistake:
    """A contradiction between the model and a sighting, worded for the person with the cable in hand."""

    machine: str
    text: str


def mistakes(config: SwitchConfig, cables: Iterable[Cable], sightings: Iterable[Sighting]) -> list[Mistake]:
    """Every machine that was seen where the model puts no cable of it.

    A MAC table knows only the aggregation, LACP knows the member: a sighting contradicts the model when none of the
    machine's ports is the place it was seen at, or belongs to it. A MAC table also learns what other switches pass on,
    so it is believed only where the model has a machine's cable; LACP and LLDP never leave theirs.
    """
    cables = list(cables)
    owner = {cable.mac: cable for cable in cables}
    ports_of: dict[str, set[str]] = {}
    for cable in cables:
        ports_of.setdefault(cable.machine, set()).add(cable.port)
    users = {cable.port: cable for cable in cables}
    found = {}
    for seen in sightings:
        mine, at = owner.get(seen.mac), _ports_at(config, seen.place)
        if mine is None or ports_of[mine.machine] & at or (seen.source == "mac_table" and not at & set(users)):
            continue
        said = ", ".join(sorted(ports_of[mine.machine]))
        whose = next((users[port] for port in sorted(at) if port in users), None)
        there = f", where the model has {whose.machine}.{whose.nic}" if whose else ""
        text = (
            f"{mine.machine} ({seen.mac}) answers on {config.name}/{seen.place}{there}; "
            f"the model cables it to {said}: swap the cables or correct the model"
        )
        found[mine.machine, seen.place] = Mistake(mine.machine, text)
        if whose:
            found.setdefault((whose.machine, seen.place), Mistake(whose.machine, text))
    return [found[key] for key in sorted(found)]


def without(config: SwitchConfig, machines: Iterable[str], cables: Iterable[Cable]) -> SwitchConfig:
    """The configuration less the ports of some machines: what is cabled wrongly is not touched."""
    barred = {cable.port for cable in cables if cable.machine in set(machines)}
    ports = {name: port for name, port in config.ports.items() if name not in barred}
    lags = {name: lag for name, lag in config.lags.items() if not barred & set(lag.members)}
    return replace(config, ports=ports, lags=lags)


def _ports_at(config: SwitchConfig, place: str) -> set[str]:
    lag = config.lags.get(place)
    return set(lag.members) if lag else {place}
