# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests and charts of a bundle: downloaded, and rendered by helm."""

from __future__ import annotations

import gzip
import shutil
import typing as t
from dataclasses import asdict
from pathlib import Path

from . import chart, layer, sources, upstream
from .build import BuildContext, Made
from .content import Artefact, publish, sha256_file, sha256_json, sha256_tree
from .errors import BundleError
from .lock import DOCUMENTS, Chart, Manifest, ModuleFile, SourceTree
from .progress import Task
from .request import Request

Entries = dict[str, dict[str, t.Any]]


def published(context: BuildContext, request: Request, files: str, origin: upstream.Origin) -> dict[str, Entries]:
    """Put all documents into the directory *files* of the bundle.

    Gives the sections of its index: {section: {name: {version, sha256, size, path}}}. A rendered manifest has its
    ``chart`` and the sha256 of its ``values`` there too.
    """
    found: dict[str, Entries] = {section: {} for section in DOCUMENTS}
    for section, kind in DOCUMENTS.items():
        for name, download in getattr(context.lock, section).items():
            if download.source and request.origin == "source":
                take = _chart if section == "charts" else _from_module
                made = take(context, name, download, download.source)
            else:
                made = upstream.document(context, origin, f"{kind}:{name}", download)
            found[section][name] = {**made, "version": download.version}
    for name, (source, how) in context.lock.rendered.items():
        origin_chart = found["charts"][source]
        made = chart.rendered(context, name, {"sha256": origin_chart["sha256"], "size": origin_chart["size"]}, how)
        facts = {"version": origin_chart["version"], "chart": source, "values": sha256_json(how.values)}
        found["manifests"][name] = {**made, **facts}
    for entries in found.values():
        for entry in entries.values():
            publish(context.store.path(entry["sha256"]), request.target / files / entry["sha256"])
            entry["path"] = f"{files}/{entry['sha256']}"
    return found


def _from_module(context: BuildContext, name: str, manifest: Manifest, wanted: ModuleFile) -> Artefact:
    """A manifest out of a Go module's archive, which go.sum pins; a sha256 in the lock has to agree."""
    where, module = f"manifests.{name}.source", context.sources / wanted.build
    key = [asdict(wanted), sha256_tree(module), manifest.sha256]

    def make(scratch: Path, _task: Task) -> Made:
        root = sources.root(module, wanted.module, context.cache, scratch, context.lock)
        copy = scratch / "manifest"
        shutil.copyfile(sources.file(root, wanted, where), copy)
        digest = sha256_file(copy)
        if manifest.sha256 not in (None, digest):
            raise BundleError(
                f"{where}: {wanted.path} of {wanted.module or wanted.build} has the sha256 {digest}, the lock says "
                f"{manifest.sha256}; go.mod and the lock's `version`, `url` and `sha256` must be of one release"
            )
        return {name: context.store.add(copy, digest)}

    return context.once(f"module-{name}", key, f"take manifest:{name} {manifest.version}", make)[name]


def _chart(context: BuildContext, name: str, download: Chart, wanted: ModuleFile) -> Artefact:
    """A chart packed from a directory of a Go module's archive, which go.sum pins: the same bytes each time.

    The digest in the lock is that of the publisher's archive, whose bytes differ.
    """
    where, module = f"charts.{name}.source", context.sources / wanted.build
    key = [asdict(wanted), sha256_tree(module)]

    def make(scratch: Path, _task: Task) -> Made:
        root = sources.root(module, wanted.module, context.cache, scratch, context.lock)
        directory = SourceTree(wanted.build, wanted.module, wanted.path)
        members = sources.tree(root, directory, Path(wanted.path).name, where)
        layer.write_tar(members, scratch / "tar")
        packed = scratch / "chart.tgz"
        with (
            (scratch / "tar").open("rb") as plain,
            packed.open("wb") as target,
            gzip.GzipFile(filename="", fileobj=target, mode="wb", mtime=0) as stream,
        ):
            shutil.copyfileobj(plain, stream)
        upstream.check_chart(packed, f"chart:{name}", f"{wanted.path} of {wanted.module or wanted.build}")
        return {name: context.store.add(packed)}

    return context.once(f"chart-{name}", key, f"pack chart:{name} {download.version}", make)[name]
