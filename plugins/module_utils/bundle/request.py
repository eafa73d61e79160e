# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle is made from, where it goes, and the links by which it is found."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..homes import cache_home
from . import digests
from .additions import added
from .content import sha256_json, sha256_tree
from .errors import LOCK_COMMAND, MAKE, BundleError
from .lock import compiled_part, parse, stated
from .selection import selected

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
            f"no bundle was made for the cloud {cloud} ({cloud_link(cache, cloud)} does not exist); make it with {MAKE}"
        )
    return cloud_link(cache, cloud)


def lock_id(
    lock: t.Any,
    found: digests.Digests,
    own: dict[str, str],
    sources: Path,
    origin: str,
    needs: dict[str, t.Any] | None = None,
    additions: dict[str, t.Any] | None = None,
) -> str:
    """What a bundle is named by that would be made from this lock and these digests, for these needs.

    :raises BundleError: for a faulty lock.
    """
    parse(lock)
    lock = added(lock, additions)
    parse(lock)
    return _named(digests.applied(lock, found, own), named(needs or {}), sources, origin)


def _named(lock: dict[str, t.Any], needs: Iterable[str], sources: Path, origin: str) -> str:
    """16 hex digits that change with what the lock says about this origin, and with the Go modules for `source`.

    Optional artefacts that nothing needs don't change it.
    """
    chosen = selected(lock, needs)
    if origin == "source":
        unused = set(lock["builds"]) - set(chosen["builds"])
        return sha256_json([FORMAT, compiled_part(chosen), sha256_tree(sources, unused), origin])[:16]
    return sha256_json([FORMAT, stated(chosen), "", origin])[:16]


@dataclass(frozen=True)
class Request:
    """What is wanted: the lock as read from YAML, the directory with the Go modules, where the bundle goes.

    ``mirrors`` replaces prefixes of URLs: {"https://registry.k8s.io": "https://mirror.example.net/k8s"}.
    ``cloud`` names the cloud for which it is made, ``lock_command`` what finds the digests that nobody recorded.
    ``needs`` are names of artefacts, of which the lock's optional ones are made.
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
    needs: frozenset[str] = frozenset()

    @classmethod
    def of(cls, parameters: dict[str, t.Any]) -> Request:
        """The request that the parameters of the module ``bundle`` mean."""
        directory, log = parameters["dir"], parameters["progress_file"]
        return cls(
            lock=digests.applied(
                added(parameters["lock"], parameters["additions"]), parameters["digests"], parameters["images"]
            ),
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
            needs=named(parameters["needs"]),
        )

    @property
    def selected(self) -> dict[str, t.Any]:
        """The lock without the optional artefacts that nothing needs; it must be one that `parse` takes."""
        return selected(self.lock, self.needs)

    @property
    def lock_id(self) -> str:
        """What the bundle is named by."""
        return _named(self.lock, self.needs, self.sources, self.origin)

    @property
    def target(self) -> Path:
        return self.directory or self.cache / self.lock_id

    @property
    def links(self) -> list[Path]:
        """Symbolic links by which users who name no directory find the bundle."""
        if self.directory:
            return []
        return [self.cache / CURRENT, *([cloud_link(self.cache, self.cloud)] if self.cloud else [])]


def named(needs: dict[str, t.Any]) -> frozenset[str]:
    """All names in needs {layer: names}.

    :raises BundleError: for needs of another form.
    """
    for layer, names in needs.items():
        if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
            raise BundleError(f"needs.{layer} must be a list of names, not {names!r}")
    return frozenset(name for names in needs.values() for name in names)


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
