# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds an image into the cache, once per recipe, and publishes images and the ramdisk for nginx."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..errors import CloudError, search_path
from ..homes import cache_home
from . import disk, fetch, manifest, rootfs
from .ramdisk import combine
from .recipe import Recipe, RecipeError, recipe

NEEDS = {
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "mkfs.vfat": "dosfstools",
    "mcopy": "mtools",
    "grub-mkimage": "grub-common",
}
_NEEDS_FILES = {
    "/usr/lib/grub/x86_64-efi/normal.mod": "grub-efi-amd64-bin",
    "/usr/lib/grub/i386-pc/boot.img": "grub-pc-bin",
}
#: Space of a build, which stores the root tree, its file system and the image at the same time.
NEEDED_MIB = 3000


class BuildError(CloudError):
    """The image can't be built or published; the message names cause and remedy."""


def default_cache() -> str:
    """Where built images are kept."""
    return os.path.join(cache_home(), "images")


def cached(wanted: Recipe, cache: str) -> str | None:
    """The directory of a finished build, or None."""
    place = os.path.join(cache, wanted.key())
    return place if os.path.exists(os.path.join(place, "manifest.json")) else None


def build(wanted: Recipe, cache: str) -> str:
    """Builds the image unless it is cached; returns the directory with `os.raw`, `manifest.json`, `vmlinuz`,

    `ramdisk.img` and `build.log`. Builds of one recipe are serialised; an aborted build leaves no manifest.
    Raises BuildError: tool missing, disk too full, mmdebstrap failed (with the end of its log).
    """
    os.makedirs(cache, exist_ok=True)
    with _lock(os.path.join(cache, f".{wanted.key()}.lock")):
        if place := cached(wanted, cache):
            return place
        _check(cache)
        return _build(wanted, cache)


def _check(cache: str) -> None:
    missing = {package for tool, package in NEEDS.items() if not shutil.which(tool, path=search_path())}
    missing |= {package for path, package in _NEEDS_FILES.items() if not os.path.exists(path)}
    if missing:
        raise BuildError(f"to build an image, install {' '.join(sorted(missing))} on this host")
    require_space(cache, NEEDED_MIB, "build the image")


def require_space(path: str, mib: int, purpose: str) -> None:
    """Raises BuildError if the file system of `path` has less than `mib` MiB free."""
    free = shutil.disk_usage(path).free // (1024 * 1024)
    if free < mib:
        raise BuildError(
            f"{path}: {free} MiB free, {mib} MiB needed to {purpose}; free space or name another directory"
        )


def _build(wanted: Recipe, cache: str) -> str:
    started = time.monotonic()
    work = tempfile.mkdtemp(prefix="groundup-image-", dir=cache)
    os.chmod(work, 0o755)
    try:
        out = os.path.join(work, "out")
        os.mkdir(out)
        for name, text in (("early.sh", rootfs.early_script(wanted)), ("late.sh", rootfs.late_script(wanted, out))):
            with open(os.path.join(work, name), "w", encoding="utf-8") as script:
                script.write(text)
        _mmdebstrap(wanted, work, os.path.join(out, "build.log"))
        disk.build(os.path.join(work, "root"), os.path.join(out, "os.raw"), work, wanted.spare_mib)
        described = describe(wanted, out, time.monotonic() - started)
        place = os.path.join(cache, wanted.key())
        shutil.rmtree(place, ignore_errors=True)
        os.rename(out, place)
        manifest.write_json(os.path.join(place, "manifest.json"), described)
        return place
    finally:
        shutil.rmtree(work, ignore_errors=True)


def describe(wanted: Recipe, out: str, seconds: float) -> dict[str, Any]:
    """The manifest of a fresh build: digests, kernel, packages with versions, recipe key."""
    with open(os.path.join(out, "packages"), encoding="utf-8") as lines:
        packages = dict(line.split() for line in lines)
    with open(os.path.join(out, "kernel"), encoding="utf-8") as line:
        kernel = line.read().strip()
    return {
        "name": wanted.name,
        "profile": wanted.profile,
        "recipe": wanted.key(),
        "kernel": kernel,
        "cmdline": wanted.cmdline,
        "packages": packages,
        "build_seconds": round(seconds, 1),
        **manifest.digest(os.path.join(out, "os.raw")),
    }


def _mmdebstrap(wanted: Recipe, work: str, log: str) -> None:
    with open(log, "wb") as output:
        result = subprocess.run(
            rootfs.command(wanted, work),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            env={**os.environ, "PATH": search_path(), "TMPDIR": work, "LC_ALL": "C.UTF-8"},
        )
    if result.returncode:
        with open(log, encoding="utf-8", errors="replace") as lines:
            tail = "".join(lines.readlines()[-25:])
        raise BuildError(f"mmdebstrap ended with {result.returncode}; the end of its log:\n{tail}")


@contextmanager
def _lock(path: str) -> Iterator[None]:
    with open(path, "w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def obtain(name: str, spec: Mapping[str, Any], cache: str) -> str:
    """Builds or downloads an image, `{source: build, …}` or `{url, sha256, ca_file}`; returns its directory."""
    if spec.get("url"):
        return fetch.image(name, str(spec["url"]), str(spec.get("sha256") or ""), cache, ca_file=spec.get("ca_file"))
    return build(recipe(name, spec), cache)


def publish(name: str, place: str, images: str) -> bool:
    """Puts `os.raw` and its manifest into directory `images` as NAME.raw, NAME.json; True if they changed."""
    os.makedirs(images, exist_ok=True)
    source, target = os.path.join(place, "os.raw"), os.path.join(images, f"{name}.raw")
    with open(os.path.join(place, "manifest.json"), "rb") as file:
        text = file.read()
    fresh = not (os.path.exists(target) and os.path.samefile(source, target)) and not _same(target, source, text)
    # A machine reads digests from one file and the image from the other: both are staged before either is renamed.
    staged = [(_link(source, target), target)] if fresh else []
    described = os.path.join(images, f"{name}.json")
    staged += [(_stage(described, text), described)] if _differs(described, text) else []
    return _rename(staged)


def publish_ramdisk(place: str, boot: str) -> bool:
    """Puts kernel and ramdisk (with the current agent) into directory `boot`; True if they changed."""
    os.makedirs(boot, exist_ok=True)
    staged = []
    for name, combined in (("vmlinuz", False), ("ramdisk.img", True)):
        with open(os.path.join(place, name), "rb") as file:
            data = combine(file.read()) if combined else file.read()
        path = os.path.join(boot, name)
        staged += [(_stage(path, data), path)] if _differs(path, data) else []
    return _rename(staged)


def _same(target: str, source: str, text: bytes) -> bool:
    """Whether a published copy is the same image: its manifest and its size are equal."""
    try:
        with open(target[:-4] + ".json", "rb") as file:
            return file.read() == text and os.path.getsize(target) == os.path.getsize(source)
    except FileNotFoundError:
        return False


def _link(source: str, target: str) -> str:
    """Stages the image and returns its path. A hard link needs no space and survives the deletion of the cache; across
    file systems the image is copied."""
    temporary = f"{target}.tmp"
    if os.path.exists(temporary):
        os.unlink(temporary)
    try:
        os.link(source, temporary)
    except OSError:
        require_space(os.path.dirname(target), os.path.getsize(source) // (1024 * 1024) + 64, "publish the image")
        _remove_on_failure(temporary, lambda: shutil.copyfile(source, temporary))
    os.chmod(temporary, 0o644)
    return temporary


def _differs(path: str, data: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read() != data
    except FileNotFoundError:
        return True


def _stage(path: str, data: bytes) -> str:
    temporary = f"{path}.tmp"

    def write() -> None:
        with open(temporary, "wb") as out:
            out.write(data)

    _remove_on_failure(temporary, write)
    return temporary


def _remove_on_failure(temporary: str, write: Callable[[], object]) -> None:
    """Calls `write`; removes the incomplete file if it fails, so that it does not occupy a full disk."""
    try:
        write()
    except OSError:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def _rename(staged: Sequence[tuple[str, str]]) -> bool:
    for temporary, path in staged:
        os.replace(temporary, path)
    return bool(staged)


EXPECTED = (BuildError, RecipeError, fetch.FetchError)


def have(images: Mapping[str, Any], cache: str | None, check: bool) -> dict[str, Any]:
    """The function of module os_image: `{changed, places: {name: directory}}`; raises one of EXPECTED."""
    base = cache or default_cache()
    places = {name: _place(name, spec or {}, base) for name, spec in sorted(images.items())}
    missing = [name for name, place in places.items() if not os.path.exists(os.path.join(place, "manifest.json"))]
    if not check:
        for name in missing:
            obtain(name, images[name] or {}, base)
    return {"changed": bool(missing), "places": places}


def _place(name: str, spec: Mapping[str, Any], cache: str) -> str:
    return os.path.join(cache, f"sha256-{spec['sha256']}" if spec.get("url") else recipe(name, spec).key())
