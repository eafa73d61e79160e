# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces with a cable between them, and code that runs in one of them."""

from __future__ import annotations

import ctypes
import os
import subprocess
import typing as t
from contextlib import contextmanager

_NETWORK = 0x40000000  # CLONE_NEWNET of sched.h
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*words: str) -> None:
    """Run ip(8)."""
    subprocess.run(["ip", *words], check=True)


@contextmanager
def cabled(*names: str) -> t.Iterator[None]:
    """Two namespaces; each has its end of the cable as the interface `cluster`."""
    first, second = names
    try:
        for name in names:
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", first, "link", "add", "cluster", "type", "veth", "peer", "name", "cluster", "netns", second)
        for name in names:
            ip("-n", name, "link", "set", "cluster", "up")
        yield
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


@contextmanager
def inside(name: str) -> t.Iterator[None]:
    """This thread, and all that it starts, in the network namespace."""
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{name}") as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(home.fileno())


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _NETWORK):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
