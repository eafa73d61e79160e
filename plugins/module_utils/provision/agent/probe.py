# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the hardware: disks with their ids and contents, network cards, memory, and the firmware's identity."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable
from typing import Any

from . import gpt, system
from .disks import Disk

_SKIP = re.compile(r"^(loop|ram|sr|fd|dm-|md|zram|nbd|mtdblock)")
_GIB = 1024**3
#: Offsets of Ceph's copies of the BlueStore label (since 19.2.1); erasing only the start of a disk leaves them.
BLUESTORE_OFFSETS = (0, _GIB, 10 * _GIB, 100 * _GIB, 1000 * _GIB)
BLUESTORE = b"bluestore block device"
_SERIALS = ("ID_SERIAL_SHORT", "ID_SERIAL", "ID_SCSI_SERIAL")
_WWNS = ("ID_WWN_WITH_EXTENSION", "ID_WWN", "ID_NVME_WWID")


def disks(root: str = "/", only: Callable[[str], bool] = lambda name: not _SKIP.match(name)) -> list[Disk]:
    """All disks, sorted by name. `root` is for tests: a directory with sys/, run/ and dev/."""
    names = sorted(os.path.basename(path) for path in glob.glob(os.path.join(root, "sys/block/*")))
    return [_disk(root, name) for name in names if only(name) and _int(root, name, "size")]


def _int(root: str, name: str, attribute: str) -> int:
    return int(system.read(os.path.join(root, "sys/block", name, attribute)) or 0)


def _disk(root: str, name: str) -> Disk:
    base, path = os.path.join(root, "sys/block", name), os.path.join(root, "dev", name)
    udev = _udev(root, system.read(os.path.join(base, "dev")))
    serials = [system.read(os.path.join(base, part)) for part in ("serial", "device/serial")]
    serials += [_vpd80(os.path.join(base, "device/vpd_pg80"))] + [udev.get(key, "") for key in _SERIALS]
    wwns = [system.read(os.path.join(base, part)) for part in ("wwid", "device/wwid")]
    wwns += [udev.get(key, "") for key in _WWNS]
    size = _int(root, name, "size") * 512
    data, guid = contents(path, size, sorted(os.path.basename(p) for p in glob.glob(os.path.join(base, f"{name}*"))))
    data += [f"a part in use by {held}" for held in _holders(base, name)]
    return Disk(
        name,
        path,
        size,
        system.read(os.path.join(base, "device/model")),
        _unique(serials),
        _unique(wwns),
        bool(_int(root, name, "ro")),
        _int(root, name, "queue/logical_block_size") or 512,
        tuple(data),
        guid,
    )


def _holders(base: str, name: str) -> list[str]:
    """Device mapper and MD devices that use the disk or one of its partitions."""
    return sorted(
        os.path.basename(path)
        for part in (base, *glob.glob(os.path.join(base, f"{name}*")))
        for path in glob.glob(os.path.join(part, "holders/*"))
    )


def _unique(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _vpd80(path: str) -> str:
    """The serial number in SCSI VPD page 0x80: four bytes of header, then the text."""
    try:
        with open(path, "rb") as file:
            return file.read()[4:].decode("ascii", "ignore").strip().strip("\0")
    except OSError:
        return ""


def _udev(root: str, number: str) -> dict[str, str]:
    lines = system.read(os.path.join(root, "run/udev/data", f"b{number}")).splitlines()
    return dict(line[2:].split("=", 1) for line in lines if line.startswith("E:") and "=" in line)


def contents(path: str, size: int, partitions: list[str]) -> tuple[list[str], str]:
    """The contents of a disk as text (empty for a blank disk), and the disk GUID of its GPT."""
    found: list[str] = []
    for name in [os.path.basename(path), *partitions]:
        found += _signatures(os.path.join(os.path.dirname(path), name))
    guid = ""
    with open(path, "rb") as disk:
        for offset in BLUESTORE_OFFSETS:
            if offset + 512 <= size and _at(disk, offset, len(BLUESTORE)) == BLUESTORE:
                found.append(f"a Ceph BlueStore label at {offset // _GIB} GiB")
        head = _at(disk, 0, 34 * 512)
        try:
            guid = gpt.parse(head).guid
        except gpt.GptError:
            last = _at(disk, size - 512, 512)
            if last[:8] == b"EFI PART":
                found.append("a backup GPT at its end")
                # The backup table is written first, so it may exist alone after a power cut.
                guid = gpt.backup_guid(last)
    return list(dict.fromkeys(found)), guid


def _at(disk: Any, offset: int, length: int) -> bytes:
    disk.seek(offset)
    return bytes(disk.read(length))


def _signatures(path: str) -> list[str]:
    """Signatures that blkid finds by probing the device; its exit code 2 means none, 8 means ambivalent ones."""
    text = system.run(["blkid", "-p", "-o", "export", path], ok=(0, 2, 8))
    facts = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    name, found = os.path.basename(path), []
    if facts.get("PTTYPE"):
        found.append(f"a {facts['PTTYPE']} partition table on {name}")
    if facts.get("TYPE"):
        label = f" {facts['LABEL']!r}" if facts.get("LABEL") else ""
        found.append(f"{facts['TYPE']}{label} on {name}")
    if not found and text.strip() and facts.get("AMBIVALENT"):
        found.append(f"several signatures on {name}")
    return found


def nics(root: str = "/") -> list[dict[str, Any]]:
    """Physical network cards: name, MAC address (the permanent one if sysfs has it), carrier."""
    cards = (
        base
        for base in sorted(glob.glob(os.path.join(root, "sys/class/net/*")))
        if os.path.exists(os.path.join(base, "device"))
    )
    return [
        {
            "name": os.path.basename(base),
            "mac": system.read(os.path.join(base, "address")),
            "carrier": system.read(os.path.join(base, "carrier")) == "1",
        }
        for base in cards
    ]


def identity(root: str = "/") -> dict[str, str]:
    """Serial number and UUID of the firmware."""
    base = os.path.join(root, "sys/class/dmi/id")
    return {
        "serial": system.read(os.path.join(base, "product_serial")),
        "uuid": system.read(os.path.join(base, "product_uuid")).lower(),
    }


def memory_mib(root: str = "/") -> int:
    """Memory in MiB as the kernel reports it (MemTotal)."""
    found = re.search(r"^MemTotal:\s+(\d+) kB", system.read(os.path.join(root, "proc/meminfo")), re.MULTILINE)
    return int(found.group(1)) // 1024 if found else 0
