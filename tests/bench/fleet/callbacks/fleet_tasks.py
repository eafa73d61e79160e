# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import pathlib
import time
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: fleet_tasks
type: aggregate
short_description: Writes the seconds and the numbers of results of each task, for the bench of a fleet
description: [Writes a list of tasks as JSON to the file that the variable FLEET_TASKS_FILE of the environment names.]
requirements: [enable in configuration]
author: groundup.cloud founders (@groundup-cloud)
"""


class CallbackModule(CallbackBase):
    """One entry for each task that starts: {play, task, began, ok, skipped, failed}, and one when the run ends."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "fleet_tasks"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.play = ""
        self.tasks: list[dict[str, t.Any]] = []
        self._add("start")

    def _add(self, task: str) -> None:
        counts: dict[str, t.Any] = {"ok": 0, "skipped": 0, "failed": 0, "changed": 0}
        self.tasks.append({"play": self.play, "task": task, "began": time.time(), **counts})

    def _count(self, what: str) -> None:
        self.tasks[-1][what] += 1

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        self.play = play.get_name()
        self._add("play")

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        self._add(task.get_name())

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._count("ok")
        if result.result.get("changed"):
            self._count("changed")

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._count("skipped")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._count("failed")

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._count("failed")

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self._add("end")
        pathlib.Path(os.environ["FLEET_TASKS_FILE"]).write_text(json.dumps(self.tasks))
