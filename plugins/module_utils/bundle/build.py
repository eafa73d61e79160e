# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a bundle whose bytes are made here: compiled programs and files for machines."""

from __future__ import annotations

import shutil
import tarfile
import typing as t
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from . import compile as go
from . import layer, left_out
from .content import Artefact, Store, sha256_json, sha256_tree
from .errors import BundleError
from .lock import Build, Debian, Lock, SourceFile
from .progress import Progress, Task

Made = dict[str, Artefact]


@dataclass(frozen=True)
class BuildContext:
    """What every build step needs: lock, Go modules, the cache that outlives the bundle, the store of its bytes."""

    lock: Lock
    debian: Debian  # the lock's, moved to mirrors
    sources: Path
    cache: Path
    work: Path
    store: Store
    progress: Progress

    def once(
        self, step: str, key: t.Any, what: str, make: Callable[[Path, Task], Made], *, shared: bool = True
    ) -> Made:
        """Run *make* unless a stamp says that the step was done with the same *key* and its files are still intact.

        *make* gets an empty scratch directory. A *shared* step may have been done for another bundle: its key names all
        that its result depends on. Debian's packages of today are named by no key.
        """
        wanted = sha256_json(key)
        stamp = self.store.stamped(step, wanted)
        if not stamp and shared:
            stamp = self.store.linked(step, wanted)
        if stamp:
            self.progress.skip(what)
            return t.cast("Made", stamp["artefacts"])
        scratch = self.work / "scratch" / step
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        with self.progress.step(what) as task:
            made = make(scratch, task)
            self.store.stamp(step, wanted, made)
        shutil.rmtree(scratch)
        return made


def compiled(context: BuildContext, name: str, architecture: str | None = None) -> Made:
    """The programs of a build, for the lock's platform or another architecture: {program: artefact}."""
    build, source = context.lock.builds[name], context.sources / name
    key = [asdict(build), sha256_tree(source), context.lock.go]
    key.append(f"linux/{architecture}" if architecture else context.lock.platform)
    step = f"compile-{name}-{architecture}" if architecture else f"compile-{name}"

    def make(scratch: Path, task: Task) -> Made:
        programs, wanted = scratch / "programs", architecture or context.lock.architecture
        whole = source
        if build.left_out:
            access = {"go": context.lock.go, "architecture": wanted}
            whole = left_out.prepared(source, build.left_out, scratch, cache=context.cache, **access)
        go.run(build, whole, programs, context.cache, context.lock.go, wanted, task)
        return {name: context.store.add(programs / given) for name, given in _programs(build, programs).items()}

    return context.once(step, key, f"compile {name} {build.version}", make)


def _programs(build: Build, scratch: Path) -> dict[str, str]:
    given = sorted(p.name for p in scratch.iterdir())
    renamed = {g: wanted for wanted, g in build.programs.items()}
    if absent := sorted(set(renamed) - set(given)):
        raise BundleError(f"go build gave {', '.join(given)}, not {absent[0]}; correct `programs` in the lock")
    return {renamed.get(name, name): name for name in given}


def packed(context: BuildContext, name: str, file: SourceFile, programs: Made) -> Artefact:
    """A file for machines: a program as it is, or several as a tar."""
    if file.program:
        return pick(programs, file.program, f"files.{name}")
    tree = {p: layer.Entry(path=context.store.path(pick(programs, p, f"files.{name}")["sha256"])) for p in file.tar}

    def make(scratch: Path, _task: Task) -> Made:
        layer.write_tar(tree, scratch / "tar")
        return {name: context.store.add(scratch / "tar")}

    return context.once(f"file-{name}", [file.tar, programs], f"pack {name}", make)[name]


def pick(programs: Made, name: str, where: str) -> Artefact:
    """A program of a build; *where* is the place of the lock that wants it.

    :raises BundleError: if the build doesn't make it.
    """
    if name not in programs:
        raise BundleError(f"lock: {where} wants the program {name!r}; its build makes {', '.join(sorted(programs))}")
    return programs[name]


def tar_members(archive: Path, wanted: list[str], scratch: Path) -> dict[str, Path]:
    """Extract regular members of an archive (any compression) into *scratch*: {member: path}.

    :raises BundleError: for members that are not there.
    """
    out: dict[str, Path] = {}
    with tarfile.open(archive) as tar:
        for number, name in enumerate(wanted):
            try:
                stream = tar.extractfile(name)
            except KeyError:
                stream = None
            if stream is None:
                raise BundleError(f"{archive.name} holds no file {name}; correct `member` in the lock")
            out[name] = scratch / str(number)
            with out[name].open("wb") as target:
                shutil.copyfileobj(stream, target)
    return out
