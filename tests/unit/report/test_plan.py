# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of all layers, from variables as the plays of plan.yml leave them, and its page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.layers.selection import chosen_layers
from ansible_collections.groundup.cloud.plugins.module_utils.report.plan import Entry, merged, planned
from ansible_collections.groundup.cloud.plugins.module_utils.report.plan_page import PlanPage, write

BASE = {"name": "host_base", "role": "x.y.host_base", "input": "base", "follows": []}
KUBERNETES = {"name": "kubernetes", "role": "x.y.kubernetes", "input": "k", "follows": []}
NETWORK = {"name": "network", "role": "x.y.net", "input": "n", "follows": ["kubernetes"]}
CONTROL_PLANE = {"name": "control_plane", "role": "x.y.hosted", "input": "h", "follows": [], "probed": True}
BELOW = {
    name: {"groundup_below": [{"name": name, "role": f"x.y.{name}", "input": name, "follows": []}]}
    for name in ("switch", "provisioner", "machine")
}
LOST = {"unreachable": True, "msg": "Task failed: no route to it"}


def machine(**more: Any) -> dict[str, Any]:
    return {
        **BELOW["machine"],
        "groundup_layers": [BASE, KUBERNETES, NETWORK],
        "groundup_needs": {"kubernetes": ["kubeadm"]},
        "__machine_result": {"changed": False, "steps": ["left from somewhere"]},
        "groundup_probe": {"differs": [], "steps": {}, "changed": False},
        "groundup_differing": ["kubernetes"],
        **more,
    }


def of(hostvars: dict[str, dict[str, Any]], **more: Any) -> dict[tuple[str, str], tuple[list[str], str]]:
    entries = planned(hostvars, list(hostvars), **more)
    return {(entry["layer"], entry["host"]): (list(entry["steps"]), entry["why"]) for entry in entries}


def test_each_layer_has_its_steps_or_a_reason() -> None:
    found = of(
        {
            "leaf1": {**BELOW["switch"], "__switch_result": {"changed": True, "steps": ["add vlan 10"]}},
            "leaf2": {**BELOW["switch"], "__switch_result": {"failed": True, "msg": "it is off"}},
            "provisioner": {**BELOW["provisioner"], "__provisioner_result": LOST},
            "node1": machine(groundup_probe={"differs": ["kubernetes"], "steps": {"kubernetes": ["join node1"]}}),
            "node2": machine(),
            "node3": machine(
                groundup_probe={"differs": ["host_base"], "steps": {"host_base": ["could not be read: a"]}}
            ),
            "node5": machine(
                groundup_probe={"differs": ["kubernetes"], "steps": {"kubernetes": ["refused: a version change"]}}
            ),
            "node4": machine(groundup_probe=LOST, groundup_unplanned={"machine": "machine_parallel is wrong"}),
        }
    )
    assert found["switch", "leaf1"] == (["add vlan 10"], "")
    assert found["switch", "leaf2"] == ([], "it is off")
    assert found["provisioner", "provisioner"] == ([], "no connection: no route to it")
    assert found["machine", "node1"] == ([], "")
    assert found["kubernetes", "node1"] == (["join node1"], "")
    assert found["network", "node2"] == (["compare again after kubernetes"], "")
    assert found["host_base", "node3"] == ([], "a")
    assert found["kubernetes", "node5"] == ([], "refused: a version change")
    assert found["machine", "node4"] == ([], "machine_parallel is wrong")
    assert found["connection", "node4"] == ([], "no route to it")
    assert found["host_base", "node4"] == ([], "no connection")


def test_a_missing_bundle_is_the_reason_where_it_is_needed() -> None:
    unbundled = {"groundup_unbundled": "there is none", "groundup_bundle": {"failed": True, "msg": "there is none"}}
    found = of({"node1": machine(**unbundled, groundup_provisioner="provisioner", groundup_differing=[])})
    assert found["bundle", "provisioner"] == ([], "there is none")
    assert found["kubernetes", "node1"] == ([], "the bundle cannot be used: there is none")
    assert found["host_base", "node1"] == found["network", "node1"] == ([], "")


def test_a_machine_that_would_be_deployed_has_the_steps_that_are_foreseen() -> None:
    bare = {"changed": True, "differs": [], "steps": {"host_base": ["install chrony"]}}
    result = {"changed": True, "steps": ["would deploy image a to disk b"]}
    found = of({"node1": machine(groundup_probe=bare, __machine_result=result)})
    assert found["machine", "node1"] == (["would deploy image a to disk b"], "")
    assert found["host_base", "node1"] == (["install chrony"], "")


def test_layers_of_the_cluster_stand_in_their_order() -> None:
    cluster = {
        "groundup_layers": [CONTROL_PLANE, NETWORK],
        "groundup_probe": {"differs": ["control_plane"]},
        "__hosted_probe": {"steps": ["start etcd"]},
    }
    found = of({"cluster": cluster, "node1": machine(groundup_differing=[])})
    assert found["control_plane", "cluster"] == (["start etcd"], "")
    layers = list(dict.fromkeys(layer for layer, __ in found))
    assert layers == ["machine", "host_base", "kubernetes", "control_plane", "network"]
    assert merged([["a", "c"], ["a", "b", "c"], ["x", "c"], ["d"]]) == ["a", "b", "x", "c", "d"]


def test_a_machine_without_a_management_controller_is_not_deployed() -> None:
    found = of({"node1": machine(groundup_below=[])})
    assert ("machine", "node1") not in found and ("host_base", "node1") in found


def test_a_switch_that_is_configured_by_hand_is_not_said_to_be_as_the_model_says() -> None:
    result = {"changed": False, "steps": [], "by_hand": ["  Ethernet1 trunk"]}
    steps, why = of({"leaf1": {**BELOW["switch"], "__switch_result": result}})["switch", "leaf1"]
    assert steps == [] and "configured by hand and was not compared" in why


def test_the_table_of_what_people_have_to_configure_is_on_the_page_and_in_the_files() -> None:
    table = ["leaf1: to be configured by hand", "  port       <mode>", *(f"  Ethernet{number}" for number in range(48))]
    result = {"changed": False, "steps": [], "by_hand": table}
    (entry,) = planned({"leaf1": {**BELOW["switch"], "__switch_result": result}}, ["leaf1"])
    page = PlanPage("rack1", [Entry.of(entry)], "2026-01-02T03:04:05+00:00")
    assert "was not compared; the table has what it needs\n      leaf1: to be configured by hand\n" in page.text()
    assert "        port       <mode>\n" in page.text()
    assert "leaf1: to be configured by hand\n  port       &lt;mode&gt;\n  Ethernet0" in page.html()
    assert "        Ethernet47\n" in page.text() and "more" not in page.text()
    assert page.as_dict()["layers"][0]["hosts"]["leaf1"]["by_hand"] == table


def test_why_there_is_no_bundle_stands_once_on_the_page_and_everywhere_in_the_file() -> None:
    missing = {"groundup_unbundled": "there is none", "groundup_bundle": {"failed": True, "msg": "there is none"}}
    role = {"__provisioner_result": {"failed": True, "msg": "provisioner: bundle_dir missing"}}
    hosts = {"provisioner": {**BELOW["provisioner"], **role, **missing}, "node1": machine(**missing)}
    entries = [Entry.of(entry) for entry in planned(hosts, list(hosts))]
    whys = {(entry.layer, entry.host): entry.why for entry in entries}
    assert whys["provisioner", "provisioner"] == "the bundle cannot be used: there is none"
    page = PlanPage("rack1", entries, "2026-01-02T03:04:05+00:00")
    assert page.text().count("there is none") == page.html().count("there is none") == 1
    assert page.text().count("cannot tell: the bundle cannot be used, as said above") == 2
    assert json.dumps(page.as_dict()).count("there is none") == 3


def test_a_provisioner_without_a_connection_says_so_without_a_bundle_too() -> None:
    lost = {**BELOW["provisioner"], "__provisioner_result": LOST, "groundup_unbundled": "no connection"}
    assert of({"provisioner": lost})["provisioner", "provisioner"] == ([], "no connection: no route to it")


def test_what_was_never_tried_is_no_empty_plan() -> None:
    found = of({"node1": {**BELOW["machine"], "groundup_layers": [BASE]}})
    assert found == {
        ("machine", "node1"): ([], "its role was not run"),
        ("host_base", "node1"): ([], "its state was not compared"),
    }


def test_tags_choose_layers() -> None:
    assert set(of({"node1": machine()}, tags=["host_base"])) == {("host_base", "node1")}
    assert ("host_base", "node1") not in of({"node1": machine()}, skipped=["host_base"])
    assert [layer["name"] for layer in chosen_layers([BASE, NETWORK], ["network", "x"])] == ["network"]


@pytest.fixture
def page() -> PlanPage:
    entries = [
        Entry("bundle", "provisioner"),
        Entry("switch", "leaf1", ("add vlan 10", "add vlan 20"), "two cables are <swapped>\nand more"),
        Entry("machine", "node1"),
        Entry("connection", "node2", (), "no route"),
        Entry("host_base", "node1"),
        Entry("host_base", "node2", (), "no connection"),
    ]
    return PlanPage("rack1", entries, "2026-01-02T03:04:05+00:00")


def test_the_page(page: PlanPage) -> None:
    assert (
        page.text()
        == """\
Plan of rack1: what would be done

  Bundle
    holds what the layers need, on provisioner

  Switches
    leaf1
      add vlan 10, 20
      cannot tell: two cables are <swapped>

  Machines
    nothing to do on node1

  Connections to machines
    node2
      no route

  Host base
    node2
      cannot tell: no connection
    nothing to do on node1

  Total: 2 changes on 1 host; 1 host as the model says; 2 hosts not known in full"""
    )


def test_the_page_for_a_browser_needs_no_other_file(page: PlanPage) -> None:
    html = page.html()
    assert "two cables are &lt;swapped&gt;\nand more" in html
    assert not [word for word in ("<script", "<link", "src=", "href=") if word in html]
    complete = PlanPage("rack1", page.entries[:1], page.when).html()
    assert "The plan is complete" in complete and "Not all of the plan is known" in html


def test_the_files_have_the_same_plan(tmp_path: Path, page: PlanPage) -> None:
    entries = [
        {"layer": entry.layer, "host": entry.host, "steps": entry.steps, "why": entry.why} for entry in page.entries
    ]
    result = write({"cloud": "rack1", "entries": entries, "directory": str(tmp_path / "new/plan")})
    found = json.loads((tmp_path / "new/plan/plan.json").read_text())
    assert found["layers"][1] == {
        "name": "switch",
        "hosts": {"leaf1": {"steps": ["add vlan 10", "add vlan 20"], "why": "two cables are <swapped>\nand more"}},
    }
    assert sorted(path.name for path in (tmp_path / "new/plan").iterdir()) == ["plan.html", "plan.json"]
    assert (result["complete"], result["changed"], result["text"]) == (False, False, page.text())
    assert write({"cloud": "rack1", "entries": entries})["files"] == []
