# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of a run: by tasks, by what sshd logged, and by the CPU seconds of processes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

from idle import seconds_used

TICKS = os.sysconf("SC_CLK_TCK")
MASTER = re.compile(rb"^ssh: .*\[mux\]")


def collect(top: Path, pids: dict[str, int], done: dict[str, Any]) -> dict[str, Any]:
    """All figures of one run, averages over the machines."""
    masters = end_connections()
    logs = [(top / f"{name}.log").read_text() for name in pids]
    machines = [waited(pid) for pid in pids.values()]
    file = top / "tasks.json"
    return {
        "machines": len(pids),
        "status": done["status"],
        "output": done["output"],
        "wall": round(done["wall"], 1),
        "controller_cpu": round(done["cpu"] + masters, 2),
        "cpu": round(done["cpu"] + masters + sum(machines), 1),
        "machine_cpu": round(sum(machines) / len(pids), 3),
        "connections": sum(log.count("Accepted publickey") for log in logs) / len(pids),
        "commands": sum(log.count("Starting session: command") for log in logs) / len(pids),
        "tasks": tasks(json.loads(file.read_text())) if file.exists() else [],
        "load": os.getloadavg()[0],
    }


def tasks(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tasks of a run with their seconds, until the next one begins."""
    following = [*entries[1:], entries[-1]]
    return [
        {**entry, "seconds": round(after["began"] - entry["began"], 2)}
        for entry, after in zip(entries, following, strict=True)
    ]


def end_connections() -> float:
    """End ssh's connections that wait for further commands; the CPU seconds that they took."""
    used = 0.0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            if MASTER.match(words):
                used += seconds_used(pid)
                os.kill(int(pid), signal.SIGTERM)
    time.sleep(1)  # until sshd has taken leave of them, and has counted their time
    return used


def waited(pid: int) -> float:
    """CPU seconds of a machine's sshd and of all that it has started and waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS
