# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of module machine_deploy, as plain data. The role's input `machine` has the same keys."""

from __future__ import annotations

from typing import Any

from ..bmc.arguments import BMC

_STR: dict[str, Any] = {"type": "str"}
_FLOAT: dict[str, Any] = {"type": "float"}
_DISK: dict[str, Any] = {"serial": _STR, "wwn": _STR}
_FILE: dict[str, Any] = {"path": {"type": "str", "required": True}, "content": {"type": "str", "required": True}}
MACHINE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "fqdn": _STR,
    "cloud": {"type": "str", "required": True},
    "number": {"type": "int"},
    "firmware": {"type": "str", "choices": ["uefi", "bios"], "default": "uefi"},
    "boot_mac": _STR,
    "macs": {"type": "list", "elements": "str", "required": True},
    "identity": {"type": "dict", "options": {"serial": _STR, "uuid": _STR}},
    "bmc": {"type": "dict", "required": True, "options": BMC},
    "root_disk": {
        "type": "dict",
        "required": True,
        "options": {**_DISK, "mirror": {"type": "dict", "options": _DISK, "required_one_of": [("serial", "wwn")]}},
        "required_one_of": [("serial", "wwn")],
    },
    "storage_disks": {"type": "list", "elements": "dict", "options": _DISK, "default": []},
    "os": _STR,
    "image": {
        "type": "dict",
        "options": {"name": {"type": "str", "required": True}, "sha256": _STR, "url": _STR, "size": {"type": "int"}},
    },
    "seed": {
        "type": "dict",
        "options": {
            "hostname": _STR,
            "fqdn": _STR,
            "machine_id": _STR,
            "user": {"type": "str", "default": "root"},
            "authorized_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "network_files": {"type": "list", "elements": "dict", "options": _FILE, "default": []},
            "ca_certificate": _STR,
            "kernel_arguments": {"type": "list", "elements": "str", "default": []},
        },
    },
    "wipe": {"type": "bool", "default": False},
    "attempts": {"type": "int", "default": 2},
    "console": {"type": "str"},
    "timeouts": {
        "type": "dict",
        "options": {"boot": _FLOAT, "stall": _FLOAT, "stuck": _FLOAT, "system": _FLOAT, "off": _FLOAT},
    },
}
SSH: dict[str, Any] = {
    "address": {"type": "str", "required": True},
    "user": {"type": "str", "default": "root"},
    "port": {"type": "int", "default": 22},
    "private_key_file": {"type": "str"},
    "options": {"type": "list", "elements": "str", "default": []},
}
DEPLOY: dict[str, Any] = {
    "machine": {"type": "dict", "required": True, "options": MACHINE},
    "ssh": {"type": "dict", "required": True, "options": SSH},
    "state_dir": {"type": "path", "required": True},
    "known_hosts": {"type": "str", "required": True, "no_log": False},
    "host_network": {"type": "dict"},
    "ca_file": {"type": "path"},
    "reinstall": {"type": "bool", "default": False},
    "wipe": {"type": "bool", "default": False},
    "wipe_storage": {"type": "bool", "default": False},
    "run": {"type": "str", "default": "by hand"},
    "patience": {"type": "float", "default": 10.0},
    "host": {"type": "dict", "options": {"state": _STR, "detail": _STR}},
}
