# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uses a disk: device mapper and MD devices on it (also over several levels), mounts, and swap."""

from __future__ import annotations

import glob
import os
import re

from .system import read


def partitions(name: str, root: str = "/") -> list[str]:
    """Names of the partitions of a disk that the kernel shows."""
    return sorted(
        os.path.basename(os.path.dirname(path))
        for path in glob.glob(os.path.join(root, "sys/block", name, f"{name}*/partition"))
    )


def users(name: str, root: str = "/") -> tuple[str, ...]:
    """What uses a disk or one of its partitions, as text; empty for a disk that nothing uses.

    :raises OSError: the list of mounts can't be read.
    """
    base = os.path.join(root, "sys/block", name)
    places = {name: base, **{part: os.path.join(base, part) for part in partitions(name, root)}}
    found: list[str] = []
    todo = list(places.values())
    while todo:
        for path in sorted(glob.glob(os.path.join(todo.pop(0), "holders/*"))):
            holder = os.path.basename(path)
            if holder not in places:
                places[holder] = os.path.join(root, "sys/block", holder)
                todo.append(places[holder])
                label = read(os.path.join(places[holder], "dm/name"))
                found.append(f"a part in use by {holder}" + (f" ({label})" if label else ""))
    numbers = {read(os.path.join(place, "dev")): held for held, place in places.items()}
    return (*found, *_mounts(numbers, set(places), root), *_swaps(set(places), root))


def _mounts(numbers: dict[str, str], names: set[str], root: str) -> list[str]:
    """Mounts of these devices (proc(5), mountinfo). btrfs shows a number of its own, and the device as the source."""
    found: dict[str, str] = {}
    with open(os.path.join(root, "proc/self/mountinfo"), encoding="utf-8", errors="replace") as lines:
        for line in lines:
            head, _sep, tail = line.partition(" - ")
            fields, source = head.split(" "), tail.split(" ")[1]
            device = numbers.get(fields[2]) or _device(source, names, root)
            if device:
                found.setdefault(device, _unescaped(fields[4]))
    return [f"a file system of {device} mounted at {point}" for device, point in found.items()]


def _swaps(names: set[str], root: str) -> list[str]:
    """Devices on which the kernel swaps; /proc/swaps does not exist in a kernel without swap."""
    lines = read(os.path.join(root, "proc/swaps")).splitlines()[1:]
    found = [_device(_unescaped(line.split()[0]), names, root) for line in lines]
    return [f"swap space of the running system on {device}" for device in found if device]


def _device(source: str, names: set[str], root: str) -> str | None:
    """Which of the devices a path such as /dev/sda1 or /dev/mapper/swap leads to."""
    if not source.startswith("/dev/"):
        return None
    path = os.path.realpath(os.path.join(root, source.lstrip("/")))
    return next((name for name in names if name == os.path.basename(path)), None)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
