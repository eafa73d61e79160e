# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what is on a disk of an OSD is encrypted, by what is on the disk itself.

Ceph encrypts by LUKS: the whole disk, or a logical volume on it, as `ceph-volume lvm --dmcrypt` has it (Ceph's
documentation, ceph-volume/lvm/encryption).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..disks.contents import Contents, examine
from ..disks.devices import Device, devices
from ..disks.errors import DiskError
from ..disks.find import find
from ..disks.system import read
from ..report.proofs import ProofError

#: The first bytes of a LUKS header (LUKS2 On-Disk Format Specification, 2.1 Binary Header).
_MAGIC = b"LUKS\xba\xbe"
_LVM = "LVM2_member"


def encrypted(disk: dict[str, str], root: str = "/") -> str:
    """Prove that data on a disk is behind a LUKS header, and no label of Ceph can be read beside it.

    :param disk: ``serial``, ``wwn``, or both, as for a deployment.
    :param root: for tests, a directory with sys/, run/, proc/ and dev/.
    :raises ProofError: with what is on it.
    """
    try:
        device = find(devices(root), disk, "the storage disk")
        contents = examine(device, root)
        volumes = list(_volumes(contents, root))
        headers = [name for name in (device.name, *volumes) if _has_header(name, root)]
    except (DiskError, OSError) as error:
        raise ProofError(str(error)) from error
    if contents.labels:
        where = contents.labels[0].where
        raise ProofError(
            f"{device.path} has a readable label of Ceph at {where}: its OSD was made without encryption, or an earlier"
            " one was and is not erased"
        )
    if any(one.type == _LVM for one in contents.signatures):
        return _of_volumes(device, volumes, headers)
    if not headers:
        raise ProofError(f"{device.path} has no LUKS header; on it is {', '.join(contents.data) or 'nothing'}")
    return f"{device.path} begins with a LUKS header"


def _of_volumes(device: Device, volumes: list[str], headers: list[str]) -> str:
    open_ = [name for name in volumes if name not in headers]
    if open_ or not volumes:
        found = f"{', '.join(open_)} on it {'has' if len(open_) == 1 else 'have'} no LUKS header"
        raise ProofError(f"{device.path}: {found if open_ else 'no logical volume on it is active'}")
    return f"each of {len(volumes)} logical volumes on {device.path} begins with a LUKS header"


def _volumes(contents: Contents, root: str) -> Iterator[str]:
    """The logical volumes on a disk; what is on one of them, such as its decrypted device, is left out."""
    for holder in contents.users.holders:
        kind = read(os.path.join(root, "sys/block", holder.name, "dm/uuid")) or ""
        if kind.startswith("LVM-"):
            yield holder.name


def _has_header(name: str, root: str) -> bool:
    with open(os.path.join(root, "dev", name), "rb") as device:
        return device.read(len(_MAGIC)) == _MAGIC
