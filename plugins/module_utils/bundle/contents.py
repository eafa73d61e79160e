# SPDX-License-Identifier: GPL-3.0-or-later
"""What layers hold, path by path, and what an upper layer adds to the lower ones of its image."""

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from .content import sha256_file
from .layer import Entry, Tree, parents

Record = list[t.Any]  # ["directory", mode], ["link", target] or ["file", mode, sha256]
Contents = dict[str, Record]


def listed(tree: Tree) -> Contents:
    """The records of all members that the tar of *tree* has, directories above them included."""
    return {name: record(entry) for name, entry in parents(tree).items()}


def record(entry: Entry) -> Record:
    """All of an entry that a layer's tar says of it but its path."""
    if entry.target is not None:
        return ["link", entry.target]
    if entry.is_directory:
        return ["directory", entry.mode]
    digest = sha256_file(entry.path) if entry.path else hashlib.sha256(entry.data or b"").hexdigest()
    return ["file", entry.mode, digest]


def stacked(layers: Iterable[Contents]) -> Contents:
    """What a container sees of *layers*, the bottom one first: an upper layer hides what has the same path."""
    seen: Contents = {}
    for layer in layers:
        for name, new in layer.items():
            old = seen.get(name)
            if old and old[0] == "directory" != new[0]:
                for hidden in [path for path in seen if path.startswith(f"{name}/")]:
                    del seen[hidden]
            seen[name] = new
    return seen


def only_new(tree: Tree, lower: Contents) -> Tree:
    """*tree* without the entries that *lower* holds with the same path, content and mode.

    Directories above what remains stay with their mode, also where only *lower* names it: a runtime may unpack each
    layer by itself, and the mode of the uppermost one counts.
    """
    new = {name: entry for name, entry in tree.items() if lower.get(name) != record(entry)}
    above = {str(parent) for name in new for parent in Path(name).parents} - {"."}
    for parent in above - set(new):
        if parent in tree:
            new[parent] = tree[parent]
        elif lower.get(parent, [""])[0] == "directory":
            new[parent] = replace(Entry(), mode=lower[parent][1])
    return new
