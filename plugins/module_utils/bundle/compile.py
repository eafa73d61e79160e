# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiling Go programs from pinned modules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import typing as t
from collections import deque
from pathlib import Path

from .errors import BundleError
from .lock import Build
from .progress import Task

# A child is killed when its parent ends, however that happens.
TIED = ["setpriv", "--pdeathsig", "TERM"]
TAIL = 25  # lines of Go's output in an error


def environment(cache: Path, go: str, architecture: str) -> dict[str, str]:
    """Go's environment: caches that outlive the bundle, the exact toolchain, no C, nothing taken from the user's setup
    but the way to the network (proxies of modules, of HTTP, and the checksum data base)."""
    kept = {k: v for k, v in os.environ.items() if k in KEPT or k.lower().endswith("_proxy")}
    return {
        **kept,
        "GOMODCACHE": str(cache / "gomod"),
        "GOCACHE": str(cache / "gocache"),
        "GOENV": "off",
        "GOFLAGS": "-buildvcs=false",
        "GOTOOLCHAIN": f"go{go}",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
        "GOOS": "linux",
        "GOARCH": architecture,
        # Compilers are short-lived: collecting garbage less often saves a sixth of their time (140 s of CPU, not 168,
        # for the standard library and the compiler, go1.26.8), up to a heap of 2 GiB.
        "GOGC": "400",
        "GOMEMLIMIT": "2GiB",
    }


KEPT = {
    "PATH",
    "HOME",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GOPROXY",
    "GONOPROXY",
    "GOPRIVATE",
    "GOSUMDB",
    "GONOSUMDB",
}


def linker(build: Build) -> str:
    """The linker's flags: no symbols, and the variables that carry versions.

    :raises BundleError: for values that would end their quotes.
    """
    if bad := [v for v in build.variables.values() if "'" in v]:
        raise BundleError(f"lock: the linker variable {bad[0]!r} holds a quote; take it out")
    return " ".join(["-s", "-w", *(f"'-X={name}={value}'" for name, value in sorted(build.variables.items()))])


def command(build: Build, target: Path) -> list[str]:
    """The `go build` that writes the programs of *build* into the directory *target*.

    Nothing is compiled for debuggers, which the linker would leave out again: that takes an eighth of the time.
    """
    tags = [f"-tags={','.join(build.tags)}"] if build.tags else []
    return [
        "go",
        "build",
        "-v",
        "-mod=readonly",
        "-trimpath",
        "-gcflags=all=-dwarf=false",
        *tags,
        f"-ldflags={linker(build)}",
        "-o",
        f"{target}/",
        *build.packages,
    ]


def check_go(go: str) -> None:
    """Refuse early when there is no Go that could fetch the wanted toolchain.

    :raises BundleError: when Go is absent or older than 1.21, which knows no toolchains.
    """
    path = shutil.which("go")
    if path is None:
        raise BundleError(f"no `go` on PATH; the role groundup.cloud.bundle installs one, or install Go {go}")
    shown = subprocess.run([path, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout.strip()
    found = re.match(r"go1\.(\d+)", shown)
    if found is None or int(found[1]) < 21:
        raise BundleError(f"{path} is {shown or 'no Go'}; Go 1.21 or later is needed, which fetches go{go} by itself")


def run(build: Build, source: Path, target: Path, cache: Path, go: str, architecture: str, task: Task) -> None:
    """Compile *build* from the module in *source* into the directory *target*.

    What is compiled stays in Go's cache, so a killed run goes on where it was.

    :raises BundleError: with the end of Go's output when it fails.
    """
    target.mkdir(parents=True, exist_ok=True)
    words: deque[str] = deque(maxlen=TAIL)
    packages = 0
    with subprocess.Popen(
        [*TIED, *command(build, target)],
        cwd=source,
        env=environment(cache, go, architecture),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in t.cast("t.IO[str]", process.stdout):
            words.append(line.rstrip())
            if PACKAGE.fullmatch(words[-1]):
                packages += 1
            task.note = f"{packages} packages compiled"
    if process.returncode:
        raise BundleError(f"go build in {source} ended with {process.returncode}:\n" + "\n".join(words))


PACKAGE = re.compile(r"[\w.~/+-]+")
