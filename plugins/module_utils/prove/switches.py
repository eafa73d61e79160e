# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a switch: it runs the configuration of the model, LACP has the right partner on each member, and its BGP
sessions with machines are established."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from ..fabric.by_hand import NOT_TRIED, UNMANAGED
from ..fabric.cabling import Cable
from ..fabric.config import FabricError, Lag, Sighting, SwitchConfig
from ..fabric.driver import Driver, driver
from ..fabric.plan import Plan, plan
from ..report.proofs import Proof, ProofError, UntriedError, prove
from .registry import proof, prove_scope


def switch_proofs(params: dict[str, Any], switch: Driver | None = None) -> list[Proof]:
    """All proofs of one switch.

    :param params: a role's ``switch`` dictionary.
    """
    return prove_scope("switch", (params, switch))


class _Reading:
    """One switch, connected to once and read once for all of its proofs."""

    def __init__(self, params: dict[str, Any], switch: Driver | None) -> None:
        self.desired = SwitchConfig.from_vars(params)
        self._params, self._switch = params, switch
        self._read = False  # only a driver that has read the switch knows its ports
        self._seen: list[Sighting] | None = None
        self._down: set[str] | None = None
        self._sessions: dict[str, str] | None = None

    def left(self) -> Plan:
        """What the switch lacks of the model."""
        if self._params["platform"] == UNMANAGED:
            raise UntriedError(NOT_TRIED)
        params = self._params
        self._switch = self._switch or driver(params["name"], params["platform"], params["connection"])
        found = plan(self.desired, self._switch.read(self.desired))
        self._read = True
        return found

    def sightings(self) -> list[Sighting]:
        """The addresses that the switch sees, LACP partners among them."""
        if self._params["platform"] == UNMANAGED:
            raise UntriedError(NOT_TRIED)
        if not self._read or self._switch is None:
            raise UntriedError("the switch could not be read")
        if not self._switch.sees_partners:
            raise UntriedError(f"the driver of {self._params['platform']} does not read LACP partners")
        if self._seen is None:
            self._seen = self._switch.sightings()
        return self._seen

    def session(self, address: str) -> str:
        """The state of the BGP session with a neighbour; empty if the switch has none. The switch is asked once."""
        if self._params["platform"] == UNMANAGED:
            raise UntriedError(NOT_TRIED)
        if not self._read or self._switch is None:
            raise UntriedError("the switch could not be read")
        if self._sessions is None:
            self._sessions = self._switch.sessions()
        if self._sessions is None:
            raise UntriedError(f"the driver of {self._params['platform']} does not read BGP sessions")
        return self._sessions.get(address, "")

    def without_link(self, ports: Iterable[str]) -> str:
        """Those of the ports that have no link, as text after the reason of a failure; the switch is asked once."""
        if self._down is None and self._switch is not None:
            try:
                told = self._switch.facts(sorted(self.desired.port_names), ["ports"]).ports or ()
            except FabricError as error:
                return f" (whether the ports have a link is not known: {error.message})"
            self._down = {port.name for port in told if port.up is False}
        down = sorted(set(ports) & (self._down or set()))
        return f" ({', '.join(down)}: no link)" if down else ""

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._switch and self._params["platform"] != UNMANAGED:
            self._switch.close()


@proof("switch")
def _runs_the_model(context: tuple[dict[str, Any], Driver | None]) -> Iterator[Proof]:
    params, switch = context
    name, reading = params["name"], _Reading(params, switch)
    desired = reading.desired
    cables = [Cable.of(item) for item in params.get("cabling") or []]

    def runs() -> str:
        left = reading.left()
        if left.changed:
            raise ProofError("; ".join(map(str, left.steps)))
        return f"{len(desired.port_names)} ports, {len(desired.lags)} aggregations as in the model"

    def lacp(lag: Lag) -> str:
        seen = reading.sightings()
        try:
            return lacp_evidence(lag, cables, seen)
        except ProofError as error:
            raise ProofError(f"{error}{reading.without_link(lag.members)}") from error

    def session(address: str) -> str:
        state = reading.session(address)
        if state != "established":
            raise ProofError(f"{address}: the session is {state}" if state else f"{address}: there is no session")
        return f"{address}: {state}"

    try:
        yield prove(f"{name}: runs what the model says", "switch", _failed_by_switch_errors(runs))
        for lag in desired.lags.values():
            if lag.lacp is None:
                continue  # nothing is negotiated
            claim = f"{name}: LACP is negotiated with the right machine on every member of {lag.name}"
            yield prove(claim, "switch", _failed_by_switch_errors(partial(lacp, lag)))
        for group in desired.bgp.peerings.values() if desired.bgp else ():
            for address, machine in group.neighbors:
                claim = f"{name}: the BGP session with {machine} ({address}) is established"
                yield prove(claim, "switch", _failed_by_switch_errors(partial(session, address)))
    finally:
        reading.close()


def _failed_by_switch_errors(attempt: Callable[[], str]) -> Callable[[], str]:
    """The attempt, in which a driver's errors become :class:`ProofError`."""

    def wrapped() -> str:
        try:
            return attempt()
        except FabricError as error:
            raise ProofError(str(error)) from error

    return wrapped


def lacp_evidence(lag: Lag, cables: Iterable[Cable], seen: Iterable[Sighting]) -> str:
    """The LACP partner of each member; :class:`ProofError` names members without one and wrong partners."""
    partners = {sighting.place: sighting.mac for sighting in seen if sighting.source == "lacp"}
    cables = list(cables)
    if not cables:
        raise UntriedError("the cabling of this switch was not given")
    owner = {cable.mac: cable.machine for cable in cables}
    wanted = {cable.port: cable.machine for cable in cables if cable.port in lag.members}
    wrong = [
        f"{port}: {owner.get(partners.get(port, ''), partners.get(port, 'no partner'))} instead of {machine}"
        for port, machine in sorted(wanted.items())
        if owner.get(partners.get(port, "")) != machine
    ]
    if wrong or set(wanted) != set(lag.members):
        raise ProofError("; ".join(wrong) or f"the cabling lacks {sorted(set(lag.members) - set(wanted))}")
    return ", ".join(f"{port}: {partners[port]} ({wanted[port]})" for port in sorted(wanted))
