# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a rack is made from, so that a saved one is recognized as stale."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from ..homes import cache_home
from ..model import documents
from .shell import run

COLLECTION = Path(__file__).resolve().parents[3]
PARTS = ("plugins", "roles", "playbooks")
QEMU = "qemu-system-x86_64"


def made_from(model: str) -> dict[str, str]:
    """{part: digest or version} of the model at a path, this collection, the current bundle, and QEMU.

    A rack's machines are restored by the version of QEMU that saved them only.
    """
    cloud, _problems = documents.combine(documents.read(model))
    text = json.dumps(cloud, sort_keys=True, default=str)
    return {
        "model": hashlib.sha256(text.encode()).hexdigest(),
        "collection": tree(COLLECTION),
        "bundle": bundle(cloud.get("bundle") or {}),
        "QEMU": run([QEMU, "--version"]).splitlines()[0],
    }


def bundle(settings: dict[str, object]) -> str:
    """The bundle that the model names, or the one that was made last; a bundle's directory is named by its content."""
    return os.path.realpath(str(settings.get("dir") or f"{cache_home()}/bundle/current"))


def tree(root: Path) -> str:
    """A digest of the collection's code: names and contents of the files of its roles, plugins and playbooks."""
    found = hashlib.sha256()
    for part in PARTS:
        for path in sorted((root / part).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found.update(f"{path.relative_to(root)}\0".encode())
                found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
