# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of layers of a cluster have in common: their options beside the layer's input, and their action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..objects.access import OPTIONS
from .layer import ClusterLayer


class Module(Protocol):
    """The part of AnsibleModule that is used here."""

    params: dict[str, Any]
    check_mode: bool

    def warn(self, warning: str) -> None:
        """Show a warning."""


def spec(config: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a module whose option ``config`` is the input of the layer's role."""
    return {
        **OPTIONS,
        "config": config,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "timeout": {"type": "int", "default": 900},
    }


def act(module: Module, layer: ClusterLayer) -> dict[str, Any]:
    """Bring the layer about, or remove it. What the API server warns of is shown."""
    params = module.params
    result = layer.perform(
        params["config"],
        {name: params[name] for name in OPTIONS},
        present=params["state"] == "present",
        timeout=params["timeout"],
        check=module.check_mode,
    )
    for text in result.pop("warnings"):
        module.warn(text)
    return result
