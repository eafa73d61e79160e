# SPDX-License-Identifier: GPL-3.0-or-later
"""A rack whose control plane runs natively on the controller, from blank machines to proofs; in this order."""

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
from e2e.rack import HOSTED, Rack, changes

pytestmark = pytest.mark.e2e

RACK = Rack(HOSTED)
PLACE = RACK.state / "provisioner/control_plane"
SAVED = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "groundup/racks" / RACK.name
REPORT = ROOT / "build/report/report.json"
#: Asks the API server for an answer of each CoreDNS pod, for which it has to reach pods. Runs where the controller is.
PROXY = """
import pathlib, sys
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Https, Kubeconfig, tls
admin = Kubeconfig.read(pathlib.Path(sys.argv[1]))
https = Https(admin.server, tls(admin.ca, admin.certificate, admin.key), 30)
pods = "/api/v1/namespaces/kube-system/pods"
for pod in https.call("GET", pods + "?labelSelector=k8s-app%3Dkube-dns")["items"]:
    print(https.text("GET", f"{pods}/{pod['metadata']['name']}:8181/proxy/ready"))
"""


def pid(server: str, key: str = "child") -> int:
    return int(json.loads((PLACE / f"run/{server}.json").read_text())[key])


@pytest.mark.first
def test_make_lab_forms_a_cluster_of_workers_with_a_hosted_control_plane() -> None:
    REPORT.unlink(missing_ok=True)
    RACK.lab("e2e-hosted", "up", minutes=40)
    proofs = json.loads(REPORT.read_text())["proofs"]
    assert proofs and not [proof for proof in proofs if proof["ok"] is False]
    doubles = [proof for proof in proofs if proof["layer"] == "control_plane"]
    assert doubles and all(not proof["real"] and proof["ok"] for proof in doubles), "the control plane is a double"
    real = [proof["name"] for proof in proofs if proof["layer"] == "kubernetes" and proof["real"] and proof["ok"]]
    assert "every machine is a Ready node of the right version" in real, "what runs above it is real"
    assert POLICY_CLAIMS["closed"] in real, "policies of a network of routes"


def test_the_api_server_reaches_pods() -> None:
    argv = [str(RACK.directory / "run"), sys.executable, "-c", PROXY, str(RACK.state / "kubeconfig")]
    env = {**os.environ, "PYTHONPATH": str(ROOT / ".ansible/collections")}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0 and done.stdout.split() == ["OK", "OK"], done.stdout + done.stderr


def test_a_saved_rack_comes_back_and_a_second_run_changes_nothing() -> None:
    """Its machines answer when the command ends; LACP, leases and watches recover by themselves."""
    RACK.lab("e2e-hosted-save", "save", minutes=5)
    RACK.lab("e2e-hosted-gone", "down", minutes=5)
    assert RACK.traces() == []
    began = time.monotonic()
    RACK.lab("e2e-hosted-load", "load", minutes=3)
    print(f"loaded in {time.monotonic() - began:.1f} s")
    clock = float(RACK.on("node1", "date +%s.%N"))
    assert abs(clock - time.time()) < 30, "the clock of a restored machine is set"
    until = time.monotonic() + 90
    while True:
        try:
            test_the_api_server_reaches_pods()
            break
        except AssertionError:
            if time.monotonic() > until:
                raise
            time.sleep(3)
    assert changes(RACK.site("e2e-hosted-loaded", "-e", "groundup_prove=false")) == {}


def test_a_control_plane_that_was_killed_is_started_and_nothing_else_is_changed() -> None:
    """As after a restart of the controller: no server, no supervisor, no address, no route."""
    for server in ("kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"):
        for key in ("pid", "child"):
            os.kill(pid(server, key), signal.SIGKILL)
    subprocess.run(["ip", "-n", RACK.name + "-ctl", "route", "flush", "proto", "71"], check=True)
    subprocess.run(["ip", "-n", RACK.name + "-ctl", "address", "del", "10.30.0.10/32", "dev", "cluster"], check=True)
    figures = RACK.site("e2e-hosted-killed", "-e", "groundup_prove=false")
    assert {"Control plane", "Network"} <= set(changes(figures)) <= {"Control plane", "Network", "Probe"}, figures
    assert pathlib.Path(f"/proc/{pid('kube-apiserver')}").exists()
    test_the_api_server_reaches_pods()


@pytest.mark.always
def test_lab_down_removes_everything() -> None:
    RACK.lab("e2e-hosted-down", "down", minutes=5)
    deadline = time.monotonic() + 10
    while RACK.traces() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert RACK.traces() == []
    shutil.rmtree(SAVED, ignore_errors=True)
