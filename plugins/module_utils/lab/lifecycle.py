# SPDX-License-Identifier: GPL-3.0-or-later
"""The lifecycle of a virtual rack: its parts in the order of their start, what is missing of each, and removal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

from . import bmcs, emulators, hypervisor, machines, network, router, switches
from .names import DIGESTS, TWIN_FILES, Places
from .plan import Rack
from .shell import LabError, daemons_below, kill_all, lost_namespaces, namespaces, processes, run


@dataclass(frozen=True)
class Setting:
    """A rack, its accelerator, the path of the BMC emulators' Python environment, and the account on the machines."""

    rack: Rack
    accelerator: str
    venv: str
    user: str = "root"


@dataclass(frozen=True)
class Part:
    """A part of a rack: `missing` returns what does not exist or run, `up` creates or starts only that."""

    missing: Callable[[Setting], list[str]]
    up: Callable[[Setting], None]


PARTS: dict[str, Part] = {
    "emulators": Part(
        lambda s: emulators.missing_emulators(s.venv),
        lambda s: emulators.raise_emulators(s.venv)),
    "network": Part(
        lambda s: network.missing_network(s.rack),
        lambda s: network.raise_network(s.rack)),
    "router": Part(
        lambda s: router.missing_router(s.rack),
        lambda s: router.raise_router(s.rack)),
    "switches": Part(
        lambda s: switches.missing_switches(s.rack),
        lambda s: switches.raise_switches(s.rack)),
    "hypervisor": Part(
        lambda s: hypervisor.missing_hypervisor(s.rack.places),
        lambda s: hypervisor.raise_hypervisor(s.rack.places, s.accelerator)),
    "machines": Part(
        lambda s: machines.missing_machines(s.rack, s.accelerator),
        lambda s: machines.raise_machines(s.rack, s.accelerator)),
    "bmcs": Part(
        lambda s: bmcs.missing_bmcs(s.rack),
        lambda s: bmcs.raise_bmcs(s.rack, s.venv)),
}  # fmt: skip
"""In the order of their start; each part needs the parts before it."""
_INSIDE = ("router", "switches", "hypervisor", "machines", "bmcs")
"""Parts that run in the lab's namespaces."""


@dataclass
class Removed:
    """What a removal removed, or would remove."""

    processes: int = 0
    namespaces: list[str] = field(default_factory=list)
    mounts: list[str] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was removed."""
        return bool(self.processes or self.namespaces or self.mounts or self.directories)


def missing(setting: Setting) -> dict[str, list[str]]:
    """What is missing of a rack, by part. A part can be examined only when the parts it needs exist."""
    found: dict[str, list[str]] = {}
    existing = namespaces()
    lost = [name for name in setting.rack.places.namespaces if name not in existing]
    for name, part in PARTS.items():
        unreachable = (name in _INSIDE and lost) or (name == "machines" and found["hypervisor"])
        found[name] = [f"{name} of {setting.rack.places.name}"] if unreachable else part.missing(setting)
    return found


def present(setting: Setting, parts: list[str]) -> list[str]:
    """Create and start what is missing of the parts; returns a list of it."""
    done: list[str] = []
    for name in parts:
        part = PARTS[name]
        missing_items = part.missing(setting)
        if not missing_items:
            continue
        part.up(setting)
        left = part.missing(setting)
        if left:
            raise LabError(f"{name} of {setting.rack.places.name}: {', '.join(left)} could not be started")
        done += [f"{name}: {item}" for item in missing_items]
    return done


def absent(where: Places, directory: str, dry: bool = False) -> Removed:
    """Remove a rack, also a crashed one: processes, interfaces, mounts, sockets, disks, keys, the twin's files.

    The processes of a lab are found by its network namespaces, in which all of them run, and not by pid files;
    its daemons are also found by their paths, in case a namespace has lost its name.
    """
    removed = Removed()
    removed.namespaces = [name for name in where.namespaces if name in namespaces()] + lost_namespaces(where.namespaces)
    owned = [where.run, *([where.state] if os.path.isdir(where.lab) else [])]
    removed.directories = [path for path in owned if os.path.isdir(path)]
    twin_files = [path for name in TWIN_FILES if os.path.exists(path := f"{directory}/{name}")]
    removed.directories += [directory] if twin_files else []
    removed.mounts = _mounts(owned)
    if dry:
        return removed
    removed.processes = halt(where)
    for path in twin_files:
        os.unlink(path)
    for path in owned:
        if os.path.isdir(path):
            shutil.rmtree(path)
    below = [os.path.dirname(f"{directory}/{DIGESTS}"), os.path.dirname(os.path.dirname(f"{directory}/{DIGESTS}"))]
    for path in (*below, directory, *(os.path.dirname(path) for path in (directory, where.run, where.state))):
        _remove_empty(path)
    return removed


def halt(where: Places) -> int:
    """End a rack and leave its state directory: processes, namespaces with their interfaces, mounts. Returns how many
    processes were ended."""
    ended = kill_all(lambda: _processes(where))
    for name in [*(name for name in where.namespaces if name in namespaces()), *lost_namespaces(where.namespaces)]:
        run(["ip", "netns", "delete", name])
    for mount in reversed(_mounts([where.run, where.state])):
        run(["umount", mount])
    return ended


def _processes(where: Places) -> list[int]:
    inside = [pid for name in where.namespaces for pid in processes(name)]
    return sorted({*inside, *daemons_below([f"{where.run}/", f"{where.lab}/"])})


def _mounts(below: list[str]) -> list[str]:
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        points = [line.split()[4].encode().decode("unicode_escape") for line in file]
    return [point for point in points if any(point == path or point.startswith(f"{path}/") for path in below)]


def _remove_empty(path: str) -> None:
    """Remove a directory that the lab made, unless it contains other files."""
    if os.path.isdir(path) and not os.listdir(path):
        os.rmdir(path)
