# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of host_network: confirm a change over a connection that is opened after its proof."""

from __future__ import annotations

import shlex
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.groundup.cloud.plugins.module_utils.links.change import CHANGE, PENDING
from ansible_collections.groundup.cloud.plugins.module_utils.links.script import SCRIPT_PATH
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.missing import Missing
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.wait import TimedOut, wait

display = Display()
MODULE = "groundup.cloud.host_network"
GRACE = 45  # seconds after the host's own deadline in which the previous network has to be restored
#: Succeeds once the host has switched, or has rolled the change back already, which the module reports.
SWITCHED = f"test -e {CHANGE}/switched || test ! -e {PENDING}"
CONFIRM = f"{SCRIPT_PATH} confirm {{}}"
LATE = "the change was rolled back before it could be confirmed. "
PAUSE = 1.5  # seconds between two attempts, and before the first: the host switches a second after the module's end


class ActionModule(ActionBase):
    """Apply, reconnect, confirm, in one task."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        args = dict(self._task.args)
        try:
            result: dict[str, Any] = self._execute_module(module_name=MODULE, module_args=args, task_vars=task_vars)
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        if result.get("failed") or not result.get("armed"):
            return result
        outcome = self._confirm({**args, "prove": result["armed"]}, result["deadline"], task_vars)
        passed_on = ("failed", "msg", "unproven", "confirm_seconds", "unreachable")
        return {**result, **{key: outcome[key] for key in passed_on if key in outcome}}

    def _confirm(self, args: dict[str, Any], seconds: int, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """The proof's result, after the change was confirmed.

        A connection that is older than the switch may end with the former network, so the proof has one of its own. One
        that is older than the proof may reach an address that the host is about to lose, so the change is confirmed by
        another one: otherwise a network could be confirmed in which nobody reaches the host.
        """
        deadline, switched = Deadline(seconds + GRACE), False

        def attempt() -> dict[str, Any] | Missing:
            nonlocal switched
            try:
                self._connect_anew()
                if not switched:
                    if self._low_level_execute_command(SWITCHED)["rc"] != 0:
                        return Missing.of("the switch has not happened yet")
                    switched = True
                    self._connect_anew()
                proof = dict(self._execute_module(module_name=MODULE, module_args=args, task_vars=task_vars))
                if not proof.get("proved"):
                    return proof
                self._connect_anew()
                done = self._low_level_execute_command(CONFIRM.format(shlex.quote(args["prove"])))
                return proof if done["rc"] == 0 else {"failed": True, "msg": LATE + (done.get("stderr") or "").strip()}
            except (AnsibleConnectionFailure, AnsibleError) as error:
                return Missing.of(str(error))

        def show(missing: Missing, _deadline: Deadline) -> None:
            display.vv(f"the new network does not work yet: {missing}", host=self._play_context.remote_addr)

        deadline.sleep(PAUSE)
        try:
            return wait(attempt, deadline, pause=PAUSE, what="the switch of its network", on_progress=show)
        except TimedOut as error:
            return {
                "failed": True,
                "msg": f"no answer within {error.seconds:.0f} s after the switch of its network, although the host "
                f"rolls the change back after {seconds} s; look at its console. Last error: {error.missing}",
            }

    def _connect_anew(self) -> None:
        self._connection.reset()
        self._connection._shell.tmpdir = None
