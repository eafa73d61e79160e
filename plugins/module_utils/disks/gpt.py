# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads, builds and grows GUID partition tables (UEFI specification 2.10, section 5.3) with sectors of 512 bytes."""

from __future__ import annotations

import struct
import uuid
import zlib
from typing import NamedTuple

SECTOR = 512
SIGNATURE = b"EFI PART"
ENTRIES = 128
TABLE_SECTORS = ENTRIES * 128 // SECTOR
#: Number of sectors of the backup table and its header at the end of a disk.
TAIL = TABLE_SECTORS + 1
_HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")

BIOS_BOOT = "21686148-6449-6e6f-744e-656564454649"
ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
LINUX_RAID = "a19d880f-05fc-4d3b-a006-743f0f84911e"
ROOT_X86_64 = "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"


class GptError(ValueError):
    """The table is invalid, or can't be grown as requested."""


class Partition(NamedTuple):
    """A partition of the sectors `first` to `last`, both included."""

    type: str
    guid: str
    first: int
    last: int
    attributes: int
    name: str


class Table(NamedTuple):
    """A partition table; `sectors` is the size of the disk, `partitions` are in the order of their numbers."""

    guid: str
    sectors: int
    partitions: tuple[Partition, ...]


def parse(head: bytes) -> Table:
    """Reads the table from the first 17 KiB or more of a disk. Raises GptError if a checksum doesn't match."""
    raw = head[SECTOR : SECTOR + _HEADER.size]
    if len(raw) < _HEADER.size or raw[:8] != SIGNATURE:
        raise GptError("no GPT header in sector 1")
    (_sig, _rev, size, crc, _zero, _this, other, _first, _last, guid, start, count, width, table_crc) = _HEADER.unpack(
        raw
    )
    header = bytearray(head[SECTOR : SECTOR + size])
    header[16:20] = b"\0\0\0\0"
    if zlib.crc32(header) != crc:
        raise GptError("the checksum of the GPT header does not match")
    entries = head[start * SECTOR : start * SECTOR + count * width]
    if len(entries) != count * width or zlib.crc32(entries) != table_crc:
        raise GptError("the checksum of the GPT entries does not match")
    found = [_entry(entries[i * width : i * width + 128]) for i in range(count)]
    while found and found[-1] is None:
        found.pop()
    if None in found:
        raise GptError("empty entries between partitions are not supported")
    return Table(str(uuid.UUID(bytes_le=guid)), other + 1, tuple(p for p in found if p is not None))


def backup_guid(sector: bytes) -> str:
    """Disk GUID in the last sector of a disk; empty if it is not a backup header with a valid checksum."""
    if sector[:8] != SIGNATURE:
        return ""
    (_sig, _rev, size, crc, *_rest) = _HEADER.unpack(sector[: _HEADER.size])
    header = bytearray(sector[:size])
    header[16:20] = b"\0\0\0\0"
    return str(uuid.UUID(bytes_le=sector[56:72])) if zlib.crc32(header) == crc else ""


def _entry(raw: bytes) -> Partition | None:
    if raw[:16] == bytes(16):
        return None
    first, last, attributes = struct.unpack_from("<QQQ", raw, 32)
    name = raw[56:128].decode("utf-16-le").rstrip("\0")
    return Partition(
        str(uuid.UUID(bytes_le=raw[:16])), str(uuid.UUID(bytes_le=raw[16:32])), first, last, attributes, name
    )


def build(table: Table) -> tuple[bytes, bytes]:
    """(first 34 sectors, last 33 sectors) of a disk with that table; the boot code in sector 0 is zero."""
    entries = b"".join(_pack(p) for p in table.partitions).ljust(ENTRIES * 128, b"\0")
    last = table.sectors - 1
    primary = _header(table, entries, this=1, other=last, start=2)
    backup = _header(table, entries, this=last, other=1, start=last - TABLE_SECTORS)
    return protective_mbr(table.sectors) + primary + entries, entries + backup


def _pack(part: Partition) -> bytes:
    return (
        uuid.UUID(part.type).bytes_le
        + uuid.UUID(part.guid).bytes_le
        + struct.pack("<QQQ", part.first, part.last, part.attributes)
        + part.name.encode("utf-16-le").ljust(72, b"\0")
    )


def _header(table: Table, entries: bytes, this: int, other: int, start: int) -> bytes:
    fields = [
        SIGNATURE,
        0x10000,
        92,
        0,
        0,
        this,
        other,
        2 + TABLE_SECTORS,
        table.sectors - TAIL - 1,
        uuid.UUID(table.guid).bytes_le,
        start,
        ENTRIES,
        128,
        zlib.crc32(entries),
    ]
    fields[3] = zlib.crc32(_HEADER.pack(*fields))
    return _HEADER.pack(*fields).ljust(SECTOR, b"\0")


def protective_mbr(sectors: int) -> bytes:
    """Sector 0 with a protective MBR, which marks the disk as used for programs that don't support GPT."""
    entry = struct.pack("<B3sB3sII", 0, b"\x00\x02\x00", 0xEE, b"\xff\xff\xff", 1, min(sectors - 1, 0xFFFFFFFF))
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def grow(table: Table, sectors: int, guid: str) -> Table:
    """The table for a disk of `sectors` with GUID `guid`; the last partition is grown to the end (whole MiB)."""
    if not table.partitions:
        raise GptError("the image has no partition")
    if sectors < table.sectors:
        raise GptError(f"the disk has {sectors} sectors, the image needs {table.sectors}")
    end = max((sectors - TAIL) // 2048 * 2048 - 1, table.partitions[-1].last)
    return Table(guid, sectors, (*table.partitions[:-1], table.partitions[-1]._replace(last=end)))
