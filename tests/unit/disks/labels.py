# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels of BlueStore: the one that a real ceph-osd wrote, and others made after it."""

from __future__ import annotations

import struct
import uuid
from pathlib import Path

from ansible_collections.groundup.cloud.plugins.module_utils.disks.bluestore import LABEL, MAGIC, crc32c

FSID = "8f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
OTHER = "0a0b0c0d-1111-4222-8333-444455556666"
OSD_UUID = "11112222-3333-4444-8555-666677778888"


def real() -> bytes:
    """The label that ceph-osd wrote for OSD 7 of `FSID`."""
    lines = Path(__file__).with_name("osd7.hex").read_text().splitlines()
    return bytes.fromhex("".join(line for line in lines if not line.startswith("#"))).ljust(LABEL, b"\0")


def made(fsid: str, osd: str, **more: str) -> bytes:
    """A label as `bluestore_bdev_label_t` of Ceph encodes it, version 2; `more` are further entries of its map."""
    return _encoded("main", {"ceph_fsid": fsid, "whoami": osd, "magic": "ceph osd volume v026", **more})


def made_for_database() -> bytes:
    """The label of a device for the database of an OSD, which has no map."""
    return _encoded("bluefs db", {})


def _encoded(description: str, meta: dict[str, str]) -> bytes:
    head = struct.pack("<QII", 2**31, 1, 2) + _text(description) + struct.pack("<I", len(meta))
    body = uuid.UUID(OSD_UUID).bytes + head
    body += b"".join(_text(key) + _text(value) for key, value in meta.items())
    raw = MAGIC + b"\n" + OSD_UUID.encode() + b"\n" + struct.pack("<BBI", 2, 1, len(body)) + body
    return (raw + struct.pack("<I", crc32c(raw))).ljust(LABEL, b"\0")


def _text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode()


def write(path: Path, raw: bytes, offset: int = 0) -> None:
    with path.open("r+b") as disk:
        disk.seek(offset)
        disk.write(raw)
