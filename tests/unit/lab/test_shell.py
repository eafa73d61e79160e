# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for processes of the lab, and ending them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import LabError, kill_all, wait_for


def test_wait_for_returns_when_ready() -> None:
    answers = iter([False, False, True])
    wait_for("libvirtd", lambda: next(answers), 60)


def test_wait_for_reports_the_end_of_the_log_after_the_time_limit(tmp_path: Path) -> None:
    log = tmp_path / "libvirtd.log"
    log.write_text("cannot bind the socket\n")
    with pytest.raises(LabError, match=r"libvirtd was not ready after 0 s; the end of .*: cannot bind the socket"):
        wait_for("libvirtd", lambda: False, 0, str(log))


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen[bytes]]:
    """A process that ignores SIGTERM."""
    command = ["sh", "-c", "trap '' TERM; echo; while :; do sleep 0.1; done"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"\n"
        yield process
        process.kill()


def test_a_process_that_ignores_sigterm_is_killed(stubborn: subprocess.Popen[bytes]) -> None:
    assert kill_all(lambda: [] if stubborn.poll() is not None else [stubborn.pid], seconds=0.2) == 1
    assert stubborn.returncode == -9


def test_kill_all_refuses_to_end_its_own_process() -> None:
    with pytest.raises(LabError, match="would end itself"):
        kill_all(lambda: [os.getpid()])
