# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls module machine_deploy until the machine is finished, looks at it over SSH, and shows how far it is."""

from __future__ import annotations

import math
import uuid
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.groundup.cloud.plugins.module_utils.machines.look import Login, pin_and_look
from ansible_collections.groundup.cloud.plugins.module_utils.machines.types import Good, HostState, HostView
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.missing import Missing
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.wait import wait

SHOW_AGAIN = 15.0  # seconds after which an unchanged stage is shown again
LOOK_AGAIN = 4.0  # seconds between two looks at a machine that does not answer over SSH


class ActionModule(ActionBase):
    """One machine; many run side by side, as many as `throttle` of the task allows."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's last result, with `changed` of all calls and the timeline."""
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._shown = ("", 0.0)
        self._timeline: list[dict[str, Any]] = []
        self._host: HostView | None = None
        self._changed = False
        self._diff: list[dict[str, str]] = []
        # The module sets a machine aside when one of its own timeouts has passed, so this wait needs no end.
        self._time = Deadline(math.inf)
        args = {**self._task.args, "run": str(uuid.uuid4())}
        return wait(lambda: self._advance(args), self._time, pause=self._pause, what="the machine to be deployed")

    def _advance(self, args: dict[str, Any]) -> dict[str, Any] | Missing:
        """One call of the module and perhaps one look at the machine; a result when nothing is left to do."""
        result = self._call(args)
        self._changed = self._changed or bool(result.get("changed"))
        self._diff = self._diff or result.get("diff") or []
        if result.get("failed"):
            return self._failed(result)
        self._show(result)
        self._host = self._look(args, result) if result["look"] else None
        deployed = result["settled"] and self._host is not None and self._host.state is HostState.SAME
        if result["finished"] or deployed:
            return self._finished(result)
        return Missing.of(self._name, str(result["line"]))

    def _pause(self, _waited: float) -> float:
        """The module waits by itself; only a machine that does not answer over SSH is given time here."""
        return LOOK_AGAIN if self._host is not None and self._host.state is HostState.SILENT else 0.0

    def _call(self, args: dict[str, Any]) -> dict[str, Any]:
        seen = {"host": {"state": self._host.state.value, "detail": self._host.detail}} if self._host else {}
        result: dict[str, Any] = self._execute_module(
            module_name="groundup.cloud.machine_deploy", module_args={**args, **seen}, task_vars=self._vars
        )
        return result

    def _look(self, args: dict[str, Any], result: dict[str, Any]) -> HostView:
        expected = Good(**result["deployed"])
        return pin_and_look(Login.of(args["ssh"]), args["machine"], str(args["known_hosts"]), expected)

    def _show(self, result: dict[str, Any]) -> None:
        stage, now = result["stage"], self._time.spent()
        last, when = self._shown
        for note in result.get("notes") or []:
            self._display.display(f"{self._name}: {note}")
        if stage == last and now - when < SHOW_AGAIN:
            return
        if stage != last:
            self._timeline.append({"stage": stage, "seconds": round(now, 1)})
        if stage != "deployed" or self._timeline[:-1]:
            self._display.display(f"{self._name}: {result['line']}")
        self._shown = (stage, now)

    @property
    def _name(self) -> str:
        return str(self._vars.get("inventory_hostname", ""))

    def _finished(self, result: dict[str, Any]) -> dict[str, Any]:
        seconds = self._time.spent()
        if self._changed and not self._task.check_mode:
            self._display.display(f"{self._name}: deployed after {seconds:.0f}s")
        slim = {key: result[key] for key in ("stage", "line", "reason", "deployed") if key in result}
        steps = [str(result.get("line", ""))] if self._changed else []
        told = {"changed": self._changed, "diff": self._diff, "steps": steps}
        return {**slim, **told, "timeline": self._timeline, "seconds": round(seconds, 1)}

    def _failed(self, result: dict[str, Any]) -> dict[str, Any]:
        lines = "".join(f"\n  {line}" for line in result.get("evidence") or [])
        message = str(result.get("msg", "")) + lines
        self._display.display(f"{self._name}: set aside: {result.get('msg', '')}", color="red")
        internal = ("evidence", "error", "exception", "invocation")
        slim = {key: value for key, value in result.items() if key not in internal}
        return {**slim, "changed": self._changed, "msg": message, "timeline": self._timeline}
