# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of images: what the lock says of each, as a tar, compressed or not."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from . import contents, debian, layer, sources, zstd
from .build import BuildContext, Made, pick
from .content import Artefact, relative, sha256_file, sha256_json, sha256_tree
from .errors import BundleError
from .image_storage import ZSTD_LAYER, Blob
from .lock import Compression, Layer
from .progress import Task


@dataclass(frozen=True)
class Built:
    """A layer that is made, and what it holds."""

    blob: Blob
    contents: contents.Contents


def layered(context: BuildContext, name: str, builds: dict[str, Made], below: list[Built]) -> Built:
    """Make a layer; what is *below* it counts only if the lock says ``only_new``."""
    spec, compression = context.lock.layers[name], context.lock.compression_of(name)
    programs = {path: _program(builds, wanted, name) for path, wanted in spec.programs.items()}
    lower = contents.stacked(built.contents for built in below) if spec.only_new else None
    packages = spec.packages or spec.packages_without_dependencies
    modules = {tree.build: sha256_tree(context.sources / tree.build) for tree in spec.sources.values()}
    archive = asdict(context.lock.debian) if packages else None
    level = compression.level if compression.format == "zstd" else None
    key = [asdict(spec), programs, archive, context.lock.platform, compression.format, level, lower, modules]

    def make(scratch: Path, _task: Task) -> Made:
        tree = _unpacked(context, spec, scratch)
        tree |= _sources(context, name, spec, scratch)
        tree |= _fixed(spec, {path: context.store.path(a["sha256"]) for path, a in programs.items()})
        if lower is not None:
            tree = contents.only_new(tree, lower)
        return _stored(context, tree, compression, scratch)

    step = f"layer-{name}" if lower is None else f"layer-{name}-on-{sha256_json(lower)[:12]}"
    made = context.once(step, key, f"layer {name}", make, shared=not packages)
    facts = json.loads(context.store.path(made["contents"]["sha256"]).read_text())
    return Built(Blob(made["layer"], facts["media_type"], facts["diff_id"]), facts["contents"])


def _stored(context: BuildContext, tree: layer.Tree, compression: Compression, scratch: Path) -> Made:
    """The tar of *tree* in the store, compressed if wanted, beside a list of what it holds."""
    tar, packed, listing = scratch / "tar", scratch / "tar.zst", scratch / "contents"
    holds = contents.listed(tree)
    layer.write_tar(tree, tar)
    if compression.format == "none":
        blob = Blob.plain(context.store.add(tar))
    else:
        diff_id = f"sha256:{sha256_file(tar)}"
        zstd.compress(tar, packed, compression.level)
        tar.unlink()
        blob = Blob(context.store.add(packed), ZSTD_LAYER, diff_id)
    listing.write_text(json.dumps({"media_type": blob.media_type, "diff_id": blob.diff_id, "contents": holds}))
    return {"layer": blob.artefact, "contents": context.store.add(listing)}


def _program(builds: dict[str, Made], wanted: str, where: str) -> Artefact:
    build, __, program = wanted.partition("/")
    if build not in builds:
        raise BundleError(f"layer {where} needs the build {build!r}, which `upstream` does not have")
    return pick(builds[build], program, f"layers.{where}")


def _fixed(spec: Layer, programs: dict[str, Path]) -> layer.Tree:
    """The part of a layer that the lock spells out."""
    tree: layer.Tree = {}
    for path, text in spec.files.items():
        tree[relative(path, "layer")] = layer.Entry(mode=0o644, data=text.encode())
    for path, mode in spec.directories.items():
        tree[relative(path, "layer")] = layer.Entry(mode=int(mode, 8))
    for path, target in spec.links.items():
        tree[relative(path, "layer")] = layer.Entry(target=target)
    for path, program in programs.items():
        tree[relative(path, "layer")] = layer.Entry(path=program)
    return tree


def _unpacked(context: BuildContext, spec: Layer, scratch: Path) -> layer.Tree:
    """The files of a layer's Debian packages; they are unpacked, never configured."""
    apt, architecture, found = context.work / "apt", context.lock.architecture, list[Path]()
    if spec.packages:
        found += debian.fetch(apt, context.debian, architecture, spec.packages)
    if spec.packages_without_dependencies:
        found += debian.fetch_alone(apt, context.debian, architecture, spec.packages_without_dependencies)
    tree: layer.Tree = {}
    for number, deb in enumerate(found):
        with debian.members(deb) as stream:
            layer.add_tar(tree, stream, spec.exclude, scratch / f"deb{number}")
    return tree


def _sources(context: BuildContext, name: str, spec: Layer, scratch: Path) -> layer.Tree:
    """The files of a layer that come from Go modules."""
    made: layer.Tree = {}
    for target, wanted in spec.sources.items():
        build = context.sources / wanted.build
        root = sources.root(build, wanted.module, context.cache, scratch, context.lock)
        made |= sources.tree(root, wanted, target, f"layers.{name}.sources.{target}")
    return made
