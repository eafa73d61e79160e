# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/network_leftovers/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role network_leftovers."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: The network of the node.
    type: dict
    required: true
    suboptions:
      provider:
        description: The network that the node shall have, as a model calls it. By default none,
          so that any is refused.
        type: str
      known_as:
        description: Networks of the table that it is, where the provider is C(custom).
        type: list
        elements: str
        default: []
      remove:
        description: Networks of which everything is removed from the node, or C(multus).
        type: list
        elements: str
        default: []
"""
