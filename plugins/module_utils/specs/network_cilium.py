# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/network_cilium/meta/argument_specs.yml; change that file, not this one.
"""The input of the role network_cilium as the option `config` of modules."""

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
        "definitions": {
            "type": "list",
            "elements": "dict",
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
        "ipam": {
            "type": "str",
            "default": "cluster_pool",
            "choices": ["cluster_pool", "kubernetes"],
        },
        "node_prefix": {"type": "int", "default": 24},
        "mtu": {"type": "int", "default": 1450},
        "encapsulation": {"type": "str", "default": "vxlan", "choices": ["vxlan", "geneve", "none"]},
        "encryption": {
            "type": "str",
            "default": "none",
            "choices": ["none", "wireguard"],
            "no_log": False,
        },
        "devices": {"type": "list", "elements": "str", "default": []},
        "kube_proxy": {"type": "bool", "default": True},
        "exclusive": {"type": "bool", "default": True},
        "virtual_machines": {"type": "bool", "default": False},
        "operators": {"type": "int", "default": 1},
        "pools": {
            "type": "list",
            "elements": "dict",
            "default": [],
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
                "nodes": {"type": "list", "elements": "str", "default": []},
            },
        },
    },
}
# fmt: on
