# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each node stands between healthy, lost, fenced and back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from .facts import Node, Pause

#: Standings with what they mean, in the order in which a node goes through them.
STANDINGS = {
    "healthy": "Ready, in service, and its Lease is renewed",
    "unready": "not healthy, but not for long enough to be fenced without consent",
    "lost": "neither Ready nor its Lease renewed for long enough; it may be fenced",
    "fenced": "out of service, and not Ready since",
    "back": "Ready with another boot than the one that was fenced; it may be returned",
    "unproven": "out of service and Ready, without a proof that its machine was power-cycled",
}


def standing(node: Node, now: float, stale_after: float) -> str:
    """Return one of :data:`STANDINGS`."""
    if node.ready and node.out_of_service:
        return "back" if node.rebooted else "unproven"
    if node.ready and node.record is not None:
        return "back"
    if node.healthy(now):
        return "healthy"
    if node.ended and not node.ready:
        return "fenced"
    lost = not node.ready and min(node.unready(now), node.silent(now)) >= stale_after
    return "lost" if lost else "unready"


def describe(now: float, nodes: Iterable[Node], pause: Pause | None, stale_after: float) -> dict[str, Any]:
    """Return all nodes by name, and the names of those that are lost and back, for a result."""
    found = {node.name: _words(node, now, stale_after) for node in nodes}
    named = {word: [name for name, one in found.items() if one["standing"] == word] for word in ("lost", "back")}
    paused = pause is not None and now < pause.ends
    return {"nodes": found, **named, "paused_by": pause.by if pause and paused else ""}


def _words(node: Node, now: float, stale_after: float) -> dict[str, Any]:
    silent, unready = node.silent(now), node.unready(now)
    return {
        "standing": standing(node, now, stale_after),
        "unready": None if math.isinf(unready) else round(unready),
        "silent": None if math.isinf(silent) else round(silent),
        "control_plane": node.control_plane,
        "record": asdict(node.record) if node.record else {},
    }
