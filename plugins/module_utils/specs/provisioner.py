# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/provisioner/meta/argument_specs.yml; change that file, not this one.
"""The input of the role provisioner as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "cloud": {"type": "str"},
        "state_dir": {"type": "path", "required": True},
        "service_manager": {"type": "str", "default": "systemd", "choices": ["systemd", "processes"]},
        "network": {
            "type": "dict",
            "required": True,
            "options": {
                "interface": {"type": "str"},
                "address": {"type": "str", "required": True},
                "subnet": {"type": "str", "required": True},
                "relayed": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {
                        "subnet": {"type": "str", "required": True},
                        "gateway": {"type": "str", "required": True},
                    },
                },
                "range": {"type": "str"},
            },
        },
        "addresses": {"type": "dict", "default": {}},
        "bundle_dir": {"type": "path"},
        "bundle_dirs": {"type": "list", "elements": "path", "default": []},
        "names": {"type": "dict", "default": {}},
        "machines": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "fqdn": {"type": "str"},
                "number": {"type": "int"},
                "macs": {"type": "list", "elements": "str", "required": True},
                "boot_mac": {"type": "str"},
                "address": {"type": "str", "required": True},
                "firmware": {"type": "str"},
                "snponly": {"type": "bool", "default": False},
            },
        },
        "images": {"type": "dict", "default": {}},
        "ramdisk_packages": {"type": "list", "elements": "str", "default": []},
        "ntp_upstream": {"type": "list", "elements": "str", "default": []},
        "dns": {
            "type": "dict",
            "default": {},
            "options": {
                "domain": {"type": "str"},
                "servers": {"type": "list", "elements": "str", "default": []},
            },
        },
        "http_port": {"type": "int", "default": 8080},
        "registry_port": {"type": "int", "default": 5000},
    },
}
# fmt: on
