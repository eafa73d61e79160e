# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks in doubles of sysfs and udev; files with the contents of disks are used as devices."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent import gpt, probe

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
    found = {disk.name: disk for disk in probe.disks(str(machine.root))}
    assert sorted(found) == ["nvme0n1", "sda", "vda"]
    assert found["sda"].serials == ("VPD80", "S1", "SAMSUNG_S1") and found["sda"].wwns == ("naa.5000c5", "0x5000c5")
    assert found["vda"].serials == ("VIRT-1",) and found["nvme0n1"].serials == ("NV1",)
    assert found["nvme0n1"].wwns == ("eui.0025",) and found["sda"].size == 64 * MIB and found["sda"].model == "SAMSUNG"


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
        disk.write(probe.BLUESTORE)


def hidden_bluestore(path: Path) -> None:
    """A copy of Ceph's label without the label at the start, as after a quick erase."""
    with path.open("r+b") as disk:
        disk.truncate(2 * 1024 * MIB)
        disk.seek(1024 * MIB)
        disk.write(probe.BLUESTORE)


@pytest.mark.parametrize(
    ("fill", "words", "guid"),
    [
        (lambda path: None, [], ""),
        (ext4, ["ext4 'data' on vda"], ""),
        (table, ["a gpt partition table on vda"], GUID),
        (backup_only, ["a backup GPT at its end"], GUID),
        (damaged_backup, ["a backup GPT at its end"], ""),
        (hidden_bluestore, ["a Ceph BlueStore label at 1 GiB"], ""),
    ],
    ids=["blank", "ext4", "gpt", "backup GPT", "damaged backup GPT", "BlueStore copy"],
)
def test_contents_are_detected(machine: Machine, fill: Any, words: list[str], guid: str) -> None:
    path = machine.disk("vda")
    fill(path)
    (machine.root / "sys/block/vda/size").write_text(str(path.stat().st_size // 512))
    found = probe.disks(str(machine.root))[0]
    assert (list(found.data), found.guid) == (words, guid)


def test_bluestore_and_users_of_a_disk_are_reported(machine: Machine) -> None:
    bluestore(machine.disk("vda"))
    (machine.root / "sys/block/vda/holders/dm-0").mkdir(parents=True)
    data = probe.disks(str(machine.root))[0].data
    assert "a Ceph BlueStore label at 0 GiB" in data and "a part in use by dm-0" in data


def test_only_physical_nics_are_listed(machine: Machine) -> None:
    for name, real in (("eth0", True), ("lo", False)):
        base = machine.root / "sys/class/net" / name
        base.mkdir(parents=True)
        (base / "address").write_text("52:54:00:00:00:01\n")
        (base / "carrier").write_text("1\n")
        if real:
            (base / "device").mkdir()
    assert probe.nics(str(machine.root)) == [{"name": "eth0", "mac": "52:54:00:00:00:01", "carrier": True}]
