# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests of services that run a Ceph cluster, each file as a test: they wait a lot, and need no bundle."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from checks.commands import files


@pytest.mark.beside("pytest", "-q", minutes=30)
@pytest.mark.parametrize("file", files("tests/services/ceph"))
def test_ceph(file: str, succeeds: Callable[[], None]) -> None:
    assert file
    succeeds()
