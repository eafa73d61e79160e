# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands marked `beside` run beside the tests before theirs, which need one of two cores only."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from checks.commands import LOGS

PROCESS = pytest.StashKey["subprocess.Popen[str]"]()
RESULTS = LOGS / "beside"


def _name(item: pytest.Item, words: tuple[str, ...]) -> tuple[str, list[str]]:
    """The name of the command of a test, and the command: its words and the values of the test's parameters."""
    values = [str(value) for value in item.callspec.params.values()] if hasattr(item, "callspec") else []
    return "-".join([pathlib.Path(words[0]).name, *values]), [*words, *values]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin the commands of all chosen tests that are marked, one after another: ``beside(*words, minutes=10)``."""
    marked = [(item, marker) for item in session.items if (marker := item.get_closest_marker("beside"))]
    if session.config.option.collectonly or not marked:
        return
    entries = []
    for item, marker in marked:
        name, words = _name(item, marker.args)
        entries.append({"name": name, "words": words, "minutes": marker.kwargs["minutes"]})
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    program = [sys.executable, str(pathlib.Path(__file__).with_name("beside.py")), str(RESULTS)]
    process = session.stash[PROCESS] = subprocess.Popen(program, stdin=subprocess.PIPE, text=True)
    assert process.stdin
    process.stdin.write(json.dumps(entries))
    process.stdin.close()


@pytest.fixture
def succeeds(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Wait for the command of this test; AssertionError with the end of its output where it failed."""
    marker = request.node.get_closest_marker("beside")
    result = RESULTS / _name(request.node, marker.args)[0]
    process = request.session.stash[PROCESS]

    def wait() -> None:
        while not result.exists():
            ended = process.poll() is not None
            assert not ended or result.exists(), f"beside.py ended with {process.returncode} before this command"
            time.sleep(0.2)
        text = result.read_text()
        assert not text, text

    return wait


@pytest.fixture(scope="session", autouse=True)
def _ended(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where the session ends early, the commands end with it."""
    yield
    process = request.session.stash.get(PROCESS, None)
    if process and process.poll() is None:
        process.terminate()
        process.wait(60)
