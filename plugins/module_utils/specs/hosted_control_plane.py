# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/hosted_control_plane/meta/argument_specs.yml; change that file, not this one.
"""The input of the role hosted_control_plane as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "bundle_dir": {"type": "path", "required": True},
        "service_manager": {"type": "str", "default": "systemd", "choices": ["systemd", "processes"]},
        "konnectivity": {
            "type": "dict",
            "options": {
                "port": {"type": "int", "default": 8091},
            },
        },
    },
}
# fmt: on
