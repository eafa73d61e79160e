# SPDX-License-Identifier: GPL-3.0-or-later
"""When a run must not start."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.model.stop import reason

CLOUD = {"name": "rack"}


@pytest.mark.parametrize(
    ("cloud", "warnings", "strict", "expected"),
    [
        (CLOUD, [], True, ""),
        (CLOUD, ["a: is doubtful"], False, ""),
        (CLOUD, ["a: is doubtful"], True, "  a: is doubtful"),
        ({}, [], False, "the inventory contains no cloud"),
    ],
)
def test_reason_is_empty_unless_the_run_must_not_start(
    cloud: dict[str, Any], warnings: list[str], strict: bool, expected: str
) -> None:
    found = reason(cloud, warnings, strict)
    assert expected in found
    assert bool(found) == bool(expected)
