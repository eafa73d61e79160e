# SPDX-License-Identifier: GPL-3.0-or-later
"""Each linter is a test, so that all of them tell in one run."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from checks.commands import command


def lint(what: str) -> None:
    command(f"lint-{what}", "tools/lint", what, minutes=10)


@pytest.mark.beside(run=lint)
@pytest.mark.parametrize(
    "what", ["yaml", "ruff", "format", "types", "changelog", "documents", "readmes", "shell", "ansible"]
)
def test_lint(what: str, beside: Future[object]) -> None:
    assert what
    beside.result()
