# SPDX-License-Identifier: GPL-3.0-or-later
"""A known_hosts file with the host keys that the ramdisk generated, so that the first login is verified as well."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

MARK = "groundup:"


def line_of(machine: str, names: Iterable[str | None], host_key: str, port: int = 22) -> str:
    """Return one line; with a port other than 22, names are in brackets (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""
    kind, key = host_key.split()[:2]
    wanted = dict.fromkeys(name for name in names if name)
    hosts = ",".join(name if port == 22 else f"[{name}]:{port}" for name in wanted)
    return f"{hosts} {kind} {key} {MARK}{machine}"


def merge(text: str, machine: str, line: str) -> str:
    """Replace the line of one machine; all other lines are kept."""
    others = [old for old in text.splitlines() if not old.endswith(f" {MARK}{machine}")]
    return "\n".join([*others, line]) + "\n"


def write(path: str, machine: str, line: str) -> bool:
    """Write the line into the file and return whether the file changed; the file is locked against other processes."""
    file = Path(path)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(f"{path}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = file.read_text() if file.exists() else ""
        if line in before.splitlines():
            return False
        part = Path(f"{path}.part")
        part.write_text(merge(before, machine, line))
        os.replace(part, file)
    return True
