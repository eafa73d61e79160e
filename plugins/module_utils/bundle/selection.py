# SPDX-License-Identifier: GPL-3.0-or-later
"""Optional parts of a lock: a bundle holds those that its cloud needs."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable

Yaml = dict[str, t.Any]
#: Sections of artefacts, and what a need has before an artefact's name.
NEEDED = {
    "files": "",
    "upstream_files": "",
    "images": "",
    "upstream_images": "",
    "manifests": "manifest:",
    "charts": "chart:",
}


def selected(lock: Yaml, needs: Iterable[str]) -> Yaml:
    """A lock's YAML with those of its `optional` artefacts only that *needs* names.

    Builds, layers and downloads that nothing but the others uses are left out too, so that a lock with optional parts
    gives the same bundle, under the same name, as one without them. An image of one's own counts as needed, because
    its user named it. *lock* must be one that `parse` takes.
    """
    kept = {name: section for name, section in lock.items() if name != "optional"}
    wanted = {*needs, *(lock.get("own_images") or {})}
    dropped = set(lock.get("optional") or [])
    for section, prefix in NEEDED.items():
        for name, entry in (lock.get(section) or {}).items():
            if _other_names(section, entry) & wanted:
                dropped.discard(f"{prefix}{name}")
    dropped -= wanted
    for section, prefix in NEEDED.items():
        if lock.get(section):
            kept[section] = {name: entry for name, entry in lock[section].items() if f"{prefix}{name}" not in dropped}
    kept["local_images"] = [name for name in lock["local_images"] if name not in dropped]
    if packages := lock["debian"].get("packages"):
        kept["debian"] = {**lock["debian"], "packages": [name for name in packages if f"apt:{name}" not in dropped]}
    for section, users in (("layers", _layers), ("builds", _builds), ("downloads", _downloads)):
        useless = users(lock) - users(kept)
        kept[section] = {name: entry for name, entry in lock[section].items() if name not in useless}
    return kept


def _other_names(section: str, entry: t.Any) -> set[str]:
    """By which names a need may mean an artefact beside its own: programs of a file, manifests out of a chart."""
    if section == "files":
        return set(entry.get("links") or [])
    if section == "charts":
        return {f"manifest:{name}" for name in entry.get("rendered") or {}}
    return set()


def _layers(lock: Yaml) -> set[str]:
    return {name for recipe in lock["images"].values() for name in recipe["layers"]}


def _downloads(lock: Yaml) -> set[str]:
    return {file["download"] for file in lock["upstream_files"].values()}


def _builds(lock: Yaml) -> set[str]:
    """Builds whose programs, or the files of whose modules, the lock uses."""
    used = {file["build"] for file in lock["files"].values()}
    for layer in lock["layers"].values():
        used |= {program.split("/")[0] for program in (layer.get("programs") or {}).values()}
        used |= {tree["build"] for tree in (layer.get("sources") or {}).values()}
    documents = [entry for section in ("manifests", "charts") for entry in (lock.get(section) or {}).values()]
    return used | {entry["source"]["build"] for entry in documents if entry.get("source")}
