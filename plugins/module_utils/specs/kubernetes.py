# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/kubernetes/meta/argument_specs.yml; change that file, not this one.
"""The input of the role kubernetes as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "cluster": {"type": "str", "required": True},
        "version": {"type": "str", "required": True},
        "files": {"type": "dict", "required": True},
        "endpoint": {
            "type": "dict",
            "required": True,
            "options": {
                "address": {"type": "str"},
                "name": {"type": "str"},
                "load_balancer": {
                    "type": "str",
                    "default": "control_planes",
                    "choices": ["control_planes", "external"],
                },
                "interface": {"type": "str"},
                "port": {"type": "int", "default": 8443},
                "router_id": {"type": "int"},
            },
        },
        "pods": {"type": "str", "required": True},
        "services": {"type": "str", "required": True},
        "domain": {"type": "str", "default": "cluster.local"},
        "node": {
            "type": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "address": {"type": "str", "required": True},
                "second_address": {"type": "str"},
                "control_plane": {"type": "bool", "required": True},
                "labels": {"type": "dict", "default": {}},
                "taints": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {
                        "key": {"type": "str", "required": True, "no_log": False},
                        "value": {"type": "str"},
                        "effect": {
                            "type": "str",
                            "required": True,
                            "choices": ["NoSchedule", "PreferNoSchedule", "NoExecute"],
                        },
                    },
                },
                "kubelet": {"type": "dict", "default": {}},
            },
        },
        "control_planes": {"type": "dict", "required": True},
        "api_names": {"type": "list", "elements": "str", "default": []},
        "image_repository": {"type": "str", "default": "registry.k8s.io"},
        "proxy_mode": {
            "type": "str",
            "default": "nftables",
            "choices": ["nftables", "iptables", "none"],
        },
        "encryption": {"type": "bool", "default": True},
        "audit": {"type": "bool", "default": True},
        "timings": {"type": "str", "default": "default", "choices": ["default", "slow"]},
        "renew_days": {"type": "int", "default": 90},
        "root": {"type": "path", "default": "/"},
        "kubeconfig": {"type": "path"},
    },
}
# fmt: on
