# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/network_custom/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role network_custom."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: The network.
    type: dict
    required: true
    suboptions:
      manifests:
        description: Its manifests. To remove the network, none are needed.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: A name for people. It is not used here.
            type: str
          path:
            description:
            - File, or directory with files C(*.yaml), C(*.yml) and C(*.json), on the host where
              the role runs. One of C(path) and C(url) is required.
            type: path
          url:
            description: Where a file is downloaded from. It needs C(sha256).
            type: str
          sha256:
            description: Digest of the file; another file is refused.
            type: str
      images:
        description:
        - Images that the nodes can have, as C(HOST/NAME:TAG). A manifest with another image is
          refused. By default all images are accepted.
        type: list
        elements: str
      known_as:
        description:
        - Networks of the table of P(groundup.cloud.network_leftovers#role) that it is, such as
          C(flannel). Without it, its daemon would be taken for that of another network, and is
          refused.
        type: list
        elements: str
        default: []
"""
