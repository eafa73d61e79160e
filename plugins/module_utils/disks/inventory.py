# SPDX-License-Identifier: GPL-3.0-or-later
"""All disks of a host with everything that is known of them, as plain data; changes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .contents import Contents, examine
from .devices import Device, devices
from .errors import DiskError
from .find import find
from .gpt import Table
from .health import health as health_of
from .owners import owners
from .system import read
from .users import opened, partitions, processes

_AT_ONCE = 8  # a disk that spins up, or has errors, takes seconds
_SECTOR = 512  # sysfs counts in these, whatever sectors the disk has


def inventory(wanted: Sequence[Mapping[str, Any]], health: bool, root: str = "/") -> list[dict[str, Any]]:
    """The disks that `wanted` names by `serial` and `wwn`, or all disks if it is empty.

    A disk that can't be read is listed as well, with the reason in `problem`.

    :raises DiskError: none or several disks match one of `wanted`.
    """
    known = devices(root)
    chosen = [find(known, item, f"disks[{number}]") for number, item in enumerate(wanted)] or known
    by = processes(root)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda device: disk(device, health, by, root), chosen))


def disk(
    device: Device, health: bool, by: Mapping[str, tuple[str, ...]] | None = None, root: str = "/"
) -> dict[str, Any]:
    """Everything that is known of one disk; `by`: what `processes` found."""
    result: dict[str, Any] = {
        **identity(device),
        "health": health_of(device).public() if health else None,
        "problem": "",
        "blank": False,
    }
    try:
        contents = examine(device, root)
        return {**result, **described(device, contents, by or {}, root)}
    except (DiskError, OSError) as error:
        reason = error.message if isinstance(error, DiskError) else f"{device.path}: {error.strerror or error}"
        return {**result, "problem": reason}


def identity(device: Device) -> dict[str, Any]:
    """What identifies a disk, and what it is."""
    return {
        "name": device.name,
        "path": device.path,
        "number": device.number,
        "size": device.size,
        "sector": device.sector,
        "model": device.model,
        "serial": device.serials[0] if device.serials else None,
        "serials": list(device.serials),
        "wwn": device.wwns[0] if device.wwns else None,
        "wwns": list(device.wwns),
        "links": [f"/dev/disk/by-id/{link}" for link in device.links],
        "rotational": device.rotational,
        "transport": device.transport,
        "read_only": device.read_only,
    }


def described(device: Device, contents: Contents, by: Mapping[str, tuple[str, ...]], root: str = "/") -> dict[str, Any]:
    """What is on a disk and who uses it."""
    parts = _partitions(device, contents.table, root)
    numbers = [device.number, *(part["number"] for part in parts)]
    return {
        "blank": not contents.data,
        "data": list(contents.data),
        "signatures": [dict(item._asdict()) for item in contents.signatures],
        "gpt": {"guid": contents.guid, "primary": bool(contents.table), "backup_only": contents.backup},
        "bluestore": [dict(label._asdict()) for label in contents.labels],
        "partitions": parts,
        "holders": [dict(item._asdict()) for item in contents.users.holders],
        "mounts": [{"device": name, "point": point} for name, point in contents.users.mounts],
        "swap": list(contents.users.swaps),
        "claimed": contents.claimed,
        "processes": list(opened(numbers, by)),
        "ceph": [dict(owner._asdict()) for owner in owners(device, contents, root)],
    }


def _partitions(device: Device, table: Table | None, root: str) -> list[dict[str, Any]]:
    """The partitions that the kernel shows, with type and name by the GPT."""
    found = []
    for name in partitions(device.name, root):
        base = os.path.join(root, "sys/block", device.name, name)
        start, size = (int(read(os.path.join(base, key)) or 0) * _SECTOR for key in ("start", "size"))
        entry = next((part for part in table.partitions if part.first * _SECTOR == start), None) if table else None
        found.append(
            {
                "name": name,
                "number": read(os.path.join(base, "dev")),
                "start": start,
                "size": size,
                "type": entry.type if entry else "",
                "label": entry.name if entry else "",
            }
        )
    return found
