# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of cables: what agrees with the model, what contradicts it, and which cables are swapped. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .given import Cable, Given, Heard, Nic, Port, natural
from .observe import LAST, RANK, Observation, observations

AGREED, SILENT, CONTRADICTING = "agreed", "silent", "contradicting"


@dataclass(frozen=True)
class Row:
    """One cable.

    :ivar state: ``agreed``, ``silent`` or ``contradicting``.
    :ivar sources: what tells so, the best first.
    :ivar found: of a contradiction, what is really at its ends.
    :ivar note: why it is silent, or what a weaker source says otherwise.
    """

    machine: str
    nic: str
    mac: str
    switch: str
    port: str
    state: str
    sources: tuple[str, ...] = ()
    found: str = ""
    note: str = ""


@dataclass(frozen=True)
class Table:
    """All cables, and swaps in words, each once."""

    rows: tuple[Row, ...]
    swaps: tuple[str, ...]

    @property
    def contradicting(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.state == CONTRADICTING)

    def counts(self) -> dict[str, int]:
        """How many cables are in each state."""
        return {state: sum(row.state == state for row in self.rows) for state in (AGREED, SILENT, CONTRADICTING)}

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"cables": [asdict(row) for row in self.rows], "swaps": list(self.swaps), "counts": self.counts()}


def judge(given: Given) -> Table:
    """Compare each cable with all that both ends see.

    LLDP decides before LACP, and LACP before the MAC table, which remembers where an address was minutes ago. Of equal
    sources a contradiction decides, unless it may concern another NIC of the same bond that nothing confirms.
    """
    seen = observations(given)
    ports = {cable.end: cable.place for cable in given.cables}
    agreements = {cable: [item for item in seen if _agrees(item, cable)] for cable in given.cables}
    against = {}
    for cable, items in agreements.items():
        confirmed = min((_rank(item, True) for item in items), default=LAST + 1)
        against[cable] = _against(cable, seen, ports, confirmed)
    rows, wrong = [], list[Cable]()
    for cable in sorted(given.cables, key=lambda item: natural(item.end)):
        row = _row(cable, agreements[cable], against[cable], given)
        rows.append(row)
        if row.state == CONTRADICTING:
            wrong.append(cable)
    return Table(tuple(rows), _swaps(wrong, against))


def _agrees(item: Observation, cable: Cable) -> bool:
    return cable.end in item.nics and cable.place in item.ports


def _rank(item: Observation, agrees: bool) -> int:
    return LAST if item.vague and agrees else RANK[item.source]


def _against(cable: Cable, seen: Iterable[Observation], ports: Mapping[Nic, Port], confirmed: int) -> list[Observation]:
    """The observations that contradict a cable.

    :param ports: the model's port of each NIC.
    :param confirmed: the best rank of what agrees with the cable.
    """
    found = []
    for item in seen:
        if item.vague:
            wrong = cable.end in item.nics and cable.place not in item.ports
        elif any(ports.get(nic) in item.ports for nic in item.nics):
            wrong = False  # it agrees with a cable: this one, or another of the bond
        else:
            wrong = cable.end in item.nics or cable.place in item.ports
        if wrong and not item.exact and not item.other and not item.vague:
            wrong = confirmed > RANK[item.source] and not _concerns_another(cable, item, ports)
        if wrong:
            found.append(item)
    return found


def _concerns_another(cable: Cable, item: Observation, ports: Mapping[Nic, Port]) -> bool:
    """Whether one of several NICs is seen at a switch to which another one of them is cabled, and this one is not."""
    switches = {switch for switch, __ in item.ports}
    if cable.place in item.ports or cable.switch in switches:
        return False
    return any(ports[nic][0] in switches for nic in item.nics if nic in ports)


def _row(cable: Cable, agreeing: list[Observation], against: list[Observation], given: Given) -> Row:
    good = sorted(agreeing, key=lambda item: _rank(item, True))
    bad = sorted(against, key=lambda item: _rank(item, False))
    best = _rank(good[0], True) if good else LAST + 1
    common = (cable.machine, cable.nic, cable.mac, cable.switch, cable.port)
    if bad and _rank(bad[0], False) <= best:
        note = f"{good[0].source} agrees with the model" if good else ""
        return Row(*common, CONTRADICTING, _sources(bad), _found(cable, bad), note)
    if good:
        vague = " (the switch only, its port has no name)" if best == LAST else ""
        note = f"{bad[0].source} says otherwise: {_found(cable, bad)}" if bad else ""
        return Row(*common, AGREED, tuple(f"{name}{vague}" for name in _sources(good)), note=note)
    return Row(*common, SILENT, note="; ".join(_silence(cable, given)))


def _sources(items: Iterable[Observation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.source for item in items))


def _found(cable: Cable, bad: list[Observation]) -> str:
    """Where the NIC is and what is at the port, by the best source of each."""
    nic = next((item for item in bad if cable.end in item.nics), None)
    port = next((item for item in bad if cable.place in item.ports and cable.end not in item.nics), None)
    texts = []
    if nic is not None:
        one = f"{cable.machine}.{cable.nic}" if len(nic.nics) == 1 else nic.who()
        texts.append(f"{one} is at {nic.where()}")
    if port is not None:
        texts.append(f"{cable.switch}/{cable.port} has {port.who()}")
    return "; ".join(texts)


def _silence(cable: Cable, given: Given) -> list[str]:
    """Why nothing is known of a cable, at both ends."""
    facts, heard = given.switches[cable.switch], given.machines.get(cable.machine, Heard(why="not asked"))
    reasons = []
    if isinstance(facts, str):
        reasons.append(f"{cable.switch}: {facts}")
    else:
        port = next((item for item in facts.ports or () if item.name == cable.port), None)
        down = port is not None and port.up is False
        sees = "sees none of the model's addresses there"
        reasons.append(f"{cable.switch}/{cable.port} {'has no link' if down else sees}")
    if heard.why:
        reasons.append(f"{cable.machine}: {heard.why}")
    elif heard.names and cable.mac not in heard.names.values():
        reasons.append(f"{cable.machine} has no NIC with the address {cable.mac}")
    else:
        reasons.append(f"{cable.machine} hears no LLDP neighbour on {cable.nic}")
    return reasons


def _swaps(wrong: list[Cable], against: dict[Cable, list[Observation]]) -> tuple[str, ...]:
    """Pairs of cables of which each is where the other should be."""
    found, used = [], set[Cable]()
    pairs = [(one, two) for number, one in enumerate(wrong) for two in wrong[number + 1 :]]
    for one, two in sorted(pairs, key=lambda pair: pair[0].nic != pair[1].nic):
        if used & {one, two} or not (_is_at(one, two, against) and _is_at(two, one, against)):
            continue
        used |= {one, two}
        if one.machine == two.machine:
            found.append(f"{one.nic} and {two.nic} of {one.machine} are swapped")
        else:
            found.append(f"{one.machine}.{one.nic} and {two.machine}.{two.nic} are swapped")
    return tuple(sorted(found, key=lambda text: natural([text])))


def _is_at(a: Cable, b: Cable, against: dict[Cable, list[Observation]]) -> bool:
    """Whether the NIC of one cable is seen at the port of the other."""
    items = [*against[a], *against[b]]
    return any(a.end in item.nics and b.place in item.ports and not item.vague for item in items)
