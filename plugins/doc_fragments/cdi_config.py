# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/cdi/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role cdi."""

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
      cloud:
        description: Name of the cloud, which a removal has to be given where there are images.
        type: str
        required: true
      manifest:
        description: The manifest C(cdi-operator.yaml) of CDI 1.66.0, as it is released.
        type: dict
        required: true
        suboptions:
          path:
            description: Its file on the host where the role runs. One of C(path) and C(url) is
              required.
            type: path
          url:
            description: Where it is downloaded from.
            type: str
          sha256:
            description: Its digest; another file is refused.
            type: str
            required: true
      scratch_storage_class:
        description:
        - Storage class of the space in which uploads and images from registries are unpacked,
          as much again as the volume. That of the volume by default, or the default class of
          the cluster.
        type: str
      memory:
        description: Memory in MiB that a pod may have which writes an image. On slow storage
          it needs more.
        type: int
        default: 2048
      upload_url:
        description: Host name or address and port at which users reach the upload proxy. It has
          to pass TLS through.
        type: str
      timings:
        description: C(slow) for machines whose CPU is emulated or overloaded. Containers have
          fifteen minutes to start, and probes wait longer for an answer and start programs once
          a minute at most.
        type: str
        choices: [default, slow]
        default: default
      replicas:
        description: How often each of its controllers runs. One is enough for one node.
        type: int
        default: 2
      node_labels:
        description: Labels of the nodes on which virtual machines run. All nodes by default.
        type: dict
        default: {}
      tolerations:
        description: Taints of these nodes.
        type: list
        elements: dict
        default: []
        suboptions:
          key:
            description: Key of the taint.
            type: str
            required: true
          value:
            description: Its value.
            type: str
          effect:
            description: Its effect.
            type: str
            required: true
"""
