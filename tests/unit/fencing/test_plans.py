# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans and refusals of fencing as tables."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import PowerState
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.errors import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.facts import (
    OUT_OF_SERVICE,
    Node,
    Pause,
    Power,
    Record,
    Seen,
    node_of,
    pause_of,
    seconds,
    timestamp,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.judge import Rules
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.planner import plan
from unit.fencing.double import NOW, healthy, node

ON, OFF, CHANGING = (Power(state) for state in (PowerState.ON, PowerState.OFF, PowerState.CHANGING))
DEAD = Power(error="bmc redfish://10.20.0.102: no answer; check the network")
AUTOMATIC, CONSENT, CONFIRMED = Rules(), Rules(consent="node2"), Rules(confirmed_off="node2")
OURS, TAINTED = Record("ops@deploy", "then", "boot-1", "bmc"), (OUT_OF_SERVICE,)
LOST, FRESH, BACK = node(), node(lost=60), node(lost=0, boot_id="boot-2")
FENCED = node(taints=TAINTED, record=OURS)
BEGUN = node(record=OURS)
CYCLED = dataclasses.replace(BACK, taints=TAINTED, record=OURS)
SAME = node(lost=0, taints=TAINTED, record=OURS)
STALE = node(lost=60, ready=True, taints=TAINTED, record=OURS)
PLANE, PLANES = dataclasses.replace(LOST, control_plane=True), ("node1", "node3")
OTHERS = healthy("node1", "node3")
FEW = (*healthy("node1"), node("node3"), node("node4"))
ONE_PLANE = healthy("node1", "a", "b", control_planes=("node1",))


def seen(one: Node, others: tuple[Node, ...] = OTHERS, **more: t.Any) -> Seen:
    return Seen(NOW, one, others, **more)


ALL = ("record", "off", "verify", "taint")


@pytest.mark.parametrize(
    ("what", "one", "power", "rules", "steps"),
    [
        ("lost for long", LOST, ON, AUTOMATIC, ALL),
        ("lost since a minute, with consent", FRESH, ON, CONSENT, ALL),
        ("power is not known yet", LOST, CHANGING, AUTOMATIC, ALL),
        ("off by itself", LOST, OFF, AUTOMATIC, ("record", "verify", "taint")),
        ("controller dead, a person says off", FRESH, DEAD, CONFIRMED, ("record", "verify", "taint")),
        ("a person says off, and it is", FRESH, OFF, CONFIRMED, ("record", "verify", "taint")),
        ("ended after the record", BEGUN, ON, AUTOMATIC, ("off", "verify", "taint")),
        ("ended after the cut", BEGUN, OFF, AUTOMATIC, ("verify", "taint")),
        ("ended after all", FENCED, OFF, AUTOMATIC, ()),
        ("by a person, again", FENCED, DEAD, CONFIRMED, ()),
        ("record of an older boot", dataclasses.replace(BEGUN, boot_id="boot-2"), ON, AUTOMATIC, ALL),
        ("tainted by somebody, off", node(taints=TAINTED), OFF, AUTOMATIC, ("record", "verify")),
        ("tainted by somebody, on", node(taints=TAINTED), ON, AUTOMATIC, ("record", "off", "verify")),
        ("fenced, and switched on", FENCED, ON, CONSENT, ("off", "verify")),
        ("never off, and Ready again", SAME, ON, CONSENT, ("off", "verify")),
    ],
)
def test_steps_until_fenced(what: str, one: Node, power: Power, rules: Rules, steps: tuple[str, ...]) -> None:
    found = plan("fenced", seen(one), power, rules)
    assert (found.steps, found.changed) == (steps, bool(steps)), what
    assert bool(found.diff()) is bool(steps) and len(found.words()) == len(steps)


@pytest.mark.parametrize(
    ("what", "one", "power", "steps"),
    [
        ("never fenced", node(lost=0), ON, ()),
        ("fenced", FENCED, OFF, ("on", "ready", "release")),
        ("ended after the start", FENCED, ON, ("ready", "release")),
        ("started by hand, its controller dead", FENCED, DEAD, ("ready", "release")),
        ("back", CYCLED, ON, ("release",)),
        ("back, its controller dead", CYCLED, DEAD, ("release",)),
        ("recorded, never tainted, Ready", node(lost=0, record=OURS), ON, ("release",)),
        ("cut as it came back", node(lost=0, record=OURS), OFF, ("on", "ready", "release")),
        ("recorded, never tainted, off", BEGUN, OFF, ("on", "ready", "release")),
        ("tainted by somebody, off", node(taints=TAINTED), OFF, ("record", "on", "ready", "release")),
        (
            "Ready by a stale condition",
            node(lost=60, ready=True, taints=TAINTED, record=OURS),
            ON,
            ("ready", "release"),
        ),
    ],
)
def test_steps_until_back(what: str, one: Node, power: Power, steps: tuple[str, ...]) -> None:
    found = plan("returned", seen(one), power, AUTOMATIC)
    assert found.steps == steps, what


@pytest.mark.parametrize(
    ("one", "others", "power", "rules", "words"),
    [
        (node(lost=0), OTHERS, ON, CONSENT, "it is Ready; drain it"),
        (node(lost=99, ready=True), OTHERS, ON, CONSENT, "kube-controller-manager does not see"),
        (CYCLED, OTHERS, ON, CONSENT, "it has come back with another boot and is Ready; use state returned"),
        (SAME, OTHERS, ON, AUTOMATIC, "so its pods may run twice; name it in consent"),
        (FRESH, OTHERS, ON, AUTOMATIC, "after 90 s of both, or at once with consent"),
        (node(renewed=NOW - 5), OTHERS, ON, AUTOMATIC, "was not renewed for 5 s"),
        (node(since=NOW - 60), OTHERS, OFF, AUTOMATIC, "has not been Ready for 60 s"),
        (FRESH, OTHERS, ON, Rules(consent="node3"), "consent names node3"),
        (FRESH, OTHERS, DEAD, Rules(confirmed_off="node3"), "confirmed_off names node3"),
        (LOST, OTHERS, DEAD, CONSENT, "no answer; check the network. Whether its machine is off"),
        (FENCED, OTHERS, DEAD, AUTOMATIC, "say so with confirmed_off: node2"),
        (FRESH, OTHERS, ON, CONFIRMED, "its controller answers that it is on"),
        (FENCED, OTHERS, ON, AUTOMATIC, "it is fenced, but its machine is on"),
        (
            LOST,
            FEW,
            ON,
            CONSENT,
            "1 of 4 nodes are healthy (25 %), and 51 % have to be; not healthy besides it: node3, ",
        ),
        (
            LOST,
            (node("node3", lost=0, renewed=NOW - 95),),
            ON,
            CONSENT,
            "node3 (Ready, its Lease 95 s old: lost, or its",
        ),
        (LOST, (), ON, CONSENT, "0 of 1 nodes are healthy (0 %), and 51 % have to be; look"),
        (PLANE, (*ONE_PLANE, node("node3", control_plane=True)), ON, CONSENT, "another one is not healthy (node3)"),
        (PLANE, ONE_PLANE, ON, CONSENT, "1 healthy of 2 would be left"),
    ],
)
def test_refusals_to_fence(one: Node, others: tuple[Node, ...], power: Power, rules: Rules, words: str) -> None:
    with pytest.raises(Refused) as caught:
        plan("fenced", seen(one, others), power, rules)
    assert words in str(caught.value) and "node2 is not fenced, and nothing was changed" in str(caught.value)


@pytest.mark.parametrize(
    ("one", "power", "words"),
    [
        (LOST, ON, "it is not fenced, but not Ready either"),
        (node(taints=TAINTED), ON, "somebody else has set its taint"),
        (node(lost=0, taints=TAINTED), DEAD, "and bmc redfish://10.20.0.102: no answer"),
        (SAME, ON, "it has the same boot id, so it was never off"),
        (SAME, DEAD, "it has the same boot id, so it was never off"),
    ],
)
def test_refusals_to_bring_back(one: Node, power: Power, words: str) -> None:
    with pytest.raises(Refused) as caught:
        plan("returned", seen(one), power, AUTOMATIC)
    assert words in str(caught.value) and "node2 is not brought back, and nothing was changed" in str(caught.value)


def test_what_is_refused_is_fenced_once_its_reason_is_gone() -> None:
    planes = healthy(*PLANES, control_planes=PLANES)
    assert plan("fenced", seen(PLANE, planes), ON, AUTOMATIC).steps == ALL
    assert plan("fenced", seen(LOST, FEW), ON, Rules(minimum_healthy=25)).steps == ALL
    # Nothing is cut where the machine is off already, so nothing brakes: half a site without power is let go.
    assert plan("fenced", seen(LOST, FEW), OFF, AUTOMATIC).steps == ("record", "verify", "taint")
    assert plan("fenced", seen(LOST, FEW), DEAD, CONFIRMED).steps == ("record", "verify", "taint")


def test_all_reasons_are_told_at_once() -> None:
    with pytest.raises(Refused) as caught:
        plan("fenced", seen(dataclasses.replace(FRESH, control_plane=True), ()), ON, Rules(consent="node3"))
    assert len(caught.value.reasons) == 4, caught.value


def test_a_pause_holds_until_it_ends_and_yields_to_consent() -> None:
    pause = Pause("site.yml on deploy", NOW + 90)
    with pytest.raises(Refused, match=r"paused by site.yml on deploy for another 90 s"):
        plan("fenced", seen(LOST, pause=pause), ON, AUTOMATIC)
    assert plan("fenced", seen(LOST, pause=pause), ON, CONSENT).steps == ALL
    assert plan("fenced", seen(LOST, pause=Pause("a run that died", NOW - 1)), ON, AUTOMATIC).steps == ALL


@pytest.mark.parametrize(
    ("other", "is_healthy"),
    [
        (node("a", lost=0), True),
        (node("a", lost=60), False),
        (node("a", lost=0, taints=TAINTED), False),
        (node("a", lost=0, renewed=NOW - 60), False),  # kube-controller-manager is dead
        (node("a", lost=0, renewed=None), True),  # no Leases in this cluster
    ],
)
def test_which_nodes_are_healthy(other: Node, is_healthy: bool) -> None:
    assert other.healthy(NOW) is is_healthy


def test_objects_of_the_api_are_read() -> None:
    item = {
        "metadata": {
            "name": "node2", "resourceVersion": "7", "labels": {"node-role.kubernetes.io/control-plane": ""},
            "annotations": OURS.annotations(),
        },
        "spec": {"taints": [OUT_OF_SERVICE]},
        "status": {
            "nodeInfo": {"bootID": "boot-1"},
            "conditions": [
                {"type": "Ready", "status": "Unknown", "message": "silent", "lastTransitionTime": timestamp(5)}
            ],
        },
    }  # fmt: skip
    lease = {"spec": {"renewTime": "1970-01-01T00:00:03.500000Z", "leaseDurationSeconds": 4, "holderIdentity": "x"}}
    found = node_of(item, lease)
    assert found == Node("node2", False, "silent", 5.0, "boot-1", TAINTED, OURS, True, "7", 3.5, 4.0)
    bare = node_of({"metadata": {"name": "new"}}, None)
    assert (bare.ready, bare.since, bare.renewed, bare.record, bare.lease_seconds) == (False, None, None, None, 40)
    assert pause_of(lease) == Pause("x", 7.5) and pause_of(None) is None
    assert seconds(timestamp(NOW)) == NOW


def test_words_and_diff_name_the_node() -> None:
    found = plan("fenced", seen(LOST), ON, AUTOMATIC)
    assert found.words()[1] == "cut the power of node2"
    (change,) = found.diff()
    assert "power: on\nout of service: false" in change["before"] and "power: off" in change["after"]
