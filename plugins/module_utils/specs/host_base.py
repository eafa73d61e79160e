# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/host_base/meta/argument_specs.yml; change that file, not this one.
"""The input of the role host_base as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "packages": {"type": "list", "elements": "str", "default": []},
        "apt": {
            "type": "dict",
            "default": {},
            "options": {
                "url": {"type": "str"},
                "suite": {"type": "str", "default": "./"},
                "components": {"type": "list", "elements": "str", "default": []},
                "signed_by": {"type": "path"},
            },
        },
        "kernel_modules": {"type": "list", "elements": "str", "default": []},
        "virtual_machines": {"type": "str", "default": "none", "choices": ["none", "hardware", "emulated"]},
        "checksums_by_kernel": {"type": "list", "elements": "str", "default": []},
        "kernel_arguments": {"type": "list", "elements": "str", "default": []},
        "sysctls": {"type": "dict", "default": {}},
        "ntp_servers": {"type": "list", "elements": "str", "default": []},
        "clock_limit": {"type": "float", "default": 5},
        "hosts": {"type": "dict", "default": {}},
        "swap": {"type": "bool", "default": False},
        "limits": {
            "type": "dict",
            "default": {"nofile": 1048576},
        },
        "journal": {
            "type": "dict",
            "default": {},
            "options": {
                "max_use": {"type": "str", "default": "500M"},
                "max_days": {"type": "int", "default": 30},
            },
        },
        "firewall": {
            "type": "dict",
            "default": {},
            "options": {
                "enabled": {"type": "bool", "default": False},
                "trusted": {"type": "list", "elements": "str", "default": []},
                "open": {"type": "list", "elements": "str", "default": []},
                "ssh_port": {"type": "int", "default": 22},
            },
        },
        "ca_certificates": {"type": "dict", "default": {}},
        "registry_ca": {"type": "str"},
        "hostname": {"type": "str"},
        "fqdn": {"type": "str"},
    },
}
# fmt: on
