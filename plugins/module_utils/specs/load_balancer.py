# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/load_balancer/meta/argument_specs.yml; change that file, not this one.
"""The input of the role load_balancer as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "manifest": {
            "type": "dict",
            "required": True,
            "options": {
                "path": {"type": "path"},
                "url": {"type": "str"},
                "sha256": {"type": "str", "required": True},
            },
        },
        "timings": {"type": "str", "default": "default", "choices": ["default", "slow"]},
        "api": {"type": "str"},
        "webhooks": {"type": "bool", "default": True},
        "control_planes": {"type": "bool", "default": False},
        "pools": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "addresses": {"type": "list", "elements": "str", "required": True},
                "auto": {"type": "bool", "default": True},
            },
        },
        "layer2": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "pools": {"type": "list", "elements": "str", "required": True},
                "nodes": {"type": "list", "elements": "str", "default": []},
                "interfaces": {"type": "list", "elements": "str", "default": []},
            },
        },
        "peers": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "address": {"type": "str", "required": True},
                "port": {"type": "int", "default": 179},
                "as_number": {"type": "int", "required": True},
                "own_as_number": {"type": "int", "required": True},
                "hold_seconds": {"type": "int", "default": 90},
                "bfd": {
                    "type": "dict",
                    "options": {
                        "interval": {"type": "int", "required": True},
                        "multiplier": {"type": "int", "required": True},
                    },
                },
                "multihop": {"type": "bool", "default": False},
                "nodes": {"type": "list", "elements": "str", "default": []},
            },
        },
        "bgp": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "pools": {"type": "list", "elements": "str", "required": True},
                "peers": {"type": "list", "elements": "str", "default": []},
                "nodes": {"type": "list", "elements": "str", "default": []},
            },
        },
    },
}
# fmt: on
