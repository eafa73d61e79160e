# SPDX-License-Identifier: GPL-3.0-or-later
"""Erases what `contents` finds on a disk. Whether a disk may be erased is decided by the caller."""

from __future__ import annotations

import fcntl
import os
import struct

from .contents import BLUESTORE_OFFSETS
from .system import run

_MIB = 1024 * 1024
_ENDS = 10 * _MIB
_LABEL = 4096
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


def erase(path: str, size: int, partitions: list[str]) -> str:
    """Erases all signatures, first those inside partitions: they would be visible again with an equal partition
    table. Covers both GPTs, MD superblocks at the end, and every copy of a BlueStore label.

    Returns why the kernel did not read the partition table again, or an empty text.
    """
    for part in partitions:
        run(["wipefs", "-q", "-a", "-f", part], code="write")
    run(["wipefs", "-q", "-a", "-f", path], code="write")
    disk = os.open(path, os.O_RDWR)
    try:
        zero(disk, 0, min(_ENDS, size) // 512 * 512)
        tail = min(_ENDS, size)
        zero(disk, (size - tail) // 512 * 512, tail // 512 * 512)
        for offset in BLUESTORE_OFFSETS[1:]:
            if offset + _LABEL <= size:
                zero(disk, offset, _LABEL)
        os.fsync(disk)
        return _reread(disk)
    finally:
        os.close(disk)


def _reread(disk: int) -> str:
    """Makes the kernel read the partition table again, which it does not for a file or a disk in use."""
    try:
        fcntl.ioctl(disk, _BLKRRPART)
    except OSError as error:
        return f"the partition table was not read again ({error.strerror})"
    return ""


def discard(path: str, size: int) -> str:
    """Discards all blocks. Returns why not, for a disk without support for it, which is only slower."""
    disk = os.open(path, os.O_RDWR)
    try:
        fcntl.ioctl(disk, _BLKDISCARD, struct.pack("<QQ", 0, size // 512 * 512))
    except OSError as error:
        return f"{path} does not support discard ({error.strerror})"
    finally:
        os.close(disk)
    return ""
