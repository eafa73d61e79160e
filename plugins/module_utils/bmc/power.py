# SPDX-License-Identifier: GPL-3.0-or-later
"""Power as a wanted state: plan, request, and wait until the state is reached."""

from __future__ import annotations

from collections.abc import Callable
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
#: Seconds for which a request without a clear answer may still take effect.
UNCERTAIN_PATIENCE = 20.0


@dataclass(frozen=True)
class PowerRules:
    """``grace``: seconds that the operating system has to shut down; ``force``: cut the power after that."""

    graceful: bool = True
    grace: float = 120.0
    force: bool = True
    wait: float = 180.0


@dataclass(frozen=True)
class PowerPlan:
    """``steps`` are `off` and `on`, in the order in which they are performed."""

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
    """Plan the steps to `on`, `off` or `cycled`. A cycle is off and on, not a reset, since a boot override needs it."""
    off = () if actual is PowerState.OFF else ("off",)
    steps = {"on": () if actual is PowerState.ON else ("on",), "off": off, "cycled": (*off, "on")}[wanted]
    return PowerPlan(actual, PowerState.OFF if wanted == "off" else PowerState.ON, steps)


def apply_power(bmc: Bmc, plan: PowerPlan, rules: PowerRules, clock: Clock | None = None) -> None:
    """Perform the steps and wait for the result of each.

    :raises BmcTimeout: the machine did not reach the state.
    :raises BmcError: the controller refused the request or did not answer.
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
        except (errors.BmcTimeout, errors.BmcProtocolError, errors.BmcConflict, errors.BmcBusy) as error:
            # The operating system did not react, or the controller does not support or refuses a graceful shutdown.
            if not rules.force:
                raise errors.BmcTimeout(
                    f"the machine did not switch off in {rules.grace:.0f} s",
                    bmc.where,
                    "allow force: true",
                    bmc.evidence(),
                ) from error
    _switch(bmc, PowerState.OFF, False, clock)
    _wait(bmc, PowerState.OFF, rules.wait, clock)


def until_accepted(request: Callable[[], None], where: str, clock: Clock | None = None) -> None:
    """Repeat a request that is refused with a conflict (HTTP 409): controllers do so while a machine changes.

    :raises BmcConflict: it was refused for too long.
    """
    conflict: errors.BmcConflict | None = None

    def attempt() -> Missing | None:
        nonlocal conflict
        try:
            request()
        except errors.BmcConflict as error:
            conflict = error
            return Missing.of(where, str(error))
        return None

    try:
        wait(attempt, Deadline(CONFLICT_PATIENCE, clock), pause=CONFLICT_PAUSE, what="the request to be accepted")
    except TimedOut as error:
        raise conflict or error from None


def _switch(bmc: Bmc, wanted: PowerState, graceful: bool, clock: Clock) -> None:
    def request() -> None:
        try:
            bmc.request_power(wanted is PowerState.ON, graceful)
        except (errors.BmcConflict, errors.BmcProtocolError, errors.BmcUnreachable) as error:
            # Controllers answer 400 or 409 when the machine is in this state already, and a request whose answer was
            # lost or an internal error may have been carried out: the state is read before the error is judged.
            uncertain = isinstance(error, errors.BmcUnreachable) or error.status >= 500
            if uncertain and graceful:
                return  # the caller waits for the operating system, and then switches off by force
            if not _reached(bmc, wanted, UNCERTAIN_PATIENCE if uncertain else 0.0, clock):
                raise

    until_accepted(request, bmc.where, clock)


def _reached(bmc: Bmc, wanted: PowerState, seconds: float, clock: Clock) -> bool:
    def probe() -> Missing | None:
        state = bmc.power_state()
        return None if state is wanted else Missing.of("power", state.value)

    try:
        wait(probe, Deadline(seconds, clock), what=f"the machine to be {wanted.value}")
    except TimedOut:
        return False
    return True


def _wait(bmc: Bmc, wanted: PowerState, seconds: float, clock: Clock) -> None:
    needed = 2 if wanted is PowerState.ON else 1  # some controllers report On once before the state is stable
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
            "check its power supply and the controller's log",
            bmc.evidence(),
        ) from error
