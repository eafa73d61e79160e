# SPDX-License-Identifier: GPL-3.0-or-later
"""MetalLB as objects of a living API server without nodes: that addresses are announced is proved on racks."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
CUSTOM = "/apis/metallb.io/v1beta1/namespaces/metallb-system"
POOL = f"{CUSTOM}/ipaddresspools/services"
SPEAKER = "/apis/apps/v1/namespaces/metallb-system/daemonsets/speaker"
CONTROLLER = "/apis/apps/v1/namespaces/metallb-system/deployments/controller"
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/metallb-webhook-configuration"
SERVICES = "/api/v1/namespaces/default/services"


def settings(**changes: Any) -> tuple[str, ...]:
    """Further arguments of the playbook: the example's configuration with these changes."""
    bundle = {key: f"{{{{ bundle.manifests['metallb'].{key} }}}}" for key in ("path", "sha256")}
    config: dict[str, Any] = {
        "manifest": bundle,
        "webhooks": False,
        "pools": [
            {"name": "services", "addresses": ["10.99.30.200-10.99.30.220"]},
            {"name": "reserved", "addresses": ["10.99.30.240/29"], "auto": False},
        ],
        "layer2": [{"name": "cluster", "pools": ["services", "reserved"], "interfaces": ["bond0.30"]}],
    }
    return "-e", json.dumps({"load_balancer_config": config | changes})


def test_pools_and_announcement_are_applied(hosted_api: Api) -> None:
    assert hosted_api.get(POOL)["spec"]["addresses"] == ["10.99.30.200-10.99.30.220"]
    assert hosted_api.get(f"{CUSTOM}/ipaddresspools/reserved")["spec"]["autoAssign"] is False
    announced = hosted_api.get(f"{CUSTOM}/l2advertisements/cluster")["spec"]
    assert announced == {"ipAddressPools": ["reserved", "services"], "interfaces": ["bond0.30"]}


def test_metallb_is_applied_as_patched(hosted_api: Api) -> None:
    assert hosted_api.get(SPEAKER)["spec"]["template"]["spec"]["tolerations"] == [{"operator": "Exists"}]
    container = hosted_api.get(CONTROLLER)["spec"]["template"]["spec"]["containers"][0]
    assert "--webhook-mode=disabled" in container["args"]
    assert hosted_api.get(WEBHOOKS) is None


def test_a_change_by_hand_is_shown_and_put_right(hosted_api: Api, converge: Converge) -> None:
    hosted_api.patch(f"{POOL}?fieldManager=kubectl-edit", {"spec": {"addresses": ["10.99.30.7/32"]}})
    planned = converge("--check")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "10.99.30.7/32" in planned.stdout and hosted_api.get(POOL)["spec"]["addresses"] == ["10.99.30.7/32"]
    mended = converge()
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert hosted_api.get(POOL)["spec"]["addresses"] == ["10.99.30.200-10.99.30.220"]
    assert "changed=0" in converge("--check").stdout


def test_wrong_pools_are_refused_before_anything_is_applied(hosted_api: Api, converge: Converge) -> None:
    before = hosted_api.get(POOL)["metadata"]["generation"]
    done = converge(*settings(layer2=[]))
    assert done.returncode and "; name it in the pools of an item of layer2 or bgp" in done.stdout + done.stderr
    assert hosted_api.get(POOL)["metadata"]["generation"] == before


def test_addresses_that_services_have_are_taken_with_consent_only(hosted_api: Api, converge: Converge) -> None:
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    hosted_api.create(SERVICES, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec})
    status = {"status": {"loadBalancer": {"ingress": [{"ip": "10.99.30.201"}]}}}
    hosted_api.patch(f"{SERVICES}/web/status", status)
    try:
        smaller = settings(
            pools=[{"name": "services", "addresses": ["10.99.30.210-10.99.30.220"]}],
            layer2=[{"name": "cluster", "pools": ["services"]}],
        )
        for words in (smaller, ("-e", "load_balancer_state=absent")):
            refused = converge(*words)
            assert refused.returncode and "Service default/web loses 10.99.30.201" in refused.stdout + refused.stderr
        assert hosted_api.get(f"{CUSTOM}/ipaddresspools/reserved")
        agreed = converge(*smaller, "-e", "load_balancer_release_addresses=true")
        assert agreed.returncode == 0, agreed.stdout + agreed.stderr
        assert hosted_api.get(f"{CUSTOM}/ipaddresspools/reserved") is None
        assert converge().returncode == 0
    finally:
        hosted_api.delete(f"{SERVICES}/web")


def test_another_file_than_that_of_the_release_is_refused(
    hosted_api: Api, converge: Converge, tmp_path: pathlib.Path
) -> None:
    before, other = hosted_api.get(SPEAKER)["metadata"]["generation"], tmp_path / "other.yml"
    other.write_text("{}\n")
    done = converge(*settings(manifest={"path": str(other), "sha256": "0" * 64}))
    assert done.returncode and "wanted is 0000" in done.stdout + done.stderr
    assert hosted_api.get(SPEAKER)["metadata"]["generation"] == before


def test_it_is_removed_and_installed_again(hosted_api: Api, converge: Converge) -> None:
    removed = converge("-e", "load_balancer_state=absent")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert hosted_api.get(SPEAKER) is None and hosted_api.get(POOL) is None
    assert hosted_api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ipaddresspools.metallb.io") is None
    assert hosted_api.get("/api/v1/namespaces/metallb-system") is None
    assert "changed=0" in converge("-e", "load_balancer_state=absent").stdout
    assert converge().returncode == 0 and hosted_api.get(POOL)
