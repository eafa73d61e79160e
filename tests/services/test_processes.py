# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests have started is gone after they end, however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.services

TESTS = Path(__file__).parents[1]
#: A test whose fixture runs a daemon, and which does not end by itself.
CHILD = f"""\
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, {str(TESTS)!r})
from services.processes import daemon

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def running():
    with daemon(HERE / "log", "sleep", "600") as process:
        yield process


def test_that_goes_on(running):
    (HERE / "part").write_text(str(running.pid))
    (HERE / "part").rename(HERE / "pid")
    time.sleep(HOW_LONG)
"""


def ended(pid: int) -> bool:
    """Whether a process has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def until(probe: Callable[[], bool], seconds: float = 120) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if probe():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, None], ids=["killed", "terminated", "by itself"])
def test_a_daemon_ends_with_the_tests_that_started_it(tmp_path: Path, how: signal.Signals | None) -> None:
    (tmp_path / "test_child.py").write_text(CHILD.replace("HOW_LONG", "600" if how else "0"))
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    with subprocess.Popen([*words, str(tmp_path / "test_child.py")], cwd=tmp_path) as child:
        try:
            assert until((tmp_path / "pid").exists)
            pid = int((tmp_path / "pid").read_text())
            if how:
                assert not ended(pid)
                os.kill(child.pid, how)
            assert child.wait(120) == (-how if how else 0)
            assert until(lambda: ended(pid), 30), "the daemon goes on without its tests"
        finally:
            child.kill()
