# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that end anywhere, and machines that do what nobody wanted, on doubles of a cluster and of a machine.

The double of the cluster refuses the taint while the boot that is fenced still runs.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.errors import BmcUnreachable
from ansible_collections.groundup.cloud.plugins.module_utils.fencing import errors
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.act import Act
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.judge import Rules
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.planner import plan
from unit.fencing.double import BOOTS, Died, World, healthy, node

AUTOMATIC, CONSENT, CONFIRMED = Rules(by="ops"), Rules(by="ops", consent="node2"), Rules(by="b", confirmed_off="node2")
#: The calls of an undisturbed run; a run may end before each of them.
FENCING = ["seen", "power", "node", "record", "node", "off", "power", "node", "power", "node", "node", "taint"]
RETURNING = ["seen", "power", "on", *["node"] * 21, "node", "release"]


def run(world: World, state: str, rules: Rules = CONSENT) -> tuple[str, ...]:
    seen = world.seen()
    found = plan(state, seen, world.power(), rules)
    Act(world, world, rules, 900, world).perform(found)
    return found.steps


def lost_world(**more: t.Any) -> World:
    return World(node(**more), healthy("node1", "node3"))


def fenced_world() -> World:
    world = lost_world()
    run(world, "fenced")
    world.calls.clear()
    return world


def dies_at(world: World, number: int) -> None:
    """The run ends before this call, counted from 0."""
    count = iter(range(1000))

    def before(name: str) -> None:
        if next(count) == number:
            raise Died(name)

    world.before = before


def traced(world: World, state: str) -> list[str]:
    calls: list[str] = []
    world.before = calls.append
    run(world, state)
    return calls


def test_an_undisturbed_run_fences_and_returns() -> None:
    world = lost_world()
    assert traced(world, "fenced") == FENCING
    assert world.fenced.ended and not world.on and world.fenced.record
    assert (world.fenced.record.by, world.fenced.record.boot_id, world.fenced.record.how) == ("ops", "boot-1", "bmc")
    assert run(world, "fenced", AUTOMATIC) == ()
    assert traced(world, "returned") == RETURNING
    assert world.fenced.ready and not world.fenced.out_of_service and world.fenced.record is None
    assert run(world, "returned") == ()


@pytest.mark.parametrize("number", range(len(FENCING)), ids=[f"{i}-{name}" for i, name in enumerate(FENCING)])
def test_a_fencing_that_ended_anywhere_is_continued(number: int) -> None:
    world = lost_world()
    dies_at(world, number)
    with pytest.raises(Died):
        run(world, "fenced")
    done = list(world.calls)
    world.before = lambda __: None
    assert run(world, "fenced")
    assert world.fenced.ended and not world.on
    # Nothing is done twice.
    assert sorted(world.calls) == ["off", "record", "taint"] and world.calls[: len(done)] == done


@pytest.mark.parametrize("number", range(len(RETURNING)), ids=[f"{i}-{name}" for i, name in enumerate(RETURNING)])
def test_a_return_that_ended_anywhere_is_continued(number: int) -> None:
    world = fenced_world()
    dies_at(world, number)
    with pytest.raises(Died):
        run(world, "returned")
    world.before = lambda __: None
    run(world, "returned")
    assert world.fenced.ready and world.fenced.rebooted is False and world.fenced.record is None
    assert sorted(world.calls) == ["on", "release"]


@pytest.mark.parametrize("number", range(3, len(FENCING)), ids=[f"{i}-{name}" for i, name in enumerate(FENCING)][3:])
def test_a_machine_that_comes_back_by_itself_in_the_middle_is_never_taken_for_off(number: int) -> None:
    """Something else switches it on; the double refuses the taint where the fenced boot still runs."""
    world = lost_world()
    count = iter(range(1000))

    def before(name: str) -> None:
        if next(count) == number:
            world.start()
            world.sleep(BOOTS)  # until it is Ready again

    world.before = before
    # The taint comes right after the last look at everything, and names the version of the node, so that a node that
    # has changed since is looked at again.
    if FENCING[number] == "taint":
        run(world, "fenced")
    else:
        with pytest.raises(errors.CameBack, match="run this"):
            run(world, "fenced")
        assert not world.fenced.out_of_service
    world.before = lambda __: None
    run(world, "returned")
    assert world.on and world.fenced.ready and not world.fenced.out_of_service


@pytest.mark.parametrize(("stays_on", "words"), [(True, "is on again"), (False, "")])
def test_a_machine_that_starts_right_after_the_cut_is_noticed(stays_on: bool, words: str) -> None:
    world = lost_world()
    if stays_on:
        world.before = lambda name: world.start() if name == "node" and "off" in world.calls and not world.on else None
        with pytest.raises(errors.CameBack, match=words):
            run(world, "fenced")
        assert not world.fenced.out_of_service
    else:
        assert run(world, "fenced")


def test_the_controller_of_another_machine_is_refused_loudly() -> None:
    """The kubelet is not Ready, and renews its Lease; the controller says off, which is another machine's state."""
    world = World(node(lost=60), healthy("node1", "node3"), hear=True)
    world.wrong = True
    with pytest.raises(errors.WrongMachine, match=r"not the controller of node2, and another machine is off now"):
        run(world, "fenced")
    assert world.on and not world.fenced.out_of_service and not world.other_on
    # It says off from the beginning, and nothing is cut, in the next run.
    world.calls.clear()
    with pytest.raises(errors.WrongMachine):
        run(world, "fenced")
    assert world.calls == []


def test_a_person_who_is_wrong_is_told_so() -> None:
    world = World(node(lost=60), healthy("node1", "node3"), hear=True)
    world.error = "bmc: no answer; check the network"
    with pytest.raises(errors.WrongMachine, match="node2 is not off, though confirmed_off says so"):
        run(world, "fenced", CONFIRMED)
    assert not world.fenced.out_of_service


def test_a_person_confirms_for_a_dead_controller_and_switches_on_by_hand() -> None:
    world = lost_world()
    world.on, world.error = False, "bmc: no answer; check the network"
    assert run(world, "fenced", CONFIRMED) == ("record", "verify", "taint")
    assert world.fenced.record and world.fenced.record.how == "confirmed"
    world.start()
    assert run(world, "returned") == ("ready", "release")
    assert world.fenced.ready and not world.fenced.out_of_service


def test_a_controller_that_comes_alive_and_says_on_is_believed() -> None:
    world = lost_world()
    world.error = "bmc: no answer; check the network"

    def before(name: str) -> None:
        if name == "power" and "record" in world.calls:
            world.error = ""

    world.before = before
    with pytest.raises(errors.CameBack, match="is on again"):
        run(world, "fenced", CONFIRMED)
    assert not world.fenced.out_of_service


def test_a_controller_that_dies_after_the_cut_leaves_it_open() -> None:
    world = lost_world()

    def before(name: str) -> None:
        if name == "power" and "off" in world.calls:
            world.error = "bmc: no answer; check the network"

    world.before = before
    with pytest.raises(errors.FencingError, match="can't be verified that node2 is off"):
        run(world, "fenced")
    assert not world.fenced.out_of_service
    world.before, world.error = lambda __: None, ""
    assert run(world, "fenced") == ("verify", "taint")


def test_a_cut_without_an_answer_is_tried_again_by_the_next_run() -> None:
    world = lost_world()

    def before(name: str) -> None:
        if name == "off":
            raise BmcUnreachable("no answer", world.where, "check the network")

    world.before = before
    with pytest.raises(BmcUnreachable):
        run(world, "fenced")
    world.before = lambda __: None
    assert run(world, "fenced") == ("off", "verify", "taint")


def test_a_node_that_others_change_meanwhile_is_judged_again() -> None:
    world = lost_world()
    changes = iter(range(3))

    def before(name: str) -> None:
        if name == "taint" and next(changes, None) is not None:
            world.fenced = node(record=world.fenced.record, version=f"1{len(world.calls)}")

    world.before = before
    run(world, "fenced")
    assert world.calls.count("taint") == 4 and world.fenced.ended


def test_a_node_that_others_change_for_ever_is_an_error() -> None:
    world = lost_world()
    world.taint = lambda node: False  # type: ignore[method-assign]
    with pytest.raises(errors.FencingError, match="was changed by others 8 times in a row"):
        run(world, "fenced")


@pytest.mark.parametrize(
    ("disturb", "words"),
    [
        (lambda world: setattr(world, "start", lambda: None), "kubelet stopped posting node status"),
        (lambda world: setattr(world, "error", "bmc: no answer; check the network"), "no answer; check the network"),
    ],
)
def test_a_machine_that_does_not_come_back_keeps_its_taint(disturb: Callable[[World], None], words: str) -> None:
    world = fenced_world()
    disturb(world)
    with pytest.raises(errors.NotBack, match=words):
        run(world, "returned")
    assert world.fenced.ended


def test_a_node_that_is_lost_again_while_it_is_released_keeps_its_taint() -> None:
    world = fenced_world()
    ready: list[str] = []

    def before(name: str) -> None:
        if world.fenced.ready and name == "node":
            ready.append(name)
            if len(ready) > 1:
                world.on, world.hear = False, False
                world.fenced = node(boot_id="boot-2", taints=world.fenced.taints, record=world.fenced.record)

    world.before = before
    with pytest.raises(errors.CameBack, match="is not Ready any more"):
        run(world, "returned")
    assert world.fenced.out_of_service
