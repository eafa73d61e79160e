# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a run's work is done, in seconds of the last run of the same command.

Tasks are no measure of work: one takes a tenth of a second and another one ten minutes. So where no earlier run is
known, nothing is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

#: What is said at most while a run goes on, in percent.
MOST = 99


class Work:
    """The work of a run, play by play. What is said never falls, and is at most MOST.

    Plays and tasks that do not come this time count as done when one behind them begins.
    """

    def __init__(self, plays: Sequence[Mapping[str, Any]] = ()) -> None:
        """:param plays: those of the last run in their order, each with ``name``, ``seconds`` and ``tasks``, a list of
        name and seconds.
        """
        self._plays = [(str(play["name"]), float(play["seconds"]), dict_of(play["tasks"])) for play in plays]
        self._whole = sum(seconds for __, seconds, __tasks in self._plays)
        self._at = -1
        self._is_over = False
        self._ended: Counter[str] = Counter()
        self._said = 0

    def begin(self, play: str) -> None:
        """A play begins, and those before it are over. One that the last run did not have has no work that is known."""
        for place in range(self._at + 1, len(self._plays)):
            if self._plays[place][0] == play:
                self._at, self._ended, self._is_over = place, Counter(), False
                return
        self._is_over = True

    def end(self, task: str) -> None:
        """A task of the play has ended."""
        self._ended[task] += 1

    def percent(self, task: str = "", seconds: float = 0.0) -> int | None:
        """The part that is done, or None where no earlier run is known.

        :param task: the one that runs, since :param seconds: seconds. It counts for no more than it took the last time.
        """
        if self._whole <= 0:
            return None
        before = sum(play[1] for play in self._plays[: max(self._at, 0)])
        self._said = max(self._said, min(MOST, int(100 * (before + self._here(task, seconds)) / self._whole)))
        return self._said

    def _here(self, task: str, seconds: float) -> float:
        if self._at < 0:
            return 0.0
        __, whole, tasks = self._plays[self._at]
        if self._is_over:
            return whole
        done = sum(sum(tasks.get(name, [])[:count]) for name, count in self._ended.items())
        ahead = tasks.get(task, [])[self._ended[task] :][:1]
        return min(whole, done + min(seconds, sum(ahead)))


def dict_of(tasks: Sequence[Sequence[Any]]) -> dict[str, list[float]]:
    """The seconds of the tasks of a play by their name, in their order."""
    found: dict[str, list[float]] = {}
    for name, seconds in tasks:
        found.setdefault(str(name), []).append(float(seconds))
    return found
