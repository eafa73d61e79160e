# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules for management controllers (documented in the fragment `bmc`), as plain data."""

from __future__ import annotations

from typing import Any

#: Cipher suites of IPMI, the better one first.
CIPHERS = (17, 3)
LONGEST_USER, LONGEST_PASSWORD = 16, 20  # bytes, of IPMI (2.0, 22.28 and 22.30)
PORTS = {"redfish": 443, "ipmi": 623}
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
    "ipmi": {"type": "dict", "options": {"cipher": {"type": "int", "choices": sorted(CIPHERS)}}},
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
