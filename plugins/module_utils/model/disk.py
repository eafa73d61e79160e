# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for disks."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

from dataclasses import dataclass

from . import enums, scalars
from .fields import one


@dataclass(frozen=True)
class Disk:
    """A disk, identified by its serial number or WWN, or both, and never by its order. One is required."""

    serial: str | None = one(
        scalars.TEXT, "Serial number, as `lsblk -o SERIAL` or /dev/disk/by-id shows it, in any case.", default=None
    )
    wwn: str | None = one(
        scalars.TEXT, "World wide name, not that of its SAS port, with or without `0x`, `naa.`, `eui.`.", default=None
    )


@dataclass(frozen=True)
class RootDisk(Disk):
    """The disk of the operating system, identified by its serial number or WWN, or both. One is required.

    A list of two disks is a mirror of them: `[{serial: A}, {serial: B}]`.
    """

    mirror: Disk | None = one(
        Disk,
        "A second disk with the same contents (RAID 1 by MD), from either of which the machine starts alone.",
        default=None,
    )


@dataclass(frozen=True)
class StorageDisk(Disk):
    """A disk for storage, identified by its serial number or WWN, or both. One is required."""

    device_class: str | None = one(
        scalars.LABEL_NAME,
        "Class by which pools choose disks.",
        default=None,
        shown_default="found out by Ceph: `hdd`, `ssd` or `nvme`",
    )
    use: enums.DiskUse = one(enums.DiskUse, "What the disk holds.", default=enums.DiskUse.DATA)
