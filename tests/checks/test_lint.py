# SPDX-License-Identifier: GPL-3.0-or-later
"""Each linter is a test, so that all of them tell in one run."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.beside("tools/lint", minutes=20)
@pytest.mark.parametrize(
    "what", ["yaml", "ruff", "format", "types", "changelog", "documents", "readmes", "shell", "ansible"]
)
def test_lint(what: str, succeeds: Callable[[], None]) -> None:
    assert what
    succeeds()
