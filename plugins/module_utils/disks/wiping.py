# SPDX-License-Identifier: GPL-3.0-or-later
"""Erases disks whose erasure `wipe` allows, and looks afterwards whether they are blank."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..plan.base import Change, Changes
from .contents import examine
from .devices import Device, devices, is_disk
from .erase import discard, erase
from .errors import DiskError
from .find import find, listing
from .owners import owners
from .system import read
from .users import opened, partitions, processes
from .wipe import Part, Seen, judge, refuse, without_consent

_SECTOR = 512
_FSID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def perform(
    params: dict[str, Any], check: bool, root: str = "/", only: Callable[[str], bool] = is_disk
) -> dict[str, Any]:
    """Erases the disks of `params`, or in check mode says what would be erased.

    All disks are judged before the first one is erased. In check mode a missing consent is said in `refused`.

    :raises DiskError: a disk is not found or must not be erased; it could not be erased, or is not blank afterwards.
    """
    wanted, machine, living = params["disks"], params["machine"], _fsids(params["living_clusters"])
    known, kernel = devices(root, only), {device.name: device for device in devices(root, only, with_udev=False)}
    found = [find(known, item, f"disks[{number}]") for number, item in enumerate(wanted)]
    by = processes(root)
    seen = [read_disk(device, kernel[device.name], by, root) for device in found]
    todo, refused = judge(wanted, seen, living)
    missing = without_consent(machine, params["consent"], todo)
    refuse([*refused, *([missing] if missing and not check else [])])
    plan = Changes(tuple(_change(disk) for disk in todo))
    result = {
        **plan.result(),
        "refused": [missing] if missing else [],
        "disks": [],
    }
    return result if check else {**result, "disks": _wipe_all(todo, params["discard"], root)}


def _wipe_all(todo: Sequence[Seen], with_discard: bool, root: str) -> list[dict[str, Any]]:
    """Erases the disks one after another. An error has those that were erased before it in its details."""
    done: list[dict[str, Any]] = []
    for disk in todo:
        try:
            done.append(wipe(disk, with_discard, root))
        except DiskError as error:
            error.details = {"changed": True, "disks": done}
            raise
    return done


def _fsids(given: Sequence[str]) -> set[str]:
    """The fsids in lower case. One that is misspelled would protect no disk."""
    found = {fsid.strip().lower() for fsid in given}
    wrong = sorted(fsid for fsid in found if not _FSID.fullmatch(fsid))
    if wrong:
        text = f"living_clusters: {', '.join(map(repr, wrong))} is no fsid"
        raise DiskError("refused", text, "give what `ceph fsid` prints; nothing was erased")
    return found


def read_disk(device: Device, kernel: Device, by: Mapping[str, tuple[str, ...]], root: str = "/") -> Seen:
    """Everything by which `wipe` judges a disk; `by`: what `processes` found."""
    contents = examine(device, root)
    parts = tuple(_part(device, name, root) for name in partitions(device.name, root))
    status = os.stat(device.path)
    block = stat.S_ISBLK(status.st_mode)
    with open(device.path, "rb") as node:
        length = node.seek(0, os.SEEK_END)
    return Seen(
        device,
        kernel,
        contents,
        owners(device, contents, root),
        opened([device.number, *(part.number for part in parts)], by),
        parts,
        f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}" if block else "",
        length,
    )


def _part(device: Device, name: str, root: str) -> Part:
    base = os.path.join(root, "sys/block", device.name, name)
    start, size = (int(read(os.path.join(base, key)) or 0) * _SECTOR for key in ("start", "size"))
    return Part(name, read(os.path.join(base, "dev")), start, size)


def _change(disk: Seen) -> Change:
    """What would be destroyed, as a step."""
    lines = [listing([disk.device]), *disk.contents.data]
    lines += [f"{owner}" for owner in disk.owners if str(owner) not in lines]
    text = "".join(f"{line}\n" for line in lines)
    return Change(f"erase {disk.device.name}: {', '.join(disk.contents.data)}", text, f"{lines[0]}\n")


def wipe(disk: Seen, with_discard: bool, root: str = "/") -> dict[str, Any]:
    """Erases one disk and proves that it is blank.

    It is discarded first and erased after that, since what a disk returns for discarded blocks is not defined for all.

    :raises DiskError: something uses it by now, it can't be written, or something is still found on it.
    """
    device = disk.device
    parts = [os.path.join(os.path.dirname(device.path), part.name) for part in disk.parts]
    try:
        why_not = discard(device.path, device.size, exclusive=True) if with_discard else "not wanted"
        not_read = erase(device.path, device.size, parts, exclusive=True)
    except OSError as error:
        what = "it is in use by now" if error.errno == errno.EBUSY else str(error.strerror or error)
        raise DiskError("write", f"{device.path} was not erased: {what}", "see disk_info, and run again") from error
    left = examine(device, root).data
    if left:
        because = f"; {not_read}" if not_read else ""
        raise DiskError(
            "write",
            f"{device.path} was erased and still holds {', '.join(left)}{because}",
            "see what writes to it, and erase it again",
        )
    return {
        "name": device.name,
        "erased": list(disk.contents.data),
        "discarded": with_discard and not why_not,
        "not_discarded": why_not,
    }
