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
from .errors import BundleError, DigestMismatch
from .fetch import Fetcher
from .image import Image
from .image_storage import Registry, split
from .lock import Debian, Download
from .progress import Task
from .skopeo import Place, Skopeo

DOCKER = "https://registry-1.docker.io"  # what serves docker.io, whose name stands in logins and often in mirrors


@dataclass(frozen=True)
class Origin:
    """How to reach publishers: prefixes of URLs to replace, the directory of partial downloads, and the file with the
    logins of registries."""

    mirrors: dict[str, str]
    directory: Path
    auth_file: str | None = None

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

        A mirror's path goes before the name (``https://mirror.example/k8s`` serves ``/v2/k8s/pause``).

        :raises BundleError: for a mirror that is no URL, or whose API is below a path.
        """
        mirror, rest = self._moved(f"{base}/{name}")
        if not mirror and base == DOCKER:
            mirror, rest = self._moved(f"https://docker.io/{name}")
        if not mirror:
            return base, name
        parts = re.fullmatch(r"(\w+://[^/]+)(.*)", mirror)
        if parts is None:
            raise BundleError(f"mirrors: {mirror!r} is no URL; write it as https://host or https://host/path")
        if "/v2/" in f"{parts[2]}/":
            raise BundleError(
                f"mirrors: {mirror!r} has a registry's API (/v2) below a path, where skopeo does not look for it; name "
                "the mirror as https://HOST/PATH, with the PATH that stands in names of its images"
            )
        return parts[1], "/".join(part for part in f"{parts[2]}/{rest}".split("/") if part)

    def place(self, reference: str) -> Place:
        """Where skopeo finds an image of the lock, moved to a mirror if one of the prefixes fits."""
        base, name, tag = pull.locate(reference)
        return self._in_registry(base, name, f":{tag}")

    def own(self, place: str) -> Place:
        """Where skopeo finds an image of one's own; a registry is moved to a mirror like the others."""
        if not place.startswith("docker://"):
            return Place(place)
        host, __, rest = place.removeprefix("docker://").partition("/")
        repository, at, digest = rest.partition("@")
        name, colon, tag = repository.partition(":")
        return self._in_registry(f"https://{host}", name, f"{at}{digest}" if at else f"{colon}{tag}")

    def _in_registry(self, base: str, name: str, which: str) -> Place:
        endpoint, repository = self.repository(base, name)
        scheme, __, host = endpoint.partition("://")
        host = "docker.io" if endpoint == DOCKER else host
        return Place(f"docker://{host}/{repository}{which}", scheme == "http")

    def skopeo(self, platform: str) -> Skopeo:
        return Skopeo(platform, self.auth_file, self.fetcher.sleep)

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
        check_chart(context.store.path(artefact["sha256"]), name, download.url)
    return artefact


def check_chart(path: Path, name: str, url: str) -> None:
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
    return _copied(context, origin, registry, reference, origin.place(reference), digest)


def own_image(context: BuildContext, origin: Origin, registry: Registry, reference: str) -> Image:
    """Copy the image that stands in for one of the lock, by the digest that was recorded for it.

    :raises BundleError: if the place has another image meanwhile.
    """
    own = context.lock.own_images[reference]
    try:
        made = _copied(context, origin, registry, reference, origin.own(own.place), str(own.digest))
    except DigestMismatch as fault:
        if f"sha256:{fault.wanted}" != own.digest:
            raise  # of one of its blobs: the place is damaged
        raise BundleError(
            f"{reference}: {own.place} has changed since its digest was recorded ({fault.got} instead of "
            f"{fault.wanted}); if that is meant, record it by bundle_action=lock"
        ) from fault
    return {**made, "place": own.place}


def _copied(
    context: BuildContext, origin: Origin, registry: Registry, reference: str, place: Place, digest: str
) -> Image:
    repository, tag = split(reference)
    if registry.digest(reference) == digest and not registry.blobs(digest, {}):
        context.progress.skip(f"image {reference}")
        return {"digest": digest, "size": registry.size(digest)}
    with context.progress.step(f"image {reference}") as task:
        scratch, program = context.work / "scratch/image", origin.skopeo(context.lock.platform)
        pulled = pull.read(program, place, reference, digest, scratch, registry.sound, task.say)
        for blob in pulled.blobs:
            registry.take_blob(repository, blob, lambda b=blob: pulled.blob(reference, b))  # type: ignore[misc]
        for inner, data in reversed(pulled.manifests.items()):
            registry.put_manifest(repository, inner, data, tag if inner == digest else None)
        shutil.rmtree(scratch, ignore_errors=True)
    return {"digest": digest, "size": registry.size(digest)}
