# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/prove/meta/argument_specs.yml; change that file, not this one.
"""The input of the role prove as options of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
HOST: dict[str, Any] = {
    "bonds": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "members": {"type": "int", "required": True},
            "mode": {
                "type": "str",
                "default": "802.3ad",
                "choices": ["802.3ad", "active-backup", "balance-xor", "balance-tlb", "balance-alb"],
            },
        },
    },
    "networks": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "interface": {"type": "str", "required": True},
            "mtu": {"type": "int", "required": True},
            "peers": {"type": "list", "elements": "str", "default": []},
        },
    },
    "isolation": {
        "type": "dict",
        "options": {
            "links": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "interface": {"type": "str", "required": True},
                    "native": {"type": "int"},
                    "vlans": {"type": "list", "elements": "int", "required": True},
                    "carries": {"type": "list", "elements": "int"},
                    "peers": {"type": "dict", "required": True},
                },
            },
            "forbidden": {"type": "int"},
            "separate": {"type": "bool", "default": False},
        },
    },
    "blank_disks": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "required_one_of": [["serial", "wwn"]],
        "options": {
            "serial": {"type": "str"},
            "wwn": {"type": "str"},
        },
    },
    "root_mirror": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "required_one_of": [["serial", "wwn"]],
        "options": {
            "serial": {"type": "str"},
            "wwn": {"type": "str"},
        },
    },
    "encrypted_disks": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "required_one_of": [["serial", "wwn"]],
        "options": {
            "serial": {"type": "str"},
            "wwn": {"type": "str"},
        },
    },
    "node": {"type": "bool", "default": False},
    "layers": {"type": "dict", "default": {}},
    "known_as": {"type": "list", "elements": "str", "default": []},
}
# fmt: on
