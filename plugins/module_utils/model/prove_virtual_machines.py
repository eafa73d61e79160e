# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the proofs of virtual machines and of their fencing are given: parts of the input of the role `prove`."""

from __future__ import annotations

import typing as t

from ..cluster import cdi, rook_ceph_classes
from ..cluster.instance_types import LINUX, is_windows
from ..cluster.kubevirt_input import BRIDGE
from . import kubevirt, rook_ceph, vm_ha, vm_images
from .enums import Timings
from .layout import Layout
from .metal_view import state_dir
from .types import Cloud

View = dict[str, t.Any]
#: Seconds for each wait, on machines as usual, and where machines or virtual machines are slow.
PATIENCE, PATIENCE_OF_SLOW = 600, 2400


def view(layout: Layout) -> View:
    """What virtual machines have to be; empty where the model has none."""
    cloud = layout.cloud
    if not kubevirt.wanted(cloud) or cloud.kubernetes is None:
        return {}
    settings = cloud.virtualization
    slow = settings.emulation or cloud.kubernetes.timings is Timings.SLOW
    shared = _is_shared(cloud)
    return {
        "kubevirt": str(settings.version),
        "cdi": cdi.VERSION,
        "nodes": [one.name for one in kubevirt.machines_of(cloud)],
        "images": [_image(vm_images.image(cloud, one)) for one in settings.images.values()],
        "bridge": kubevirt.binding(cloud) == BRIDGE,
        "shared": shared,
        "snapshots": shared and cloud.storage.snapshots,
        "emulation": settings.emulation,
        **({"restartable_only": True} if settings.ha.restartable_only else {}),
        "patience": PATIENCE_OF_SLOW if slow else PATIENCE,
    }


def fencing(layout: Layout) -> View:
    """What the service that fences has to be, on the provisioner; empty where there is none."""
    cloud = layout.cloud
    if not vm_ha.wanted(cloud):
        return {}
    return {
        "cloud": cloud.name,
        "state_dir": state_dir(layout),
        "service_manager": str(cloud.provisioner.service_manager),
        "machines": [one.name for one in vm_ha.machines_of(cloud)],
        "nodes": list(cloud.machines),
    }


def _image(given: t.Mapping[str, t.Any]) -> View:
    return {key: given[key] for key in ("name", "size", "storage_class", "preference") if key in given}


def _is_shared(cloud: Cloud) -> bool:
    """Whether the disk of the virtual machine of proofs is one that several machines can use at once."""
    if not kubevirt.shares_blocks(cloud):
        return False
    classes = {rook_ceph_classes.class_name({"name": pool.name}) for pool in rook_ceph.blocks(cloud)}
    images = (vm_images.image(cloud, one) for one in cloud.virtualization.images.values())
    first = next((one for one in images if not is_windows(one.get("preference") or LINUX)), None)
    return first is None or first["storage_class"] in classes
