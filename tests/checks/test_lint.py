# SPDX-License-Identifier: GPL-3.0-or-later
"""Each linter is a test, so that all of them tell in one run."""

from __future__ import annotations

import pytest
from checks.commands import command


@pytest.mark.parametrize(
    "what", ["yaml", "ruff", "format", "types", "changelog", "documents", "readmes", "shell", "ansible"]
)
def test_lint(what: str) -> None:
    command(f"lint-{what}", "tools/lint", what, minutes=10)
