# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls module machine_deployed_info, and logs in to the machines that it returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.groundup.cloud.plugins.module_utils.machines.deployed import answering
from ansible_collections.groundup.cloud.plugins.module_utils.machines.look import Login

FORKS = 5  # Ansible's default


class ActionModule(ActionBase):
    """All machines in one process."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The names of the machines that are deployed and answer; the module's result where it failed."""
        super().run(tmp, task_vars)
        known = task_vars or {}
        result: dict[str, Any] = self._execute_module(
            module_name="groundup.cloud.machine_deployed_info", module_args=self._task.args, task_vars=known
        )
        if result.get("failed") or result.get("unreachable"):
            return result
        deployed = result.pop("deployed")
        hosts = [known["hostvars"][name] for name in self._task.args["machines"]]
        machines = [(host["machine_config"], login_of(host)) for host in hosts]
        files = str(self._task.args["known_hosts"])
        found = answering(machines, deployed, files, int(known.get("ansible_forks") or FORKS))
        return {"changed": False, "answering": found}


def login_of(host: Mapping[str, Any]) -> Login:
    """How the controller logs in to a host, as the defaults of role `machine` have it."""
    if host.get("machine_ssh"):
        return Login.of(host["machine_ssh"])
    key = host.get("ansible_ssh_private_key_file")
    return Login.of({"address": host["ansible_host"], "user": host.get("ansible_user"), "private_key_file": key})
