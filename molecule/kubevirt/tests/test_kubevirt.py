# SPDX-License-Identifier: GPL-3.0-or-later
"""KubeVirt's objects on a living API server without nodes. The manifest is a double with what the patches expect."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
KUBEVIRT = "/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts/kubevirt"
OPERATOR = "/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator"


def test_the_object_is_as_the_example_says(hosted_api: Api) -> None:
    configuration = hosted_api.get(KUBEVIRT)["spec"]["configuration"]
    assert configuration["cpuModel"] == "Skylake-Server-IBRS"
    assert configuration["evictionStrategy"] == "LiveMigrate"
    assert configuration["migrations"]["parallelMigrationsPerCluster"] == 25
    assert "ImageVolume" in configuration["developerConfiguration"]["disabledFeatureGates"]


def test_a_change_by_hand_is_put_right(puts_right: Callable[[str, str], None]) -> None:
    puts_right(OPERATOR, "quay.io/kubevirt/virt-operator:v1.9.0")


def test_what_the_version_does_not_know_is_refused(converge: Converge) -> None:
    gates = {
        "kubevirt_config": {"cloud": "rack1", "manifest": {"path": "/x", "sha256": "0"}, "feature_gates": ["Live"]}
    }
    done = converge("-e", json.dumps(gates))
    assert done.returncode and "KubeVirt 1.9.0 has no feature gate Live" in done.stdout + done.stderr


def test_a_version_that_can_t_follow_is_refused(hosted_api: Api, converge: Converge) -> None:
    has: dict[str, Any] = {"observedKubeVirtVersion": "v1.7.0", "targetKubeVirtVersion": "v1.7.0"}
    hosted_api.patch(f"{KUBEVIRT}/status?fieldManager=virt-operator", {"status": has}, "merge")
    done = converge()
    assert done.returncode and "from v1.7.0 to 1.9.0 a minor version is left out" in done.stdout + done.stderr
    gone = {"observedKubeVirtVersion": None, "targetKubeVirtVersion": None}
    hosted_api.patch(f"{KUBEVIRT}/status?fieldManager=virt-operator", {"status": gone}, "merge")
    assert "changed=0" in converge().stdout


def test_it_is_removed_and_installed_again(hosted_api: Api, converge: Converge) -> None:
    """There are no virtual machines, whose kind virt-operator makes: what they hold up is tried in tests/services."""
    planned = converge("--check", "-e", "kubevirt_state=absent")
    assert planned.returncode == 0 and hosted_api.get(KUBEVIRT), planned.stdout + planned.stderr
    removed = converge("-e", "kubevirt_state=absent")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert hosted_api.get("/api/v1/namespaces/kubevirt") is None
    assert hosted_api.get(f"{CRDS}/kubevirts.kubevirt.io") is None
    assert "changed=0" in converge("-e", "kubevirt_state=absent").stdout
    assert converge().returncode == 0 and hosted_api.get(KUBEVIRT)
