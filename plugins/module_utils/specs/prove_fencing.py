# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/prove/meta/argument_specs.yml; change that file, not this one.
"""The input of the role prove as options of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
FENCING: dict[str, Any] = {
    "cloud": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "service_manager": {"type": "str", "default": "systemd", "choices": ["systemd", "processes"]},
    "machines": {"type": "list", "elements": "str", "required": True},
    "nodes": {"type": "list", "elements": "str", "required": True},
}
# fmt: on
