# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images of a bundle a hosted control plane has its programs from, and which of them are unpacked."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ..bundle import index as bundle_index
from ..kube import egress, paths
from ..kube.errors import KubeError
from . import programs
from .settings import SERVERS, Hosted

MULTI = ("kubernetes", "kubeadm")
"""Names of the bundle's file that is kubeadm: one program that is several, or the one of upstream."""


class Images:
    """The images of the servers in the bundle, and which of them are unpacked below the root."""

    def __init__(self, hosted: Hosted) -> None:
        self.hosted, self.bundle = hosted, Path(hosted.bundle_dir)
        self.index = bundle_index.read(self.bundle)
        self.digests = programs.digests(self.bundle, self.index, self._references())

    def _references(self) -> list[str]:
        """Of the control plane by its version; of etcd, whose version kubeadm knows, the only one in the bundle."""
        settings = self.hosted.kubernetes
        found = [f"{settings.image_repository}/{name}:v{settings.version}" for name in SERVERS if name != "etcd"]
        etcd = [name for name in self.index["images"] if name.startswith(f"{settings.image_repository}/etcd:")]
        if not etcd:
            raise KubeError(f"{self.bundle}: lacks {settings.image_repository}/etcd; make a bundle that holds it")
        proxy = [egress.SERVER_IMAGE] if self.hosted.konnectivity is not None else []
        return [*etcd, *found, *proxy]

    def _mark(self, reference: str) -> Path:
        name = reference.rpartition("/")[2].partition(":")[0]
        return Path(self.hosted.root) / paths.STATE.lstrip("/") / f"image-{name}"

    def lacking(self) -> list[str]:
        """References of images that are not unpacked in the version of the bundle."""
        return [name for name, digest in self.digests.items() if text_of(self._mark(name)) != digest]

    def unpack(self, reference: str) -> None:
        """Unpack an image, and record it once it is whole."""
        own = (egress.SERVER_PROGRAM,) if reference == egress.SERVER_IMAGE else ()
        programs.unpack(self.bundle, self.digests[reference], Path(self.hosted.root), own)
        self._mark(reference).write_text(self.digests[reference])

    def kubeadm(self) -> tuple[Path, str]:
        """(kubeadm in the bundle, its sha256)."""
        for name in MULTI:
            if name in self.index["files"]:
                entry = self.index["files"][name]
                return self.bundle / entry["path"], str(entry["sha256"])
        raise KubeError(f"{self.bundle}: lacks kubeadm; make a bundle that holds it")


def text_of(path: Path) -> str:
    """The text of a file, empty where there is none."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text()
    return ""
