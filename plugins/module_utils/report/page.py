# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as one HTML page: no external files and no script, for phones and dark mode too, failures first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from itertools import groupby

from . import pairs
from .proofs import Proof, Report, Stage
from .style import STYLE

#: ok -> class, word, sign. A sign beside each colour, for those who don't see it.
_MARKS = {True: ("good", "proved", "✓"), False: ("bad", "failed", "✕"), None: ("untried", "not tried", "–")}
#: Pictures wider than this, in pixels, scroll instead of shrinking until they are unreadable.
_WIDE = 900


def html(report: Report) -> str:
    """The whole page as text."""
    parts = [
        f"<header><h1>{escape(report.cloud)}</h1><p>{_when(report)}</p></header>",
        _verdict(report),
        _list("What failed", report.failed, "failures"),
        _list("What could not be tried", report.untried, "open"),
        _glance(report.owed),
        _picture(report.picture),
        pairs.section(report.proofs),
        *(_layer(name, list(proofs)) for name, proofs in groupby(report.owed, key=lambda proof: proof.layer)),
        _not_promised(report.not_promised),
        _stages(report.stages),
    ]
    return document(f"{report.cloud}: {report.summary}", parts)


def document(title: str, parts: Iterable[str]) -> str:
    """A page of its own with the style of the report; empty parts are left out."""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>{escape(title)}</title><style>{STYLE}</style>"
    body = "\n".join(filter(None, parts))
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _when(report: Report) -> str:
    began = datetime.fromisoformat(report.started)
    return f"{began:%-d %B %Y, %H:%M} UTC · {duration(report.seconds)}"


def _verdict(report: Report) -> str:
    kind, words = ("good", _held(report)) if report.good else ("bad", _bad(report))
    counts = [(ok, sum(proof.ok is ok for proof in report.owed)) for ok in _MARKS]
    bars = "".join(f'<i class="{_MARKS[ok][0]}" style="flex:{count}"></i>' for ok, count in counts if count)
    return (
        f'<section class="verdict {kind}"><strong class="{kind}">{words}</strong>'
        f'<div class="share" aria-hidden="true">{bars}</div><p>{escape(report.summary)}</p></section>'
    )


def _held(report: Report) -> str:
    return "Every proof that could be tried holds" if report.untried else "Every proof holds"


def _bad(report: Report) -> str:
    count = len(report.failed)
    return f"{count} proof{'s' if count > 1 else ''} failed" if count else "Nothing was proved"


def _list(title: str, proofs: Sequence[Proof], kind: str) -> str:
    items = "".join(map(_proof, proofs))
    return f'<section class="{kind}"><h2>{title}</h2><ul>{items}</ul></section>' if proofs else ""


def _glance(proofs: Sequence[Proof]) -> str:
    """Every proof as one square, layer by layer."""
    rows = []
    for layer, group in groupby(proofs, key=lambda proof: proof.layer):
        squares = "".join(_square(proof) for proof in group)
        rows.append(f"<dt>{escape(_title(layer))}</dt><dd>{squares}</dd>")
    return f'<section><h2>At a glance</h2><dl class="glance">{"".join(rows)}</dl></section>' if rows else ""


def _square(proof: Proof) -> str:
    kind, word, sign = _MARKS[proof.ok]
    return f'<i class="{kind}" title="{escape(proof.name)}: {word}">{sign}</i>'


def _picture(picture: str) -> str:
    if not picture:
        return ""
    found = re.search(r'<svg[^>]* width="(\d+)', picture)
    wide = ' class="wide"' if found and int(found[1]) > _WIDE else ""
    return f"<section><h2>The rack</h2><figure{wide}>{picture}</figure></section>"


def _layer(name: str, proofs: list[Proof]) -> str:
    """The proofs that hold, collapsed, so that failures are seen first."""
    held = [proof for proof in proofs if proof.ok]
    if not held:
        return ""
    count = f'<span class="n">{len(held)} of {len(proofs)} proved</span>'
    doubts = {_doubt(proof) for proof in held}
    common = doubts.pop() if len(doubts) == 1 else ""  # shown once instead of under each
    items = "".join(_proof(proof, common) for proof in held)
    return f"<details><summary>{escape(_title(name))} {count}</summary>{common}<ul>{items}</ul></details>"


def _not_promised(proofs: Sequence[Proof]) -> str:
    """What the chosen providers do not promise, collapsed, since it is no fault."""
    if not proofs:
        return ""
    items = "".join(map(_proof, proofs))
    return f'<details><summary>Not promised <span class="n">{len(proofs)}</span></summary><ul>{items}</ul></details>'


def _title(layer: str) -> str:
    return {"bmc": "BMC"}.get(layer, layer.capitalize())


def _proof(proof: Proof, shown: str = "") -> str:
    evidence = proof.why_not_real if proof.ok is None else proof.evidence
    doubt = _doubt(proof).removeprefix(shown)
    time = f"<time>{proof.seconds:.1f} s</time>" if proof.seconds else ""
    return (
        f'<li><div class="head"><b>{escape(proof.name)}</b>{time}</div>'
        f'<p class="evidence">{escape(evidence or "")}</p>{_warning(proof)}{doubt}</li>'
    )


def _warning(proof: Proof) -> str:
    return f'<p class="note">warning: {escape(proof.warning)}</p>' if proof.warning else ""


def _doubt(proof: Proof) -> str:
    doubled = proof.ok is not None and not proof.real
    return f'<p class="note">on a double: {escape(proof.why_not_real or "")}</p>' if doubled else ""


def _stages(stages: Sequence[Stage]) -> str:
    """One bar a stage, the longest as wide as the page."""
    if not stages:
        return ""
    longest = max(stage.seconds for stage in stages) or 1.0
    rows = "".join(_stage(stage, 100 * stage.seconds / longest) for stage in stages)
    total = duration(sum(stage.seconds for stage in stages))
    return f'<section><h2>Stages <small>{total}</small></h2><dl class="stages">{rows}</dl></section>'


def _stage(stage: Stage, percent: float) -> str:
    notes = [f"{stage.changed} changed"] if stage.changed else []
    notes += [f"{stage.failed} failed"] if stage.failed else []
    kind = ' class="bad"' if stage.failed else ""
    words = " · ".join([*notes, duration(stage.seconds)])
    return (
        f'<dt>{escape(stage.name)}</dt><dd class="track"><i{kind} style="width:{percent:.1f}%"></i></dd>'
        f'<dd class="n">{words}</dd>'
    )


def duration(seconds: float) -> str:
    """Seconds as text, in hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{seconds:.1f} s" if seconds < 10 else f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
