# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the hardware: disks with what is on them, network cards, memory, and the firmware's identity."""

from __future__ import annotations

import glob
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...disks.contents import examine
from ...disks.devices import devices, is_disk
from ...disks.find import matches, named
from . import system
from .disks import Disk

_TRIES, _PAUSE = 30, 2


def disks(root: str = "/", only: Callable[[str], bool] = is_disk) -> list[Disk]:
    """All disks, sorted by name. `root` is for tests: a directory with sys/, run/, proc/ and dev/."""
    return [Disk(device, examine(device, root)) for device in devices(root, only)]


def wait_for_disks(wanted: Sequence[Mapping[str, Any]]) -> list[Disk]:
    """All disks, read again for a minute until the wanted ones are there: a controller with many disks may find them
    only after the network works. One that stays away is refused by the caller, with the disks that there are."""
    found = disks()
    for _attempt in range(_TRIES):
        missing = [named(item) for item in wanted if not any(matches(disk.device, item) for disk in found)]
        if not missing:
            break
        system.log(f"waiting for disks: {'; '.join(missing)}")
        time.sleep(_PAUSE)
        found = disks()
    return found


def nics(root: str = "/") -> list[dict[str, Any]]:
    """Physical network cards: name, MAC address (the permanent one if sysfs has it), carrier."""
    cards = (
        base
        for base in sorted(glob.glob(os.path.join(root, "sys/class/net/*")))
        if os.path.exists(os.path.join(base, "device"))
    )
    return [
        {
            "name": os.path.basename(base),
            "mac": system.read(os.path.join(base, "address")),
            "carrier": system.read(os.path.join(base, "carrier")) == "1",
        }
        for base in cards
    ]


def identity(root: str = "/") -> dict[str, str]:
    """Serial number and UUID of the firmware."""
    base = os.path.join(root, "sys/class/dmi/id")
    return {
        "serial": system.read(os.path.join(base, "product_serial")),
        "uuid": system.read(os.path.join(base, "product_uuid")).lower(),
    }


def memory_mib(root: str = "/") -> int:
    """Memory in MiB as the kernel reports it (MemTotal)."""
    found = re.search(r"^MemTotal:\s+(\d+) kB", system.read(os.path.join(root, "proc/meminfo")), re.MULTILINE)
    return int(found.group(1)) // 1024 if found else 0
