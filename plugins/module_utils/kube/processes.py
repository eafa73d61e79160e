# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of this machine by their name (proc(5))."""

from __future__ import annotations

import contextlib
import os
import signal
import typing as t

from ..host.system import System
from . import paths

#: The kernel keeps so many characters of a process's name.
NAME_LENGTH = 15


def started(system: System, name: str) -> float:
    """When the youngest process of this name started, in seconds after boot; 0 when there is none."""
    return max((began for __, began in _each(system, name)), default=0.0)


def of_static_pod(system: System, name: str) -> dict[int, float]:
    """When each process of a static pod started, by its pid: of its name, with no arguments but those of its manifest.

    A workload may run another etcd on this machine.
    """
    manifest = system.path(f"{paths.MANIFESTS}/{name}.yaml").read_text()
    found = {}
    for pid, began in _each(system, name):
        words = _arguments(system, pid)
        if words and all(word in manifest for word in words):
            found[pid] = began
    return found


def end(system: System, name: str) -> None:
    """End the processes of a static pod by SIGTERM; the kubelet starts it again."""
    for pid in of_static_pod(system, name):
        with contextlib.suppress(ProcessLookupError):  # it ended by itself meanwhile
            os.kill(pid, signal.SIGTERM)


def _each(system: System, name: str) -> t.Iterator[tuple[int, float]]:
    """(pid, when it started, in seconds after boot) of each process of this name."""
    for path in system.path("/proc").glob("[0-9]*/stat"):
        try:
            head, __, fields = path.read_text().rpartition(")")
        except OSError:  # it ended meanwhile
            continue
        if head.partition("(")[2] == name[:NAME_LENGTH]:
            yield int(path.parent.name), int(fields.split()[19]) / os.sysconf("SC_CLK_TCK")


def _arguments(system: System, pid: int) -> list[str]:
    try:
        return system.path(f"/proc/{pid}/cmdline").read_text(errors="replace").rstrip("\0").split("\0")[1:]
    except OSError:  # it ended meanwhile
        return []
