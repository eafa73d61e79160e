# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/virtual_rack/meta/argument_specs.yml; change that file, not this one.
"""The input of the role virtual_rack as the option `rack` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "required_one_of": [["model", "name"]],
    "options": {
        "model": {"type": "path"},
        "name": {"type": "str"},
        "directory": {"type": "path", "default": "build/lab"},
        "accelerator": {"type": "str", "choices": ["auto", "kvm", "tcg"]},
        "venv": {"type": "path"},
    },
}
# fmt: on
