# SPDX-License-Identifier: GPL-3.0-or-later
"""What is when OSDs or machines go: shares of domains, how full the others get, and what has too few domains."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.capacity import forecast, machine_loss, shares
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.layout import Device, Layout, Pool, layout

GIB = 1024**3


def machines(used: list[list[int]], size: int = 100, **more: Any) -> Layout:
    """Machines n0, n1 … with OSDs of so many GiB, of which so many are used, and a pool with that data."""
    devices: dict[int, Device] = {}
    for number, osds in enumerate(used):
        for data in osds:
            one = len(devices)
            place = {"host": f"n{number}", "root": "default"}
            devices[one] = Device(one, place, "ssd", weight=float(size), size=size * GIB, used=data * GIB, pgs=data)
    total = sum(device.used for device in devices.values())
    pools = (Pool("block", more.pop("copies", 3), "default", more.pop("domain", "host"), "", total),)
    return Layout(devices, pools, **more)


@pytest.mark.parametrize(
    ("weights", "copies", "expected"),
    [
        ({"a": 1, "b": 1, "c": 1}, 3, {"a": 1, "b": 1, "c": 1}),
        ({"a": 1, "b": 1, "c": 1, "d": 1}, 3, {"a": 0.75, "b": 0.75, "c": 0.75, "d": 0.75}),
        ({"a": 9, "b": 1, "c": 1}, 2, {"a": 1, "b": 0.5, "c": 0.5}),
        ({"a": 1, "b": 1}, 3, {"a": 1, "b": 1}),
        ({}, 3, {}),
    ],
)
def test_a_domain_takes_one_copy_at_most(weights: dict[str, float], copies: int, expected: dict[str, float]) -> None:
    assert shares(weights, copies) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("used", "gone", "fullest", "percent", "fits"),
    [
        ([[60], [60], [60], [60]], {3}, "osd.0", 80.0, True),  # 240 GiB on three
        ([[66], [66], [66], [66]], {3}, "osd.0", 88.0, False),
        ([[40, 40], [40, 40], [40, 40]], {5}, "osd.4", 80.0, True),  # its machine has to take all of it
        ([[50, 50], [50, 50], [50, 50]], {5}, "osd.4", 100.0, False),
        ([[50], [50], [50], [50], [50], [50]], {4, 5}, "osd.0", 75.0, True),
        ([[10]], {0}, "", 100.0, False),
    ],
)
def test_how_full_the_others_get(
    used: list[list[int]], gone: set[int], fullest: str, percent: float, fits: bool
) -> None:
    found = forecast(machines(used), gone)
    assert (found.fullest, found.percent, found.fits) == (fullest, percent, fits)


def test_osds_differ_afterwards_as_they_do_now() -> None:
    """The fullest has 70 GiB where 60 are the average, so it has 7/6 of what it would have by its weight."""
    assert forecast(machines([[70], [60], [60], [50]]), {3}).percent == pytest.approx(80 * 70 / 60, abs=0.1)


def test_domains_that_are_left_are_counted() -> None:
    three = machines([[10], [10], [10]])
    assert forecast(three, {2}).narrow == ("the pool block needs 3 failure domains (host), and 2 would be left",)
    assert forecast(machines([[10], [10], [10], [10]]), {3}).narrow == ()
    assert forecast(machines([[10, 10], [10], [10]]), {1}).narrow == (), "its machine has another"
    assert forecast(machines([[10], [10]]), {9}).narrow == (), "what is too few already does not get fewer"


def test_racks_and_device_classes() -> None:
    devices = {
        number: Device(
            number,
            {"host": f"n{number}", "rack": f"r{number % 2}", "root": "default"},
            "ssd" if number < 4 else "hdd",
            size=100 * GIB,
            used=10 * GIB,
        )
        for number in range(6)
    }
    pool = Pool("fast", 2, "default", "rack", "ssd", 40 * GIB)
    slow = Pool("slow", 1, "default", "rack", "hdd", 20 * GIB)
    found = Layout(devices, (pool, slow))
    assert [device.id for device in found.of(pool)] == [0, 1, 2, 3]
    assert forecast(found, {0}).narrow == () and forecast(found, {0, 2}).narrow != ()
    assert forecast(found, {4}).narrow == () and forecast(found, {4}).fullest == "osd.5"
    assert forecast(found, {4}).percent == 20.0, "the other class has nothing of it"


def test_the_worst_loss_of_a_machine() -> None:
    found = machine_loss(machines([[40], [40], [40], [40, 40]]))
    assert found is not None and found["machine"] == "n3" and found["used"] == 80 * GIB
    assert found["placed_again"] and found["fullest"] == {"osd": "osd.0", "used_percent": pytest.approx(66.7, abs=0.1)}
    full = machine_loss(machines([[70], [70], [70], [70]]))
    assert full is not None and not full["placed_again"] and full["fullest"]["used_percent"] > full["nearfull_percent"]
    three = machine_loss(machines([[10], [10], [10]]))
    assert three is not None and not three["placed_again"] and "needs 3 failure domains" in three["too_few_domains"][0]
    assert machine_loss(Layout()) is None


def test_a_layout_from_answers() -> None:
    """Answers of Ceph 16.2, cut to what is read."""
    tree = {
        "nodes": [
            {"id": -1, "name": "default", "type": "root", "children": [-5]},
            {"id": -5, "name": "r1", "type": "rack", "children": [-2, -3]},
            {"id": -2, "name": "node0", "type": "host", "children": [0]},
            {"id": -3, "name": "node1", "type": "host", "children": []},
            {
                "id": 0, "name": "osd.0", "type": "osd", "device_class": "hdd", "crush_weight": 1.5, "kb": 2048,
                "kb_used": 512, "kb_used_meta": 256, "pgs": 9,
            },
        ],
        "stray": [{"id": 1, "name": "osd.1", "type": "osd", "crush_weight": 0, "kb": 0, "kb_used": 0}],
    }  # fmt: skip
    steps = [{"op": "take", "item": -2, "item_name": "default~hdd"}, {"op": "chooseleaf_firstn", "type": "rack"}]
    dump = {
        "nearfull_ratio": 0.85, "full_ratio": 0.95, "flags_set": ["noout"], "crush_node_flags": {"node1": ["noout"]},
        "osds": [
            {"osd": 0, "up": 1, "in": 1, "weight": 1, "state": ["exists", "up", "noout"]},
            {"osd": 1, "up": 0, "in": 0, "weight": 0, "state": ["destroyed", "exists"]},
        ],
        "pools": [{"pool": 3, "pool_name": "rbd", "size": 3, "crush_rule": 7}],
    }  # fmt: skip
    found = layout(tree, dump, [{"rule_id": 7, "steps": steps}], {"pools": [{"id": 3, "stats": {"bytes_used": 99}}]})
    assert found.devices[0].place == {"host": "node0", "rack": "r1", "root": "default"}
    assert found.devices[0].size == 2 * 1024**2 and found.devices[0].metadata == 256 * 1024 and found.devices[0].stores
    assert found.devices[0].states == {"noout"} and found.devices[1].destroyed and not found.devices[1].stores
    assert found.pools == (Pool("rbd", 3, "default", "rack", "hdd", 99),)
    assert found.bucket_flags == {"node1": ("noout",)} and [one.id for one in found.below("r1")] == [0]
