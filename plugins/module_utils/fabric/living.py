# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machines live behind the ports of a switch: what the switch sees, and who answers. Pure.

An address in the MAC table alone is weak evidence: the firmware of a blank machine that looks for a boot server sends
frames too. LACP (IEEE 802.1AX) is spoken by an operating system, and an address of the model is given by a run. So is
the description of a port, by which an address that is seen there is that of a machine which was configured before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import IntEnum

from .cabling import Cable
from .config import Lag, Port, Sighting, SwitchConfig
from .descriptions import machine_in

End = Port | Lag


class Life(IntEnum):
    """How sure it is that a machine uses its ports.

    ``SEEN``: something sends frames there, on a port that no run has configured for the machine yet.
    ``LIVES``: an operating system is configured and at work.
    """

    NONE = 0
    SEEN = 1
    LIVES = 2


@dataclass(frozen=True)
class Host:
    """What is known of one machine.

    :ivar reached: the ports of the link that has its management address: who cuts that needs the machine's console.
    :ivar active: the ports at which one of its own addresses was learnt.
    """

    life: Life = Life.NONE
    reached: frozenset[str] = frozenset()
    active: frozenset[str] = frozenset()


def ends(config: SwitchConfig) -> list[End]:
    """The aggregations of a configuration, and then its ports."""
    return [*config.lags.values(), *config.ports.values()]


def ports_of(end: End) -> frozenset[str]:
    """The physical ports of a port or an aggregation."""
    return frozenset(end.members) if isinstance(end, Lag) else frozenset({end.name})


def hosts(
    desired: SwitchConfig,
    actual: SwitchConfig,
    cables: Iterable[Cable],
    seen: Iterable[Sighting],
    answering: Collection[str],
) -> dict[str, Host]:
    """Every machine of the cables.

    :param seen: what the switch sees now; LLDP does not count, since some NICs send it by themselves.
    :param answering: those of the cables' addresses that answer.
    """
    cables = list(cables)
    own: dict[str, list[Cable]] = {}
    for cable in cables:
        own.setdefault(cable.machine, []).append(cable)
    lags = {**desired.lags, **actual.lags}
    at: dict[str, list[tuple[Sighting, bool]]] = {}
    for sighting in seen:
        alone = sighting.place not in lags
        for port in {sighting.place} if alone else lags[sighting.place].members:
            at.setdefault(port, []).append((sighting, alone))
    described = _described(desired, actual)
    return {name: _host(mine, at, described, answering) for name, mine in own.items()}


def _host(
    cables: list[Cable],
    at: dict[str, list[tuple[Sighting, bool]]],
    described: frozenset[str],
    answering: Collection[str],
) -> Host:
    macs, ports = {cable.mac for cable in cables}, {cable.port for cable in cables}
    there = [(port, sighting, alone) for port in sorted(ports) for sighting, alone in at.get(port, [])]
    learnt = [(port, sighting.mac, alone) for port, sighting, alone in there if sighting.source == "mac_table"]
    lives = (
        any(cable.address in answering for cable in cables if cable.address)
        or any(sighting.source == "lacp" for _port, sighting, _alone in there)
        or any(mac in macs and port in described for port, mac, _alone in learnt)
    )
    return Host(
        Life.LIVES if lives else Life.SEEN if learnt else Life.NONE,
        frozenset(cable.port for cable in cables if cable.address),
        frozenset(port for port, mac, alone in learnt if alone and mac in macs),
    )


def _described(desired: SwitchConfig, actual: SwitchConfig) -> frozenset[str]:
    """Ports that an earlier run has configured for the machine that has them in the model, by their description."""
    texts = {port: machine_in(end.description) for end in ends(desired) for port in ports_of(end)}
    found = {port: machine_in(end.description) for end in ends(actual) for port in ports_of(end)}
    return frozenset(port for port, text in found.items() if text and text == texts.get(port))
