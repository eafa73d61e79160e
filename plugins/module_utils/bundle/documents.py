# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests and charts of a bundle: downloaded, and rendered by helm."""

from __future__ import annotations

import typing as t
from pathlib import Path

from . import chart, upstream
from .build import BuildContext
from .content import publish, sha256_json
from .lock import DOCUMENTS

Entries = dict[str, dict[str, t.Any]]


def published(context: BuildContext, target: Path, files: str, origin: upstream.Origin) -> dict[str, Entries]:
    """Put all documents into the directory *files* of the bundle *target*.

    Gives the sections of its index: {section: {name: {version, sha256, size, path}}}. A rendered manifest has its
    ``chart`` and the sha256 of its ``values`` there too.
    """
    found: dict[str, Entries] = {section: {} for section in DOCUMENTS}
    for section, kind in DOCUMENTS.items():
        for name, download in getattr(context.lock, section).items():
            made = upstream.document(context, origin, f"{kind}:{name}", download)
            found[section][name] = {**made, "version": download.version}
    for name, (source, how) in context.lock.rendered.items():
        origin_chart = found["charts"][source]
        made = chart.rendered(context, name, {"sha256": origin_chart["sha256"], "size": origin_chart["size"]}, how)
        facts = {"version": origin_chart["version"], "chart": source, "values": sha256_json(how.values)}
        found["manifests"][name] = {**made, **facts}
    for entries in found.values():
        for entry in entries.values():
            publish(context.store.path(entry["sha256"]), target / files / entry["sha256"])
            entry["path"] = f"{files}/{entry['sha256']}"
    return found
