# SPDX-License-Identifier: GPL-3.0-or-later
"""Compressing layers with the program zstd; Python has no zstd in its standard library before 3.14."""

from __future__ import annotations

import shutil
import subprocess
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
