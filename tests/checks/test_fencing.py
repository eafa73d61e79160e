# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests of fencing, each file as a test: they wait for what kubelets and controllers do in their own time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from checks.commands import files


@pytest.mark.beside("pytest", "-q", minutes=30, behind="test_bundle.py")
@pytest.mark.parametrize("file", files("tests/services/fencing"))
def test_fencing(file: str, succeeds: Callable[[], None]) -> None:
    assert file
    succeeds()
