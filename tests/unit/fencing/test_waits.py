# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for a node's standing, and until it is emptied, in the double's time."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.errors import FencingError
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.waits import wait_until

from .double import NOW, World, healthy, node

POD = {"namespace": "shop", "name": "db-0", "phase": "Pending", "ending": False, "reason": ""}
NOTHING: dict[str, list[Any]] = {"bound": [], "waiting": []}


class Emptied(World):
    """The double, with the pods that are left until a moment."""

    left_until = NOW
    pods = NOTHING

    def left(self) -> dict[str, list[Any]]:
        return self.pods if self.time < self.left_until else NOTHING


def waits(world: Emptied, *until: str, emptied: bool = False, stale_after: float = 90, seconds: float = 300) -> float:
    """Wait, and return how long that took."""
    wait_until(world, until, emptied=emptied, stale_after=stale_after, seconds=seconds, clock=world)
    return world.time - NOW


def test_a_node_that_stands_as_wanted_is_not_waited_for() -> None:
    assert waits(Emptied(node(), healthy("node1", "node3")), "lost", "fenced") == 0


def test_a_machine_that_is_cut_is_unready_first_and_lost_later() -> None:
    world = Emptied(node(lost=0), healthy("node1", "node3"), on=False)
    noticed = waits(world, "unready", "lost", "fenced")
    assert 40 <= noticed <= 60 and waits(world, "lost", stale_after=30) >= noticed


def test_pods_that_are_left_are_waited_for() -> None:
    world = Emptied(node(), healthy("node1", "node3"))
    world.left_until, world.pods = NOW + 25, {"bound": [POD], "waiting": [POD]}
    assert 25 <= waits(world, emptied=True) <= 35


@pytest.mark.parametrize(
    ("pod", "words"),
    [
        ({**POD, "reason": "0/2 nodes are available"}, "Pod shop/db-0: 0/2 nodes are available"),
        ({**POD, "ending": True}, "Pod shop/db-0: it is ending"),
        (POD, "Pod shop/db-0: Pending"),
    ],
    ids=["has a reason", "ends", "has none"],
)
def test_a_wait_that_ends_names_the_pods(pod: dict[str, Any], words: str) -> None:
    world = Emptied(node(), healthy("node1", "node3"))
    world.left_until, world.pods = NOW + 1000, {"bound": [], "waiting": [pod]}
    with pytest.raises(FencingError, match=words):
        waits(world, emptied=True)


def test_a_wait_that_ends_names_the_standing() -> None:
    with pytest.raises(FencingError, match=r"node2.*it is lost \(neither Ready.*, and healthy is waited for.*again"):
        waits(Emptied(node(), healthy("node1", "node3")), "healthy", seconds=20)
