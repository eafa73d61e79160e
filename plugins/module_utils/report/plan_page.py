# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as a page: text for a terminal, HTML without external files, JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from .page import document
from .plan import UNBUNDLED, Entry
from .steps import alike, brief, groups, names_of, number, stage_of

#: Layers whose heading on the page is not their name.
HEADINGS = {"switch": "Switches", "machine": "Machines", "connection": "Connections to machines"}
#: What is said of hosts on which a layer has nothing to do.
_IDLE = {"bundle": "holds what the layers need, on"}


class PlanPage:
    """The plan of one model.

    :ivar when: the time of the plan, ISO 8601, UTC.
    """

    def __init__(self, cloud: str, entries: Sequence[Entry], when: str) -> None:
        self.cloud, self.entries, self.when = cloud, tuple(entries), when

    @property
    def layers(self) -> list[tuple[str, list[Entry]]]:
        """Layers in their order, each with its entries."""
        return [(layer, list(entries)) for layer, entries in groupby(self.entries, key=lambda entry: entry.layer)]

    @property
    def total(self) -> str:
        """How many changes on how many hosts, how many hosts are in order, how many are not known in full."""
        changed = {entry.host for entry in self.entries if entry.steps}
        unknown = {entry.host for entry in self.entries if entry.why}
        rest = {entry.host for entry in self.entries if entry.layer != "bundle"} - changed - unknown
        count = sum(len(entry.steps) for entry in self.entries)
        parts = [f"{number(count, 'change')} on {number(len(changed), 'host')}"] if changed else []
        parts += [f"{number(len(rest), 'host')} as the model says"] if rest else []
        parts += [f"{number(len(unknown), 'host')} not known in full"] if unknown else []
        return "; ".join(parts) or "no layer was planned"

    def text(self) -> str:
        """The page for a terminal."""
        lines = [f"Plan of {self.cloud}: what would be done"]
        for layer, entries in self.layers:
            lines += ["", f"  {heading(layer)}"]
            lines += groups(_lines(entries))
            lines += [f"      {line}" for entry in entries for line in entry.by_hand]
            idle = _idle(entries)
            lines += [f"    {_idle_text(layer, idle)}"] if idle else []
        return "\n".join([*lines, "", f"  Total: {self.total}"])

    def html(self) -> str:
        """The page for a browser, in the style of the report of proofs."""
        when = datetime.fromisoformat(self.when)
        unknown = any(entry.why for entry in self.entries)
        kind, words = ("untried", "Not all of the plan is known") if unknown else ("good", "The plan is complete")
        verdict = f'<strong class="{kind}">{words}</strong><p>{escape(self.total)}</p>'
        parts = [
            f"<header><h1>{escape(self.cloud)}</h1><p>Plan of {when:%-d %B %Y, %H:%M} UTC</p></header>",
            f'<section class="verdict {kind}">{verdict}</section>',
            *(_section(layer, entries) for layer, entries in self.layers),
        ]
        return document(f"{self.cloud}: plan: {self.total}", parts)

    def as_dict(self) -> dict[str, Any]:
        """The shape of ``plan.json``."""
        layers = [
            {
                "name": layer,
                "hosts": {entry.host: _plain(entry) for entry in entries},
            }
            for layer, entries in self.layers
        ]
        return {"cloud": self.cloud, "planned": self.when, "total": self.total, "layers": layers}


def write(params: Mapping[str, Any]) -> dict[str, Any]:
    """The result of module ``plan_page``; with a directory, ``plan.json`` and ``plan.html`` are written atomically.

    :raises OSError: the directory can't be written.
    """
    when = datetime.now(UTC).isoformat(timespec="seconds")
    page = PlanPage(params["cloud"], list(map(Entry.of, params["entries"])), when)
    files: list[str] = []
    if params.get("directory"):
        directory = Path(params["directory"])
        directory.mkdir(parents=True, exist_ok=True)
        for form, text in {"json": json.dumps(page.as_dict(), indent=2) + "\n", "html": page.html()}.items():
            new = directory / f".plan.{form}.new"
            new.write_text(text, encoding="utf-8")
            new.replace(directory / f"plan.{form}")
            files.append(str(directory / f"plan.{form}"))
    known = not any(entry.why for entry in page.entries)
    return {"changed": False, "text": page.text(), "total": page.total, "complete": known, "files": files}


def heading(layer: str) -> str:
    """The name of a layer on the page."""
    return HEADINGS.get(layer) or stage_of(layer)


def _plain(entry: Entry) -> dict[str, Any]:
    table = {"by_hand": list(entry.by_hand)} if entry.by_hand else {}
    return {"steps": list(entry.steps), "why": entry.why or None, **table}


def _idle(entries: Sequence[Entry]) -> list[str]:
    return [entry.host for entry in entries if not entry.steps and not entry.why]


def _idle_text(layer: str, hosts: list[str]) -> str:
    return f"{_IDLE.get(layer, 'nothing to do on')} {names_of(hosts)}"


def _lines(entries: Sequence[Entry]) -> dict[str, list[str]]:
    """What is shown of each host that has something to do or is not known; of an error, its first line."""
    return {
        entry.host: [
            *brief(entry.steps, entry.host),
            *(_doubt(entry.layer, line) for line in entry.why.splitlines()[:1]),
        ]
        for entry in entries
        if entry.steps or entry.why
    }


def _doubt(layer: str, why: str) -> str:
    """The reason of the bundle stands once on the page, under its own heading."""
    if why.startswith(UNBUNDLED):
        return f"cannot tell: {UNBUNDLED.strip().rstrip(':')}, as said above"
    return why if layer == "connection" else f"cannot tell: {why}"


def _section(layer: str, entries: Sequence[Entry]) -> str:
    """One layer with all of its steps, hosts with the same steps together."""
    shown = {entry.host: entry for entry in entries if entry.steps or entry.why}
    hosts = {host: (*entry.steps, entry.why, *entry.by_hand) for host, entry in shown.items()}
    items = "".join(_item(names, layer, shown[names[0]]) for names, __ in alike(hosts))
    idle = _idle(entries)
    rest = f'<p class="evidence">{escape(_idle_text(layer, idle))}</p>' if idle else ""
    listed = f"<ul>{items}</ul>" if items else ""
    return f"<section><h2>{escape(heading(layer))}</h2>{listed}{rest}</section>"


def _item(names: list[str], layer: str, entry: Entry) -> str:
    count = f'<span class="n">{number(len(entry.steps), "change")}</span>' if entry.steps else ""
    shown = f'<p class="evidence">{escape(chr(10).join(entry.steps))}</p>' if entry.steps else ""
    doubt = f'<p class="note">{escape(_doubt(layer, entry.why))}</p>' if entry.why else ""
    table = f'<pre class="evidence">{escape(chr(10).join(entry.by_hand))}</pre>' if entry.by_hand else ""
    return f'<li><div class="head"><b>{escape(names_of(names))}</b>{count}</div>{shown}{doubt}{table}</li>'
