# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread in another network namespace."""

from __future__ import annotations

import ctypes
import os

_CLONE_NEWNET = 0x40000000


def enter(namespace: str) -> None:
    """Move the calling thread into a network namespace (setns(2)); only for threads that never leave it."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{namespace}", encoding="ascii") as handle:
        if libc.setns(handle.fileno(), _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), namespace)
