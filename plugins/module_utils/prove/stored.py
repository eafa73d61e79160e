# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cloud's storage has to be by its model, as the module prove_cluster is given it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Disk:
    """A disk of a machine. `metadata`: it holds that of others, and is no OSD."""

    serial: str = ""
    wwn: str = ""
    metadata: bool = False

    def __str__(self) -> str:
        return f"the disk {self.serial or self.wwn}"


@dataclass(frozen=True)
class Class:
    """A storage class. `kept`: its volumes or buckets outlive their claims. `tls`: its gateways are reached so."""

    name: str
    kept: bool = False
    tls: bool = False

    @property
    def store(self) -> str:
        """The name of what it is a class of."""
        return self.name.removeprefix("rook-ceph-")


@dataclass(frozen=True)
class Stored:
    """The storage.

    :ivar nodes: machine -> its disks.
    :ivar monitors: how many there are.
    :ivar failure_domain: in the words of Ceph's map.
    :ivar pools: pool of Ceph -> its copies or chunks.
    :ivar block: classes of volumes of blocks, the default one first; `file` and `object` likewise.
    :ivar snapshots: there are snapshots.
    :ivar encrypted_disks: the model wants that; `encrypted_traffic` likewise.
    :ivar patience: seconds for each wait.
    :ivar external: the identity of a Ceph cluster that others run; empty for one of the cloud's own.
    """

    nodes: Mapping[str, tuple[Disk, ...]] = field(default_factory=dict)
    monitors: int = 3
    failure_domain: str = "host"
    pools: Mapping[str, int] = field(default_factory=dict)
    block: tuple[Class, ...] = ()
    file: tuple[Class, ...] = ()
    object: tuple[Class, ...] = ()
    snapshots: bool = True
    encrypted_disks: bool = False
    encrypted_traffic: bool = False
    patience: int = 300
    external: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """From the options of the module."""
        nodes = {
            str(node["name"]): tuple(
                Disk(str(disk.get("serial") or ""), str(disk.get("wwn") or ""), bool(disk.get("metadata")))
                for disk in node["disks"]
            )
            for node in given.get("nodes") or ()
        }
        block, file, object_ = (
            tuple(Class(str(one["name"]), bool(one.get("kept")), bool(one.get("tls"))) for one in given.get(kind) or ())
            for kind in ("block", "file", "object")
        )
        return cls(
            external=str(given.get("external") or ""),
            nodes=nodes,
            monitors=int(given.get("monitors") or 0),
            failure_domain=str(given.get("failure_domain") or ""),
            pools={str(name): int(copies) for name, copies in given["pools"].items()},
            block=block,
            file=file,
            object=object_,
            snapshots=bool(given["snapshots"]),
            encrypted_disks=bool(given["encrypted_disks"]),
            encrypted_traffic=bool(given["encrypted_traffic"]),
            patience=int(given["patience"]),
        )
