# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/multus/meta/argument_specs.yml; change that file, not this one.
"""The input of the role multus as the option `config` of modules."""

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
        "dynamic_networks": {
            "type": "dict",
            "options": {
                "path": {"type": "path"},
                "url": {"type": "str"},
                "sha256": {"type": "str", "required": True},
            },
        },
        "timings": {"type": "str", "default": "default", "choices": ["default", "slow"]},
        "api": {"type": "str"},
        "attachments": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "namespaces": {"type": "list", "elements": "str", "default": ["default"]},
                "plugin": {
                    "type": "str",
                    "required": True,
                    "choices": ["macvlan", "bridge", "kube_ovn"],
                },
                "interface": {"type": "str"},
                "mtu": {"type": "int"},
                "addresses": {"type": "str", "default": "none", "choices": ["none", "pod"]},
            },
        },
    },
}
# fmt: on
