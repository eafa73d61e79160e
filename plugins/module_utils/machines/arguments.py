# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of module machine_deploy, as plain data."""

from __future__ import annotations

from typing import Any

from ..specs.machine import CONFIG, SSH

_STR: dict[str, Any] = {"type": "str"}
DEPLOY: dict[str, Any] = {
    "machine": CONFIG,
    "ssh": SSH,
    "state_dir": {"type": "path", "required": True},
    "known_hosts": {"type": "str", "required": True, "no_log": False},
    "host_network": {"type": "dict"},
    "ca_file": {"type": "path"},
    "reinstall": {"type": "bool", "default": False},
    "wipe": {"type": "bool", "default": False},
    "wipe_storage": {"type": "bool", "default": False},
    "run": {"type": "str", "default": "by hand"},
    "patience": {"type": "float", "default": 10.0},
    "host": {"type": "dict", "options": {"state": _STR, "detail": _STR}},
}
