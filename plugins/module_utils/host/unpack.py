# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack a verified tar, each member by rename (a running binary may be replaced), and record what was unpacked."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath

from . import digests
from .state import Archive, HostError
from .system import System


def unpack(archive: Archive, source: Path, system: System) -> None:
    """Unpack ``source`` and remove members of the previous version that this one lacks."""
    members: dict[str, list[int]] = {}
    try:
        with tarfile.open(source) as tar:
            for member in tar:
                name = member_name(archive, member.name)
                if name is None or member.isdir():
                    continue
                refuse_outside(archive, system.path(name), system)
                place(tar, member, system.path(name), name)
                members[name] = digests.fingerprint(system.path(name))
    except tarfile.TarError as error:
        raise HostError(f"{archive.url}: not a tar that can be read: {error}") from error
    for name in old_members(archive, system):
        if name not in members:
            system.path(name).unlink(missing_ok=True)
    record = {"sha256": archive.sha256, "members": members}
    system.write(archive.manifest, json.dumps(record, indent=0).encode(), mode=0o600)


def member_name(archive: Archive, name: str) -> str | None:
    """Absolute path of a member on the host, None when ``strip`` leaves nothing. HostError if it leads outside."""
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts:
        raise HostError(f"{archive.url}: member {name} leads out of {archive.directory}; refused")
    left = [part for part in parts if part != "."][archive.strip :]
    return str(PurePosixPath(archive.directory, *left)) if left else None


def refuse_outside(archive: Archive, target: Path, system: System) -> None:
    """HostError when a symbolic link, from an earlier member or the host, leads a member out of the directory."""
    home = system.path(archive.directory).resolve()
    if not target.parent.resolve().is_relative_to(home):
        raise HostError(f"{archive.url}: a link leads {target} out of {archive.directory}; refused")


def place(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, name: str) -> None:
    """Write one regular file or link; owner is root, mode from the tar without set-id bits and group write."""
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.parent / f".{target.name}.groundup"
    scratch.unlink(missing_ok=True)
    if member.issym():
        scratch.symlink_to(member.linkname)
    elif member.isreg() and (stream := tar.extractfile(member)) is not None:
        with stream, scratch.open("wb") as sink:
            shutil.copyfileobj(stream, sink, 1 << 20)
        scratch.chmod(member.mode & 0o755)
    else:
        raise HostError(f"{name}: the archive holds something that is neither a file nor a symbolic link; refused")
    os.replace(scratch, target)


def old_members(archive: Archive, system: System) -> list[str]:
    """Paths that the previous version unpacked."""
    try:
        return list(json.loads(system.path(archive.manifest).read_text())["members"])
    except (FileNotFoundError, ValueError):
        return []
