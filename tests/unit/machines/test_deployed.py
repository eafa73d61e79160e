# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machines need no process of their own, since they are deployed and answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.action.machine_deployed_info import login_of
from ansible_collections.groundup.cloud.plugins.module_utils.machines import deployed, look
from ansible_collections.groundup.cloud.plugins.module_utils.machines.look import Login
from ansible_collections.groundup.cloud.plugins.module_utils.machines.types import Good, HostState, HostView

DONE = {"deploy_id": "d1", "time": 1, "host_key": "ssh-ed25519 AAAA\n", "machine_id": "m" * 32, "image": "debian-13"}
GOOD: dict[str, Any] = vars(Good.from_done(DONE))


def write(state: Path, name: str, *events: str, done: bool = True, armed: bool = False) -> None:
    """The records of one machine's deployment, as the boot service and the controller write them."""
    for part in ("armed", "done", "journal"):
        (state / "deploy" / part).mkdir(parents=True, exist_ok=True)
    if done:
        (state / f"deploy/done/{name}.json").write_text(json.dumps(DONE))
    if armed:
        (state / f"deploy/armed/{name}.json").write_text("{}")
    lines = [{"time": n, "machine": name, "deploy_id": "d1", "run": "r", "event": e} for n, e in enumerate(events)]
    (state / f"deploy/journal/{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_only_a_confirmed_deployment_is_settled(tmp_path: Path) -> None:
    write(tmp_path, "confirmed", "arming", "disk_boot", "confirmed")
    write(tmp_path, "starting", "arming", "disk_boot")
    write(tmp_path, "failed", "arming", "gave_up")
    write(tmp_path, "armed-again", "arming", "confirmed", armed=True)
    write(tmp_path, "lost-journal")
    write(tmp_path, "lost-record", "arming", "confirmed", done=False)
    names = ["confirmed", "starting", "failed", "armed-again", "lost-journal", "lost-record", "never-heard-of"]
    assert deployed.settled(str(tmp_path), names) == {"confirmed": GOOD}


def test_a_provisioner_without_a_state_has_deployed_nothing(tmp_path: Path) -> None:
    assert deployed.settled(str(tmp_path / "none"), ["node1"]) == {}


def test_machines_that_answer_as_another_or_not_at_all_are_left_to_the_role(monkeypatch: pytest.MonkeyPatch) -> None:
    states = {"node1": HostState.SAME, "node2": HostState.OTHER, "node3": HostState.SILENT, "node4": HostState.DENIED}
    seen: list[str] = []

    def looked(_login: Login, machine: Mapping[str, Any], _known: str, expected: Good) -> HostView:
        assert expected == Good(**GOOD)
        seen.append(machine["name"])
        return HostView(states[machine["name"]])

    monkeypatch.setattr(deployed, "pin_and_look", looked)
    machines = [({"name": name, "cloud": "rack"}, Login("10.20.0.21")) for name in [*states, "node5"]]
    assert deployed.answering(machines, dict.fromkeys(states, GOOD), "known", 2) == ["node1"]
    assert sorted(seen) == sorted(states), "node5 has no confirmed deployment, so nobody logs in to it"
    assert deployed.answering(machines, {}, "known", 20) == []


def test_the_host_key_of_the_deployment_is_written_before_the_login(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = tmp_path / "known_hosts"
    monkeypatch.setattr(look, "look", lambda *_words: HostView(HostState.SAME, known.read_text()))
    machine = {"name": "node1", "fqdn": "node1.rack", "cloud": "rack"}
    found = look.pin_and_look(Login("10.20.0.21"), machine, str(known), Good(**GOOD))
    assert found.detail == "node1,node1.rack,10.20.0.21 ssh-ed25519 AAAA groundup:node1\n"


def test_the_login_is_that_of_the_role() -> None:
    host = {"ansible_host": "10.20.0.21", "ansible_ssh_private_key_file": "/key"}
    assert login_of(host) == Login("10.20.0.21", "root", 22, "/key")
    assert login_of({**host, "ansible_user": "ops"}).user == "ops"
    given = {"address": "192.0.2.1", "port": 2222, "options": ["-J", "jump"]}
    assert login_of({**host, "machine_ssh": given}) == Login("192.0.2.1", port=2222, options=("-J", "jump"))
