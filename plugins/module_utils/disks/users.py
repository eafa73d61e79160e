# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uses a disk: device mapper and MD devices on it (also over several levels), mounts, swap, and processes."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .system import read

#: udev opens each disk for a moment after a change of it.
_UDEV = ("systemd-udevd", "(udev-worker)", "udevd")


class Holder(NamedTuple):
    """A block device on a disk, such as `dm-0`, and its name as a device of the device mapper, if it is one."""

    name: str
    label: str

    def __str__(self) -> str:
        return f"a part in use by {self.name}" + (f" ({self.label})" if self.label else "")


class Users(NamedTuple):
    """What uses a disk: block devices on it, mounted file systems as (device, mount point), and devices with swap."""

    holders: tuple[Holder, ...] = ()
    mounts: tuple[tuple[str, str], ...] = ()
    swaps: tuple[str, ...] = ()

    def words(self) -> tuple[str, ...]:
        """The same as text; empty for a disk that nothing uses."""
        return (
            *map(str, self.holders),
            *(f"a file system of {device} mounted at {point}" for device, point in self.mounts),
            *(f"swap space of the running system on {device}" for device in self.swaps),
        )


def partitions(name: str, root: str = "/") -> list[str]:
    """Names of the partitions of a disk that the kernel shows."""
    return sorted(
        os.path.basename(os.path.dirname(path))
        for path in glob.glob(os.path.join(root, "sys/block", name, f"{name}*/partition"))
    )


def users(name: str, root: str = "/") -> Users:
    """What uses a disk or one of its partitions.

    :raises OSError: the list of mounts can't be read.
    """
    base = os.path.join(root, "sys/block", name)
    places = {name: base, **{part: os.path.join(base, part) for part in partitions(name, root)}}
    found: list[Holder] = []
    todo = list(places.values())
    while todo:
        for path in sorted(glob.glob(os.path.join(todo.pop(0), "holders/*"))):
            holder = os.path.basename(path)
            if holder not in places:
                places[holder] = os.path.join(root, "sys/block", holder)
                todo.append(places[holder])
                found.append(Holder(holder, read(os.path.join(places[holder], "dm/name"))))
    numbers = {read(os.path.join(place, "dev")): held for held, place in places.items()}
    return Users(tuple(found), _mounts(numbers, set(places), root), _swaps(set(places), root))


def processes(root: str = "/") -> dict[str, tuple[str, ...]]:
    """Processes that have block devices open, as text, by MAJOR:MINOR of the device; also those in containers, since an
    OSD in a container holds its disk without a trace in sysfs. udev and this process are left out."""
    found: dict[str, dict[str, None]] = {}
    for path in glob.glob(os.path.join(root, "proc/[0-9]*/fd/*")):
        try:
            node = os.stat(path)
        except OSError:  # the process or its file has been closed meanwhile
            continue
        if not stat.S_ISBLK(node.st_mode):
            continue
        process = path.split("/")[-3]
        name = read(os.path.join(root, "proc", process, "comm"))
        if name not in _UDEV and int(process) != os.getpid():
            number = f"{os.major(node.st_rdev)}:{os.minor(node.st_rdev)}"
            found.setdefault(number, {})[f"open in process {process} ({name})"] = None
    return {number: tuple(texts) for number, texts in found.items()}


def opened(numbers: Iterable[str], by: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What `processes` found of some devices, each process once."""
    return tuple(dict.fromkeys(text for number in numbers for text in by.get(number, ())))


def _mounts(numbers: dict[str, str], names: set[str], root: str) -> tuple[tuple[str, str], ...]:
    """Mounts of these devices (proc(5), mountinfo). btrfs shows a number of its own, and the device as the source."""
    found: dict[str, str] = {}
    with open(os.path.join(root, "proc/self/mountinfo"), encoding="utf-8", errors="replace") as lines:
        for line in lines:
            head, _sep, tail = line.partition(" - ")
            fields, source = head.split(" "), tail.split(" ")[1]
            device = numbers.get(fields[2]) or _device(source, names, root)
            if device:
                found.setdefault(device, _unescaped(fields[4]))
    return tuple(found.items())


def _swaps(names: set[str], root: str) -> tuple[str, ...]:
    """Devices on which the kernel swaps; /proc/swaps does not exist in a kernel without swap."""
    lines = read(os.path.join(root, "proc/swaps")).splitlines()[1:]
    found = [_device(_unescaped(line.split()[0]), names, root) for line in lines]
    return tuple(device for device in found if device)


def _device(source: str, names: set[str], root: str) -> str | None:
    """Which of the devices a path such as /dev/sda1 or /dev/mapper/swap leads to."""
    if not source.startswith("/dev/"):
        return None
    path = os.path.realpath(os.path.join(root, source.lstrip("/")))
    return next((name for name in names if name == os.path.basename(path)), None)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
