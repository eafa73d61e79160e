# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit tests that run the playbooks, each file as a test: with Ansible's starts they take as long as all others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from checks.commands import files


@pytest.mark.beside("pytest", "-q", minutes=20)
@pytest.mark.parametrize("file", files("tests/unit/playbooks"))
def test_playbooks(file: str, succeeds: Callable[[], None]) -> None:
    assert file
    succeeds()
