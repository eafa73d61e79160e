# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of machines as a model file has them."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]


def root_disks(machine: Tree) -> list[Tree]:
    """The disks of a machine's operating system as a model file has them: a mapping, or a list of two."""
    root = machine.get("root_disk")
    if isinstance(root, list):
        return list(root)
    return [disk for disk in (root, (root or {}).get("mirror")) if disk]
