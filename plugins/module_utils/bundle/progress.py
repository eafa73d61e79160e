# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress lines: what, the how many-th of how many, seconds."""

from __future__ import annotations

import threading
import time
import typing as t
from contextlib import contextmanager
from pathlib import Path

BEAT = 15.0  # seconds between two progress lines of one step


class Task:
    """A step that is under way; ``note`` is shown in each progress line, behind ``prefix``."""

    def __init__(self) -> None:
        self.prefix = ""
        self.note = ""

    def say(self, note: str) -> None:
        self.note = self.prefix + note


class Progress:
    """Writes lines to a log file (which a second process may follow) and to an optional callback."""

    def __init__(self, total: int, log: Path | None = None, emit: t.Callable[[str], None] | None = None) -> None:
        self.total = total
        self.done = 0
        self.seconds: dict[str, float] = {}
        self._log = log
        self._emit = emit
        self._lock = threading.Lock()
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text("")

    def say(self, line: str) -> None:
        with self._lock:
            if self._log:
                with self._log.open("a") as stream:
                    stream.write(line + "\n")
            if self._emit:
                self._emit(line)

    def skip(self, what: str) -> None:
        """Count a step whose result is already there."""
        with self._lock:
            self.done += 1
        self.say(f"[{self.done:2}/{self.total}] {what}: already there")

    @contextmanager
    def step(self, what: str) -> t.Iterator[Task]:
        """Time a step and report every ``BEAT`` seconds that it still runs."""
        task, over, started = Task(), threading.Event(), time.monotonic()

        def beat() -> None:
            while not over.wait(BEAT):
                note = f", {task.note}" if task.note else ""
                self.say(f"[{self.done:2}/{self.total}] {what} … {time.monotonic() - started:.0f} s{note}")

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield task
        finally:
            over.set()
            thread.join()
        with self._lock:
            self.done += 1
            self.seconds[what] = round(time.monotonic() - started, 1)
        self.say(f"[{self.done:2}/{self.total}] {what}: {self.seconds[what]:.1f} s")
