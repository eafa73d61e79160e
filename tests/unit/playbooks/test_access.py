# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose tasks become root, and what keeps a machine that was not deployed from being configured.

A script stands in for sudo: it notes that it was called, and runs the command.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODEL = ROOT / "tests/golden/models/vms.cloud.yml"
SUDO = """#!/bin/sh
echo "$*" >> LOG
while :; do
    case $1 in
    -u) shift 2 ;;
    -*) shift ;;
    *) break ;;
    esac
done
exec "$@"
"""


class World:
    """Runs a playbook over the model `vms` on this host, with a double of sudo."""

    def __init__(self, place: pathlib.Path) -> None:
        self.place = place
        self.log = place / "sudo.log"

    def run(self, tasks: list[dict[str, Any]], *options: str, hosts: str = "machines") -> tuple[int, str]:
        """Exit status and output of a play with these tasks."""
        sudo = self.place / "sudo"
        sudo.write_text(SUDO.replace("LOG", str(self.log)))
        sudo.chmod(0o755)
        book = self.place / "book.yml"
        book.write_text(yaml.safe_dump([{"hosts": hosts, "gather_facts": False, "tasks": tasks}]))
        variables = {
            "ansible_connection": "local",
            "ansible_become_exe": str(sudo),
            "ansible_python_interpreter": sys.executable,
        }
        words = [word for key, value in variables.items() for word in ("-e", f"{key}={value}")]
        program = pathlib.Path(sys.executable).parent / "ansible-playbook"
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            # The tests may run as root, who would not become root again.
            "ANSIBLE_BECOME_ALLOW_SAME_USER": "1",
        }
        done = subprocess.run(
            [str(program), "-i", str(MODEL), str(book), *words, *options],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def calls(self) -> int:
        """How often something became root."""
        return len(self.log.read_text().splitlines()) if self.log.exists() else 0


@pytest.fixture(name="world")
def _world(tmp_path: pathlib.Path) -> World:
    return World(tmp_path)


def test_what_runs_on_machines_becomes_root(world: World) -> None:
    status, output = world.run([{"ansible.builtin.command": "true"}])
    assert status == 0, output
    assert world.calls == 2


@pytest.mark.parametrize("where", ["provisioner", "localhost", "cluster"])
def test_what_machines_delegate_does_not_become_root(world: World, where: str) -> None:
    status, output = world.run([{"ansible.builtin.command": "true", "delegate_to": where}])
    assert status == 0, output
    assert world.calls == 0


def test_what_is_delegated_to_a_machine_becomes_root(world: World) -> None:
    """As reading the kubeconfig does, which starts on the host that stands for the cluster."""
    status, output = world.run([{"ansible.builtin.command": "true", "delegate_to": "vm1"}], hosts="clusters")
    assert status == 0, output
    assert world.calls == 1


def test_the_provisioner_and_the_cluster_do_not_become_root(world: World) -> None:
    status, output = world.run([{"ansible.builtin.command": "true"}], hosts="provisioners:clusters")
    assert status == 0, output
    assert world.calls == 0


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ("ID=debian VERSION_ID=11", "vm1: its operating system is debian 11"),
        ("ID=ubuntu VERSION_ID=24.04", "vm2: its operating system is ubuntu 24.04"),
    ],
)
def test_a_machine_that_can_not_be_configured_is_one_error(world: World, system: str, words: str) -> None:
    """The tasks as they are, with another file in the place of /etc/os-release; nothing becomes root."""
    release = world.place / "os-release"
    release.write_text(system.replace(" ", "\n"))
    text = (ROOT / "playbooks/tasks/existing.yml").read_text().replace("/etc/os-release", str(release))
    (world.place / "existing.yml").write_text(text)
    check = {"ansible.builtin.include_tasks": str(world.place / "existing.yml")}
    after = {"ansible.builtin.debug": {"msg": "something is changed"}}
    status, output = world.run([check, after])
    assert status == 2 and words in output
    assert output.count("[ERROR]") == 2 and "something is changed" not in output
    assert world.calls == 0


def test_the_command_finds_what_is_judged(world: World) -> None:
    """Also in check mode, and whatever this host is."""
    tasks = yaml.safe_load((ROOT / "playbooks/tasks/existing.yml").read_text())
    show = {"ansible.builtin.debug": {"msg": "{{ groundup_looked.stdout_lines }}"}}
    _status, output = world.run([tasks[0], show], "--check")
    for words in ("os=", f"uid={os.getuid()}", "python=3.", "sudo="):
        assert words in output
