# SPDX-License-Identifier: GPL-3.0-or-later
"""A report from the plain data of a run, written in its three forms."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..draw.racks import racks
from ..draw.scene import Scene
from .junit import junit
from .page import html
from .proofs import Proof, Report, Stage, ordered


def report_of(params: dict[str, Any]) -> Report:
    """The report of a run; `params` are the options of the module ``report``."""
    drawing = params.get("drawing")
    return Report(
        cloud=params["cloud"],
        started=datetime.fromtimestamp(params["started"], UTC).isoformat(timespec="seconds"),
        seconds=round(time.time() - params["started"], 1),
        stages=_stages(params.get("timings_file")),
        proofs=ordered(Proof.of(item) for item in params["proofs"]),
        set_aside=dict(params["set_aside"]),
        picture=racks(Scene.of(drawing)) if drawing else "",
    )


def _stages(timings_file: str | None) -> tuple[Stage, ...]:
    """Stages of the run that came before, as the callback left them; none where it did not run."""
    path = Path(timings_file or "")
    stages = json.loads(path.read_text())["stages"] if path.is_file() else []
    return tuple(Stage(s["name"], s["seconds"], s["changed"], s["failed"] + s["unreachable"]) for s in stages)


def write(params: dict[str, Any], *, dry: bool = False) -> Report:
    """Write ``report.json``, ``report.html`` and ``report.xml`` into ``params["directory"]``."""
    report = report_of(params)
    if not dry:
        directory = Path(params["directory"])
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "report.json").write_text(json.dumps(report.as_dict(), indent=2) + "\n")
        (directory / "report.html").write_text(html(report))
        (directory / "report.xml").write_text(junit(report))
    return report
