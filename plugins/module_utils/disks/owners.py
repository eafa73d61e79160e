# SPDX-License-Identifier: GPL-3.0-or-later
"""To which OSDs of which Ceph clusters a disk belongs, by each trace of them that is on it."""

from __future__ import annotations

import glob
import os
import re
from typing import NamedTuple

from . import bluestore
from .contents import Contents
from .devices import Device
from .system import read

#: LVM's metadata is in the first MiB of a physical volume, as text; older versions of it stay in its ring buffer.
_METADATA = 1024 * 1024
_TAGS = re.compile(r"tags = \[([^\]]*)\]")
_FSID = re.compile(r"\bceph_fsid=([0-9a-fA-F-]{36})")
_CLUSTER = re.compile(r"ceph\.cluster_fsid=([0-9a-fA-F-]{36})")
_OSD = re.compile(r"ceph\.osd_id=(\d+)")


class Owner(NamedTuple):
    """A cluster by its fsid and an OSD by its id, each empty where `source` does not tell it."""

    fsid: str
    osd: str
    source: str

    def __str__(self) -> str:
        return f"{f'OSD {self.osd}' if self.osd else 'an OSD'} of cluster {self.fsid or '?'} ({self.source})"


def owners(device: Device, contents: Contents, root: str = "/") -> tuple[Owner, ...]:
    """All owners of a disk: by labels on it, on its partitions and on devices that hold them, by the tags that
    `ceph-volume lvm` gives its logical volumes, and by the LUKS header of an encrypted disk of Rook.

    :raises OSError: a device can't be read.
    """
    found = [_by_label(device.name, label) for label in contents.labels]
    for name, size in _parts(device, contents, root):
        with open(os.path.join(root, "dev", name), "rb") as part:
            found += [_by_label(name, label) for label in bluestore.find(part, size)]
    for signature in contents.signatures:
        if signature.type == "LVM2_member":
            found += _by_tags(os.path.join(root, "dev", signature.device), signature.device)
        fsid = _FSID.search(signature.subsystem)
        if fsid:
            found.append(Owner(fsid[1].lower(), "", f"LUKS header of {signature.device}"))
    return tuple(dict.fromkeys(found))


def _by_label(name: str, label: bluestore.Label) -> Owner:
    """Devices for the database or the log of an OSD have its UUID in their labels, and neither its id nor the fsid."""
    damaged = "damaged " if label.damaged else ""
    more = f", {label.description} of the OSD with UUID {label.osd_uuid}" if label.osd_uuid and not label.fsid else ""
    return Owner(label.fsid, label.osd, f"{damaged}BlueStore label at {label.where} of {name}{more}")


def _parts(device: Device, contents: Contents, root: str) -> list[tuple[str, int]]:
    """Partitions and holders of a disk with their sizes in bytes."""
    base = os.path.join(root, "sys/block")
    parts = [os.path.dirname(path) for path in glob.glob(os.path.join(base, device.name, f"{device.name}*/partition"))]
    places = sorted(parts) + [os.path.join(base, holder.name) for holder in contents.users.holders]
    return [(os.path.basename(place), int(read(os.path.join(place, "size")) or 0) * 512) for place in places]


def _by_tags(path: str, name: str) -> list[Owner]:
    with open(path, "rb") as volume:
        text = volume.read(_METADATA).decode("latin-1")
    found = []
    for tags in _TAGS.findall(text):
        cluster, osd = _CLUSTER.search(tags), _OSD.search(tags)
        if cluster:
            found.append(Owner(cluster[1].lower(), osd[1] if osd else "", f"LVM tags on {name}"))
    return found
