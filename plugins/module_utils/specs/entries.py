# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of the variable groundup_layers: as options of modules, their roles, and the inputs of these."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..errors import CloudError

Layer = Mapping[str, Any]  # an entry: name, role, input
#: Options of modules that compare layers. What the module does not use is taken, since the inventory names it.
LAYERS: dict[str, Any] = {
    "layers": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "role": {"type": "str", "required": True},
            "input": {"type": "str", "required": True},
            "in_turn": {"type": "bool", "default": False},
            "api": {"type": "bool", "default": False},
            "follows": {"type": "list", "elements": "str", "default": []},
            "secrets": {"type": "str", "no_log": False},  # the name of a variable
        },
    },
    "inputs": {"type": "dict", "required": True},
}


def role_of(layer: Layer, roles: Collection[str], kind: str, error: type[CloudError]) -> str:
    """The layer's role without the collection's name.

    :param roles: those of layers of this kind.
    :param kind: the kind with its article, for the message.
    :param error: what is raised where no such layer is of that role.
    """
    role = str(layer["role"]).rpartition(".")[2]
    if role not in roles:
        raise error(f"layers.{layer['name']}.role: {layer['role']} is no role of {kind}; there are {', '.join(roles)}")
    return role


def input_of(layer: Layer, inputs: Mapping[str, Any], error: type[CloudError]) -> Any:
    """The input of the layer's role.

    :param inputs: by the names of their variables.
    :param error: what is raised where it is missing.
    """
    if layer["input"] not in inputs:
        raise error(f"layers.{layer['name']}.input: inputs has no {layer['input']}; give the input of the layer's role")
    return inputs[layer["input"]]
