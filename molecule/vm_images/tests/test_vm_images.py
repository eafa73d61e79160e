# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden images as objects of a living API server without nodes. What CDI reports of an import is written by hand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
IMAGES = "/apis/cdi.kubevirt.io/v1beta1/namespaces/golden-images"
TYPES = "/apis/instancetype.kubevirt.io/v1beta1/virtualmachineclusterinstancetypes"


def volume(api: Api) -> Any:
    (found,) = api.get(f"{IMAGES}/datavolumes")["items"]
    return found


def test_images_are_as_the_example_says(hosted_api: Api) -> None:
    spec = hosted_api.get(f"{IMAGES}/dataimportcrons/fedora")["spec"]
    assert (spec["schedule"], spec["importsToKeep"], spec["managedDataSource"]) == ("30 4 * * 1", 2, "fedora")
    found = volume(hosted_api)
    assert found["metadata"]["name"].startswith("debian-13-")
    assert found["spec"]["source"]["http"]["checksum"].startswith("sha256:")
    assert hosted_api.get(f"{TYPES}/general.medium")["spec"]["cpu"]["guest"] == 2


def test_an_image_is_offered_when_it_is_imported(hosted_api: Api, converge: Converge) -> None:
    assert hosted_api.get(f"{IMAGES}/datasources/debian-13") is None
    name = volume(hosted_api)["metadata"]["name"]
    hosted_api.patch(f"{IMAGES}/datavolumes/{name}/status", {"status": {"phase": "Succeeded"}})
    done = converge()
    assert done.returncode == 0, done.stdout + done.stderr
    assert hosted_api.get(f"{IMAGES}/datasources/debian-13")["spec"]["source"]["pvc"]["name"] == name
    assert "changed=0" in converge().stdout


def test_a_removal_names_what_would_be_lost_and_is_done_by_consent(hosted_api: Api, converge: Converge) -> None:
    refused = converge("-e", "vm_images_state=absent")
    assert refused.returncode and "nothing was removed" in refused.stdout + refused.stderr
    lost = [
        {"kind": "Namespace", "name": "golden-images"},
        {"kind": "DataImportCron", "name": "fedora", "namespace": "golden-images"},
        {"kind": "DataVolume", "name": volume(hosted_api)["metadata"]["name"], "namespace": "golden-images"},
    ]
    consent = json.dumps({"vm_images_state": "absent", "vm_images_remove_data": lost})
    removed = converge("-e", consent)
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert hosted_api.get("/api/v1/namespaces/golden-images") is None
    assert hosted_api.get(f"{TYPES}/general.medium") is None
    assert "changed=0" in converge("-e", "vm_images_state=absent").stdout
    assert converge().returncode == 0 and hosted_api.get(f"{IMAGES}/dataimportcrons/fedora")
