# SPDX-License-Identifier: GPL-3.0-or-later
"""A docker-registry's storage directory, written directly: no daemon, no push, the same bytes.

Layout (distribution 2.x and 3.x, filesystem driver), below ``root/docker/registry/v2``:
``blobs/sha256/ab/<hex>/data``; per repository ``_layers/sha256/<hex>/link``,
``_manifests/revisions/sha256/<hex>/link``, ``_manifests/tags/<tag>/current/link`` and
``_manifests/tags/<tag>/index/sha256/<hex>/link``. Every link file holds ``sha256:<hex>``.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .content import Artefact, publish, sha256_file, write_atomic
from .errors import BundleError

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
ZSTD_LAYER = f"{LAYER}+zstd"


@dataclass(frozen=True)
class Blob:
    """A layer as an image names it: its bytes, their media type, and the digest of the tar that they unpack to."""

    artefact: Artefact
    media_type: str
    diff_id: str

    @classmethod
    def plain(cls, tar: Artefact) -> Blob:
        """The blob that is the tar itself."""
        return cls(tar, LAYER, f"sha256:{tar['sha256']}")


def split(reference: str) -> tuple[str, str]:
    """``registry.k8s.io/pause:3.10.2`` → (``registry.k8s.io/pause``, ``3.10.2``).

    :raises BundleError: if the reference names no tag.
    """
    repository, __, tag = reference.rpartition(":")
    if not repository or "/" in tag:
        raise BundleError(f"image {reference!r} has no tag; write it as host/name:tag")
    return repository, tag


class Registry:
    """Writes blobs and manifests below ``root``; reads back what a tag means."""

    def __init__(self, root: Path) -> None:
        self.base = root / "docker/registry/v2"

    def blob(self, digest: str) -> Path:
        hexa = digest.removeprefix("sha256:")
        return self.base / "blobs/sha256" / hexa[:2] / hexa / "data"

    def _repository(self, name: str) -> Path:
        return self.base / "repositories" / name

    def _link(self, path: Path, digest: str) -> None:
        write_atomic(path / "link", digest.encode())

    def put_blob(self, repository: str, digest: str, source: Path | bytes) -> None:
        """Store one blob for a repository; a file is hard-linked. What lay there before is not trusted."""
        if isinstance(source, bytes):
            write_atomic(self.blob(digest), source)
        else:
            publish(source, self.blob(digest))
        self._own(repository, digest)

    def take_blob(self, repository: str, digest: str, get: t.Callable[[], Path]) -> None:
        """Store one blob that *get* brings as a file of its own on this file system, unless it is here and sound."""
        target = self.blob(digest)
        if not self._sound(digest, {}):
            target.parent.mkdir(parents=True, exist_ok=True)
            get().replace(target)
        self._own(repository, digest)

    def _own(self, repository: str, digest: str) -> None:
        hexa = digest.removeprefix("sha256:")
        self._link(self._repository(repository) / "_layers/sha256" / hexa, digest)

    def put_manifest(self, repository: str, digest: str, data: bytes, tag: str | None) -> None:
        """Store a manifest or index, and point *tag* at it; written last, so that a tag never lacks its manifest."""
        write_atomic(self.blob(digest), data)
        manifests, hexa = self._repository(repository) / "_manifests", digest.removeprefix("sha256:")
        self._link(manifests / "revisions/sha256" / hexa, digest)
        if tag:
            self._link(manifests / "tags" / tag / "index/sha256" / hexa, digest)
            self._link(manifests / "tags" / tag / "current", digest)

    def digest(self, reference: str) -> str | None:
        """The digest a tag points at, or None."""
        repository, tag = split(reference)
        try:
            return (self._repository(repository) / "_manifests/tags" / tag / "current/link").read_text()
        except FileNotFoundError:
            return None

    def faults(self, reference: str, digest: str, checked: dict[str, bool]) -> list[str]:
        """What is wrong with an image as stored: tag astray, blobs absent or changed. *checked* remembers blobs."""
        if self.digest(reference) != digest:
            return [f"{reference}: tag is not {digest}"]
        return [f"{reference}: {blob} is missing or damaged" for blob in self.blobs(digest, checked)]

    def blobs(self, digest: str, checked: dict[str, bool]) -> list[str]:
        """The unsound blobs of a manifest or index, itself included."""
        return [blob for blob in self._parts(digest, checked) if not self._sound(blob, checked)]

    def whole(self, reference: str, digest: str) -> bool:
        """Whether an image is there and its blobs have their lengths; of their bytes only the manifests' are read."""
        parts = self._parts(digest, {})
        return self.digest(reference) == digest and all(self._length(blob) == size for blob, size in parts.items())

    def _length(self, digest: str) -> int | None:
        path = self.blob(digest)
        return path.stat().st_size if path.is_file() else None

    def size(self, digest: str) -> int:
        """Bytes of a manifest or index and all that it leads to."""
        return sum(self._parts(digest, {}).values())

    def tree(self, digest: str) -> tuple[list[str], list[str]]:
        """(manifests, blobs) of an image as far as it is stored, *digest* first among the manifests."""
        document: dict[str, t.Any] = json.loads(self.blob(digest).read_bytes())
        if "manifests" not in document:
            return [digest], [part["digest"] for part in (document["config"], *document["layers"])]
        manifests, blobs = [digest], list[str]()
        for child in document["manifests"]:
            if self.blob(child["digest"]).exists():
                inner, parts = self.tree(child["digest"])
                manifests += inner
                blobs += parts
        return manifests, blobs

    def _parts(self, digest: str, checked: dict[str, bool]) -> dict[str, int]:
        """A manifest and all it leads to, as far as it can be read: {digest: bytes it must have}.

        One that can't be read has a length that no file has.
        """
        if not self._sound(digest, checked):
            return {digest: -1}
        data = self.blob(digest).read_bytes()
        manifest: dict[str, t.Any] = json.loads(data)
        parts = {digest: len(data)}
        if "manifests" not in manifest:
            return parts | {part["digest"]: part["size"] for part in (manifest["config"], *manifest["layers"])}
        # Of an index's platforms only those that were taken are here; at least one of them must be.
        children = [child["digest"] for child in manifest["manifests"]]
        for child in [child for child in children if self.blob(child).exists()] or children:
            parts |= self._parts(child, checked)
        return parts

    def sound(self, digest: str) -> bool:
        """Whether a blob is there with its bytes."""
        return self._sound(digest, {})

    def _sound(self, digest: str, checked: dict[str, bool]) -> bool:
        if digest not in checked:
            path = self.blob(digest)
            checked[digest] = path.is_file() and f"sha256:{sha256_file(path)}" == digest
        return checked[digest]


def manifest(config: bytes, config_digest: str, layers: list[Blob]) -> bytes:
    """An OCI image manifest, in stable JSON."""
    blobs = [(blob.media_type, blob.artefact) for blob in layers]
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": config_digest, "size": len(config)},
            "layers": [{"mediaType": m, "digest": f"sha256:{a['sha256']}", "size": a["size"]} for m, a in blobs],
        },
        sort_keys=True,
        separators=(",", ":"),
    ).encode()


def config(
    architecture: str, layers: list[Blob], entrypoint: list[str], environment: list[str], command: Sequence[str] = ()
) -> bytes:
    """An OCI image configuration; diff ids are the digests of the uncompressed tars."""
    return json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "created": "1970-01-01T00:00:00Z",
            "config": {
                "Entrypoint": entrypoint,
                "Env": environment,
                "WorkingDir": "/",
                **({"Cmd": list(command)} if command else {}),
            },
            "rootfs": {"type": "layers", "diff_ids": [blob.diff_id for blob in layers]},
        },
        sort_keys=True,
        separators=(",", ":"),
    ).encode()
