# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of modules that compare layers of a host or of a cluster."""

from __future__ import annotations


class ModuleDocFragment:
    """Layers as the inventory names them; beside the specs in module_utils/specs/entries.py."""

    DOCUMENTATION = r"""
options:
  layers:
    description: The layers to compare, in their order, as in the variable C(groundup_layers) of the inventory.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the layer.
        type: str
        required: true
      role:
        description: The role that configures it, with or without the name of the collection.
        type: str
        required: true
      input:
        description: Name of the variable that holds the role's input.
        type: str
        required: true
      in_turn:
        description: Control planes that serve together are changed one after another, and one worker before the others.
          Not used here.
        type: bool
        default: false
      api:
        description: The layer is objects of the Kubernetes API. Not used here.
        type: bool
        default: false
      follows:
        description: Layers whose change on any machine means that this one has to run. Not used here.
        type: list
        elements: str
        default: []
      secrets:
        description: Name of the variable that holds the role's secrets, which are no part of its input.
        type: str
        version_added: 0.2.0
  inputs:
    description: The inputs of the roles, by the names of their variables.
    type: dict
    required: true
"""
