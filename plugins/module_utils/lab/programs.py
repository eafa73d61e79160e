# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs and firmware of the distribution that a lab needs."""

from __future__ import annotations

import os
import shutil

from ..errors import search_path
from .domain import LEGACY_CODE, UEFI_CODE, UEFI_VARS
from .emulators import PYTHON
from .switches import SCHEMA

PROGRAMS = (
    "dnsmasq", "ethtool", "ip", "libvirtd", "openssl", "ovs-appctl", "ovs-vsctl", "ovs-vswitchd", "ovsdb-client",
    "ovsdb-server", "ovsdb-tool", "qemu-img", "qemu-system-x86_64", "ssh-keygen", "unshare", "virsh",
)  # fmt: skip
_LIBDIR = "/usr/lib/x86_64-linux-gnu/libvirt"
FILES = (
    (LEGACY_CODE,), (UEFI_CODE,), (UEFI_VARS,), (SCHEMA,), (PYTHON,),
    ("/usr/lib/python3/dist-packages/libvirt.py",),
    ("/usr/share/qemu/efi-virtio.rom", "/usr/lib/ipxe/qemu/efi-virtio.rom"),  # Debian 13, Debian 12
    (f"{_LIBDIR}/connection-driver/libvirt_driver_qemu.so",),
    (f"{_LIBDIR}/connection-driver/libvirt_driver_storage.so",),
)  # fmt: skip
"""Files of packages of which the lab runs no program, each with its possible paths. The ROM is iPXE's for BIOS
machines; QEMU searches both paths."""


def missing_programs() -> list[str]:
    """Programs and files that are not installed. Checking files takes milliseconds, the package manager seconds."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=search_path()) is None]
    return missing + [" or ".join(places) for places in FILES if not any(map(os.path.exists, places))]
