# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a rack is made from, so that a saved one is recognized as stale."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from ..bundle.request import cache_root, cloud_link
from ..model import documents
from .shell import run

COLLECTION = Path(__file__).resolve().parents[3]
PARTS = ("plugins", "roles", "playbooks")
QEMU = "qemu-system-x86_64"


def made_from(model: str, name: str) -> dict[str, str]:
    """{part: digest or version} of the model at a path, this collection, the bundle of its rack, and QEMU.

    :param name: that of the rack, which is the name of its cloud.

    A rack's machines are restored by the version of QEMU that saved them only.
    """
    cloud, _problems = documents.combine(documents.read(model))
    text = json.dumps(cloud, sort_keys=True, default=str)
    return {
        "model": hashlib.sha256(text.encode()).hexdigest(),
        "collection": tree(COLLECTION),
        "bundle": bundle(cloud.get("bundle") or {}, name),
        "QEMU": run([QEMU, "--version"]).splitlines()[0],
    }


def bundle(settings: dict[str, object], cloud: str) -> str:
    """The bundle that the model names, or the one that was made last for the cloud, as `site.yml` takes it.

    A bundle's directory is named by its content. Where none was made for the cloud, this is the link that would lead to
    it, so a bundle that is made later is another one.
    """
    return os.path.realpath(str(settings.get("dir") or cloud_link(cache_root(), cloud)))


def tree(root: Path) -> str:
    """A digest of the collection's code: names and contents of the files of its roles, plugins and playbooks."""
    found = hashlib.sha256()
    for part in PARTS:
        for path in sorted((root / part).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found.update(f"{path.relative_to(root)}\0".encode())
                found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
