# SPDX-License-Identifier: GPL-3.0-or-later
"""The example as objects of a living API server without nodes and operators: it is made and removed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
SPACE = "groundup-example"
MACHINE = f"/apis/kubevirt.io/v1/namespaces/{SPACE}/virtualmachines/database"


def test_objects_are_as_the_example_says(hosted_api: Api) -> None:
    spec = hosted_api.get(MACHINE)["spec"]
    (volume,) = spec["dataVolumeTemplates"]
    assert volume["spec"]["sourceRef"]["name"] == "debian-13"
    assert volume["spec"]["storage"]["storageClassName"] == "rook-ceph-block"
    assert hosted_api.get(f"/api/v1/namespaces/{SPACE}/services/front")["spec"]["type"] == "LoadBalancer"


def test_it_is_removed_and_comes_again(hosted_api: Api, converge: Converge) -> None:
    removed = converge("-e", "vm_example_state=absent")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert hosted_api.get(f"/api/v1/namespaces/{SPACE}") is None
    assert "changed=0" in converge("-e", "vm_example_state=absent").stdout
    assert converge().returncode == 0 and hosted_api.get(MACHINE)["spec"]["runStrategy"] == "Always"
