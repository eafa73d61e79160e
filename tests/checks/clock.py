# SPDX-License-Identifier: GPL-3.0-or-later
"""A clock for tests of what waits."""

from __future__ import annotations


class SkippingClock:
    """Time passes by sleeping only, and a sleep returns at once."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
