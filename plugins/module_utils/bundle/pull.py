# SPDX-License-Identifier: GPL-3.0-or-later
"""An image by digest out of a registry, a layout or an archive; every byte is verified, whoever copied it."""

from __future__ import annotations

import hashlib
import json
import shutil
import typing as t
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .content import sha256_file
from .errors import BundleError, DigestMismatch
from .fetch import check
from .image_storage import split
from .skopeo import Note, Place, Skopeo


@dataclass(frozen=True)
class Pulled:
    """An image as read: manifests by digest (outermost first), and the blobs that the innermost names, by digest.

    ``directory`` has the blobs that were copied.
    """

    manifests: dict[str, bytes]
    blobs: dict[str, int]
    directory: Path

    def blob(self, what: str, digest: str) -> Path:
        """The file of a blob, verified.

        :raises DigestMismatch: if it has other bytes; the file is deleted.
        """
        path = self.directory / digest.removeprefix("sha256:")
        if not path.is_file():
            raise BundleError(f"{what}: skopeo copied no blob {digest}; run again")
        if (got := sha256_file(path)) != path.name:
            path.unlink()
            raise DigestMismatch(f"{what} blob {digest[:19]}", str(self.directory), path.name, got)
        return path


def locate(reference: str) -> tuple[str, str, str]:
    """Where a reference is served: (URL of the registry, repository there, tag)."""
    name, tag = split(reference)
    host, __, repository = name.partition("/")
    if host == "docker.io":
        return "https://registry-1.docker.io", repository if "/" in repository else f"library/{repository}", tag
    return f"https://{host}", repository, tag


def digest_of(data: bytes) -> str:
    """sha256:<hex> of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def read(
    program: Skopeo, place: Place, what: str, digest: str, scratch: Path, have: Callable[[str], bool], note: Note
) -> Pulled:
    """The image with this digest at a place, for the program's platform.

    Its blobs are copied below *scratch*, unless *have* says that all of them are there already.

    :raises DigestMismatch: if the place has another image.
    :raises BundleError: if it can't be had, lacks the platform or is of an unknown kind.
    """
    manifests = {digest: check(what, place.name, program.raw(what, place.at(digest)), digest)}
    document = json.loads(manifests[digest])
    while place.remote and "manifests" in document:
        digest = _choose(what, document["manifests"], program.platform)
        manifests[digest] = check(what, place.name, program.raw(what, place.at(digest)), digest)
        document = json.loads(manifests[digest])
    if "manifests" not in document and all(map(have, blobs := _blobs(what, document, digest))):
        return Pulled(manifests, blobs, scratch)
    size = None if "manifests" in document else sum(_blobs(what, document, digest).values())
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.parent.mkdir(parents=True, exist_ok=True)
    program.copy(what, place.at(digest), scratch, note, size)
    inner = (scratch / "manifest.json").read_bytes()
    if "manifests" in document:  # skopeo has chosen for the platform; what it chose has to be in the index
        if digest_of(inner) not in {child["digest"] for child in document["manifests"]}:
            raise BundleError(f"{what}: {place.name} gave an image that its index {digest} does not name; refused")
        manifests[digest_of(inner)] = inner
    else:
        check(what, place.name, inner, digest)
    return Pulled(manifests, _blobs(what, json.loads(inner), digest), scratch)


def _blobs(what: str, document: dict[str, t.Any], digest: str) -> dict[str, int]:
    try:
        parts = [document["config"], *document["layers"]]
    except KeyError:
        raise BundleError(f"{what}: {digest} is neither an image nor an index of images; correct the lock") from None
    return {part["digest"]: part["size"] for part in parts}


def _choose(what: str, children: list[dict[str, t.Any]], platform: str) -> str:
    system, __, architecture = platform.partition("/")
    for child in children:
        offered = child.get("platform", {})
        if offered.get("os") == system and offered.get("architecture") == architecture:
            return str(child["digest"])
    raise BundleError(f"{what} has no image for {platform}; choose another platform or image in the lock")
