# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules netbox_model and model_import, as plain data."""

from __future__ import annotations

from typing import Any

from ..bmc.arguments import BMC

_SLUGS: dict[str, Any] = {"type": "list", "elements": "str"}
_FILTER: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {"sites": _SLUGS, "tags": _SLUGS, "roles": _SLUGS, "status": _SLUGS},
}
_WORDS: dict[str, Any] = {"type": "dict", "default": {}}
_TLS: dict[str, Any] = BMC["tls"]
FILE: dict[str, Any] = {
    "dest": {"type": "path"},
    "additions": {"type": "path"},
    "overwrite": {"type": "bool", "default": False},
}
NETBOX: dict[str, Any] = {
    "url": {"type": "str", "required": True},
    "token": {"type": "str", "required": True, "no_log": True},
    "tls": _TLS,
    "timeout": {"type": "float", "default": 60.0},
    "machines": _FILTER,
    "switches": _FILTER,
    "networks": _FILTER,
    "vlan_groups": _WORDS,
    "network_names": _WORDS,
    "native": {"type": "str"},
    "gateway_tag": {"type": "str"},
    "machine_roles": _WORDS,
    "platforms": _WORDS,
    "images": _WORDS,
    "fields": _WORDS,
    "context": {"type": "str"},
    "bmc_password": {"type": "str", "no_log": False, "default": "vault_bmc"},
    "switch_password": {"type": "str", "no_log": False},
    "switch_username": {"type": "str"},
    **FILE,
}
IMPORT: dict[str, Any] = {
    "bmcs": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            **BMC,
            "protocol": {"type": "str", "choices": ["redfish", "ipmi"], "default": "redfish"},
            "name": {"type": "str"},
        },
    },
    "switches": {"type": "dict", "default": {}},
    "bmc_password": {"type": "str", "no_log": False, "default": "vault_bmc"},
    **FILE,
}
