# SPDX-License-Identifier: GPL-3.0-or-later
"""Kube-OVN as objects of a living API server without nodes: nothing of it runs here."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
CONTROLLER = "/apis/apps/v1/namespaces/kube-system/deployments/kube-ovn-controller"
SECRET = "/api/v1/namespaces/kube-system/secrets/kube-ovn-tls"


def container(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get(CONTROLLER)["spec"]["template"]["spec"]["containers"][0]
    return found


def test_the_controller_is_applied_as_patched(hosted_api: Api) -> None:
    arguments = container(hosted_api)["args"]
    assert {"--default-cidr=10.64.0.0/16", "--enable-anp=true", "--keep-vm-ip=true"} <= set(arguments)
    variables = {one["name"]: one.get("value") for one in container(hosted_api)["env"]}
    assert (variables["ENABLE_SSL"], variables["OVN_DB_IPS"]) == ("true", "10.30.0.21")


def test_a_change_by_hand_is_put_right_and_certificates_stay(hosted_api: Api, converge: Converge) -> None:
    before = hosted_api.get(SECRET)["data"]
    hosted_api.patch(f"{CONTROLLER}?fieldManager=kubectl-edit", {"spec": {"replicas": 0}}, "strategic")
    planned = converge("--check")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "PRIVATE KEY" not in planned.stdout and hosted_api.get(CONTROLLER)["spec"]["replicas"] == 0
    mended = converge()
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert hosted_api.get(CONTROLLER)["spec"]["replicas"] == 1
    assert hosted_api.get(SECRET)["data"] == before
    assert "changed=0" in converge("--check").stdout


def test_it_is_removed_with_its_kinds(hosted_api: Api, converge: Converge) -> None:
    done = converge("-e", "network_kube_ovn_state=absent")
    assert done.returncode == 0, done.stdout + done.stderr
    names = {
        one["metadata"]["name"] for one in hosted_api.get("/apis/apps/v1/namespaces/kube-system/daemonsets")["items"]
    }
    assert not names & {"kube-ovn-cni", "ovs-ovn", "kube-ovn-pinger"}
    kinds = hosted_api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
    assert not [one for one in kinds if one["spec"]["group"] == "kubeovn.io"]
    assert "changed=0" in converge("-e", "network_kube_ovn_state=absent").stdout
