# SPDX-License-Identifier: GPL-3.0-or-later
"""Which disk the image goes to: exactly the one the model names, and only if it holds nothing that must be kept.

No function here touches a device; `probe` reads what these decide on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

#: virtio-blk hands out no more of a serial number than this.
VIRTIO_SERIAL = 20
_PREFIX = re.compile(r"^(0x|wwn-|naa\.|eui\.|nvme\.|t10\.|uuid\.)+")


class Refusal(Exception):
    """The deployment ends here. `code` is for programs (contract of the events), the text says cause and remedy."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(f"{message}; {remedy}")
        self.code, self.message, self.remedy = code, message, remedy


class Disk(NamedTuple):
    """One disk as the kernel shows it. size in bytes; `serials`, `wwns` = every id any source gave; `data` = what was
    found on it, in words, empty for a blank disk; `guid` = disk GUID of its GPT or empty."""

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
        """For the inventory event."""
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
    """Serial numbers are compared trimmed and without regard to case."""
    return value.strip().lower()


def wwn_key(value: str) -> str:
    """World wide names are compared without `0x`, `naa.`, `eui.` and the like."""
    return _PREFIX.sub("", value.strip().lower())


def matches(disk: Disk, wanted: Mapping[str, Any]) -> bool:
    """Whether `{serial}` or `{wwn}` (both: both) name this disk."""
    serial, wwn = wanted.get("serial"), wanted.get("wwn")
    if not serial and not wwn:
        return False
    return (not serial or _has_serial(disk, str(serial))) and (not wwn or wwn_key(str(wwn)) in map(wwn_key, disk.wwns))


def _has_serial(disk: Disk, serial: str) -> bool:
    key, known = serial_key(serial), [serial_key(value) for value in disk.serials]
    cut = disk.name.startswith("vd") and len(key) > VIRTIO_SERIAL and key[:VIRTIO_SERIAL] in known
    return key in known or cut


def find(disks: Sequence[Disk], wanted: Mapping[str, Any], what: str = "root_disk") -> Disk:
    """The one disk that `wanted` names. Raises Refusal no_disk, two_disks, or storage_missing."""
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
            f"no disk is {what} ({named}); this machine has {listing(disks)}",
            "correct the model, or the hardware",
        )
    return found[0]


def listing(disks: Sequence[Disk]) -> str:
    """All disks with every id, for error messages."""
    lines = (
        f"{d.name} ({d.size // 10**9} GB {d.model}".rstrip() + f"; serial {' / '.join(d.serials) or 'none'}; "
        f"wwn {' / '.join(d.wwns) or 'none'})"
        for d in disks
    )
    return ", ".join(lines) or "no disks"


def choose(disks: Sequence[Disk], plan: Mapping[str, Any], size: int) -> Disk:
    """The disk to write an image of `size` bytes to. Nothing has been written when this raises Refusal."""
    root = find(disks, plan["root_disk"])
    for number, wanted in enumerate(plan.get("storage_disks") or ()):
        if find(disks, wanted, f"storage_disks[{number}]").name == root.name:
            raise Refusal(
                "two_disks",
                f"{root.name} is both root_disk and storage_disks[{number}]",
                "name different disks in the model",
            )
    if root.read_only:
        raise Refusal("write", f"{listing([root])} is read-only", "release its write protection")
    if root.sector != 512:
        raise Refusal(
            "write",
            f"{root.name} has sectors of {root.sector} bytes, the image is made for 512",
            "switch the disk to 512-byte sectors (nvme format, sg_format) or use another one",
        )
    if root.size < size + 1024 * 1024:
        raise Refusal("too_small", f"{listing([root])} is smaller than the image ({size} bytes)", "use a larger disk")
    if root.data and not plan.get("wipe") and not is_ours(root, plan.get("unfinished") or ()):
        raise Refusal(
            "holds_data",
            f"{listing([root])} holds {', '.join(root.data)}",
            "set machine_wipe for this machine if all of it may be lost",
        )
    return root


def is_ours(disk: Disk, unfinished: Sequence[str]) -> bool:
    """Whether its partition table came from a deployment of this machine that never reported its end."""
    return bool(disk.guid) and disk.guid.lower() in {value.lower() for value in unfinished}


def to_wipe(disks: Sequence[Disk], plan: Mapping[str, Any]) -> list[Disk]:
    """The storage disks whose data the plan consents to lose."""
    if not plan.get("wipe_storage"):
        return []
    wanted = [find(disks, item, f"storage_disks[{n}]") for n, item in enumerate(plan.get("storage_disks") or ())]
    return [disk for disk in wanted if disk.data]
