# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests of drivers of switches, each file as a test: they wait for timers of switches, and need no bundle."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from checks.commands import files


@pytest.mark.beside("pytest", "-q", minutes=25)
@pytest.mark.parametrize("file", files("tests/services/fabric"))
def test_switches(file: str, succeeds: Callable[[], None]) -> None:
    assert file
    succeeds()
