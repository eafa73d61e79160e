# SPDX-License-Identifier: GPL-3.0-or-later
"""A root on two mirrored disks: which disks are chosen, their partition tables, and what mdadm is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks import gpt
from ansible_collections.groundup.cloud.plugins.module_utils.provision import recipe, rootfs
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent import mirror, write
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent.disks import Disk, choose_all
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent.refusal import Refusal
from ansible_collections.groundup.cloud.plugins.module_utils.provision.ramdisk import deploy_script
from ansible_collections.groundup.cloud.plugins.module_utils.provision.settings import ramdisk_spec

from .test_disks import GUID, IMAGE, disk

ROOT = {"serial": "SN-vda", "mirror": {"serial": "SN-vdb"}}
OTHER_GUID = mirror.guid(GUID)
BOTH = [disk("vda"), disk("vdb"), disk("vdc")]


def plan(**more: Any) -> dict[str, Any]:
    return {"root_disk": ROOT, "storage_disks": [{"serial": "SN-vdc"}], "wipe": False, **more}


@pytest.mark.parametrize(
    ("disks", "given", "names"),
    [
        (BOTH, plan(), ["vda", "vdb"]),
        (BOTH, plan(root_disk={"serial": "SN-vda"}), ["vda"]),
        ([disk("vda", data=("x",)), disk("vdb", data=("y",)), disk("vdc")], plan(wipe=True), ["vda", "vdb"]),
        (
            [disk("vda", data=("x",), guid=GUID), disk("vdb", data=("y",), guid=OTHER_GUID), disk("vdc")],
            plan(unfinished=[GUID]),
            ["vda", "vdb"],
        ),
    ],
)
def test_both_disks_are_chosen(disks: list[Disk], given: dict[str, Any], names: list[str]) -> None:
    assert [found.device.name for found in choose_all(disks, given, IMAGE)] == names


@pytest.mark.parametrize(
    ("disks", "given", "code", "words"),
    [
        ([disk("vda"), disk("vdc")], plan(), "no_disk", r"root_disk\.mirror"),
        ([disk("vda"), disk("vdb", data=("ext4",)), disk("vdc")], plan(), "holds_data", "vdb.*holds ext4.*wipe"),
        (
            [disk("vda"), disk("vdb", data=("y",), guid=OTHER_GUID), disk("vdc")],
            plan(unfinished=["11111111-2222-4333-8444-555555555555"]),
            "holds_data",
            "vdb",
        ),
        (BOTH, plan(root_disk={"serial": "SN-vda", "mirror": {"serial": "sn-vda"}}), "two_disks", "both root_disk and"),
        (BOTH, plan(storage_disks=[{"serial": "SN-vdb"}]), "two_disks", r"root_disk\.mirror and storage_disks"),
        ([disk("vda"), disk("vdb", size=IMAGE + 2**21), disk("vdc")], plan(), "too_small", "vdb.*smaller"),
        ([disk("vda"), disk("vdb", sector=4096), disk("vdc")], plan(wipe=True), "write", "vdb has sectors of 4096"),
        ([disk("vda"), disk("vdb", read_only=True), disk("vdc")], plan(wipe=True), "write", "vdb.*read-only"),
    ],
)  # fmt: skip
def test_the_second_disk_is_refused_for_the_same_reasons(
    disks: list[Disk], given: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(Refusal, match=words) as refusal:
        choose_all(disks, given, IMAGE)
    assert refusal.value.code == code


def image() -> bytes:
    kinds = (gpt.BIOS_BOOT, gpt.ESP, gpt.ROOT_X86_64)
    parts = [
        gpt.Partition(kind, f"a759afb6-44e1-5fbc-a3ff-bef44d59fcf{number}", 2048 * number, 2048 * number + 2047, 0, "p")
        for number, kind in enumerate(kinds, 1)
    ]
    return gpt.build(gpt.Table(GUID, 10 * 2048, tuple(parts)))[0].ljust(write.HEAD, b"\0")


def test_the_tables_of_both_disks_differ_in_their_guids_only_and_in_the_size_of_the_disk() -> None:
    mib = 1024 * 1024
    first, second = write.tables(image(), [120 * mib, 100 * mib], GUID)
    assert (first.sectors, second.sectors) == (120 * 2048, 100 * 2048)
    assert (first.guid, second.guid) == (GUID, OTHER_GUID)
    places = [[(part.type, part.first, part.last, part.name) for part in table.partitions] for table in (first, second)]
    assert places[0] == places[1]
    assert first.partitions[-1].type == gpt.LINUX_RAID
    assert first.partitions[-1].last == 99 * 2048 - 1, "the last whole MiB of the smaller disk before its backup table"
    guids = [part.guid for table in (first, second) for part in table.partitions]
    assert len(set(guids)) == len(guids)
    for table in (first, second):
        assert gpt.parse(gpt.build(table)[0]) == table


def test_a_single_disk_has_the_table_of_the_image() -> None:
    (only,) = write.tables(image(), [100 * 1024 * 1024], GUID)
    assert only == write.grown(image(), 100 * 1024 * 1024, GUID)
    assert only.partitions[-1].type == gpt.ROOT_X86_64


def test_an_array_keeps_what_its_members_have_and_is_stopped_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(mirror.system, "run", lambda argv: calls.append(list(argv)) or "")
    monkeypatch.setattr(mirror.system, "wait_for", lambda path: None)
    with pytest.raises(ZeroDivisionError), mirror.array(["/dev/vda3", "/dev/vdb3"], "node1"):
        raise ZeroDivisionError
    created, stopped = calls
    assert created[:3] == ["mdadm", "--create", mirror.NODE] and created[-2:] == ["/dev/vda3", "/dev/vdb3"]
    # With any metadata but 1.0 and 0.90 the file system would begin elsewhere, where GRUB does not find it.
    assert {"--metadata=1.0", "--level=1", "--raid-devices=2", "--run", "--homehost=node1"} <= {*created}
    assert stopped == ["mdadm", "--stop", mirror.NODE]


def test_mdadm_conf_has_the_uuid_of_the_array(monkeypatch: pytest.MonkeyPatch) -> None:
    told = "MD_LEVEL=raid1\nMD_UUID=0aa2e62b:74bd0527:0d16dd01:13b6c8df\nMD_NAME=node1:root\n"
    monkeypatch.setattr(mirror.system, "run", lambda argv: told)
    assert "\nARRAY /dev/md/root metadata=1.0 UUID=0aa2e62b:74bd0527:0d16dd01:13b6c8df\n" in mirror.configuration()
    monkeypatch.setattr(mirror.system, "run", lambda argv: "")
    with pytest.raises(RuntimeError, match="no UUID"):
        mirror.configuration()


def test_an_image_without_mdadm_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"the image has no mdadm.*add the package mdadm") as refusal:
        mirror.require(str(tmp_path), "the image")
    assert refusal.value.code == "plan"
    (tmp_path / "sbin").mkdir()
    (tmp_path / "sbin/mdadm").touch()
    mirror.require(str(tmp_path), "the image")


def test_the_initial_ramdisk_of_a_virtual_machine_has_the_module_and_the_deploy_ramdisk_starts_no_array() -> None:
    with_mirror = recipe.recipe("debian-13", {"profile": "virtual", "packages": [recipe.MIRROR_PACKAGE]})
    without = recipe.recipe("debian-13", {"profile": "virtual"})
    assert "manual_add_modules raid1" in rootfs.early_script(with_mirror)
    assert "raid1" not in rootfs.early_script(without)
    assert "rules.d/*-md-raid*.rules" in deploy_script(with_mirror)


@pytest.mark.parametrize(
    ("images", "packages", "expected"),
    [
        ({}, [], {}),
        ({}, ["mdadm"], {"packages": ["mdadm"]}),
        ({"debian-13": {"url": "https://x/y.raw", "sha256": "0"}}, ["mdadm"], {"packages": ["mdadm"]}),
        ({"debian-13": {"packages": ["mdadm"]}}, ["mdadm"], {"packages": ["mdadm"]}),
        ({"debian-13": {"profile": "virtual"}}, ["mdadm"], {"profile": "virtual", "packages": ["mdadm"]}),
        ({"debian-13": {"profile": "virtual"}}, [], {"profile": "virtual"}),
    ],
)
def test_the_ramdisk_has_mdadm_whatever_images_machines_have(
    images: dict[str, Any], packages: list[str], expected: dict[str, Any]
) -> None:
    assert ramdisk_spec({"images": images, "ramdisk_packages": packages}) == expected
