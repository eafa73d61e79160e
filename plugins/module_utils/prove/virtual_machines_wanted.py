# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cloud's virtual machines have to be by its model, as the module prove_cluster is given it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ..cluster.instance_types import LINUX, is_windows
from ..cluster.vm_images_input import NAMESPACE


@dataclass(frozen=True)
class Image:
    """A golden image. `storage_class`: of disks that are made of it; empty: the default one of the cluster."""

    name: str
    size: str
    storage_class: str = ""
    preference: str = LINUX


@dataclass(frozen=True)
class VirtualMachines:
    """The virtual machines.

    :ivar kubevirt: version without a leading v; `cdi` likewise.
    :ivar nodes: machines that run them.
    :ivar images: golden images, in their order in the model.
    :ivar images_namespace: where these are.
    :ivar bridge: they have the address of their pod.
    :ivar shared: several machines can use a disk of `image` at once, so that a migration is possible.
    :ivar snapshots: the storage of these disks has snapshots.
    :ivar emulation: QEMU emulates their CPUs.
    :ivar patience: seconds for each wait.
    :ivar restartable_only: each has to find room elsewhere when one machine is lost; else that is a warning.
    """

    kubevirt: str
    cdi: str
    nodes: tuple[str, ...]
    images: tuple[Image, ...] = ()
    images_namespace: str = NAMESPACE
    bridge: bool = False
    shared: bool = False
    snapshots: bool = False
    emulation: bool = False
    patience: int = 600
    restartable_only: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """From the options of the module."""
        images = tuple(
            Image(str(one["name"]), str(one["size"]), str(one.get("storage_class") or ""), str(one["preference"]))
            for one in given["images"]
        )
        rest = {key: value for key, value in given.items() if key not in ("nodes", "images")}
        return cls(**rest, nodes=tuple(map(str, given["nodes"])), images=images)

    @property
    def image(self) -> Image | None:
        """The golden image of which the virtual machine of proofs is made; None where there is none with Linux."""
        return next((one for one in self.images if not is_windows(one.preference)), None)

    @property
    def no_image(self) -> str:
        """Why there is no virtual machine of proofs; empty where there is one."""
        if self.image is not None:
            return ""
        if self.images:
            return "all golden images of the model have a preference of Windows, in which no cloud-init runs"
        return "the model has no golden image (virtualization.images), and the bundle has no image with a disk in it"
