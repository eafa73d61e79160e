# SPDX-License-Identifier: GPL-3.0-or-later
"""A pause of fencing as a table."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.errors import FencingError
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.facts import Pause
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.pause import Paused, plan_pause

NOW = 1000.0
NONE, ENDED = Paused(NOW, None), Paused(NOW, Pause("other", NOW - 1), "7")
OURS, OLD = Paused(NOW, Pause("we", NOW + 90), "7"), Paused(NOW, Pause("we", NOW + 40), "7")
THEIRS = Paused(NOW, Pause("other", NOW + 50), "7")
STEP = "pause fencing for 100 s"


@pytest.mark.parametrize(
    ("state", "seen", "step"),
    [
        ("present", NONE, STEP),
        ("present", ENDED, STEP),
        ("present", OURS, ""),
        ("present", OLD, STEP),
        ("absent", NONE, ""),
        ("absent", ENDED, ""),
        ("absent", OURS, "end the pause of fencing"),
    ],
)
def test_steps(state: str, seen: Paused, step: str) -> None:
    found = plan_pause(state, "we", 100, seen)
    assert found.step == step and bool(found.diff(seen)) is bool(step)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_pause_of_somebody_else_is_left(state: str) -> None:
    with pytest.raises(FencingError, match="fencing is paused by other for another 50 s, not by we"):
        plan_pause(state, "we", 100, THEIRS)
