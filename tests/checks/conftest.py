# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands marked `beside` run beside the tests before theirs, which need one of two cores only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

Begun = dict[str, "Future[object]"]
BEGUN = pytest.StashKey[Begun]()
POOL = pytest.StashKey[ThreadPoolExecutor]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin the commands of all chosen tests that are marked, one after another: ``beside(run=function)``.

    The function is given the values of the test's parameters.
    """
    if session.config.option.collectonly:
        return
    pool = session.stash[POOL] = ThreadPoolExecutor(1)
    begun = session.stash[BEGUN] = {}
    for item in session.items:
        if marker := item.get_closest_marker("beside"):
            run: Callable[..., object] = marker.kwargs["run"]
            values = item.callspec.params.values() if hasattr(item, "callspec") else ()
            begun[item.nodeid] = pool.submit(run, *values)


@pytest.fixture
def beside(request: pytest.FixtureRequest) -> Future[object]:
    """The command of this test, which began with the session."""
    return request.session.stash[BEGUN][request.node.nodeid]


@pytest.fixture(scope="session", autouse=True)
def _ended(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where the session ends early, begin no further command and wait for the one that runs."""
    yield
    request.session.stash[POOL].shutdown(wait=True, cancel_futures=True)
