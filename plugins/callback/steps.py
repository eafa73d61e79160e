# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what a run did, or in check mode would do, as one page at its end."""

from __future__ import annotations

DOCUMENTATION = r"""
name: steps
type: aggregate
short_description: Prints what a run changed, or would change, on one page
version_added: 0.1.0
author: groundup.cloud founders (@groundup-cloud)
description:
  - Modules of this collection return in C(steps) what they changed, or would change in check mode. This callback
    collects the steps and prints them at the end by stage, hosts with the same steps together, with a total.
  - A changed task of another module is listed by its name, so that the page is complete.
  - A run of C(plan.yml) is left out, since M(groundup.cloud.plan_page) prints its page.
  - Hosts that failed or could not be reached are listed with the cause. Hosts without a change are only counted.
requirements: [enable in configuration]
"""

import typing as t

from ansible.plugins.callback import CallbackBase
from ansible_collections.groundup.cloud.plugins.module_utils.report.cause import cause
from ansible_collections.groundup.cloud.plugins.module_utils.report.steps import Steps

if t.TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.playbook.play import Play
    from ansible.playbook.task import Task


#: Prints a page of its own, in plan.yml.
PAGE = "groundup.cloud.plan_page"


class CallbackModule(CallbackBase):
    """Collects the steps of all results and prints them at the end of the run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "groundup.cloud.steps"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.steps = Steps()
        self.stage = ""
        self.foreseen = True
        self.has_output = False
        self.printed = False

    def v2_playbook_on_play_start(self, play: Play) -> None:
        self.stage = play.get_name()

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        host, task, steps = result.host.get_name(), result.task, result.result.get("steps")
        if task.action == PAGE:
            self.printed = True
        self.steps.reached.add(host)
        if steps is not None:
            self._mark_output(task)
        if result.result.get("changed"):
            self.steps.add(self.stage, host, [task.name or task.action] if steps is None else steps)

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            self._aside(result)

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        if not result.task.ignore_unreachable:
            self._aside(result)

    def _mark_output(self, task: Task) -> None:
        """Print the page at the end: the run has a task of this collection. Other runs print nothing.

        It is a plan if all such tasks ran in check mode; in other runs some do, to compare.
        """
        self.has_output = True
        self.foreseen = self.foreseen and bool(task.check_mode)

    def _aside(self, result: CallbackTaskResult) -> None:
        if result.task.action.startswith("groundup.cloud.") and result.task.check_mode:
            self._mark_output(result.task)  # in check mode a page is printed even if no host could be reached
        why = cause(self.stage, result.task.name or result.task.action, result.result)
        self.steps.aside.setdefault(result.host.get_name(), why)

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        if self.has_output and not self.printed:
            self._display.display(self.steps.page(foreseen=self.foreseen), color="cyan")
