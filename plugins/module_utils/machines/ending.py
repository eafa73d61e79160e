# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals that end a process become exceptions, so that what must be undone before the end is undone."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: SIGTERM ends a process on request, SIGHUP when the ssh connection of its run is lost. SIGINT is one by itself.
SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Raise SystemExit where a signal would end the process; Python allows that in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _exit) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None is a handler that was not installed by Python, which can't be set again.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _exit(number: int, _frame: FrameType | None) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # a second one must not interrupt what the first has begun
    raise SystemExit(128 + number)
