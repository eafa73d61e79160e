# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/vm_ha/meta/argument_specs.yml; change that file, not this one.
"""The input of the role vm_ha as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "cloud": {"type": "str", "required": True},
        "state_dir": {"type": "path", "required": True},
        "service_manager": {"type": "str", "default": "systemd", "choices": ["systemd", "processes"]},
        "profile": {"type": "str", "default": "default", "choices": ["default", "tight"]},
        "timings": {"type": "str", "default": "default", "choices": ["default", "slow"]},
        "minimum_healthy": {"type": "int", "default": 51},
        "machines": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "identity": {
                    "type": "dict",
                    "options": {
                        "serial": {"type": "str"},
                        "uuid": {"type": "str"},
                        "macs": {"type": "list", "elements": "str", "default": []},
                    },
                },
                "bmc": {
                    "type": "dict",
                    "required": True,
                    "options": {
                        "protocol": {"type": "str", "required": True, "choices": ["redfish", "ipmi"]},
                        "address": {"type": "str", "required": True},
                        "port": {"type": "int"},
                        "username": {"type": "str", "required": True},
                        "password": {"type": "str", "required": True, "no_log": True},
                        "system": {"type": "str"},
                        "tls": {
                            "type": "dict",
                            "mutually_exclusive": [["ca_file", "fingerprint"]],
                            "options": {
                                "ca_file": {"type": "path"},
                                "fingerprint": {"type": "str"},
                            },
                        },
                        "ipmi": {
                            "type": "dict",
                            "options": {
                                "cipher": {"type": "int", "choices": [3, 17]},
                            },
                        },
                    },
                },
            },
        },
    },
}
# fmt: on
