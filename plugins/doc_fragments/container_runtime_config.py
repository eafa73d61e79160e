# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/container_runtime/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role container_runtime."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: The container runtime.
    type: dict
    required: true
    suboptions:
      version:
        description: Version of containerd, for information; the files decide.
        type: str
      files:
        description:
        - C(url) and C(sha256) of C(containerd), C(containerd-shim-runc-v2), C(ctr) and C(cni-plugins),
          as the filter P(groundup.cloud.bundle_files#filter) gives them.
        type: dict
        required: true
      files_url:
        description: Where files that name no C(url) are found by their sha256.
        type: str
      registry:
        description: The registry that mirrors others; none is configured without an address.
        type: dict
        default: {}
        suboptions:
          address:
            description: Host and port.
            type: str
          ca:
            description: PEM text of its certificate authority; without it the host's own certificate
              authorities are used.
            type: str
          mirrors:
            description:
            - Registries whose images are pulled from it and from nowhere else, C(registries)
              of M(groundup.cloud.bundle_info). Images of other registries are pulled from those.
            type: list
            elements: str
            default: []
      runtime:
        description: OCI runtime.
        type: str
        choices: [crun, runc]
        default: crun
      sandbox_image:
        description: Image of the pause container.
        type: str
        default: registry.k8s.io/pause:3.10.2
      drop_ins:
        description:
        - Further configuration of containerd as TOML, by name. Each becomes a file in C(/etc/containerd/conf.d),
          where files of others, such as those of a GPU operator, stay.
        type: dict
        default: {}
"""
