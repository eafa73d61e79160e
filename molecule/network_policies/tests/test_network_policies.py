# SPDX-License-Identifier: GPL-3.0-or-later
"""kube-network-policies as objects of a living API server without nodes: what holds of policies is proved on racks."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-network-policies"


def container(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get(DAEMON_SET)["spec"]["template"]["spec"]["containers"][0]
    return found


def test_the_agent_is_applied_as_patched(hosted_api: Api) -> None:
    assert container(hosted_api)["image"] == "registry.k8s.io/networking/kube-network-policies:v0.8.0"
    assert hosted_api.get(DAEMON_SET)["spec"]["template"]["spec"]["priorityClassName"] == "system-node-critical"


def test_a_change_by_hand_is_shown_and_put_right(puts_right: Callable[[str, str], None]) -> None:
    puts_right(DAEMON_SET, "registry.k8s.io/networking/kube-network-policies:v0.8.0")


def test_another_file_than_that_of_the_release_is_refused(
    hosted_api: Api, converge: Converge, tmp_path: pathlib.Path
) -> None:
    before, other = hosted_api.get(DAEMON_SET)["metadata"]["generation"], tmp_path / "other.yml"
    other.write_text("{}\n")
    manifest = f'{{"network_policies_config": {{"manifest": {{"path": "{other}", "sha256": "{"0" * 64}"}}}}}}'
    done = converge("-e", manifest)
    assert done.returncode and "wanted is 0000" in done.stdout + done.stderr
    assert hosted_api.get(DAEMON_SET)["metadata"]["generation"] == before


def test_it_is_removed_and_installed_again(hosted_api: Api, converge: Converge) -> None:
    removed = converge("-e", "network_policies_state=absent")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert hosted_api.get(DAEMON_SET) is None
    assert hosted_api.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/kube-network-policies") is None
    assert "changed=0" in converge("-e", "network_policies_state=absent").stdout
    assert converge().returncode == 0 and hosted_api.get(DAEMON_SET)
