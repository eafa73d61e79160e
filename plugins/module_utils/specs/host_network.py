# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/host_network/meta/argument_specs.yml; change that file, not this one.
"""The input of the role host_network as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "backend": {"type": "str", "default": "networkd", "choices": ["networkd", "networkmanager"]},
        "hostname": {"type": "str"},
        "fqdn": {"type": "str"},
        "links": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str"},
                "mtu": {"type": "int"},
                "nic": {
                    "type": "dict",
                    "options": {
                        "name": {"type": "str", "required": True},
                        "mac": {"type": "str", "required": True},
                        "port": {"type": "str"},
                    },
                },
                "bond": {
                    "type": "dict",
                    "options": {
                        "mode": {
                            "type": "str",
                            "default": "802.3ad",
                            "choices": ["802.3ad", "active-backup", "balance-xor", "balance-tlb", "balance-alb"],
                        },
                        "members": {
                            "type": "list",
                            "elements": "dict",
                            "required": True,
                            "options": {
                                "name": {"type": "str", "required": True},
                                "mac": {"type": "str", "required": True},
                                "port": {"type": "str"},
                            },
                        },
                        "mac": {"type": "str"},
                        "primary": {"type": "str"},
                        "lacp_rate": {"type": "str", "choices": ["fast", "slow"]},
                        "hash_policy": {
                            "type": "str",
                            "choices": ["layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4"],
                        },
                    },
                },
            },
        },
        "bond": {
            "type": "dict",
            "options": {
                "name": {"type": "str", "default": "bond0"},
                "mode": {
                    "type": "str",
                    "default": "802.3ad",
                    "choices": ["802.3ad", "active-backup", "balance-xor", "balance-tlb", "balance-alb"],
                },
                "members": {
                    "type": "list",
                    "elements": "dict",
                    "required": True,
                    "options": {
                        "name": {"type": "str", "required": True},
                        "mac": {"type": "str", "required": True},
                        "port": {"type": "str"},
                    },
                },
                "mac": {"type": "str"},
                "primary": {"type": "str"},
                "lacp_rate": {"type": "str", "choices": ["fast", "slow"]},
                "hash_policy": {
                    "type": "str",
                    "choices": ["layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4"],
                },
                "mtu": {"type": "int"},
            },
        },
        "nics": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "mac": {"type": "str", "required": True},
                "port": {"type": "str"},
            },
        },
        "mtu": {"type": "int"},
        "addresses": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "network": {"type": "str", "required": True},
                "link": {"type": "str"},
                "vlan": {"type": "int"},
                "interface": {"type": "str"},
                "address": {"type": "str", "required": True},
                "mtu": {"type": "int", "default": 1500},
                "gateway": {"type": "str"},
                "table": {"type": "int"},
                "routes": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {
                        "to": {"type": "str", "required": True},
                        "via": {"type": "str"},
                    },
                },
            },
        },
        "vlans": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "link": {"type": "str"},
                "vlan": {"type": "int", "required": True},
                "mtu": {"type": "int", "default": 1500},
            },
        },
        "bridges": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "link": {"type": "str"},
                "vlan": {"type": "int", "required": True},
                "mtu": {"type": "int", "default": 1500},
                "address": {"type": "str"},
            },
        },
        "dns": {
            "type": "dict",
            "default": {},
            "options": {
                "servers": {"type": "list", "elements": "str", "default": []},
                "search": {"type": "list", "elements": "str", "default": []},
            },
        },
        "peers": {"type": "dict", "default": {}},
        "confirm_timeout": {"type": "int", "default": 180},
    },
}
# fmt: on
