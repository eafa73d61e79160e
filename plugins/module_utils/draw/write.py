# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the pictures, and the table of what is configured by hand, into files."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from .networks import networks
from .racks import racks
from .scene import Scene


def write(
    directory: str, drawing: dict[str, Any], only: Collection[str] = (), *, dry: bool = False
) -> tuple[bool, list[str]]:
    """Write the pictures that differ (with `dry`: none); returns whether any differed, and the paths.

    :param only: as in `Scene.of`.
    """
    scene = Scene.of(drawing, only)
    pictures = {Path(directory) / "racks.svg": racks(scene), Path(directory) / "networks.svg": networks(scene)}
    if drawing.get("by_hand"):
        pictures[Path(directory) / "by_hand.txt"] = "\n".join([*drawing["by_hand"], ""])
    stale = {path: text for path, text in pictures.items() if not path.exists() or path.read_text() != text}
    if stale and not dry:
        Path(directory).mkdir(parents=True, exist_ok=True)
        for path, text in stale.items():
            path.write_text(text)
    return bool(stale), [str(path) for path in pictures]
