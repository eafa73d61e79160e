# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of vm_ha as one file, and the playbook drill, with a real API server and a real Redfish service.

Kubelets are doubles, and so is kube-controller-manager, which notices silent ones.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.facts import TAINT
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.perform import pause
from ansible_collections.groundup.cloud.plugins.module_utils.ha import service
from ansible_collections.groundup.cloud.plugins.module_utils.ha.api import Native
from ansible_collections.groundup.cloud.plugins.module_utils.ha.archive import archive
from ansible_collections.groundup.cloud.plugins.module_utils.ha.login import Login
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Kubeconfig
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import JSON
from ansible_collections.groundup.cloud.plugins.module_utils.provision.steps import Plan
from services.bmc.conftest import MAC, PASSWORD, UUID
from services.fencing.kubelet import LEASES, MERGE, Kubelet, Nodes
from services.fencing.test_fence import Fence, act, nodes  # noqa: F401  fixtures
from services.fencing.test_playbooks import Play, play  # noqa: F401  a fixture

pytestmark = pytest.mark.services


class Program:
    """The installed program, without its service."""

    def __init__(self, home: Path, fencing: Fence) -> None:
        bmc = {name: fencing.params[name] for name in ("protocol", "address", "port", "username", "tls")}
        machine = {"name": "node2", "identity": {"uuid": UUID, "macs": [MAC]}, "bmc": {**bmc, "password": PASSWORD}}
        settings = service.Settings("rack1", str(home), "processes", "default", "default", 51, (machine,), "")
        for name in ("services", "run"):
            (home / name).mkdir()
        self.run = home / "run"
        (home / "vm-ha.pyz").write_bytes(archive())
        own = str(home / "services/kubeconfig")
        self.login = Login(Path(fencing.params["kubeconfig"]).read_text(), own, ["node2"])
        found = Plan()
        self.login.require(found)
        found.apply()
        config = {**settings.config(), "interval": 1}
        (home / "config.json").write_text(json.dumps(config))
        self.words = [sys.executable, "-I", str(home / "vm-ha.pyz"), str(home / "config.json")]

    def once(self) -> tuple[int, str]:
        """Take one look; the exit code and what was written."""
        done = subprocess.run([*self.words, "--once"], capture_output=True, text=True, check=False, timeout=240)
        assert PASSWORD not in done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr

    def standing(self, name: str) -> str:
        decisions = json.loads((self.run / "look.json").read_text())["decisions"]
        return next(one["standing"] for one in decisions if one["node"] == name)


@pytest.fixture
def watched(tmp_path: Path, act: Fence) -> Iterator[Program]:  # noqa: F811
    """The program has an account of its own, and no other credentials for the cluster."""
    made = Program(tmp_path, act)
    yield made
    found = Plan()
    made.login.remove(found)
    found.apply()


ELSEWHERE = [
    ("GET", "/api/v1/secrets"),
    ("GET", "/api/v1/namespaces/kube-system/secrets/any"),
    ("GET", "/api/v1/pods"),
    ("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"),
    ("GET", "/api/v1/nodes/node3"),
    ("PATCH", "/api/v1/nodes/node3"),
    ("DELETE", "/api/v1/nodes/node2"),
    ("PATCH", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/groundup-fencing-paused"),
    ("POST", "/api/v1/namespaces/kube-system/serviceaccounts/groundup-vm-ha/token"),
]


def test_the_account_of_the_program_may_do_nothing_else(nodes: Nodes, watched: Program) -> None:  # noqa: F811
    login = Kubeconfig.read(watched.run.parent / "services/kubeconfig")
    assert login.token and not login.key
    own = Native(login)
    assert own.call("GET", "/api/v1/nodes/node2")["metadata"]["name"] == "node2"
    for method, path in ELSEWHERE:
        with pytest.raises(Refused, match=r"groundup-vm-ha.* cannot ") as caught:
            own.call(
                method, path, None, {} if method in ("PATCH", "POST") else None, MERGE if method == "PATCH" else JSON
            )
        assert caught.value.status == 403, (method, path)
    again, gone = Plan(), Plan()
    watched.login.require(again)
    assert again.steps == []
    watched.login.remove(gone)
    gone.apply()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            own.call("GET", "/api/v1/nodes")
        except Refused as error:
            if error.status == 401:
                break
        time.sleep(0.5)
    else:
        pytest.fail("the token outlives its account")
    watched.login.require(again)
    again.apply()
    assert watched.once()[0] == 0


def test_a_lost_machine_is_fenced_and_returned_by_looks(nodes: Nodes, act: Fence, watched: Program) -> None:  # noqa: F811
    code, said = watched.once()
    assert code == 0 and "node2 is lost: record who fences node2; cut the power of node2" in said, said
    assert not act.on() and nodes.taints("node2") == [TAINT] and watched.standing("node2") == "lost"
    assert nodes.notes("node2")["by"].startswith("vm_ha on ")
    code, said = watched.once()
    assert code == 0 and "node2 is fenced: waits" in said and nodes.taints("node2") == [TAINT], said
    with Kubelet(nodes, "node2", act.on, boot="boot-2"):
        act.switch("on")
        deadline = time.monotonic() + 60
        while nodes.get("node2")["status"]["nodeInfo"]["bootID"] != "boot-2" and time.monotonic() < deadline:
            time.sleep(0.5)
        code, said = watched.once()
    assert code == 0 and "node2 is back: remove the taint" in said and nodes.taints("node2") == [], said


def test_a_pause_and_a_dead_controller_forbid_it(nodes: Nodes, act: Fence, watched: Program) -> None:  # noqa: F811
    access: dict[str, t.Any] = {"kubeconfig": act.params["kubeconfig"], "by": "site.yml", "seconds": 600}
    assert pause({**access, "state": "present"}, False)["changed"]
    code, said = watched.once()
    assert code == 0 and "node2 is lost: fencing is paused by site.yml" in said and act.on(), said
    assert pause({**access, "state": "absent"}, False)["changed"]
    config = json.loads(Path(watched.words[-1]).read_text())
    config["machines"]["node2"] |= {"port": 1, "timeout": 2}
    Path(watched.words[-1]).write_text(json.dumps(config))
    code, said = watched.once()
    assert code == 0 and "Whether its machine is off is not known" in said and nodes.taints("node2") == [], said


def test_the_program_goes_on_after_it_was_killed_in_the_middle(nodes: Nodes, act: Fence, watched: Program) -> None:  # noqa: F811
    running = subprocess.Popen(watched.words, stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 90
        while act.on() and time.monotonic() < deadline:
            time.sleep(0.2)
        running.send_signal(signal.SIGKILL)
        running.wait(10)
        assert not act.on() and nodes.taints("node2") == [], "it was killed between the cut and the taint"
        code, said = watched.once()
    finally:
        running.kill()
    assert code == 0 and "node2 is lost: verify that node2 is off" in said and nodes.taints("node2") == [TAINT], said


class Life:
    """node2 as it lives: its kubelet is heard while its machine is on, and has another boot after each start."""

    def __init__(self, nodes: Nodes, fencing: Fence) -> None:  # noqa: F811
        self._nodes, self._fencing, self._ended = nodes, fencing, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Life:
        self._nodes.status("node2", ready=True, boot="boot-1")
        self._nodes.renew("node2")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(60)

    def _run(self) -> None:
        on, boots = True, 1
        while not self._ended.wait(0.5):
            before, on = on, self._fencing.on()
            if on:
                boots += not before
                self._nodes.renew("node2")
            if on != before:
                self._nodes.status("node2", ready=on, boot=f"boot-{boots}")


def test_a_drill_measures_and_brings_the_machine_back(nodes: Nodes, act: Fence, play: Play) -> None:  # noqa: F811
    refused = play("drill", "-e", "machine=node2")
    assert refused.startswith("2") and "consent with -e drill_consent=node2" in refused, refused
    unhealthy = play("drill", "-e", "machine=node2", "-e", "drill_consent=node2")
    assert unhealthy.startswith("2") and "not healthy: node2" in unhealthy and act.on(), unhealthy
    body = {"spec": {"leaseDurationSeconds": 20}}
    nodes.api.call("PATCH", f"{LEASES}/node2", None, body, MERGE)
    with Life(nodes, act):
        planned = play("drill", "-e", "machine=node2", "-e", "drill_consent=node2", "--check")
        assert planned.startswith("0") and act.on(), planned
        done = play("drill", "-e", "machine=node2", "-e", "drill_consent=node2", "-e", "fence_stale_after=5")
    assert done.startswith("0") and act.on() and nodes.taints("node2") == [], done
    shown = done[done.index("Show the seconds after the cut") :]
    assert all(word in shown for word in ("cut", "off", "noticed", "fenced", "elsewhere", "back")), shown


def test_a_machine_is_drained_and_used_again(nodes: Nodes, play: Play) -> None:  # noqa: F811
    for words in ([], ["-e", "machine=machines"], ["-e", "machine=node1", "-e", "drain_state=gone"]):
        wrong = play("drain", *words)
        assert wrong.startswith("2") and "name one machine of the cluster with -e machine=NAME" in wrong, wrong
    planned = play("drain", "-e", "machine=node1", "--check")
    assert planned.startswith("0") and "cordon node1" in planned, planned
    assert not nodes.get("node1")["spec"].get("unschedulable")
    done = play("drain", "-e", "machine=node1")
    assert done.startswith("0") and nodes.get("node1")["spec"]["unschedulable"] is True, done
    assert "changed=0" in play("drain", "-e", "machine=node1")
    back = play("drain", "-e", "machine=node1", "-e", "drain_state=uncordoned")
    assert back.startswith("0") and not nodes.get("node1")["spec"].get("unschedulable"), back
