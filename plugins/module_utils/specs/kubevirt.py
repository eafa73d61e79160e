# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/kubevirt/meta/argument_specs.yml; change that file, not this one.
"""The input of the role kubevirt as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "cloud": {"type": "str", "required": True},
        "manifest": {
            "type": "dict",
            "required": True,
            "options": {
                "path": {"type": "path"},
                "url": {"type": "str"},
                "sha256": {"type": "str", "required": True},
            },
        },
        "version": {"type": "str", "default": "1.9.0", "choices": ["1.9.0", "1.8.4"]},
        "emulation": {"type": "bool", "default": False},
        "feature_gates": {"type": "list", "elements": "str", "default": []},
        "cpu_model": {"type": "str"},
        "machines": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "node": {"type": "str", "required": True},
                "host": {"type": "str"},
            },
        },
        "network_binding": {"type": "str", "default": "masquerade", "choices": ["bridge", "masquerade"]},
        "eviction": {
            "type": "str",
            "default": "live_migrate_if_possible",
            "choices": ["live_migrate", "live_migrate_if_possible", "none"],
        },
        "restartable_only": {"type": "bool", "default": False},
        "migrations": {
            "type": "dict",
            "default": {},
            "options": {
                "parallel": {"type": "int", "default": 5},
                "parallel_per_node": {"type": "int", "default": 2},
                "bandwidth": {"type": "str"},
                "by_users": {"type": "bool", "default": False},
                "attachment": {"type": "str"},
                "network": {
                    "type": "dict",
                    "options": {
                        "interface": {"type": "str", "required": True},
                        "mtu": {"type": "int"},
                        "subnet": {"type": "str", "required": True},
                        "first": {"type": "str", "required": True},
                        "last": {"type": "str", "required": True},
                        "gateway": {"type": "str"},
                    },
                },
            },
        },
        "state_storage_class": {"type": "str"},
        "on_control_planes": {"type": "bool", "default": True},
        "timings": {"type": "str", "default": "default", "choices": ["default", "slow"]},
        "replicas": {"type": "int", "default": 2},
        "node_labels": {"type": "dict", "default": {}},
        "tolerations": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "key": {"type": "str", "required": True, "no_log": False},
                "value": {"type": "str"},
                "effect": {"type": "str", "required": True},
            },
        },
    },
}
# fmt: on
