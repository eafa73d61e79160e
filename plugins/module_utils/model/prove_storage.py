# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the proofs of storage are given: the part of the input of the role `prove` for the provider `rook_ceph`."""

from __future__ import annotations

import typing as t

from ..cluster import rook_ceph_classes
from ..cluster.rook_ceph_input import FILE_SYSTEMS, POOLS, STORES
from . import rook_ceph
from .enums import Role, Timings
from .hardware import Machine
from .host_view import disk_view
from .layout import Layout
from .types import Cloud

View = dict[str, t.Any]
#: Seconds for each wait, on machines as usual and on slow ones.
PATIENCE, PATIENCE_OF_SLOW = 300, 1200
#: Words of the model for what is stored -> those of the input of the role that makes it.
KINDS = {"block": POOLS, "file": FILE_SYSTEMS, "object": STORES}


def view(layout: Layout) -> View:
    """What Ceph and its volumes have to be; empty where the model has none."""
    cloud = layout.cloud
    made = rook_ceph.view(layout) if rook_ceph.wanted(cloud) else {}
    if not made or cloud.kubernetes is None:
        return {}
    slow = cloud.kubernetes.timings is Timings.SLOW
    return {
        **(_external(made) if rook_ceph.is_external(cloud) else _own(made)),
        "pools": rook_ceph_classes.ceph_pools(made),
        **{kind: classes for kind, key in KINDS.items() if (classes := _classes(made.get(key, ())))},
        "snapshots": made["snapshots"],
        "encrypted_disks": made.get("encrypt_disks", False),
        "encrypted_traffic": made.get("encrypt_traffic", False),
        "patience": PATIENCE_OF_SLOW if slow else PATIENCE,
    }


def _own(made: View) -> View:
    nodes = [{"name": node["node"], "disks": [_disk(disk) for disk in node["disks"]]} for node in made["nodes"]]
    return {"nodes": nodes, "monitors": made["monitors"], "failure_domain": made["failure_domain"]}


def _external(made: View) -> View:
    """Of a cluster that others run, its identity is all that the model knows."""
    return {"external": made["external"]["fsid"]}


def encrypted(cloud: Cloud, machine: Machine) -> list[View]:
    """The disks of a machine that have to be encrypted."""
    if not rook_ceph.wanted(cloud) or not cloud.storage.encrypt_disks or Role.STORAGE not in machine.roles:
        return []
    return [disk_view(disk.serial, disk.wwn) for disk in machine.storage_disks]


def _disk(disk: t.Mapping[str, t.Any]) -> View:
    return {**disk["id"], **({"metadata": True} if disk.get("metadata") else {})}


def _classes(items: t.Iterable[t.Mapping[str, t.Any]]) -> list[View]:
    """The storage classes, the default one first."""
    return [
        {
            "name": rook_ceph_classes.class_name(item),
            **({"kept": True} if item.get("reclaim") == "retain" else {}),
            **({"tls": True} if item.get("tls") else {}),
        }
        for item in sorted(items, key=lambda item: not item.get("default"))
    ]
