# SPDX-License-Identifier: GPL-3.0-or-later
"""The CPU that a rack takes while nothing is to do: each machine's QEMU, and the servers of a hosted control plane."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import time

SECONDS = 60.0
TICKS = os.sysconf("SC_CLK_TCK")
GUEST = re.compile(rb"guest=([^,\0]+)")


def seconds_used(pid: str) -> float:
    """CPU seconds of a process, of its user and of the kernel for it (proc_pid_stat(5))."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def used(state: pathlib.Path) -> dict[str, float]:
    """CPU seconds so far: {machine, or `control plane` for all hosted servers together: seconds}."""
    found: dict[str, float] = {}
    hosted = str(state / "provisioner/control_plane/root")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            guest = GUEST.search(words) if str(state).encode() in words else None
            name = guest[1].decode() if guest else ""
            if not name and os.readlink(f"/proc/{pid}/root") == hosted:
                name = "control plane"
            if name:
                found[name] = found.get(name, 0) + seconds_used(pid)
    return found


def idle(state: pathlib.Path, seconds: float = SECONDS) -> dict[str, float]:
    """Cores that each of them takes, on average over `seconds`. RuntimeError if no machine of the rack runs."""
    before = used(state)
    if not before:
        raise RuntimeError("no machine of the rack runs; create it with `make lab`")
    time.sleep(seconds)
    after = used(state)
    return {name: (after[name] - before[name]) / seconds for name in sorted(before) if name in after}
