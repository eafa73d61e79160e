# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files and programs of the operating system."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from ..errors import missing_program, search_path
from .errors import DiskError


def read(path: str) -> str:
    """Text of a small file without surrounding blanks and NULs; empty if the file does not exist or can't be read."""
    return read_bytes(path).decode("utf-8", "replace").strip().strip("\0").strip()


def read_bytes(path: str) -> bytes:
    """Contents of a small file; empty if the file does not exist or can't be read."""
    try:
        with open(path, "rb") as file:
            return file.read(65536)
    except OSError:
        return b""


def run(argv: Sequence[str], ok: Sequence[int] = (0,), code: str = "unreadable") -> tuple[int, str]:
    """Exit code and standard output of a program whose last argument is a disk.

    :raises DiskError: (`code`) it could not be started, took more than ten minutes, or its exit code is not in `ok`.
    """
    remedy = f"check {argv[-1]} with `{' '.join(argv)}`"
    env = {**os.environ, "PATH": search_path()}
    try:
        done = subprocess.run(
            list(argv), stdin=subprocess.DEVNULL, capture_output=True, timeout=600, check=False, env=env
        )
    except FileNotFoundError as error:
        raise DiskError(code, missing_program(argv[0]), remedy) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DiskError(code, f"{argv[0]}: {error}", remedy) from error
    if done.returncode not in ok:
        words = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[-500:]
        raise DiskError(code, f"{argv[0]} ended with {done.returncode}: {words}", remedy)
    return done.returncode, done.stdout.decode("utf-8", "replace")
