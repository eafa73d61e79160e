# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run prints: no heading without a task, no name twice, no failure where something is waited for."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
TASKS = [*sorted((ROOT / "roles").glob("*/tasks/**/*.yml")), *sorted((ROOT / "playbooks").rglob("*.yml"))]


def test_layers_without_differences_have_no_headings(play: Any, stubs: pathlib.Path) -> None:
    config = ROOT / "ansible.cfg"
    done = play("site", "--tags", "host_base", collections=stubs, config=config, ansible_connection="local")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PLAY [Host base]" in done.stdout and "PLAY [Container runtime]" not in done.stdout
    assert "Could not match supplied host pattern" not in done.stdout + done.stderr
    assert "no hosts matched" not in done.stdout
    assert not re.search(r"PLAY \[[^]]*\] \*+\n\s*\n?PLAY \[", done.stdout), "a heading follows a heading"
    lines = done.stdout.splitlines()
    assert not [line for line in lines if re.match(r"\[ *\d+/\d+ +100%", line)][:-1], "100 % before the end"
    assert [line for line in lines if "Check that there is a model" in line] == [
        line for line in lines if line.startswith("TASK [Check that there is a model]")
    ]


@pytest.mark.parametrize("path", TASKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_task_does_not_wait_by_failing(path: pathlib.Path) -> None:
    """`until` prints FAILED - RETRYING for each try; a module that waits says what is missing."""

    def waiting(items: Any) -> list[str]:
        found = []
        for item in items if isinstance(items, list) else []:
            found += [str(item.get("name"))] if {"until", "retries"} & set(item) else []
            for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
                found += waiting(item.get(key))
        return found

    assert waiting(yaml.safe_load(path.read_text())) == []


def flat(items: Any) -> Iterator[dict[str, Any]]:
    """The tasks of a file, those of its blocks too."""
    for item in items if isinstance(items, list) else []:
        yield item
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from flat(item.get(key))


@pytest.mark.parametrize("path", TASKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_task_that_includes_a_file_has_a_name_of_its_own(path: pathlib.Path) -> None:
    """Else its heading is printed twice, since both are tasks of the same role, or of none."""
    for task in flat(yaml.safe_load(path.read_text())):
        included = path.parent / str(task.get("ansible.builtin.include_tasks") or "")
        if included.is_file():
            names = [inner.get("name") for inner in flat(yaml.safe_load(included.read_text())) if "block" not in inner]
            assert task["name"] not in names, included
