# SPDX-License-Identifier: GPL-3.0-or-later
"""Configure one switch as the model says: read, compare, change under a timer, verify, confirm or roll back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..network import ping
from ..waiting.deadline import Clock, Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .by_hand import UNMANAGED, table
from .cabling import Cable, Mistake, mistakes, without
from .config import FabricError, SwitchConfig
from .driver import Driver, driver
from .living import Host, hosts
from .order import Consent, Phase, arrange
from .plan import Plan, plan
from .routed import is_same

Answers = Callable[[list[str]], set[str]]
#: Seconds within which peers have to answer again after a change: three slow LACPDUs (IEEE 802.1AX: 30 s each), or the
#: listening and learning states of a port after some spanning tree (IEEE 802.1D: 15 s each, and 20 s of age).
SETTLING = 90.0
#: The part of ``confirm.timeout`` that may pass until then; the rest is for the confirmation itself.
SHARE = 0.75


@dataclass(frozen=True)
class Outcome:
    """The plan that was performed (in check mode: would be), and the cables that contradict the model.

    :ivar unconfirmed: whether an earlier run left an unconfirmed change, which is rolled back first.
    :ivar by_hand: of an unmanaged switch the lines of a table of what people have to configure; else nothing.
    :ivar remains: what is left to do once the machines have changed, by the phase `narrow`.
    """

    plan: Plan
    mistakes: list[Mistake] = field(default_factory=list)
    unconfirmed: bool = False
    by_hand: list[str] = field(default_factory=list)
    remains: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return self.plan.changed or self.unconfirmed

    @property
    def steps(self) -> list[str]:
        """What was done, or would be in check mode, as text."""
        return [*(["roll back an unconfirmed change"] if self.unconfirmed else []), *map(str, self.plan.steps)]


def answering(addresses: list[str]) -> set[str]:
    """Those of the addresses that answer one ICMP echo request within a second."""
    try:
        return ping.by_program(addresses)
    except FileNotFoundError as error:
        raise FabricError("switch", "ping is not installed", "install iputils-ping where the role runs") from error


def run(
    params: dict[str, Any],
    *,
    check: bool,
    switch: Driver | None = None,
    answers: Answers = answering,
    clock: Clock | None = None,
    phase: Phase = Phase.EXACT,
    consent: Consent | None = None,
) -> Outcome:
    """Configure a switch as the input ``switch_config`` of the role says, at once or in two phases (:mod:`.order`).

    Ports of a machine that was seen elsewhere are reported and not changed. After a change each peer that answered
    before has to answer again, and the switch has to report the wanted configuration; otherwise the change is rolled
    back and a :class:`FabricError` gives the reason. If this process dies in between, the switch rolls back by itself
    after ``confirm.timeout`` seconds. A run within that time rolls back first, since the switch is about to do so.

    An unmanaged switch is neither read nor changed: people configure it by the table in the outcome.
    """
    wanted = SwitchConfig.from_vars(params)
    if params.get("platform") == UNMANAGED:
        return Outcome(Plan(wanted.name, ()), by_hand=table(wanted, params.get("mlag_peer")))
    switch = switch or driver(params["name"], params["platform"], params["connection"])
    try:
        return _configure(switch, wanted, params, Way(check, phase, consent or Consent()), Peers(answers, clock))
    finally:
        switch.close()


@dataclass(frozen=True)
class Way:
    """How a run changes the switch: see :func:`.order.arrange`."""

    check: bool
    phase: Phase
    consent: Consent


def _configure(switch: Driver, wanted: SwitchConfig, params: dict[str, Any], way: Way, peers: Peers) -> Outcome:
    cables = [Cable.of(item) for item in params.get("cabling") or []]
    unconfirmed = switch.armed()
    if unconfirmed and not way.check:
        switch.revert(unconfirmed)
    actual = switch.read(wanted)
    _refuse_routed_of_others(wanted, actual)
    # Pinged before the switch is asked what it sees, since an address that is silent for minutes is forgotten there.
    ordered = way.phase is not Phase.EXACT and plan(wanted, actual).changed
    answering = peers.answer({cable.address for cable in cables if cable.address}) if ordered else set()
    seen = switch.sightings() if cables else []
    wrong = mistakes(wanted, cables, seen)
    desired = without(wanted, {mistake.machine for mistake in wrong}, cables)

    def look() -> dict[str, Host]:
        return hosts(desired, actual, cables, seen, answering)

    arranged = arrange(way.phase, desired, actual, cables, look, way.consent, check=way.check)
    steps = plan(arranged.target, arranged.start)
    if steps.changed and not way.check:
        _perform(switch, arranged.target, steps, _confirm(params, cables, way.consent), peers)
    return Outcome(steps, wrong, unconfirmed is not None, remains=list(map(str, arranged.remains.steps)))


def _refuse_routed_of_others(wanted: SwitchConfig, actual: SwitchConfig) -> None:
    """A routed port with another address, which no run made: it may lead to a router, and the model be mistaken."""
    for name, port in wanted.ports.items():
        have = actual.ports.get(name)
        if not port.addresses or have is None or not set(have.addresses) - set(port.addresses):
            continue
        if not is_same(have.description, port.description):
            why = f"it is a routed port of others: it has {' '.join(have.addresses)}, and its description is "
            why += f"{have.description!r}" if have.description else "empty"
            remedy = "correct the cabling in the model, or remove the address on the switch"
            raise FabricError(f"switches.{wanted.name}.ports.{name}", why, remedy)


def _confirm(params: dict[str, Any], cables: list[Cable], consent: Consent) -> dict[str, Any]:
    """What has to hold after a change: a machine that may be cut need not answer."""
    confirm = params.get("confirm") or {}
    cut = {cable.address for cable in cables if cable.machine in consent.cut}
    return {**confirm, "peers": [peer for peer in confirm.get("peers") or [] if peer not in cut]}


class Peers:
    """The hosts that have to answer after a change as they did before it."""

    def __init__(self, answers: Answers, clock: Clock | None = None) -> None:
        self._answers, self._clock = answers, clock
        self._before: set[str] = set()

    def answer(self, addresses: set[str]) -> set[str]:
        """Those of the addresses that answer now."""
        return self._answers(sorted(addresses)) if addresses else set()

    def remember(self, peers: list[str]) -> None:
        """Ping the peers before the change; those that do not answer now need not answer after it."""
        self._before = self._answers(peers)

    def lost(self, timeout: float) -> set[str]:
        """Peers that answered before the change and do not in time, which ends well before the switch's timer.

        :param timeout: seconds after which the switch rolls the change back.
        """
        lost = set(self._before)

        def probe() -> set[str] | Missing:
            lost.difference_update(self._answers(sorted(lost)))
            return Missing.each(sorted(lost), "it does not answer") if lost else lost

        try:
            deadline = Deadline(min(SETTLING, SHARE * timeout), self._clock)
            return wait(probe, deadline, pause=0.5, what="the peers to answer again")
        except TimedOut:
            return lost


def _perform(switch: Driver, desired: SwitchConfig, steps: Plan, confirm: dict[str, Any], peers: Peers) -> None:
    timeout = confirm.get("timeout", 120)
    peers.remember(confirm.get("peers") or [])
    armed = switch.perform(steps, timeout)
    try:
        fault = _fault(switch, desired, peers.lost(timeout))
    except FabricError as error:
        raise _rolled_back(switch, armed, error, timeout) from error
    if fault is not None:
        raise _rolled_back(switch, armed, fault, timeout)
    switch.confirm(armed)


def _fault(switch: Driver, desired: SwitchConfig, lost: set[str]) -> FabricError | None:
    """The reason to roll the change back; None if there is none."""
    where, left = f"switches.{desired.name}", plan(desired, switch.read(desired))
    if lost:
        why = f"{', '.join(sorted(lost))} no longer answered after the change"
        return FabricError(where, why, "compare the model's VLANs with what those hosts use")
    if left.changed:
        why = f"it accepted the change but did not perform: {'; '.join(map(str, left.steps))}"
        return FabricError(where, why, "read the switch's log")
    return None


def _rolled_back(switch: Driver, armed: str, fault: FabricError, timeout: int) -> FabricError:
    """The fault, after the change was rolled back; or with what is left to the switch's timer if that failed."""
    try:
        switch.revert(armed)
    except FabricError as error:
        why = f"{fault.message}; the change could not be rolled back at once ({error.message})"
        remedy = f"the switch does so by itself after confirm.timeout, {timeout} s; then {fault.remedy}"
        return FabricError(fault.where, why, remedy)
    return FabricError(fault.where, f"{fault.message}; the change was rolled back", fault.remedy)
