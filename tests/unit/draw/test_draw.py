# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures: they are deterministic, and show every object of the model."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.draw.canvas import SIZES, STYLE, fit, fit_list, width
from ansible_collections.groundup.cloud.plugins.module_utils.draw.networks import networks
from ansible_collections.groundup.cloud.plugins.module_utils.draw.racks import racks
from ansible_collections.groundup.cloud.plugins.module_utils.draw.scene import Scene, natural
from ansible_collections.groundup.cloud.plugins.module_utils.draw.write import write
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load

ROOT = pathlib.Path(__file__).resolve().parents[3]


def drawing(count: int = 3) -> dict[str, object]:
    nets = [
        {"name": "provision", "vlans": "10", "subnet": "10.10.0.0/24", "mtu": 1500},
        {"name": "cluster <b>", "vlans": "30", "subnet": "10.30.0.0/24", "mtu": 9000},
        {"name": "tenants", "vlans": "100-199", "subnet": None, "mtu": 1500, "gateway": None, "native": False},
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


def drawing_of(path: pathlib.Path) -> dict[str, Any]:
    found: dict[str, Any] = derive(load(path)).hostvars["provisioner"]["drawing_config"]
    return found


def of_model(path: pathlib.Path) -> Scene:
    return Scene.of(drawing_of(path))


def hall() -> Scene:
    """Three racks with a cable to another rack, high devices, long names, IPv6, and more networks than fit a box."""
    nets = [{"name": f"net{n}", "vlans": str(n), "subnet": "fd00:1234:5678::/64", "mtu": 9000} for n in range(100, 112)]
    switches = [
        {
            "name": f"leaf{n}",
            "rack": f"r{n // 2}",
            "unit": 42 - n % 2,
            "note": "eos",
            "uplinks": {"Ethernet48": "spine"},
        }
        for n in range(6)
    ]
    machines = []
    for n in range(24):
        rack = n // 8
        machines.append(
            {
                "name": f"a-machine-with-quite-a-long-name-{n}" if n % 5 else f"node{n}",
                "rack": f"r{rack}" if n != 20 else None,
                "unit": 1 + n % 8 * 4 if n != 20 else None,
                "height": 1 + n % 3,
                "note": "control plane, compute, storage",
                "cables": {
                    f"nic{i}": {"switch": f"leaf{(2 * rack + i + 2 * (n == 7)) % 6}", "port": f"Ethernet{n}/{i}"}
                    for i in range(1 + n % 4)
                },
                "bmc": {"switch": f"leaf{2 * rack}", "port": f"Ethernet{30 + n}"},
                "addresses": {net["name"]: f"fd00:1234:5678::{n:x}:{i}" for i, net in enumerate(nets[:9])},
                "carries": [net["name"] for net in nets[9:]],
            }
        )
    others = [{"name": "provisioner", "note": "boot.example.net", "addresses": {"net100": "fd00:1234:5678::1"}}]
    return Scene.of({"title": "hall", "networks": nets, "switches": switches, "machines": machines, "others": others})


SCENES = {
    "nothing": lambda: Scene.of(drawing(0)),
    "one": lambda: Scene.of(drawing(1)),
    "forty": lambda: Scene.of(drawing(40)),
    "lab": lambda: of_model(ROOT / "inventories/lab/cloud.yml"),
    "example": lambda: of_model(ROOT / "inventories/example/cloud.yml"),
    "hall": hall,
}


@pytest.mark.parametrize("draw", [racks, networks])
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_pictures_are_well_formed_and_deterministic(draw: Callable[[Scene], str], scene: Callable[[], Scene]) -> None:
    picture = draw(scene())
    ElementTree.fromstring(picture)
    assert picture == draw(scene())


Area = tuple[float, float, float, float]


def texts(picture: str) -> tuple[Area, list[tuple[str, Area]]]:
    """The size of a picture, and its texts with their areas."""
    root = ElementTree.fromstring(picture)
    found = []
    for element in root.iter("{http://www.w3.org/2000/svg}text"):
        kind = (element.get("class") or "").split(" ")[0]
        words, x, y = element.text or "", float(element.attrib["x"]), float(element.attrib["y"])
        wide, size = width(words, kind), SIZES.get(kind, 12)
        left = x - wide * {"start": 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor", "start")]
        found.append((words, (left, y - size * 0.75, left + wide, y + size * 0.2)))
    return (0, 0, float(root.attrib["width"]), float(root.attrib["height"])), found


@pytest.mark.parametrize("draw", [racks, networks])
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_texts_are_inside_the_picture_and_do_not_overlap(
    draw: Callable[[Scene], str], scene: Callable[[], Scene]
) -> None:
    paper, found = texts(draw(scene()))
    for words, (left, top, right, bottom) in found:
        assert left >= 0 and top >= 0 and right <= paper[2] and bottom <= paper[3], words
    ordered = sorted(found, key=lambda item: item[1][1])
    for place, (words, area) in enumerate(ordered):
        for other, (left, top, right, _bottom) in ordered[place + 1 :]:
            if top >= area[3]:
                break
            assert right <= area[0] or left >= area[2], f"{words} and {other}"


def test_every_cable_and_address_is_drawn() -> None:
    scene = Scene.of(drawing())
    assert all(f"node{n} nic0 to leaf1/Ethernet{n}" in racks(scene) for n in (1, 2, 3))
    assert all(f"10.30.0.{20 + n}" in networks(scene) for n in (1, 2, 3))


def test_both_ends_of_a_cable_and_distant_switches_are_labelled() -> None:
    scene = hall()
    _paper, found = texts(racks(scene))
    drawn = [words for words, _area in found]
    for box in scene.machines:
        for cable in box.cables:
            assert f"{cable.name} – {cable.port}" in drawn
    # A machine without a rack, and one cabled to another rack: the switch's name replaces the line.
    homes = {box.name: box.rack for box in scene.boxes}
    for switch in scene.switches:
        ends = [(box, cable) for box in scene.machines for cable in box.cables if cable.switch == switch.name]
        assert drawn.count(switch.name) == 1 + sum(box.rack != homes[switch.name] for box, _cable in ends)


def test_items_that_do_not_fit_a_box_are_counted() -> None:
    _paper, found = texts(racks(hall()))
    assert any(words.startswith("+") for words, _area in found)
    assert [fit("node-number-1234", room, "name") for room in (200, 70)] == ["node-number-1234", "node-n…34"]
    assert fit_list("control plane, compute, storage", 100, "small") == "control plane +2"


def test_free_units_are_labelled() -> None:
    drawn = racks(Scene.of(drawing()))
    assert ">4–39 free<" in drawn
    assert "free<" not in racks(Scene.of({**drawing(), "switches": []}))


def test_styles_apply_to_the_picture_only() -> None:
    """The report's page contains the picture: a rule for `text` or `.name` would apply to the page as well."""
    rules = [rule for rule in STYLE.replace("\n", "").split("}") if rule]
    assert all(part.startswith(".cloud ") for rule in rules for part in rule.split("{")[0].split(","))


def test_machines_beyond_the_limit_are_counted() -> None:
    assert "and 15 more machines" in networks(Scene.of(drawing(60)))


@pytest.mark.parametrize("name", ["racks", "networks"])
def test_pictures_of_the_documentation_are_up_to_date(name: str) -> None:
    drawn = {"racks": racks, "networks": networks}[name](of_model(ROOT / "inventories/example/cloud.yml"))
    assert (ROOT / f"docs/pictures/{name}.svg").read_text() == drawn, (
        "run ansible-playbook -i inventories/example playbooks/draw.yml -e drawing_directory=$PWD/docs/pictures"
    )


def test_the_table_of_the_documentation_is_up_to_date(tmp_path: pathlib.Path) -> None:
    """The example has unmanaged switches, so what people configure on them is written beside the pictures."""
    __, files = write(str(tmp_path), drawing_of(ROOT / "inventories/example/cloud.yml"))
    assert files == [str(tmp_path / name) for name in ("racks.svg", "networks.svg", "by_hand.txt")]
    assert (tmp_path / "by_hand.txt").read_text() == (ROOT / "docs/pictures/by_hand.txt").read_text()


def test_switches_are_drawn_at_their_unit() -> None:
    assert [box.name for box in Scene.of(drawing()).racks["r1"]] == ["leaf1", "node3", "node2", "node1"]


def test_names_sort_by_their_numbers() -> None:
    assert sorted(["node10", "node2", "a"], key=natural) == ["a", "node2", "node10"]


def test_a_choice_is_drawn_with_the_switches_it_is_cabled_to() -> None:
    scene = Scene.of(drawing(3), ["node2", "provisioner"])
    assert [box.name for box in scene.boxes] == ["leaf1", "node2"]
    assert [box.name for box in Scene.of(drawing(3), ["leaf1"]).boxes] == ["leaf1"]
    assert Scene.of(drawing(3), ["provisioner"]) == Scene.of(drawing(3)), "it names no machine and no switch"


def test_boxes_of_half_the_width_stand_on_their_side() -> None:
    whole = drawing(2)
    for machine, side in zip(whole["machines"], ("right", "left"), strict=True):  # type: ignore[call-overload]
        machine |= {"unit": 1, "side": side}
    scene = Scene.of(whole)
    assert [box.name for box in scene.racks["r1"]] == ["leaf1", "node2", "node1"], "the left one is above"
    assert racks(scene) != racks(Scene.of(drawing(2)))
