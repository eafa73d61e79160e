# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of Go modules that layers hold, such as scripts, BPF programs and manifests."""

from __future__ import annotations

import fnmatch
import json
import shutil
import subprocess
from pathlib import Path

from . import layer
from .compile import TIED, environment
from .content import relative
from .entries import ModuleFile, SourceTree
from .errors import BundleError
from .lock import Lock


def module_directory(source: Path, module: str, cache: Path, scratch: Path, go: str, architecture: str) -> Path:
    """The directory of a module that the Go module in *source* requires, downloaded and verified by its go.sum.

    :raises BundleError: with Go's own message when it is not required or can't be had.
    """
    shutil.copytree(source, scratch / "module", dirs_exist_ok=True)  # go may write to go.mod and go.sum
    settings = {**environment(cache, go, architecture), "GOFLAGS": "-mod=mod"}
    words = ["go", "mod", "download", "-json", module]
    done = subprocess.run([*TIED, *words], cwd=scratch / "module", env=settings, capture_output=True, check=False)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        found = {}
    if done.returncode or "Dir" not in found:
        said = str(found.get("Error") or done.stderr.decode(errors="replace")).strip()
        raise BundleError(
            f"go gave no files of the module {module} for {source}: {said}; name a module that its go.mod requires"
        )
    sums = [line.split() for line in (source / "go.sum").read_text().splitlines()]
    if [found["Path"], found["Version"], found["Sum"]] not in sums:
        raise BundleError(
            f"{source}/go.sum has no sum of {module} {found['Version']}; require the module in go.mod and run "
            "`go mod download` there, so that its files are pinned"
        )
    return Path(found["Dir"])


def root(source: Path, module: str | None, cache: Path, scratch: Path, lock: Lock) -> Path:
    """The directory of the Go module in *source*, or of a *module* that it requires."""
    return module_directory(source, module, cache, scratch, lock.go, lock.architecture) if module else source


def file(root: Path, wanted: ModuleFile, where: str) -> Path:
    """The path of one file of a module.

    :raises BundleError: if it is not there.
    """
    path = root / relative(wanted.path, where)
    if not path.is_file():
        raise BundleError(f"{where}: the module has no file {wanted.path!r}; correct `path` in the lock")
    return path


def tree(root: Path, wanted: SourceTree, target: str, where: str) -> layer.Tree:
    """The files below *root* that *wanted* names, as entries below the directory *target* of a layer.

    :raises BundleError: if the directory is not there, or a pattern matches no file.
    """
    base = root if wanted.path in ("", ".") else root / relative(wanted.path, where)
    if not base.is_dir():
        raise BundleError(f"{where}: the module has no directory {wanted.path!r}; correct `path` in the lock")
    names = sorted(str(path.relative_to(base)) for path in base.rglob("*") if path.is_file())
    for pattern in (*wanted.include, *wanted.exclude, *wanted.exec):
        if not fnmatch.filter(names, pattern):
            raise BundleError(f"{where}: the pattern {pattern!r} matches no file of {wanted.path!r}; correct the lock")
    chosen = [name for name in names if _matches(name, wanted.include) and not _matches(name, wanted.exclude)]
    mode = int(wanted.mode, 8)
    return {
        relative(f"{target}/{name}", where): layer.Entry(
            mode=mode | (mode & 0o444) >> 2 if _matches(name, wanted.exec) else mode, path=base / name
        )
        for name in chosen
    }


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
