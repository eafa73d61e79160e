# SPDX-License-Identifier: GPL-3.0-or-later
"""A control plane that runs natively in the network namespace of the scenario's controller."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api, Kubeconfig, connect
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError

EXAMPLES = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "examples"
STATE = EXAMPLES / "control-plane"
ROOT = STATE / "root"
SCHEDULER = ROOT / "etc/kubernetes/manifests/kube-scheduler.yaml"
SERVERS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


def run(*words: str) -> str:
    argv = ["ansible-playbook", str(EXAMPLES / "hosted_control_plane.yml"), *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout


def pid(server: str) -> int:
    return int(json.loads((STATE / f"run/{server}.json").read_text())["child"])


@pytest.fixture
def api() -> Api:
    return connect(Kubeconfig.read(ROOT / "etc/kubernetes/admin.conf"), timeout=5)


def settled(api: Api, namespace: str, seconds: float = 40) -> None:
    """Until the API has the namespace, which it answers only when etcd does."""
    until = time.monotonic() + seconds
    while True:
        try:
            if api.get(f"/api/v1/namespaces/{namespace}"):
                return
            raise KubeError(f"there is no namespace {namespace}")
        except KubeError:
            if time.monotonic() > until:
                raise
        time.sleep(0.2)


def test_the_servers_see_only_their_own_root() -> None:
    for server in SERVERS:
        assert os.readlink(f"/proc/{pid(server)}/root") == str(ROOT), server


def test_joining_nodes_find_what_they_read(api: Api) -> None:
    system = "/api/v1/namespaces/kube-system"
    names = {item["metadata"]["name"] for item in api.get(f"{system}/configmaps")["items"]}
    assert {"kubeadm-config", "kubelet-config", "kube-proxy", "coredns"} <= names
    assert api.get("/api/v1/namespaces/kube-public/configmaps/cluster-info")["data"]["kubeconfig"]
    tokens = api.get(f"{system}/secrets?fieldSelector=type%3Dbootstrap.kubernetes.io/token")["items"]
    assert not tokens, "the token that kubeadm made is deleted"


def test_secrets_are_encrypted_at_rest(api: Api) -> None:
    path = "/api/v1/namespaces/default/secrets"
    api.create(path, {"metadata": {"name": "canary"}, "stringData": {"a": "readable-canary"}})
    raw = b"".join(file.read_bytes() for file in (ROOT / "var/lib/etcd").rglob("*") if file.is_file())
    assert b"k8s:enc:" in raw and b"readable-canary" not in raw
    assert api.delete(f"{path}/canary")


def test_a_server_that_ends_is_started_again(api: Api) -> None:
    before = pid("kube-apiserver")
    os.kill(before, signal.SIGKILL)
    settled(api, "kube-system")
    assert pid("kube-apiserver") != before


def test_a_manifest_changed_by_hand_is_corrected() -> None:
    before = pid("kube-scheduler")
    text = SCHEDULER.read_text()
    SCHEDULER.write_text(text.replace("    - --bind-address=127.0.0.1", "    - --bind-address=127.0.0.1\n    - --v=4"))
    assert "changed=1" in run("--check")
    assert "changed=1" in run()
    assert SCHEDULER.read_text() == text
    assert pid("kube-scheduler") == before, "its command line never changed, so it is not restarted"
    assert "changed=0" in run()


def test_a_cluster_cannot_be_moved_to_other_services() -> None:
    text = (EXAMPLES / "hosted_control_plane.yml").read_text().replace("10.96.0.0/16", "10.97.0.0/16")
    other = EXAMPLES / "hosted_control_plane_moved.yml"
    other.write_text(text)
    done = subprocess.run(["ansible-playbook", str(other)], capture_output=True, text=True, check=False)
    assert done.returncode and "serviceSubnet is 10.96.0.0/16, wanted 10.97.0.0/16" in done.stdout + done.stderr


def test_a_stopped_control_plane_comes_back_with_its_objects(api: Api) -> None:
    api.create("/api/v1/namespaces", {"metadata": {"name": "kept"}})
    was = [pid(server) for server in SERVERS]
    run("-e", "hosted_control_plane_state=absent")
    assert not any(os.path.exists(f"/proc/{number}") for number in was)
    assert "10.99.10.10/" not in subprocess.run(["ip", "address"], capture_output=True, text=True, check=True).stdout
    run()
    settled(api, "kept")
    assert api.delete("/api/v1/namespaces/kept")
