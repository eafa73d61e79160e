# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of images of a bundle, unpacked where processes of this host can run them.

Only what lies in a directory of programs is taken: of kubeadm's static pods, the image holds a statically linked
program, perhaps as one program that several links lead to, and nothing else that it needs.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tarfile
import typing as t
from pathlib import Path

from ..bundle import index as bundle_index
from ..bundle import zstd
from ..bundle.image_storage import Registry
from ..kube.errors import KubeError

DIRECTORIES = ("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin")
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def digests(bundle: Path, index: bundle_index.Index, references: t.Iterable[str]) -> dict[str, str]:
    """The digest of each image in the bundle.

    :raises KubeError: naming the images that the bundle lacks.
    """
    wanted = list(references)
    absent = [reference for reference in wanted if reference not in index["images"]]
    if absent:
        raise KubeError(f"{bundle}: lacks {', '.join(absent)}; make a bundle that holds the control plane's images")
    return {reference: str(index["images"][reference]["digest"]) for reference in wanted}


def unpack(bundle: Path, digest: str, root: Path, further: t.Container[str] = ()) -> None:
    """Put the programs of an image below ``root``; each is whole or not there.

    :param further: programs in other places of the image than directories of programs.
    """
    storage = Registry(bundle / "registry")
    manifest = _manifest(storage, digest)
    for layer in manifest["layers"]:
        with _opened(storage.blob(layer["digest"])) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if os.path.dirname(name) in DIRECTORIES or name in further:
                    _put(archive, member, root)


def _manifest(storage: Registry, digest: str) -> dict[str, t.Any]:
    """The manifest of the one platform that the bundle holds."""
    document: dict[str, t.Any] = json.loads(storage.blob(digest).read_bytes())
    if "layers" in document:
        return document
    for child in document["manifests"]:
        if storage.blob(child["digest"]).exists():
            return _manifest(storage, child["digest"])
    raise KubeError(f"{digest}: the bundle holds the image of no platform; make the bundle again")


def _put(archive: tarfile.TarFile, member: tarfile.TarInfo, root: Path) -> None:
    target = root / member.name.removeprefix("./")
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".{target.name}.part")
    scratch.unlink(missing_ok=True)
    if member.issym():
        scratch.symlink_to(member.linkname)
    elif member.isreg():
        source = archive.extractfile(member)
        with open(scratch, "wb") as file:
            shutil.copyfileobj(source or _nothing(member.name), file, 1 << 20)
        scratch.chmod(member.mode & 0o755)
    else:
        return
    scratch.replace(target)


def _nothing(name: str) -> t.NoReturn:
    raise KubeError(f"{name}: the layer does not hold the file's content; make the bundle again")


@contextlib.contextmanager
def _opened(path: Path) -> t.Iterator[tarfile.TarFile]:
    """A layer as a tar archive, whatever compresses it; read once, from its beginning to its end."""
    with open(path, "rb") as file:
        magic = file.read(4)
    if magic != ZSTD:
        with tarfile.open(path, "r|gz" if magic.startswith(GZIP) else "r|") as archive:
            yield archive
        return
    with zstd.decompressed(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        yield archive
