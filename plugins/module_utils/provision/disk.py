# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds a raw disk that boots with BIOS and UEFI from a root tree, without root rights, loop devices or mounts.

Layout in MiB: GPT and GRUB's core for BIOS (1..2), EFI system partition (2..36), root (36..), last so that it can grow.
"""

from __future__ import annotations

import os
import struct
import subprocess
import uuid

from ..disks import gpt

_MIB = 1024 * 1024
_ESP_START, _ROOT_START = 2, 36
_CORE = 2048
_MODULES = [
    "part_gpt",
    "ext2",
    "normal",
    "linux",
    "search",
    "search_label",
    "configfile",
    "echo",
    "boot",
    "test",
    "serial",
    "terminal",
    "minicmd",
]
_EARLY = """search --no-floppy --label root --set root
set prefix=($root)/boot/grub
configfile ($root)/boot/grub/grub.cfg
"""
#: The feature set that GRUB 2.06 and later can read.
_FEATURES = "^metadata_csum_seed,^orphan_file"


def build(root: str, image: str, work: str, spare_mib: int = 48, grub: str = "/usr/lib/grub") -> None:
    """Writes `image` from the tree `root`, with `spare_mib` of free space. Raises CalledProcessError, OSError."""
    size = _filesystem(root, os.path.join(work, "root.ext4"), spare_mib)
    early = os.path.join(work, "early.cfg")
    with open(early, "w", encoding="ascii") as out:
        out.write(_EARLY)
    efi, core, esp = (os.path.join(work, name) for name in ("BOOTX64.EFI", "core.img", "esp.fat"))
    for target, platform, more in ((efi, "x86_64-efi", ["efi_gop"]), (core, "i386-pc", ["biosdisk"])):
        _run(
            "grub-mkimage",
            "-O",
            platform,
            "-d",
            os.path.join(grub, platform),
            "-p",
            "/boot/grub",
            "-c",
            early,
            "-o",
            target,
            *_MODULES,
            *more,
        )
    _esp(esp, efi)
    total = (_ROOT_START + size + 1) * 2048
    with open(image, "wb") as out:
        out.truncate(total * gpt.SECTOR)
        head, tail = gpt.build(_table(size, total))
        out.write(head)
        out.seek((total - gpt.TAIL) * gpt.SECTOR)
        out.write(tail)
    _copy(esp, image, _ESP_START)
    _copy(os.path.join(work, "root.ext4"), image, _ROOT_START)
    _bios(image, core, os.path.join(grub, "i386-pc", "boot.img"))


def _table(root_mib: int, sectors: int) -> gpt.Table:
    """The partition table. GUIDs are derived from names, as each deployment sets a new disk GUID."""

    def guid(name: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.image.groundup"))

    root_first = _ROOT_START * 2048
    return gpt.Table(
        guid("disk"),
        sectors,
        (
            gpt.Partition(gpt.BIOS_BOOT, guid("bios"), _CORE, _ESP_START * 2048 - 1, 0, "bios"),
            gpt.Partition(gpt.ESP, guid("esp"), _ESP_START * 2048, root_first - 1, 0, "esp"),
            gpt.Partition(gpt.ROOT_X86_64, guid("root"), root_first, root_first + root_mib * 2048 - 1, 0, "root"),
        ),
    )


def _filesystem(root: str, target: str, spare_mib: int) -> int:
    """Makes an ext4 image just large enough; returns its size in MiB."""
    used = int(
        subprocess.run(
            ["du", "-s", "--block-size=1M", root], check=True, capture_output=True, text=True
        ).stdout.split()[0]
    )
    files = sum(len(names) + len(dirs) for _path, dirs, names in os.walk(root))
    # Inodes take 256 bytes each, the journal 16 MiB, block groups and rounding about 2 %.
    size = used + used // 50 + (files + 16384) // 4096 + 16 + spare_mib
    with open(target, "wb") as out:
        out.truncate(size * _MIB)
    _run(
        "mke2fs",
        "-q",
        "-F",
        "-t",
        "ext4",
        "-L",
        "root",
        "-O",
        _FEATURES,
        "-b",
        "4096",
        "-m",
        "1",
        "-J",
        "size=16",
        "-N",
        str(files + 16384),
        "-E",
        "lazy_itable_init=1,lazy_journal_init=1",
        "-d",
        root,
        target,
    )
    return size


def _esp(target: str, efi: str) -> None:
    with open(target, "wb") as out:
        out.truncate((_ROOT_START - _ESP_START) * _MIB)
    _run("mkfs.vfat", "-n", "ESP", "-i", "47524f55", target)
    _run("mmd", "-i", target, "::/EFI", "::/EFI/BOOT")
    _run("mcopy", "-i", target, efi, "::/EFI/BOOT/BOOTX64.EFI")


def _bios(image: str, core: str, boot_img: str) -> None:
    """Installs GRUB as grub-bios-setup does, on a file: the boot sector points to the core, the core to its blocks."""
    with open(boot_img, "rb") as file:
        boot = bytearray(file.read(512))
    with open(core, "rb") as file:
        code = bytearray(file.read())
    if len(code) > _MIB:
        raise ValueError(f"GRUB's core has {len(code)} bytes, the partition for it 1 MiB")
    boot[0x5C:0x64] = struct.pack("<Q", _CORE)
    boot[0x64] = 0xFF  # use the boot drive that the firmware reports
    boot[0x66:0x68] = b"\x90\x90"  # don't test for a floppy
    code[500:508] = struct.pack("<Q", _CORE + 1)
    with open(image, "r+b") as out:
        out.write(boot[:440])
        out.seek(_CORE * 512)
        out.write(code)


def _copy(source: str, image: str, mib: int) -> None:
    _run("dd", f"if={source}", f"of={image}", "bs=1M", f"seek={mib}", "conv=notrunc,sparse", "status=none")


def _run(*argv: str) -> None:
    try:
        subprocess.run(argv, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{argv[0]} failed ({error.returncode}): {error.stderr.strip()[-800:]}") from error
