# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the cabling of the model with the addresses that the switch sees.

The model gives each machine's MAC addresses, so a port that sees one of them is the end of that machine's cable.
A machine that is not seen, for example because it is off, is no contradiction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .config import Sighting, SwitchConfig


@dataclass(frozen=True)
class Cable:
    """One cable of the model: a network interface of a machine and the switch port it ends in.

    :ivar address: the management address of the machine, if that is on the link of this interface.
    """

    port: str
    machine: str
    nic: str
    mac: str
    address: str | None = None

    @classmethod
    def of(cls, item: dict[str, Any]) -> Cable:
        return cls(item["port"], item["machine"], item["nic"], item["mac"].lower(), item.get("address"))


@dataclass(frozen=True)
class Mistake:
    """A contradiction between the model and a sighting; the text tells which cable is in which port."""

    machine: str
    text: str


def mistakes(config: SwitchConfig, cables: Iterable[Cable], sightings: Iterable[Sighting]) -> list[Mistake]:
    """Machines that the switch sees on a port where the model has no cable of them.

    A MAC table names the link aggregation, LACP the member port: a sighting contradicts the model if none of the
    machine's ports is that port or a member of that aggregation. A MAC table also learns addresses behind other
    switches, so it counts only for ports that the model cables to a machine; LACP and LLDP frames are not forwarded.
    """
    cables = list(cables)
    owner = {cable.mac: cable for cable in cables}
    ports_of: dict[str, set[str]] = {}
    for cable in cables:
        ports_of.setdefault(cable.machine, set()).add(cable.port)
    users = {cable.port: cable for cable in cables}
    found = {}
    for seen in sightings:
        known, at = owner.get(seen.mac), _ports_at(config, seen.place)
        if known is None or ports_of[known.machine] & at or (seen.source == "mac_table" and not at & set(users)):
            continue
        in_model = ", ".join(sorted(ports_of[known.machine]))
        expected = next((users[port] for port in sorted(at) if port in users), None)
        there = f", where the model has {expected.machine}.{expected.nic}" if expected else ""
        text = (
            f"{known.machine} ({seen.mac}) answers on {config.name}/{seen.place}{there}; "
            f"the model cables it to {in_model}: swap the cables or correct the model"
        )
        found[known.machine, seen.place] = Mistake(known.machine, text)
        if expected:
            found.setdefault((expected.machine, seen.place), Mistake(expected.machine, text))
    return [found[key] for key in sorted(found)]


def without(config: SwitchConfig, machines: Iterable[str], cables: Iterable[Cable]) -> SwitchConfig:
    """The configuration without the ports of some machines, so that wrongly cabled ports are not changed."""
    excluded = {cable.port for cable in cables if cable.machine in set(machines)}
    ports = {name: port for name, port in config.ports.items() if name not in excluded}
    lags = {name: lag for name, lag in config.lags.items() if not excluded & set(lag.members)}
    return replace(config, ports=ports, lags=lags)


def _ports_at(config: SwitchConfig, place: str) -> set[str]:
    lag = config.lags.get(place)
    return set(lag.members) if lag else {place}
