# SPDX-License-Identifier: GPL-3.0-or-later
"""The callbacks of a run, fed with results as ansible-core hands them over."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible_collections.groundup.cloud.plugins.callback import progress, steps


def result(host: str, check: bool = True, name: str = "Bring it", **data: Any) -> Any:
    task = SimpleNamespace(name=name, action="x.y.z", check_mode=check, ignore_unreachable=False)
    return SimpleNamespace(host=SimpleNamespace(get_name=lambda: host), task=task, result=data)


def play(name: str) -> Any:
    return SimpleNamespace(get_name=lambda: name)


def test_a_plan_names_everything_that_would_change(said: list[str]) -> None:
    callback = steps.CallbackModule()
    callback.v2_playbook_on_play_start(play("Switches"))
    callback.v2_runner_on_ok(result("leaf1", changed=True, steps=["add vlan 10"]))
    callback.v2_playbook_on_play_start(play("Probe"))
    callback.v2_runner_on_ok(result("node1", changed=True, steps={"host_base": ["file /x"]}))
    callback.v2_runner_on_ok(result("node2", changed=False, steps={"host_base": ["file /x"]}))
    callback.v2_playbook_on_play_start(play("Kubernetes"))
    callback.v2_runner_on_ok(result("node1", name="Write the credentials", changed=True))
    callback.v2_runner_on_ok(result("node1", name="Issue join credentials", changed=True, steps=[]))
    callback.v2_runner_on_failed(result("node3", msg="boom"), ignore_errors=True)
    callback.v2_runner_on_unreachable(result("node4", msg="no route"))
    callback.v2_playbook_on_stats(None)
    text = said[-1]
    assert text.startswith("Plan: what would be done\n\n  Switches\n    leaf1\n      add vlan 10\n")
    assert "  Host base\n    node1\n      write /x\n" in text
    assert "  Kubernetes\n    node1\n      Write the credentials\n" in text
    assert "Issue join credentials" not in text
    assert "node4: Kubernetes: Bring it: no route" in text
    assert "node3" not in text
    assert text.endswith("Total: 3 changes on 2 hosts; 1 host as the model says; 1 host could not be reached")


def test_an_empty_plan_is_called_a_plan(said: list[str]) -> None:
    callback = steps.CallbackModule()
    callback.v2_runner_on_ok(result("leaf1", changed=False, steps=[]))
    callback.v2_playbook_on_stats(None)
    assert said == ["Plan: what would be done\n\n  Total: 1 host as the model says"]


def test_a_run_that_did_something_is_not_called_a_plan(said: list[str]) -> None:
    callback = steps.CallbackModule()
    callback.v2_runner_on_ok(result("cluster", changed=False, steps=["start etcd"]))  # only compared
    callback.v2_runner_on_ok(result("leaf1", check=False, changed=True, steps=["add vlan 10"]))
    callback.v2_runner_on_ok(result("cluster", changed=False, steps=[]))
    callback.v2_playbook_on_stats(None)
    assert said[-1].startswith("Done\n")


def test_a_plan_names_hosts_that_could_not_be_reached(said: list[str]) -> None:
    callback = steps.CallbackModule()
    callback.v2_playbook_on_play_start(play("Probe"))
    lost = result("node1", msg="no route")
    lost.task.action = "groundup.cloud.host_probe"
    callback.v2_runner_on_unreachable(lost)
    callback.v2_playbook_on_stats(None)
    assert said[-1].startswith(
        "Plan: what would be done\n\n  Could not be reached\n    node1: Probe: Bring it: no route"
    )
    assert said[-1].endswith("Total: 1 host could not be reached")


def test_a_plan_that_plan_yml_printed_is_not_printed_again(said: list[str]) -> None:
    callback = steps.CallbackModule()
    callback.v2_runner_on_ok(result("leaf1", changed=True, steps=["add vlan 10"]))
    shown = result("leaf1")
    shown.task.action = "groundup.cloud.plan_page"
    callback.v2_runner_on_ok(shown)
    callback.v2_playbook_on_stats(None)
    assert said == []


def test_a_run_of_others_is_left_alone(said: list[str]) -> None:
    callback = steps.CallbackModule()
    callback.v2_runner_on_ok(result("web", changed=True))
    callback.v2_playbook_on_stats(None)
    assert said == []


def run(callback: Any, file: Path) -> None:
    options = {"timings_file": str(file), "heartbeat": 0}
    callback.get_option = lambda name, **__: options[name]
    callback.v2_playbook_on_play_start(play("Machines"))
    callback.v2_runner_on_ok(result("node1", changed=True))
    callback.v2_runner_on_failed(result("node2", msg="its BMC is silent"))
    callback.v2_runner_on_failed(result("node3", msg="of no importance"), ignore_errors=True)
    callback.v2_playbook_on_play_start(play("Probe"))


def test_a_report_learns_the_stages_and_who_was_set_aside_before_the_run_ends(said: list[str], tmp_path: Path) -> None:
    callback = progress.CallbackModule()
    run(callback, tmp_path / "new/timings.json")
    figures = json.loads((tmp_path / "new/timings.json").read_text())
    assert figures["aside"] == {"node2": "Machines: Bring it: its BMC is silent"}
    assert [(s["name"], s["changed"], s["failed"]) for s in figures["stages"]] == [("Machines", 1, 1)]
    assert 0 <= figures["written"] - figures["started"] < 60


def test_a_file_that_cannot_be_written_is_said_once_and_ends_nothing(said: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    callback = progress.CallbackModule()
    run(callback, tmp_path / "file/timings.json")
    callback.v2_playbook_on_stats(None)
    assert len([line for line in said if line.startswith("warning")]) == 1


def test_a_hundred_percent_is_the_end_and_a_name_is_printed_once(said: list[str]) -> None:
    """The default output prints the name of a task above the line; only a line that is repeated has it again."""
    callback = progress.CallbackModule()
    callback.get_option = lambda name, **__: None  # type: ignore[method-assign]
    callback.planned = 2
    callback.v2_playbook_on_play_start(play("Bundle"))
    for name in ("Find", "Build"):
        callback.v2_playbook_on_task_start(SimpleNamespace(action="x.y.z", get_name=lambda name=name: name), False)
    callback._repeat_line()
    callback.v2_playbook_on_task_start(SimpleNamespace(action="x.y.z", get_name=lambda: "Included"), False)
    callback.v2_playbook_on_stats(None)
    assert [line.partition("]")[0].rpartition(" ")[0] for line in said[:-1]] == [
        "[  1/2",
        "[  2/2",
        "[  2/2",
        "[  3/3",
        "[  3/3 100%",
    ]
    assert [line for line in said if "Build" in line] == [said[2]]
    assert said[2].endswith("still running: Build")


def test_a_run_without_a_task_has_no_progress(said: list[str]) -> None:
    callback = progress.CallbackModule()
    callback.get_option = lambda name, **__: None  # type: ignore[method-assign]
    callback.v2_playbook_on_stats(None)
    assert said == []


def test_what_only_steers_the_run_is_no_task(said: list[str], tmp_path: Path) -> None:
    callback = progress.CallbackModule()
    callback.get_option = lambda name, **__: None  # type: ignore[method-assign]
    callback.v2_playbook_on_play_start(play("Probe"))
    for action in ("ansible.builtin.meta", "ansible.builtin.ping"):
        callback.v2_playbook_on_task_start(SimpleNamespace(action=action, get_name=lambda: "x"), False)
    assert callback.stages[-1].tasks == callback.done == 1
