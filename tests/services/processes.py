# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons of tests. They end with the tests, also where pytest is killed and no fixture cleans up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def bound(*words: object) -> list[str]:
    """A command that the kernel kills when the process that starts it ends, however that ends (prctl(2),
    PR_SET_PDEATHSIG). setpriv, of util-linux, becomes the program, whose process id is that of the command."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *(str(word) for word in words)]


@contextmanager
def daemon(log: Path, *words: object, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon for the time of the block. One in Go collects its garbage when its heap is five times what is in use."""
    env = {**os.environ, "GOGC": "400", **more.pop("env", {})}
    with log.open("w") as out:
        process = subprocess.Popen(bound(*words), stdout=out, stderr=out, env=env, **more)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)
