# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/prove/meta/argument_specs.yml; change that file, not this one.
"""The input of the role prove as options of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CLUSTER: dict[str, Any] = {
    "endpoint": {"type": "str", "required": True},
    "forwards_to": {"type": "list", "elements": "str", "default": []},
    "existing": {"type": "bool", "default": False},
    "dual_stack": {"type": "bool", "default": False},
    "version": {"type": "str", "required": True},
    "nodes": {"type": "list", "elements": "str", "required": True},
    "domain": {"type": "str", "default": "cluster.local"},
    "pod_mtu": {"type": "int"},
    "pools": {"type": "list", "elements": "str", "default": []},
    "attachments": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str", "default": "default"},
            "mtu": {"type": "int", "required": True},
            "nodes": {"type": "list", "elements": "str", "required": True},
        },
    },
    "subnets": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "subnet": {"type": "str", "required": True},
            "nodes": {"type": "list", "elements": "str", "required": True},
            "mtu": {"type": "int"},
            "closed": {"type": "list", "elements": "str", "default": []},
        },
    },
    "storage": {
        "type": "dict",
        "options": {
            "external": {"type": "str"},
            "nodes": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "disks": {
                        "type": "list",
                        "elements": "dict",
                        "required": True,
                        "required_one_of": [["serial", "wwn"]],
                        "options": {
                            "serial": {"type": "str"},
                            "wwn": {"type": "str"},
                            "metadata": {"type": "bool", "default": False},
                        },
                    },
                },
            },
            "monitors": {"type": "int"},
            "failure_domain": {"type": "str"},
            "pools": {"type": "dict", "required": True},
            "block": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "kept": {"type": "bool", "default": False},
                },
            },
            "file": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "kept": {"type": "bool", "default": False},
                },
            },
            "object": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "kept": {"type": "bool", "default": False},
                    "tls": {"type": "bool", "default": False},
                },
            },
            "snapshots": {"type": "bool", "default": True},
            "encrypted_disks": {"type": "bool", "default": False},
            "encrypted_traffic": {"type": "bool", "default": False},
            "patience": {"type": "int", "default": 300},
        },
    },
    "virtual_machines": {
        "type": "dict",
        "options": {
            "kubevirt": {"type": "str", "required": True},
            "cdi": {"type": "str", "required": True},
            "nodes": {"type": "list", "elements": "str", "required": True},
            "images": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "size": {"type": "str", "required": True},
                    "storage_class": {"type": "str"},
                    "preference": {"type": "str", "default": "general.linux"},
                },
            },
            "images_namespace": {"type": "str", "default": "golden-images"},
            "bridge": {"type": "bool", "default": False},
            "shared": {"type": "bool", "default": False},
            "snapshots": {"type": "bool", "default": False},
            "emulation": {"type": "bool", "default": False},
            "restartable_only": {"type": "bool", "default": False},
            "patience": {"type": "int", "default": 600},
        },
    },
}
# fmt: on
