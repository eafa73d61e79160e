# SPDX-License-Identifier: GPL-3.0-or-later
"""Partition tables: other programs can read them, and growing keeps the partitions."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks import gpt

MIB = 2048
GUID = "0f1e2d3c-4b5a-4789-8abc-def012345678"


def image(sectors: int = 418 * MIB) -> gpt.Table:
    return gpt.Table(
        "a759afb6-44e1-5fbc-a3ff-bef44d59fcf7",
        sectors,
        (
            gpt.Partition(gpt.BIOS_BOOT, GUID[:-1] + "1", MIB, 2 * MIB - 1, 0, "bios"),
            gpt.Partition(gpt.ESP, GUID[:-1] + "2", 2 * MIB, 36 * MIB - 1, 4, "esp"),
            gpt.Partition(gpt.ROOT_X86_64, GUID[:-1] + "3", 36 * MIB, 400 * MIB - 1, 0, "root"),
        ),
    )


def put(path: Path, table: gpt.Table) -> None:
    head, tail = gpt.build(table)
    with path.open("wb") as out:
        out.truncate(table.sectors * gpt.SECTOR)
        out.write(head)
        out.seek((table.sectors - gpt.TAIL) * gpt.SECTOR)
        out.write(tail)


def test_parse_returns_the_table_that_build_wrote() -> None:
    assert gpt.parse(gpt.build(image())[0]) == image()


@pytest.mark.parametrize("sectors", [418 * MIB, 418 * MIB + 1, 8 * 1024 * MIB, 3 * 1024 * 1024 * MIB + 7])
def test_grow_extends_the_last_partition_to_the_end(sectors: int) -> None:
    grown = gpt.grow(image(), sectors, GUID)
    last = grown.partitions[-1]
    assert grown.partitions[:-1] == image().partitions[:-1]
    assert (grown.guid, grown.sectors, last.first) == (GUID, sectors, 36 * MIB)
    assert sectors - gpt.TAIL - MIB - 1 <= last.last < sectors - gpt.TAIL
    assert (last.last + 1) % MIB == 0
    assert gpt.parse(gpt.build(grown)[0]) == grown


def test_a_smaller_disk_is_refused() -> None:
    with pytest.raises(gpt.GptError, match="the image needs"):
        gpt.grow(image(), 417 * MIB, GUID)


@pytest.mark.parametrize("place", [512 + 40, 1024 + 3])
def test_a_damaged_table_is_an_error(place: int) -> None:
    head = bytearray(gpt.build(image())[0])
    head[place] ^= 1
    with pytest.raises(gpt.GptError, match="checksum"):
        gpt.parse(bytes(head))


def test_a_blank_disk_has_no_table() -> None:
    with pytest.raises(gpt.GptError, match="no GPT header"):
        gpt.parse(bytes(34 * 512))


@pytest.mark.skipif(not shutil.which("sfdisk"), reason="sfdisk (package fdisk) is not installed")
def test_sfdisk_accepts_the_table(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    put(disk, gpt.grow(image(), 1024 * MIB, GUID))
    assert (
        "No errors" in subprocess.run(["sfdisk", "--verify", disk], check=True, capture_output=True, text=True).stdout
    )
    shown = subprocess.run(["sfdisk", "-d", disk], check=True, capture_output=True, text=True).stdout
    assert f"label-id: {GUID.upper()}" in shown and 'name="root"' in shown and f"start= {36 * MIB:>11}" in shown
