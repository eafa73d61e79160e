# SPDX-License-Identifier: GPL-3.0-or-later
"""The rack is removed after the tests, also if they fail (GROUNDUP_E2E_KEEP=1 keeps it for inspection)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from checks.commands import ROOT
from e2e.rack import EMULATED, HOSTED


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail the tests that need the rack at once if its creation has failed."""
    broken = getattr(item.session, "groundup_broken", {}).get(item.cls, "")
    if broken and item.get_closest_marker("e2e") and "always" not in item.keywords:
        pytest.fail(f"not run: {broken} failed", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    report = yield
    if report.when == "call" and report.failed and item.get_closest_marker("first"):
        item.session.groundup_broken = {item.cls: item.name}  # type: ignore[attr-defined]
    return report


@pytest.fixture(scope="session", autouse=True)
def _rack() -> Iterator[None]:
    yield
    if not os.environ.get("GROUNDUP_E2E_KEEP"):
        for model in (EMULATED, HOSTED):
            subprocess.run(["tools/lab", "down", model], cwd=ROOT, check=False, capture_output=True)
