# SPDX-License-Identifier: GPL-3.0-or-later
"""The root file system after the image was written: it is grown and gets the files of the machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...disks import gpt
from . import account, mirror, seed, system, write


def partition_node(path: str, number: int) -> str:
    """Device node of a partition, such as /dev/vda3 or /dev/nvme0n1p3."""
    return f"{path}p{number}" if path[-1].isdigit() else f"{path}{number}"


def install(
    mount: str,
    paths: Sequence[str],
    tables: Sequence[gpt.Table],
    given: Mapping[str, Any],
    wanted: list[seed.File],
    grown: Callable[[], None],
) -> str:
    """Grows and seeds the root file system, whose partitions no table on the disks lists yet.

    :param mount: where it is mounted meanwhile.
    :param paths: the disk, or the two that mirror each other.
    :param given: the plan's seed.
    :param grown: is called when the file system has its size.

    Returns the public host key.
    """
    number, hostname = len(tables[0].partitions), str(given["hostname"])
    with contextlib.ExitStack() as shown:
        for path, table in zip(paths, tables, strict=True):
            root = table.partitions[-1]
            write.show_partition(path, number, root.first, root.last)
            shown.callback(write.hide_partition, path, number)
        nodes = [partition_node(path, number) for path in paths]
        for node in nodes:
            system.wait_for(node)
        node = nodes[0] if len(nodes) == 1 else shown.enter_context(mirror.array(nodes, hostname))
        # -f skips the file system check: every byte has just been verified against the image.
        system.run(["resize2fs", "-f", node])
        os.makedirs(mount, exist_ok=True)
        system.run(["mount", "-t", "ext4", "-o", "noatime", node, mount])
        try:
            grown()
            if len(nodes) > 1:
                mirror.require(mount, "the image")
                wanted = [*wanted, seed.File(mirror.CONFIGURATION, mirror.configuration(), 0o644)]
            seed.write(mount, wanted)
            account.write(mount, given)
            seed.trust(mount, given.get("ca_certificate"))
            return seed.host_key(mount, hostname)
        finally:
            system.run(["umount", mount])
