# SPDX-License-Identifier: GPL-3.0-or-later
"""The module vm_image on a real API server with CDI's CRDs. Its controller, tokens and upload proxy are a double."""

from __future__ import annotations

import hashlib
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import connect
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.live import get
from ansible_collections.groundup.cloud.plugins.module_utils.vms import image
from ansible_collections.groundup.cloud.plugins.module_utils.vms.errors import VmError
from services.objects.conftest import directory
from services.vms.conftest import Objects, module
from services.vms.double_cdi import GROUP, VOLUMES, CdiDouble

pytestmark = pytest.mark.services
Json = dict[str, t.Any]
SPACE = f"{VOLUMES}/namespaces/shop/datavolumes"
URL = {"url": "https://images.example.net/debian.qcow2", "sha256": "ab" * 32}


class Images:
    """The action of the module with its defaults."""

    def __init__(self, objects: Objects, double: CdiDouble, file: Path) -> None:
        self.objects, self.double, self.file = objects, double, file
        self.common: Json = {"kubeconfig": objects.kubeconfig, "namespace": "shop", "timeout": 60, "size": "1Gi"}
        self.common |= {"state": "present", "wait": True}
        ca = str(double.certificate)
        self.upload: Json = {"path": str(file), "upload_url": double.url, "upload_ca_cert": ca}

    def __call__(self, name: str, check: bool = False, **more: t.Any) -> Json:
        return image.perform({**self.common, "name": name, **more}, check)

    def exists(self, name: str) -> bool:
        return get(self.objects.api, f"{SPACE}/{name}") is not None


@pytest.fixture(scope="module")
def images(objects: Objects, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Images]:
    crds = directory("cdi-v1.66.0") / "crds"
    kinds = [str(crds / f"{name}.cdi.kubevirt.io.yaml") for name in ("datavolumes", "cdiconfigs")]
    objects(src=kinds, wait=True)
    objects([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}])
    home = tmp_path_factory.mktemp("cdi")
    file = home / "disk.qcow2"
    file.write_bytes(b"QFI\xfb" + bytes(3 << 20))
    double = CdiDouble(connect({"kubeconfig": objects.kubeconfig}, {}), home)
    double.register(objects)
    for __ in range(600):
        try:
            if get(objects.api, f"/apis/{GROUP}/v1beta1") is not None:
                break
        except ObjectsError:  # the API server has not found the double yet
            pass
        threading.Event().wait(0.1)
    yield Images(objects, double, file)
    double.close()


def test_an_image_is_imported_once(images: Images) -> None:
    planned = images("debian", check=True, **URL)
    assert planned["steps"] == ["create DataVolume shop/debian"] and not images.exists("debian")
    assert "ab" * 32 in planned["diff"][0]["after"]
    done = images("debian", **URL)
    assert (done["changed"], done["phase"], done["progress"]) == (True, "Succeeded", "100.0%")
    again = images("debian", **URL)
    assert (again["changed"], again["steps"], again["claim"]) == (False, [], "debian")
    with pytest.raises(VmError, match="DataVolume shop/debian exists with other values"):
        images("debian", **{**URL, "sha256": "cd" * 32})


def test_an_image_of_a_registry_is_imported_once(images: Images) -> None:
    given = {"registry": f"docker://registry.example.net/disks/fedora@sha256:{'ab' * 32}", "pull_method": "node"}
    done = images("fedora", **given)
    assert (done["changed"], done["phase"]) == (True, "Succeeded")
    live = get(images.objects.api, f"{SPACE}/fedora")
    assert live and live["spec"]["source"]["registry"] == {"url": given["registry"], "pullMethod": "node"}
    assert not images("fedora", **given)["changed"]
    for other in ({"pull_method": None}, {"registry": given["registry"].replace("ab", "cd")}):
        with pytest.raises(VmError, match="DataVolume shop/fedora exists with other values"):
            images("fedora", **{**given, **other})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("wrong-digest", "its phase is Failed.*checksum mismatch.*not the one whose digest was given"),
        ("too-small", "the image is larger than its disk; give a larger size"),
        ("stalled", r"waited \d+ s for DataVolume shop/stalled; .*its phase is ImportInProgress at 12\.30%"),
    ],
)
def test_an_import_that_does_not_end_says_why(images: Images, name: str, text: str) -> None:
    with pytest.raises(VmError, match=text):
        images(name, timeout=8, **URL)
    if name != "stalled":
        with pytest.raises(VmError, match=f"DataVolume shop/{name} has failed"):
            images(name, **URL)
    assert images(name, state="absent")["steps"] == [f"remove DataVolume shop/{name}"]
    assert not images.exists(name) and not images(name, state="absent")["changed"]


def test_a_file_is_uploaded_once(images: Images) -> None:
    digest = hashlib.sha256(images.file.read_bytes()).hexdigest()
    planned = images("disk", check=True, **images.upload)
    assert planned["steps"][0] == "create DataVolume shop/disk" and len(planned["steps"]) == 2
    assert not images.exists("disk")
    done = images("disk", sha256=digest, **images.upload)
    assert done["phase"] == "Succeeded" and images.double.received["disk"] == digest
    assert not images("disk", **images.upload)["changed"]
    other = images.file.with_name("other.qcow2")
    other.write_bytes(b"other")
    with pytest.raises(VmError, match="DataVolume shop/disk exists with another file"):
        images("disk", **{**images.upload, "path": str(other)})
    with pytest.raises(VmError, match=r"wanted is abab.*nothing was sent"):
        images("disk", sha256="ab" * 32, **images.upload)


def test_a_proxy_that_is_not_trusted_gets_nothing(images: Images) -> None:
    with pytest.raises(VmError, match=r"its certificate is not trusted .*; nothing was sent"):
        images("secret", **{**images.upload, "upload_ca_cert": None})
    assert "secret" not in images.double.received
    done = images("secret", **images.upload)
    assert done["steps"] == [f"upload {images.file} into DataVolume shop/secret"], "the same call takes it up again"


@pytest.mark.parametrize(
    ("status", "text"), [(401, "the time of this host"), (503, "run this again"), (500, "the log")]
)
def test_a_proxy_that_does_not_take_a_file_says_why(images: Images, status: int, text: str) -> None:
    images.double.answers.append(status)
    with pytest.raises(VmError, match=rf"answered {status}.*{text}"):
        images(f"refused-{status}", **images.upload)


def test_the_proxy_is_the_one_that_cdi_names(images: Images) -> None:
    with pytest.raises(VmError, match="nobody says where CDI's upload proxy is; give upload_url"):
        images("named", path=str(images.file))
    status = {"uploadProxyURL": images.double.url, "uploadProxyCA": images.double.certificate.read_text()}
    body = {"apiVersion": "cdi.kubevirt.io/v1beta1", "kind": "CDIConfig", "metadata": {"name": "config"}}
    images.objects.api.call("POST", f"{VOLUMES}/cdiconfigs", body={**body, "spec": {}, "status": status})
    assert images("named", path=str(images.file))["phase"] == "Succeeded"


def test_the_module_returns_what_the_action_does(images: Images) -> None:
    (done,) = module("vm_image", {**images.common, **URL, "name": "debian"})
    assert not done["failed"] and not done["changed"] and done["phase"] == "Succeeded"
