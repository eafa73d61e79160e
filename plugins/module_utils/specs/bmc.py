# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/machine/meta/argument_specs.yml; change that file, not this one.
"""The input of the role machine as options of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
BMC: dict[str, Any] = {
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
    "timeout": {"type": "float", "default": 60.0},
}
# fmt: on
