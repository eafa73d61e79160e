# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring one switch to what the model says: read, compare, change with a way back, look again, confirm."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .cabling import Cable, Mistake, mistakes, without
from .config import FabricError, SwitchConfig
from .driver import Driver, driver
from .plan import Plan, plan

Answers = Callable[[list[str]], set[str]]


@dataclass(frozen=True)
class Outcome:
    """What came of it: the plan that was (or, in check mode, would be) performed, and cables that contradict it.

    :ivar unconfirmed: an earlier run left a change that nobody confirmed; it is taken back before anything else.
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
        return [*(["take back a change that nobody confirmed"] if self.unconfirmed else []), *map(str, self.plan.steps)]


def answering(addresses: list[str]) -> set[str]:
    """Those of some IP addresses that answer one echo request within a second."""

    def one(address: str) -> bool:
        command = ["ping", "-n", "-q", "-c", "1", "-W", "1", "--", address]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except FileNotFoundError as error:
            raise FabricError("switch", "ping is not installed", "install iputils-ping where the role runs") from error

    if not addresses:
        return set()
    with ThreadPoolExecutor(len(addresses)) as pool:
        return {address for address, good in zip(addresses, pool.map(one, addresses), strict=True) if good}


def run(params: dict[str, Any], *, check: bool, switch: Driver | None = None, answers: Answers = answering) -> Outcome:
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
        _perform(switch, desired, steps, params.get("confirm") or {}, answers)
    return Outcome(steps, wrong, left is not None)


def _perform(switch: Driver, desired: SwitchConfig, steps: Plan, confirm: dict[str, Any], answers: Answers) -> None:
    peers = confirm.get("peers") or []
    before = answers(peers)
    armed = switch.perform(steps, confirm.get("timeout", 120))
    try:
        fault = _fault(switch, desired, before, answers)
    except FabricError:
        switch.revert(armed)
        raise
    if fault is None:
        switch.confirm(armed)
        return
    switch.revert(armed)
    raise fault


def _fault(switch: Driver, desired: SwitchConfig, before: set[str], answers: Answers) -> FabricError | None:
    """What speaks against keeping the change."""
    where, left, lost = f"switches.{desired.name}", plan(desired, switch.read(desired)), _lost(before, answers)
    if lost:
        why = f"{', '.join(sorted(lost))} no longer answered after the change, which was taken back"
        return FabricError(where, why, "compare the model's VLANs with what those hosts use")
    if left.changed:
        why = f"it accepted the change but did not carry out: {'; '.join(map(str, left.steps))}"
        return FabricError(where, why, "look into the switch's log; the change was taken back")
    return None


def _lost(before: set[str], answers: Answers, tries: int = 10) -> set[str]:
    """Peers that answered before and don't now; LACP and MAC tables get some seconds to settle."""
    lost = before
    for _ in range(tries):
        lost = lost - answers(sorted(lost))
        if not lost:
            break
    return lost
