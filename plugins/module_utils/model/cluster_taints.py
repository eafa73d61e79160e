# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The taints of a machine's node."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable

from .enums import Role
from .hardware import Machine

CONTROL_PLANE_TAINT = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}


def taints(machine: Machine) -> list[dict[str, t.Any]]:
    """Those of the model, and the usual one of a machine that has no other role than control_plane."""
    found: list[dict[str, t.Any]] = [
        {"key": taint.key, **({"value": taint.value} if taint.value else {}), "effect": str(taint.effect)}
        for taint in machine.taints
    ]
    if set(machine.roles) == {Role.CONTROL_PLANE}:
        found.append(dict(CONTROL_PLANE_TAINT))
    return found


def tolerations(machines: Iterable[Machine]) -> dict[str, t.Any]:
    """The input `tolerations` of a layer whose pods run on these machines: each of their taints once."""
    found = dict.fromkeys(tuple(one.items()) for machine in machines for one in taints(machine))
    return {"tolerations": [dict(pairs) for pairs in found]} if found else {}
