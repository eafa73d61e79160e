# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules for management controllers (documented in the fragment `bmc`), as plain data."""

from __future__ import annotations

from typing import Any

BMC: dict[str, Any] = {
    "protocol": {"type": "str", "choices": ["redfish", "ipmi"], "required": True},
    "address": {"type": "str", "required": True},
    "port": {"type": "int"},
    "username": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "system": {"type": "str"},
    "tls": {
        "type": "dict",
        "options": {"ca_file": {"type": "path"}, "fingerprint": {"type": "str"}},
        "mutually_exclusive": [("ca_file", "fingerprint")],
    },
    "ipmi": {"type": "dict", "options": {"cipher": {"type": "int", "choices": [3, 17]}}},
    "timeout": {"type": "float", "default": 60.0},
}
IDENTITY: dict[str, Any] = {
    "identity": {
        "type": "dict",
        "options": {
            "serial": {"type": "str"},
            "uuid": {"type": "str"},
            "macs": {"type": "list", "elements": "str", "default": []},
        },
    },
}
FIRMWARE: dict[str, Any] = {"firmware": {"type": "str", "choices": ["uefi", "bios"], "default": "uefi"}}
