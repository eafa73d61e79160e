# SPDX-License-Identifier: GPL-3.0-or-later
"""ceph_maintenance: what begins and ends, what prevents the beginning, and whose flags are whose."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.layout import Device, Layout
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.maintenance import (
    Mark,
    Seen,
    begin,
    end,
    foreign,
    unready,
)
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.runner import CephError
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.state import Check, Osd, Pgs, State

NOW = "2026-11-29T10:20:00Z"


def device(number: int, *states: str) -> Device:
    place = {"host": f"n{number // 2}", "rack": "r0", "root": "default"}
    return Device(number, place, states=frozenset(states))


def health(*down: int, checks: tuple[str, ...] = (), states: dict[str, int] | None = None) -> State:
    osds = tuple(Osd(one, f"n{one // 2}", one not in down, False, 10) for one in range(4))
    raised = tuple(Check(name, "HEALTH_WARN", "text", 1, (), False) for name in checks)
    pgs = Pgs(9, states or {"active+clean": 9}, (), 0, 0)
    return State("f", "HEALTH_OK", raised, ("a",), (), True, osds, pgs, 1, 0, 1)


def seen(*devices: Device, marks: dict[str, Mark] | None = None, state: State | None = None, **more: Any) -> Seen:
    """Machines n0 and n1 with two OSDs each."""
    found = {number: device(number) for number in range(4)} | {one.id: one for one in devices}
    buckets = {"default": "root", "r0": "rack", "n0": "host", "n1": "host", "n2": "host"}
    return Seen(Layout(found, buckets=buckets, **more), marks or {}, state or health())


def test_it_begins_for_all_osds_of_a_machine_or_rack() -> None:
    plan, mark = begin("n1", seen(), NOW)
    assert list(map(str, plan.steps)) == ["set noout for osd.2", "set noout for osd.3"]
    assert mark == Mark((2, 3), NOW) and Mark.of(str(mark), "k") == mark
    assert begin("r0", seen(), NOW)[1].osds == (0, 1, 2, 3)


def test_it_goes_on_where_it_was_interrupted_and_does_nothing_twice() -> None:
    old = {"n1": Mark((2, 3), "before")}
    plan, mark = begin("n1", seen(device(2, "noout"), marks=old), NOW)
    assert list(map(str, plan.steps)) == ["set noout for osd.3"] and mark == Mark((2, 3), "before")
    assert not begin("n1", seen(device(2, "noout"), device(3, "noout"), marks=old), NOW)[0].changed


def test_a_flag_that_was_there_is_not_its_own() -> None:
    given = seen(device(2, "noout"))
    assert begin("n1", given, NOW)[1].osds == (3,)
    after = seen(device(2, "noout"), device(3, "noout"), marks={"n1": Mark((3,), NOW)})
    assert end("n1", after)[1] == (3,) and foreign(after) == ["noout of osd.2"]


def test_it_ends_with_what_is_left_of_it() -> None:
    given = seen(device(2, "noout"), marks={"n1": Mark((2, 3, 9), NOW)})  # osd.3 has lost its flag, osd.9 is no more
    plan, todo = end("n1", given)
    assert todo == (2,) and list(map(str, plan.steps)) == ["remove noout of osd.2", "end the maintenance of n1"]
    assert not end("n0", given)[0].changed


@pytest.mark.parametrize(
    ("given", "denied", "expected"),
    [
        (seen(), "", []),
        (seen(state=health(checks=("OSD_FLAGS",))), "", []),  # somebody's flags are reported
        (seen(state=health(checks=("MON_CLOCK_SKEW",))), "", ["MON_CLOCK_SKEW: text"]),
        (seen(state=health(checks=("POOL_APP_NOT_ENABLED",))), "", []),  # accepted
        (seen(state=health(1)), "", ["osd.1 on n0: down"]),
        (seen(state=health(states={"peering": 9})), "", ["9 of 9 PGs: peering"]),
        (seen(), "Error EBUSY: unsafe", ["n1: its OSDs must not be stopped: Error EBUSY: unsafe"]),
        (seen(marks={"n0": Mark((0, 1), NOW)}), "", [f"n0: is in maintenance since {NOW}"]),
        # begun before: its own OSDs are down
        (seen(marks={"n1": Mark((2, 3), NOW)}, state=health(2, 3, checks=("OSD_DOWN",))), "", []),
        (seen(marks={"n1": Mark((2, 3), NOW)}, state=health(1, 2)), "", ["osd.1 on n0: down"]),
        (seen(marks={"n1": Mark((2,), NOW)}, state=health(2, states={"undersized+peered": 3})), "", [
            "3 PGs: undersized+peered"
        ]),
    ],
)  # fmt: skip
def test_what_prevents_the_beginning(given: Seen, denied: str, expected: list[str]) -> None:
    assert list(map(str, unready("n1", frozenset({"POOL_APP_NOT_ENABLED"}), given, denied))) == expected


@pytest.mark.parametrize(
    ("bucket", "words"),
    [
        ("n9", "n9: no machine or failure domain of the CRUSH map; it has r0, n0, n1, n2"),
        ("default", "default: no machine"),
        ("n2", "n2: no OSDs are in it"),
    ],
)
def test_what_can_not_be_in_maintenance(bucket: str, words: str) -> None:
    with pytest.raises(CephError, match=words):
        begin(bucket, seen(), NOW)


def test_flags_of_others_are_told() -> None:
    given = seen(
        device(0, "noin", "destroyed"),
        flags=frozenset({"sortbitwise", "norebalance"}),
        bucket_flags={"n0": ("noout",), "ssd": ("nodown",)},
    )
    assert foreign(given) == ["norebalance of the whole cluster", "noout of n0", "nodown of ssd", "noin of osd.0"]


@pytest.mark.parametrize("text", ["", "[]", '{"osds": "x", "since": 1}', '{"osds": [1]}'])
def test_a_mark_that_is_none(text: str) -> None:
    with pytest.raises(CephError, match="KEY in the monitors' store is not what this module writes"):
        Mark.of(text, "KEY")
