# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden images of virtual machines: the input of the role `vm_images`."""

from __future__ import annotations

import typing as t

from ..cluster.instance_types import LINUX, is_windows
from ..cluster.vm_example import BALANCED, NODE_PORT
from . import kubevirt, load_balancer, rook_ceph
from .layout import Layout
from .providers import timings
from .types import Cloud
from .virtualization import DiskImage

View = dict[str, t.Any]
#: What the layer is to the cloud.
LAYER = "golden_images"


def storage_class(cloud: Cloud, one: DiskImage) -> str | None:
    """The storage class of an image's volume: that of the model, else of the default pool of images, else the first.

    It is always named: with another default class, CDI would import all images anew (CDI, os-image-poll-and-update).
    """
    if one.storage_class or not kubevirt.shares_blocks(cloud):
        return one.storage_class
    pools = rook_ceph.blocks(cloud)
    return f"rook-ceph-{next((pool for pool in pools if pool.default), pools[0]).name}"


def image(cloud: Cloud, one: DiskImage) -> View:
    """An image as the role takes it."""
    source = {"http": one.source.http, "sha256": one.source.sha256, "registry": one.source.registry}
    keys = {
        "storage_class": storage_class(cloud, one),
        "schedule": one.schedule,
        "retention": one.retention,
        "instance_type": one.instance_type,
        "preference": one.preference,
    }
    return {
        "name": one.name,
        "source": {key: value for key, value in source.items() if value},
        "size": one.size,
        **{key: value for key, value in keys.items() if value is not None},
    }


def view(layout: Layout) -> View:
    """The role input `vm_images_config`."""
    cloud = layout.cloud
    return {
        "network_binding": kubevirt.binding(cloud),
        "images": [image(cloud, one) for one in cloud.virtualization.images.values()],
    }


def example(layout: Layout) -> View:
    """The variable with the role input `vm_example_config`: an application of the first image with Linux.

    Empty where the model has none.
    """
    cloud = layout.cloud
    if not kubevirt.wanted(cloud):
        return {}
    found = (image(cloud, one) for one in cloud.virtualization.images.values())
    first = next((one for one in found if not is_windows(one.get("preference") or LINUX)), None)
    if first is None:
        return {}
    given: View = {
        "image": first["name"],
        **{key: first[key] for key in ("size", "storage_class", "preference") if key in first},
        "service": BALANCED if load_balancer.wanted(cloud.network) else NODE_PORT,
        **(timings(cloud.kubernetes) if cloud.kubernetes else {}),
    }
    return {"vm_example_config": given}
