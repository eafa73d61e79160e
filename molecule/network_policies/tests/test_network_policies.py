# SPDX-License-Identifier: GPL-3.0-or-later
"""kube-network-policies as objects of a living API server without nodes: what holds of policies is proved on racks."""

from __future__ import annotations

import os
import pathlib
import subprocess
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api, Kubeconfig, connect

EXAMPLES = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "examples"
DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-network-policies"


@pytest.fixture
def api() -> Api:
    return connect(Kubeconfig.read(EXAMPLES / "control-plane/root/etc/kubernetes/admin.conf"), timeout=10)


def converge(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the README's playbook once more."""
    argv = ["ansible-playbook", str(EXAMPLES / "network_policies.yml"), "--diff", *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def container(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get(DAEMON_SET)["spec"]["template"]["spec"]["containers"][0]
    return found


def test_the_agent_is_applied_as_patched(api: Api) -> None:
    assert container(api)["image"] == "registry.k8s.io/networking/kube-network-policies:v0.8.0"
    assert api.get(DAEMON_SET)["spec"]["template"]["spec"]["priorityClassName"] == "system-node-critical"


def test_a_change_by_hand_is_shown_and_put_right(api: Api) -> None:
    image = {"name": "kube-network-policies", "image": "example.net/other:1"}
    api.patch(
        f"{DAEMON_SET}?fieldManager=kubectl-edit",
        {"spec": {"template": {"spec": {"containers": [image]}}}},
        "strategic",
    )
    planned = converge("--check")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "example.net/other:1" in planned.stdout and container(api)["image"] == "example.net/other:1"
    mended = converge()
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert container(api)["image"] == "registry.k8s.io/networking/kube-network-policies:v0.8.0"
    assert "changed=0" in converge("--check").stdout


def test_another_file_than_that_of_the_release_is_refused(api: Api, tmp_path: pathlib.Path) -> None:
    before, other = api.get(DAEMON_SET)["metadata"]["generation"], tmp_path / "other.yml"
    other.write_text("{}\n")
    manifest = f'{{"network_policies_config": {{"manifest": {{"path": "{other}", "sha256": "{"0" * 64}"}}}}}}'
    done = converge("-e", manifest)
    assert done.returncode and "wanted is 0000" in done.stdout + done.stderr
    assert api.get(DAEMON_SET)["metadata"]["generation"] == before


def test_it_is_removed_and_installed_again(api: Api) -> None:
    removed = converge("-e", "network_policies_state=absent")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert api.get(DAEMON_SET) is None
    assert api.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/kube-network-policies") is None
    assert "changed=0" in converge("-e", "network_policies_state=absent").stdout
    assert converge().returncode == 0 and api.get(DAEMON_SET)
