# SPDX-License-Identifier: GPL-3.0-or-later
"""Rack elevations with their cables: units counted from below, switches where they are, one colour a switch."""

from __future__ import annotations

from .canvas import Canvas
from .scene import PALETTE, Box, Scene, natural

UNIT, WIDTH, GAP, TOP, LEFT = 34, 250, 120, 44, 34


def racks(scene: Scene, troubled: frozenset[str] = frozenset()) -> str:
    """The picture as SVG; `troubled` are names of switches and machines that stand out, because something is wrong."""
    canvas = Canvas()
    canvas.text(8, 18, f"{scene.title}: racks and cables", "title")
    colours = {box.name: PALETTE[n % len(PALETTE)] for n, box in enumerate(_switches(scene))}
    places: dict[str, tuple[float, float]] = {}
    for column, (rack, boxes) in enumerate(scene.racks.items()):
        _rack(canvas, LEFT + column * (WIDTH + GAP), rack, boxes, colours, places)
    _cables(canvas, scene, colours, places)
    for name in sorted(troubled & set(places)):
        canvas.rect(*places[name], WIDTH, UNIT - 4, "trouble", tip=f"{name}: something is wrong")
    return canvas.svg(f"Racks and cables of {scene.title}")


def _switches(scene: Scene) -> list[Box]:
    return [box for box in scene.boxes if box.kind == "switch"]


def _rack(
    canvas: Canvas,
    x: float,
    rack: str,
    boxes: list[Box],
    colours: dict[str, str],
    places: dict[str, tuple[float, float]],
) -> None:
    """One frame with a slot for each box; rack units are written beside those that say theirs."""
    canvas.text(x, TOP - 8, f"rack {rack}" if rack else "not placed", "name")
    canvas.rect(x - 6, TOP, WIDTH + 12, UNIT * len(boxes) + 12, "frame")
    for row, box in enumerate(boxes):
        y = TOP + 6 + row * UNIT
        places[box.name] = (x, y)
        if box.unit is not None:
            canvas.text(x - 10, y + UNIT / 2 + 3, str(box.unit), "unit")
        _box(canvas, x, y, box, colours)


def _box(canvas: Canvas, x: float, y: float, box: Box, colours: dict[str, str]) -> None:
    tip = "\n".join([box.name, box.note, *(f"{net} {address}" for net, address in sorted(box.addresses.items()))])
    if box.kind == "switch":
        canvas.rect(x, y, WIDTH, UNIT - 4, "switch", tip=tip)
        canvas.rect(x, y, 6, UNIT - 4, "switch", fill=colours[box.name])
        canvas.text(x + 14, y + 14, box.name, "switch-name")
        canvas.text(x + 14, y + 26, box.note, "small", fill="#c9d3dc")
        return
    canvas.rect(x, y, WIDTH, UNIT - 4, "machine", tip=tip)
    canvas.text(x + 14, y + 14, box.name, "name")
    canvas.text(x + 14, y + 26, box.note, "small")


def _cables(canvas: Canvas, scene: Scene, colours: dict[str, str], places: dict[str, tuple[float, float]]) -> None:
    """One curve a cable, at the right of the racks; ports fan out so that none hides another."""
    taken: dict[str, int] = {}
    for box in sorted(scene.machines, key=lambda machine: places[machine.name][1]):
        for row, (nic, (switch, port)) in enumerate(sorted(box.cables.items(), key=lambda item: natural(item[0]))):
            if switch not in places:
                continue
            number = taken[switch] = taken.get(switch, -1) + 1
            (mx, my), (sx, sy) = places[box.name], places[switch]
            from_y = my + 9 + (row % 2) * 12
            to_y = sy + 4 + (number * 5) % (UNIT - 12)
            colour = colours[switch]
            tip = f"{box.name} {nic} to {switch}/{port}"
            _cable(canvas, (mx, from_y), (sx, to_y), 24 + 5 * (number % 14), colour, tip)


def _cable(
    canvas: Canvas, box: tuple[float, float], switch: tuple[float, float], bend: float, colour: str, tip: str
) -> None:
    """Inside a rack a cable runs at its right; to another rack it leaves on the side where that rack stands."""
    (mx, my), (sx, sy) = box, switch
    start = mx if sx < mx else mx + WIDTH
    end = sx if sx > mx else sx + WIDTH
    if mx == sx:
        canvas.curve(start, my, end, sy, bend, bend, colour, tip)
    else:
        canvas.curve(start, my, end, sy, bend if sx > mx else -bend, -bend if sx > mx else bend, colour, tip)
    canvas.dot(start, my, colour)
    canvas.dot(end, sy, colour)
