# SPDX-License-Identifier: GPL-3.0-or-later
"""What both ends see, as observations: one of some NICs is at one of some ports. Pure.

LLDP names both ends of one cable. An LACP partner is the address of a bond, so it names a bond of NICs and one port. A
MAC table names the NIC or the bond, and the port or the aggregation; it also learns addresses behind other switches, so
it counts only for ports that the model cables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..facts import LagFacts, Neighbour, SwitchFacts
from .given import Cable, Given, Heard, Nic, Port, label, spelled

HOST, SWITCH, LACP, TABLE = "LLDP of the machine", "LLDP of the switch", "LACP", "MAC table"
#: The rank of each source: a better one decides. HOST that names the switch only, and not its port, is the last.
RANK = {HOST: 0, SWITCH: 0, LACP: 1, TABLE: 2}
LAST = 3
#: A port identifier that is no name: an address, or a number as Junos sends it.
_UNNAMED = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}|\d+|", re.IGNORECASE)


@dataclass(frozen=True)
class Observation:
    """One of the NICs is at one of the ports.

    :ivar other: what is at the port if it is no NIC of the model: another switch.
    :ivar vague: whether the source names the switch and not its port.
    """

    source: str
    nics: frozenset[Nic]
    ports: frozenset[Port]
    other: str = ""
    vague: bool = False

    @property
    def exact(self) -> bool:
        return len(self.nics) == len(self.ports) == 1

    def where(self) -> str:
        """The ports as text."""
        if self.vague:
            return f"a port of {min(self.ports)[0]}"
        return " or ".join(f"{switch}/{port}" for switch, port in sorted(self.ports))

    def who(self) -> str:
        """What is at the ports as text: the NIC, or the machine if it may be one of several."""
        if self.other:
            return self.other
        machines = sorted({machine for machine, __ in self.nics})
        return ".".join(next(iter(self.nics))) if len(self.nics) == 1 else f"a NIC of {', '.join(machines)}"


class Index:
    """The cables by what ends are known by."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.by_mac = {cable.mac: cable for cable in given.cables}
        self.of_machine: dict[str, list[Cable]] = {}
        self.machines = {label(cable.machine): cable.machine for cable in given.cables}
        self.switches = {label(name): name for name in given.switches}
        self.ports: dict[Port, Port] = {}
        for cable in given.cables:
            self.of_machine.setdefault(cable.machine, []).append(cable)
            self.ports[label(cable.switch), spelled(cable.port)] = cable.place

    def nics(self, machine: str) -> frozenset[Nic]:
        """All cabled NICs of a machine."""
        return frozenset(cable.end for cable in self.of_machine.get(machine, []))

    def bond(self, mac: str) -> frozenset[Nic]:
        """The NICs that may send from an address."""
        cable = self.by_mac[mac]
        cabled = self.nics(cable.machine)
        return frozenset((cable.machine, nic) for nic in cable.bond) & cabled

    def nic(self, machine: str, *words: str) -> frozenset[Nic]:
        """The NIC that one of the words names: the model, its own system, or an address; all of them if none does."""
        heard = self.given.machines.get(machine, Heard())
        for word in words:
            mac = heard.names.get(word, word).lower()
            for cable in self.of_machine.get(machine, []):
                if word == cable.nic or mac == cable.mac:
                    return frozenset({cable.end})
        return self.nics(machine)


def observations(given: Given) -> list[Observation]:
    """All that is seen of the model's NICs and ports, each once."""
    index = Index(given)
    found: list[Observation] = []
    for name, facts in given.switches.items():
        if isinstance(facts, SwitchFacts):
            found += [*_lldp(name, facts, index), *_lacp(name, facts, index), *_table(name, facts, index)]
    for machine, heard in given.machines.items():
        found += _hears(machine, heard, index)
    return list(dict.fromkeys(found))


def _lldp(switch: str, facts: SwitchFacts, index: Index) -> Iterator[Observation]:
    for neighbour in facts.lldp or ():
        at = frozenset({(switch, neighbour.port)})
        nics = _neighbour_nics(neighbour, index)
        if nics:
            yield Observation(SWITCH, nics, at)
        elif label(neighbour.system) in index.switches:
            other = index.switches[label(neighbour.system)]
            yield Observation(SWITCH, frozenset(), at, f"{other}/{neighbour.port_id or '?'}")


def _neighbour_nics(neighbour: Neighbour, index: Index) -> frozenset[Nic]:
    """The NIC that a neighbour is; one that the model does not know is none, whatever it calls itself."""
    port, chassis = neighbour.port_id or "", neighbour.chassis_id or ""
    if port in index.by_mac:
        return frozenset({index.by_mac[port].end})
    machine = index.machines.get(label(neighbour.system))
    if machine is None and chassis in index.by_mac:
        machine = index.by_mac[chassis].machine
    return index.nic(machine, port, neighbour.port_description or "") if machine else frozenset()


def _lacp(switch: str, facts: SwitchFacts, index: Index) -> Iterator[Observation]:
    for lag in facts.lags or ():
        for member in lag.members:
            if member.partner in index.by_mac:
                yield Observation(LACP, index.bond(member.partner), frozenset({(switch, member.port)}))


def _table(switch: str, facts: SwitchFacts, index: Index) -> Iterator[Observation]:
    lags: dict[str, LagFacts] = {lag.name: lag for lag in facts.lags or ()}
    cabled = {port for at, port in index.ports.values() if at == switch}
    for row in facts.macs or ():
        ports = {member.port for member in lags[row.place].members} if row.place in lags else {row.place}
        if row.mac in index.by_mac and ports & cabled:
            yield Observation(TABLE, index.bond(row.mac), frozenset((switch, port) for port in ports))


def _hears(machine: str, heard: Heard, index: Index) -> Iterator[Observation]:
    """What a machine hears on its NICs: a switch and its port, or the switch alone where the port has no name."""
    for name, system, port, description in heard.neighbours:
        cable = index.by_mac.get(heard.names.get(name, ""))
        switch = label(system)
        if cable is None or cable.machine != machine or not switch:
            continue
        nics = frozenset({cable.end})
        known = [index.ports.get((switch, spelled(word))) for word in (port, description) if word]
        at = next((place for place in known if place), None)
        if at is not None:
            yield Observation(HOST, nics, frozenset({at}))
        elif _UNNAMED.fullmatch(port):
            places = (place for place in index.ports.values() if label(place[0]) == switch)
            yield Observation(HOST, nics, frozenset(places) or frozenset({(system, "?")}), vague=True)
        else:
            yield Observation(HOST, nics, frozenset({(index.switches.get(switch, system), port)}))
