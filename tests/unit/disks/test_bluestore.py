# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels of BlueStore: a real one, made ones, and damaged ones."""

from __future__ import annotations

import io
import struct

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks import bluestore
from ansible_collections.groundup.cloud.plugins.module_utils.disks.bluestore import GIB, MIB, Label, crc32c, find, parse

from . import labels


def test_a_label_of_a_real_ceph_is_read() -> None:
    found = parse(labels.real())
    assert found == Label(0, labels.OSD_UUID, 2 * GIB, "main", labels.FSID, "7")
    assert str(found) == f"a Ceph BlueStore label at 0 GiB (OSD 7 of cluster {labels.FSID})"


def test_a_made_label_is_read_and_its_key_is_not_returned() -> None:
    found = parse(labels.made(labels.OTHER, "3", osd_key="AQBsecret", multi="yes", epoch="5"), GIB)
    assert (found.fsid, found.osd, found.offset) == (labels.OTHER, "3", GIB)
    assert "secret" not in repr(found)


def test_the_checksum_is_ceph_s() -> None:
    """The check value of CRC-32C (RFC 3720, appendix B.4: 32 bytes of zeros), which Ceph does not invert."""
    assert crc32c(bytes(32)) ^ 0xFFFFFFFF == 0x8A9136AA


def longer_than_itself(raw: bytes) -> bytes:
    """The first text claims to reach beyond the label, with a checksum that is right."""
    head = bytearray(raw.rstrip(b"\0")[:-4])
    struct.pack_into("<I", head, 60 + 6 + 32, 9000)
    return (bytes(head) + struct.pack("<I", crc32c(bytes(head)))).ljust(4096, b"\0")


@pytest.mark.parametrize(
    "raw",
    [
        bluestore.MAGIC,
        labels.real()[:200],
        labels.real().replace(b"whoami", b"whoamI"),
        labels.real()[:62] + b"\xff\xff\xff\xff" + labels.real()[66:],
        longer_than_itself(labels.made(labels.FSID, "1")),
        labels.made(labels.FSID, "../1"),
    ],
    ids=["magic only", "cut off", "checksum", "length", "text", "id"],
)
def test_a_damaged_label_is_said_to_be_damaged(raw: bytes) -> None:
    found = parse(raw)
    assert found.damaged and not found.fsid and not found.osd
    assert str(found) == "a Ceph BlueStore label at 0 GiB"


def test_copies_are_found_where_ceph_and_lvm_put_them() -> None:
    disk = io.BytesIO(bytes(3 * MIB))
    disk.seek(MIB)
    disk.write(labels.real())
    found = find(disk, 3 * MIB)
    assert [label.where for label in found] == ["0 GiB + 1 MiB"]
    assert find(disk, MIB + 4095) == (), "a label that reaches beyond the device is none"
