# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a node stands, as a table."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.facts import OUT_OF_SERVICE, Node, Pause, Record
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.standing import STANDINGS, describe, standing
from unit.fencing.double import NOW, node

OURS, TAINTED = Record("ops", "then", "boot-1", "bmc"), (OUT_OF_SERVICE,)
CASES = [
    (node(lost=0), "healthy"),
    (node(lost=60), "unready"),
    (node(renewed=NOW - 5), "unready"),
    (node(lost=0, renewed=NOW - 300), "unready"),  # Ready, since no controller notices
    (node(), "lost"),
    (node(record=OURS), "lost"),
    (node(taints=TAINTED), "lost"),  # somebody else's taint: whether the machine is off is not known
    (node(taints=TAINTED, record=OURS), "fenced"),
    (node(lost=0, taints=TAINTED, record=OURS, boot_id="boot-2"), "back"),
    (node(lost=0, record=OURS), "back"),
    (node(lost=0, taints=TAINTED, record=OURS), "unproven"),
    (node(lost=0, taints=TAINTED), "unproven"),
    (node(taints=TAINTED, record=OURS, boot_id="boot-2"), "lost"),  # it came back, and was lost again
]


@pytest.mark.parametrize(("one", "word"), CASES)
def test_standings(one: Node, word: str) -> None:
    assert standing(one, NOW, 90) == word


def test_every_standing_is_tried() -> None:
    assert {word for __, word in CASES} == set(STANDINGS)


def test_results_name_whom_to_fence_and_whom_to_return() -> None:
    back = node("c", lost=0, taints=TAINTED, record=OURS, boot_id="boot-2")
    nodes = [node("a"), node("b", lost=0), back, node("d", since=None, renewed=None)]
    found = describe(NOW, nodes, Pause("site.yml", NOW + 1), 90)
    assert (found["lost"], found["back"], found["paused_by"]) == (["a", "d"], ["c"], "site.yml")
    assert found["nodes"]["a"]["silent"] == 300 and found["nodes"]["d"]["silent"] is None
    assert describe(NOW, [], Pause("ended", NOW), 90)["paused_by"] == ""
