# SPDX-License-Identifier: GPL-3.0-or-later
"""Just enough SVG: text in, elements out, coordinates rounded so that pictures compare well in git."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

Number = int | float

STYLE = """
text{font:12px system-ui,sans-serif;fill:#1b2733}
.name{font-weight:600}.small{font-size:10px;fill:#5c6b7a}.unit{font-size:9px;fill:#93a1af;text-anchor:end}
.title{font-size:13px;font-weight:600}.paper{fill:#fff}
.frame{fill:#eef2f6;stroke:#b8c4cf}.slot{fill:#fff;stroke:#e3e9ee}
.machine{fill:#fff;stroke:#5c6b7a}.switch{fill:#22303c;stroke:#22303c}.switch-name{font-weight:600;fill:#fff}
.trouble{fill:none;stroke:#c0262d;stroke-width:3;pointer-events:none}
.port{fill:#93a1af}.cable{fill:none;stroke-width:1.6;opacity:.85}
"""


class Canvas:
    """A drawing that grows; :meth:`svg` gives the whole document."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.width: float = 0
        self.height: float = 0

    def rect(self, x: Number, y: Number, w: Number, h: Number, kind: str, *, fill: str = "", tip: str = "") -> None:
        """A box with slightly round corners; `tip` shows when the pointer rests on it."""
        colour = f' style="fill:{fill};stroke:{fill}"' if fill else ""
        title = f"<title>{escape(tip)}</title>" if tip else ""
        where = f'x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="3"'
        self._add(f'<rect class="{kind}" {where}{colour}>{title}</rect>', x + w, y + h)

    def text(self, x: Number, y: Number, words: str, kind: str = "", *, fill: str = "") -> None:
        """One line, its baseline at `y`."""
        colour = f' style="fill:{fill}"' if fill else ""
        self._add(f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}"{colour}>{escape(words)}</text>', x + 7 * len(words), y)

    def dot(self, x: Number, y: Number, colour: str) -> None:
        self._add(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="3.2" fill="{colour}"/>', x, y)

    def line(self, x1: Number, y1: Number, x2: Number, y2: Number, colour: str, width: Number = 2) -> None:
        ends = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
        self._add(f'<line {ends} stroke="{colour}" stroke-width="{_n(width)}"/>', max(x1, x2), max(y1, y2))

    def curve(
        self, x1: Number, y1: Number, x2: Number, y2: Number, out: Number, back: Number, colour: str, tip: str
    ) -> None:
        """A cable that leaves its first end by `out` and reaches its second from `back`, both to the right."""
        way = f"M{_n(x1)} {_n(y1)}C{_n(x1 + out)} {_n(y1)} {_n(x2 + back)} {_n(y2)} {_n(x2)} {_n(y2)}"
        reach = max(x1, x1 + out, x2, x2 + back)
        self._add(f'<path class="cable" stroke="{colour}" d="{way}"><title>{escape(tip)}</title></path>', reach, y2)

    def svg(self, title: str) -> str:
        """The document, as wide and high as what was drawn, with a margin."""
        size = f'width="{_n(self.width + 16)}" height="{_n(self.height + 16)}"'
        box = f'viewBox="0 0 {_n(self.width + 16)} {_n(self.height + 16)}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} role="img" aria-label={quoteattr(title)}>'
        paper = '<rect class="paper" width="100%" height="100%"/>'
        return "\n".join([head, f"<style>{STYLE}</style>{paper}", *self._parts, "</svg>"]) + "\n"

    def _add(self, element: str, right: Number, bottom: Number) -> None:
        self._parts.append(element)
        self.width, self.height = max(self.width, right), max(self.height, bottom)


def _n(value: Number) -> str:
    """Tenths of a pixel are enough, and whole ones need no fraction."""
    return f"{value:.1f}".removesuffix(".0")
