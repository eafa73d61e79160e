# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls module machine_deploy until the machine is finished, looks at it over SSH, and shows how far it is."""

from __future__ import annotations

import os
import time
import uuid
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.groundup.cloud.plugins.module_utils.machines.known_hosts import line_of, write
from ansible_collections.groundup.cloud.plugins.module_utils.machines.look import Login, look
from ansible_collections.groundup.cloud.plugins.module_utils.machines.types import Good, HostState, HostView

SHOW_AGAIN = 15.0  # seconds after which an unchanged stage is shown again
LOOK_AGAIN = 4.0


class ActionModule(ActionBase):
    """One machine; many run side by side, as many as `throttle` of the task allows."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's last result, with `changed` of all calls and the timeline."""
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._begin = time.monotonic()
        self._shown = ("", 0.0)
        self._timeline: list[dict[str, Any]] = []
        args = {**self._task.args, "run": str(uuid.uuid4())}
        host: HostView | None = None
        changed, diff = False, {}
        while True:
            result = self._call(args, host)
            changed = changed or bool(result.get("changed"))
            diff = diff or result.get("diff") or {}
            if result.get("failed"):
                return self._failed(result, changed)
            self._show(result)
            host = self._look(args, result) if result["look"] else None
            alone = result["settled"] and host is not None and host.state is HostState.SAME
            if result["finished"] or alone:
                return self._finished({**result, "diff": diff}, changed)
            if host is not None and host.state is HostState.SILENT:
                time.sleep(LOOK_AGAIN)

    def _call(self, args: dict[str, Any], host: HostView | None) -> dict[str, Any]:
        seen = {"host": {"state": host.state.value, "detail": host.detail}} if host else {}
        result: dict[str, Any] = self._execute_module(
            module_name="groundup.cloud.machine_deploy", module_args={**args, **seen}, task_vars=self._vars
        )
        return result

    def _look(self, args: dict[str, Any], result: dict[str, Any]) -> HostView:
        expected = Good(**result["deployed"])
        machine, ssh = args["machine"], args["ssh"]
        login = Login(
            address=ssh["address"],
            user=ssh.get("user") or "root",
            port=int(ssh.get("port") or 22),
            private_key_file=ssh.get("private_key_file") or None,
            options=tuple(ssh.get("options") or ()),
        )
        names = (machine["name"], machine.get("fqdn"), login.address)
        line = line_of(machine["name"], names, expected.host_key, login.port)
        write(os.path.expanduser(args["known_hosts"]), machine["name"], line)
        return look(login, machine["name"], machine["cloud"], expected)

    def _show(self, result: dict[str, Any]) -> None:
        stage, now = result["stage"], time.monotonic()
        last, when = self._shown
        for note in result.get("notes") or []:
            self._display.display(f"{self._name}: {note}")
        if stage == last and now - when < SHOW_AGAIN:
            return
        if stage != last:
            self._timeline.append({"stage": stage, "seconds": round(now - self._begin, 1)})
        if stage != "deployed" or self._timeline[:-1]:
            self._display.display(f"{self._name}: {result['line']}")
        self._shown = (stage, now)

    @property
    def _name(self) -> str:
        return str(self._vars.get("inventory_hostname", ""))

    def _finished(self, result: dict[str, Any], changed: bool) -> dict[str, Any]:
        seconds = time.monotonic() - self._begin
        if changed and not self._task.check_mode:
            self._display.display(f"{self._name}: deployed after {seconds:.0f}s")
        kept = ("stage", "line", "reason", "deployed", "diff")
        slim = {key: result[key] for key in kept if key in result}
        steps = [str(result.get("line", ""))] if changed else []
        return {**slim, "changed": changed, "steps": steps, "timeline": self._timeline, "seconds": round(seconds, 1)}

    def _failed(self, result: dict[str, Any], changed: bool) -> dict[str, Any]:
        lines = "".join(f"\n  {line}" for line in result.get("evidence") or [])
        message = str(result.get("msg", "")) + lines
        self._display.display(f"{self._name}: set aside: {result.get('msg', '')}", color="red")
        kept = {
            key: value for key, value in result.items() if key not in ("evidence", "error", "exception", "invocation")
        }
        return {**kept, "changed": changed, "msg": message, "timeline": self._timeline}
