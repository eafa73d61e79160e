# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of cables as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .given import Given
from .judge import Table, judge

COLUMNS = ("machine", "NIC", "switch port", "state", "by", "what is there, or why it is not known")
_FIELDS = ("machine", "nic", "mac", "switch", "port", "state", "sources", "found", "note")


def lines(table: Table) -> list[str]:
    """A table for people: one row for each cable, then the swaps and how many cables are in each state."""
    rows: list[tuple[str, ...]] = [COLUMNS]
    for row in table.rows:
        told = "; ".join(filter(None, (row.found, row.note))) or "-"
        by = ", ".join(row.sources) or "-"
        rows.append((row.machine, row.nic, f"{row.switch}/{row.port}", row.state, by, told))
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    counted = ", ".join(f"{number} {state}" for state, number in table.counts().items())
    return [*text, *table.swaps, f"{len(table.rows)} cables: {counted}"]


def as_json(table: Table) -> str:
    """The table as JSON."""
    return json.dumps(table.as_dict(), indent=2) + "\n"


def as_csv(table: Table) -> str:
    """The table as CSV (RFC 4180), several sources separated by a semicolon."""
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\r\n")
    writer.writerow(_FIELDS)
    for row in table.rows:
        cells = {**{name: getattr(row, name) for name in _FIELDS}, "sources": "; ".join(row.sources)}
        writer.writerow([cells[name] for name in _FIELDS])
    return into.getvalue()


def report(params: Mapping[str, Any], *, dry: bool = False) -> dict[str, Any]:
    """Judge the cables and write ``cables.json`` and ``cables.csv`` into the directory, if one is given.

    :param params: ``switches``, ``machines`` and ``directory`` of the module.
    :param dry: whether to write nothing.
    """
    table = judge(Given.of(params))
    changed, files = False, []
    if params.get("directory"):
        home = Path(params["directory"])
        wanted = {home / "cables.json": as_json(table), home / "cables.csv": as_csv(table)}
        stale = {path: text for path, text in wanted.items() if not path.exists() or path.read_bytes() != text.encode()}
        changed, files = bool(stale), [str(path) for path in wanted]
        if stale and not dry:
            home.mkdir(parents=True, exist_ok=True)
            for path, text in stale.items():
                path.write_bytes(text.encode())
    return {"changed": changed, "files": files, "lines": lines(table), **table.as_dict()}
