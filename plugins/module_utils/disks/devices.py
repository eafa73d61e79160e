# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads from sysfs and from udev which disks a machine has, with all names that each of them is known by.

A disk has several serial numbers and WWNs, as its sources don't agree: a USB bridge adds its own, a SAS disk's VPD page
has more digits than its label, a logical volume of a RAID controller reports the controller's. All of them count, as
people read one or another; `find` refuses what names two disks. The page docs/disks.md lists the sources.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable
from typing import NamedTuple

from . import vpd
from .system import read, read_bytes

#: Block devices that are no disks: virtual ones, optical and floppy drives, and special areas of eMMC devices.
_SKIP = re.compile(r"^(loop|ram|sr|fd|dm-|md|zram|nbd|mtdblock|drbd|rbd|bcache|zd\d|mmcblk\d+(boot|rpmb|gp))")
_SERIALS = ("ID_SERIAL_SHORT", "ID_SERIAL", "ID_SCSI_SERIAL", "SCSI_IDENT_SERIAL")


class Device(NamedTuple):
    """A disk as the kernel reports it. `number` is MAJOR:MINOR, `size` in bytes, `sector` its logical block size.

    `transport`: how it is connected: nvme, nvme-tcp, sata, sas, usb, iscsi, fc, virtio, mmc, scsi; empty if unknown.

    `serials`, `wwns`: from all sources, the one that is shown first; `links`: its names in /dev/disk/by-id; `others`:
    WWNs of its ports and of the device that contains it, which don't identify it.
    """

    name: str
    path: str
    number: str
    size: int
    model: str
    serials: tuple[str, ...]
    wwns: tuple[str, ...]
    read_only: bool
    sector: int
    links: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    rotational: bool = False
    transport: str = ""


#: What the path of a SCSI device below /sys/devices contains, and the transport that it tells.
_SCSI = (
    ("/usb", "usb"),
    ("/ata", "sata"),
    ("/end_device-", "sas"),
    ("/session", "iscsi"),
    ("/rport-", "fc"),
    ("/virtio", "virtio"),
)
_NODES = (("nvme", "nvme"), ("vd", "virtio"), ("mmcblk", "mmc"), ("xvd", "xen"))


def is_disk(name: str) -> bool:
    """Whether a block device of that name is a disk."""
    return not _SKIP.match(name)


def devices(root: str = "/", only: Callable[[str], bool] = is_disk, with_udev: bool = True) -> list[Device]:
    """All disks, sorted by name. `root` is for tests: a directory with sys/, run/ and dev/.

    `with_udev`: also with what udev has stored of them, which may be older than what the kernel says.

    Left out are devices without a medium, and hidden ones: with NVMe multipath the kernel lists each path to a disk
    (nvme0c0n1) beside the disk (nvme0n1), with the same serial number and without a device node.
    """
    names = sorted(os.path.basename(path) for path in glob.glob(os.path.join(root, "sys/block/*")))
    shown = [name for name in names if only(name) and _number(root, name, "size") and _shown(root, name)]
    return [_device(root, name, with_udev) for name in shown]


def _shown(root: str, name: str) -> bool:
    return not _number(root, name, "hidden")


def _number(root: str, name: str, attribute: str) -> int:
    return int(read(os.path.join(root, "sys/block", name, attribute)) or 0)


def _device(root: str, name: str, with_udev: bool) -> Device:
    base = os.path.join(root, "sys/block", name)
    number = read(os.path.join(base, "dev"))
    udev, links = _udev(os.path.join(root, "run/udev/data", f"b{number}")) if with_udev else ({}, ())
    page = vpd.designators(read_bytes(os.path.join(base, "device/vpd_pg83")))
    serials = [read(os.path.join(base, part)) for part in ("serial", "device/serial")]
    serials.append(vpd.serial(read_bytes(os.path.join(base, "device/vpd_pg80"))))
    serials += [udev.get(key, "") for key in _SERIALS] + [_usb_serial(base)]
    wwns = [read(os.path.join(base, part)) for part in ("wwid", "device/wwid", "nguid", "eui")]
    # ID_WWN is cut to 16 digits, which all logical volumes of a RAID controller share.
    wwns += [*page.unit, udev.get("ID_WWN_WITH_EXTENSION") or udev.get("ID_WWN", ""), udev.get("ID_NVME_WWID", "")]
    return Device(
        name,
        os.path.join(root, "dev", name),
        number,
        _number(root, name, "size") * 512,
        read(os.path.join(base, "device/model")),
        _unique(serials),
        _unique(wwns),
        bool(_number(root, name, "ro")),
        _number(root, name, "queue/logical_block_size") or 512,
        links,
        page.others,
        bool(_number(root, name, "queue/rotational")),
        _transport(base, name),
    )


def _transport(base: str, name: str) -> str:
    """How a disk is connected, by its name and by where its device is in sysfs, as lsblk(8) finds it."""
    known = next((transport for start, transport in _NODES if name.startswith(start)), "")
    if known == "nvme":
        over = read(os.path.join(base, "device/transport"))
        return f"nvme-{over}" if over not in ("", "pcie") else known
    if known or not os.path.exists(os.path.join(base, "device")):
        return known
    path = os.path.realpath(os.path.join(base, "device"))
    return next((transport for part, transport in _SCSI if part in path), "scsi")


def _unique(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _udev(path: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Properties of a device in udev's database, and its names in /dev/disk/by-id."""
    lines = read(path).splitlines()
    properties = dict(line[2:].split("=", 1) for line in lines if line.startswith("E:") and "=" in line)
    start = "S:disk/by-id/"
    return properties, tuple(sorted(line[len(start) :] for line in lines if line.startswith(start)))


def _usb_serial(base: str) -> str:
    """The serial number of the USB device that contains a disk, usually a bridge; empty for other disks."""
    directory = os.path.realpath(os.path.join(base, "device"))
    while len(directory) > 1 and os.path.basename(directory) not in ("devices", "sys"):
        if os.path.exists(os.path.join(directory, "idVendor")):
            return read(os.path.join(directory, "serial"))
        directory = os.path.dirname(directory)
    return ""
