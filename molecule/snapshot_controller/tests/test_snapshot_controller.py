# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of snapshots and their controller as objects of a living API server without nodes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CONTROLLER = "/apis/apps/v1/namespaces/kube-system/deployments/snapshot-controller"


def test_the_kinds_and_the_controller_are_applied(hosted_api: Api) -> None:
    for name in ("volumesnapshotclasses", "volumesnapshotcontents", "volumesnapshots"):
        assert hosted_api.get(f"{CRDS}/{name}.snapshot.storage.k8s.io") is not None
    container = hosted_api.get(CONTROLLER)["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "registry.k8s.io/sig-storage/snapshot-controller:v8.6.0"


def test_it_is_removed_and_brought_again(hosted_api: Api, converge: Converge) -> None:
    assert converge("-e", "snapshot_controller_state=absent").returncode == 0
    assert hosted_api.get(CONTROLLER) is None
    assert "changed=0" in converge("-e", "snapshot_controller_state=absent").stdout
    assert converge().returncode == 0 and hosted_api.get(CONTROLLER) is not None
