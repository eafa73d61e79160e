# SPDX-License-Identifier: GPL-3.0-or-later
"""Firmware and microcode in images, and the drivers of servers in the deploy ramdisk."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.provision import ramdisk, rootfs
from ansible_collections.groundup.cloud.plugins.module_utils.provision.recipe import FIRMWARE, RecipeError, recipe

BOTH, MAIN = ("main", "non-free-firmware"), ("main",)


@pytest.mark.parametrize(
    ("spec", "firmware", "components"),
    [
        ({}, True, BOTH),
        ({"profile": "metal"}, True, BOTH),
        ({"profile": "metal", "non_free_firmware": True}, True, BOTH),
        ({"profile": "metal", "non_free_firmware": False}, False, MAIN),
        ({"profile": "metal", "non_free_firmware": False, "packages": ["firmware-netronome"]}, False, BOTH),
        ({"profile": "virtual"}, False, MAIN),
        ({"profile": "emulated"}, False, MAIN),
        ({"profile": "emulated", "non_free_firmware": True}, True, BOTH),
        ({"profile": "virtual", "packages": ["intel-microcode"]}, False, BOTH),
    ],
)
def test_images_of_servers_have_firmware_unless_it_is_switched_off(
    spec: dict[str, Any], firmware: bool, components: tuple[str, ...]
) -> None:
    found = recipe("debian-13", spec)
    assert set(FIRMWARE) <= set(found.packages) if firmware else len(set(FIRMWARE) & set(found.packages)) <= 1
    assert found.components == components
    assert f"--components={','.join(components)}" in rootfs.command(found, "/w")
    assert f"trixie {' '.join(components)}\n" in rootfs.late_script(found, "/x")


def test_the_switch_changes_the_key_of_an_image() -> None:
    keys = {recipe("debian-13", {"non_free_firmware": on}).key() for on in (True, False)}
    assert len(keys) == 2 and recipe("debian-13").key() in keys


@pytest.mark.parametrize("value", ["no", "false", 2, []])
def test_a_switch_that_is_neither_on_nor_off_is_refused(value: Any) -> None:
    with pytest.raises(RecipeError, match=r"non_free_firmware: .* is none of true and false"):
        recipe("debian-13", {"non_free_firmware": value})


def test_microcode_is_that_of_all_processors_and_not_of_the_build_host() -> None:
    early = rootfs.early_script(recipe("debian-13"))
    assert "AMD64UCODE_INITRAMFS=early" in early and "IUCODE_TOOL_SCANCPUS=no" in early and "force-confold" in early
    assert "force-confold" not in rootfs.late_script(recipe("debian-13"), "/x")
    assert 'rm -f "$R/etc/dpkg/dpkg.cfg.d/groundup-build"' in rootfs.late_script(recipe("debian-13"), "/x")
    for without in ({"profile": "emulated"}, {"non_free_firmware": False}):
        early = rootfs.early_script(recipe("debian-13", without))
        assert "microcode" not in early and "force-confold" not in early


CHROOT = """#!/bin/sh
shift
case $1 in
lsinitramfs) cat "$FILES" ;;
modinfo) name=$6
  case $5 in
  filename) case $name in
    virtio_blk) echo "name: $name"; echo "(builtin)" ;;
    xhci_pci) echo /lib/modules/6/kernel/drivers/usb/host/xhci-pci.ko.xz ;;
    $MISSING) exit 1 ;;
    *) echo "/lib/modules/6/kernel/drivers/$name.ko.xz" ;;
    esac ;;
  firmware) [ "$name" != bnx2x ] || printf 'bnx2x/new.fw\\nbnx2x/unpublished.fw\\n' ;;
  esac ;;
esac
"""


@pytest.mark.parametrize(
    ("absent", "missing", "words"),
    [
        ("", "", ""),
        ("tg3.ko", "", "the deploy ramdisk lacks the module tg3"),
        ("xhci-pci.ko", "", "the deploy ramdisk lacks the module xhci_pci"),
        ("new.fw", "", "the deploy ramdisk lacks the firmware bnx2x/new.fw of bnx2x"),
        ("", "mpt3sas", "has no module mpt3sas"),
    ],
)
def test_a_ramdisk_without_a_driver_of_servers_fails_the_build(
    tmp_path: Path, absent: str, missing: str, words: str
) -> None:
    """Firmware that the image does not have is not required: nobody has published bnx2x/unpublished.fw."""
    script = rootfs.late_script(recipe("debian-13"), str(tmp_path))
    check = script[script.index('chroot "$R" lsinitramfs') : script.index('mv "$R/boot/deploy.img"')]
    names = [name.replace("xhci_pci", "xhci-pci") for name in ramdisk.SERVERS if name != "virtio_blk"]
    listed = [f"usr/lib/modules/6/kernel/drivers/{name}.ko" for name in names] + ["usr/lib/firmware/bnx2x/new.fw"]
    (tmp_path / "list").write_text("\n".join(line for line in listed if not absent or absent not in line) + "\n")
    (tmp_path / "usr/lib/firmware/bnx2x").mkdir(parents=True)
    (tmp_path / "usr/lib/firmware/bnx2x/new.fw").touch()
    (tmp_path / "chroot").write_text(CHROOT)
    (tmp_path / "chroot").chmod(0o755)
    places = {"R": tmp_path, "OUT": tmp_path, "FILES": tmp_path / "list"}
    environment = {key: str(value) for key, value in places.items()}
    environment |= {"K": "6", "MISSING": missing or "none", "PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["sh", "-euc", check], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip().endswith(words)) == (1 if words else 0, True), done.stderr


def test_a_ramdisk_of_virtual_machines_has_only_their_drivers() -> None:
    script = rootfs.late_script(recipe("debian-13", {"profile": "emulated"}), "/x")
    assert "lsinitramfs" not in script and "mpt3sas" not in script
