# SPDX-License-Identifier: GPL-3.0-or-later
"""A rack whose control plane runs natively on the controller, from blank machines to proofs; in this order."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest
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


def test_the_api_server_reaches_pods() -> None:
    argv = [str(RACK.directory / "run"), sys.executable, "-c", PROXY, str(RACK.state / "kubeconfig")]
    env = {**os.environ, "PYTHONPATH": str(ROOT / ".ansible/collections")}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0 and done.stdout.split() == ["OK", "OK"], done.stdout + done.stderr


def test_a_second_run_changes_nothing() -> None:
    assert changes(RACK.site("e2e-hosted-second")) == {}


@pytest.mark.always
def test_lab_down_removes_everything() -> None:
    RACK.lab("e2e-hosted-down", "down", minutes=5)
    deadline = time.monotonic() + 10
    while RACK.traces() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert RACK.traces() == []
    shutil.rmtree(SAVED, ignore_errors=True)
