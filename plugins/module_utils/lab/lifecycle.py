# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual rack as a whole: its parts in the order they are raised, what is missing of each, and its removal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

from . import bmcs, emulators, hypervisor, machines, network, switches
from .names import Places
from .plan import Rack
from .shell import LabError, kill_all, lost_namespaces, namespaces, processes, run, strays


@dataclass(frozen=True)
class Setting:
    """A rack and what it is raised with: the accelerator and the Python environment of the BMC emulators."""

    rack: Rack
    accelerator: str
    venv: str


@dataclass(frozen=True)
class Part:
    """A part of a rack: `missing` says what isn't there, `up` makes just that."""

    missing: Callable[[Setting], list[str]]
    up: Callable[[Setting], None]


PARTS: dict[str, Part] = {
    "emulators": Part(
        lambda s: emulators.missing_emulators(s.venv),
        lambda s: emulators.raise_emulators(s.venv)),
    "network": Part(
        lambda s: network.missing_network(s.rack),
        lambda s: network.raise_network(s.rack)),
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
"""In the order of raising; each needs those before it."""
_INSIDE = ("switches", "hypervisor", "machines", "bmcs")
"""Parts that run in the lab's namespaces."""


@dataclass
class Removed:
    """What a removal took away."""

    processes: int = 0
    namespaces: list[str] = field(default_factory=list)
    mounts: list[str] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether there was anything."""
        return bool(self.processes or self.namespaces or self.mounts or self.directories)


def missing(setting: Setting) -> dict[str, list[str]]:
    """What is missing of a rack, by part. A part can only be looked into when those below it are there."""
    found: dict[str, list[str]] = {}
    there = namespaces()
    homeless = [name for name in setting.rack.places.namespaces if name not in there]
    for name, part in PARTS.items():
        blind = (name in _INSIDE and homeless) or (name == "machines" and found["hypervisor"])
        found[name] = [f"{name} of {setting.rack.places.name}"] if blind else part.missing(setting)
    return found


def present(setting: Setting, parts: list[str]) -> list[str]:
    """Raise what is missing of the parts; what that was."""
    done: list[str] = []
    for name in parts:
        part = PARTS[name]
        lacking = part.missing(setting)
        if not lacking:
            continue
        part.up(setting)
        left = part.missing(setting)
        if left:
            raise LabError(f"{name} of {setting.rack.places.name}: {', '.join(left)} did not come up")
        done += [f"{name}: {item}" for item in lacking]
    return done


def absent(where: Places, directory: str, dry: bool = False) -> Removed:
    """Take a rack away, crashed or not: processes, interfaces, mounts, sockets, disks, keys, the twin's files.

    What a lab started lives in its own network namespaces, so that is where its processes are found, not in pid files;
    its daemons are known by their paths too, should a namespace have lost its name.
    """
    removed = Removed()
    removed.namespaces = [name for name in where.namespaces if name in namespaces()] + lost_namespaces(where.namespaces)
    mine = [where.run, *([where.state] if os.path.isdir(where.lab) else [])]
    removed.directories = [path for path in mine if os.path.isdir(path)]
    twin_files = [path for path in (f"{directory}/cloud.yml", f"{directory}/run") if os.path.exists(path)]
    removed.directories += [directory] if twin_files else []
    removed.mounts = _mounts(mine)
    if dry:
        return removed
    removed.processes = kill_all(lambda: _processes(where))
    for name in removed.namespaces:
        run(["ip", "netns", "delete", name])
    for mount in reversed(_mounts(mine)):
        run(["umount", mount])
    for path in twin_files:
        os.unlink(path)
    for path in mine:
        if os.path.isdir(path):
            shutil.rmtree(path)
    for path in (directory, *(os.path.dirname(path) for path in (directory, where.run, where.state))):
        _prune(path)
    return removed


def _processes(where: Places) -> list[int]:
    inside = [pid for name in where.namespaces for pid in processes(name)]
    return sorted({*inside, *strays([f"{where.run}/", f"{where.lab}/"])})


def _mounts(below: list[str]) -> list[str]:
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        points = [line.split()[4].encode().decode("unicode_escape") for line in file]
    return [point for point in points if any(point == path or point.startswith(f"{path}/") for path in below)]


def _prune(path: str) -> None:
    """Remove a directory that the lab made, unless somebody put something into it."""
    if os.path.isdir(path) and not os.listdir(path):
        os.rmdir(path)
