# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle is made from, where it goes, and the links by which it is found."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ..homes import cache_home
from . import digests
from .content import sha256_json, sha256_tree
from .errors import LOCK_COMMAND, BundleError
from .lock import compiled_part, parse, stated

FORMAT = 2  # of bundle.json; a bundle of another format is another bundle
CURRENT = "current"  # symbolic link to the bundle that was made last, for users who name no directory
CLOUDS = "clouds"  # directory of such links, one for each cloud


def cache_root() -> Path:
    """Where bundles and the caches of their making are kept: ``${XDG_CACHE_HOME:-~/.cache}/groundup/bundle``."""
    return Path(cache_home(), "bundle")


def cloud_link(cache: Path, cloud: str) -> Path:
    """The link to the bundle that was made last for a cloud."""
    return cache / CLOUDS / cloud


def made_last(parameters: dict[str, t.Any]) -> Path:
    """The bundle that the parameters of the module ``bundle_info`` mean: a directory, or the link to it.

    :raises BundleError: if none was made for the cloud.
    """
    cache, cloud = Path(parameters["cache_dir"] or cache_root()), parameters["cloud"]
    if parameters["dir"]:
        return Path(parameters["dir"])
    if not cloud:
        return cache / CURRENT
    if not cloud_link(cache, cloud).exists():
        raise BundleError(
            f"no bundle was made for the cloud {cloud} ({cloud_link(cache, cloud)} does not exist); make it with "
            "`ansible-playbook -i MODEL groundup.cloud.bundle`"
        )
    return cloud_link(cache, cloud)


def lock_id(lock: t.Any, found: digests.Digests, own: dict[str, str], sources: Path, origin: str) -> str:
    """What a bundle is named by that would be made from this lock and these digests.

    :raises BundleError: for a faulty lock.
    """
    parse(lock)
    return _named(digests.applied(lock, found, own), sources, origin)


def _named(lock: dict[str, t.Any], sources: Path, origin: str) -> str:
    """16 hex digits that change with what the lock says about this origin, and with the Go modules for `source`."""
    if origin == "source":
        return sha256_json([FORMAT, compiled_part(lock), sha256_tree(sources), origin])[:16]
    return sha256_json([FORMAT, stated(lock), "", origin])[:16]


@dataclass(frozen=True)
class Request:
    """What is wanted: the lock as read from YAML, the directory with the Go modules, where the bundle goes.

    ``mirrors`` replaces prefixes of URLs: {"https://registry.k8s.io": "https://mirror.example.net/k8s"}.
    ``cloud`` names the cloud for which it is made, ``lock_command`` what finds the digests that nobody recorded.
    """

    lock: dict[str, t.Any]
    sources: Path
    origin: str  # "source" | "upstream"
    cache: Path
    directory: Path | None = None
    jobs: int = 2
    mirrors: dict[str, str] = field(default_factory=dict)
    log: Path | None = None  # of progress; else progress.log beside the bundle
    ca_file: str | None = None
    auth_file: str | None = None
    cloud: str | None = None
    lock_command: str = LOCK_COMMAND

    @classmethod
    def of(cls, parameters: dict[str, t.Any]) -> Request:
        """The request that the parameters of the module ``bundle`` mean."""
        directory, log = parameters["dir"], parameters["progress_file"]
        return cls(
            lock=digests.applied(parameters["lock"], parameters["digests"], parameters["images"]),
            sources=Path(parameters["sources"]),
            origin=parameters["source"],
            cache=Path(parameters["cache_dir"] or cache_root()),
            directory=Path(directory) if directory else None,
            jobs=parameters["jobs"],
            mirrors=parameters["mirrors"],
            log=Path(log) if log else None,
            ca_file=parameters["ca_file"],
            auth_file=parameters["auth_file"],
            cloud=parameters["cloud"],
            lock_command=parameters["lock_command"] or LOCK_COMMAND,
        )

    @property
    def lock_id(self) -> str:
        """What the bundle is named by."""
        return _named(self.lock, self.sources, self.origin)

    @property
    def target(self) -> Path:
        return self.directory or self.cache / self.lock_id

    @property
    def links(self) -> list[Path]:
        """Symbolic links by which users who name no directory find the bundle."""
        if self.directory:
            return []
        return [self.cache / CURRENT, *([cloud_link(self.cache, self.cloud)] if self.cloud else [])]


def leads(link: Path, target: Path) -> bool:
    return link.is_symlink() and link.readlink() == target


def point(link: Path, target: Path) -> None:
    """Point *link* at *target* atomically."""
    if not leads(link, target):
        link.parent.mkdir(parents=True, exist_ok=True)
        part = link.with_name(f".{link.name}.{os.getpid()}")
        part.unlink(missing_ok=True)  # of a killed process that had this number
        part.symlink_to(target)
        part.replace(link)
