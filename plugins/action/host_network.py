# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of host_network: after the switch, come back over a new connection and confirm."""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

display = Display()
MODULE = "groundup.cloud.host_network"
GRACE = 45  # seconds after the host's own deadline in which the old network must be back


class ActionModule(ActionBase):
    """Apply, reconnect, confirm, in one task."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        asked = dict(self._task.args)
        try:
            result = self._execute_module(module_name=MODULE, module_args=asked, task_vars=task_vars)
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        if result.get("failed") or not result.get("armed"):
            return result
        outcome = self._confirm({**asked, "confirm": result["armed"]}, result["deadline"], task_vars)
        kept = {
            key: outcome[key]
            for key in ("failed", "msg", "unproven", "confirm_seconds", "unreachable")
            if key in outcome
        }
        return {**result, **kept}

    def _confirm(self, args: dict[str, Any], seconds: int, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """The confirmation's result; every try is a new connection, none may be left from before the change."""
        deadline = time.monotonic() + seconds + GRACE
        reason = ""
        while time.monotonic() < deadline:
            time.sleep(1.5)
            try:
                self._connection.reset()
                self._connection._shell.tmpdir = None
                return self._execute_module(module_name=MODULE, module_args=args, task_vars=task_vars)
            except (AnsibleConnectionFailure, AnsibleError) as error:
                reason = str(error)
                display.vv(f"the new network does not answer yet: {reason}", host=self._play_context.remote_addr)
        return {
            "failed": True,
            "msg": f"no answer within {seconds + GRACE} s after the switch of its network, although the host turns "
            f"back by itself after {seconds} s; look at its console. Last error: {reason}",
        }
