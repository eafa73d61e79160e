# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof that a disk is encrypted, on trees of sysfs with files in place of disks."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove.encryption import encrypted
from ansible_collections.groundup.cloud.plugins.module_utils.prove.hosts import host_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError

from ..disks.tree import lay
from .test_hosts import VIRTUAL

DISK = {"serial": "SN-OSD-1"}
CEPH = b"bluestore block device\n" + b"0" * 36 + b"\n"


@pytest.fixture(name="disk")
def _disk(tmp_path: Path) -> Path:
    lay(VIRTUAL.format("SN-ROOT-1", "SN-OSD-1"), tmp_path)
    return tmp_path / "dev/vdb"


def begin(disk: Path, data: bytes) -> None:
    with disk.open("r+b") as device:
        device.write(data)


def physical_volume(size: int) -> bytes:
    """The label of a physical volume in the second sector, with its checksum (LVM2, lib/format_text/layout.h)."""
    rest = struct.pack("<I8s", 32, b"LVM2 001") + b"a" * 32 + struct.pack("<Q", size)
    rest = rest.ljust(512 - 20, b"\0")
    table = []
    for value in range(16):
        for __ in range(4):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    crc = 0xF597A6CF
    for byte in rest:
        crc ^= byte
        crc = (crc >> 4) ^ table[crc & 15]
        crc = (crc >> 4) ^ table[crc & 15]
    return bytes(512) + b"LABELONE" + struct.pack("<QI", 1, crc) + rest


def holder(disk: Path, name: str, kind: str, data: bytes) -> None:
    """A device of the device mapper on the disk."""
    root = disk.parents[1]
    (root / f"sys/block/vdb/holders/{name}").mkdir(parents=True)
    (root / f"sys/block/{name}/dm").mkdir(parents=True)
    (root / f"sys/block/{name}/dm/uuid").write_text(f"{kind}-x\n")
    (root / f"dev/{name}").write_bytes(data)


def test_a_disk_that_begins_with_a_luks_header_is_encrypted(disk: Path, tmp_path: Path) -> None:
    begin(disk, b"LUKS\xba\xbe\x00\x02")
    assert encrypted(DISK, str(tmp_path)) == f"{disk} begins with a LUKS header"


@pytest.mark.parametrize("data", [b"", b"LUKS\xba\xbf", b"\x00LUKS\xba\xbe"])
def test_a_disk_without_one_is_not(disk: Path, tmp_path: Path, data: bytes) -> None:
    begin(disk, data)
    with pytest.raises(ProofError, match="vdb has no LUKS header"):
        encrypted(DISK, str(tmp_path))


def test_a_disk_with_a_readable_label_of_ceph_is_not(disk: Path, tmp_path: Path) -> None:
    begin(disk, CEPH)
    with pytest.raises(ProofError, match="has a readable label of Ceph at 0 GiB: its OSD was made without encryption"):
        encrypted(DISK, str(tmp_path))


@pytest.mark.parametrize(
    ("volumes", "message"),
    [
        ({"dm-0": b"LUKS\xba\xbe"}, ""),
        ({"dm-0": b"LUKS\xba\xbe", "dm-1": CEPH}, "dm-1 on it has no LUKS header"),
        ({}, "no logical volume on it is active"),
    ],
)
def test_each_logical_volume_has_to_be_encrypted(
    disk: Path, tmp_path: Path, volumes: dict[str, bytes], message: str
) -> None:
    begin(disk, physical_volume(disk.stat().st_size))
    for name, data in volumes.items():
        holder(disk, name, "LVM", data)
    holder(disk, "dm-9", "CRYPT-LUKS2", CEPH)  # the decrypted device, on a logical volume
    if message:
        with pytest.raises(ProofError, match=message):
            encrypted(DISK, str(tmp_path))
    else:
        assert encrypted(DISK, str(tmp_path)).startswith("each of 1 logical volumes on ")


def test_a_disk_that_is_not_there_fails_the_proof(disk: Path, tmp_path: Path) -> None:
    with pytest.raises(ProofError, match="NONE"):
        encrypted({"serial": "NONE"}, str(tmp_path))
    disk.unlink()
    with pytest.raises((ProofError, OSError)):
        encrypted(DISK, str(tmp_path))


def test_the_proof_is_owed_for_named_disks_only() -> None:
    given = {"host": "n1", "networks": [], "layers": {"kubernetes": None}, "encrypted_disks": [{"serial": "NONE-SUCH"}]}
    (found,) = host_proofs(given)
    assert (found.name, found.layer, found.ok) == ("n1: storage disk NONE-SUCH is encrypted", "storage", False)
