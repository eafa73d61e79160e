# SPDX-License-Identifier: GPL-3.0-or-later
"""While a bundle is made: a single process makes it, and the error of a full disk names the disk."""

from __future__ import annotations

import errno
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import BundleError


@contextmanager
def full_disk_named(target: Path, cache: Path) -> Iterator[None]:
    """Name the full disk and the remedy in the error; the operating system names neither.

    :raises BundleError: for what a full disk or a quota refused.
    """
    try:
        yield
    except OSError as fault:
        if fault.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        free = ", ".join(f"{path} has {shutil.disk_usage(path).free >> 20} MiB left" for path in (target, cache))
        raise BundleError(
            f"no room for the bundle ({fault.strerror}): {free}. Make room, or name another dir or cache_dir, and "
            "run again, which continues from here"
        ) from fault


@contextmanager
def exclusive(target: Path) -> Iterator[None]:
    """Hold the bundle's directory; a lock that the kernel drops with the process, so a killed run leaves none.

    :raises BundleError: if another process makes this bundle.
    """
    target.mkdir(parents=True, exist_ok=True)
    with (target / ".making").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BundleError(f"{target} is being made by another process; wait for it, or name another dir") from None
        yield
