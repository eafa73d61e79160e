# SPDX-License-Identifier: GPL-3.0-or-later
"""All that disk_info says of disks: recorded trees of sysfs and udev, with files as their contents."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks import gpt
from ansible_collections.groundup.cloud.plugins.module_utils.disks import inventory as module
from ansible_collections.groundup.cloud.plugins.module_utils.disks.bluestore import GIB, MIB
from ansible_collections.groundup.cloud.plugins.module_utils.disks.errors import DiskError
from ansible_collections.groundup.cloud.plugins.module_utils.disks.inventory import inventory
from ansible_collections.groundup.cloud.plugins.module_utils.disks.users import processes

from . import labels
from .tree import lay, tree

pytestmark = pytest.mark.skipif(not shutil.which("blkid"), reason="blkid is not installed")
DISK = (
    "disk sdb 8:16 8388608 pci0000:00/0000:00:17.0/ata2/host1/target1:0:0/1:0:0:0\nudev 8:16\nE:ID_SERIAL_SHORT=OSD\n"
)


def one(root: Path, **wanted: str) -> dict[str, Any]:
    return inventory([wanted] if wanted else [], False, str(root))[0]


@pytest.mark.parametrize(
    ("name", "transports"),
    [
        ("ahci", {"sata"}),
        ("nvme", {"nvme"}),
        ("sas_hba", {"sas"}),
        ("usb", {"usb"}),
        ("virtio", {"virtio"}),
        ("megaraid", {"scsi"}),
        ("smart_array", {"scsi", "sas"}),
    ],
)
def test_recorded_machines(tmp_path: Path, name: str, transports: set[str]) -> None:
    found = inventory([], False, str(tree(name, tmp_path)))
    assert found and all(disk["blank"] and not disk["problem"] for disk in found)
    assert {disk["transport"] for disk in found} <= transports
    assert all(disk["serial"] in disk["serials"] for disk in found if disk["serials"])


def test_turning_disks_are_told_from_others(tmp_path: Path) -> None:
    root = lay(DISK, tmp_path)
    assert one(root)["rotational"] is False
    (root / "sys/block/sdb/queue/rotational").write_text("1\n")
    assert one(root)["rotational"] is True


def test_an_osd_and_its_copies_are_found(tmp_path: Path) -> None:
    """The copy at 1 GiB is that of an OSD of another cluster, as after a quick erase and a new OSD."""
    root = lay(DISK, tmp_path)
    labels.write(root / "dev/sdb", labels.real())
    labels.write(root / "dev/sdb", labels.made(labels.OTHER, "3"), GIB)
    found = one(root, serial="OSD")
    assert [(owner["fsid"], owner["osd"], owner["source"]) for owner in found["ceph"]] == [
        (labels.FSID, "7", "BlueStore label at 0 GiB of sdb"),
        (labels.OTHER, "3", "BlueStore label at 1 GiB of sdb"),
    ]
    assert [label["offset"] for label in found["bluestore"]] == [0, GIB] and not found["blank"]
    assert found["signatures"][0]["type"] == "ceph_bluestore"


def test_copies_far_out_are_found_on_a_sparse_disk(tmp_path: Path) -> None:
    root = lay(DISK.replace("8388608", str(1001 * GIB // 512)), tmp_path)
    for gib in (10, 100, 1000):
        labels.write(root / "dev/sdb", labels.made(labels.FSID, "7"), gib * GIB)
    assert [label["offset"] // GIB for label in one(root)["bluestore"]] == [10, 100, 1000]


def test_what_an_osd_on_lvm_leaves_is_found(tmp_path: Path) -> None:
    """LVM's label, metadata with the tags of ceph-volume in two versions, and the label of BlueStore in its data."""
    root = lay(DISK, tmp_path)
    body = struct.pack("<I8s32sQ", 32, b"LVM2 001", b"aBcDeF0123456789aBcDeF0123456789", 4 * GIB).ljust(492, b"\0")
    crc = 0xF597A6CF
    for byte in body:
        crc ^= byte
        for _bit in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    labels.write(root / "dev/sdb", struct.pack("<8sQI", b"LABELONE", 1, crc) + body, 512)
    tags = '\ntags = ["ceph.cluster_fsid={}", "ceph.osd_id={}", "ceph.type=block"]\n'
    labels.write(root / "dev/sdb", (tags.format(labels.FSID, 7) + tags.format(labels.OTHER, 3)).encode(), 8192)
    labels.write(root / "dev/sdb", labels.real(), MIB)
    assert [(owner["fsid"], owner["osd"], owner["source"]) for owner in one(root)["ceph"]] == [
        (labels.FSID, "7", "BlueStore label at 0 GiB + 1 MiB of sdb"),
        (labels.FSID, "7", "LVM tags on sdb"),
        (labels.OTHER, "3", "LVM tags on sdb"),
    ]


def test_an_encrypted_disk_of_rook_tells_its_cluster(tmp_path: Path) -> None:
    """A LUKS2 header with Rook's subsystem."""
    root = lay(DISK, tmp_path)
    head = b"LUKS\xba\xbe" + struct.pack(">HQQ48s32s64s40s48sQ", 2, 16384, 1, b"pvc_name=set1", b"sha256", b"",
        b"0e8a9c2e-6c0b-4d52-9a0e-5f2f0b7f1a02", f"ceph_fsid={labels.FSID}".encode(), 0)  # fmt: skip
    labels.write(root / "dev/sdb", head)
    found = one(root)
    assert [(owner["fsid"], owner["source"]) for owner in found["ceph"]] == [(labels.FSID, "LUKS header of sdb")]


def test_partitions_have_the_names_of_their_table(tmp_path: Path) -> None:
    root = lay(DISK, tmp_path)
    part = gpt.Partition(gpt.ROOT_X86_64, labels.OSD_UUID, 2048, 4095, 0, "root")
    head, tail = gpt.build(gpt.Table(labels.OSD_UUID, 8388608, (part,)))
    labels.write(root / "dev/sdb", head)
    labels.write(root / "dev/sdb", tail, 4 * GIB - len(tail))
    base = root / "sys/block/sdb/sdb1"
    base.mkdir()
    for name, value in {"partition": 1, "start": 2048, "size": 2048, "dev": "8:17"}.items():
        (base / name).write_text(f"{value}\n")
    (root / "dev/sdb1").write_bytes(bytes(MIB))
    found = one(root)
    assert found["partitions"] == [
        {"name": "sdb1", "number": "8:17", "start": MIB, "size": MIB, "type": gpt.ROOT_X86_64, "label": "root"}
    ]
    assert found["gpt"] == {"guid": labels.OSD_UUID, "primary": True, "backup_only": False}


def test_a_disk_that_cannot_be_read_is_listed_with_the_reason(tmp_path: Path) -> None:
    root = lay(DISK, tmp_path)
    (root / "dev/sdb").write_bytes(b"")
    found = one(root)
    assert "has no bytes to read" in found["problem"] and not found["blank"] and "data" not in found
    (root / "dev/sdb").unlink()
    assert "No such file" in one(root)["problem"]


def test_a_disk_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    root = lay(DISK, tmp_path)
    with pytest.raises(DiskError, match=r"no disk matches disks\[0\] \(serial NONE\)"):
        one(root, serial="NONE")
    with pytest.raises(DiskError, match="no disk matches"):
        one(root, serial="OSD", wwn="naa.5002538e40a1b2c3")


def test_processes_are_found_once_for_all_disks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = lay(DISK, tmp_path)
    calls = []
    monkeypatch.setattr(module, "processes", lambda root: calls.append(root) or {"8:16": ("open in process 4 (x)",)})
    assert one(root)["processes"] == ["open in process 4 (x)"] and len(calls) == 1


def test_files_that_are_no_block_devices_are_not_counted(tmp_path: Path) -> None:
    for number, name in ((4, "cat"), (5, "systemd-udevd")):
        (tmp_path / f"proc/{number}/fd").mkdir(parents=True)
        (tmp_path / f"proc/{number}/comm").write_text(f"{name}\n")
        (tmp_path / f"proc/{number}/fd/3").symlink_to("/dev/null")
        (tmp_path / f"proc/{number}/fd/4").symlink_to("/nothing")
    assert processes(str(tmp_path)) == {}


def test_the_result_is_plain_data(tmp_path: Path) -> None:
    assert json.dumps(inventory([], True, str(lay(DISK, tmp_path))))


def test_a_device_for_the_database_of_an_osd_tells_its_uuid(tmp_path: Path) -> None:
    root = lay(DISK, tmp_path)
    labels.write(root / "dev/sdb", labels.made_for_database())
    source = f"BlueStore label at 0 GiB of sdb, bluefs db of the OSD with UUID {labels.OSD_UUID}"
    assert one(root)["ceph"] == [{"fsid": "", "osd": "", "source": source}]
