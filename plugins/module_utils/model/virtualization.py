# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for virtual machines."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..cluster.address_ranges import AddressRange
from ..cluster.instance_types import LINUX
from ..cluster.vm_images import DEFAULTS
from ..cluster.vm_images_input import RETENTION
from . import enums, image_notations, notations, scalars
from .fields import many, named, one, own_name


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
    by_users: bool = one(
        scalars.BOOLEAN,
        "Who has the role `edit` or `admin` of a namespace may migrate its virtual machines.",
        default=False,
    )


@dataclass(frozen=True)
class DiskSource:
    """Where a golden image is from: `http` with `sha256`, or `registry`."""

    http: str | None = one(
        scalars.URL, "URL of a file in the format qcow2 or raw, which may be compressed by gzip or xz.", default=None
    )
    sha256: str | None = one(notations.SHA256, "Digest of that file; required with it.", default=None)
    registry: str | None = one(
        image_notations.DISK_IMAGE,
        "Image of a registry with a disk in it, with a digest, or with a tag where there is a `schedule`.",
        default=None,
        example="docker://registry.example.net/containerdisks/fedora:44",
    )


@dataclass(frozen=True)
class DiskImage:
    """A golden image, of which users make disks of virtual machines."""

    name: str = own_name("Name of the image, of at most 50 characters.", image_notations.DISK_IMAGE_NAME)
    source: DiskSource = one(DiskSource, "Where it is from.")
    size: str = one(
        image_notations.DISK_SIZE, "Size of its disk, at least that of the image when it is unpacked.", example="10Gi"
    )
    storage_class: str | None = one(
        notations.STORAGE_CLASS,
        "Storage class of its volume.",
        default=None,
        shown_default="the first of `storage.block`, or the one that is the default",
    )
    schedule: str | None = one(
        image_notations.SCHEDULE,
        "When the tag of an image of a registry is looked at; one that has changed is imported. It can't be changed.",
        default=None,
        shown_default="never",
        example='"30 4 * * 1"',
    )
    retention: int | None = one(
        scalars.NUMBER,
        "How many imports are kept with a `schedule`. It can't be changed.",
        default=None,
        shown_default=str(RETENTION),
    )
    instance_type: str | None = one(
        image_notations.INSTANCE_TYPE,
        "Instance type of virtual machines of it that name none.",
        default=None,
        shown_default=f"`{DEFAULTS['instance_type'][1]}`",
        example="u1.medium",
    )
    preference: str | None = one(
        image_notations.PREFERENCE,
        "Preference of virtual machines of it that name none.",
        default=None,
        shown_default=f"`{LINUX}`",
        example="general.windows",
    )


@dataclass(frozen=True)
class Ha:
    """How virtual machines start elsewhere when their host dies: a service fences it."""

    enabled: bool | None = one(
        scalars.BOOLEAN,
        "A service on the provisioner cuts the power of machines that are lost, by their management controllers.",
        default=None,
        shown_default="`true` where machines have management controllers, and enough are left without one",
    )
    profile: enums.HaProfile = one(
        enums.HaProfile,
        "`default` fences a machine 90 seconds after Kubernetes has noticed it, `tight` after 30, so that a kubelet "
        "that stalls for so long costs its machine a restart.",
        default=enums.HaProfile.DEFAULT,
    )
    minimum_healthy: int = one(
        scalars.PERCENT, "Percent of the machines that have to be healthy before power is cut.", default=51
    )
    restartable_only: bool = one(
        scalars.BOOLEAN,
        "The API [refuses](../when_a_host_dies.md#refuse-what-would-not-start-again) virtual machines that would not "
        "start again when their host is lost.",
        default=False,
    )


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
    ha: Ha = one(Ha, "How virtual machines start elsewhere when their host dies.", default=Ha())
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
    images: t.Mapping[str, DiskImage] = named(
        DiskImage,
        "[Golden images](../virtual_machines.md#golden-images), in the namespace `golden-images`.",
        names=image_notations.DISK_IMAGE_NAME,
    )


__all__ = ["DiskImage", "DiskSource", "Ha", "Migrations", "Virtualization"]
