# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/drawing/meta/argument_specs.yml; change that file, not this one.
"""The input of the role drawing as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "title": {"type": "str", "required": True},
        "networks": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "vlans": {"type": "str", "required": True},
                "subnet": {"type": "str"},
                "mtu": {"type": "int", "required": True},
                "gateway": {"type": "str"},
                "native": {"type": "bool", "default": False},
            },
        },
        "switches": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "rack": {"type": "str"},
                "unit": {"type": "int"},
                "height": {"type": "int", "default": 1},
                "side": {"type": "str", "choices": ["left", "right"]},
                "note": {"type": "str"},
                "uplinks": {"type": "dict", "default": {}},
            },
        },
        "machines": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "rack": {"type": "str"},
                "unit": {"type": "int"},
                "height": {"type": "int", "default": 1},
                "side": {"type": "str", "choices": ["left", "right"]},
                "note": {"type": "str"},
                "cables": {"type": "dict", "default": {}},
                "bmc": {
                    "type": "dict",
                    "options": {
                        "switch": {"type": "str", "required": True},
                        "port": {"type": "str", "required": True},
                    },
                },
                "addresses": {"type": "dict", "default": {}},
                "carries": {"type": "list", "elements": "str", "default": []},
            },
        },
        "others": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "note": {"type": "str"},
                "addresses": {"type": "dict", "default": {}},
            },
        },
        "by_hand": {"type": "list", "elements": "str", "default": []},
    },
}
# fmt: on
