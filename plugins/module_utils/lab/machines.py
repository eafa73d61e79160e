# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual machines: blank disks and definitions. They stay off until a BMC says otherwise."""

from __future__ import annotations

import os

from .domain import domain_xml
from .hypervisor import virsh
from .plan import Disk, Machine, Rack
from .shell import LabError, write


def missing_machines(rack: Rack, accelerator: str) -> list[str]:
    """Machines that libvirt doesn't know, lack a disk, or are defined for a model that has changed since."""
    defined = set(virsh(rack.places, "list", "--all", "--name").split())
    return [m.name for m in rack.machines if m.name not in defined or not _as_planned(m, accelerator)]


def raise_machines(rack: Rack, accelerator: str) -> None:
    """Make what is missing. A running machine is never redefined behind its back.

    :raises LabError: for a running machine whose description in the model has changed.
    """
    running = set(virsh(rack.places, "list", "--name").split())
    lacking = set(missing_machines(rack, accelerator))
    for machine in rack.machines:
        if machine.name not in lacking:
            continue
        if machine.name in running:
            raise LabError(f"machines.{machine.name}: its hardware changed in the model; switch it off first")
        os.makedirs(machine.directory, mode=0o700, exist_ok=True)
        for disk in machine.disks:
            blank(disk)
        virsh(rack.places, "define", _definition(machine, accelerator))


def blank(disk: Disk) -> None:
    """Make an empty disk where there is none; an existing one is left alone."""
    if not os.path.exists(disk.file):
        with open(disk.file, "wb") as file:
            file.truncate(disk.size << 30)


def _definition(machine: Machine, accelerator: str) -> str:
    path = f"{machine.directory}/domain.xml"
    write(path, domain_xml(machine, accelerator))
    return path


def _as_planned(machine: Machine, accelerator: str) -> bool:
    """BMC emulators change the definition (boot order, media), so what was planned is compared with the last plan."""
    try:
        with open(f"{machine.directory}/domain.xml", encoding="utf-8") as file:
            same = file.read() == domain_xml(machine, accelerator)
    except FileNotFoundError:
        return False
    return same and all(os.path.exists(disk.file) for disk in machine.disks)
