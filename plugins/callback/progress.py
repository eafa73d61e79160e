# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: aggregate
short_description: One line per task with the progress of the run
version_added: 0.1.0
description:
  - Numbers the tasks of a run against the tasks that are known so far, with the elapsed time.
  - Prints which part of the work is done where that is known, from the seconds that the plays and tasks of the last run
    of the same command took here. Its playbooks, inventories, tags, limit and check mode make a command; a run in which
    a host failed is not remembered. So the first run has no percentage. 100 % is printed when a run has ended and no
    host failed.
  - The seconds are kept in C($XDG_STATE_HOME/groundup/progress), by default C(~/.local/state/groundup/progress). The
    directory may be deleted.
  - Repeats the line with the name of the task during a long task, so that a run without output is a stuck run.
  - At the end prints the stages (plays) with their seconds, and writes them to a file if the option is set.
author: groundup.cloud founders (@groundup-cloud)
requirements: [enable in configuration]
options:
  heartbeat:
    description: Seconds without output after which the line of the running task is repeated; V(0) turns this off.
    type: int
    default: 60
    env: [{name: GROUNDUP_PROGRESS_HEARTBEAT}]
    ini: [{section: groundup_progress, key: heartbeat}]
  timings_file:
    description:
      - File that receives the run's figures as JSON, after every play.
      - Its keys are C(started) and C(written) (Unix time), C(seconds), C(tasks) (started), C(hosts) (name to number of
        task results), C(aside) (name to the reason, for hosts that failed or could not be reached) and
        C(stages) (list of C(name), C(seconds), C(tasks), C(changed), C(failed), C(unreachable)).
    type: path
    default: null
    env: [{name: GROUNDUP_PROGRESS_TIMINGS_FILE}]
    ini: [{section: groundup_progress, key: timings_file}]
"""

import dataclasses
import hashlib
import json
import pathlib
import threading
import time
import typing as t

from ansible import constants as C
from ansible import context
from ansible.playbook.block import Block
from ansible.plugins.callback import CallbackBase
from ansible_collections.groundup.cloud.plugins.module_utils.homes import state_home
from ansible_collections.groundup.cloud.plugins.module_utils.report.cause import cause
from ansible_collections.groundup.cloud.plugins.module_utils.report.work import Work

if t.TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.playbook import Playbook
    from ansible.playbook.play import Play
    from ansible.playbook.task import Task


@dataclasses.dataclass
class Stage:
    """One play: its name, its start (seconds since the start of the run) and its counts of tasks and results.

    :ivar took: its tasks, each with its seconds.
    """

    name: str
    began: float
    seconds: float = 0.0
    tasks: int = 0
    changed: int = 0
    failed: int = 0
    unreachable: int = 0
    took: list[tuple[str, float]] = dataclasses.field(default_factory=list)

    def as_dict(self) -> dict[str, t.Any]:
        """The stage without its start, seconds rounded to tenths."""
        return {
            **{k: v for k, v in dataclasses.asdict(self).items() if k not in ("began", "took")},
            "seconds": round(self.seconds, 1),
        }


def count(block: Block) -> int:
    """Number of tasks in a compiled block, rescue sections and meta tasks left out."""
    total = 0
    for section in (block.block, block.always):
        for item in section:
            total += count(item) if isinstance(item, Block) else int(item.action not in C._ACTION_META)
    return total


def remembered(path: pathlib.Path) -> Work:
    """The work of the last run of the same command; none where nothing of it can be read."""
    try:
        return Work(json.loads(path.read_text(encoding="utf-8"))["plays"])
    except (OSError, ValueError, KeyError, TypeError):
        return Work()


def command(playbook: Playbook) -> str:
    """Names the command of this run, so that the next run of the same finds what this one took."""
    given = context.CLIARGS
    parts = [playbook._file_name, *(given.get(name) for name in ("inventory", "subset", "tags", "skip_tags", "check"))]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]


class CallbackModule(CallbackBase):
    """Counts tasks and prints a line for each; a timer repeats the line of the running task."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "groundup.cloud.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.began = time.time()
        self.started = time.monotonic()
        self.done = self.planned = 0
        self.task = ""
        self.since = self.started
        self.work = Work()
        self.memory: pathlib.Path | None = None
        self.stages: list[Stage] = []
        self.hosts: dict[str, int] = {}
        self.aside: dict[str, str] = {}
        self.timer: threading.Timer | None = None
        self.writable = True

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.started

    def v2_playbook_on_start(self, playbook: Playbook) -> None:
        self.planned = sum(count(block) for play in playbook.get_plays() for block in play.compile())
        self.memory = pathlib.Path(state_home(), "groundup/progress", f"{command(playbook)}.json")
        self.work = remembered(self.memory)

    def v2_playbook_on_play_start(self, play: Play) -> None:
        self._end_stage()
        self._write()
        self.stages.append(Stage(play.get_name(), self.elapsed()))
        self.work.begin(play.get_name())

    def v2_playbook_on_task_start(self, task: Task, is_conditional: bool) -> None:
        if task.action in C._ACTION_META:
            return
        self._end_task()
        self.done += 1
        self.planned = max(self.planned, self.done)
        self.task, self.since = task.get_name(), time.monotonic()
        if self.stages:
            self.stages[-1].tasks += 1
        self._print_line(self._so_far())
        self._start_timer()

    def v2_playbook_on_handler_task_start(self, task: Task) -> None:
        self.v2_playbook_on_task_start(task, False)

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        self._count_result(result, "changed" if result.result.get("changed") else "")

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        self._count_result(result, "" if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        self._count_result(result, "" if result.task.ignore_unreachable else "unreachable")

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        if self.timer:
            self.timer.cancel()
        self._end_stage()
        whole = not (stats and (stats.failures or stats.dark))
        if self.done:
            self.planned = self.done
            self._print_line(100 if whole else None)
        for stage in self.stages:
            self._display.display(f"{stage.seconds:8.1f} s  {stage.tasks:3} tasks  {stage.name}", color="blue")
        self._write()
        if self.memory and self.done and whole:
            self._remember(self.memory)

    def _count_result(self, result: CallbackTaskResult, outcome: str) -> None:
        host = result.host.get_name()
        self.hosts[host] = self.hosts.get(host, 0) + 1
        if outcome and self.stages:
            stage = self.stages[-1]
            setattr(stage, outcome, getattr(stage, outcome) + 1)
            if outcome != "changed":
                self.aside.setdefault(host, cause(stage.name, result.task.name or result.task.action, result.result))

    def _end_task(self) -> None:
        if self.task and self.stages:
            self.stages[-1].took.append((self.task, round(time.monotonic() - self.since, 2)))
            self.work.end(self.task)
        self.task = ""

    def _end_stage(self) -> None:
        self._end_task()
        if self.stages:
            self.stages[-1].seconds = self.elapsed() - self.stages[-1].began

    def _write(self) -> None:
        """Write the figures so far, also between plays: a report in the last play reads the stages before it."""
        file = self.get_option("timings_file")
        if file and self.writable:
            figures = {
                "started": self.began,
                "written": time.time(),
                "seconds": round(self.elapsed(), 1),
                "tasks": self.done,
                "hosts": self.hosts,
                "aside": self.aside,
                "stages": [stage.as_dict() for stage in self.stages],
            }
            self._write_file(pathlib.Path(file), json.dumps(figures, indent=2) + "\n")

    def _write_file(self, path: pathlib.Path, text: str) -> None:
        """Write a file; if that fails, warn and write no more: the report lacks the stages, but the run continues."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            self.writable = False
            self._display.warning(f"{path}: {error.strerror}; the report of this run will have no stages")

    def _remember(self, path: pathlib.Path) -> None:
        plays = [{"name": stage.name, "seconds": round(stage.seconds, 2), "tasks": stage.took} for stage in self.stages]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"plays": plays}), encoding="utf-8")
        except OSError as error:
            self._display.warning(f"{path}: {error.strerror}; the next run of this command will show no percentage")

    def _print_line(self, percent: int | None, note: str = "") -> None:
        """:param percent: the part of the work that is done; None where that is not known."""
        clock = time.strftime("%H:%M:%S", time.gmtime(self.elapsed()))
        part = "" if percent is None else f" {percent:>3}%"
        self._display.display(f"[{self.done:>3}/{self.planned}{part} {clock}]{note}", color="blue")

    def _so_far(self) -> int | None:
        return self.work.percent(self.task, time.monotonic() - self.since)

    def _start_timer(self) -> None:
        if self.timer:
            self.timer.cancel()
        seconds = self.get_option("heartbeat")
        if seconds:
            self.timer = threading.Timer(seconds, self._repeat_line)
            self.timer.daemon = True
            self.timer.start()

    def _repeat_line(self) -> None:
        self._print_line(self._so_far(), f" still running: {self.task}")
        self._start_timer()
