# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sections of a lock may say: one class for each kind of entry."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

#: How the places of images of one's own begin: a registry, an OCI layout, archives, a directory of skopeo.
TRANSPORTS = ("docker://", "oci:", "oci-archive:", "docker-archive:", "dir:")


@dataclass(frozen=True)
class Build:
    """A Go module below the source directory and the options of `go build`; ``packages`` are patterns in it."""

    version: str
    packages: list[str] = field(default_factory=lambda: ["."])
    programs: dict[str, str] = field(default_factory=dict)  # name wanted → name that Go gives, where they differ
    tags: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)  # linker: import path → value
    left_out: dict[str, list[str]] = field(default_factory=dict)  # module → directories of packages compiled as empty


@dataclass(frozen=True)
class SourceFile:
    """A file for machines out of a build: one program (with ``links`` to it), or a tar of several."""

    build: str
    program: str | None = None
    links: list[str] = field(default_factory=list)
    tar: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Compression:
    """How the layers that are made here are compressed: ``none`` or ``zstd``, with the level of the program zstd."""

    format: str = "none"
    level: int = 9


@dataclass(frozen=True)
class SourceTree:
    """Files of a build's Go module, or of a ``module`` that it requires, that a layer holds.

    ``path`` is the directory in the module. ``include``, ``exclude`` and ``exec`` are patterns of file names below it,
    whose ``*`` matches ``/`` too. Module archives hold no executable bits, so ``exec`` names the executable files.
    """

    build: str
    module: str | None = None
    path: str = "."
    include: list[str] = field(default_factory=lambda: ["*"])
    exclude: list[str] = field(default_factory=list)
    exec: list[str] = field(default_factory=list)
    mode: str = "0644"


@dataclass(frozen=True)
class Layer:
    """What a layer holds: ``programs`` {path: build/program}, ``links`` {path: target}, ``files`` {path: text},
    ``directories`` {path: octal mode}, ``sources`` {directory: files of a Go module}, Debian ``packages`` with their
    dependencies, ``packages_without_dependencies``, without ``exclude`` d prefixes of packages.

    ``only_new`` leaves out what the layers below it in its image hold with the same path, content and mode.
    ``compression`` overrides the format of the lock's ``compression``.
    """

    programs: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    directories: dict[str, str] = field(default_factory=dict)
    packages: list[str] = field(default_factory=list)
    exclude: list[str] = field(default_factory=list)
    sources: dict[str, SourceTree] = field(default_factory=dict)
    packages_without_dependencies: list[str] = field(default_factory=list)
    only_new: bool = False
    compression: str | None = None


@dataclass(frozen=True)
class Recipe:
    """An image made here: names of layers, bottom first, and how its program is called."""

    layers: list[str]
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)  # what a container's `args` replace
    environment: list[str] = field(default_factory=lambda: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"])


@dataclass(frozen=True)
class Download:
    """Something published: its URL (and mirrors of it) and the sha256 it must have."""

    version: str
    url: str
    sha256: str | None
    mirrors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ModuleFile:
    """A file, or of charts a directory, of a build's own Go module, or of a ``module`` that it requires.

    ``path`` is the one in the module.
    """

    build: str
    path: str
    module: str | None = None


@dataclass(frozen=True)
class Manifest(Download):
    """Kubernetes objects as YAML. `source: source` takes them from a Go module if ``source`` names a file of one."""

    source: ModuleFile | None = None


@dataclass(frozen=True)
class Rendering:
    """A manifest that helm renders from a chart, with the ``values`` that differ from the chart's own.

    ``hooks`` says for each template with hooks of Helm (its path in the chart) whether its objects stay in the manifest
    (``keep``) or not (``drop``); a hook that is not named is refused.
    """

    namespace: str
    release: str | None = None  # the manifest's name without it
    values: dict[str, t.Any] = field(default_factory=dict)
    api_versions: list[str] = field(default_factory=list)
    hooks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Chart(Download):
    """A published Helm chart, and the manifests that are rendered from it: {name of a manifest: how}.

    `source: source` packs it from a directory of a Go module if ``source`` names one.
    """

    source: ModuleFile | None = None
    rendered: dict[str, Rendering] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnImage:
    """An image that stands in for one of the lock: its ``place`` as skopeo names it, and the digest recorded for it."""

    place: str
    digest: str | None = None


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
