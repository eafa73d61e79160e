# SPDX-License-Identifier: GPL-3.0-or-later
"""A clock that tests can replace, and deadlines for waits and calls."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic seconds and sleeping."""

    def now(self) -> float:
        """Return monotonic seconds."""

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""


class SystemClock:
    """The clock of the operating system."""

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        time.sleep(seconds)


class Deadline:
    """A point in time, so many seconds from its creation; ``math.inf`` seconds never end.

    Deadlines of one clock are ordered, so ``min`` gives the one that comes first.
    """

    def __init__(self, seconds: float, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self._began = self.clock.now()
        self._end = self._began + seconds

    def __lt__(self, other: Deadline) -> bool:
        return self._end < other._end

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.clock.now() >= self._end

    def left(self) -> float:
        """Return the seconds that are left, never below zero."""
        return max(0.0, self._end - self.clock.now())

    def spent(self) -> float:
        """Return the seconds since the deadline was set."""
        return self.clock.now() - self._began

    def within(self, seconds: float) -> Deadline:
        """Return the deadline of a part: so many seconds from now, but not later than this one."""
        return min(Deadline(seconds, self.clock), self)

    def pause(self, seconds: float) -> bool:
        """Sleep if that much time is left, for a repetition that would be useless any sooner; return whether it was."""
        if seconds >= self.left():
            return False
        self.clock.sleep(seconds)
        return True

    def sleep(self, seconds: float) -> None:
        """Sleep for so many seconds, but not past the deadline."""
        self.clock.sleep(min(seconds, self.left()))
