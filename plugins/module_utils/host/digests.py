# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digests of large files, remembered like git's index does.

A file is hashed again unless inode, size, mtime and ctime are as when it was hashed; ctime can't be set from user
space, so a change by hand is noticed, while a run without changes does not read hundreds of megabytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from .system import System

STORE = "/var/lib/groundup/digests.json"


def fingerprint(path: Path) -> list[int]:
    """Attributes that must be unchanged for a remembered digest to be valid."""
    stat = os.lstat(path)
    return [stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def load(system: System) -> dict[str, list[Any]]:
    """The remembered digests: {path: [fingerprint, sha256]}; without a readable store, files are hashed again."""
    try:
        store: dict[str, list[Any]] = json.loads(system.path(STORE).read_text())
        return store
    except (FileNotFoundError, ValueError):
        return {}


def digest(system: System, store: dict[str, list[Any]], name: str) -> str:
    """Hex sha256 of the file ``name``, from the store where that is still valid."""
    path = system.path(name)
    known = store.get(name)
    if known and known[0] == fingerprint(path):
        return str(known[1])
    return sha256_of(path)


def remember(system: System, known: dict[str, str]) -> None:
    """Record digests of files that were just verified."""
    if not known:
        return
    store = load(system)
    for name, value in known.items():
        store[name] = [fingerprint(system.path(name)), value]
    system.write(STORE, json.dumps(store, indent=0).encode(), mode=0o600)
