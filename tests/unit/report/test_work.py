# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of a run, by the seconds of the last run of the same command."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import context
from ansible_collections.groundup.cloud.plugins.callback import progress
from ansible_collections.groundup.cloud.plugins.module_utils.report.work import MOST, Work

from .test_callbacks import play, result

#: A run: each play with its tasks and their seconds.
RECORDED: list[dict[str, Any]] = [
    {"name": "Validate", "seconds": 2.0, "tasks": [["Check", 1.0], ["Look", 1.0]]},
    {"name": "Machines", "seconds": 600.0, "tasks": [["Find", 1.0], ["Deploy", 599.0]]},
    {"name": "Probe", "seconds": 10.0, "tasks": [["Read", 1.0], ["Read", 8.0], ["Collect", 1.0]]},
    {"name": "Kubernetes", "seconds": 388.0, "tasks": [["Join", 388.0]]},
]


def test_a_long_task_counts_for_what_it_takes() -> None:
    work = Work(RECORDED)
    work.begin("Validate")
    assert work.percent("Check") == 0
    work.end("Check")
    work.end("Look")
    work.begin("Machines")
    work.end("Find")
    assert work.percent("Deploy", 0) == 0
    assert work.percent("Deploy", 300) == 30
    assert work.percent("Deploy", 3000) == 60, "no more than it took the last time"
    work.end("Deploy")
    work.begin("Probe")
    work.end("Read")
    assert work.percent("Read", 1) == 60
    work.begin("Kubernetes")
    assert work.percent("Join", 1e6) == MOST


def test_it_never_falls_and_knows_what_is_left_out() -> None:
    work = Work(RECORDED)
    work.begin("Probe")
    assert work.percent() == 60, "the plays before have no hosts this time"
    work.begin("Drill")
    assert work.percent("Join", 100) == 61, "a new play, whose tasks are of no other play"
    work.begin("Validate")
    assert work.percent() == 61
    work.begin("Kubernetes")
    work.end("Other")
    assert work.percent("Other", 50) == 61


@pytest.mark.parametrize("plays", [[], [{"name": "Empty", "seconds": 0.0, "tasks": []}]])
def test_without_an_earlier_run_nothing_is_said(plays: list[dict[str, Any]]) -> None:
    work = Work(plays)
    work.begin("Empty")
    work.end("a")
    assert work.percent("b", 3) is None


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        return 1e9 + self.now

    def monotonic(self) -> float:
        return self.now

    def gmtime(self, seconds: float) -> Any:
        return __import__("time").gmtime(seconds)

    def strftime(self, form: str, when: Any) -> str:
        return __import__("time").strftime(form, when)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Clock:
    found = Clock()
    monkeypatch.setattr(progress, "time", found)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return found


def run(clock: Clock, book: str = "site.yml", failures: dict[str, int] | None = None) -> None:
    """The events of a run as they were recorded."""
    callback = progress.CallbackModule()
    callback.get_option = lambda name, **__: None  # type: ignore[method-assign]
    callback.v2_playbook_on_start(SimpleNamespace(get_plays=list, _file_name=book))  # type: ignore[arg-type]
    for recorded in RECORDED:
        callback.v2_playbook_on_play_start(play(recorded["name"]))
        for name, seconds in recorded["tasks"]:
            task = SimpleNamespace(action="x.y.z", get_name=lambda name=name: name)
            callback.v2_playbook_on_task_start(task, False)  # type: ignore[arg-type]
            clock.now += seconds / 2
            callback._repeat_line()
            clock.now += seconds / 2
            callback.v2_runner_on_ok(result("node1"))
    callback.v2_playbook_on_stats(SimpleNamespace(failures=failures or {}, dark={}))  # type: ignore[arg-type]


def parts(lines: list[str]) -> list[str]:
    return [line[1 : line.index("]")].split()[1] for line in lines if line.startswith("[")]


def test_the_second_run_of_a_command_shows_the_work(said: list[str], clock: Clock) -> None:
    run(clock)
    assert {part for part in parts(said) if part.endswith("%")} == {"100%"} and said[-5].startswith("[  8/8 100%")
    said.clear()
    run(clock)
    found = parts(said)
    assert found[:8] == ["0%", "0%", "0%", "0%", "0%", "0%", "0%", "30%"]
    assert found[8:] == ["60%", "60%", "60%", "60%", "61%", "61%", "61%", "80%", "100%"]
    said.clear()
    run(clock, book="prove.yml")
    assert {part for part in parts(said) if part.endswith("%")} == {"100%"}, "another command"


def test_a_run_in_which_a_host_failed_is_neither_whole_nor_remembered(
    said: list[str],
    clock: Clock,
    tmp_path: Path,
) -> None:
    run(clock, failures={"node1": 1})
    assert not [part for part in parts(said) if part.endswith("%")]
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"plays": 3}', '{"plays": [{"name": "a"}]}', '{"plays": [3]}'])
def test_a_memory_that_cannot_be_read_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    assert progress.remembered(tmp_path / "a.json").percent() is None


def test_where_nothing_can_be_kept_the_run_ends_well(said: list[str], clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    run(clock)
    assert [line for line in said if "will show no percentage" in line] and "100%" in parts(said)


def test_the_command_is_what_changes_what_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    book = SimpleNamespace(_file_name="site.yml")
    given = {"inventory": ("/a",), "subset": None, "tags": ("all",), "skip_tags": (), "check": False, "forks": 5}
    names = set()
    for change in ({}, {"forks": 20}, {"check": True}, {"tags": ("switch",)}, {"subset": "node1"}):
        monkeypatch.setattr(context, "CLIARGS", {**given, **change})
        names.add(progress.command(book))  # type: ignore[arg-type]
    assert len(names) == 4 and json.dumps(sorted(names))
