# SPDX-License-Identifier: GPL-3.0-or-later
"""The size of a virtual machine by what it carries, where the model gives none, and what the host can hold."""

from __future__ import annotations

from typing import Any

from ..model.enums import Role
from .plan import Machine
from .shell import LabError

Tree = dict[str, Any]

MEMORY = 1536
"""MiB of a machine that is a node of Kubernetes, or none."""
CONTROL_PLANE = 1024
"""MiB more for a control plane: kubeadm refuses less than 1,700 (preflight, 1.36); its servers take 700."""
OVERHEAD = 128
"""MiB of the host for each machine, in addition to its memory: QEMU itself and its translated code."""
RESERVE = 1024
"""MiB that stay free for the switches, the provisioner and Ansible."""


def sized(machine: Tree, emulated: bool, clustered: bool) -> Tree:
    """The key `lab` of a machine with all its values; those of the model stay.

    :param emulated: emulated CPUs share the cores of the host, so one is enough for a machine without control plane.
    :param clustered: the cloud has a cluster, so that a machine with the role is a control plane.
    """
    plane = clustered and str(Role.CONTROL_PLANE) in [str(role) for role in machine.get("roles") or []]
    size = {"memory": MEMORY + (CONTROL_PLANE if plane else 0), "cpus": 1 if emulated and not plane else 2}
    return {**size, **(machine.get("lab") or {})}


def available(path: str = "/proc/meminfo") -> int:
    """MiB of memory that programs can still get (MemAvailable, proc(5))."""
    with open(path, encoding="ascii") as file:
        values = dict(line.split(":", 1) for line in file)
    return int(values["MemAvailable"].split()[0]) // 1024


def require_memory(machines: tuple[Machine, ...], free: int) -> None:
    """Refuse to start machines that the host can't hold.

    :param machines: those that do not run yet.
    :param free: MiB of memory that the host has left.
    :raises LabError: with what they need, what there is, and the remedy.
    """
    needed = sum(machine.memory + OVERHEAD for machine in machines) + RESERVE
    if machines and needed > free:
        largest = ", ".join(f"{machine.name} {machine.memory}" for machine in machines)
        raise LabError(
            f"machines: {len(machines)} of them need {needed} MiB of memory ({largest}), and this host has {free} MiB "
            "left; give them less in machines.*.lab.memory, leave machines out of the model, or stop another rack"
        )
