# SPDX-License-Identifier: GPL-3.0-or-later
"""Image layers: tars that depend on nothing but what they hold (no clock, no user, no order of a directory)."""

from __future__ import annotations

import io
import tarfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .content import relative
from .errors import BundleError


@dataclass(frozen=True)
class Entry:
    """One member of a layer: a directory, a symbolic link (``target``), or a file from ``path`` or ``data``."""

    mode: int = 0o755
    target: str | None = None
    path: Path | None = None
    data: bytes | None = None

    @property
    def is_directory(self) -> bool:
        return self.target is None and self.path is None and self.data is None


Tree = dict[str, Entry]


def parents(tree: Tree) -> Tree:
    """The tree with every directory that its members need; a link in the way of one is an error."""
    full = dict(tree)
    for name in tree:
        for parent in Path(name).parents:
            if str(parent) == ".":
                continue
            found = full.setdefault(str(parent), Entry())
            if not found.is_directory:
                raise BundleError(f"layer: {name} would be written through {parent}, which is no directory there")
    return full


def _info(name: str, entry: Entry) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode = entry.mode
    if entry.target is not None:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.target, 0o777
    elif entry.is_directory:
        info.type = tarfile.DIRTYPE
    else:
        info.size = entry.path.stat().st_size if entry.path else len(entry.data or b"")
    return info


def write_tar(tree: Tree, target: Path) -> None:
    """Write *tree* as an uncompressed tar, sorted by name, owned by root, dated 1970.

    Whether it is compressed afterwards is decided by the lock (`zstd`).
    """
    full = parents(tree)
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(full):
            entry, info = full[name], _info(name, full[name])
            if entry.path is not None:
                with entry.path.open("rb") as stream:
                    tar.addfile(info, stream)
            else:
                tar.addfile(info, io.BytesIO(entry.data) if entry.data is not None else None)


def keep(name: str, excluded: t.Iterable[str]) -> bool:
    """Whether a package's member belongs into an image (*excluded*: path prefixes)."""
    return not any(name == prefix or name.startswith(prefix + "/") for prefix in excluded)


def add_tar(tree: Tree, stream: t.IO[bytes], excluded: t.Iterable[str], scratch: Path) -> None:
    """Add the members of a tar stream to *tree*; file contents are parked below *scratch* until the layer is written.

    :raises BundleError: for members that leave the root, and for devices.
    """
    excluded = tuple(excluded)
    with tarfile.open(fileobj=stream, mode="r|*") as tar:
        for number, member in enumerate(tar):
            if member.name in (".", "./") or not keep(relative(member.name, "package"), excluded):
                continue
            name = relative(member.name, "package")
            if member.isdir():
                tree.setdefault(name, Entry(mode=member.mode))
            elif member.issym():
                tree[name] = Entry(target=member.linkname)
            elif member.islnk():
                tree[name] = tree[relative(member.linkname, "package")]
            elif member.isfile():
                tree[name] = Entry(mode=member.mode, path=_park(tar, member, scratch, number))
            else:
                raise BundleError(f"package member {name} is a device; leave its package out of the image")


def _park(tar: tarfile.TarFile, member: tarfile.TarInfo, scratch: Path, number: int) -> Path:
    source = tar.extractfile(member)
    if source is None:
        raise BundleError(f"package member {member.name} has no content; fetch the package again")
    scratch.mkdir(parents=True, exist_ok=True)
    target = scratch / f"{number}-{Path(member.name).name}"
    with target.open("wb") as out:
        while block := source.read(1 << 20):
            out.write(block)
    return target
