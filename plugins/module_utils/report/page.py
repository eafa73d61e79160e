# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as one HTML page: nothing fetched, no script, readable on a phone and in the dark."""

from __future__ import annotations

from html import escape
from itertools import groupby

from .proofs import Proof, Report

_STYLE = """
:root{color-scheme:light dark;--ink:#1b2733;--paper:#fff;--line:#d5dde5;--dim:#5c6b7a;--good:#1a7f4b;--bad:#c0262d;
--untried:#8a6d00}
@media(prefers-color-scheme:dark){:root{--ink:#e4eaf0;--paper:#12181f;--line:#2d3945;--dim:#93a1af;--good:#4cc38a;
--bad:#ff6b70;--untried:#e3b341}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0 auto;padding:1rem;
max-width:60rem}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p.sub{color:var(--dim);margin:0}
.verdict{font-size:1.25rem;font-weight:600}.good{color:var(--good)}.bad{color:var(--bad)}.untried{color:var(--untried)}
ul{list-style:none;padding:0;margin:0}li{border-top:1px solid var(--line);padding:.5rem 0;display:grid;
grid-template-columns:4.5rem 1fr auto;gap:0 .6rem}
li .evidence{grid-column:2/4;color:var(--dim);font-size:.875rem;overflow-wrap:anywhere;white-space:pre-wrap}
.seconds{color:var(--dim);font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .5rem .3rem 0;
border-top:1px solid var(--line)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
figure{margin:1rem 0;overflow-x:auto}figure svg{max-width:100%;height:auto}
"""


def html(report: Report) -> str:
    """The whole page as text."""
    body = [
        f"<h1>{escape(report.cloud)}</h1>",
        f'<p class="sub">{escape(report.started)} · {_duration(report.seconds)}</p>',
        _verdict(report),
        _set_aside(report),
        f"<figure>{report.picture}</figure>" if report.picture else "",
        *(_layer(name, list(proofs)) for name, proofs in groupby(report.proofs, key=lambda proof: proof.layer)),
        _stages(report),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(report.cloud)}'
    content = "\n".join(part for part in body if part)
    head += f"</title><style>{_STYLE}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{content}\n</body></html>\n'


def _verdict(report: Report) -> str:
    return f'<p class="verdict {"good" if report.good else "bad"}">{report.summary}</p>'


def _set_aside(report: Report) -> str:
    if not report.set_aside:
        return ""
    rows = "".join(
        f'<li><b class="bad">aside</b><span>{escape(host)}</span><span></span>'
        f'<span class="evidence">{escape(why)}</span></li>'
        for host, why in sorted(report.set_aside.items())
    )
    return f"<h2>Set aside</h2><ul>{rows}</ul>"


def _layer(name: str, proofs: list[Proof]) -> str:
    return f"<h2>{escape(name.capitalize())}</h2><ul>{''.join(map(_proof, proofs))}</ul>"


def _proof(proof: Proof) -> str:
    mark = {True: ("good", "proved"), False: ("bad", "failed"), None: ("untried", "not tried")}[proof.ok]
    doubt = "" if proof.real else f" ({proof.why_not_real})"
    return (
        f'<li><b class="{mark[0]}">{mark[1]}</b><span>{escape(proof.name)}</span>'
        f'<span class="seconds">{proof.seconds:.1f} s</span>'
        f'<span class="evidence">{escape(proof.evidence + doubt)}</span></li>'
    )


def _stages(report: Report) -> str:
    if not report.stages:
        return ""
    rows = "".join(
        f'<tr><td>{escape(s.name)}</td><td class="n">{s.seconds:.1f}</td>'
        f'<td class="n">{s.changed}</td><td class="n">{s.failed}</td></tr>'
        for s in report.stages
    )
    head = '<tr><th>stage</th><th class="n">seconds</th><th class="n">changed</th><th class="n">failed</th></tr>'
    return f"<h2>Stages</h2><table>{head}{rows}</table>"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
