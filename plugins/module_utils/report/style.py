# SPDX-License-Identifier: GPL-3.0-or-later
"""The style sheet of the report: one column, colours for light and dark mode, usable on a phone."""

from __future__ import annotations

#: Every colour stands beside a word or a sign, for readers who cannot tell colours apart.
STYLE = """
:root{color-scheme:light dark;--ink:#16202b;--dim:#5a6877;--paper:#f4f6f8;--card:#fff;--line:#dfe5eb;
--good:#1a7f4b;--bad:#c0262d;--untried:#8a6100;--bar:#8fb3d9;--good-bg:#e3f4ea;--bad-bg:#fdeaea;--untried-bg:#fdf3d7}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--dim:#9aa7b4;--paper:#0e141a;--card:#172029;--line:#2a3642;
--good:#4cc38a;--bad:#ff7b80;--untried:#e3b341;--bar:#3f6a99;--good-bg:#12311f;--bad-bg:#3d1a1d;--untried-bg:#33290c}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:var(--paper);
margin:0 auto;padding:1rem 1rem 3rem;max-width:62rem;-webkit-text-size-adjust:100%}
header{margin-bottom:1rem}h1{font-size:1.6rem;line-height:1.2;margin:0}header p{color:var(--dim);margin:.25rem 0 0}
.failures h2{color:var(--bad)}.open h2{color:var(--untried)}
h2{font-size:1.1rem;margin:0 0 .5rem}h2 small{font-weight:400;color:var(--dim)}
section,details{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem;margin:0 0 1rem}
.good{color:var(--good)}.bad{color:var(--bad)}.untried{color:var(--untried)}
.verdict{border-left:.5rem solid}.verdict.good{border-left-color:var(--good)}.verdict.bad{border-left-color:var(--bad)}
.verdict p{margin:0;color:var(--dim)}.verdict strong{display:block;font-size:1.35rem;line-height:1.3}
.share{display:flex;gap:2px;height:.6rem;border-radius:.3rem;overflow:hidden;margin:.75rem 0 .5rem}
.share i{background:currentColor;min-width:.3rem}
.glance{display:grid;grid-template-columns:auto 1fr;gap:.5rem 1rem;margin:0;align-items:start}
.glance dt{color:var(--dim)}.glance dd{margin:0;display:flex;flex-wrap:wrap;gap:3px;padding-top:.2rem}
.glance i{width:1rem;height:1rem;border-radius:3px;font:700 .7rem/1rem system-ui,sans-serif;text-align:center}
.glance .good{background:var(--good-bg)}.glance .bad{background:var(--bad);color:var(--card)}
.glance .untried{background:var(--untried-bg)}
ul{list-style:none;padding:0;margin:0}li{border-top:1px solid var(--line);padding:.6rem 0}li:first-child{border-top:0}
li:last-child{padding-bottom:0}li .head{display:flex;gap:.6rem;align-items:baseline}li .head b{flex:1;font-weight:600}
time,.n{color:var(--dim);font-size:.875rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.evidence{color:var(--dim);font-size:.9rem;margin:.15rem 0 0;overflow-wrap:anywhere;white-space:pre-wrap}
.failures .evidence{color:var(--ink);font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.85rem;
background:var(--bad-bg);border-radius:.4rem;padding:.5rem .6rem;margin-top:.35rem}
.note{color:var(--untried);font-size:.85rem;margin:.1rem 0 0}
summary{cursor:pointer;font-weight:600;font-size:1.05rem;display:flex;gap:.75rem;align-items:baseline;padding:.15rem 0}
summary::-webkit-details-marker{display:none}summary::before{content:"\\25B8";color:var(--dim)}
details[open] summary::before{content:"\\25BE"}summary span{margin-left:auto}details ul,details>.note{margin-top:.5rem}
h3{font-size:.95rem;margin:.75rem 0 .25rem}h3 small{font-weight:400;color:var(--dim)}
.pairs{overflow-x:auto}.pairs table{border-collapse:separate;border-spacing:3px;font-size:.875rem}
.pairs th{font-weight:400;color:var(--dim);text-align:right;white-space:nowrap;padding:0 .3rem}
.pairs th[scope=col]{vertical-align:bottom}.pairs th span{writing-mode:vertical-rl;transform:rotate(180deg)}
.pairs td{width:1.6rem;height:1.6rem;text-align:center;border-radius:3px;font-weight:700}
.pairs td.good{background:var(--good-bg)}.pairs td.bad{background:var(--bad);color:var(--card)}
.pairs td.untried{background:var(--untried-bg)}
figure{margin:0;overflow-x:auto}figure svg{display:block;height:auto;max-width:100%;margin:0 auto}
figure.wide svg{max-width:none}
.stages{display:grid;grid-template-columns:minmax(6rem,auto) 1fr auto;gap:.45rem .75rem;align-items:center;margin:0}
.stages dt{overflow-wrap:anywhere}.stages dd{margin:0}.stages .track{background:var(--paper);border-radius:.25rem}
.stages .track i{display:block;height:1rem;min-width:2px;border-radius:.25rem;background:var(--bar)}
.stages .track i.bad{background:var(--bad)}.stages .n{text-align:right}
@media(max-width:34rem){body{padding:.75rem .75rem 2rem}section,details{padding:.85rem}
.stages{grid-template-columns:1fr auto;gap:.1rem .75rem;grid-auto-flow:dense}
.stages .track{grid-column:1/3;margin-bottom:.5rem}.stages dt{grid-column:1}.stages .n{grid-column:2}
.glance{grid-template-columns:1fr;gap:.15rem}.glance dd{margin-bottom:.5rem}}
@media(prefers-color-scheme:dark){figure svg .paper{fill:var(--card)}figure svg text{fill:var(--ink)}
figure svg .small,figure svg .unit{fill:var(--dim)}figure svg .frame{fill:#0e141a;stroke:var(--line)}
figure svg .machine{fill:#1f2a35;stroke:#5a6877}figure svg .slot{fill:var(--card);stroke:var(--line)}
figure svg rect.switch{stroke:#5a6877}}
@media print{body{max-width:none;background:#fff}section,details{break-inside:avoid}}
"""
