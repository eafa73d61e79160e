# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name, and shows its progress lines while it works (minutes, when it compiles)."""

from __future__ import annotations

import os
import tempfile
import threading
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

INTERVAL = 1.0  # seconds between two looks at the progress file


class ActionModule(ActionBase):
    """Follows the module's progress file, which only a module on the controller shares with us."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if self._connection.transport != "local" or arguments.get("progress_file"):
            result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
            return result
        handle, path = tempfile.mkstemp(prefix="groundup-bundle-")
        os.close(handle)
        over = threading.Event()
        follower = threading.Thread(target=self._follow, args=(path, over), daemon=True)
        follower.start()
        try:
            arguments["progress_file"] = path
            result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
            return result
        finally:
            over.set()
            follower.join()
            os.unlink(path)

    @staticmethod
    def _follow(path: str, over: threading.Event) -> None:
        display = Display()
        with open(path) as stream:
            last = False
            while not last:
                last = over.wait(INTERVAL)
                for line in stream:
                    display.display(f"  {line.rstrip()}")
