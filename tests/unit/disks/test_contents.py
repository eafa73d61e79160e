# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks in doubles of sysfs and udev; files with the contents of disks are used as devices."""

from __future__ import annotations

import errno
import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks import contents as contents_module
from ansible_collections.groundup.cloud.plugins.module_utils.disks import gpt, system
from ansible_collections.groundup.cloud.plugins.module_utils.disks.bluestore import MAGIC as BLUESTORE
from ansible_collections.groundup.cloud.plugins.module_utils.disks.bluestore import find as find_labels
from ansible_collections.groundup.cloud.plugins.module_utils.disks.contents import Contents, examine
from ansible_collections.groundup.cloud.plugins.module_utils.disks.devices import devices
from ansible_collections.groundup.cloud.plugins.module_utils.disks.erase import erase
from ansible_collections.groundup.cloud.plugins.module_utils.disks.errors import DiskError
from ansible_collections.groundup.cloud.plugins.module_utils.disks.users import users

from . import labels

MIB = 1024 * 1024
GUID = "0f1e2d3c-4b5a-4789-8abc-def012345678"
pytestmark = pytest.mark.skipif(not shutil.which("blkid"), reason="blkid is not installed")


class Machine:
    def __init__(self, root: Path) -> None:
        self.root = root

    def disk(self, name: str, mib: int = 64, **attributes: str) -> Path:
        base, device = self.root / "sys/block" / name, self.root / "dev" / name
        values = {"size": str(mib * 2048), "ro": "0", "queue/logical_block_size": "512", "dev": "8:0", **attributes}
        for key, value in values.items():
            (base / key).parent.mkdir(parents=True, exist_ok=True)
            (base / key).write_text(value + "\n")
        device.parent.mkdir(exist_ok=True)
        with device.open("wb") as file:
            file.truncate(mib * MIB)
        (self.root / "proc/self").mkdir(parents=True, exist_ok=True)
        (self.root / "proc/self/mountinfo").touch()
        return device

    def udev(self, number: str, **properties: str) -> None:
        path = self.root / "run/udev/data" / f"b{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("S:disk/by-id/x\n" + "".join(f"E:{key}={value}\n" for key, value in properties.items()))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_ids_of_all_sources_are_collected(machine: Machine) -> None:
    machine.disk("sda", **{"device/model": "SAMSUNG", "device/wwid": "naa.5000c5", "dev": "8:0"})
    (machine.root / "sys/block/sda/device/vpd_pg80").write_bytes(b"\0\x80\0\x08  VPD80  ")
    machine.udev("8:0", ID_SERIAL_SHORT="S1", ID_SERIAL="SAMSUNG_S1", ID_WWN="0x5000c5")
    machine.disk("vda", serial="VIRT-1", dev="254:0")
    machine.disk("nvme0n1", **{"device/serial": "NV1", "wwid": "eui.0025", "dev": "259:0"})
    machine.disk("loop0")
    machine.disk("sdz", size="0")
    found = {device.name: device for device in devices(str(machine.root))}
    assert sorted(found) == ["nvme0n1", "sda", "vda"]
    assert found["sda"].serials == ("VPD80", "S1", "SAMSUNG_S1") and found["sda"].wwns == ("naa.5000c5", "0x5000c5")
    assert found["vda"].serials == ("VIRT-1",) and found["nvme0n1"].serials == ("NV1",)
    assert found["nvme0n1"].wwns == ("eui.0025",) and found["sda"].size == 64 * MIB and found["sda"].model == "SAMSUNG"


def contents(machine: Machine) -> Contents:
    """What is on the only disk of the machine."""
    return examine(devices(str(machine.root))[0], str(machine.root))


def ext4(path: Path) -> None:
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-L", "data", path], check=True)


def table(path: Path) -> None:
    head, tail = gpt.build(gpt.Table(GUID, path.stat().st_size // 512, ()))
    with path.open("r+b") as disk:
        disk.write(head)
        disk.seek(-len(tail), 2)
        disk.write(tail)


def backup_only(path: Path) -> None:
    table(path)
    with path.open("r+b") as disk:
        disk.write(bytes(MIB))


def damaged_backup(path: Path) -> None:
    backup_only(path)
    with path.open("r+b") as disk:
        disk.seek(-512 + 60, 2)
        disk.write(b"\xff")


def bluestore(path: Path) -> None:
    with path.open("r+b") as disk:
        disk.write(BLUESTORE)


def hidden_bluestore(path: Path) -> None:
    """A copy of Ceph's label without the label at the start, as after a quick erase."""
    with path.open("r+b") as disk:
        disk.truncate(2 * 1024 * MIB)
        disk.seek(1024 * MIB)
        disk.write(BLUESTORE)


def swap(path: Path) -> None:
    subprocess.run(["mkswap", path], check=True, capture_output=True)


def two_file_systems(path: Path) -> None:
    """ext4 below the boot sector of a FAT file system: blkid finds both and decides for none (exit code 8)."""
    ext4(path)
    other = path.with_name("other")
    other.write_bytes(bytes(64 * MIB))
    subprocess.run(["mkfs.vfat", other], check=True, capture_output=True)
    with path.open("r+b") as disk:
        disk.write(other.read_bytes()[:512])


def lvm(path: Path) -> None:
    """The label of an LVM physical volume in the second sector (LABELONE, type LVM2 001), with its checksum."""
    uuid = b"aBcDeF0123456789aBcDeF0123456789"
    body = struct.pack("<I8s32sQ", 32, b"LVM2 001", uuid, 64 * MIB).ljust(512 - 20, b"\0")
    crc = 0xF597A6CF
    for byte in body:
        crc ^= byte
        for _bit in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    with path.open("r+b") as disk:
        disk.seek(512)
        disk.write(struct.pack("<8sQI", b"LABELONE", 1, crc) + body)


def raid(path: Path) -> None:
    """The superblock of an MD array with metadata 1.0, which is 8 KiB before the end of the disk."""
    place = (path.stat().st_size // 512 - 16) // 8 * 8
    block = bytearray(256)
    block[:8] = struct.pack("<II", 0xA92B4EFC, 1)
    block[16:32] = b"0123456789abcdef"
    block[144:152] = struct.pack("<Q", place)
    words = struct.unpack("<64I", block)
    total = sum(words)
    block[216:220] = struct.pack("<I", (total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF)
    with path.open("r+b") as disk:
        disk.seek(place * 512)
        disk.write(block)


def far_bluestore(path: Path) -> None:
    """The last copy of Ceph's label. The file is sparse."""
    with path.open("r+b") as disk:
        disk.truncate(1001 * 1024 * MIB)
        for gib in (10, 100, 1000):
            disk.seek(gib * 1024 * MIB)
            disk.write(BLUESTORE)


def backup_of_large_sectors(path: Path) -> None:
    """A backup GPT of a disk with sectors of 4096 bytes, whose header begins in the last of them."""
    with path.open("r+b") as disk:
        disk.seek(-4096, 2)
        disk.write(b"EFI PART")


@pytest.mark.parametrize(
    ("fill", "words", "guid"),
    [
        (lambda path: None, [], ""),
        (ext4, ["ext4 'data' on vda"], ""),
        (table, ["a gpt partition table on vda"], GUID),
        (backup_only, ["a backup GPT at its end"], GUID),
        (damaged_backup, ["a backup GPT at its end"], ""),
        (hidden_bluestore, ["a Ceph BlueStore label at 1 GiB"], ""),
        (far_bluestore, [f"a Ceph BlueStore label at {gib} GiB" for gib in (10, 100, 1000)], ""),
        (backup_of_large_sectors, ["a backup GPT at its end"], ""),
        (swap, ["swap on vda"], ""),
        (lvm, ["LVM2_member on vda"], ""),
        (raid, ["linux_raid_member on vda"], ""),
        (two_file_systems, ["several signatures on vda"], ""),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_contents_are_detected(machine: Machine, fill: Any, words: list[str], guid: str) -> None:
    path = machine.disk("vda")
    fill(path)
    (machine.root / "sys/block/vda/size").write_text(str(path.stat().st_size // 512))
    found = contents(machine)
    assert (list(found.data), found.guid) == (words, guid)


def test_bluestore_and_users_of_a_disk_are_reported(machine: Machine) -> None:
    bluestore(machine.disk("vda"))
    (machine.root / "sys/block/vda/holders/dm-0").mkdir(parents=True)
    data = contents(machine).data
    assert "a Ceph BlueStore label at 0 GiB" in data and "a part in use by dm-0" in data


def test_partitions_in_the_kernel_s_view_are_data_even_without_a_table(machine: Machine) -> None:
    machine.disk("vda")
    machine.disk("vda1")
    shutil.rmtree(machine.root / "sys/block/vda1")
    part = machine.root / "sys/block/vda/vda1"
    part.mkdir()
    (part / "partition").write_text("1\n")
    assert contents(machine).data == ("partitions in the kernel's view (vda1)",)


def test_what_cannot_be_read_is_not_blank(machine: Machine) -> None:
    path = machine.disk("vda")
    path.write_bytes(b"")
    with pytest.raises(DiskError, match="has no bytes to read"):
        contents(machine)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        contents(machine)


@pytest.mark.parametrize("bad", [0, 64 * 1024, 63 * MIB + 512 * 1024], ids=["start", "64 KiB", "end"])
def test_sectors_that_cannot_be_read_are_an_error(machine: Machine, monkeypatch: pytest.MonkeyPatch, bad: int) -> None:
    real = contents_module._at

    def at(disk: Any, offset: int, length: int) -> bytes:
        if offset <= bad < offset + length:
            raise OSError(errno.EIO, "Input/output error")
        return real(disk, offset, length)

    machine.disk("vda")
    monkeypatch.setattr(contents_module, "_at", at)
    with pytest.raises(OSError, match="Input/output error"):
        contents(machine)


@pytest.mark.parametrize(("code", "data"), [(errno.EBUSY, ("vda in exclusive use by the running system",)), (0, ())])
def test_a_disk_that_the_kernel_does_not_give_exclusively_is_in_use(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, code: int, data: tuple[str, ...]
) -> None:
    real = os.open

    def claimed(path: Any, flags: int, *more: Any, **others: Any) -> int:
        if code and flags & os.O_EXCL and str(path).endswith("/dev/vda"):
            raise OSError(code, "Device or resource busy")
        return real(path, flags, *more, **others)

    machine.disk("vda")
    monkeypatch.setattr(os, "open", claimed)
    assert contents(machine).data == data


def test_an_exclusive_open_that_fails_otherwise_is_an_error(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: Any, **_others: Any) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    machine.disk("vda")
    monkeypatch.setattr(contents_module.os, "open", fails)
    with pytest.raises(PermissionError):
        contents_module._is_claimed(str(machine.root / "dev/vda"))


def test_a_probe_that_fails_is_an_error(machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine.disk("vda")
    (tmp_path / "blkid").write_text("#!/bin/sh\necho broken >&2\nexit 4\n")
    (tmp_path / "blkid").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(DiskError, match="blkid ended with 4: broken"):
        contents(machine)
    monkeypatch.setattr(system, "search_path", lambda: str(tmp_path / "nothing"))
    with pytest.raises(DiskError, match="the program blkid is missing; install the package util-linux"):
        contents(machine)


def test_without_the_list_of_mounts_nothing_is_called_unused(machine: Machine) -> None:
    machine.disk("vda")
    (machine.root / "proc/self/mountinfo").unlink()
    with pytest.raises(FileNotFoundError):
        contents(machine)


MOUNTS = r"""22 1 8:2 / / rw,noatime shared:1 - ext4 /dev/sda2 rw
30 22 253:1 / /var/lib/my\040data rw - xfs /dev/mapper/vg-data rw
31 22 0:44 /sub /srv rw - btrfs /dev/sdd rw
32 22 0:5 / /proc rw - proc proc rw
"""
SWAPS = "Filename\tType\tSize\tUsed\tPriority\n/dev/mapper/vg-swap partition\t1\t0\t-2\n/swapfile file\t1\t0\t-3\n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sda", ("a file system of sda2 mounted at /",)),
        (
            "sdb",
            (
                "a part in use by md0",
                "a part in use by dm-0 (vg-swap)",
                "a part in use by dm-1 (vg-data)",
                "a file system of dm-1 mounted at /var/lib/my data",
                "swap space of the running system on dm-0",
            ),
        ),
        ("sdc", ()),
        ("sdd", ("a file system of sdd mounted at /srv",)),
    ],
)
def test_users_of_a_disk_are_named(tmp_path: Path, name: str, expected: tuple[str, ...]) -> None:
    """sdb1 is a member of md0, on which LVM has a mounted volume and one for swap."""
    files = {
        "sda/dev": "8:0",
        "sda/sda2/dev": "8:2",
        "sda/sda2/partition": "2",
        "sdb/dev": "8:16",
        "sdb/sdb1/dev": "8:17",
        "sdb/sdb1/partition": "1",
        "sdb/sdb1/holders/md0/x": "",
        "md0/dev": "9:0",
        "md0/holders/dm-0/x": "",
        "md0/holders/dm-1/x": "",
        "dm-0/dev": "253:0",
        "dm-0/dm/name": "vg-swap",
        "dm-1/dev": "253:1",
        "dm-1/dm/name": "vg-data",
        "sdc/dev": "8:32",
        "sdd/dev": "8:48",
    }
    for path, text in files.items():
        (tmp_path / "sys/block" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sys/block" / path).write_text(text + "\n")
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(MOUNTS)
    (tmp_path / "proc/swaps").write_text(SWAPS)
    (tmp_path / "dev/mapper").mkdir(parents=True)
    (tmp_path / "dev/mapper/vg-swap").symlink_to("../dm-0")
    assert users(name, str(tmp_path)).words() == expected


def test_an_erased_disk_is_blank(machine: Machine) -> None:
    """Among them what no signature on the first MiB shows; the disk has room for the copy of Ceph's label at 1 GiB."""
    path = machine.disk("vda", 2048)
    hidden_bluestore(path)
    table(path)
    raid(path)
    assert contents(machine).data == ("linux_raid_member on vda", "a Ceph BlueStore label at 1 GiB")
    assert "not read again" in erase(str(path), path.stat().st_size, [])
    assert contents(machine) == Contents((), "")


def test_labels_inside_partitions_are_erased_with_their_copies(tmp_path: Path) -> None:
    disk, part = tmp_path / "sdb", tmp_path / "sdb1"
    for path in (disk, part):
        path.touch()
        os.truncate(path, 2048 * MIB)
    for place in (0, MIB, 1024 * MIB, 1025 * MIB):
        labels.write(part, labels.real(), place)
    labels.write(disk, labels.real(), 1025 * MIB)
    erase(str(disk), 2048 * MIB, [str(part)])
    for path in (disk, part):
        with path.open("rb") as file:
            assert find_labels(file, 2048 * MIB) == ()
