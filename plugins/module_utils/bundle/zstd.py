# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers compressed and decompressed by the program zstd; Python has no zstd in its standard library before 3.14."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import typing as t
from pathlib import Path

from .compile import TIED
from .errors import BundleError


def check() -> None:
    """Refuse early when the program is absent.

    :raises BundleError: without zstd on PATH.
    """
    if shutil.which("zstd") is None:
        raise BundleError(
            "no `zstd` on PATH, with which the lock compresses layers; the role groundup.cloud.bundle installs it, or "
            "write `compression: {format: none}` in the lock"
        )


def compress(source: Path, target: Path, level: int) -> None:
    """Write *source* as one zstd frame to *target*.

    The same version of zstd gives the same bytes with any number of threads. The frame has no checksum: machines
    verify the sha256 of both the blob and what is unpacked from it.

    :raises BundleError: without zstd, or with its own message when it fails.
    """
    check()
    words = ["zstd", f"-{level}", "-T0", "--no-check", "--quiet", "--force", "-o", str(target), str(source)]
    done = subprocess.run([*TIED, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundleError(
            f"zstd could not compress {source} (status {done.returncode}): {done.stderr.strip()}; look at the space on "
            "that disk and start again"
        )


@contextlib.contextmanager
def decompressed(source: Path) -> t.Iterator[t.IO[bytes]]:
    """The bytes behind a zstd frame, read while the program zstd writes them.

    :raises BundleError: without zstd, or with its own message when the frame is damaged.
    """
    if shutil.which("zstd") is None:
        raise BundleError(f"no `zstd` on PATH, with which {source} is decompressed; install the package zstd")
    with subprocess.Popen(["zstd", "-dc", str(source)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        stream, errors = t.cast("t.IO[bytes]", process.stdout), t.cast("t.IO[bytes]", process.stderr)
        try:
            yield stream
        finally:
            while stream.read(1 << 20):  # a reader of archives stops at their end mark, before the end of the file
                pass
            said = errors.read().decode(errors="replace").strip()
            if process.wait():  # more telling than what a reader made of half an archive
                raise BundleError(f"zstd could not decompress {source} (status {process.returncode}): {said}")
