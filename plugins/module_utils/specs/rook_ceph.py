# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/rook_ceph/meta/argument_specs.yml; change that file, not this one.
"""The input of the role rook_ceph as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "cloud": {"type": "str", "required": True},
        "manifests": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "path": {"type": "path"},
                "url": {"type": "str"},
                "sha256": {"type": "str", "required": True},
            },
        },
        "addons_manifests": {
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
        "external": {
            "type": "dict",
            "options": {
                "fsid": {"type": "str", "required": True},
            },
        },
        "nodes": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "node": {"type": "str", "required": True},
                "host": {"type": "str"},
                "disks": {
                    "type": "list",
                    "elements": "dict",
                    "required": True,
                    "options": {
                        "id": {
                            "type": "dict",
                            "required": True,
                            "options": {
                                "serial": {"type": "str"},
                                "wwn": {"type": "str"},
                            },
                        },
                        "device_class": {"type": "str"},
                        "metadata": {"type": "bool", "default": False},
                    },
                },
            },
        },
        "few_machines": {"type": "bool", "default": False},
        "failure_domain": {"type": "str", "default": "host", "choices": ["host", "zone", "rack", "osd"]},
        "monitors": {"type": "int", "default": 3},
        "managers": {"type": "int", "default": 2},
        "public_networks": {"type": "list", "elements": "str", "default": []},
        "replication_networks": {"type": "list", "elements": "str", "default": []},
        "encrypt_traffic": {"type": "bool", "default": False},
        "encrypt_disks": {"type": "bool", "default": False},
        "dashboard": {"type": "bool", "default": True},
        "toolbox": {"type": "bool", "default": True},
        "prometheus": {
            "type": "dict",
            "options": {
                "enabled": {"type": "bool"},
                "labels": {"type": "dict", "default": {}},
                "url": {"type": "str"},
            },
        },
        "keys": {
            "type": "dict",
            "no_log": False,
            "options": {
                "daemons": {"type": "int"},
                "volumes": {"type": "int"},
                "former": {"type": "int"},
            },
        },
        "osd_memory": {"type": "int"},
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
        "snapshots": {"type": "bool", "default": True},
        "pools": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "replicas": {"type": "int", "default": 3},
                "data_chunks": {"type": "int"},
                "coding_chunks": {"type": "int"},
                "device_class": {"type": "str"},
                "compression": {
                    "type": "str",
                    "default": "none",
                    "choices": ["none", "passive", "aggressive", "force"],
                },
                "reclaim": {"type": "str", "default": "delete", "choices": ["delete", "retain"]},
                "default": {"type": "bool", "default": False},
                "map_options": {"type": "list", "elements": "str", "default": ["rxbounce"]},
                "pool": {"type": "str"},
                "data_pool": {"type": "str"},
            },
        },
        "filesystems": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "replicas": {"type": "int", "default": 3},
                "data_chunks": {"type": "int"},
                "coding_chunks": {"type": "int"},
                "device_class": {"type": "str"},
                "compression": {
                    "type": "str",
                    "default": "none",
                    "choices": ["none", "passive", "aggressive", "force"],
                },
                "reclaim": {"type": "str", "default": "delete", "choices": ["delete", "retain"]},
                "servers": {"type": "int", "default": 1},
                "filesystem": {"type": "str"},
                "data_pool": {"type": "str"},
            },
        },
        "object_stores": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "replicas": {"type": "int", "default": 3},
                "data_chunks": {"type": "int"},
                "coding_chunks": {"type": "int"},
                "device_class": {"type": "str"},
                "compression": {
                    "type": "str",
                    "default": "none",
                    "choices": ["none", "passive", "aggressive", "force"],
                },
                "reclaim": {"type": "str", "default": "delete", "choices": ["delete", "retain"]},
                "gateways": {"type": "int", "default": 2},
                "port": {"type": "int"},
                "tls": {
                    "type": "dict",
                    "options": {
                        "names": {"type": "list", "elements": "str", "default": []},
                        "certificate": {"type": "str"},
                        "ca": {"type": "str"},
                    },
                },
                "users": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {
                        "name": {"type": "str", "required": True},
                        "max_size": {"type": "str"},
                        "max_objects": {"type": "int"},
                        "max_buckets": {"type": "int"},
                    },
                },
            },
        },
    },
}
# fmt: on
