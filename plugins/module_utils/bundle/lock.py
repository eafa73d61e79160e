# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock: what a release consists of, by version and digest. Parsing refuses what it does not know."""

from __future__ import annotations

import re
import typing as t
from dataclasses import MISSING, dataclass, field, fields, replace

from . import lock_faults
from .entries import (
    Build,
    Chart,
    Compression,
    Debian,
    Download,
    Layer,
    Manifest,
    ModuleFile,
    OwnImage,
    Recipe,
    Rendering,
    SourceFile,
    SourceTree,
    UpstreamFile,
)
from .errors import BundleError
from .image_storage import split

__all__ = [
    "DOCUMENTS",
    "HELM",
    "Build",
    "Chart",
    "Compression",
    "Debian",
    "Download",
    "Layer",
    "Lock",
    "Manifest",
    "ModuleFile",
    "OwnImage",
    "Recipe",
    "Rendering",
    "SourceFile",
    "SourceTree",
    "UpstreamFile",
    "compiled_part",
    "parse",
    "stated",
    "unpinned",
]

HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Lock:
    """A whole release. ``images`` are recipes; ``upstream_images`` digests; ``local_images`` are made in both ways.

    ``manifests`` (Kubernetes objects as YAML) and ``charts`` (Helm charts as .tgz) are downloaded in both ways, except
    those that `source: source` takes from Go modules; so are images without a recipe. ``optional`` is made if needed.
    """

    version: int
    platform: str
    kubernetes: str
    go: str
    debian: Debian
    builds: dict[str, Build]
    files: dict[str, SourceFile]
    layers: dict[str, Layer]
    images: dict[str, Recipe]
    local_images: list[str]
    downloads: dict[str, Download]
    upstream_files: dict[str, UpstreamFile]
    upstream_images: dict[str, str | None]
    manifests: dict[str, Manifest] = field(default_factory=dict)
    charts: dict[str, Chart] = field(default_factory=dict)
    compression: Compression = field(default_factory=Compression)
    own_images: dict[str, OwnImage] = field(default_factory=dict)
    optional: list[str] = field(default_factory=list)

    @property
    def architecture(self) -> str:
        return self.platform.split("/")[1]

    @property
    def registries(self) -> list[str]:
        """Hosts of all image references, sorted."""
        return sorted({name.partition("/")[0] for name in (*self.images, *self.upstream_images, *self.local_images)})

    @property
    def documents(self) -> dict[str, Download]:
        """Manifests and charts by the names that a layer's needs use: ``manifest:NAME`` and ``chart:NAME``."""
        return {
            f"{kind}:{name}": download
            for section, kind in DOCUMENTS.items()
            for name, download in getattr(self, section).items()
        }

    @property
    def module_files(self) -> dict[str, ModuleFile]:
        """What `source: source` takes from Go modules, by the document's place in the lock."""
        places = {f"{section}.{name}": x for section in DOCUMENTS for name, x in getattr(self, section).items()}
        return {place: document.source for place, document in places.items() if document.source}

    @property
    def rendered(self) -> dict[str, tuple[str, Rendering]]:
        """Manifests that helm renders, by name: (chart, how)."""
        return {name: (chart, how) for chart, entry in self.charts.items() for name, how in entry.rendered.items()}

    @property
    def compiled(self) -> list[str]:
        """Builds that files or layers need. `helm` is compiled for this machine when a chart is rendered."""
        used = {file.build for file in self.files.values()}
        used |= {program.split("/")[0] for layer in self.layers.values() for program in layer.programs.values()}
        return [name for name in self.builds if name in used]

    def made_images(self, origin: str) -> list[str]:
        """Images that are made here; those that an image of one's own stands in for are left out."""
        names = list(self.images) if origin == "source" else self.local_images
        return [name for name in names if name not in self.own_images]

    def pulled_images(self, origin: str) -> list[str]:
        """Images that are taken as published: all of them, or with `source` those that have no recipe.

        Those that an image of one's own stands in for are left out.
        """
        names = [n for n in self.upstream_images if origin == "upstream" or n not in self.images]
        return [name for name in names if name not in self.own_images]

    def compression_of(self, layer: str) -> Compression:
        """How a layer is compressed."""
        return replace(self.compression, format=self.layers[layer].compression or self.compression.format)

    def variants(self, references: list[str]) -> dict[tuple[str, tuple[str, ...]], None]:
        """The layers to make for images: (name, what lies below it); the latter is () where it doesn't matter."""
        return {self.variant(x, n): None for x in references for n in range(len(self.images[x].layers))}

    def variant(self, reference: str, number: int) -> tuple[str, tuple[str, ...]]:
        """The layer at a place of an image, as `variants` names it."""
        names = self.images[reference].layers
        return names[number], tuple(names[:number]) if self.layers[names[number]].only_new else ()


Made = t.TypeVar("Made")


def _make(kind: type[Made], value: t.Any, where: str, **ready: t.Any) -> Made:
    if not isinstance(value, dict):
        raise BundleError(f"lock: {where} must be a mapping, not {value!r}")
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(value) - set(known)):
        raise BundleError(f"lock: {where}.{unknown[0]} is unknown; known are {', '.join(sorted(known))}")
    needed = {n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    if absent := sorted(needed - set(value) - set(ready)):
        raise BundleError(f"lock: {where}.{absent[0]} is missing")
    return kind(**{**value, **ready})


def _all(kind: type[Made], value: t.Any, where: str) -> dict[str, Made]:
    return {name: _make(kind, entry, f"{where}.{name}") for name, entry in _mapping(value, where).items()}


def _mapping(value: t.Any, where: str) -> dict[str, t.Any]:
    if not isinstance(value, dict):
        raise BundleError(f"lock: {where} must be a mapping of names, not {value!r}")
    return value


def _nested(kind: type[Made], value: t.Any, where: str, key: str, inside: type) -> dict[str, Made]:
    """Like `_all`, for entries whose *key* is a mapping of names too, to entries of the class *inside*."""
    entries = _mapping(value, where)
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise BundleError(f"lock: {where}.{name} must be a mapping, not {entry!r}")
    return {
        name: _make(
            kind, entry, f"{where}.{name}", **{key: _all(inside, entry.get(key) or {}, f"{where}.{name}.{key}")}
        )
        for name, entry in entries.items()
    }


#: The build whose program renders charts.
HELM = "helm"
#: Sections that both origins download by URL, and what a layer's need puts before the name.
DOCUMENTS = {"manifests": "manifest", "charts": "chart"}
OPTIONAL = (*DOCUMENTS, "own_images", "optional")
SECTIONS: dict[str, type] = {
    "builds": Build,
    "files": SourceFile,
    "images": Recipe,
    "downloads": Download,
    "upstream_files": UpstreamFile,
}


def parse(value: dict[str, t.Any]) -> Lock:
    """The lock out of its YAML.

    :raises BundleError: for unknown or missing keys, dangling names and malformed digests.
    """
    ready: dict[str, t.Any] = {name: _all(kind, value.get(name), name) for name, kind in SECTIONS.items()}
    ready["layers"] = _nested(Layer, value.get("layers"), "layers", "sources", SourceTree)
    ready["manifests"] = _documents(Manifest, value.get("manifests") or {}, "manifests")
    ready["optional"] = value.get("optional") or []
    ready["charts"] = _documents(Chart, value.get("charts") or {}, "charts")
    ready["own_images"] = _all(OwnImage, value.get("own_images") or {}, "own_images")
    ready["compression"] = _make(Compression, value.get("compression") or {}, "compression")
    lock = _make(Lock, value, "(top)", debian=_make(Debian, value.get("debian"), "debian"), **ready)
    if lock.version != 1:
        raise BundleError(f"lock: version {lock.version!r} is unknown; this collection reads version 1")
    if problems := [*_dangling(lock), *_malformed(lock), *lock_faults.found(lock)]:
        raise BundleError("lock: " + "; ".join(problems))
    return lock


def _documents(kind: type[Made], value: t.Any, section: str) -> dict[str, Made]:
    found = {}
    for name, entry in _mapping(value, section).items():
        where, given = f"{section}.{name}", entry if isinstance(entry, dict) else {}
        ready: dict[str, t.Any] = {}
        if given.get("source") is not None:
            ready["source"] = _make(ModuleFile, given["source"], f"{where}.source")
        if kind is Chart:
            ready["rendered"] = _all(Rendering, given.get("rendered") or {}, f"{where}.rendered")
        found[name] = _make(kind, entry, where, **ready)
    return found


def _dangling(lock: Lock) -> t.Iterator[str]:
    for name, file in lock.files.items():
        if file.build not in lock.builds:
            yield f"files.{name}.build names {file.build!r}, which is none of builds"
    for name, recipe in lock.images.items():
        split(name)
        yield from (f"images.{name}.layers names {x!r}, which is none" for x in recipe.layers if x not in lock.layers)
    for name, layer in lock.layers.items():
        for program in layer.programs.values():
            if program.split("/")[0] not in lock.builds:
                yield f"layers.{name}.programs names {program!r}, which no build makes"
        for path, tree in layer.sources.items():
            if tree.build not in lock.builds:
                yield f"layers.{name}.sources.{path}.build names {tree.build!r}, which is none of builds"
    for name, upstream in lock.upstream_files.items():
        if upstream.download not in lock.downloads:
            yield f"upstream_files.{name}.download names {upstream.download!r}, which is none of downloads"
    yield from (f"local_images names {x!r}, which images doesn't" for x in lock.local_images if x not in lock.images)


def _malformed(lock: Lock) -> t.Iterator[str]:
    for section in ("downloads", *DOCUMENTS):
        for name, download in getattr(lock, section).items():
            if download.sha256 is not None and not HEX.fullmatch(str(download.sha256)):
                yield f"{section}.{name}.sha256 {download.sha256!r} is not 64 hex digits"
    digests = {f"upstream_images.{name}": digest for name, digest in lock.upstream_images.items()}
    digests |= {f"own_images.{name}.digest": image.digest for name, image in lock.own_images.items()}
    for name in lock.upstream_images:
        split(name)
    for name, digest in digests.items():
        if digest is not None and not HEX.fullmatch(digest.removeprefix("sha256:")):
            yield f"{name}: {digest!r} is not sha256:<64 hex digits>"


def unpinned(lock: Lock, origin: str = "upstream") -> list[str]:
    """What may not be downloaded yet, because its digest is not recorded.

    `source` downloads images of one's own, those without a recipe, and documents that it does not take from Go modules.
    """
    documents = [f"{s}.{n}" for s in DOCUMENTS for n, d in getattr(lock, s).items() if d.sha256 is None]
    own = [f"own_images.{n}" for n, image in lock.own_images.items() if image.digest is None]
    images = [f"upstream_images.{n}" for n in lock.pulled_images(origin) if lock.upstream_images[n] is None]
    if origin == "source":
        return [*images, *(name for name in documents if name not in lock.module_files), *own]
    used = {file.download for file in lock.upstream_files.values()}
    files = [f"downloads.{n}" for n, d in lock.downloads.items() if n in used and d.sha256 is None]
    return [*files, *images, *documents, *own]


def compiled_part(value: dict[str, t.Any]) -> dict[str, t.Any]:
    """A lock's YAML as far as it decides what is compiled: without the digests of what is only downloaded.

    So a digest that was looked up renames no bundle of `source`, and nothing is compiled again. Manifests, charts and
    images without a recipe keep their digests, because `source` downloads them too.
    *value* must be one that `parse` took.
    """
    value = stated(value)
    downloads = {name: {**download, "sha256": None} for name, download in value["downloads"].items()}
    images = {name: None if name in value["images"] else x for name, x in value["upstream_images"].items()}
    return {**value, "downloads": downloads, "upstream_images": images}


def stated(value: dict[str, t.Any]) -> dict[str, t.Any]:
    """A lock's YAML without empty sections of manifests, charts and own images, which mean the same as absent ones.

    So a bundle's name does not depend on whether a lock has the empty section.
    """
    return {name: section for name, section in value.items() if section or name not in OPTIONAL}
