# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/vm_images/meta/argument_specs.yml; change that file, not this one.
"""The input of the role vm_images as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "namespace": {"type": "str", "default": "golden-images"},
        "network_binding": {"type": "str", "default": "masquerade", "choices": ["bridge", "masquerade"]},
        "images": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "source": {
                    "type": "dict",
                    "required": True,
                    "options": {
                        "http": {"type": "str"},
                        "sha256": {"type": "str"},
                        "registry": {"type": "str"},
                    },
                },
                "size": {"type": "str", "required": True},
                "storage_class": {"type": "str"},
                "schedule": {"type": "str"},
                "retention": {"type": "int"},
                "instance_type": {"type": "str"},
                "preference": {"type": "str"},
            },
        },
    },
}
# fmt: on
