# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/network_basic/meta/argument_specs.yml; change that file, not this one.
"""The input of the role network_basic as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "pods": {"type": "str", "required": True},
        "interface": {"type": "str"},
        "mtu": {"type": "int", "default": 1500},
        "remove_leftovers": {"type": "list", "elements": "str", "default": []},
    },
}
# fmt: on
