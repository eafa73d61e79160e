# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/cdi/meta/argument_specs.yml; change that file, not this one.
"""The input of the role cdi as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "cloud": {"type": "str", "required": True},
        "manifest": {
            "type": "dict",
            "required": True,
            "options": {
                "path": {"type": "path"},
                "url": {"type": "str"},
                "sha256": {"type": "str", "required": True},
            },
        },
        "scratch_storage_class": {"type": "str"},
        "memory": {"type": "int", "default": 2048},
        "upload_url": {"type": "str"},
        "timings": {"type": "str", "default": "default", "choices": ["default", "slow"]},
        "replicas": {"type": "int", "default": 2},
        "node_labels": {"type": "dict", "default": {}},
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
    },
}
# fmt: on
