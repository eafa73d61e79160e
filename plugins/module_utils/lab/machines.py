# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual machines: blank disks and libvirt definitions. A BMC powers them on."""

from __future__ import annotations

import os

from .domain import domain_xml
from .hypervisor import missing_hypervisor, virsh
from .plan import Disk, Machine, Rack
from .shell import LabError, namespaces, write


def missing_machines(rack: Rack, accelerator: str) -> list[str]:
    """Machines without a libvirt definition or a disk, or whose definition differs from the model."""
    defined = set(virsh(rack.places, "list", "--all", "--name").split())
    return [m.name for m in rack.machines if m.name not in defined or not _as_planned(m, accelerator)]


def stopped(rack: Rack) -> tuple[Machine, ...]:
    """The machines that do not run, all of them while the hypervisor does not."""
    if rack.places.rack not in namespaces() or missing_hypervisor(rack.places):
        return rack.machines
    running = set(virsh(rack.places, "list", "--name").split())
    return tuple(machine for machine in rack.machines if machine.name not in running)


def raise_machines(rack: Rack, accelerator: str) -> None:
    """Create missing disks and definitions. The definition of a running machine is never changed.

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
    """Create an empty disk if it does not exist."""
    if not os.path.exists(disk.file):
        with open(disk.file, "wb") as file:
            file.truncate(disk.size << 30)


def _definition(machine: Machine, accelerator: str) -> str:
    path = f"{machine.directory}/domain.xml"
    write(path, domain_xml(machine, accelerator))
    return path


def _as_planned(machine: Machine, accelerator: str) -> bool:
    """Whether the machine was defined as planned. BMC emulators change definitions, so the last plan is compared."""
    try:
        with open(f"{machine.directory}/domain.xml", encoding="utf-8") as file:
            same = file.read() == domain_xml(machine, accelerator)
    except FileNotFoundError:
        return False
    return same and all(os.path.exists(disk.file) for disk in machine.disks)
