# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the disk of the image: the one that the model names, and only if it is blank or may be overwritten.

The functions access no device; `probe` reads the disks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...disks import find as finder
from ...disks.contents import Contents
from ...disks.devices import Device
from ...disks.errors import DiskError
from ...disks.find import listing
from . import mirror
from .refusal import Refusal


class Disk(NamedTuple):
    """A disk, and what is on it."""

    device: Device
    contents: Contents

    def public(self) -> dict[str, Any]:
        """The disk's data for the inventory event."""
        device = self.device
        return {
            "name": device.name,
            "size": device.size,
            "model": device.model,
            "serial": first(device.serials),
            "wwn": first(device.wwns),
            "ids": sorted({*device.serials, *device.wwns}),
            "sector": device.sector,
            "read_only": device.read_only,
            "data": list(self.contents.data),
        }


def first(values: Sequence[str]) -> str | None:
    """The first value, or None."""
    return values[0] if values else None


def find(disks: Sequence[Disk], wanted: Mapping[str, Any], what: str = "root_disk") -> Disk:
    """The disk that matches `wanted`. Raises Refusal no_disk, two_disks or storage_missing."""
    try:
        found = finder.find([disk.device for disk in disks], wanted, what)
    except DiskError as error:
        missing = error.code == "no_disk" and what.startswith("storage_disks")
        raise Refusal("storage_missing" if missing else error.code, error.message, error.remedy) from error
    return next(disk for disk in disks if disk.device is found)


def choose_all(disks: Sequence[Disk], plan: Mapping[str, Any], size: int) -> tuple[Disk, ...]:
    """The disk for an image of `size` bytes, or the two that mirror each other. Raises Refusal; nothing has been
    written then."""
    root = plan["root_disk"]
    if not root.get("mirror"):
        return (choose(disks, plan, size),)
    unfinished = [*(plan.get("unfinished") or ()), *map(mirror.guid, plan.get("unfinished") or ())]
    plan = {**plan, "unfinished": unfinished}
    first = choose(disks, plan, size + mirror.METADATA)
    second = choose(disks, {**plan, "root_disk": root["mirror"]}, size + mirror.METADATA, "root_disk.mirror")
    if first.device.name == second.device.name:
        raise Refusal(
            "two_disks",
            f"{first.device.name} is both root_disk and root_disk.mirror",
            "name different disks in the model",
        )
    return first, second


def choose(disks: Sequence[Disk], plan: Mapping[str, Any], size: int, what: str = "root_disk") -> Disk:
    """One disk for an image of `size` bytes. Raises Refusal; nothing has been written then."""
    root = find(disks, plan["root_disk"], what)
    device = root.device
    for number, wanted in enumerate(plan.get("storage_disks") or ()):
        if find(disks, wanted, f"storage_disks[{number}]").device.name == root.device.name:
            raise Refusal(
                "two_disks",
                f"{device.name} is both {what} and storage_disks[{number}]",
                "name different disks in the model",
            )
    if device.read_only:
        raise Refusal("write", f"{listing([device])} is read-only", "disable its write protection")
    if device.sector != 512:
        raise Refusal(
            "write",
            f"{device.name} has sectors of {device.sector} bytes, the image requires 512",
            "switch the disk to 512-byte sectors (nvme format, sg_format) or use another one",
        )
    if device.size < size + 1024 * 1024:
        raise Refusal("too_small", f"{listing([device])} is smaller than the image ({size} bytes)", "use a larger disk")
    if (
        root.contents.data
        and not plan.get("wipe")
        and not is_from_unfinished_deployment(root, plan.get("unfinished") or ())
    ):
        raise Refusal(
            "holds_data",
            f"{listing([device])} holds {', '.join(root.contents.data)}",
            "set machine_wipe for this machine if all data on the disk may be lost",
        )
    return root


def is_from_unfinished_deployment(disk: Disk, unfinished: Sequence[str]) -> bool:
    """Whether the disk's GUID is the id of a deployment of this machine that never reported its end."""
    return bool(disk.contents.guid) and disk.contents.guid.lower() in {value.lower() for value in unfinished}


def to_wipe(disks: Sequence[Disk], plan: Mapping[str, Any]) -> list[Disk]:
    """The storage disks that the plan allows to wipe."""
    if not plan.get("wipe_storage"):
        return []
    wanted = [find(disks, item, f"storage_disks[{n}]") for n, item in enumerate(plan.get("storage_disks") or ())]
    return [disk for disk in wanted if disk.contents.data]
