# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interfaces of tunnels whose checksums the kernel computes itself, as files of systemd.link(5).

On kernels from 6.12, VXLAN over a bond can drop to 50-300 Mbit/s where its checksums are offloaded (calico#11435;
flannel, Documentation/troubleshooting.md). udev reads the file when the interface is created, by whatever program.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..host.state import File, Hook, HostError, Purge

DIRECTORY = "/etc/systemd/network"
PREFIX = "60-checksums-"
PURGE = Purge(DIRECTORY, f"{PREFIX}*.link")
#: Names that the kernel accepts (dev_valid_name in net/core/dev.c), without what udev takes as a pattern.
NAME = re.compile(r"[A-Za-z0-9_.-]{1,15}\Z")


def files(interfaces: Sequence[str]) -> tuple[File, ...]:
    """One file for each of the interfaces. HostError where a name is none."""
    for name in interfaces:
        if not NAME.match(name):
            raise HostError(f"host_base.checksums_by_kernel: {name} is no name of an interface, such as flannel.1")
    return tuple(
        File(path(name), f"[Match]\nOriginalName={name}\n\n[Link]\nTransmitChecksumOffload=no\n") for name in interfaces
    )


def hooks(interfaces: Sequence[str]) -> tuple[Hook, ...]:
    """Commands for interfaces that exist already."""
    return tuple(
        Hook(
            f"checksums-{name}",
            ("sh", "-c", f"! test -e /sys/class/net/{name} || ethtool --offload {name} tx off"),
            (path(name),),
        )
        for name in interfaces
    )


def path(name: str) -> str:
    """The file of an interface."""
    return f"{DIRECTORY}/{PREFIX}{name}.link"
