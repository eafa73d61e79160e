# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the name of the cloud that a model file, or a directory of them, describes."""

from __future__ import annotations

import pathlib
import re
import sys


def name_of(path: pathlib.Path) -> str:
    """The value of the top-level key `name`; SystemExit with place and remedy if there is none."""
    files = sorted(path.rglob("*.yml")) if path.is_dir() else [path]
    for file in files:
        found = re.search(r"^name:\s*[\"']?([a-z0-9][a-z0-9-]*)[\"']?\s*(?:#.*)?$", file.read_text(), re.MULTILINE)
        if found:
            return found[1]
    raise SystemExit(f"{path}: no top-level `name:` was found; the model must name its cloud")


if __name__ == "__main__":
    print(name_of(pathlib.Path(sys.argv[1])))
