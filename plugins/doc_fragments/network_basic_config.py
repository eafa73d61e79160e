# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/network_basic/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role network_basic."""

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
      pods:
        description: Subnet of all pods, or one of IPv4 and one of IPv6 with a comma between.
        type: str
        required: true
      interface:
        description: Interface in the network that all nodes share. Required on nodes.
        type: str
      mtu:
        description: MTU of pods, that of the shared network.
        type: int
        default: 1500
      remove_leftovers:
        description:
        - Other networks of which everything is removed from the node, as P(groundup.cloud.network_leftovers#role)
          does. A node that has another network is refused without it.
        type: list
        elements: str
        default: []
        version_added: 0.2.0
"""
