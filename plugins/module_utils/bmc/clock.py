# SPDX-License-Identifier: GPL-3.0-or-later
"""Time that tests can replace, and a deadline over everything a call does."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic seconds and waiting."""

    def now(self) -> float:
        """Return monotonic seconds."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The real clock."""

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Deadline:
    """Seconds that are left for a call with all its retries."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock.now() + seconds

    def left(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self._end - self._clock.now())

    def pause(self, seconds: float) -> bool:
        """Wait if that much time is left; return whether it was."""
        if seconds >= self.left():
            return False
        self._clock.sleep(seconds)
        return True
