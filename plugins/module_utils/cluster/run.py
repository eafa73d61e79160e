# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of layers of a cluster have in common: their options beside the layer's input, and their action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from ..objects.access import OPTIONS
from ..objects.protected import Consent
from .layer import ClusterLayer


class Module(Protocol):
    """The part of AnsibleModule that is used here."""

    params: dict[str, Any]
    check_mode: bool

    def warn(self, warning: str) -> None:
        """Show a warning."""


def spec(config: Mapping[str, Any], layer: ClusterLayer | None = None) -> dict[str, Any]:
    """The options of a module whose option ``config`` is the input of the layer's role.

    :param layer: where it has secrets or wants a consent.
    """
    secrets, consent = (layer.secrets, layer.consent) if layer else ("", "")
    return {
        **({secrets: {"type": "dict", "default": {}, "no_log": True}} if secrets else {}),
        **({consent: {"type": "bool", "default": False}} if consent else {}),
        **OPTIONS,
        "config": config,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "timeout": {"type": "int", "default": 900},
    }


#: The option of modules of layers whose objects this collection does not know: consents to remove what holds data.
REMOVE_DATA: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "kind": {"type": "str", "required": True},
        "name": {"type": "str", "required": True},
        "namespace": {"type": "str"},
    },
}


def act(
    module: Module,
    layer: ClusterLayer,
    remove_data: Iterable[Mapping[str, Any]] = (),
    beside: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Bring the layer about, or remove it. What the API server warns of is shown.

    :param remove_data: consents, each as an item of REMOVE_DATA.
    :param beside: what the layer takes beside its input, in options of its own.
    """
    params = module.params
    secrets = {layer.secrets: params[layer.secrets]} if layer.secrets else {}
    result = layer.perform(
        {**params["config"], **secrets, **beside},
        {name: params[name] for name in OPTIONS},
        present=params["state"] == "present",
        timeout=params["timeout"],
        check=module.check_mode,
        consent=bool(layer.consent and params[layer.consent]),
        wait=params.get("wait", True),
        consents=[Consent.of(given) for given in remove_data],
    )
    for text in result.pop("warnings"):
        module.warn(text)
    return result
