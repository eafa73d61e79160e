# SPDX-License-Identifier: GPL-3.0-or-later
"""What a virtual rack has left on this host."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
from collections.abc import Iterable

PARTS = ("rack", "ctl", "bmc")


def traces(name: str, paths: Iterable[str | os.PathLike[str]]) -> list[str]:
    """What exists of the rack of that name: namespaces, processes, mounts, and those of the paths that do."""
    own = re.compile(rf"groundup/{re.escape(name)}(?![\w.-])")
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout.split()
    found = [f"namespace {item}" for item in listed if item in {f"{name}-{part}" for part in PARTS}]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            mounts = pathlib.Path(f"/proc/{pid}/mountinfo").read_text()
        except (OSError, ProcessLookupError):
            continue
        if own.search(words) and int(pid) != os.getpid():
            found.append(f"process {pid}: {words!r}")
        if own.search(mounts):
            found.append(f"mount in {pid}")
    return found + [f"file {path}" for path in paths if os.path.exists(path)]
