# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are named by what they hold, and the stamps that say which step made them."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import typing as t
from collections.abc import Collection
from pathlib import Path

from .errors import BundleError

CHUNK = 1 << 20


def sha256_file(path: Path) -> str:
    """The sha256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_json(value: t.Any) -> str:
    """The sha256 of a value in canonical JSON, as 64 hex digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def sha256_tree(root: Path, without: Collection[str] = ()) -> str:
    """The sha256 over names and bytes of all files below *root* but those in the directories *without* of it.

    Hidden files don't count.
    """
    names = sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith("."))
    names = [p for p in names if p.relative_to(root).parts[0] not in without]
    return sha256_json([[str(p.relative_to(root)), sha256_file(p)] for p in names])


def write_atomic(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader or a crash sees the old or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(mode)
        part.replace(path)
    except BaseException:  # a full disk above all: the incomplete file is deleted to free its space
        part.unlink(missing_ok=True)
        raise


def publish(source: Path, target: Path) -> None:
    """Let *target* be the file *source* (a hard link), without a moment in which a reader finds nothing there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and target.samefile(source):
        return
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    os.link(source, part)
    part.replace(target)


class Artefact(t.TypedDict):
    """One stored file: its content's address and size in bytes."""

    sha256: str
    size: int


class Store:
    """Content-addressed files below ``root``, and stamps of the steps that made them below ``stamps``.

    ``others`` are the stores of other bundles on the same file system, whose files this one may link to.
    """

    def __init__(self, root: Path, stamps: Path, others: Collection[Store] = ()) -> None:
        self.root = root
        self.stamps = stamps
        self.others = others

    def path(self, sha256: str) -> Path:
        return self.root / sha256

    def has(self, artefact: Artefact) -> bool:
        """Whether the file is there and its bytes have the digest; they are read for that."""
        return self.sound(self.path(artefact["sha256"]), artefact)

    @staticmethod
    def sound(path: Path, artefact: Artefact) -> bool:
        """Whether the file at *path* holds exactly the bytes of *artefact*."""
        try:
            return path.stat().st_size == artefact["size"] and sha256_file(path) == artefact["sha256"]
        except FileNotFoundError:
            return False

    def add(self, path: Path, sha256: str | None = None) -> Artefact:
        """Move a finished file into the store; *sha256* spares a second reading when it is known."""
        digest = sha256 or sha256_file(path)
        size = path.stat().st_size
        self.root.mkdir(parents=True, exist_ok=True)
        path.chmod(0o644)
        path.replace(self.path(digest))
        return {"sha256": digest, "size": size}

    def stamped(self, step: str, key: str) -> dict[str, t.Any] | None:
        """What *step* made the last time, if its *key* is the same and all its files are still intact."""
        try:
            stamp = json.loads((self.stamps / f"{step}.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        if stamp.get("key") != key or not all(self.has(a) for a in stamp["artefacts"].values()):
            return None
        return t.cast("dict[str, t.Any]", stamp)

    def linked(self, step: str, key: str) -> dict[str, t.Any] | None:
        """What *step* made for another bundle with the same *key*: its files are linked into this store and stamped.

        A file that is damaged, or removed meanwhile, is as good as none.
        """
        for other in self.others:
            if not (stamp := other.stamped(step, key)):
                continue
            try:
                for artefact in stamp["artefacts"].values():
                    publish(other.path(artefact["sha256"]), self.path(artefact["sha256"]))
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.EXDEV, errno.EMLINK):
                    raise
                continue
            self.stamp(step, key, stamp["artefacts"], stamp["facts"])
            return stamp
        return None

    def stamp(self, step: str, key: str, artefacts: dict[str, Artefact], facts: dict[str, t.Any] | None = None) -> None:
        """Note that *step* is done; written last, so a killed step has none."""
        record = {"key": key, "artefacts": artefacts, "facts": facts or {}}
        write_atomic(self.stamps / f"{step}.json", json.dumps(record, indent=1, sort_keys=True).encode())


def relative(path: str, where: str) -> str:
    """A path inside an image or archive, cleaned; one that leaves it is refused.

    :raises BundleError: for absolute paths with ``..`` in them and the like.
    """
    parts = [p for p in path.split("/") if p not in ("", ".")]
    if ".." in parts or not parts:
        raise BundleError(f"{where}: the path {path!r} leaves its root; correct it")
    return "/".join(parts)
