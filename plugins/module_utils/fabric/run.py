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
    """What came of it: the plan that was (or, in check mode, would be) performed, and cables that contradict it."""

    plan: Plan
    mistakes: list[Mistake] = field(default_factory=list)


def answering(addresses: list[str]) -> set[str]:
    """Those of some IP addresses that answer one echo request within a second."""

    def one(address: str) -> bool:
        command = ["ping", "-n", "-q", "-c", "1", "-W", "1", address]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    if not addresses:
        return set()
    with ThreadPoolExecutor(len(addresses)) as pool:
        return {address for address, good in zip(addresses, pool.map(one, addresses), strict=True) if good}


def run(params: dict[str, Any], *, check: bool, switch: Driver | None = None, answers: Answers = answering) -> Outcome:
    """Configure the switch of a role's ``switch`` dictionary.

    Ports whose machine was seen elsewhere are left as they are and reported. After a change every peer that answered
    before must answer again and the switch must say what was asked of it; otherwise it goes back and
    :class:`FabricError` tells why. If this process dies meanwhile, the switch goes back by itself after
    ``confirm.timeout`` seconds.
    """
    wanted = SwitchConfig.from_vars(params)
    switch = switch or driver(params["name"], params["platform"], params["connection"])
    cables = [Cable.of(item) for item in params.get("cabling") or []]
    actual = switch.read(wanted)
    wrong = mistakes(wanted, cables, switch.sightings()) if cables else []
    desired = without(wanted, {mistake.machine for mistake in wrong}, cables)
    steps = plan(desired, actual)
    if steps.changed and not check:
        _perform(switch, desired, steps, params.get("confirm") or {}, answers)
    return Outcome(steps, wrong)


def _perform(switch: Driver, desired: SwitchConfig, steps: Plan, confirm: dict[str, Any], answers: Answers) -> None:
    peers = confirm.get("peers") or []
    before = answers(peers)
    armed = switch.perform(steps, confirm.get("timeout", 120))
    left = plan(desired, switch.read(desired))
    lost = _lost(before, answers)
    if not left.changed and not lost:
        switch.confirm(armed)
        return
    switch.revert(armed)
    if lost:
        why = f"{', '.join(sorted(lost))} no longer answered after the change, which was taken back"
        raise FabricError(f"switches.{desired.name}", why, "compare the model's VLANs with what those hosts use")
    why = f"it accepted the change but did not carry out: {'; '.join(map(str, left.steps))}"
    raise FabricError(f"switches.{desired.name}", why, "look into the switch's log; the change was taken back")


def _lost(before: set[str], answers: Answers, tries: int = 10) -> set[str]:
    """Peers that answered before and don't now; LACP and MAC tables get some seconds to settle."""
    lost = before
    for _ in range(tries):
        lost = lost - answers(sorted(lost))
        if not lost:
            break
    return lost
