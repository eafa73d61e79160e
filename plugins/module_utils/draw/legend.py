# SPDX-License-Identifier: GPL-3.0-or-later
"""The legend of a picture: its colours and line styles."""

from __future__ import annotations

from .canvas import Canvas, pill_width, width
from .scene import Net, Scene

ROW, BETWEEN = 18, 22


def networks(canvas: Canvas, scene: Scene, x: float, y: float, right: float) -> float:
    """Every network with its VLAN, subnet and MTU, in as many rows as needed; returns the `y` below it."""
    start = x
    for net in scene.nets:
        needs = pill_width(label(net)) + 6 + width(net.name, "name") + 6 + width(net.facts, "small")
        if x > start and x + needs > right:
            x, y = start, y + ROW
        _entry(canvas, net, x, y)
        x += needs + BETWEEN
    return y + ROW


def _entry(canvas: Canvas, net: Net, x: float, y: float) -> None:
    x += canvas.pill(x, y, label(net), net.colour) + 6
    canvas.text(x, y + 4, net.name, "name")
    canvas.text(x + width(net.name, "name") + 6, y + 4, net.facts, "small")


def label(net: Net) -> str:
    """Text on the network's pill."""
    return net.vlans or net.name


def sign(canvas: Canvas, x: float, y: float, words: str, *, dashed: bool = False, hollow: bool = False) -> float:
    """Add a line style with its meaning; returns the `x` behind it."""
    canvas.line([(x, y), (x + 24, y)], "#52616f", dashed=dashed)
    canvas.dot(x, y, "#52616f", hollow=hollow)
    canvas.text(x + 32, y + 4, words, "small")
    return x + 32 + width(words, "small") + BETWEEN
