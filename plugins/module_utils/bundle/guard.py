# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds while a bundle is made: one process, and words for a full disk."""

from __future__ import annotations

import errno
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import BundleError


@contextmanager
def roomy(target: Path, cache: Path) -> Iterator[None]:
    """Say of a full disk which one it is, and what helps; the system itself names neither.

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
            "start again: it goes on from here"
        ) from fault


@contextmanager
def alone(target: Path) -> Iterator[None]:
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
