# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/network_calico/meta/argument_specs.yml; change that file, not this one.
"""The input of the role network_calico as the option `config` of modules."""

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
        "timings": {"type": "str", "default": "default", "choices": ["default", "slow"]},
        "api": {"type": "str"},
        "pods": {"type": "str", "required": True},
        "mtu": {"type": "int", "default": 1450},
        "encapsulation": {"type": "str", "default": "none", "choices": ["none", "vxlan"]},
        "nat": {"type": "bool", "default": True},
        "proxy_mode": {"type": "str", "default": "nftables", "choices": ["nftables", "iptables"]},
        "bgp": {
            "type": "dict",
            "default": {},
            "options": {
                "as_number": {"type": "int", "default": 64512},
                "mesh": {"type": "bool", "default": True},
                "services": {"type": "list", "elements": "str", "default": []},
                "load_balancers": {"type": "list", "elements": "str", "default": []},
                "peers": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {
                        "name": {"type": "str", "required": True},
                        "address": {"type": "str", "required": True},
                        "as_number": {"type": "int", "required": True},
                        "zones": {"type": "list", "elements": "str", "default": []},
                        "keep_next_hop": {"type": "bool", "default": False},
                        "accept": {"type": "list", "elements": "str", "default": []},
                        "announce": {"type": "list", "elements": "str", "default": []},
                    },
                },
            },
        },
    },
}
# fmt: on
