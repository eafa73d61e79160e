# SPDX-License-Identifier: GPL-3.0-or-later
"""disk_info and disk_wipe on loop devices of sparse files: BlueStore made by Ceph's own programs, partitions, users."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks import devices as devices_module
from ansible_collections.groundup.cloud.plugins.module_utils.disks import wiping
from ansible_collections.groundup.cloud.plugins.module_utils.disks.bluestore import GIB, MIB
from ansible_collections.groundup.cloud.plugins.module_utils.disks.errors import DiskError
from ansible_collections.groundup.cloud.plugins.module_utils.disks.inventory import disk

TOOLS = ("losetup", "mke2fs", "blkid", "wipefs", "sgdisk", "mkswap")
FSID = "8f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
OSD_UUID = "11112222-3333-4444-8555-666677778888"
pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/loop-control"), reason="needs root, loop devices"),
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}"),
]
with_ceph = pytest.mark.skipif(
    not (shutil.which("ceph-osd") and shutil.which("ceph-bluestore-tool")), reason="the package ceph-osd is missing"
)


def sh(*command: str, **more: Any) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout.strip()


class Disks:
    """Loop devices with serial numbers, as the only disks of this machine."""

    def __init__(self, home: Path) -> None:
        self.home, self.paths = home, dict[str, str]()

    def add(self, serial: str, size: int, *options: str) -> str:
        backing = self.home / serial
        with backing.open("wb") as file:
            file.truncate(size)
        self.paths[serial] = sh("losetup", *options, "-f", "--show", str(backing))
        return self.paths[serial]

    def read(self, root: str = "/", _only: Any = None, with_udev: bool = True) -> list[devices_module.Device]:
        names = {os.path.basename(path): serial for serial, path in self.paths.items()}
        found = devices_module.devices(root, lambda name: name in names, with_udev)
        return [device._replace(serials=(names[device.name],)) for device in found]

    def info(self, serial: str) -> dict[str, Any]:
        return next(disk(item, health=False) for item in self.read() if item.serials == (serial,))

    def wipe(self, *serials: str, check: bool = False, **more: Any) -> dict[str, Any]:
        params = {"machine": "node3", "consent": ["node3"], "living_clusters": [], "discard": True, **more}
        return wiping.perform({"disks": [{"serial": serial} for serial in serials], **params}, check)


@pytest.fixture
def disks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disks]:
    found = Disks(tmp_path)
    monkeypatch.setattr(wiping, "devices", found.read)
    yield found
    for path in found.paths.values():
        sh("losetup", "-d", path)


def mkfs(home: Path, device: str) -> None:
    """A BlueStore OSD on a device, by Ceph's own program; it needs no cluster for that."""
    data = home / "osd"
    data.mkdir()
    (data / "block").symlink_to(device)
    conf = f"[global]\nfsid = {FSID}\nosd objectstore = bluestore\nosd data = {data}\nrun dir = {home}\nlog file =\n"
    (home / "ceph.conf").write_text(conf)
    words = ("--mkfs", "--no-mon-config", "--osd-uuid", OSD_UUID)
    sh("ceph-osd", "-c", str(home / "ceph.conf"), "-i", "7", *words)


def shows_label(device: str) -> bool:
    """Whether Ceph's own program finds a label."""
    words = ["ceph-bluestore-tool", "show-label", "--dev", device]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@with_ceph
def test_an_osd_of_a_real_ceph_is_read_and_erased(disks: Disks, tmp_path: Path) -> None:
    """The copies are those that Ceph 19.2.1 and later write: Debian's Ceph is older and writes the first label only."""
    device = disks.add("OSD", 1001 * GIB)
    mkfs(tmp_path, device)
    with open(device, "r+b") as file:
        label = file.read(4096)
        for gib in (1, 10, 100, 1000):
            file.seek(gib * GIB)
            file.write(label)
    found = disks.info("OSD")
    assert {(owner["fsid"], owner["osd"]) for owner in found["ceph"]} == {(FSID, "7")}
    assert [item["offset"] // GIB for item in found["bluestore"]] == [0, 1, 10, 100, 1000]
    assert found["bluestore"][0]["osd_uuid"] == OSD_UUID and not found["bluestore"][0]["damaged"]
    with pytest.raises(DiskError, match=f"OSD 7 of cluster {FSID} .*, and this cluster lives"):
        disks.wipe("OSD", living_clusters=[FSID.upper()])
    planned = disks.wipe("OSD", check=True, consent=[])
    assert planned["changed"] and "consent: [node3]" in planned["refused"][0]
    assert "a Ceph BlueStore label at 1000 GiB" in planned["diff"][0]["before"] and shows_label(device)
    assert disks.wipe("OSD", discard=False)["disks"][0]["discarded"] is False
    assert not shows_label(device) and disks.info("OSD")["blank"]
    assert not disks.wipe("OSD", consent=[])["changed"], "a blank disk needs no consent"


@pytest.mark.skipif(not shutil.which("pvcreate"), reason="the package lvm2 is missing")
def test_the_tags_of_lvm_tell_the_osd(disks: Disks) -> None:
    """The group has the tags here: volumes need the device mapper, which not every kernel has."""
    device = disks.add("LVM", 64 * MIB)
    sh("pvcreate", "-q", device)
    tags = ("--addtag", f"ceph.cluster_fsid={FSID}", "--addtag", "ceph.osd_id=7")
    sh("vgcreate", "-q", "--config", "backup { backup = 0 archive = 0 }", *tags, "gu-disks", device)
    found = disks.info("LVM")
    assert [(owner["fsid"], owner["osd"]) for owner in found["ceph"]] == [(FSID, "7")]
    with pytest.raises(DiskError, match="this cluster lives"):
        disks.wipe("LVM", living_clusters=[FSID])
    assert disks.wipe("LVM")["changed"] and disks.info("LVM")["ceph"] == []


@pytest.mark.skipif(not shutil.which("cryptsetup"), reason="the package cryptsetup-bin is missing")
def test_the_header_of_an_encrypted_disk_tells_the_cluster(disks: Disks) -> None:
    """As Rook makes it: LUKS 2 with the cluster as its subsystem."""
    device = disks.add("LUKS", 64 * MIB)
    cheap = ("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000")
    words = ("--type", "luks2", *cheap, "--subsystem", f"ceph_fsid={FSID}", "--batch-mode", "--key-file", "-")
    sh("cryptsetup", "luksFormat", *words, device, input="secret")
    found = disks.info("LUKS")
    assert [(owner["fsid"], owner["source"]) for owner in found["ceph"]] == [(FSID, f"LUKS header of {found['name']}")]
    assert disks.wipe("LUKS")["changed"] and disks.info("LUKS")["blank"]


def test_a_disk_that_a_process_has_open_is_refused(disks: Disks) -> None:
    """An OSD in a container leaves no other trace: it locks the device node of its container."""
    device = disks.add("DATA", 64 * MIB)
    sh("mke2fs", "-q", "-F", device)
    script = f"f = open({device!r}, 'rb'); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as user:
        assert user.stdin and user.stdout and user.stdout.readline()
        with pytest.raises(DiskError, match=rf"it is in use: open in process {user.pid} \(python"):
            disks.wipe("DATA")
        user.communicate(b"\n")
    assert disks.wipe("DATA")["changed"]


def test_partitions_and_what_is_in_them_are_erased(disks: Disks) -> None:
    device = disks.add("DATA", 3 * GIB, "-P")
    sh("sgdisk", "-n", "1:2048:+64M", "-n", "2:0:0", "-c", "1:boot", device)
    sh("partx", "-u", device)
    sh("mke2fs", "-q", "-F", "-L", "data", f"{device}p1")
    sh("mkswap", f"{device}p2")
    found = disks.info("DATA")
    assert [part["label"] for part in found["partitions"]] == ["boot", ""]
    assert {item["type"] for item in found["signatures"]} == {"gpt", "ext2", "swap"}
    result = disks.wipe("DATA")
    assert result["disks"][0]["discarded"] is True, "a loop device of a sparse file supports discard"
    after = disks.info("DATA")
    assert after["blank"] and after["partitions"] == []
    sh("sgdisk", "-n", "1:2048:+64M", device)
    assert not any(item["type"].startswith("ext") for item in disks.info("DATA")["signatures"])


def test_only_a_backup_gpt_is_erased(disks: Disks) -> None:
    device = disks.add("DATA", 64 * MIB)
    sh("sgdisk", "-n", "1:0:0", device)
    with open(device, "r+b") as file:
        file.write(bytes(MIB))
    assert disks.info("DATA")["gpt"]["backup_only"]
    assert disks.wipe("DATA")["changed"] and disks.info("DATA")["blank"]


def mounted(device: str, home: Path) -> Callable[[], object]:
    sh("mke2fs", "-q", "-F", device)
    (home / "mnt").mkdir()
    sh("mount", device, str(home / "mnt"))
    return lambda: sh("umount", str(home / "mnt"))


def claimed(device: str, _home: Path) -> Callable[[], object]:
    sh("mkswap", device)
    handle = os.open(device, os.O_RDONLY | os.O_EXCL)
    return lambda: os.close(handle)


@pytest.mark.parametrize(("use", "words"), [(mounted, "mounted at"), (claimed, "in exclusive use")])
def test_a_disk_in_use_is_refused(disks: Disks, tmp_path: Path, use: Any, words: str) -> None:
    device = disks.add("DATA", 64 * MIB)
    end = use(device, tmp_path)
    try:
        with pytest.raises(DiskError, match=words):
            disks.wipe("DATA", check=True)
    finally:
        end()
    assert not disks.info("DATA")["blank"] and disks.wipe("DATA")["changed"]


def test_nothing_is_erased_where_one_disk_is_refused(disks: Disks) -> None:
    good, bad = disks.add("GOOD", 64 * MIB), disks.add("BAD", 64 * MIB)
    sh("mke2fs", "-q", "-F", good)
    sh("sgdisk", "-n", "1:0:0", bad)  # without -P, the kernel does not show this partition
    with pytest.raises(DiskError, match="the kernel shows 0 partitions and the disk's table has 1, not the same ones"):
        disks.wipe("GOOD", "BAD")
    assert not disks.info("GOOD")["blank"]
    with pytest.raises(DiskError, match=r"consent \(consent: \[node3\]\)"):
        disks.wipe("GOOD", consent=["node1"])
    with pytest.raises(DiskError, match="no disk matches"):
        disks.wipe("GOOD", "NONE")
    assert not disks.info("GOOD")["blank"]


def test_a_disk_that_is_not_blank_afterwards_is_an_error(disks: Disks, monkeypatch: pytest.MonkeyPatch) -> None:
    sh("mke2fs", "-q", "-F", disks.add("DATA", 64 * MIB))
    monkeypatch.setattr(wiping, "erase", lambda *_args, **_more: "the partition table was not read again")
    with pytest.raises(DiskError, match=r"was erased and still holds ext2 on loop.*; the partition table was not read"):
        disks.wipe("DATA", discard=False)


def test_a_disk_that_is_used_between_the_plan_and_the_act_is_not_erased(
    disks: Disks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel refuses exclusive use. What was erased before is in the details of the error."""
    first, second = disks.add("FIRST", 64 * MIB), disks.add("SECOND", 64 * MIB)
    for device in (first, second):
        sh("mke2fs", "-q", "-F", device)
    real, held = wiping.judge, list[int]()

    def judge(*args: Any) -> Any:
        held.append(os.open(second, os.O_RDONLY | os.O_EXCL))
        return real(*args)

    monkeypatch.setattr(wiping, "judge", judge)
    try:
        with pytest.raises(DiskError, match=f"{second} was not erased: it is in use by now") as error:
            disks.wipe("FIRST", "SECOND")
    finally:
        os.close(held[0])
    assert [item["name"] for item in error.value.details["disks"]] == [os.path.basename(first)]
    assert disks.info("FIRST")["blank"] and not disks.info("SECOND")["blank"]
