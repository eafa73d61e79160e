# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress lines: the how many-th step of how many, the part of the work that is done, what, seconds."""

from __future__ import annotations

import threading
import time
import typing as t
from contextlib import contextmanager
from pathlib import Path

BEAT = 15.0  # seconds between two progress lines of one step
#: Seconds that a step takes by the words with which it begins, the longest that fit. What is compiled and packed was
#: measured with the lock of this release on two cores with empty caches; those of downloads and images are estimates.
#: Only their ratios matter: a line says which part of the work is done, and no time.
SECONDS: dict[str, float] = {
    "compile": 120.0,
    "compile kubernetes": 300.0,
    "compile helm": 65.0,
    "compile cni": 20.0,
    "compile pause": 1.0,
    "Debian packages": 15.0,
    "sign": 5.0,
    "layer": 1.0,
    "take": 0.3,
    "pack": 0.3,
    "render": 1.0,
    "download": 5.0,
    "unpack": 1.0,
    "file": 0.3,
    "image": 10.0,
}
#: What is said at most before the end, in percent.
MOST = 99
#: The part of a step's seconds that counts at most while it still runs.
RUNNING = 0.9


def seconds_of(step: str) -> float:
    """The seconds that a step is expected to take; 0 for one whose words are in no table."""
    words = step.split()
    for count in range(len(words), 0, -1):
        if (known := SECONDS.get(" ".join(words[:count]))) is not None:
            return known
    return 0.0


class Task:
    """A step that is under way; ``note`` is shown in each progress line, behind ``prefix``."""

    def __init__(self, expected: float = 0.0) -> None:
        self.prefix = ""
        self.note = ""
        self.expected = expected
        self.began = time.monotonic()

    def say(self, note: str) -> None:
        self.note = self.prefix + note

    def worked(self) -> float:
        """How much of what is expected is done, in seconds."""
        return min(time.monotonic() - self.began, RUNNING * self.expected)


class Progress:
    """Writes lines to a log file (which a second process may follow) and to an optional callback.

    Steps count by the seconds that they are expected to take, and those whose result is already there are no work.
    """

    def __init__(
        self, steps: t.Sequence[str], log: Path | None = None, emit: t.Callable[[str], None] | None = None
    ) -> None:
        """:param steps: all that will come, each at least by the words with which it begins."""
        self.total = len(steps)
        self.done = 0
        self.seconds: dict[str, float] = {}
        self._whole = sum(map(seconds_of, steps))
        self._worked = 0.0
        self._said = 0
        self._running: list[Task] = []
        self._log = log
        self._emit = emit
        self._lock = threading.Lock()
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text("")

    def say(self, line: str) -> None:
        with self._lock:
            self._write(line)

    def skip(self, what: str) -> None:
        """Count a step whose result is already there."""
        with self._lock:
            self.done += 1
            if what not in self.seconds:  # else its work was done in this run, and counted
                self._whole -= seconds_of(what)
            self._write(f"{self._head()} {what}: already there")

    def finish(self, what: str) -> None:
        """The last line: all is done."""
        self.say(f"[{self.done:2}/{self.total} 100%] {what}")

    @contextmanager
    def step(self, what: str) -> t.Iterator[Task]:
        """Time a step and report every ``BEAT`` seconds that it still runs."""
        task, over = Task(seconds_of(what)), threading.Event()

        def beat() -> None:
            while not over.wait(BEAT):
                note = f", {task.note}" if task.note else ""
                with self._lock:
                    self._write(f"{self._head()} {what} … {time.monotonic() - task.began:.0f} s{note}")

        with self._lock:
            self._running.append(task)
        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield task
        except BaseException:
            with self._lock:
                self._running.remove(task)
            raise
        finally:
            over.set()
            thread.join()
        with self._lock:
            self._running.remove(task)
            self._worked += task.expected
            self.done += 1
            self.seconds[what] = round(time.monotonic() - task.began, 1)
            self._write(f"{self._head()} {what}: {self.seconds[what]:.1f} s")

    def percent(self) -> int:
        """The part of the work that is done; never less than before, and never all of it."""
        worked = self._worked + sum(task.worked() for task in self._running)
        if self._whole > 0:
            self._said = max(self._said, min(MOST, int(100 * worked / self._whole)))
        return self._said

    def _head(self) -> str:
        return f"[{self.done:2}/{self.total} {self.percent():3}%]"

    def _write(self, line: str) -> None:
        if self._log:
            with self._log.open("a") as stream:
                stream.write(line + "\n")
        if self._emit:
            self._emit(line)
