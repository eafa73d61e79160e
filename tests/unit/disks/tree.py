# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the trees of sysfs and udev that trees/*.txt describe: one line for each disk, file or property.

disk NAME MAJOR:MINOR SECTORS DIRECTORY   the block device and the directory (below /sys/devices) of its device
hidden NAME                               the block device has the attribute `hidden` and no node in /dev
in DIRECTORY                              files that follow are below /sys/devices/DIRECTORY
FILE = text                               a file, quoted where blanks at its ends count
FILE : 0080 0008 "ZC1A2B3C"               a binary file: hexadecimal digits, and quoted ASCII
udev MAJOR:MINOR                          lines E: and S: that follow are udev's database of that device
"""

from __future__ import annotations

import os
import re
from pathlib import Path

TREES = Path(__file__).with_name("trees")


def lay(text: str, root: Path) -> Path:
    """Writes a tree below `root`, an empty list of mounts, and for each disk a sparse file of its size as its node."""
    place = root
    for line in text.splitlines():
        word, _blank, rest = line.partition(" ")
        if not line.strip() or word == "#":
            continue
        if word == "disk":
            _disk(root, *rest.split())
        elif word == "hidden":
            _write(root / "sys/block" / rest / "hidden", b"1\n")
            (root / "dev" / rest).unlink()
        elif word == "in":
            place = root / "sys/devices" / rest
        elif word == "udev":
            place = root / f"run/udev/data/b{rest}"
            _write(place, b"")
        elif re.match("[ES]:", line):
            place.write_text(place.read_text() + line + "\n")
        else:
            name, kind, value = re.fullmatch(r"(\S+) ([=:]) ?(.*)", line).groups()  # type: ignore[union-attr]
            _write(place / name, _binary(value) if kind == ":" else f"{value.strip(chr(34))}\n".encode())
    _write(root / "proc/self/mountinfo", b"")
    return root


def tree(name: str, root: Path) -> Path:
    """Writes the tree trees/NAME.txt below `root`."""
    return lay((TREES / f"{name}.txt").read_text(), root)


def _disk(root: Path, name: str, number: str, sectors: str, directory: str) -> None:
    device = root / "sys/devices" / directory
    base = device / name if name.startswith("nvme") else device / "block" / name
    for file, value in (("dev", number), ("size", sectors), ("ro", "0"), ("queue/logical_block_size", "512")):
        _write(base / file, f"{value}\n".encode())
    (base / "device").symlink_to(os.path.relpath(device, base))
    link = root / "sys/block" / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(base, link.parent))
    node = root / "dev" / name
    _write(node, b"")
    os.truncate(node, int(sectors) * 512)


def _binary(text: str) -> bytes:
    parts = re.findall(r'"([^"]*)"|([0-9a-f]+)', text)
    return b"".join(quoted.encode() if quoted or not digits else bytes.fromhex(digits) for quoted, digits in parts)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
