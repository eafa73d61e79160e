# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/machine/meta/argument_specs.yml; change that file, not this one.
"""The input of the role machine as the options `machine` and `ssh` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "fqdn": {"type": "str"},
        "cloud": {"type": "str", "required": True},
        "number": {"type": "int"},
        "firmware": {"type": "str", "default": "uefi", "choices": ["uefi", "bios"]},
        "boot_mac": {"type": "str"},
        "macs": {"type": "list", "elements": "str", "required": True},
        "identity": {
            "type": "dict",
            "options": {
                "serial": {"type": "str"},
                "uuid": {"type": "str"},
            },
        },
        "bmc": {
            "type": "dict",
            "required": True,
            "options": {
                "protocol": {"type": "str", "required": True, "choices": ["redfish", "ipmi"]},
                "address": {"type": "str", "required": True},
                "port": {"type": "int"},
                "username": {"type": "str", "required": True},
                "password": {"type": "str", "required": True, "no_log": True},
                "system": {"type": "str"},
                "tls": {
                    "type": "dict",
                    "mutually_exclusive": [["ca_file", "fingerprint"]],
                    "options": {
                        "ca_file": {"type": "path"},
                        "fingerprint": {"type": "str"},
                    },
                },
                "ipmi": {
                    "type": "dict",
                    "options": {
                        "cipher": {"type": "int", "choices": [3, 17]},
                    },
                },
                "timeout": {"type": "float", "default": 60.0},
            },
        },
        "root_disk": {
            "type": "dict",
            "required": True,
            "required_one_of": [["serial", "wwn"]],
            "options": {
                "serial": {"type": "str"},
                "wwn": {"type": "str"},
                "mirror": {
                    "type": "dict",
                    "required_one_of": [["serial", "wwn"]],
                    "options": {
                        "serial": {"type": "str"},
                        "wwn": {"type": "str"},
                    },
                },
            },
        },
        "storage_disks": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "required_one_of": [["serial", "wwn"]],
            "options": {
                "serial": {"type": "str"},
                "wwn": {"type": "str"},
            },
        },
        "os": {"type": "str"},
        "image": {
            "type": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "sha256": {"type": "str"},
                "url": {"type": "str"},
                "size": {"type": "int"},
            },
        },
        "seed": {
            "type": "dict",
            "options": {
                "hostname": {"type": "str"},
                "fqdn": {"type": "str"},
                "machine_id": {"type": "str"},
                "user": {"type": "str", "default": "root"},
                "authorized_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
                "kernel_arguments": {"type": "list", "elements": "str", "default": []},
                "network_files": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {
                        "path": {"type": "str", "required": True},
                        "content": {"type": "str", "required": True},
                    },
                },
                "ca_certificate": {"type": "str"},
            },
        },
        "wipe": {"type": "bool", "default": False},
        "attempts": {"type": "int", "default": 2},
        "console": {"type": "str"},
        "timeouts": {
            "type": "dict",
            "options": {
                "boot": {"type": "float"},
                "stall": {"type": "float"},
                "stuck": {"type": "float"},
                "system": {"type": "float"},
                "off": {"type": "float"},
            },
        },
    },
}
SSH: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "address": {"type": "str", "required": True},
        "user": {"type": "str", "default": "root"},
        "port": {"type": "int", "default": 22},
        "private_key_file": {"type": "str"},
        "options": {"type": "list", "elements": "str", "default": []},
    },
}
# fmt: on
