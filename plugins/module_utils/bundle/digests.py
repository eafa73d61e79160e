# SPDX-License-Identifier: GPL-3.0-or-later
"""Digests that users recorded beside their model, for what the lock names without one; and images of their own."""

from __future__ import annotations

import copy
import typing as t

from .errors import BundleError
from .lock import DOCUMENTS

Digests = dict[str, t.Any]
FILES = ("downloads", *DOCUMENTS)  # {name: {url, sha256}}
IMAGES = ("upstream_images",)  # {reference: digest}
OWN = "own_images"  # {reference: {place, digest}}


def applied(lock: dict[str, t.Any], digests: Digests, own: dict[str, str]) -> dict[str, t.Any]:
    """The YAML of *lock* with the recorded *digests*, and with the places of images in *own*.

    A digest holds for the URL, or the place, for which it was recorded; so one of another release fills nothing.

    :raises BundleError: for unknown sections, and where the lock and the recorded digests contradict each other.
    """
    if unknown := sorted(set(digests) - {*FILES, *IMAGES, OWN}):
        raise BundleError(
            f"bundle_digests.{unknown[0]} is unknown; known are {', '.join((*FILES, *IMAGES, OWN))}. Write the file "
            "again by bundle_action=lock"
        )
    new = copy.deepcopy(lock)
    for section in FILES:
        for name, found in _entries(digests, section).items():
            entry = (new.get(section) or {}).get(name)
            if entry and entry.get("url") == found.get("url"):
                entry["sha256"] = _agreed(f"{section}.{name}", entry.get("sha256"), found.get("sha256"))
    for section in IMAGES:
        for name, found in _entries(digests, section).items():
            if name in (new.get(section) or {}):
                new[section][name] = _agreed(f"{section}.{name}", new[section][name], found)
    if own:
        new[OWN] = {name: {"place": place, "digest": _own(digests, name, place)} for name, place in own.items()}
    return new


def recorded(before: dict[str, t.Any], after: dict[str, t.Any]) -> Digests:
    """The digests that *after* has beyond the lock *before*, as `applied` takes them."""
    found: Digests = {}
    for section in FILES:
        for name, entry in (after.get(section) or {}).items():
            if entry.get("sha256") != before[section][name].get("sha256"):
                found.setdefault(section, {})[name] = {"url": entry["url"], "sha256": entry["sha256"]}
    for section in IMAGES:
        for name, digest in (after.get(section) or {}).items():
            if digest != before[section][name]:
                found.setdefault(section, {})[name] = digest
    if own := {name: dict(entry) for name, entry in (after.get(OWN) or {}).items() if entry["digest"]}:
        found[OWN] = own
    return found


def kept(lock: dict[str, t.Any], digests: Digests) -> dict[str, t.Any]:
    """The YAML of *lock*; images of one's own that have no digest in it have the one that was recorded before."""
    own = {
        name: {**entry, "digest": entry["digest"] or _own(digests, name, entry["place"])}
        for name, entry in (lock.get(OWN) or {}).items()
    }
    return {**lock, OWN: own} if own else lock


def _entries(digests: Digests, section: str) -> dict[str, t.Any]:
    entries = digests.get(section) or {}
    wanted: type = dict if section != "upstream_images" else str
    for name, entry in entries.items() if isinstance(entries, dict) else [("", entries)]:
        if not isinstance(entry, wanted):
            raise BundleError(
                f"bundle_digests.{section}.{name} is {entry!r}; write the file again by bundle_action=lock"
            )
    return t.cast("dict[str, t.Any]", entries)


def _own(digests: Digests, name: str, place: str) -> str | None:
    entry = _entries(digests, OWN).get(name) or {}
    return entry.get("digest") if entry.get("place") == place else None


def _agreed(where: str, stated: str | None, found: str | None) -> str | None:
    """The digest, unless lock and file have different ones.

    :raises BundleError: if they have.
    """
    if stated and found and stated.removeprefix("sha256:") != str(found).removeprefix("sha256:"):
        raise BundleError(
            f"{where}: the lock has the digest {stated}, bundle_digests has {found} for the same; one of them was "
            "changed. Compare both with the publisher's page, and take the wrong one out"
        )
    return stated or found
