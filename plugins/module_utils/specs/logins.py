# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/container_runtime/meta/argument_specs.yml; change that file, not this one.
"""The input of the role container_runtime as the option `logins` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
LOGINS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "registry": {"type": "str", "required": True},
        "username": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
    },
}
# fmt: on
