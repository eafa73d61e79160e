# SPDX-License-Identifier: GPL-3.0-or-later
"""The root file system on two disks: an MD array of level 1 over the root partitions of both.

Everything before the root partition (boot code, GRUB's core, EFI system partition) is written to both disks, so each
of them starts the machine alone. The array has metadata 1.0, which is at the end of its members (md(4)): the file
system begins where it does on a single disk, and GRUB reads it from either member without knowing the array.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator, Sequence

from ...disks import gpt
from . import system
from .refusal import Refusal

NODE = "/dev/md127"
NAME = "root"
CONFIGURATION = "etc/mdadm/mdadm.conf"
#: Bytes that an image must be smaller than a disk, for the array's metadata and its bitmap at the end of the partition.
METADATA = 64 * 1024 * 1024
_PROGRAMS = ("usr/sbin/mdadm", "sbin/mdadm")
_CONF = """# Written by the deployment of groundup.cloud. After a change: update-initramfs -u
HOMEHOST <system>
MAILADDR root
ARRAY /dev/md/{name} metadata=1.0 UUID={uuid}
"""


def guid(deploy_id: str) -> str:
    """The disk GUID of the second disk of a deployment; that of the first is the deployment's id."""
    return str(uuid.uuid5(uuid.UUID(deploy_id), "mirror"))


def tables(table: gpt.Table, sizes: Sequence[int], deploy_id: str) -> list[gpt.Table]:
    """The partition tables of the two disks of `sizes` bytes, of that of the smaller one, which has been grown.

    Root partitions are equally large and of the type of MD; no GUID is that of another disk or partition.
    """
    root = table.partitions[-1]._replace(type=gpt.LINUX_RAID)
    first = (*table.partitions[:-1], root)
    second = tuple(part._replace(guid=str(uuid.uuid5(uuid.UUID(deploy_id), part.guid))) for part in first)
    numbers = [size // gpt.SECTOR for size in sizes]
    return [gpt.Table(deploy_id, numbers[0], first), gpt.Table(guid(deploy_id), numbers[1], second)]


def require(root: str, what: str) -> None:
    """Raises Refusal(plan) if a tree has no mdadm: `root` is / in the ramdisk, and that of the image."""
    if not any(os.path.exists(os.path.join(root, path)) for path in _PROGRAMS):
        remedy = "add the package mdadm to the image, or name one root disk"
        raise Refusal("plan", f"{what} has no mdadm, which a root on two disks needs", remedy)


@contextlib.contextmanager
def array(parts: Sequence[str], hostname: str) -> Iterator[str]:
    """An array of two partitions with equal contents, which it keeps; gives its device, and stops it at the end.

    The kernel copies the first to the second one meanwhile, and goes on after the next start. What is written has been
    written to both.
    """
    options = ["--metadata=1.0", "--level=1", f"--raid-devices={len(parts)}", "--bitmap=internal"]
    names = [f"--name={NAME}", f"--homehost={hostname}", "--run"]
    system.run(["mdadm", "--create", NODE, *options, *names, *parts])
    try:
        system.wait_for(NODE)
        yield NODE
    finally:
        system.run(["mdadm", "--stop", NODE])


def configuration() -> str:
    """mdadm.conf of the machine, with the UUID of the array."""
    told = system.arguments(system.run(["mdadm", "--detail", "--export", NODE]))
    if "MD_UUID" not in told:
        raise RuntimeError(f"mdadm tells no UUID of {NODE}")
    return _CONF.format(name=NAME, uuid=told["MD_UUID"])
