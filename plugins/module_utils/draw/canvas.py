# SPDX-License-Identifier: GPL-3.0-or-later
"""A minimal SVG writer. Coordinates are rounded, so that unchanged pictures have no difference in git.

Lengths are pixels at scale 1. A picture has a light background, so that it is readable on a dark page. Its styles
are limited to the class of the picture, so that they don't apply to the rest of a page that contains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

Number = int | float
Point = tuple[Number, Number]

MARGIN = 16
#: Font sizes by kind of text.
SIZES = {"title": 15, "name": 12, "heading": 13, "tag": 9, "small": 10}
BOLD = frozenset({"title", "name", "heading", "tag"})

STYLE = """
.cloud text{font:12px system-ui,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;fill:#1b2733}
.cloud .title{font-size:15px;font-weight:600}.cloud .heading{font-size:13px;font-weight:600}
.cloud .name{font-weight:600}
.cloud .small{font-size:10px;fill:#52616f}.cloud .tag{font-size:9px;font-weight:600;fill:#fff}
.cloud .light{fill:#fff}.cloud .dim{fill:#c5d0da}
.cloud .paper{fill:#fff;stroke:#d5dde4}.cloud .frame{fill:#eef2f6;stroke:#b8c4cf}.cloud .free{fill:#e2e8ee}
.cloud .machine{fill:#fff;stroke:#7b8a98}.cloud .switch{fill:#22303c;stroke:#22303c}
.cloud .trouble{fill:none;stroke:#c0262d;stroke-width:3;pointer-events:none}
.cloud .cable{fill:none;stroke-linejoin:round;stroke-linecap:round}
"""
_NARROW, _WIDE = frozenset("iljtfrI.,:;|/()'! ·-"), frozenset("mwMW@%")


def width(words: str, kind: str = "") -> float:
    """Estimated width of a line of text in pixels; slightly more than most fonts need."""
    ems = sum(0.36 if sign in _NARROW else 0.94 if sign in _WIDE else 0.7 if sign.isupper() else 0.6 for sign in words)
    return ems * SIZES.get(kind, 12) * (1.06 if kind in BOLD else 1)


def fit(words: str, room: Number, kind: str = "") -> str:
    """A line cut to the width `room`; the middle is omitted, since names differ at their ends."""
    if width(words, kind) <= room:
        return words
    for length in range(len(words) - 1, 0, -1):
        tail = length // 3
        shown = f"{words[: length - tail]}…{words[len(words) - tail :]}"
        if width(shown, kind) <= room:
            return shown
    return "…"


def fit_list(words: str, room: Number, kind: str = "") -> str:
    """As many items of a comma-separated list as fit into the width `room`, and the number of the others."""
    parts = words.split(", ")
    for left_out in range(len(parts)):
        shown = ", ".join(parts[: len(parts) - left_out]) + (f" +{left_out}" if left_out else "")
        if width(shown, kind) <= room:
            return shown
    return fit(words, room, kind)


class Canvas:
    """A drawing to which elements are added; :meth:`svg` returns the document."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.width: float = 0
        self.height: float = 0

    def rect(self, x: Number, y: Number, w: Number, h: Number, kind: str, *, fill: str = "", tip: str = "") -> None:
        """Add a box with rounded corners; `tip` is its tooltip."""
        colour = f' style="fill:{fill};stroke:{fill}"' if fill else ""
        where = f'x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="3"'
        self._add(f'<rect class="{kind}" {where}{colour}>{_tip(tip)}</rect>', x + w, y + h)

    def text(
        self, x: Number, y: Number, words: str, kind: str = "", *, fill: str = "", anchor: str = "start", more: str = ""
    ) -> None:
        """Add a line of text with its baseline at `y`; `more` are further classes."""
        colour = f' style="fill:{fill}"' if fill else ""
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        classes = " ".join(part for part in (kind, more) if part)
        right = x + width(words, kind) * {"start": 1.0, "middle": 0.5, "end": 0.0}[anchor]
        self._add(f'<text class="{classes}" x="{_n(x)}" y="{_n(y)}"{side}{colour}>{escape(words)}</text>', right, y + 3)

    def dot(self, x: Number, y: Number, colour: str, *, hollow: bool = False) -> None:
        """Add the end of a cable; hollow for a network without an address of the machine, and for BMCs."""
        paint = f'fill="#fff" stroke="{colour}" stroke-width="1.6"' if hollow else f'fill="{colour}"'
        self._add(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{2.6 if hollow else 3.2}" {paint}/>', x + 4, y + 4)

    def line(
        self, points: Sequence[Point], colour: str, *, thick: Number = 1.6, dashed: bool = False, tip: str = ""
    ) -> None:
        """Add a line through the points."""
        way = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        right, bottom = max(x for x, _y in points), max(y for _x, y in points)
        self._add(
            f'<path class="cable" stroke="{colour}" stroke-width="{_n(thick)}"{dash} d="{way}">{_tip(tip)}</path>',
            right + thick,
            bottom + thick,
        )

    def pill(self, x: Number, y: Number, words: str, colour: str, *, tip: str = "") -> float:
        """Add a small label on a coloured background, vertically centred at `y`; returns its width."""
        wide = pill_width(words)
        self.rect(x, y - 6, wide, 12, "pill", fill=colour, tip=tip)
        self.text(x + wide / 2, y + 3.2, words, "tag", anchor="middle")
        return wide

    def svg(self, title: str) -> str:
        """The document, whose size is that of the drawing with a margin."""
        wide, high = _n(self.width + MARGIN), _n(self.height + MARGIN)
        head = f'<svg xmlns="http://www.w3.org/2000/svg" class="cloud" width="{wide}" height="{high}"'
        head += f' viewBox="0 0 {wide} {high}" role="img" aria-label={quoteattr(title)}>'
        inner = f'width="{_n(self.width + MARGIN - 1)}" height="{_n(self.height + MARGIN - 1)}"'
        paper = f'<rect class="paper" x="0.5" y="0.5" {inner} rx="6"/>'
        return "\n".join([head, f"<style>{STYLE}</style>{paper}", *self._parts, "</svg>"]) + "\n"

    def _add(self, element: str, right: Number, bottom: Number) -> None:
        self._parts.append(element)
        self.width, self.height = max(self.width, right), max(self.height, bottom)


def pill_width(words: str) -> float:
    """Width of a pill."""
    return max(18, round(width(words, "tag") + 8))


def _tip(words: str) -> str:
    return f"<title>{escape(words)}</title>" if words else ""


def _n(value: Number) -> str:
    """A coordinate rounded to tenths of a pixel, without a trailing `.0`."""
    return f"{value:.1f}".removesuffix(".0")
