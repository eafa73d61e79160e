# SPDX-License-Identifier: GPL-3.0-or-later
"""Erases what `contents` finds on a disk. Whether a disk may be erased is decided by the caller."""

from __future__ import annotations

import fcntl
import os
import struct

from . import bluestore
from .system import run

_MIB = 1024 * 1024
_ENDS = 10 * _MIB
_BLKRRPART, _BLKZEROOUT, _BLKDISCARD = 0x125F, 0x127F, 0x1277


def zero(disk: int, start: int, length: int) -> None:
    """Zeroes bytes in a range aligned to sectors: with BLKZEROOUT if the device supports it, else by writing."""
    try:
        fcntl.ioctl(disk, _BLKZEROOUT, struct.pack("<QQ", start, length))
        return
    except OSError:  # a file, or a device without BLKZEROOUT
        block = bytes(min(length, _MIB))
    done = 0
    while done < length:
        done += os.pwrite(disk, block[: length - done], start + done)


def erase(path: str, size: int, partitions: list[str], exclusive: bool = False) -> str:
    """Erases all signatures, first those inside partitions: they would be visible again with an equal partition
    table. Covers both GPTs, MD superblocks at the end, and every copy of a BlueStore label, also where the disk or a
    partition was an LVM physical volume.

    :param exclusive: nothing else may use the disk meanwhile; the kernel refuses mounts and the like until the end.

    Returns why the kernel did not read the partition table again, or an empty text.

    :raises OSError: the disk is in use and `exclusive` is wanted, or it can't be written.
    """
    disk = os.open(path, os.O_RDWR | (os.O_EXCL if exclusive else 0))
    try:
        for part in partitions:
            run(["wipefs", "-q", "-a", "-f", part], code="write")
            _erase_labels(part)
        run(["wipefs", "-q", "-a", "-f", path], code="write")
        zero(disk, 0, min(_ENDS, size) // 512 * 512)
        tail = min(_ENDS, size)
        zero(disk, (size - tail) // 512 * 512, tail // 512 * 512)
        for offset in (*bluestore.OFFSETS, *bluestore.LVM_OFFSETS):
            if offset >= _ENDS and offset + bluestore.LABEL <= size:
                zero(disk, offset, bluestore.LABEL)
        os.fsync(disk)
        return _reread(disk)
    finally:
        os.close(disk)


def _erase_labels(part: str) -> None:
    """Erases the BlueStore labels of a partition. Its other bytes far from its start are data without a signature."""
    with open(part, "r+b", buffering=0) as device:
        size = device.seek(0, os.SEEK_END)
        for label in bluestore.find(device, size):
            zero(device.fileno(), label.offset, bluestore.LABEL)
        os.fsync(device.fileno())


def _reread(disk: int) -> str:
    """Makes the kernel read the partition table again, which it does not for a file or a disk in use."""
    try:
        fcntl.ioctl(disk, _BLKRRPART)
    except OSError as error:
        return f"the partition table was not read again ({error.strerror})"
    return ""


def discard(path: str, size: int, exclusive: bool = False) -> str:
    """Discards all blocks. Returns why not, for a disk without support for it, which is only slower.

    :param exclusive: as of `erase`.
    """
    disk = os.open(path, os.O_RDWR | (os.O_EXCL if exclusive else 0))
    try:
        fcntl.ioctl(disk, _BLKDISCARD, struct.pack("<QQ", 0, size // 512 * 512))
    except OSError as error:
        return f"{path} does not support discard ({error.strerror})"
    finally:
        os.close(disk)
    return ""
