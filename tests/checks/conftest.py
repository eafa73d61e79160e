# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of tests that are marked `beside` run beside earlier tests, which need one of two cores only.

``beside(*words, minutes=10)`` begins with the session, ``beside(…, behind="test_bundle.py")`` after the tests of that
file. The values of the test's parameters are the last words of its command. ``first`` is a command {name, words,
minutes} that precedes all commands with it. Those that began with the session run one at a time, since the unit tests
need the other core; the others, and all while a test waits for its own, GROUNDUP_TEST_JOBS at a time.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from checks.commands import RESULTS
from checks.tiers import Tiers

JOBS = int(os.environ.get("GROUNDUP_TEST_JOBS", "2"))
#: The file behind which commands begin ("" for those that begin with the session) -> the commands, in order.
ENTRIES = pytest.StashKey[dict[str, list[dict[str, Any]]]]()
#: The same -> the processes that carry them out.
PROCESSES = pytest.StashKey[dict[str, list["subprocess.Popen[str]"]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Tiers(config), "tiers")


def _name(item: pytest.Item, words: tuple[str, ...]) -> tuple[str, list[str]]:
    """The name of the command of a test, and the command."""
    values = [str(value) for value in item.callspec.params.values()] if hasattr(item, "callspec") else []
    return "-".join([pathlib.Path(words[0]).name, *values]).replace("/", "-"), [*words, *values]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Collect the commands of all chosen tests, and begin those that wait for nothing."""
    entries: dict[str, list[dict[str, Any]]] = {}
    for item in session.items:
        if marker := item.get_closest_marker("beside"):
            given = marker.kwargs
            queue = entries.setdefault(given.get("behind", ""), [])
            if "first" in given and not any(entry["first"] for entry in queue):
                queue.append({"lines": 80, "first": True, **given["first"]})
            name, words = _name(item, marker.args)
            own = {"name": name, "words": words, "minutes": given["minutes"]}
            queue.append({"lines": given.get("lines", 80), "first": False, **own})
    session.stash[ENTRIES], session.stash[PROCESSES] = entries, {}
    if session.config.option.collectonly:
        return
    shutil.rmtree(RESULTS, ignore_errors=True)  # also where this session has no commands: they are told at its end
    if entries:
        RESULTS.mkdir(parents=True)
        _begin(session, "", 1)


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Begin the commands behind the file whose last test has ended."""
    if nextitem is None or nextitem.path != item.path:
        _begin(item.session, item.path.name, JOBS)


def _begin(session: pytest.Session, behind: str, jobs: int) -> None:
    """Let that many processes carry out the commands; those that run already count."""
    running = session.stash[PROCESSES].setdefault(behind, [])
    entries = session.stash[ENTRIES].get(behind, [])
    program = [sys.executable, str(pathlib.Path(__file__).with_name("beside.py")), str(RESULTS)]
    while entries and len(running) < jobs:
        process = subprocess.Popen(program, stdin=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdin
        process.stdin.write(json.dumps(entries))
        process.stdin.close()


@pytest.fixture
def succeeds(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Wait for the command of this test; AssertionError with the end of its output where it failed."""
    marker = request.node.get_closest_marker("beside")
    behind = marker.kwargs.get("behind", "")
    _begin(request.session, behind, JOBS)
    processes = request.session.stash[PROCESSES][behind]
    before = [RESULTS / marker.kwargs["first"]["name"]] if "first" in marker.kwargs else []

    def wait() -> None:
        for result in (*before, RESULTS / _name(request.node, marker.args)[0]):
            while not result.exists():
                codes = [process.poll() for process in processes]
                ended = any(codes) or None not in codes
                assert not ended or result.exists(), f"beside.py ended with {codes} before {result.name}"
                time.sleep(0.2)
            text = result.read_text()
            assert not text, text

    return wait


@pytest.fixture(scope="session", autouse=True)
def _ended(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where the session ends early, the commands end with it."""
    yield
    running = [process for found in request.session.stash[PROCESSES].values() for process in found]
    running = [process for process in running if process.poll() is None]
    for process in running:
        process.terminate()
    for process in running:
        process.wait(60)
