# SPDX-License-Identifier: GPL-3.0-or-later
"""The role `machine` in ansible-playbook, with four machines whose BMCs fail and one that is deployed.

BMCs are sushy-tools behind the fault proxy; ssh is a double, as no machine runs in this test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import MAC, PASSWORD, Service
from .fault_proxy import Fault, FaultProxy

pytestmark = pytest.mark.services
REPO = Path(__file__).resolve().parents[3]
WRONG = "wrong-one-7"
#: A double of ssh to a machine with the expected identity.
SSH = """#!/bin/sh
echo mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm
echo '{"machine": "healthy", "cloud": "rack"}'
"""
PLAYBOOK: list[dict[str, Any]] = [
    {
        "hosts": "all",
        "gather_facts": False,
        "roles": ["groundup.cloud.machine"],
        "tasks": [{"name": "Continue", "ansible.builtin.debug": {"msg": "{{ inventory_hostname }} continues"}}],
    }
]


def processes() -> set[str]:
    """The numbers of all processes of this host."""
    return {name for name in os.listdir("/proc") if name.isdigit()}


class Run:
    """A run of the playbook: its files, and the command lines of all processes during the run."""

    def __init__(self, home: Path, port: dict[str, int], service: Service) -> None:
        self.home, self.state = home, home / "state"
        for name in ("armed", "events", "done", "journal", "active"):
            (self.state / "deploy" / name).mkdir(parents=True)
        deployed = {"deploy_id": "d1", "host_key": "ssh-ed25519 AAAA", "machine_id": "m" * 32, "image": "debian-13"}
        (self.state / "deploy/done/healthy.json").write_text(json.dumps({**deployed, "time": 1.0}))
        confirmed = {
            "time": 2.0,
            "machine": "healthy",
            "deploy_id": "d1",
            "run": "r0",
            "event": "confirmed",
            "data": {},
        }
        (self.state / "deploy/journal/healthy.jsonl").write_text(json.dumps(confirmed) + "\n")
        (home / "bin").mkdir()
        (home / "bin/ssh").write_text(SSH)
        (home / "bin/ssh").chmod(0o755)
        hosts = {name: self._machine(name, port[name], service) for name in port}
        (home / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
        (home / "play.yml").write_text(json.dumps(PLAYBOOK))
        self.command_lines: set[str] = set()

    def _machine(self, name: str, port: int, service: Service) -> dict[str, Any]:
        bmc = {"protocol": "redfish", "address": "127.0.0.1", "port": port, "username": "admin", "timeout": 5}
        bmc["password"] = WRONG if name == "locked" else PASSWORD
        bmc["tls"] = {"fingerprint": "ab" * 32 if name == "foreign" else service.fingerprint}
        machine = {"name": name, "cloud": "rack", "macs": [MAC], "bmc": bmc, "os": "debian-13"}
        machine["root_disk"] = {"serial": "SN"}
        return {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "machine_config": machine,
            "machine_ssh": {"address": "127.0.0.1"},
            "machine_state_dir": str(self.state),
            "machine_ca_file": str(self.home / "ca.crt"),
            "machine_known_hosts": str(self.home / "known_hosts"),
            "machine_provisioner": "localhost",
        }

    def play(self, *words: str) -> subprocess.CompletedProcess[str]:
        ended = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(ended, processes()))
        watcher.start()
        environment = {
            **os.environ,
            "PATH": f"{self.home}/bin:{os.environ['PATH']}",
            "HOME": str(self.home),
            "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"),
            "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
            "ANSIBLE_LOG_PATH": str(self.home / "ansible.log"),
            "ANSIBLE_NOCOLOR": "1",
        }
        playbook = str(Path(sys.executable).parent / "ansible-playbook")
        command = [playbook, "-i", str(self.home / "hosts.json"), str(self.home / "play.yml"), *words]
        try:
            return subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=False)
        finally:
            ended.set()
            watcher.join()

    def _watch(self, ended: threading.Event, before: set[str]) -> None:
        """Collect the command lines of processes that begin in a run, which every user of this host can read."""
        while not ended.is_set():
            found = processes()
            before &= found  # the number of one that has ended is given again
            for name in found - before:
                try:
                    line = Path("/proc", name, "cmdline").read_bytes()
                except OSError:
                    continue  # the process has ended
                self.command_lines.add(line.replace(b"\0", b" ").decode(errors="replace"))
            time.sleep(0.02)


@pytest.fixture
def proxies(service: Service) -> Iterator[dict[str, FaultProxy]]:
    import ssl

    context = ssl.create_default_context(cafile=service.ca)
    names = ("healthy", "silent", "busy", "locked", "foreign")
    found = {name: FaultProxy(service.port, service.ca, service.key, context) for name in names}
    found["silent"].faults = [Fault(delay=60)]
    found["busy"].faults = [Fault(status=503)]
    yield found
    for proxy in found.values():
        proxy.close()


def test_failing_machines_are_set_aside_with_the_reason_and_others_continue(
    proxies: dict[str, FaultProxy], service: Service, tmp_path: Path
) -> None:
    run = Run(tmp_path, {name: proxy.port for name, proxy in proxies.items()}, service)
    done = run.play("-vvv")
    text = done.stdout + done.stderr
    assert done.returncode == 2, text[-3000:]
    assert [line.split("msg: ")[1] for line in text.splitlines() if line.endswith(" continues")] == [
        "healthy continues"
    ]
    where = {name: f"bmc redfish://127.0.0.1:{proxy.port}: " for name, proxy in proxies.items()}
    remedies = {
        "silent": "check the address, the management VLAN and the controller's power",
        "busy": "HTTP 503",
        "locked": "correct bmc.username and bmc.password in the model",
        "foreign": "compare the certificate with bmc.tls.fingerprint",
    }
    for name, remedy in remedies.items():
        line = next(line for line in text.splitlines() if line.startswith(f"{name}: set aside: {where[name]}"))
        assert remedy in line
    assert not list((run.state / "deploy/armed").iterdir())
    assert sum(1 for request in proxies["locked"].requests if request.authorization) == 1, "more would lock the account"
    assert proxies["foreign"].requests == [], "neither a request nor a password may be sent"
    assert proxies["healthy"].requests == [], "the BMC of a deployed machine must not be read"
    _assert_no_secrets(run, text)


def _assert_no_secrets(run: Run, printed: str) -> None:
    """Assert that the passwords are in the inventory only."""
    assert any("AnsiballZ_machine_deploy" in line or "ansible-playbook" in line for line in run.command_lines), (
        "no process was seen"
    )
    for secret in (PASSWORD, WRONG):
        assert secret not in printed, "a password was printed"
        assert not [line for line in run.command_lines if secret in line], "a password was on a command line"
        files = [path for path in run.home.rglob("*") if path.is_file() and path.name != "hosts.json"]
        assert run.home / "ansible.log" in files
        assert not [path for path in files if secret.encode() in path.read_bytes()], (
            "a password was written into a file"
        )


def test_check_mode_reports_the_same_machines_and_changes_nothing(
    proxies: dict[str, FaultProxy], service: Service, tmp_path: Path
) -> None:
    run = Run(tmp_path, {"healthy": proxies["healthy"].port, "locked": proxies["locked"].port}, service)
    before = sorted((path, path.stat().st_mtime_ns) for path in run.state.rglob("*"))
    done = run.play("--check", "--diff")
    assert done.returncode == 2 and "locked: set aside" in done.stdout and "healthy continues" in done.stdout
    assert sorted((path, path.stat().st_mtime_ns) for path in run.state.rglob("*")) == before
