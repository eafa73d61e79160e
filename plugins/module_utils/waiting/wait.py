# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to wait: probe, pause, probe again until the deadline has passed, then say what is still missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .deadline import Deadline
from .missing import Missing

Found = TypeVar("Found")
#: Seconds between two probes: a constant, or a function of the seconds that have been waited so far.
Pause = float | Callable[[float], float]
Progress = Callable[[Missing, Deadline], None]


class TimedOut(Exception):
    """The deadline passed. The text says what was waited for, for how long, and what was missing at the last probe.

    :ivar what: what was waited for.
    :ivar seconds: for how long.
    :ivar missing: what the last probe found missing.
    """

    def __init__(self, what: str, seconds: float, missing: Missing) -> None:
        super().__init__(f"waited {seconds:.0f} s for {what}; still missing: {missing}")
        self.what, self.seconds, self.missing = what, seconds, missing


def growing(shortest: float, longest: float, part: float = 0.05) -> Pause:
    """Return a pause that is a part of the time waited so far: an expensive probe is made less often
    the longer the wait lasts."""

    def pause(waited: float) -> float:
        return min(longest, max(shortest, waited * part))

    return pause


def wait(
    probe: Callable[[], Found | Missing],
    deadline: Deadline,
    *,
    what: str,
    pause: Pause = 2.0,
    on_progress: Progress | None = None,
) -> Found:
    """Return what ``probe`` found, as soon as it is something else than :class:`Missing`.

    The first probe is made at once, the last one when the deadline has passed. If the state can never be
    reached, ``probe`` raises an exception, which ends the wait. ``on_progress`` is called after each probe that found
    something missing.

    :raises TimedOut: the deadline passed and something is still missing.
    """
    began = deadline.clock.now()
    while True:
        found = probe()
        if not isinstance(found, Missing):
            return found
        if on_progress:
            on_progress(found, deadline)
        waited = deadline.clock.now() - began
        if deadline.passed:
            raise TimedOut(what, waited, found)
        deadline.sleep(pause(waited) if callable(pause) else pause)
