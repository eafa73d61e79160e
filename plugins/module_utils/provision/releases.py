# SPDX-License-Identifier: GPL-3.0-or-later
"""Several bundles served as one, so that machines that still run the release before keep their images and files.

The merged directory holds symbolic links into the bundles, below ``bundles/<digest of its contents>``; the link
``bundles/serving`` leads to it and is switched atomically, so neither nginx nor the registry has to be restarted.
Files and blobs are named by their digests, so bundles agree on them. Where bundles differ (a tag, the apt
repository's index, bundle.json), the first bundle of the list wins; images that a tag no longer names stay pullable by
digest.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..bundle import index as bundle_index
from ..bundle.errors import BundleError
from ..bundle.image_storage import Registry, split
from .settings import ProvisionerError, Settings
from .steps import Plan

REGISTRY = "registry/docker/registry/v2"


@dataclass
class View:
    """What the merged directory holds: symbolic links {path: target} and small files {path: text}."""

    links: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        """Identifies the contents."""
        text = json.dumps([self.links, self.texts], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def write(self, directory: Path) -> None:
        """Fill *directory*, which does not exist yet; every user may read it, whatever the umask is."""
        directory.mkdir()
        for name, target in self.links.items():
            place = directory / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(target)
        for name, text in self.texts.items():
            place = directory / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
            place.chmod(0o644)
        for path, _directories, _files in os.walk(directory):
            os.chmod(path, 0o755)


def view(bundles: Iterable[str]) -> View:
    """The union of *bundles*, of which the first is the current release.

    :raises ProvisionerError: for a directory that holds no whole bundle.
    """
    found = View()
    for name in reversed(list(bundles)):
        directory = Path(name)
        try:
            held = bundle_index.read(directory)
            bundle_index.whole(directory, held)
        except BundleError as error:
            raise ProvisionerError(f"provisioner.bundle_dirs: {error}") from error
        for path in _files(held):
            found.links[path] = str(directory / path)
        storage = Registry(directory / "registry")
        for reference, image in held["images"].items():
            _image(found, storage, reference, image["digest"])
    return found


def _files(held: bundle_index.Index) -> list[str]:
    entries = [*held["files"].values(), *bundle_index.documents(held).values(), *held.get("packages", {}).values()]
    entries += held.get("apt", {}).get("indices", {}).values()
    return ["bundle.json", *(str(entry["path"]) for entry in entries)]


def _image(found: View, storage: Registry, reference: str, digest: str) -> None:
    """Adds an image in the layout of docker-registry's storage; its tag replaces that of an earlier bundle."""
    repository, tag = split(reference)
    base = f"{REGISTRY}/repositories/{repository}"
    manifests, blobs = storage.tree(digest)
    for part in (*manifests, *blobs):
        hexa = part.removeprefix("sha256:")
        found.links[f"{REGISTRY}/blobs/sha256/{hexa[:2]}/{hexa}/data"] = str(storage.blob(part))
    for part in blobs:
        found.texts[f"{base}/_layers/sha256/{part.removeprefix('sha256:')}/link"] = part
    for part in manifests:
        found.texts[f"{base}/_manifests/revisions/sha256/{part.removeprefix('sha256:')}/link"] = part
    tags = f"{base}/_manifests/tags/{tag}"
    found.texts[f"{tags}/index/sha256/{digest.removeprefix('sha256:')}/link"] = digest
    found.texts[f"{tags}/current/link"] = digest


def require(found: Plan, settings: Settings) -> None:
    """Appends the step that serves all bundles of the settings, or removes a merged directory out of use.

    :raises ProvisionerError: for a directory that holds no whole bundle.
    """
    home = Path(settings.merged_dir).parent
    if len(settings.bundle_dirs) < 2:
        return
    wanted = view(settings.bundle_dirs)
    link, target = Path(settings.merged_dir), wanted.digest()
    leads = link.is_symlink() and os.readlink(link) == target and (home / target).is_dir()
    if not leads or _others(home, target):
        text = f"serve the bundles {', '.join(settings.bundle_dirs)}"
        found.add(text, lambda: _switch(home, link, wanted))


def tidy(found: Plan, settings: Settings) -> None:
    """Appends the step that removes the merged directory once a single bundle is served and the services use that."""
    home = Path(settings.merged_dir).parent
    if len(settings.bundle_dirs) < 2 and home.exists():
        found.add(f"remove {home}, the links to bundles that are no longer served", lambda: shutil.rmtree(home))


def _others(home: Path, target: str) -> list[Path]:
    return [path for path in home.iterdir() if path.name not in (target, "serving")] if home.is_dir() else []


def _switch(home: Path, link: Path, wanted: View) -> None:
    """Write the merged directory, switch to it, and remove the ones before; killed anywhere, a new run completes it."""
    home.mkdir(exist_ok=True)
    home.chmod(0o755)
    directory, scratch = home / wanted.digest(), home / f".{wanted.digest()}.part"
    shutil.rmtree(scratch, ignore_errors=True)
    if not directory.is_dir():
        try:
            wanted.write(scratch)
            scratch.rename(directory)
        except OSError:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
    if not (link.is_symlink() and os.readlink(link) == directory.name):
        new = home / ".serving.new"
        new.unlink(missing_ok=True)
        new.symlink_to(directory.name)
        new.replace(link)
    for path in _others(home, directory.name):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
