# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle holds beyond its lock: manifests and images that a user's model names."""

from __future__ import annotations

import typing as t

from .errors import BundleError

Yaml = dict[str, t.Any]
SECTIONS = {"manifests": dict, "images": list}


def added(lock: Yaml, additions: t.Mapping[str, t.Any] | None) -> Yaml:
    """The YAML of *lock* with *additions*; the lock itself stays as it is.

    ``manifests`` {name: {url, sha256}} are downloaded. ``images`` are references; those that the lock does not have are
    images without a recipe, taken as published by the digests that `bundle_action=lock` records.

    :raises BundleError: for additions of another form, and for a manifest with the name of one of the lock.
    """
    if not additions:
        return lock
    if unknown := sorted(set(additions) - set(SECTIONS)):
        raise BundleError(f"additions.{unknown[0]} is unknown; known are {', '.join(SECTIONS)}")
    for name, kind in SECTIONS.items():
        if not isinstance(additions.get(name) or kind(), kind):
            raise BundleError(
                f"additions.{name} must be a {'mapping' if kind is dict else 'list'}, not {additions[name]!r}"
            )
    if not all(isinstance(name, str) for name in additions.get("images") or []):
        raise BundleError(f"additions.images must be a list of texts, not {additions['images']!r}")
    new = {**lock, "manifests": {**(lock.get("manifests") or {}), **_manifests(lock, additions.get("manifests") or {})}}
    known = {*(lock.get("images") or {}), *(lock.get("upstream_images") or {})}
    further = [name for name in dict.fromkeys(additions.get("images") or []) if name not in known]
    new["upstream_images"] = {**(lock.get("upstream_images") or {}), **dict.fromkeys(further)}
    return new


def _manifests(lock: Yaml, given: Yaml) -> Yaml:
    taken = {*(lock.get("manifests") or {})}
    taken |= {name for chart in (lock.get("charts") or {}).values() for name in chart.get("rendered") or {}}
    found = {}
    for name, entry in given.items():
        if name in taken:
            raise BundleError(f"additions.manifests.{name} has the name of a manifest of the lock; choose another name")
        if not isinstance(entry, dict) or set(entry) != {"url", "sha256"}:
            raise BundleError(f"additions.manifests.{name} must have url and sha256, not {entry!r}")
        found[name] = {**entry, "version": str(entry["sha256"])[:12]}
    return found
