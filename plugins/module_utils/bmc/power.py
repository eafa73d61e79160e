# SPDX-License-Identifier: GPL-3.0-or-later
"""Power as a wanted state: plan, act, and wait until it is so."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from ..plan.base import Change, Changes, Diff
from ..waiting.deadline import Clock, Deadline, SystemClock
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from . import errors
from .types import Bmc, PowerState

#: Seconds for which a request that the controller refuses with a conflict is repeated, and the pause between two.
CONFLICT_PATIENCE = 50.0
CONFLICT_PAUSE = 10.0


@dataclass(frozen=True)
class PowerRules:
    """``grace``: seconds an operating system gets to end by itself; ``force``: cut the power after that."""

    graceful: bool = True
    grace: float = 120.0
    force: bool = True
    wait: float = 180.0


@dataclass(frozen=True)
class PowerPlan:
    """``steps`` out of `off` and `on`, in their order."""

    before: PowerState
    after: PowerState
    steps: tuple[str, ...] = field(default=())

    @property
    def changed(self) -> bool:
        """Whether anything would be done."""
        return bool(self.steps)

    def diff(self) -> Diff:
        """Return both sides of each step for --diff."""
        states = (self.before.value, *self.steps)
        return Changes(
            tuple(
                Change(f"switch the power {after}", f"power: {before}\n", f"power: {after}\n")
                for before, after in pairwise(states)
            )
        ).diff()


def plan_power(wanted: str, actual: PowerState) -> PowerPlan:
    """Plan the way to `on`, `off` or `cycled`. A cycle is off and on, never a restart: boot overrides need it."""
    off = () if actual is PowerState.OFF else ("off",)
    steps = {"on": () if actual is PowerState.ON else ("on",), "off": off, "cycled": (*off, "on")}[wanted]
    return PowerPlan(actual, PowerState.OFF if wanted == "off" else PowerState.ON, steps)


def apply_power(bmc: Bmc, plan: PowerPlan, rules: PowerRules, clock: Clock | None = None) -> None:
    """Do the steps and see each one through.

    :raises BmcTimeout: the machine did not reach the state.
    :raises BmcError: the controller refused or was lost.
    """
    clock = clock or SystemClock()
    for step in plan.steps:
        if step == "on":
            _switch(bmc, PowerState.ON, False, clock)
            _wait(bmc, PowerState.ON, rules.wait, clock)
        else:
            _off(bmc, rules, clock)


def settled_state(bmc: Bmc, clock: Clock | None = None, patience: float = 60.0) -> PowerState:
    """Read the power state until it is ON or OFF, and return the last one where it does not settle in time."""
    state = PowerState.UNKNOWN

    def probe() -> PowerState | Missing:
        nonlocal state
        state = bmc.power_state()
        return state if state in (PowerState.ON, PowerState.OFF) else Missing.of("power state", state.value)

    try:
        return wait(probe, Deadline(patience, clock), what="the power to be on or off")
    except TimedOut:
        return state


def _off(bmc: Bmc, rules: PowerRules, clock: Clock) -> None:
    if rules.graceful:
        try:
            _switch(bmc, PowerState.OFF, True, clock)
            _wait(bmc, PowerState.OFF, rules.grace, clock)
            return
        except (errors.BmcTimeout, errors.BmcProtocolError, errors.BmcConflict) as error:
            # No operating system listens, the controller has no graceful shutdown, or refuses it as things are.
            if not rules.force:
                raise errors.BmcTimeout(
                    f"the machine did not switch off in {rules.grace:.0f} s",
                    bmc.where,
                    "allow force: true",
                    bmc.evidence(),
                ) from error
    _switch(bmc, PowerState.OFF, False, clock)
    _wait(bmc, PowerState.OFF, rules.wait, clock)


def _switch(bmc: Bmc, wanted: PowerState, graceful: bool, clock: Clock) -> None:
    conflict: errors.BmcConflict | None = None

    def request() -> Missing | None:
        nonlocal conflict
        try:
            bmc.request_power(wanted is PowerState.ON, graceful)
        except (errors.BmcConflict, errors.BmcProtocolError, errors.BmcUnreachable) as error:
            # Controllers answer 400 or 409 when the machine is in this state already, and a request whose answer was
            # lost may have been carried out: the state is read before the error is judged.
            if bmc.power_state() is wanted:
                return None
            if not isinstance(error, errors.BmcConflict):
                raise
            conflict = error
            return Missing.of(bmc.where, str(error))
        return None

    try:
        wait(request, Deadline(CONFLICT_PATIENCE, clock), pause=CONFLICT_PAUSE, what="the controller to accept it")
    except TimedOut as error:
        raise conflict or error from None


def _wait(bmc: Bmc, wanted: PowerState, seconds: float, clock: Clock) -> None:
    needed = 2 if wanted is PowerState.ON else 1  # some controllers say On once while the power still flaps
    equal = 0

    def probe() -> Missing | None:
        nonlocal equal
        state = bmc.power_state()
        equal = equal + 1 if state is wanted else 0
        return None if equal >= needed else Missing.of("power", state.value)

    try:
        wait(probe, Deadline(seconds, clock), pause=1, what=f"the machine to be {wanted.value}")
    except TimedOut as error:
        raise errors.BmcTimeout(
            f"the machine is not {wanted.value} after {error.seconds:.0f} s ({error.missing})",
            bmc.where,
            "look at its power supply and the controller's log",
            bmc.evidence(),
        ) from error
