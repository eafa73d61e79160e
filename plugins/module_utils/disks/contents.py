# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on a disk. A disk is blank if nothing of this is found; data without a signature can't be recognised."""

from __future__ import annotations

import errno
import os
from typing import Any, NamedTuple

from . import bluestore, gpt
from .devices import Device
from .errors import DiskError
from .system import run
from .users import Users, partitions, users

_ENDS = 1024 * 1024
#: Exit codes of `blkid -p`: a signature, none, and several that contradict each other.
_FOUND, _NONE, _AMBIVALENT = 0, 2, 8
CLAIMED = "in exclusive use by the running system"


class Signature(NamedTuple):
    """A signature that libblkid finds on `device`, a disk or a partition. `usage` is libblkid's word (filesystem, raid,
    crypto, other), or `partition table`; `label`, `uuid` and `subsystem` (LUKS) are empty where there is none."""

    device: str
    usage: str
    type: str
    label: str = ""
    uuid: str = ""
    subsystem: str = ""

    def __str__(self) -> str:
        if not self.type:
            return f"several signatures on {self.device}"
        if self.usage == "partition table":
            return f"a {self.type} partition table on {self.device}"
        return f"{self.type}{f' {self.label!r}' if self.label else ''} on {self.device}"


class Contents(NamedTuple):
    """`data`: what is on a disk and who uses it, as text, empty for a blank disk; `guid`: disk GUID of its GPT.

    In parts: `signatures`, `labels` of BlueStore, `table` (the GPT at its start, if it is valid), whether there
    is a `backup` GPT without it, who uses the disk (`users`), and whether the kernel refuses exclusive use of it though
    no user is known (`claimed`).
    """

    data: tuple[str, ...]
    guid: str
    signatures: tuple[Signature, ...] = ()
    labels: tuple[bluestore.Label, ...] = ()
    table: gpt.Table | None = None
    backup: bool = False
    users: Users = Users()
    claimed: bool = False


def examine(device: Device, root: str = "/") -> Contents:
    """Reads a disk: partition tables, also a backup GPT without the primary one; file systems, LVM, MD and all other
    signatures that libblkid knows, on the disk and its partitions; BlueStore labels; and who uses it.

    :raises DiskError: the disk can't be read.
    :raises OSError: the same, from the kernel.
    """
    shown = partitions(device.name, root)
    labels, table, backup, guid = _labels_and_gpt(device)
    signatures = [
        found
        for name in [device.name, *shown]
        for found in _signatures(os.path.join(os.path.dirname(device.path), name))
    ]
    texts = list(map(str, signatures))
    if shown and not any("partition table" in text for text in texts):
        texts.append(f"partitions in the kernel's view ({', '.join(shown)})")
    used = users(device.name, root)
    claimed = not used.words() and _is_claimed(device.path)
    texts += [*map(str, labels), *(["a backup GPT at its end"] if backup else []), *used.words()]
    texts += [f"{device.name} {CLAIMED}"] if claimed else []
    data = tuple(dict.fromkeys(texts))
    return Contents(data, guid, tuple(signatures), labels, table, backup, used, claimed)


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


def _labels_and_gpt(device: Device) -> tuple[tuple[bluestore.Label, ...], gpt.Table | None, bool, str]:
    """BlueStore labels, the GPT, whether there is a backup GPT without it, and the disk GUID. Reads both ends, where
    nearly all signatures are, as blkid has the same exit code for a blank disk and for one that can't be read."""
    with open(device.path, "rb") as disk:
        head = _at(disk, 0, _ENDS)
        tail = _at(disk, max(0, device.size - _ENDS), _ENDS)
        if not head or not tail:
            raise DiskError("unreadable", f"{device.path} has no bytes to read", "check the disk and its medium")
        labels = bluestore.find(disk, device.size)
    try:
        table = gpt.parse(head)
    except gpt.GptError:
        # The backup table is written first, so it may exist alone after a power cut. It begins in the last sector,
        # whose size may have been another one when the table was written.
        last = any(tail[-size:].startswith(gpt.SIGNATURE) for size in (gpt.SECTOR, 4096))
        return labels, None, last, gpt.backup_guid(tail[-gpt.SECTOR :])
    return labels, table, False, table.guid


def _at(disk: Any, offset: int, length: int) -> bytes:
    disk.seek(offset)
    return bytes(disk.read(length))


def _signatures(path: str) -> list[Signature]:
    """Signatures that libblkid finds by probing the device (blkid(8), low-level probing)."""
    code, text = run(["blkid", "-p", "-o", "export", path], ok=(_FOUND, _NONE, _AMBIVALENT))
    facts = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    name, found = os.path.basename(path), []
    if facts.get("PTTYPE"):
        found.append(Signature(name, "partition table", facts["PTTYPE"], uuid=facts.get("PTUUID", "")))
    if facts.get("TYPE"):
        rest = [facts.get(key, "") for key in ("LABEL", "UUID", "SUBSYSTEM")]
        found.append(Signature(name, facts.get("USAGE", ""), facts["TYPE"], *rest))
    if code == _AMBIVALENT:
        found.append(Signature(name, "", ""))
    return found
