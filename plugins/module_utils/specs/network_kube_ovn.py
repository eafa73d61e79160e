# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/network_kube_ovn/meta/argument_specs.yml; change that file, not this one.
"""The input of the role network_kube_ovn as the option `config` of modules."""

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
        "policy_manifests": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "path": {"type": "path"},
                "url": {"type": "str"},
                "sha256": {"type": "str", "required": True},
            },
        },
        "timings": {"type": "str", "default": "default", "choices": ["default", "slow"]},
        "api": {"type": "str"},
        "pods": {"type": "str", "required": True},
        "services": {"type": "str", "required": True},
        "join": {"type": "str", "default": "100.64.0.0/16"},
        "mtu": {"type": "int", "default": 1400},
        "databases": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "node": {"type": "str", "required": True},
                "address": {"type": "str", "required": True},
            },
        },
        "subnets": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "subnet": {"type": "str", "required": True},
                "vlan": {"type": "int"},
                "interfaces": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {
                        "name": {"type": "str", "required": True},
                        "nodes": {"type": "list", "elements": "str", "required": True},
                    },
                },
                "gateway": {"type": "str"},
                "exclude": {"type": "list", "elements": "str", "default": []},
                "mtu": {"type": "int"},
                "namespaces": {"type": "list", "elements": "str", "default": []},
                "attachment": {"type": "str"},
                "vpc": {"type": "str"},
                "private": {"type": "bool", "default": False},
                "allow": {"type": "list", "elements": "str", "default": []},
            },
        },
        "vpcs": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "routes": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {
                        "to": {"type": "str", "required": True},
                        "via": {"type": "str", "required": True},
                    },
                },
            },
        },
    },
}
# fmt: on
