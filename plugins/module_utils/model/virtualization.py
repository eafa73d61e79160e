# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for virtual machines."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

from dataclasses import dataclass

from ..cluster.address_ranges import AddressRange
from . import enums, notations, scalars
from .fields import many, one


@dataclass(frozen=True)
class Migrations:
    """How virtual machines are migrated."""

    network: str | None = one(
        scalars.LABEL_NAME,
        "Network over which they are migrated, in which all machines that run them are. Needs `kube_ovn`, which gives "
        "addresses in it.",
        default=None,
        shown_default="the network of pods",
    )
    addresses: AddressRange | None = one(
        notations.ADDRESS_RANGE,
        "Addresses in `network` for migrations, one for each machine.",
        default=None,
        shown_default="the highest ones that nobody has",
        example="10.50.0.200-10.50.0.250",
    )
    bandwidth: str | None = one(
        notations.QUANTITY,
        "Bytes in a second that one may take.",
        default=None,
        shown_default="unlimited",
        example="1Gi",
    )
    parallel: int = one(scalars.NUMBER, "Migrations at a time in the whole cluster.", default=5)
    parallel_per_node: int = one(scalars.NUMBER, "Migrations at a time away from one machine.", default=2)


@dataclass(frozen=True)
class Virtualization:
    """Virtual machines, on machines with the role `compute`."""

    enabled: bool = one(
        scalars.BOOLEAN, "The cloud runs virtual machines, and volumes are made of disk images.", default=False
    )
    version: enums.KubeVirtVersion = one(
        enums.KubeVirtVersion,
        "Version of KubeVirt. Each follows the one before it, and there is no way back.",
        default=enums.KubeVirtVersion.NEWEST,
    )
    emulation: bool = one(
        scalars.BOOLEAN,
        "The consent to virtual machines without virtualization in hardware, ten times slower or more, as in a lab.",
        default=False,
    )
    cpu_model: str | None = one(
        notations.CPU_MODEL,
        "Model of CPUs that virtual machines have, as libvirt calls it. With one that all machines have, they are "
        "migrated between all of them; with `host-model`, between machines with the same features.",
        default=None,
        shown_default="the highest that all machines have; `host-model` on one machine, or with `emulation`",
        example="Skylake-Server-IBRS",
    )
    feature_gates: tuple[str, ...] = many(
        notations.FEATURE_GATE,
        "Feature gates of KubeVirt that are on, beside [those that always are](../virtual_machines.md#feature-gates).",
        example="[CPUManager]",
    )
    migrations: Migrations = one(Migrations, "How virtual machines are migrated.", default=Migrations())
    state_storage_class: str | None = one(
        notations.STORAGE_CLASS,
        "Storage class of what a virtual machine's firmware and TPM store.",
        default=None,
        shown_default="the first of `storage.file`, else the default class of the cluster",
    )
    scratch_storage_class: str | None = one(
        notations.STORAGE_CLASS,
        "Storage class of the space in which uploads and images from registries are unpacked.",
        default=None,
        shown_default="that of the volume",
    )


__all__ = ["Migrations", "Virtualization"]
