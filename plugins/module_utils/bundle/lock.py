# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock: what a release consists of, by version and digest. Parsing refuses what it does not know."""

from __future__ import annotations

import re
import typing as t
from dataclasses import MISSING, dataclass, field, fields

from .errors import BundleError
from .image_storage import split

HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Build:
    """A Go module below the source directory and the options of `go build`; ``packages`` are patterns in it."""

    version: str
    packages: list[str] = field(default_factory=lambda: ["."])
    programs: dict[str, str] = field(default_factory=dict)  # name wanted → name that Go gives, where they differ
    tags: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)  # linker: import path → value


@dataclass(frozen=True)
class SourceFile:
    """A file for machines out of a build: one program (with ``links`` to it), or a tar of several."""

    build: str
    program: str | None = None
    links: list[str] = field(default_factory=list)
    tar: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Layer:
    """What a layer holds: ``programs`` {path: build/program}, ``links`` {path: target}, ``files`` {path: text},
    ``directories`` {path: octal mode}, Debian ``packages`` with their dependencies, without ``exclude`` d prefixes."""

    programs: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    directories: dict[str, str] = field(default_factory=dict)
    packages: list[str] = field(default_factory=list)
    exclude: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Recipe:
    """An image made here: names of layers, bottom first, and how its program is called."""

    layers: list[str]
    entrypoint: list[str]
    environment: list[str] = field(default_factory=lambda: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"])


@dataclass(frozen=True)
class Download:
    """Something published: its URL (and mirrors of it) and the sha256 it must have."""

    version: str
    url: str
    sha256: str | None
    mirrors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class UpstreamFile:
    """A file for machines out of a download: the whole of it, one ``member`` of an archive, or the archive as a tar."""

    download: str
    member: str | None = None
    tar: bool = False


@dataclass(frozen=True)
class Debian:
    """Where packages come from, and which ones machines get from the bundle."""

    suite: str
    mirror: str = "http://deb.debian.org/debian"
    security: str = "http://deb.debian.org/debian-security"
    keyring: str = "/usr/share/keyrings/debian-archive-keyring.gpg"
    packages: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Lock:
    """A whole release. ``images`` are recipes; ``upstream_images`` digests; ``local_images`` are made in both ways.

    ``manifests`` (Kubernetes objects as YAML) and ``charts`` (Helm charts as .tgz) are downloaded in both ways.
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
    manifests: dict[str, Download] = field(default_factory=dict)
    charts: dict[str, Download] = field(default_factory=dict)

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
    if not isinstance(value, dict):
        raise BundleError(f"lock: {where} must be a mapping of names, not {value!r}")
    return {name: _make(kind, entry, f"{where}.{name}") for name, entry in value.items()}


#: Sections that both origins download by URL, and what a layer's need puts before the name.
DOCUMENTS = {"manifests": "manifest", "charts": "chart"}
SECTIONS: dict[str, type] = {
    "builds": Build,
    "files": SourceFile,
    "layers": Layer,
    "images": Recipe,
    "downloads": Download,
    "upstream_files": UpstreamFile,
}


def parse(value: dict[str, t.Any]) -> Lock:
    """The lock out of its YAML.

    :raises BundleError: for unknown or missing keys, dangling names and malformed digests.
    """
    ready: dict[str, t.Any] = {name: _all(kind, value.get(name), name) for name, kind in SECTIONS.items()}
    ready |= {name: _all(Download, value.get(name) or {}, name) for name in DOCUMENTS}
    lock = _make(Lock, value, "(top)", debian=_make(Debian, value.get("debian"), "debian"), **ready)
    if lock.version != 1:
        raise BundleError(f"lock: version {lock.version!r} is unknown; this collection reads version 1")
    if problems := [*_dangling(lock), *_malformed(lock)]:
        raise BundleError("lock: " + "; ".join(problems))
    return lock


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
    for name, upstream in lock.upstream_files.items():
        if upstream.download not in lock.downloads:
            yield f"upstream_files.{name}.download names {upstream.download!r}, which is none of downloads"
    yield from (f"local_images names {x!r}, which images doesn't" for x in lock.local_images if x not in lock.images)


def _malformed(lock: Lock) -> t.Iterator[str]:
    for section in ("downloads", *DOCUMENTS):
        for name, download in getattr(lock, section).items():
            if download.sha256 is not None and not HEX.fullmatch(str(download.sha256)):
                yield f"{section}.{name}.sha256 {download.sha256!r} is not 64 hex digits"
    for name, digest in lock.upstream_images.items():
        split(name)
        if digest is not None and not HEX.fullmatch(digest.removeprefix("sha256:")):
            yield f"upstream_images.{name}: {digest!r} is not sha256:<64 hex digits>"


def unpinned(lock: Lock, origin: str = "upstream") -> list[str]:
    """What may not be downloaded yet, because its digest is not recorded.

    `source` downloads manifests and charts only.
    """
    documents = [f"{s}.{n}" for s in DOCUMENTS for n, d in getattr(lock, s).items() if d.sha256 is None]
    if origin == "source":
        return documents
    used = {file.download for file in lock.upstream_files.values()}
    files = [f"downloads.{n}" for n, d in lock.downloads.items() if n in used and d.sha256 is None]
    images = [f"upstream_images.{n}" for n, d in lock.upstream_images.items() if d is None]
    return [*files, *images, *documents]


def compiled_part(value: dict[str, t.Any]) -> dict[str, t.Any]:
    """A lock's YAML as far as it decides what is compiled: without the digests of what is only downloaded.

    So a digest that was looked up renames no bundle of `source`, and nothing is compiled again. Manifests and
    charts keep their digests, because `source` downloads them too.
    *value* must be one that `parse` took.
    """
    value = stated(value)
    downloads = {name: {**download, "sha256": None} for name, download in value["downloads"].items()}
    return {**value, "downloads": downloads, "upstream_images": dict.fromkeys(value["upstream_images"])}


def stated(value: dict[str, t.Any]) -> dict[str, t.Any]:
    """A lock's YAML without empty sections of manifests and charts, which mean the same as absent ones.

    So a bundle's name does not depend on whether a lock has the empty section.
    """
    return {name: section for name, section in value.items() if section or name not in DOCUMENTS}
