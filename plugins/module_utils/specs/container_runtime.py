# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/container_runtime/meta/argument_specs.yml; change that file, not this one.
"""The input of the role container_runtime as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "version": {"type": "str"},
        "files": {"type": "dict", "required": True},
        "files_url": {"type": "str"},
        "registry": {
            "type": "dict",
            "default": {},
            "options": {
                "address": {"type": "str"},
                "ca": {"type": "str"},
                "mirrors": {"type": "list", "elements": "str", "default": []},
            },
        },
        "runtime": {"type": "str", "default": "crun", "choices": ["crun", "runc"]},
        "sandbox_image": {"type": "str", "default": "registry.k8s.io/pause:3.10.2"},
        "drop_ins": {"type": "dict", "default": {}},
    },
}
# fmt: on
