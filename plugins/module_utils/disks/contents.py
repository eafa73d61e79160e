# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on a disk. A disk is blank if nothing of this is found; data without a signature can't be recognised."""

from __future__ import annotations

import errno
import os
from typing import Any, NamedTuple

from . import gpt
from .devices import Device
from .errors import DiskError
from .system import run
from .users import partitions, users

_GIB = 1024**3
_ENDS = 1024 * 1024
#: Offsets of Ceph's copies of the BlueStore label (since 19.2.1); erasing only the start of a disk leaves them.
BLUESTORE_OFFSETS = (0, _GIB, 10 * _GIB, 100 * _GIB, 1000 * _GIB)
BLUESTORE = b"bluestore block device"
#: Exit codes of `blkid -p`: a signature, none, and several that contradict each other.
_FOUND, _NONE, _AMBIVALENT = 0, 2, 8


class Contents(NamedTuple):
    """`data`: what is on a disk and who uses it, as text, empty for a blank disk; `guid`: disk GUID of its GPT."""

    data: tuple[str, ...]
    guid: str


def examine(device: Device, root: str = "/") -> Contents:
    """Reads a disk: partition tables, also a backup GPT without the primary one; file systems, LVM, MD and all other
    signatures that libblkid knows, on the disk and its partitions; BlueStore labels; and who uses it.

    :raises DiskError: the disk can't be read.
    :raises OSError: the same, from the kernel.
    """
    shown = partitions(device.name, root)
    found: list[str] = []
    labels, backup, guid = _labels_and_gpt(device)
    for name in [device.name, *shown]:
        found += _signatures(os.path.join(os.path.dirname(device.path), name))
    if shown and not any("partition table" in text for text in found):
        found.append(f"partitions in the kernel's view ({', '.join(shown)})")
    used = users(device.name, root)
    if not used and _is_claimed(device.path):
        used = (f"{device.name} in exclusive use by the running system",)
    found += [*labels, *backup, *used]
    return Contents(tuple(dict.fromkeys(found)), guid)


def _is_claimed(path: str) -> bool:
    """Whether the kernel refuses exclusive use of a disk (open(2), O_EXCL for block devices): something that sysfs does
    not show uses it or a partition, such as DRBD or an iSCSI target."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_EXCL))
    except OSError as error:
        if error.errno == errno.EBUSY:
            return True
        raise
    return False


def _labels_and_gpt(device: Device) -> tuple[list[str], list[str], str]:
    """BlueStore labels, a backup GPT without a primary one, and the disk GUID. Reads both ends, where nearly all
    signatures are, as blkid has the same exit code for a blank disk and for one that can't be read."""
    with open(device.path, "rb") as disk:
        head = _at(disk, 0, _ENDS)
        tail = _at(disk, max(0, device.size - _ENDS), _ENDS)
        if not head or not tail:
            raise DiskError("unreadable", f"{device.path} has no bytes to read", "check the disk and its medium")
        labels = [
            f"a Ceph BlueStore label at {offset // _GIB} GiB"
            for offset in BLUESTORE_OFFSETS
            if offset + gpt.SECTOR <= device.size and _at(disk, offset, len(BLUESTORE)) == BLUESTORE
        ]
    try:
        return labels, [], gpt.parse(head).guid
    except gpt.GptError:
        # The backup table is written first, so it may exist alone after a power cut. It begins in the last sector,
        # whose size may have been another one when the table was written.
        last = any(tail[-size:].startswith(gpt.SIGNATURE) for size in (gpt.SECTOR, 4096))
        return labels, ["a backup GPT at its end"] if last else [], gpt.backup_guid(tail[-gpt.SECTOR :])


def _at(disk: Any, offset: int, length: int) -> bytes:
    disk.seek(offset)
    return bytes(disk.read(length))


def _signatures(path: str) -> list[str]:
    """Signatures that libblkid finds by probing the device (blkid(8), low-level probing)."""
    code, text = run(["blkid", "-p", "-o", "export", path], ok=(_FOUND, _NONE, _AMBIVALENT))
    facts = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    name, found = os.path.basename(path), []
    if facts.get("PTTYPE"):
        found.append(f"a {facts['PTTYPE']} partition table on {name}")
    if facts.get("TYPE"):
        label = f" {facts['LABEL']!r}" if facts.get("LABEL") else ""
        found.append(f"{facts['TYPE']}{label} on {name}")
    if code == _AMBIVALENT:
        found.append(f"several signatures on {name}")
    return found
