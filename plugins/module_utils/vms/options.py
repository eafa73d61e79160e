# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that all modules of virtual machines take."""

from __future__ import annotations

from typing import Any

from ..objects.access import OPTIONS as ACCESS

NAME: dict[str, Any] = {"type": "str", "required": True}
OPTIONS: dict[str, dict[str, Any]] = {
    **ACCESS,
    "namespace": NAME,
    "timeout": {"type": "int", "default": 300, "aliases": ["wait_timeout"]},
}
