# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring one switch to what the model says: read, compare, change with a way back, look again, confirm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..network import ping
from ..waiting.deadline import Clock, Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .cabling import Cable, Mistake, mistakes, without
from .config import FabricError, SwitchConfig
from .driver import Driver, driver
from .plan import Plan, plan

Answers = Callable[[list[str]], set[str]]
#: Seconds that peers get to answer again after a change.
SETTLING = 10.0


@dataclass(frozen=True)
class Outcome:
    """What came of it: the plan that was (or, in check mode, would be) performed, and cables that contradict it.

    :ivar unconfirmed: an earlier run left an unconfirmed change; it is rolled back before anything else.
    """

    plan: Plan
    mistakes: list[Mistake] = field(default_factory=list)
    unconfirmed: bool = False

    @property
    def changed(self) -> bool:
        return self.plan.changed or self.unconfirmed

    @property
    def steps(self) -> list[str]:
        """What is done, as text."""
        return [*(["roll back an unconfirmed change"] if self.unconfirmed else []), *map(str, self.plan.steps)]


def answering(addresses: list[str]) -> set[str]:
    """Those of some IP addresses that answer one echo request within a second."""
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
) -> Outcome:
    """Configure the switch of a role's ``switch`` dictionary.

    Ports whose machine was seen elsewhere are left as they are and reported. After a change every peer that answered
    before must answer again and the switch must say what was asked of it; otherwise it goes back and
    :class:`FabricError` tells why. If this process dies meanwhile, the switch goes back by itself after
    ``confirm.timeout`` seconds; a run within that time takes it back first, since what it would find in place is about
    to vanish.
    """
    wanted = SwitchConfig.from_vars(params)
    switch = switch or driver(params["name"], params["platform"], params["connection"])
    cables = [Cable.of(item) for item in params.get("cabling") or []]
    left = switch.armed()
    if left and not check:
        switch.revert(left)
    actual = switch.read(wanted)
    wrong = mistakes(wanted, cables, switch.sightings()) if cables else []
    desired = without(wanted, {mistake.machine for mistake in wrong}, cables)
    steps = plan(desired, actual)
    if steps.changed and not check:
        _perform(switch, desired, steps, params.get("confirm") or {}, Peers(answers, clock))
    return Outcome(steps, wrong, left is not None)


class Peers:
    """The hosts that have to answer after a change as they did before it."""

    def __init__(self, answers: Answers, clock: Clock | None = None) -> None:
        self._answers, self._clock = answers, clock
        self._before: set[str] = set()

    def remember(self, peers: list[str]) -> None:
        """Ping the peers before the change; those that are silent then prove nothing afterwards."""
        self._before = self._answers(peers)

    def lost(self) -> set[str]:
        """Those that answered before and do not within SETTLING seconds: LACP and MAC tables take some to settle."""
        lost = set(self._before)

        def probe() -> set[str] | Missing:
            lost.difference_update(self._answers(sorted(lost)))
            return Missing.each(sorted(lost), "it does not answer") if lost else lost

        try:
            return wait(probe, Deadline(SETTLING, self._clock), pause=0.5, what="the peers to answer again")
        except TimedOut:
            return lost


def _perform(switch: Driver, desired: SwitchConfig, steps: Plan, confirm: dict[str, Any], peers: Peers) -> None:
    peers.remember(confirm.get("peers") or [])
    armed = switch.perform(steps, confirm.get("timeout", 120))
    try:
        fault = _fault(switch, desired, peers)
    except FabricError:
        switch.revert(armed)
        raise
    if fault is None:
        switch.confirm(armed)
        return
    switch.revert(armed)
    raise fault


def _fault(switch: Driver, desired: SwitchConfig, peers: Peers) -> FabricError | None:
    """What speaks against keeping the change."""
    where, left, lost = f"switches.{desired.name}", plan(desired, switch.read(desired)), peers.lost()
    if lost:
        why = f"{', '.join(sorted(lost))} no longer answered after the change, which was taken back"
        return FabricError(where, why, "compare the model's VLANs with what those hosts use")
    if left.changed:
        why = f"it accepted the change but did not carry out: {'; '.join(map(str, left.steps))}"
        return FabricError(where, why, "look into the switch's log; the change was taken back")
    return None
