# SPDX-License-Identifier: GPL-3.0-or-later
"""The rack that CI raises: its control plane runs natively on the controller, and two emulated workers join it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove.pod_traffic import POLICY_CLAIMS
from checks.commands import ROOT
from e2e.chain import Chain
from e2e.rack import HOSTED, Processes, Rack, changes

RACK = Rack(HOSTED)
PLACE = RACK.state / "provisioner/control_plane"
SAVED = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "groundup/racks" / RACK.name
#: Asks the API server for an answer of each CoreDNS pod, for which it has to reach pods. Runs where the controller is.
PROXY = """
import pathlib, sys
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Kubeconfig
admin = Kubeconfig.read(pathlib.Path(sys.argv[1]))
https = admin.https(30)
pods = "/api/v1/namespaces/kube-system/pods"
for pod in https.call("GET", pods + "?labelSelector=k8s-app%3Dkube-dns")["items"]:
    print(https.text("GET", f"{pods}/{pod['metadata']['name']}:8181/proxy/ready"))
"""


def pid(server: str, key: str = "child") -> int:
    return int(json.loads((PLACE / f"run/{server}.json").read_text())[key])


def pods_answer_the_api_server() -> None:
    argv = [str(RACK.directory / "run"), sys.executable, "-c", PROXY, str(RACK.state / "kubeconfig")]
    env = {**os.environ, "PYTHONPATH": str(ROOT / ".ansible/collections")}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0 and done.stdout.split() == ["OK", "OK"], done.stdout + done.stderr


@pytest.mark.e2e
class TestHosted(Chain):
    rack = RACK
    processes = Processes()
    machine = "node3"

    def test_what_runs_above_the_control_plane_is_real(self) -> None:
        doubles = [proof for proof in self.proofs if proof["layer"] == "control_plane"]
        assert doubles and all(not proof["real"] and proof["ok"] for proof in doubles), "the control plane is a double"
        real = [
            proof["name"] for proof in self.proofs if proof["layer"] == "kubernetes" and proof["real"] and proof["ok"]
        ]
        assert "every machine is a Ready node of the right version" in real
        assert POLICY_CLAIMS["closed"] in real, "policies of a network of routes"

    def test_a_saved_rack_comes_back_and_a_second_run_changes_nothing(self) -> None:
        """Its machines answer when the command ends; LACP, leases and watches recover by themselves."""
        pods_answer_the_api_server()
        RACK.lab("save", "save", minutes=5)
        RACK.lab("gone", "down", minutes=5)
        assert RACK.traces() == []
        began = time.monotonic()
        RACK.lab("load", "load", minutes=3)
        print(f"loaded in {time.monotonic() - began:.1f} s")
        clock = float(RACK.on("node1", "date +%s.%N"))
        assert abs(clock - time.time()) < 30, "the clock of a restored machine is set"
        until = time.monotonic() + 90
        while True:
            try:
                pods_answer_the_api_server()
                break
            except AssertionError:
                if time.monotonic() > until:
                    raise
                time.sleep(3)
        assert changes(RACK.site("loaded", "-e", "groundup_prove=false")) == {}

    def test_a_control_plane_that_was_killed_is_started_and_nothing_else_is_changed(self) -> None:
        """As after a restart of the controller: no server, no supervisor, no address, no route.

        A machine has lost the rules of its pods' network too, and has them and its routes after a restart of networkd.
        """
        rules, routes = "nft list table ip groundup_pods", "ip route show proto 71"
        had = RACK.on(self.machine, routes)
        RACK.on(self.machine, "nft add table inet others; nft delete table ip groundup_pods")
        for server in ("kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"):
            for key in ("pid", "child"):
                os.kill(pid(server, key), signal.SIGKILL)
        subprocess.run(["ip", "-n", RACK.name + "-ctl", "route", "flush", "proto", "71"], check=True)
        address = ["ip", "-n", RACK.name + "-ctl", "address", "del", "10.30.0.10/32", "dev", "cluster"]
        subprocess.run(address, check=True)
        figures = RACK.site("killed", "-e", "groundup_prove=false")
        assert {"Control plane", "Network"} <= set(changes(figures)) <= {"Control plane", "Network", "Probe"}, figures
        assert pathlib.Path(f"/proc/{pid('kube-apiserver')}").exists()
        pods_answer_the_api_server()
        assert "masquerade" in RACK.on(self.machine, rules)
        RACK.on(self.machine, "nft list table inet others")
        stray = "ip route add 10.64.200.0/24 dev bond0.30 proto 71"  # of no node: it goes when the unit starts again
        RACK.on(self.machine, f"{stray}; networkctl reload; systemctl restart systemd-networkd; sleep 5; {rules}")
        assert had.strip() and RACK.on(self.machine, routes) == had

    @pytest.mark.always
    def test_lab_down_removes_everything(self) -> None:
        self.removed()
        shutil.rmtree(SAVED, ignore_errors=True)
