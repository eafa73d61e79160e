# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run, from plain data, written as JSON, HTML and JUnit."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..draw.racks import racks
from ..draw.scene import Scene, natural
from ..errors import CloudError
from ..specs.check import checked
from ..specs.drawing import CONFIG
from .junit import junit
from .page import html
from .proofs import Proof, Report, Stage, on_doubles, ordered, set_aside

DAY = 86400
#: Days. A report that seems to be of a later time than now was made by a clock that was wrong.
CLOCKS_DIFFER = 0.1


def report_of(params: dict[str, Any]) -> Report:
    """The report of a run; `params` are the options of the module ``report``."""
    try:
        run = timings(params.get("timings_file"), params["started"])
    except ValueError as error:
        raise CloudError(f"{params['timings_file']}: {error}; it is not what the callback progress writes") from error
    began = run.get("started", params["started"])
    causes = run.get("aside", {})
    aside = {host: causes.get(host, why) for host, why in params["set_aside"].items()}
    proofs = on_doubles(map(Proof.of, params["proofs"]), params.get("doubles") or {})
    report = Report(
        cloud=params["cloud"],
        started=datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"),
        seconds=round(time.time() - began, 1),
        hosts=tuple(sorted(params.get("hosts") or [], key=natural)),
        stages=tuple(_stage(item) for item in run.get("stages", []) if item["tasks"]),
        proofs=ordered([*proofs, *set_aside(aside)]),
    )
    drawing = params.get("drawing")
    if not drawing:
        return report
    return replace(report, picture=racks(Scene.of(checked("drawing", CONFIG, drawing)), report.troubled))


def timings(file: str | None, since: float) -> dict[str, Any]:
    """Stages of this run so far, as written by the callback ``progress``; empty where there are none of this run.

    :param since: Unix time at which this run was under way.
    :raises ValueError: the file holds something else.
    """
    path = Path(os.path.normpath(file or ""))  # beside a directory that may not be there before the first report
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found if found.get("written", 0) >= since else {}


def _stage(item: dict[str, Any]) -> Stage:
    return Stage(item["name"], item["seconds"], item["changed"], item["failed"] + item["unreachable"])


def write(params: dict[str, Any], *, dry: bool = False) -> Report:
    """Write ``report.json``, ``report.html`` and ``report.xml`` into ``params["directory"]``, each atomically.

    :raises OSError: the directory can't be written.
    """
    report = report_of(params)
    if not dry:
        directory = Path(params["directory"])
        directory.mkdir(parents=True, exist_ok=True)
        forms = {"json": json.dumps(report.as_dict(), indent=2) + "\n", "html": html(report), "xml": junit(report)}
        for form, text in forms.items():
            new = directory / f".report.{form}.new"
            new.write_text(text, encoding="utf-8")
            new.replace(directory / f"report.{form}")
    return report


def why_not_standing(directory: str, cloud: str, hosts: Iterable[str], days: float, now: float | None = None) -> str:
    """Why the last report does not prove the present state of these hosts, or an empty text.

    :param days: the age at which a report no longer stands, since certificates end and what nobody watches wears out.
    :raises OSError: it can't be read.
    """
    path = Path(directory) / "report.json"
    if not path.is_file():
        return f"{path} does not exist"
    try:
        last = Report.of(json.loads(path.read_text(encoding="utf-8")))
        began = datetime.fromisoformat(last.started).timestamp()
    except (ValueError, LookupError, TypeError, AttributeError):
        return f"{path} is no report of this release"
    missing = sorted(set(hosts) - set(last.hosts), key=natural)
    if last.cloud != cloud:
        return f"{path} is of {last.cloud}"
    if not last.good:
        return f"{path} says: {last.summary}"
    age = ((time.time() if now is None else now) - began) / DAY
    if not -CLOCKS_DIFFER <= age <= days:
        return f"{path} was begun at {last.started}, and a report stands for {days:g} days"
    return f"{path} has no proofs of {', '.join(missing)}" if missing else ""
