# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan and act: what a bundle lacks of its lock, and making it."""

from __future__ import annotations

import json
import shutil
import typing as t
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..download import trust
from . import build, documents, image, index, skopeo, upstream, zstd
from .build import BuildContext, Made
from .compile import check_go
from .content import Artefact, Store, publish, write_atomic
from .errors import BundleError, NotPinned
from .guard import exclusive, full_disk_named
from .image_storage import Registry
from .lock import Lock, parse, unpinned
from .packages import repository
from .progress import Progress
from .request import Request, leads, point
from .web import bundle_errors

FILES = "files/sha256"


@dataclass(frozen=True)
class Plan:
    """What making the bundle would do: names of artefacts that are absent or unsound; none means nothing to do."""

    target: Path
    lock_id: str
    missing: list[str]

    @property
    def changed(self) -> bool:
        return bool(self.missing)


def checked(request: Request) -> Lock:
    """The parsed lock, if a bundle can be made from it this way.

    :raises BundleError: for a faulty lock; with every artefact to be downloaded that has no digest.
    """
    lock = _selected(request)
    if request.origin == "source" and not request.sources.is_dir():
        raise BundleError(
            f"{request.sources} is not on this host; `source: source` compiles on the controller only. Make the bundle "
            "there without a model, and carry it to the provisioner's `dir`, or choose `source: upstream`"
        )
    if names := unpinned(lock, request.origin):
        raise NotPinned(names, request.lock_command)
    return lock


def _selected(request: Request) -> Lock:
    """The lock with what the bundle holds of it; its faults are found in what is left out too."""
    parse(request.lock)
    return parse(request.selected)


def wanted(lock: Lock, origin: str) -> list[str]:
    """Names of everything that a bundle of this lock holds."""
    packages = [f"apt:{name}" for name in lock.debian.packages]
    held = [*lock.documents, *(f"manifest:{name}" for name in lock.rendered), *packages]
    if origin == "source":
        return [*lock.files, *lock.images, *(x for x in lock.upstream_images if x not in lock.images), *held]
    return [*lock.upstream_files, *lock.upstream_images, *lock.local_images, *held]


def plan(request: Request) -> Plan:
    """Verify the bytes of what is there, and name what is missing.

    :raises BundleError: for a faulty lock, or one that `upstream` can't be made from.
    """
    return _plan(request, checked(request))


def _plan(request: Request, lock: Lock) -> Plan:
    everything = wanted(lock, request.origin)
    held = _held(request.target)
    bad = faults(request.target, held) if held and held["lock"] == request.lock_id else everything
    return Plan(request.target, request.lock_id, bad)


def _held(directory: Path) -> index.Index | None:
    try:
        return index.read(directory)
    except BundleError:  # there is none, or it is incomplete; it is made again, as the error advises
        return None


def faults(directory: Path, held: index.Index) -> list[str]:
    """Names of artefacts of a finished bundle whose bytes are missing or are not those of the index."""
    store = Store(directory / FILES, directory)
    files = {**held["files"], **index.documents(held)}
    bad = [name for name, file in files.items() if not store.has(file)]
    debs = {f"apt:{name}": deb for name, deb in held["packages"].items()}
    if held["packages"]:
        debs |= held["apt"].get("indices") or {"apt/Packages": {"path": "apt/Packages", "sha256": "", "size": -1}}
    bad += [name for name, deb in debs.items() if not store.sound(directory / deb["path"], deb)]
    registry, seen = Registry(directory / "registry"), dict[str, bool]()
    return bad + [ref for ref, held_image in held["images"].items() if registry.faults(ref, held_image["digest"], seen)]


def ensure(request: Request, check: bool) -> dict[str, t.Any]:
    """Make the bundle if anything of it is missing; only say so in check mode. Gives the result of the module.

    In check mode ``refusal`` says why a run without it would make nothing.

    :raises BundleError: what, where and the remedy.
    """
    refusal = ""
    try:
        todo = plan(request)
    except NotPinned as fault:
        if not check:
            raise
        refusal, todo = str(fault), _plan(request, _selected(request))
    if todo.changed and not check:
        make(request)
        if left := plan(request).missing:
            raise BundleError(f"{todo.target}: {', '.join(left)} missing after all was made; is its disk sound?")
    for link in [] if check else request.links:
        point(link, todo.target)
    held = _held(todo.target) or {}
    return {
        "changed": todo.changed,
        "path": str(todo.target),
        "lock_id": todo.lock_id,
        "missing": todo.missing,
        "refusal": refusal,
        "current": all(leads(link, todo.target) for link in request.links),
        "own_images": index.own_images(held),
        "bundle": held,
        "diff": {"before": "".join(f"missing: {name}\n" for name in todo.missing), "after": ""},
    }


def make(request: Request, emit: Callable[[str], None] | None = None) -> index.Index:
    """Make the bundle, going on where an earlier run stopped; its index goes to ``bundle.json`` last.

    :raises BundleError: what, where and the remedy; what was finished before stays.
    """
    lock = checked(request)
    if request.origin == "source" or lock.rendered:
        check_go(lock.go)
    images = lock.made_images(request.origin)
    if lock.own_images or lock.pulled_images(request.origin):
        skopeo.check()
    if any(lock.compression_of(name).format == "zstd" for name, __ in lock.variants(images)):
        zstd.check()
    request.cache.mkdir(parents=True, exist_ok=True)
    work = request.target / ".work"
    with (
        full_disk_named(request.target, request.cache),
        exclusive(request.target),
        bundle_errors(),
        trust.for_programs(work / "trust", request.ca_file),
    ):
        progress = Progress(_steps(lock, request.origin), request.log or request.target / "progress.log", emit)
        store = Store(work / "store", work / "stamps", _others(request))
        # Partial downloads are on the file system of the bundle, and `exclusive` keeps other processes away.
        origin = upstream.Origin(request.mirrors, work / "downloads", request.auth_file)
        context = BuildContext(lock, origin.debian(lock.debian), request.sources, request.cache, work, store, progress)
        held = _source(context, request) if request.origin == "source" else _upstream(context, request, origin)
        registry = Registry(request.target / "registry")
        pulled = lock.pulled_images(request.origin)
        held["images"] |= {ref: upstream.image(context, origin, registry, ref) for ref in pulled}
        held["images"] |= {ref: upstream.own_image(context, origin, registry, ref) for ref in lock.own_images}
        held = {**_head(request, lock), **held, **documents.published(context, request, FILES, origin)}
        write_atomic(request.target / "bundle.json", json.dumps(held, indent=1, sort_keys=True).encode())
        _prune(request.target, held)
        progress.finish(f"bundle {request.lock_id}: {request.target}")
    return held


def _others(request: Request) -> list[Store]:
    """The stores of the other bundles in the cache; beside a directory that a user named, anybody may have put one."""
    if request.directory:
        return []
    found = [path / ".work" for path in sorted(request.cache.iterdir()) if path != request.target]
    return [Store(work / "store", work / "stamps") for work in found if (work / "stamps").is_dir()]


def _head(request: Request, lock: Lock) -> dict[str, t.Any]:
    names = {"lock": request.lock_id, "source": request.origin}
    release = {"platform": lock.platform, "kubernetes": lock.kubernetes, "debian": lock.debian.suite}
    return {**names, **release, "registries": lock.registries}


def _steps(lock: Lock, origin: str) -> list[str]:
    """All steps that will come, by the words with which they begin (``progress.SECONDS``)."""
    steps = ["layer"] * len(lock.variants(lock.made_images(origin)))
    steps += ["image"] * (len(lock.own_images) + len(lock.pulled_images(origin)))
    steps += ["Debian packages", "sign"] if lock.debian.packages else []
    steps += ["take" if origin == "source" else "download"] * len(lock.documents)
    # helm is compiled before the first one, and found there before each other one, which is no work.
    steps += [step for number in range(len(lock.rendered)) for step in ("" if number else "compile helm", "render")]
    if origin == "source":
        packed = [name for name, file in lock.files.items() if file.tar]
        return steps + [f"compile {name}" for name in lock.compiled] + ["pack"] * len(packed)
    downloads = {file.download for file in lock.upstream_files.values()}
    return steps + ["download"] * len(downloads) + ["unpack"] * len(lock.upstream_files)


def _source(context: BuildContext, request: Request) -> dict[str, t.Any]:
    """Compile all programs, pack files, make images. Builds run in parallel, because linking uses one core only."""
    with ThreadPoolExecutor(request.jobs) as pool:
        jobs = {name: pool.submit(build.compiled, context, name) for name in context.lock.compiled}
        packages, apt = repository(context, request.target / "apt")
        builds: dict[str, Made] = {name: job.result() for name, job in jobs.items()}
    files = {}
    for name, file in context.lock.files.items():
        artefact = build.packed(context, name, file, builds[file.build])
        files[name] = _file(
            context, request, artefact, context.lock.builds[file.build].version, bool(file.tar), file.links
        )
    return {
        "files": files,
        "images": _images(context, request, context.lock.made_images(request.origin), builds),
        "packages": packages,
        "apt": apt,
    }


def _upstream(context: BuildContext, request: Request, origin: upstream.Origin) -> dict[str, t.Any]:
    """Everything as its makers publish it, by digest."""
    files = {}
    for name, (artefact, version) in upstream.files(context, origin).items():
        files[name] = _file(context, request, artefact, version, context.lock.upstream_files[name].tar, [])
    images = _images(context, request, context.lock.made_images(request.origin), {})
    packages, apt = repository(context, request.target / "apt")
    return {"files": files, "images": images, "packages": packages, "apt": apt}


def _images(
    context: BuildContext, request: Request, references: list[str], builds: dict[str, Made]
) -> dict[str, t.Any]:
    layers = image.layers(context, references, builds)
    registry = Registry(request.target / "registry")
    return {reference: image.assemble(context, registry, reference, layers[reference]) for reference in references}


def _file(
    context: BuildContext, request: Request, made: Artefact, version: str, tar: bool, links: list[str]
) -> dict[str, t.Any]:
    """Publish a file under its content's name, and its entry of the index."""
    publish(context.store.path(made["sha256"]), request.target / FILES / made["sha256"])
    kind = {"kind": "tar", "mode": "0644"} if tar else {"kind": "binary", "mode": "0755"}
    return {**made, **kind, "version": version, "path": f"{FILES}/{made['sha256']}", "links": links}


def _prune(target: Path, held: index.Index) -> None:
    """Drop files that an earlier lock left in the same directory."""
    listed = {file["sha256"] for file in (*held["files"].values(), *index.documents(held).values())}
    for path in (target / FILES).glob("*"):
        if path.name not in listed:
            path.unlink()
    for name in ("scratch", "downloads"):  # parts that an earlier lock left
        shutil.rmtree(target / ".work" / name, ignore_errors=True)
