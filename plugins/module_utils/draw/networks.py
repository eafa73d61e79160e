# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers 2 and 3: every network a lane with its VLAN, subnet and MTU, every machine a column with its addresses."""

from __future__ import annotations

from .canvas import Canvas
from .scene import Box, Net, Scene, natural

LANE, HEAD, COLUMN, TOP = 44, 190, 118, 84
#: More columns than this are no picture any more; the rest is counted in words.
MOST = 24


def networks(scene: Scene) -> str:
    """The picture as SVG."""
    canvas = Canvas()
    canvas.text(8, 18, f"{scene.title}: networks", "title")
    machines = sorted(scene.machines, key=lambda box: natural(box.name))
    shown = machines[:MOST]
    right = HEAD + COLUMN * max(len(shown), 1)
    for row, net in enumerate(scene.nets):
        _lane(canvas, net, TOP + row * LANE, right)
    for column, box in enumerate(shown):
        _column(canvas, scene, box, HEAD + column * COLUMN)
    if len(machines) > MOST:
        canvas.text(HEAD, TOP + len(scene.nets) * LANE + 8, f"and {len(machines) - MOST} more machines", "small")
    return canvas.svg(f"Networks of {scene.title}")


def _lane(canvas: Canvas, net: Net, y: float, right: float) -> None:
    canvas.text(8, y - 6, net.name, "name", fill=net.colour)
    said = [f"VLAN {net.vlans}" if net.vlans else "", net.subnet, f"MTU {net.mtu}"]
    canvas.text(8, y + 7, " · ".join(part for part in said if part), "small")
    canvas.line(HEAD - 8, y, right, y, net.colour, 3)


def _column(canvas: Canvas, scene: Scene, box: Box, x: float) -> None:
    """A machine above the lanes, and a drop to each network it is in, in steps so that the drops don't meet."""
    canvas.rect(x, 34, COLUMN - 14, 28, "machine", tip=box.note)
    canvas.text(x + 8, 52, box.name, "name")
    inside = [(row, net) for row, net in enumerate(scene.nets) if net.name in box.addresses]
    for step, (row, net) in enumerate(inside):
        drop, y = x + 10 + step * 8, TOP + row * LANE
        canvas.line(drop, 62, drop, y, net.colour, 1.4)
        canvas.dot(drop, y, net.colour)
        canvas.text(x + 10 + len(inside) * 8, y + 13, box.addresses[net.name], "small")
