# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: concise
type: stdout
short_description: The default output without the headings of plays that have nothing to do
version_added: 0.1.0
description:
  - Prints what the callback V(ansible.builtin.default) prints. The heading of a play is printed with its first task, so
    a play without hosts prints nothing. C(site.yml) has one play for each layer, and most have no hosts where nothing
    differs.
author: groundup.cloud founders (@groundup-cloud)
extends_documentation_fragment: [default_callback, result_format_callback]
requirements: [set as stdout_callback in configuration]
"""

import typing as t

from ansible.plugins.callback.default import CallbackModule as Default

if t.TYPE_CHECKING:
    from ansible.playbook.play import Play
    from ansible.playbook.task import Task


class CallbackModule(Default):
    """Holds the heading of a play back until one of its tasks starts."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "groundup.cloud.concise"

    def __init__(self) -> None:
        super().__init__()
        self.waiting: Play | None = None

    def v2_playbook_on_play_start(self, play: Play) -> None:
        self.waiting = play

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """Nothing, like the heading of the play."""
        self.waiting = None

    def v2_playbook_on_task_start(self, task: Task, is_conditional: bool) -> None:
        self._head()
        super().v2_playbook_on_task_start(task, is_conditional)

    def v2_playbook_on_handler_task_start(self, task: Task) -> None:
        self._head()
        super().v2_playbook_on_handler_task_start(task)

    def _head(self) -> None:
        if self.waiting is not None:
            play, self.waiting = self.waiting, None
            super().v2_playbook_on_play_start(play)
