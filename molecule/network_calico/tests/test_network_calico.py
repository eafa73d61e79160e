# SPDX-License-Identifier: GPL-3.0-or-later
"""Calico's objects on a living API server without nodes. The manifest is a double with what the patches expect."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
SPACE = "/namespaces/kube-system"
DAEMON_SET = f"/apis/apps/v1{SPACE}/daemonsets/calico-node"
CUSTOM = "/apis/crd.projectcalico.org/v1"
SECRET = f"/api/v1{SPACE}/secrets/groundup-bgp-passwords"


def spec(api: Api, path: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"{CUSTOM}/{path}")["spec"]
    return found


def test_the_daemon_is_applied_as_patched(hosted_api: Api) -> None:
    config = hosted_api.get(f"/api/v1{SPACE}/configmaps/calico-config")["data"]
    assert (config["calico_backend"], config["veth_mtu"]) == ("bird", "1500")
    container = hosted_api.get(DAEMON_SET)["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "FELIX_NFTABLESMODE", "value": "Enabled"} in container["env"]


def test_peers_and_pools_are_custom_resources(hosted_api: Api) -> None:
    assert spec(hosted_api, "ippools/default-ipv4-ippool")["natOutgoing"] is False
    assert spec(hosted_api, "ippools/load-balancers-10-99-0-0-24")["allowedUses"] == ["LoadBalancer"]
    assert spec(hosted_api, "bgppeers/tor1")["nodeSelector"] == "topology.kubernetes.io/zone in {'r1'}"
    assert spec(hosted_api, "bgppeers/tor2")["filters"] == ["tor2"]
    assert base64.b64decode(hosted_api.get(SECRET)["data"]["tor1"]) == b"throw-away-password"


def test_a_change_by_hand_is_put_right_and_no_password_is_printed(hosted_api: Api, converge: Converge) -> None:
    hosted_api.patch(f"{CUSTOM}/bgppeers/tor1?fieldManager=kubectl-edit", {"spec": {"asNumber": 64999}}, "merge")
    hosted_api.patch(f"{SECRET}?fieldManager=kubectl-edit", {"data": {"tor1": "b3RoZXItcGFzc3dvcmQ="}}, "merge")
    planned = converge("--check", "--diff", "-vvv")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "64999" in planned.stdout and spec(hosted_api, "bgppeers/tor1")["asNumber"] == 64999
    assert "throw-away-password" not in planned.stdout and "other-password" not in planned.stdout
    mended = converge()
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert spec(hosted_api, "bgppeers/tor1")["asNumber"] == 64601
    assert "changed=0" in converge("--check").stdout


def test_an_encapsulation_that_calico_does_not_have_here_is_refused(hosted_api: Api, converge: Converge) -> None:
    done = converge("-e", '{"network_calico_config": {"encapsulation": "ipip"}}')
    assert done.returncode and "value of encapsulation must be one of: none, vxlan" in done.stdout + done.stderr


def test_it_is_removed_by_consent_and_installed_again(hosted_api: Api, converge: Converge) -> None:
    refused = converge("-e", "network_calico_state=absent")
    assert refused.returncode and "network_calico_remove_data: true" in refused.stdout + refused.stderr
    assert hosted_api.get(DAEMON_SET)
    removed = converge("-e", "network_calico_state=absent", "-e", "network_calico_remove_data=true")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert hosted_api.get(DAEMON_SET) is None and hosted_api.get(SECRET) is None
    assert "changed=0" in converge("-e", "network_calico_state=absent").stdout
    assert converge().returncode == 0 and hosted_api.get(DAEMON_SET)
