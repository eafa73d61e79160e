# SPDX-License-Identifier: GPL-3.0-or-later
"""Cilium as objects of a living API server without nodes: nothing of it runs here."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
SPACE = "/namespaces/kube-system"
AGENT = f"/apis/apps/v1{SPACE}/daemonsets/cilium"
CONFIG = f"/api/v1{SPACE}/configmaps/cilium-config"
CUSTOM = "/apis/cilium.io/v2"
SECRET = "/api/v1/namespaces/cilium-secrets/secrets/bgp-tor1"
KINDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def settings(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get(CONFIG)["data"]
    return found


def test_settings_are_those_of_the_input(hosted_api: Api) -> None:
    found = settings(hosted_api)
    assert (found["cluster-pool-ipv4-cidr"], found["mtu"]) == ("10.64.0.0/16", "1500")
    assert (found["enable-bgp-control-plane"], found["skip-crd-creation"]) == ("true", "true")
    assert hosted_api.get(AGENT)["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 1


def test_addresses_of_services_are_custom_resources(hosted_api: Api) -> None:
    assert hosted_api.get(f"{CUSTOM}/ciliumloadbalancerippools/public")["spec"]["blocks"] == [{"cidr": "10.99.0.0/24"}]
    (own,) = hosted_api.get(f"{CUSTOM}/ciliumbgpclusterconfigs/nodes")["spec"]["bgpInstances"]
    assert [peer["name"] for peer in own["peers"]] == ["tor1", "tor2"]
    assert base64.b64decode(hosted_api.get(SECRET)["data"]["password"]) == b"throw-away-password"


def test_a_change_by_hand_is_put_right_and_no_password_is_printed(hosted_api: Api, converge: Converge) -> None:
    hosted_api.patch(f"{CONFIG}?fieldManager=kubectl-edit", {"data": {"mtu": "1400"}}, "merge")
    hosted_api.patch(f"{SECRET}?fieldManager=kubectl-edit", {"data": {"password": "b3RoZXItcGFzc3dvcmQ="}}, "merge")
    planned = converge("--check", "--diff", "-vvv")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert settings(hosted_api)["mtu"] == "1400"
    assert "throw-away-password" not in planned.stdout and "other-password" not in planned.stdout
    mended = converge()
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert settings(hosted_api)["mtu"] == "1500"
    assert "changed=0" in converge("--check").stdout


def test_addresses_of_pods_cannot_be_changed(hosted_api: Api, converge: Converge) -> None:
    done = converge("-e", '{"network_cilium_config": {"node_prefix": 25}}')
    assert done.returncode and "node_prefix" in done.stdout + done.stderr
    assert settings(hosted_api)["cluster-pool-ipv4-mask-size"] == "24"


def test_objects_of_users_are_lost_by_consent_only(hosted_api: Api, converge: Converge) -> None:
    policy = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "mine"},
        "spec": {"endpointSelector": {}, "ingress": [{}]},
    }
    hosted_api.create(f"{CUSTOM}/namespaces/default/ciliumnetworkpolicies", policy)
    refused = converge("-e", "network_cilium_state=absent")
    assert refused.returncode and "network_cilium_remove_data: true" in refused.stdout + refused.stderr
    assert hosted_api.get(AGENT)


def test_it_is_removed_with_its_kinds(hosted_api: Api, converge: Converge) -> None:
    removed = converge("-e", "network_cilium_state=absent", "-e", "network_cilium_remove_data=true")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert hosted_api.get(AGENT) is None and hosted_api.get(SECRET) is None
    assert not [one for one in hosted_api.get(KINDS)["items"] if one["spec"]["group"] == "cilium.io"]
    assert "changed=0" in converge("-e", "network_cilium_state=absent").stdout
