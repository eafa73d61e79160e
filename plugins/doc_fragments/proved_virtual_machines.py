# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option with what virtual machines have to be, of the module that proves a cluster."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the option."""

    DOCUMENTATION = r"""
options:
  virtual_machines:
    description:
      - What the virtual machines by the roles P(groundup.cloud.kubevirt#role), P(groundup.cloud.cdi#role) and
        P(groundup.cloud.vm_images#role) have to be, if O(layers) has C(virtual_machines).
      - One is made of the first golden image with Linux, in a namespace of its own, and removed afterwards with its
        volumes. Its guest needs cloud-init. Without such an image, proofs with a virtual machine are not tried.
    type: dict
    version_added: 0.2.0
    suboptions:
      kubevirt:
        description: Version of KubeVirt, without a leading v.
        type: str
        required: true
      cdi:
        description: Version of CDI, without a leading v.
        type: str
        required: true
      nodes:
        description: Machines that run virtual machines.
        type: list
        elements: str
        required: true
      images:
        description: Golden images.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the image.
            type: str
            required: true
          size:
            description: Size of a disk of it.
            type: str
            required: true
          storage_class:
            description: Storage class of such a disk. That of the cluster by default.
            type: str
          preference:
            description: Preference of its virtual machines.
            type: str
            default: general.linux
      images_namespace:
        description: The namespace of golden images.
        type: str
        default: golden-images
      bridge:
        description: Whether virtual machines are bound to the network of pods with the address of their pod.
        type: bool
        default: false
      shared:
        description: Whether several machines can use a disk at once, so that virtual machines are migrated.
        type: bool
        default: false
      snapshots:
        description: Whether the storage of their disks has snapshots.
        type: bool
        default: false
      emulation:
        description: Whether QEMU emulates their CPUs. Then what they show is reported as shown on a double.
        type: bool
        default: false
      patience:
        description: Seconds for each wait.
        type: int
        default: 600
"""
