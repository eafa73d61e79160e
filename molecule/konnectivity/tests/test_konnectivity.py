# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents as objects of a living API server without nodes; that they connect, tests/services tries with real ones."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/konnectivity-agent"
BINDING = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:konnectivity-server"
IMAGE = "registry.k8s.io/kas-network-proxy/proxy-agent:v0.36.0"


def test_agents_are_in_the_network_of_their_node(hosted_api: Api) -> None:
    spec = hosted_api.get(DAEMON_SET)["spec"]["template"]["spec"]
    assert spec["hostNetwork"] is True and spec["containers"][0]["image"] == IMAGE
    assert "--proxy-server-host=10.99.10.10" in spec["containers"][0]["args"]


def test_a_change_by_hand_is_shown_and_put_right(puts_right: Callable[[str, str], None]) -> None:
    puts_right(DAEMON_SET, IMAGE)


def test_a_server_without_a_port_is_refused(hosted_api: Api, converge: Converge) -> None:
    before = hosted_api.get(DAEMON_SET)["metadata"]["generation"]
    done = converge("-e", '{"konnectivity_config": {"server": "10.99.10.10"}}')
    assert done.returncode and "is not an address with a port like" in done.stdout + done.stderr
    assert hosted_api.get(DAEMON_SET)["metadata"]["generation"] == before


def test_they_are_removed_and_applied_again(hosted_api: Api, converge: Converge) -> None:
    removed = converge("-e", "konnectivity_state=absent")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert hosted_api.get(DAEMON_SET) is None and hosted_api.get(BINDING) is None
    assert "changed=0" in converge("-e", "konnectivity_state=absent").stdout
    assert converge().returncode == 0 and hosted_api.get(DAEMON_SET)
