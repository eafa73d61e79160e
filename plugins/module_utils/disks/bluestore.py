# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels of Ceph's BlueStore: where they are, and to which OSD of which cluster a device belongs by them.

A label takes the first 4096 bytes of an OSD's block device (Ceph, src/os/bluestore/bluestore_types.cc,
`bluestore_bdev_label_t`): the words `bluestore block device`, the OSD's UUID as text, then the same as an encoded
structure with the size, a description and a map of texts, and a CRC-32C. The map also holds the OSD's secret key, which
is never returned. Since Ceph 19.2.1 there are copies at 1, 10, 100 and 1000 GiB.
"""

from __future__ import annotations

import re
import struct
import uuid
from typing import Any, NamedTuple

MAGIC = b"bluestore block device"
#: Bytes that a label takes.
LABEL = 4096
MIB, GIB = 1024**2, 1024**3
#: Offsets of the label and of its copies; erasing only the start of a disk leaves them.
OFFSETS = (0, GIB, 10 * GIB, 100 * GIB, 1000 * GIB)
#: The same on the first logical volume of a disk that is an LVM physical volume, as `ceph-volume lvm` makes it: LVM's
#: data begins at 1 MiB. They remain after LVM's own label has been erased.
LVM_OFFSETS = tuple(MIB + offset for offset in OFFSETS)
_HEAD = len(MAGIC) + 1 + 36 + 1
_POLYNOMIAL = 0x82F63B78
_DIGITS = re.compile(r"\d+")


class Label(NamedTuple):
    """A label; `osd`, `fsid` and `osd_uuid` are empty where it has none of them, `damaged` if it can't be read."""

    offset: int
    osd_uuid: str = ""
    size: int = 0
    description: str = ""
    fsid: str = ""
    osd: str = ""
    damaged: bool = False

    @property
    def where(self) -> str:
        """Its place in words: `1 GiB`, or `1 GiB + 1 MiB` on a logical volume."""
        return f"{self.offset // GIB} GiB" + (" + 1 MiB" if self.offset % GIB else "")

    def __str__(self) -> str:
        text = f"a Ceph BlueStore label at {self.where}"
        return f"{text} (OSD {self.osd or '?'} of cluster {self.fsid or '?'})" if self.osd or self.fsid else text


def find(disk: Any, size: int, offsets: tuple[int, ...] = (*OFFSETS, *LVM_OFFSETS)) -> tuple[Label, ...]:
    """All labels of an open device of `size` bytes, those included that are damaged."""
    found = []
    for offset in offsets:
        if offset + LABEL <= size:
            disk.seek(offset)
            raw = bytes(disk.read(LABEL))
            if raw.startswith(MAGIC):
                found.append(parse(raw, offset))
    return tuple(found)


def parse(raw: bytes, offset: int = 0) -> Label:
    """The label in these bytes, which begin with `MAGIC`."""
    try:
        return _parse(raw, offset)
    except (struct.error, ValueError):
        return Label(offset, damaged=True)


def _parse(raw: bytes, offset: int) -> Label:
    version, _compat, length = struct.unpack_from("<BBI", raw, _HEAD)
    end = _HEAD + 6 + length
    if struct.unpack_from("<I", raw, end)[0] != crc32c(raw[:end]):
        raise ValueError("the checksum of the label does not match")
    ident, size, _seconds, _nanoseconds = struct.unpack_from("<16sQII", raw, _HEAD + 6)
    place = _HEAD + 6 + 32
    description, place = _text(raw, place)
    meta: dict[str, str] = {}
    if version >= 2:
        (count,) = struct.unpack_from("<I", raw, place)
        place += 4
        for _number in range(count):
            key, place = _text(raw, place)
            meta[key], place = _text(raw, place)
    osd = meta.get("whoami", "")
    if osd and not _DIGITS.fullmatch(osd):
        raise ValueError("the id of the OSD is not a number")
    return Label(offset, str(uuid.UUID(bytes=ident)), size, description, meta.get("ceph_fsid", "").lower(), osd)


def _text(raw: bytes, place: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", raw, place)
    end = place + 4 + length
    if end > len(raw):
        raise ValueError("a text reaches beyond the label")
    return raw[place + 4 : end].decode("utf-8", "replace"), end


def crc32c(data: bytes) -> int:
    """CRC-32C of some bytes as Ceph counts it: it begins with all bits set, and the result is not inverted."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _bit in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc
