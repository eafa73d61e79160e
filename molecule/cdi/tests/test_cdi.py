# SPDX-License-Identifier: GPL-3.0-or-later
"""CDI's objects on a living API server without nodes. The manifest is a double with what the patches expect."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
CDI = "/apis/cdi.kubevirt.io/v1beta1/cdis/cdi"
OPERATOR = "/apis/apps/v1/namespaces/cdi/deployments/cdi-operator"


def test_the_object_is_as_the_example_says(hosted_api: Api) -> None:
    config = hosted_api.get(CDI)["spec"]["config"]
    assert config["scratchSpaceStorageClass"] == "rook-ceph-block"
    assert config["podResourceRequirements"]["limits"]["memory"] == "2Gi"


def test_a_change_by_hand_is_put_right(puts_right: Callable[[str, str], None]) -> None:
    puts_right(OPERATOR, "quay.io/kubevirt/cdi-operator:v1.66.0")


def test_a_version_that_can_t_follow_is_refused(hosted_api: Api, converge: Converge) -> None:
    has = {"observedVersion": "v1.60.0", "targetVersion": "v1.60.0"}
    hosted_api.patch(f"{CDI}/status?fieldManager=cdi-operator", {"status": has}, "merge")
    done = converge()
    assert done.returncode and "from v1.60.0 to 1.66.0 a minor version is left out" in done.stdout + done.stderr
    gone = {"observedVersion": None, "targetVersion": None}
    hosted_api.patch(f"{CDI}/status?fieldManager=cdi-operator", {"status": gone}, "merge")
    assert "changed=0" in converge().stdout


def test_it_is_removed_and_installed_again(hosted_api: Api, converge: Converge) -> None:
    planned = converge("--check", "-e", "cdi_state=absent")
    assert planned.returncode == 0 and hosted_api.get(CDI), planned.stdout + planned.stderr
    removed = converge("-e", "cdi_state=absent")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert hosted_api.get("/api/v1/namespaces/cdi") is None and hosted_api.get(CDI) is None
    assert "changed=0" in converge("-e", "cdi_state=absent").stdout
    assert converge().returncode == 0 and hosted_api.get(CDI)
