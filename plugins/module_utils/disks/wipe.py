# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides whether disks may be erased. Reads and changes nothing: `read_disk` and `wiping` do.

A disk is erased only if its machine is named in the consent, nothing uses it, no trace on it is of an OSD of a cluster
that lives, and all sources agree on which disk it is and what is on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from .contents import CLAIMED, Contents
from .devices import Device
from .errors import DiskError
from .find import listing, matches, named
from .ids import serial_key, wwn_key
from .owners import Owner

_SECTOR = 512
_LONG = 8


class Part(NamedTuple):
    """A partition that the kernel shows; `start` and `size` in bytes."""

    name: str
    number: str
    start: int
    size: int


class Seen(NamedTuple):
    """A disk as it was read: `kernel` is the same device by the kernel alone, without what udev has stored; `node` is
    the number MAJOR:MINOR of the device node, empty if it is none, and `length` the size in bytes that it has."""

    device: Device
    kernel: Device
    contents: Contents
    owners: tuple[Owner, ...] = ()
    processes: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    node: str = ""
    length: int = 0


def judge(wanted: Sequence[Mapping[str, Any]], seen: Sequence[Seen], living: set[str]) -> tuple[list[Seen], list[str]]:
    """The disks that have to be erased, and all reasons why that is refused, the consent left out.

    :param wanted: what names each of `seen`.
    :param living: fsids of clusters whose OSDs are never erased, in lower case.
    """
    refused = [reason for item, disk in zip(wanted, seen, strict=True) for reason in reasons(item, disk, living)]
    names = [disk.device.name for disk in seen]
    twice = sorted({name for name in names if names.count(name) > 1})
    refused += [f"{name} is named twice; name each disk once" for name in twice]
    return [disk for disk in seen if disk.contents.data], refused


def without_consent(machine: str, consent: Collection[str], todo: Sequence[Seen]) -> str:
    """Why nothing may be erased on this machine; empty where its name is in the consent or nothing is to be erased."""
    if not todo or machine in consent:
        return ""
    held = "; ".join(f"{listing([disk.device])} holds {', '.join(disk.contents.data)}" for disk in todo)
    return f"{held}; name the machine in consent (consent: [{machine}]) if all of it may be lost"


def reasons(wanted: Mapping[str, Any], disk: Seen, living: set[str]) -> list[str]:
    """Why this disk is not erased, with the way out; empty for a disk that may be erased."""
    found = [*_disagreements(wanted, disk), *_uses(disk), *_living(disk, living)]
    if disk.contents.data and disk.device.read_only:
        found.append("it is read-only; disable its write protection")
    return [f"{disk.device.name} ({named(wanted)}) is not erased: {text}" for text in found]


def _uses(disk: Seen) -> list[str]:
    name = disk.device.name
    used = [*disk.contents.users.words(), *([f"{name} {CLAIMED}"] if disk.contents.claimed else []), *disk.processes]
    if any(point == "/" for _device, point in disk.contents.users.mounts):
        return [f"the running system's root is on it ({', '.join(used)}); deploy the machine again to erase it"]
    return [f"it is in use: {', '.join(used)}; end this use first (umount, swapoff, vgchange -an, …)"] if used else []


def _living(disk: Seen, living: set[str]) -> list[str]:
    alive = [owner for owner in disk.owners if owner.fsid in living]
    if alive:
        return [f"it is {', '.join(map(str, alive))}, and this cluster lives; remove the OSD from the cluster first"]
    unknown = [owner.source for owner in disk.owners if not owner.fsid]
    if unknown and living:
        what = ", ".join(unknown)
        text = f"the cluster of its OSD is not known ({what}), and might be one that lives"
        return [f"{text}; look for it in `ceph osd dump`, and leave out living_clusters if it is in none of them"]
    return []


def _disagreements(wanted: Mapping[str, Any], disk: Seen) -> list[str]:
    """Sources that disagree: the kernel and udev on the ids, sysfs and the device node on the device and its size, the
    kernel and the disk on its partitions."""
    device, found = disk.device, []
    if disk.node != device.number:
        node = f"is device {disk.node}" if disk.node else "is no block device"
        found.append(
            f"{device.path} {node}, and the kernel's {device.name} is {device.number}; see what made that node"
        )
    if disk.length != device.size:
        found.append(f"the kernel says {device.size} bytes, and {device.path} has {disk.length}; scan the disk again")
    if not _by_kernel(wanted, disk):
        kernel = ", ".join((*disk.kernel.serials, *disk.kernel.wwns))
        found.append(
            f"only udev knows it as {named(wanted)}, and the kernel says {kernel}; run `udevadm trigger --settle` and "
            "look again"
        )
    return [*found, *_partitions(disk)]


def _by_kernel(wanted: Mapping[str, Any], disk: Seen) -> bool:
    """Whether the kernel itself gives these ids, gives none at all, or gives ids that are a part of udev's: udev puts
    the model before a serial number, and names SCSI disks by their WWN."""
    kernel = disk.kernel
    if matches(kernel, wanted) or not (kernel.serials or kernel.wwns):
        return True
    parts = {*map(serial_key, kernel.serials), *map(wwn_key, kernel.wwns)} - {""}
    return all(
        any(form(str(wanted[key])).endswith(f"_{part}") or _contains(form(str(wanted[key])), part) for part in parts)
        for key, form in (("serial", serial_key), ("wwn", wwn_key))
        if wanted.get(key) and not matches(kernel, {key: wanted[key]})
    )


def _contains(text: str, part: str) -> bool:
    """Whether an id contains another one that is long enough not to be in it by chance."""
    return len(part) >= _LONG and part in text


def _partitions(disk: Seen) -> list[str]:
    """The kernel's partitions against the GPT on the disk. Another kind of table is not read here."""
    shown = {part.start for part in disk.parts}
    kinds = {item.type for item in disk.contents.signatures if item.usage == "partition table"}
    if kinds - {"gpt", "PMBR"}:
        return []
    table = disk.contents.table
    written = {part.first * _SECTOR for part in table.partitions} if table else set()
    if shown == written or (not table and kinds):
        return []
    text = f"the kernel shows {len(shown)} partitions and the disk's table has {len(written)}, not the same ones"
    return [f"{text}; run `partx -u {disk.device.path}` and look again"]


def refuse(texts: Sequence[str]) -> None:
    """Ends with all reasons, if there are any."""
    if texts:
        raise DiskError("refused", "; ".join(texts), "nothing was erased")
