# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures: the same model gives the same lines, and everything in it is in the picture."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.draw.networks import networks
from ansible_collections.groundup.cloud.plugins.module_utils.draw.racks import racks
from ansible_collections.groundup.cloud.plugins.module_utils.draw.scene import Scene, natural


def drawing(count: int = 3) -> dict[str, object]:
    nets = [
        {"name": "provision", "vlans": "10", "subnet": "10.10.0.0/24", "mtu": 1500},
        {"name": "cluster <b>", "vlans": "30", "subnet": "10.30.0.0/24", "mtu": 9000},
        {"name": "tenants", "vlans": "100-199", "subnet": None, "mtu": 1500},
    ]
    machines = [
        {
            "name": f"node{n}",
            "rack": "r1",
            "unit": n,
            "note": "control plane",
            "cables": {"nic0": {"switch": "leaf1", "port": f"Ethernet{n}"}},
            "addresses": {"provision": f"10.10.0.{20 + n}", "cluster <b>": f"10.30.0.{20 + n}"},
        }
        for n in range(1, count + 1)
    ]
    switches = [{"name": "leaf1", "rack": "r1", "unit": 40, "note": "eos"}]
    return {"title": "rack1", "networks": nets, "switches": switches, "machines": machines}


@pytest.mark.parametrize("draw", [racks, networks])
@pytest.mark.parametrize("count", [0, 1, 3, 40])
def test_it_is_well_formed_and_repeats(draw: object, count: int) -> None:
    scene = Scene.of(drawing(count))
    picture = draw(scene)  # type: ignore[operator]
    ElementTree.fromstring(picture)
    assert picture == draw(Scene.of(drawing(count)))  # type: ignore[operator]


def test_every_cable_and_address_is_there() -> None:
    scene = Scene.of(drawing())
    assert all(f"node{n} nic0 to leaf1/Ethernet{n}" in racks(scene) for n in (1, 2, 3))
    assert all(f"10.30.0.{20 + n}" in networks(scene) for n in (1, 2, 3))


def test_more_than_a_picture_holds_is_counted() -> None:
    assert "and 16 more machines" in networks(Scene.of(drawing(40)))


def test_switches_stand_where_they_are() -> None:
    assert [box.name for box in Scene.of(drawing()).racks["r1"]] == ["leaf1", "node3", "node2", "node1"]


def test_names_sort_as_people_count() -> None:
    assert sorted(["node10", "node2", "a"], key=natural) == ["a", "node2", "node10"]
