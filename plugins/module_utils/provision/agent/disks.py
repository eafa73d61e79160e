# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the disk of the image: the one that the model names, and only if it is blank or may be overwritten.

The functions access no device; `probe` reads the disks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

#: Longest serial number that virtio-blk reports (VIRTIO_BLK_ID_BYTES).
VIRTIO_SERIAL = 20
_PREFIX = re.compile(r"^(0x|wwn-|naa\.|eui\.|nvme\.|t10\.|uuid\.)+")


class Refusal(Exception):
    """The deployment is refused. `code` is for programs (contract of the events), the text gives cause and remedy."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(f"{message}; {remedy}")
        self.code, self.message, self.remedy = code, message, remedy


class Disk(NamedTuple):
    """A disk as the kernel reports it. `size` in bytes; `serials`, `wwns`: the ids from all sources; `data`: text about
    its contents, empty for a blank disk; `guid`: disk GUID of its GPT, or empty."""

    name: str
    path: str
    size: int
    model: str
    serials: tuple[str, ...]
    wwns: tuple[str, ...]
    read_only: bool
    sector: int
    data: tuple[str, ...]
    guid: str

    def public(self) -> dict[str, Any]:
        """The disk's data for the inventory event."""
        return {
            "name": self.name,
            "size": self.size,
            "model": self.model,
            "serial": first(self.serials),
            "wwn": first(self.wwns),
            "ids": sorted({*self.serials, *self.wwns}),
            "sector": self.sector,
            "read_only": self.read_only,
            "data": list(self.data),
        }


def first(values: Sequence[str]) -> str | None:
    """The first value, or None."""
    return values[0] if values else None


def serial_key(value: str) -> str:
    """A serial number for comparison: trimmed and in lower case."""
    return value.strip().lower()


def wwn_key(value: str) -> str:
    """A WWN for comparison: without prefixes such as `0x`, `naa.` and `eui.`."""
    return _PREFIX.sub("", value.strip().lower())


def matches(disk: Disk, wanted: Mapping[str, Any]) -> bool:
    """Whether `{serial}`, `{wwn}` or, if both are given, both of them match this disk."""
    serial, wwn = wanted.get("serial"), wanted.get("wwn")
    if not serial and not wwn:
        return False
    return (not serial or _has_serial(disk, str(serial))) and (not wwn or wwn_key(str(wwn)) in map(wwn_key, disk.wwns))


def _has_serial(disk: Disk, serial: str) -> bool:
    key, known = serial_key(serial), [serial_key(value) for value in disk.serials]
    cut = disk.name.startswith("vd") and len(key) > VIRTIO_SERIAL and key[:VIRTIO_SERIAL] in known
    return key in known or cut


def find(disks: Sequence[Disk], wanted: Mapping[str, Any], what: str = "root_disk") -> Disk:
    """The disk that matches `wanted`. Raises Refusal no_disk, two_disks or storage_missing."""
    named = ", ".join(f"{key} {value}" for key, value in sorted(wanted.items()) if value) or "no serial and no wwn"
    found = [disk for disk in disks if matches(disk, wanted)]
    if len(found) > 1:
        raise Refusal(
            "two_disks",
            f"{what} ({named}) matches {len(found)} disks: {listing(found)}",
            "name the disk by both serial and wwn",
        )
    if not found:
        code = "no_disk" if what == "root_disk" else "storage_missing"
        raise Refusal(
            code,
            f"no disk matches {what} ({named}); this machine has {listing(disks)}",
            "correct the disk in the model, or install the disk",
        )
    return found[0]


def listing(disks: Sequence[Disk]) -> str:
    """All disks with all their ids, for error messages."""
    lines = (
        f"{d.name} ({d.size // 10**9} GB {d.model}".rstrip() + f"; serial {' / '.join(d.serials) or 'none'}; "
        f"wwn {' / '.join(d.wwns) or 'none'})"
        for d in disks
    )
    return ", ".join(lines) or "no disks"


def choose(disks: Sequence[Disk], plan: Mapping[str, Any], size: int) -> Disk:
    """The disk for an image of `size` bytes. Raises Refusal; nothing has been written then."""
    root = find(disks, plan["root_disk"])
    for number, wanted in enumerate(plan.get("storage_disks") or ()):
        if find(disks, wanted, f"storage_disks[{number}]").name == root.name:
            raise Refusal(
                "two_disks",
                f"{root.name} is both root_disk and storage_disks[{number}]",
                "name different disks in the model",
            )
    if root.read_only:
        raise Refusal("write", f"{listing([root])} is read-only", "disable its write protection")
    if root.sector != 512:
        raise Refusal(
            "write",
            f"{root.name} has sectors of {root.sector} bytes, the image requires 512",
            "switch the disk to 512-byte sectors (nvme format, sg_format) or use another one",
        )
    if root.size < size + 1024 * 1024:
        raise Refusal("too_small", f"{listing([root])} is smaller than the image ({size} bytes)", "use a larger disk")
    if root.data and not plan.get("wipe") and not is_from_unfinished_deployment(root, plan.get("unfinished") or ()):
        raise Refusal(
            "holds_data",
            f"{listing([root])} holds {', '.join(root.data)}",
            "set machine_wipe for this machine if all data on the disk may be lost",
        )
    return root


def is_from_unfinished_deployment(disk: Disk, unfinished: Sequence[str]) -> bool:
    """Whether the disk's GUID is the id of a deployment of this machine that never reported its end."""
    return bool(disk.guid) and disk.guid.lower() in {value.lower() for value in unfinished}


def to_wipe(disks: Sequence[Disk], plan: Mapping[str, Any]) -> list[Disk]:
    """The storage disks that the plan allows to wipe."""
    if not plan.get("wipe_storage"):
        return []
    wanted = [find(disks, item, f"storage_disks[{n}]") for n, item in enumerate(plan.get("storage_disks") or ())]
    return [disk for disk in wanted if disk.data]
