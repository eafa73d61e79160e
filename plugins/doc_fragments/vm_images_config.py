# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/vm_images/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role vm_images."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: The images.
    type: dict
    required: true
    suboptions:
      namespace:
        description: Namespace of the images, which is for nothing else.
        type: str
        default: golden-images
      network_binding:
        description:
        - How virtual machines are bound to the network of pods. With C(bridge), our preferences
          have the annotation without which KubeVirt migrates none of them.
        type: str
        choices: [bridge, masquerade]
        default: masquerade
      images:
        description: The images.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name by which users find it, of at most 50 characters.
            type: str
            required: true
          source:
            description: Where it is from.
            type: dict
            required: true
            suboptions:
              http:
                description: URL of a file in the format qcow2 or raw, which may be compressed
                  by gzip or xz.
                type: str
              sha256:
                description: Digest of that file; another file is refused.
                type: str
              registry:
                description:
                - Image of a registry with a disk in it, as C(docker://HOST/NAME@sha256:DIGEST);
                  with C(schedule) as C(docker://HOST/NAME:TAG).
                type: str
          size:
            description: Size of its disk, at least that of the image when it is unpacked. Disks
              made of it are as large or larger.
            type: str
            required: true
          storage_class:
            description: Storage class of its volume. That for virtual machines by default, or
              the default class of the cluster.
            type: str
          schedule:
            description:
            - When the tag of an image of a registry is looked at, in the notation of cron, such
              as C(30 4 * * 1). It can't be changed later.
            type: str
          retention:
            description: How many imports are kept with C(schedule). By default three.
            type: int
          instance_type:
            description: Instance type of virtual machines of it that name none, one of ours or
              of KubeVirt. By default C(general.medium).
            type: str
          preference:
            description: Preference of virtual machines of it that name none, one of ours or of
              KubeVirt. By default C(general.linux).
            type: str
"""
