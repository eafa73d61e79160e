# SPDX-License-Identifier: GPL-3.0-or-later
"""Go modules without some of their packages, such as those that need a C compiler or the SDK of a public cloud."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .content import relative
from .errors import BundleError
from .sources import module_directory

PACKAGE = re.compile(r"^package (\w+)", re.MULTILINE)
SOURCES = {".go", ".c", ".h", ".s"}
COPIES = "left_out"  # directory of the changed modules, whose path is in the programs, so it must be the same each time


def prepared(
    source: Path, modules: dict[str, list[str]], scratch: Path, *, cache: Path, go: str, architecture: str
) -> Path:
    """A copy of the Go module in *source* that takes *modules* {module: directories} without these packages.

    The packages stay importable and hold nothing. So this is for those that a program imports for nothing but what they
    register. The modules come from the archives that go.sum pins.

    :raises BundleError: for a module that can't be had, and for directories that hold no package.
    """
    copy = scratch / "module"
    for number, (module, directories) in enumerate(modules.items()):
        origin = module_directory(source, module, cache, scratch / f"module-{number}", go, architecture)
        target = copy / COPIES / str(number)
        shutil.copytree(origin, target, copy_function=shutil.copyfile)
        for path in (target, *target.rglob("*")):  # the cache's directories are read-only
            if path.is_dir():
                path.chmod(0o755)
        for directory in directories:
            _empty(target / relative(directory, f"left_out.{module}"), f"left_out.{module}", directory)
    shutil.copytree(source, copy, dirs_exist_ok=True)
    lines = [f"replace {module} => ./{COPIES}/{number}\n" for number, module in enumerate(modules)]
    with (copy / "go.mod").open("a") as stream:
        stream.writelines(["\n", *lines])
    return copy


def _empty(package: Path, where: str, directory: str) -> None:
    """Replace the sources of a package by a file that only names it."""
    files = sorted(path for path in package.glob("*") if path.suffix in SOURCES) if package.is_dir() else []
    programs = [path for path in files if path.suffix == ".go" and not path.stem.endswith("_test")]
    names = [PACKAGE.search(path.read_text()) for path in programs]
    names = [name for name in names if name]
    if not names or not names[0]:
        raise BundleError(f"{where}: the module has no package in {directory!r}; correct `left_out` in the lock")
    for path in files:
        path.unlink()
    (package / "empty.go").write_text(f"package {names[0][1]}\n")
