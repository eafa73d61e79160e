# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/switch/meta/argument_specs.yml; change that file, not this one.
"""The input of the role switch as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "platform": {
            "type": "str",
            "required": True,
            "choices": ["eos", "junos", "nvue", "nxos", "openvswitch", "sonic", "unmanaged"],
        },
        "connection": {
            "type": "dict",
            "required": True,
            "options": {
                "database": {"type": "str"},
                "control": {"type": "str"},
                "address": {"type": "str"},
                "username": {"type": "str"},
                "password": {"type": "str", "no_log": True},
                "port": {"type": "int"},
                "ssh": {
                    "type": "dict",
                    "options": {
                        "host_key": {"type": "str", "no_log": False},
                        "key_file": {"type": "path"},
                    },
                },
                "tls": {
                    "type": "dict",
                    "mutually_exclusive": [["ca_file", "fingerprint"]],
                    "options": {
                        "ca_file": {"type": "path"},
                        "fingerprint": {"type": "str"},
                    },
                },
            },
        },
        "mtu": {"type": "int", "default": 9216},
        "mlag_peer": {"type": "str"},
        "mlag": {
            "type": "dict",
            "options": {
                "domain": {"type": "int", "required": True},
                "peer_link": {"type": "list", "elements": "str", "required": True},
                "vlan": {"type": "int", "default": 4094},
                "address": {"type": "str", "required": True},
                "peer_address": {"type": "str", "required": True},
                "mtu": {"type": "int", "default": 9216},
                "keepalive": {
                    "type": "dict",
                    "options": {
                        "destination": {"type": "str", "required": True},
                        "source": {"type": "str"},
                        "vrf": {"type": "str"},
                    },
                },
            },
        },
        "bgp": {
            "type": "dict",
            "options": {
                "as_number": {"type": "int", "required": True},
                "router_id": {"type": "str", "required": True},
                "groups": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {
                        "name": {"type": "str", "required": True},
                        "address": {"type": "str", "required": True},
                        "as_number": {"type": "int", "required": True},
                        "password": {"type": "str", "no_log": True},
                        "bfd": {
                            "type": "dict",
                            "options": {
                                "interval": {"type": "int", "required": True},
                                "multiplier": {"type": "int", "required": True},
                            },
                        },
                        "neighbors": {
                            "type": "list",
                            "elements": "dict",
                            "required": True,
                            "options": {
                                "address": {"type": "str", "required": True},
                                "name": {"type": "str", "required": True},
                            },
                        },
                        "take": {"type": "list", "elements": "str", "required": True},
                        "announce": {"type": "list", "elements": "str", "default": []},
                        "pass_on": {"type": "bool", "default": False},
                        "most_routes": {"type": "int", "default": 12000},
                    },
                },
            },
        },
        "vlans": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "id": {"type": "int", "required": True},
                "name": {"type": "str", "required": True},
            },
        },
        "ports": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "description": {"type": "str", "default": ""},
                "mode": {
                    "type": "str",
                    "required": True,
                    "choices": ["access", "trunk", "routed"],
                },
                "addresses": {"type": "list", "elements": "str", "default": []},
                "native": {"type": "int"},
                "vlans": {"type": "list", "elements": "int", "default": []},
                "mtu": {"type": "int", "required": True},
                "edge": {"type": "bool", "default": False},
            },
        },
        "lags": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "description": {"type": "str", "default": ""},
                "members": {"type": "list", "elements": "str", "required": True},
                "native": {"type": "int"},
                "vlans": {"type": "list", "elements": "int", "default": []},
                "mtu": {"type": "int", "required": True},
                "edge": {"type": "bool", "default": False},
                "lacp": {
                    "type": "dict",
                    "default": {},
                    "options": {
                        "mode": {
                            "type": "str",
                            "default": "active",
                            "choices": ["active", "passive", "on"],
                        },
                        "rate": {"type": "str", "default": "fast", "choices": ["fast", "slow"]},
                        "fallback": {"type": "bool", "default": True},
                        "fallback_port": {"type": "str"},
                    },
                },
                "mlag": {"type": "int"},
            },
        },
        "cabling": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "port": {"type": "str", "required": True},
                "machine": {"type": "str", "required": True},
                "nic": {"type": "str", "required": True},
                "mac": {"type": "str", "required": True},
                "address": {"type": "str"},
            },
        },
        "confirm": {
            "type": "dict",
            "default": {},
            "options": {
                "peers": {"type": "list", "elements": "str", "default": []},
                "timeout": {"type": "int", "default": 120},
            },
        },
    },
}
# fmt: on
