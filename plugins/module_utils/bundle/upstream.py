# SPDX-License-Identifier: GPL-3.0-or-later
"""The artefacts that are taken as their makers publish them, by digest."""

from __future__ import annotations

import gzip
import re
import shutil
import tarfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from . import pull
from .build import BuildContext, Made, tar_members
from .content import Artefact
from .errors import BundleError
from .fetch import Fetcher
from .image import Image
from .image_storage import Registry, split
from .lock import Debian, Download
from .progress import Task


@dataclass(frozen=True)
class Origin:
    """How to reach publishers: prefixes of URLs to replace, and the directory of partial downloads."""

    mirrors: dict[str, str]
    directory: Path

    def _moved(self, url: str) -> tuple[str, str]:
        """What a mirror puts in the place of a URL's beginning ("" without one; the longest wins), and the rest."""
        for prefix in sorted(self.mirrors, key=len, reverse=True):
            if url.startswith(prefix):
                return self.mirrors[prefix], url[len(prefix) :]
        return "", url

    def url(self, url: str) -> str:
        """*url*, moved to a mirror if one of the prefixes fits."""
        return "".join(self._moved(url))

    def repository(self, base: str, name: str) -> tuple[str, str]:
        """(URL of the registry, name there) of a repository, moved to a mirror if one of the prefixes fits.

        A mirror's path goes before the name (``https://mirror.example/k8s`` serves ``/v2/k8s/pause``), except for what
        stands before a ``/v2`` in it, which the mirror has before its API (``https://mirror.example/api/docker/k8s/v2``).

        :raises BundleError: for a mirror that is no URL.
        """
        mirror, rest = self._moved(f"{base}/{name}")
        if not mirror:
            return base, name
        parts = re.fullmatch(r"(\w+://[^/]+)(.*)", mirror)
        if parts is None:
            raise BundleError(f"mirrors: {mirror!r} is no URL; write it as https://host or https://host/path")
        before, api, after = f"{parts[2]}/".partition("/v2/")
        endpoint, prefix = (parts[1] + before, after) if api else (parts[1], parts[2])
        return endpoint, "/".join(part for part in f"{prefix}/{rest}".split("/") if part)

    def debian(self, archive: Debian) -> Debian:
        """The archive of Debian packages, moved to mirrors too."""
        return replace(archive, mirror=self.url(archive.mirror), security=self.url(archive.security))

    @property
    def fetcher(self) -> Fetcher:
        return Fetcher(self.directory)


def files(context: BuildContext, origin: Origin) -> dict[str, tuple[Artefact, str]]:
    """Every file of the lock: {name: (artefact, version)}."""
    names = dict.fromkeys(file.download for file in context.lock.upstream_files.values())
    got = {name: _download(context, origin, name, context.lock.downloads[name]) for name in names}
    out = {}
    for name, file in context.lock.upstream_files.items():
        archive, version = got[file.download], context.lock.downloads[file.download].version
        out[name] = (_unpacked(context, name, archive), version)
    return out


def _download(context: BuildContext, origin: Origin, name: str, download: Download) -> Artefact:
    sha256 = download.sha256
    if sha256 is None:
        raise BundleError(f"{name} has no sha256 in the lock")
    urls = [origin.url(url) for url in (download.url, *download.mirrors)]

    def make(_scratch: Path, task: Task) -> Made:
        return {name: context.store.add(origin.fetcher.get(name, urls, sha256, task.say), sha256)}

    return context.once(f"download-{name}", [sha256], f"download {name} {download.version}", make)[name]


def document(context: BuildContext, origin: Origin, name: str, download: Download) -> Artefact:
    """A manifest or a chart, *name* being ``manifest:NAME`` or ``chart:NAME``.

    :raises BundleError: if it can't be had, or if a chart is no archive of a Helm chart.
    """
    artefact = _download(context, origin, name, download)
    if name.startswith("chart:"):
        _check_chart(context.store.path(artefact["sha256"]), name, download.url)
    return artefact


def _check_chart(path: Path, name: str, url: str) -> None:
    """Refuse what Helm could not read: a chart is a gzip'd tar with one directory that holds Chart.yaml."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            found = any(re.fullmatch(r"[^/]+/Chart\.yaml", member.name) for member in archive)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as fault:
        raise BundleError(f"{name}: {url} is no .tgz archive ({fault}); correct the lock") from fault
    if not found:
        raise BundleError(f"{name}: {url} holds no <chart>/Chart.yaml, so it is no Helm chart; correct the lock")


def _unpacked(context: BuildContext, name: str, archive: Artefact) -> Artefact:
    file, source = context.lock.upstream_files[name], context.store.path(archive["sha256"])

    def make(scratch: Path, _task: Task) -> Made:
        try:
            if file.tar:
                with gzip.open(source) as packed, (scratch / "tar").open("wb") as plain:
                    shutil.copyfileobj(packed, plain)
                return {name: context.store.add(scratch / "tar")}
            return {name: context.store.add(tar_members(source, [str(file.member)], scratch)[str(file.member)])}
        except (gzip.BadGzipFile, tarfile.TarError, zlib.error, EOFError) as fault:
            url = context.lock.downloads[file.download].url
            raise BundleError(f"{name}: {url} is no archive to unpack ({fault}); correct the lock") from fault

    if not file.tar and file.member is None:
        context.progress.skip(f"file {name}")
        return archive
    return context.once(f"file-{name}", [file.member, file.tar, archive], f"unpack {name}", make)[name]


def image(context: BuildContext, origin: Origin, registry: Registry, reference: str) -> Image:
    """Copy an image by digest into the registry's storage, blob for blob as published."""
    digest = f"sha256:{(context.lock.upstream_images[reference] or '').removeprefix('sha256:')}"
    repository, tag = split(reference)
    if registry.digest(reference) == digest and not registry.blobs(digest, {}):
        context.progress.skip(f"image {reference}")
        return {"digest": digest, "size": registry.size(digest)}
    with context.progress.step(f"image {reference}") as task:
        base, name, __ = pull.locate(reference)
        source = pull.Source(*origin.repository(base, name), origin.fetcher)
        pulled = pull.read(source, reference, digest, context.lock.platform)
        for number, blob in enumerate(pulled.blobs, 1):
            task.prefix = f"blob {number} of {len(pulled.blobs)}, "
            registry.take_blob(repository, blob, lambda b=blob: source.blob(reference, b, task.say))  # type: ignore[misc]
        for inner, data in reversed(pulled.manifests.items()):
            registry.put_manifest(repository, inner, data, tag if inner == digest else None)
    return {"digest": digest, "size": registry.size(digest)}
