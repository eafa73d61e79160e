# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers for the operating system: kernel arguments, files, programs, console, clock."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from ...disks.system import read as read


def arguments(cmdline: str) -> dict[str, str]:
    """Kernel arguments of the form key=value."""
    return dict(word.split("=", 1) for word in cmdline.split() if "=" in word)


def run(argv: Sequence[str], ok: Sequence[int] = (0,), timeout: float = 600) -> str:
    """Standard output of a program. Raises RuntimeError with its output if its exit code is not in `ok`."""
    try:
        done = subprocess.run(list(argv), stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(f"{argv[0]}: {error}") from error
    if done.returncode not in ok:
        words = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[-500:]
        raise RuntimeError(f"{' '.join(argv)} ended with {done.returncode}: {words}")
    return done.stdout.decode("utf-8", "replace")


def log(text: str) -> None:
    """Prints a line on the console, with the seconds since the kernel's start."""
    up = read("/proc/uptime").split(" ")[0]
    sys.stdout.write(f"[groundup {up}] {text}\n")
    sys.stdout.flush()


def set_clock(seconds: float) -> float:
    """Sets the clock to the provisioner's if they differ by more than two seconds; returns the difference."""
    off = seconds - time.time()
    if abs(off) > 2:
        time.clock_settime(time.CLOCK_REALTIME, seconds)
    return off


def wait_for(path: str, seconds: float = 10) -> None:
    """Waits until a device node exists. Raises RuntimeError after `seconds`."""
    end = time.monotonic() + seconds
    while not os.path.exists(path):
        if time.monotonic() > end:
            raise RuntimeError(f"{path} did not appear within {seconds:g} s")
        time.sleep(0.1)
