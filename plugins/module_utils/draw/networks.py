# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of layers 2 and 3: a lane for each network (VLAN, subnet, MTU), a column for each machine (addresses).

The provisioner and the API endpoint come first. Columns that don't fit side by side continue in a band below.
"""

from __future__ import annotations

from .canvas import MARGIN, Canvas, fit, fit_list, width
from .legend import sign
from .scene import Box, Net, Scene, natural

LANE, TOP, STEP, BOX = 42, 62, 9, 30
#: Columns per band, and columns per picture; the picture states the number of the others.
ABREAST, MOST = 9, 45


def networks(scene: Scene) -> str:
    """The picture as SVG."""
    canvas = Canvas()
    canvas.text(MARGIN, 26, f"{scene.title}: networks", "title")
    machines = sorted(scene.machines, key=lambda box: natural(box.name))
    columns = [*scene.others, *machines][:MOST]
    head = MARGIN + max((max(width(n.name, "name"), width(_facts(n), "small")) for n in scene.nets), default=120) + 20
    wide = _column_width(scene, columns)
    y = float(TOP - 18)
    for start in range(0, max(len(columns), 1), ABREAST):
        y = _band(canvas, scene, columns[start : start + ABREAST], (head, y), wide) + 14
    left_out = len(scene.others) + len(machines) - len(columns)
    if left_out:
        canvas.text(head, y, f"and {left_out} more machines", "small")
        y += 18
    if any(box.carries for box in columns):
        x = sign(canvas, MARGIN + 4, y + 4, "has an address")
        sign(canvas, x, y + 4, "is carried to VMs, the machine itself has no address", hollow=True)
    return canvas.svg(f"Networks of {scene.title}")


def _facts(net: Net) -> str:
    return f"{net.facts} · via {net.gateway}" if net.gateway else net.facts


def _column_width(scene: Scene, columns: list[Box]) -> float:
    """Width of a column: a drop for every network and the longest address at the right of the last one."""
    longest = max((width(words, "small") for box in columns for words in box.addresses.values()), default=60)
    most = max((len(_reached(scene, box)) for box in columns), default=1)
    return max(104, 10 + STEP * most + longest + 16)


def _reached(scene: Scene, box: Box) -> list[tuple[int, Net]]:
    return [(row, net) for row, net in enumerate(scene.nets) if net.name in box.addresses or net.name in box.carries]


def _band(canvas: Canvas, scene: Scene, columns: list[Box], corner: tuple[float, float], wide: float) -> float:
    """Draw lanes with their names, and columns above them; returns the bottom `y`."""
    head, top = corner
    right = head + wide * max(len(columns), 1)
    first = top + BOX + 26
    for row, net in enumerate(scene.nets):
        y = first + row * LANE
        canvas.text(MARGIN, y - 4, net.name, "name", fill=net.colour)
        canvas.text(MARGIN, y + 10, _facts(net), "small")
        canvas.line([(head - 8, y), (right - 12, y)], net.colour, thick=3, tip=f"{net.name}: {_facts(net)}")
    for place, box in enumerate(columns):
        _column(canvas, scene, box, (head + place * wide, top), (first, wide))
    return first + LANE * len(scene.nets) - 12


def _column(canvas: Canvas, scene: Scene, box: Box, corner: tuple[float, float], lanes: tuple[float, float]) -> None:
    """Draw a machine above the lanes and a drop to each of its networks, side by side so that drops don't cross."""
    (x, top), (first, wide) = corner, lanes
    dark = box.kind == "other"
    canvas.rect(x, top, wide - 12, BOX, "switch" if dark else "machine", tip="\n".join([box.name, box.note]).strip())
    canvas.text(x + 8, top + 13, fit(box.name, wide - 26, "name"), "name", more="light" if dark else "")
    canvas.text(x + 8, top + 25, fit_list(box.note, wide - 26, "small"), "small", more="dim" if dark else "")
    reached = _reached(scene, box)
    for step, (row, net) in enumerate(reached):
        drop, y = x + 10 + step * STEP, first + row * LANE
        address = box.addresses.get(net.name, "")
        tip = f"{box.name} {address or 'carries'} {net.name}"
        canvas.line([(drop, top + BOX), (drop, y)], net.colour, thick=1.4, tip=tip)
        canvas.dot(drop, y, net.colour, hollow=not address)
        canvas.text(x + 10 + len(reached) * STEP, y + 13, address, "small")
