# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a service itself listens where it should: from outside, a port of another process looks the same."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

_LISTEN = "0A"


def listens(pid: int, what: str) -> bool:
    """Whether process `pid`, or a child of it, holds `tcp:port`, `udp:port` or `unix:path` open. Reads /proc (proc(5));
    a process that is gone holds nothing."""
    kind, _colon, value = what.partition(":")
    held = {inode for one in (pid, *_children(pid)) for inode in _sockets(one)}
    return any(inode in held for inode in _bound(pid, kind, value))


def _children(pid: int) -> list[int]:
    return [int(word) for word in _read(f"/proc/{pid}/task/{pid}/children").split()]


def _sockets(pid: int) -> Iterator[str]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):  # it closed this one
                target = os.readlink(f"/proc/{pid}/fd/{name}")
                if target.startswith("socket:["):
                    yield target[8:-1]


def _bound(pid: int, kind: str, value: str) -> Iterator[str]:
    """Inodes of the sockets that listen there, of any process, in the network namespace of `pid`."""
    for table in ("unix",) if kind == "unix" else (kind, f"{kind}6"):
        for fields in map(str.split, _read(f"/proc/{pid}/net/{table}").splitlines()[1:]):
            if kind == "unix":
                if fields[-1] == value:
                    yield fields[6]
            elif fields[1].endswith(f":{int(value):04X}") and (kind == "udp" or fields[3] == _LISTEN):
                yield fields[9]


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""
