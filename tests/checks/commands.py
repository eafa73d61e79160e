# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one of the project's commands as a test: its output goes to a file, and its end into the failure."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = ROOT / "build/test"
#: What commands beside tests ended with; checks/beside.py names the files.
RESULTS = LOGS / "beside"


def files(directory: str) -> list[str]:
    """The files with tests of a directory of the checkout."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / directory).glob("test_*.py"))


def command(name: str, *words: str, minutes: float, env: dict[str, str] | None = None, lines: int = 80) -> str:
    """The output of a command run in the checkout; AssertionError with its last `lines` if it fails or takes too long.

    A command that takes too long is ended with everything it started: it has a process group of its own.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    began = time.monotonic()
    path = f"{ROOT}/.venv/bin:{os.environ['PATH']}"
    with log.open("w") as output:
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PATH": path, **(env or {})},
        )
        try:
            code: int | str = process.wait(minutes * 60)
        except subprocess.TimeoutExpired:
            code = f"still running after {minutes} minutes"
        finally:
            if process.poll() is None:
                _end(process)
    text = log.read_text(errors="replace")
    tail = "\n".join(text.splitlines()[-lines:])
    seconds = time.monotonic() - began
    assert code == 0, f"{' '.join(words)}: {code} after {seconds:.0f} s; the end of {log.relative_to(ROOT)}:\n{tail}"
    return text


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asks the whole group to end, so that traps clean up, and insists after half a minute."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
