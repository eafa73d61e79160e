# SPDX-License-Identifier: GPL-3.0-or-later
"""What several machines refuse is reported once."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.report.refused import together

CASES: dict[str, tuple[dict[str, list[str]], list[str]]] = {
    "nothing": ({}, []),
    "one machine": ({"node1": ["node1: /var is full"]}, ["node1: /var is full"]),
    "the same on two": (
        {"node1": ["node1: /var is full"], "node2": ["node2: /var is full"]},
        ["node1, node2: /var is full"],
    ),
    "a name without a colon": (
        {"node1": ["node1 runs kubelet 1.35.0"], "node11": ["node11 runs kubelet 1.35.0"]},
        ["node1, node11: runs kubelet 1.35.0"],
    ),
    "a name that begins with another": ({"node1": ["node11 is not healthy"]}, ["node1: node11 is not healthy"]),
    "several lines, of which one is of both": (
        {"node1": ["node1: swap is on\nnode1: port 6443 is taken"], "node2": ["node2: swap is on"]},
        ["node1, node2: swap is on", "node1: port 6443 is taken"],
    ),
    "many machines": (
        {f"node{n}": ["the API does not answer"] for n in range(1, 8)},
        ["node1, node2, node3, node4, node5 and 2 more: the API does not answer"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("refused", "lines"), CASES.values(), ids=CASES)
def test_each_reason_is_named_once(refused: dict[str, list[str]], lines: list[str]) -> None:
    assert together(refused) == lines
