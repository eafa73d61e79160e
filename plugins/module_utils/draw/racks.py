# SPDX-License-Identifier: GPL-3.0-or-later
"""Rack elevations with cables: units counted from the bottom, a line and a colour for each switch, ports by name.

A cable leaves its box on the right, labelled with both of its ports, and ends with a dot on the line of its switch. A
cable to another rack ends in a tag with the switch's name, as on multi-sheet schematics: no line crosses a rack.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .canvas import MARGIN, Canvas, fit, fit_list, pill_width, width
from .legend import label, networks, sign
from .scene import CABLES, Box, Cable, Net, Scene

WIDTH, LEFT, TOP = 264, 34, 74
UNIT, ROW, FREE, PAD, LANE, BETWEEN = 36, 14, 13, 6, 12, 34
MORE = "#6b7986"
#: Racks per row.
ABREAST = 4


@dataclass
class _Rack:
    """The layout of a rack: `x` is the left side of its boxes, `lanes` is the `x` of each switch's line."""

    name: str
    boxes: list[Box]
    x: float = 0
    room: float = 0
    lanes: dict[str, float] = field(default_factory=dict)

    @property
    def right(self) -> float:
        return self.x + WIDTH

    @property
    def end(self) -> float:
        return self.right + PAD + self.room + LANE * len(self.lanes)


def racks(scene: Scene, troubled: frozenset[str] = frozenset()) -> str:
    """The picture as SVG; `troubled` are names of switches and machines that are highlighted as failed."""
    canvas = Canvas()
    canvas.text(MARGIN, 26, f"{scene.title}: racks and cables", "title")
    canvas.text(MARGIN, 42, _counts(scene), "small")
    colours = {box.name: CABLES[place % len(CABLES)] for place, box in enumerate(scene.switches)}
    nets = {net.name: net for net in scene.nets}
    left, top, bottom, right = float(LEFT + MARGIN), float(TOP), float(TOP), 640.0
    for place, (name, boxes) in enumerate(scene.racks.items()):
        if place and place % ABREAST == 0:
            left, top = float(LEFT + MARGIN), bottom + 40
        rack = _planned(name, boxes, left)
        for box, y in zip(boxes, _rack(canvas, rack, top, colours, nets), strict=True):
            bottom = max(bottom, y + _high(box) + PAD)
            if box.name in troubled:
                left, right_end = _sides(rack.x, box)
                canvas.rect(left, y, right_end - left, _high(box), "trouble", tip=f"{box.name}: something is wrong")
        left, right = rack.end + BETWEEN + LEFT, max(right, rack.end)
    _explain(canvas, scene, bottom + 26, right)
    return canvas.svg(f"Racks and cables of {scene.title}")


def _counts(scene: Scene) -> str:
    cables = sum(len(box.cables) for box in scene.machines)
    counted = [
        (len([rack for rack in scene.racks if rack]), "rack", "racks"),
        (len(scene.switches), "switch", "switches"),
        (len(scene.machines), "machine", "machines"),
        (cables, "cable", "cables"),
    ]
    words = [f"{count} {singular if count == 1 else plural}" for count, singular, plural in counted]
    return " · ".join(words)


def _planned(name: str, boxes: list[Box], x: float) -> _Rack:
    """The layout of a rack: wide enough for the longest cable label, with a lane for each switch in use."""
    rack = _Rack(name, boxes, x)
    here = {box.name for box in boxes if box.kind == "switch"}
    used = {cable.switch for box in boxes for cable in box.cables}
    words = [(_words(cable), cable.switch in here) for box in boxes for cable in box.cables]
    rooms = [width(text, "small") + (0 if local else 8 + pill_width(text)) for text, local in words]
    rooms += [width(text, "small") + 14 for box in boxes for text in _uplinks(box)]
    rack.room = max((room + 16 for room in rooms), default=0)
    # The lowest switch has the innermost lane, so that the lines of higher switches pass on its right.
    for place, box in enumerate(reversed([box for box in boxes if box.name in here & used])):
        rack.lanes[box.name] = rack.right + PAD + rack.room + LANE * place
    return rack


def _words(cable: Cable) -> str:
    return f"{cable.name} – {cable.port}"


def _uplinks(box: Box) -> list[str]:
    return [f"{port} – {where}" for port, where in box.uplinks.items()]


def _high(box: Box) -> float:
    """Height of a box: that of its units, or more if its cables need it."""
    rows = len(box.cables) + len(box.uplinks) + (1 if box.uplinks else 0)
    return max(UNIT + 16 * (box.height - 1), ROW * rows + 8)


def _rack(canvas: Canvas, rack: _Rack, top: float, colours: dict[str, str], nets: dict[str, Net]) -> list[float]:
    """Draw the frame with a slot for each box and strips for free units; returns the top `y` of each box."""
    canvas.text(rack.x - PAD, top - 8, f"rack {rack.name}" if rack.name else "in no rack", "heading")
    gaps = [_free(upper, lower) for upper, lower in zip(rack.boxes, rack.boxes[1:], strict=False)]
    high = sum(_high(box) + 4 for box in rack.boxes) + sum(FREE + 4 for gap in gaps if gap) - 4
    canvas.rect(rack.x - PAD, top, WIDTH + 2 * PAD, high + 2 * PAD, "frame")
    y, places = top + PAD, {}
    for box, gap in zip(rack.boxes, [*gaps, ""], strict=True):
        places[box.name] = y
        if box.units:
            canvas.text(rack.x - PAD - 5, y + _high(box) / 2 + 4, box.units, "small", anchor="end")
        _box(canvas, rack.x, y, box, colours, nets)
        y += _high(box) + 4
        if gap:
            canvas.rect(rack.x, y, WIDTH, FREE, "free")
            canvas.text(rack.x + WIDTH / 2, y + FREE - 3, gap, "small", anchor="middle")
            y += FREE + 4
    _cables(canvas, rack, places, colours)
    return list(places.values())


def _free(upper: Box, lower: Box) -> str:
    """Text of the strip between two boxes; empty if no unit is free or a unit is unknown."""
    if upper.unit is None or lower.unit is None:
        return ""
    first, last = lower.unit + lower.height, upper.unit - 1
    return "" if first > last else f"{first} free" if first == last else f"{first}–{last} free"


def _sides(x: float, box: Box) -> tuple[float, float]:
    """The left and right end of a box in a rack at `x`; one of half the width has a row of its own, on its side."""
    half = x + WIDTH / 2
    return (half + 2 if box.side == "right" else x), (half - 2 if box.side == "left" else x + WIDTH)


def _box(canvas: Canvas, x: float, y: float, box: Box, colours: dict[str, str], nets: dict[str, Net]) -> None:
    x, end = _sides(x, box)
    wide = end - x
    reached = [f"{net} {address}" for net, address in sorted(box.addresses.items())]
    tip = "\n".join([box.name, *([box.note] if box.note else []), *reached])
    switch = box.kind == "switch"
    canvas.rect(x, y, wide, _high(box), box.kind, tip=tip)
    if switch:
        canvas.rect(x, y, 6, _high(box), "switch", fill=colours[box.name])
    name = fit(box.name, wide - 24, "name")
    canvas.text(x + 14, y + 15, name, "name", more="light" if switch else "")
    canvas.text(x + 14, y + 29, fit_list(box.note, wide - 24, "small"), "small", more="dim" if switch else "")
    _pills(canvas, box, x + 14 + width(name, "name") + 10, end - 8, y + 11, nets)


def _pills(canvas: Canvas, box: Box, left: float, right: float, y: float, nets: dict[str, Net]) -> None:
    """Draw a pill for each network of a machine, aligned right; networks that don't fit are counted."""
    carried = [net for net in nets.values() if net.name in box.addresses or net.name in box.carries]
    room, shown = right - left, list(carried)
    while shown and _row(shown, len(carried)) > room:
        shown.pop()
    x = right - (_row(shown, len(carried)) if shown else 0)
    for net in shown:
        x += canvas.pill(x, y, label(net), net.colour, tip=f"{net.name} {box.addresses.get(net.name, '')}".strip()) + 3
    if len(shown) < len(carried) and room > 30:
        more = carried[len(shown) :]
        words = f"+{len(more)}"
        canvas.pill(
            right - pill_width(words),
            y,
            words,
            MORE,
            tip="\n".join(f"{n.name} {box.addresses.get(n.name, '')}".strip() for n in more),
        )


def _row(shown: list[Net], of: int) -> float:
    """Width of a row of pills, with the pill that counts the others."""
    more = pill_width(f"+{of - len(shown)}") + 3 if len(shown) < of else 0
    return sum(pill_width(label(net)) + 3 for net in shown) - 3 + more


def _cables(canvas: Canvas, rack: _Rack, places: dict[str, float], colours: dict[str, str]) -> None:
    """Draw the lines of the switches, and the cables above them."""
    lows = dict.fromkeys(rack.lanes, 0.0)
    stubs: list[tuple[Box, Cable, float]] = []
    for box in rack.boxes:
        for row, cable in enumerate(box.cables):
            y = places[box.name] + _first(box, len(box.cables)) + ROW * row
            stubs.append((box, cable, y))
            if cable.switch in lows:
                lows[cable.switch] = max(lows[cable.switch], y)
    for name, lane in rack.lanes.items():
        y = places[name] + 10
        turns = [y, lows[name], *(at for _box, cable, at in stubs if cable.switch == name)]
        canvas.line([(rack.right, y), (lane, y)], colours[name], thick=2.4, tip=name)
        canvas.line([(lane, min(turns)), (lane, max(turns))], colours[name], thick=2.4, tip=name)
    for box, cable, y in stubs:
        _cable(canvas, rack, box, cable, y, colours.get(cable.switch, "#52616f"))
    for box in rack.boxes:
        for row, words in enumerate(_uplinks(box), start=1):
            y = places[box.name] + 11 + ROW * row
            end = rack.right + width(words, "small") + 20
            canvas.line([(rack.right, y), (end, y)], colours[box.name], tip=f"{box.name} {words}")
            canvas.line([(end - 4, y - 3), (end, y), (end - 4, y + 3)], colours[box.name])
            canvas.text(rack.right + 8, y - 3, words, "small")


def _first(box: Box, rows: int) -> float:
    """Distance of the first cable from the top of its box; the cables are centred vertically."""
    return (_high(box) - ROW * (rows - 1)) / 2 + 3


def _cable(canvas: Canvas, rack: _Rack, box: Box, cable: Cable, y: float, colour: str) -> None:
    lane = rack.lanes.get(cable.switch)
    words, tip = _words(cable), f"{box.name} {cable.name} to {cable.switch}/{cable.port}"
    end = lane if lane is not None else rack.right + width(words, "small") + 14
    start = _sides(rack.x, box)[1]
    canvas.line([(start, y), (end, y)], colour, thick=1.4, dashed=cable.bmc, tip=tip)
    canvas.dot(start, y, colour, hollow=cable.bmc)
    canvas.text(rack.right + 8, y - 3, words, "small")
    if lane is None:
        canvas.pill(end, y, cable.switch, colour, tip=tip)
    else:
        canvas.dot(lane, y, colour, hollow=cable.bmc)


def _explain(canvas: Canvas, scene: Scene, y: float, right: float) -> None:
    bottom = networks(canvas, scene, MARGIN, y, right) if scene.nets else y
    x = sign(canvas, MARGIN + 4, bottom, "NIC and switch port")
    if any(cable.bmc for box in scene.machines for cable in box.cables):
        sign(canvas, x, bottom, "BMC and switch port", dashed=True, hollow=True)
