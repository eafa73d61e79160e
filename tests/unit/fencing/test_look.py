# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at all nodes: what is done about each, and which lines are written."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fencing import errors
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.facts import OUT_OF_SERVICE, Node, Pause, Record
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.judge import Rules
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.look import Decision, Journal, look

from .double import NOW, World, healthy, node

RULES = Rules(by="vm_ha on rack1")
RECORD = Record("vm_ha on rack1", "x", "boot-1", "bmc")
OUT = (OUT_OF_SERVICE,)


class Here:
    """The cluster of a World."""

    def __init__(self, world: World) -> None:
        self.world = world

    def survey(self) -> tuple[float, list[Node], Pause | None]:
        seen = self.world.seen()
        return seen.now, [seen.node, *seen.others], seen.pause

    def of(self, name: str) -> World:
        assert name == self.world.name
        return self.world


def decided(world: World, rules: Rules = RULES, machine: bool = True) -> Decision:
    """What one look decides about node2; nothing is said of the others, which are healthy."""
    found = look(Here(world), {"node2": world} if machine else {}, rules, world)
    assert {one.outcome for one in found if one.node != "node2"} <= {"none"}
    return next(one for one in found if one.node == "node2")


def test_a_lost_node_is_fenced_and_the_next_look_waits() -> None:
    world = World(node(), healthy("node1", "node3"))
    first = decided(world)
    assert (first.standing, first.outcome) == ("lost", "done") and first.text.startswith("record who fences node2; cut")
    assert world.calls == ["record", "off", "taint"] and world.fenced.out_of_service and not world.on
    second = decided(world)
    assert (second.standing, second.outcome) == ("fenced", "wait") and world.calls == ["record", "off", "taint"]


def test_a_node_that_is_back_is_returned() -> None:
    fenced = node(lost=0, taints=OUT, record=RECORD, boot_id="boot-2")
    world = World(fenced, healthy("node1", "node3"), hear=True)
    assert decided(world).outcome == "done" and world.calls == ["release"]
    assert decided(world).outcome == "none"


@pytest.mark.parametrize(
    ("given", "outcome", "says"),
    [
        (node(lost=60, since=NOW - 60), "wait", "it may be fenced after 90 s of both"),
        (node(lost=0, taints=OUT), "wait", "without a proof that it was power-cycled; fence it with consent node2"),
        (node(lost=0), "none", "nothing is done"),
    ],
    ids=["not for long enough", "unproven", "healthy"],
)
def test_nodes_that_are_left_alone(given: Node, outcome: str, says: str) -> None:
    world = World(given, healthy("node1", "node3"))
    found = decided(world)
    assert found.outcome == outcome and says in found.text and world.calls == []


def paused(world: World) -> None:
    world.pause = Pause("site.yml", NOW + 600)


def mute(world: World) -> None:
    world.error = "bmc redfish://10.20.0.102: no answer"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (paused, "fencing is paused by site.yml"),
        (mute, "Whether its machine is off is not known"),
    ],
)
def test_what_forbids_it_is_the_reason(change: Callable[[World], None], says: str) -> None:
    world = World(node(), healthy("node1", "node3"))
    change(world)
    found = decided(world)
    assert found.outcome == "refused" and says in found.text and world.calls == []


def test_a_pause_is_known_before_the_management_controller_is_asked() -> None:
    world = World(node(), healthy("node1", "node3"))
    paused(world)
    asked: list[str] = []
    world.before = asked.append
    decided(world)
    assert asked == ["seen"]


def test_a_pause_that_has_ended_forbids_nothing() -> None:
    world = World(node(), healthy("node1", "node3"))
    world.pause = Pause("site.yml", NOW - 1)
    assert decided(world).outcome == "done"


def test_the_storm_brake_holds() -> None:
    world = World(node(), healthy("node1"))
    found = decided(world, dataclasses.replace(RULES, minimum_healthy=60))
    assert found.outcome == "refused" and "1 of 2 nodes are healthy" in found.text and world.calls == []


def test_a_machine_without_a_management_controller_is_never_fenced() -> None:
    world = World(node(), healthy("node1", "node3"))
    found = decided(world, machine=False)
    assert found.outcome == "refused" and "say so by fence_confirmed_off" in found.text and world.calls == []


def test_the_machine_of_another_node_fails_and_nothing_is_tainted() -> None:
    world = World(dataclasses.replace(node(), renewed=NOW - 300), healthy("node1", "node3"), hear=False)
    world.wrong = True

    def heard(name: str) -> None:
        if name == "off":
            world.hear = True

    world.before = heard
    found = decided(world)
    assert found.outcome == "failed" and "another machine is off now" in found.text
    assert not world.fenced.out_of_service


def test_nodes_that_cannot_be_read_end_the_look() -> None:
    world = World(node(), healthy("node1", "node3"))

    def fails(name: str) -> None:
        raise errors.FencingError("no answer")

    world.before = fails
    with pytest.raises(errors.FencingError, match="no answer"):
        look(Here(world), {"node2": world}, RULES, world)


def test_a_decision_is_one_line() -> None:
    assert str(Decision("node2", "lost", "refused", "two\n- lines")) == "node2 is lost: two - lines"


def test_a_line_is_written_for_what_is_new_and_again_after_five_minutes() -> None:
    lines: list[str] = []
    journal = Journal(lines.append)
    fine = Decision("node2", "healthy", "none", "nothing is done")

    def waits(seconds: int) -> Decision:
        return Decision("node2", "unready", "wait", f"not Ready for {seconds} s")

    for now, decision in (
        (0, fine),
        (10, waits(9)),
        (20, waits(119)),
        (300, waits(299)),
        (310, waits(309)),
        (320, fine),
    ):
        journal.write([decision], float(now))
    assert lines == [str(waits(9)), str(waits(309)), str(fine)]
    journal.write([], 330.0)
    journal.write([waits(5)], 340.0)
    assert lines[-1] == str(waits(5)), "a node that was away is new"
