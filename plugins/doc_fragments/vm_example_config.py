# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/vm_example/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role vm_example."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: What is applied.
    type: dict
    required: true
    suboptions:
      image:
        description: Name of the golden image with Linux, of which the disk is made.
        type: str
        required: true
      images_namespace:
        description: Namespace of golden images.
        type: str
        default: golden-images
      size:
        description: Size of the disk, at least that of the image, such as C(10Gi).
        type: str
        required: true
      storage_class:
        description: Storage class of the disk. That for virtual machines by default, or the default
          class of the cluster.
        type: str
      instance_type:
        description: Instance type of the virtual machine, one of ours or of KubeVirt.
        type: str
        default: general.small
      preference:
        description: Its preference, one of ours or of KubeVirt.
        type: str
        default: general.linux
      front_image:
        description: Image of the front end, with the applets of busybox on its path.
        type: str
        default: groundup.cloud/probe:1
      replicas:
        description: How many pods the front end has.
        type: int
        default: 2
      service:
        description: How clients outside the cluster reach the front end. C(LoadBalancer) where
          the cluster has one, else C(NodePort).
        type: str
        choices: [NodePort, LoadBalancer]
        default: NodePort
      timings:
        description: C(slow) for machines whose CPU is emulated or overloaded. Containers have
          fifteen minutes to start, and probes wait longer for an answer and start programs once
          a minute at most.
        type: str
        choices: [default, slow]
        default: default
"""
