# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a change that a switch and the machines behind it have to make both. Pure.

A switch that is brought to the model at once cuts machines which still use what it takes away. So it is changed twice:
*widened* first, until both the present and the wanted state of the machines work, and *narrowed* to exactly the model
once the machines have changed. Where no state of the switch serves both, there is no order, and the change is refused
unless somebody consents to the cut.

| what changes                        | first    | the switch in between                                     |
| ----------------------------------- | -------- | --------------------------------------------------------- |
| a VLAN is added, an MTU raised      | switch   | as wanted: nothing is left to narrow                      |
| a VLAN is removed, an MTU lowered   | machine  | carries both VLANs, the larger MTU                        |
| an untagged VLAN is added, removed  | as above | has the untagged VLAN                                     |
| another VLAN is untagged            | none     | a port has one untagged VLAN                              |
| a member joins, leaves the LAG      | as above | has all members: one that speaks no LACP carries nothing  |
| active-backup or one NIC -> LACP    | switch   | LAG that falls back to the port of the active member      |
| LACP -> active-backup or one NIC    | machine  | LAG that falls back to one member                         |
| static LAG <-> anything else        | none     | one side spreads frames over members that the other drops |
| VLANs <-> a routed port             | none     | a port has VLANs or an address                            |

LACP and its fallback: IEEE 802.1AX-2020, section 6.4, and the switches' own "fallback" or "force-up" of one member.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from .cabling import Cable
from .config import FabricError, Lag, Port, SwitchConfig
from .living import End, Host, Life, ends, ports_of
from .plan import Plan, plan
from .widen import NoOrderError, aggregated, joined, kept_apart, tolerant, unused


class Phase(StrEnum):
    """``exact``: the model at once; ``widen`` and ``narrow``: in two phases, before and after the machines."""

    EXACT = "exact"
    WIDEN = "widen"
    NARROW = "narrow"


@dataclass(frozen=True)
class Arranged:
    """What a phase brings the switch to.

    :ivar target: the configuration after the phase.
    :ivar start: the configuration before it; in check mode that which the phases before would have left.
    :ivar remains: what is left to do for the phase `narrow` that comes later.
    """

    target: SwitchConfig
    start: SwitchConfig
    remains: Plan


@dataclass(frozen=True)
class Consent:
    """What the caller of a phase says about machines.

    :ivar keep: with the phase `narrow`, machines that have not changed yet and whose ports stay wide.
    :ivar cut: machines that may be cut, whose ports are exact in each phase.
    """

    keep: frozenset[str] = frozenset()
    cut: frozenset[str] = frozenset()


def arrange(
    phase: Phase,
    desired: SwitchConfig,
    actual: SwitchConfig,
    cables: Iterable[Cable],
    look: Callable[[], Mapping[str, Host]],
    consent: Consent,
    *,
    check: bool = False,
) -> Arranged:
    """The configuration that a phase wants.

    :param look: finds out which machines live; called only where it matters.
    :param check: nothing is changed, so the phase `narrow` starts from what `widen` would have left.
    :raises FabricError: a machine that lives, and is reached by the link, would be cut in any order.
    """
    nothing = Plan(desired.name, ())
    if phase is Phase.EXACT or not plan(desired, actual).changed:
        return Arranged(desired, actual, nothing)
    cables = list(cables)
    if phase is Phase.WIDEN:
        wide = widened(desired, actual, cables, look(), consent.cut)
        return Arranged(wide, actual, plan(desired, after(wide, actual)))
    if not check and not consent.keep:
        return Arranged(desired, actual, nothing)
    found = look()
    start = after(widened(desired, actual, cables, found, consent.cut), actual) if check else actual
    kept = {name: host for name, host in found.items() if name in consent.keep}
    target = widened(desired, start, cables, kept, consent.cut)
    return Arranged(target, start, plan(desired, after(target, start)))


def widened(
    desired: SwitchConfig,
    actual: SwitchConfig,
    cables: Iterable[Cable],
    found: Mapping[str, Host],
    cut: Collection[str] = (),
) -> SwitchConfig:
    """The wanted configuration, and beside it what machines that live use at present.

    :param found: the machines that count; ports of others, and of machines in `cut`, are exactly as wanted.
    """
    users: dict[str, str] = {cable.port: cable.machine for cable in cables}
    protected = {name: host for name, host in found.items() if host.life > Life.NONE and name not in cut}
    refused: list[tuple[str, str, str]] = []
    ports: dict[str, Port] = {}
    lags: dict[str, Lag] = {}
    taken: set[str] = set()
    for want in ends(desired):
        if ports_of(want) & taken and isinstance(want, Port):
            continue  # it stays a member of the aggregation until the machine has left that
        machine = next((users[port] for port in sorted(ports_of(want)) if users.get(port) in protected), None)
        wide: End = want
        if machine is not None:
            try:
                wide = _of_machine(want, desired, actual, machine, protected[machine], users)
            except NoOrderError as error:
                if protected[machine].life is Life.LIVES and protected[machine].reached & ports_of(want):
                    refused.append((_place(desired.name, want), machine, str(error)))
        elif not ports_of(want) & set(users):
            wide = _shared(want, actual, _used(actual, users, protected))
        taken |= ports_of(wide)
        if isinstance(wide, Lag):
            lags[wide.name] = wide
        else:
            ports[wide.name] = wide
    _refuse(desired.name, refused)
    return replace(desired, ports=ports, lags=lags)


def after(target: SwitchConfig, actual: SwitchConfig) -> SwitchConfig:
    """The actual configuration once the target was performed; see :func:`.plan.plan`."""
    touched = target.port_names
    ports = {name: port for name, port in actual.ports.items() if name not in touched}
    lags = {name: lag for name, lag in actual.lags.items() if not touched & set(lag.members)}
    found = replace(actual, ports=ports | target.ports, lags=lags | target.lags, vlans=actual.vlans | target.vlans)
    return replace(found, mlag=target.mlag or actual.mlag, bgp=target.bgp or actual.bgp)


def _of_machine(
    want: End, desired: SwitchConfig, actual: SwitchConfig, machine: str, host: Host, users: Mapping[str, str]
) -> End:
    """One end of a machine that lives. :class:`.widen.NoOrderError` if no state of it serves both."""
    mine = ports_of(want)
    lags = [lag for lag in actual.lags.values() if mine & set(lag.members)]
    ports = [port for port in actual.ports.values() if port.name in mine]
    if isinstance(want, Lag):
        if lags:
            others = {port for port in desired.ports if users.get(port) != machine}
            others |= {p for lag in desired.lags.values() if lag.name != want.name for p in lag.members}
            return joined(want, lags, others)
        return aggregated(want, [port for port in ports if not unused(port)], host)
    if lags:
        wants = [port for port in desired.ports.values() if port.name in lags[0].members]
        return kept_apart(wants, lags[0])
    return tolerant(want, ports)


def _used(actual: SwitchConfig, users: Mapping[str, str], protected: Mapping[str, Host]) -> frozenset[int]:
    """The VLANs that machines which live may use at present."""
    return frozenset(
        vlan
        for end in ends(actual)
        if any(users.get(port) in protected for port in ports_of(end))
        for vlan in end.membership.vlans
    )


def _shared(want: End, actual: SwitchConfig, used: frozenset[int]) -> End:
    """An uplink, by which machines reach others: it keeps the VLANs that they use, and an MTU that is larger.

    What is at its other end is not of the model, so another untagged VLAN is not put off.
    """
    have = [end for end in ends(actual) if ports_of(end) == ports_of(want)]
    if not used or not have or isinstance(have[0], Lag) != isinstance(want, Lag):
        return want
    before = replace(have[0].membership, vlans=tuple(v for v in have[0].membership.vlans if v in used))
    if before.native not in before.vlans:
        before = replace(before, native=want.membership.native)
    try:
        return tolerant(want, [replace(have[0], membership=before)])
    except NoOrderError:
        return want


def _place(switch: str, end: End) -> str:
    return f"switches.{switch}.{'lags' if isinstance(end, Lag) else 'ports'}.{end.name}"


def _refuse(switch: str, refused: list[tuple[str, str, str]]) -> None:
    if not refused:
        return
    machines = sorted({machine for __, machine, __ in refused})
    consent = json.dumps({"switch_cut_consent": machines})
    places = sorted({place for place, __, __ in refused})
    reasons = dict.fromkeys(f"{machine} is in use, and {why}" for __, machine, why in refused)
    raise FabricError(
        ", ".join(places) or f"switches.{switch}",
        f"{'; '.join(reasons)}; nothing was changed",
        f"change the machine at its console first, and then the switch with -e '{consent}'; or, where the machine is "
        "not in use or has changed already, consent at once",
    )
