# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage classes of which CDI knows too little to import an image."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import vm_images_storage
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused

Params = dict[str, Any]
VIRT, USUAL = vm_images_storage.DEFAULTS
KNOWN = [{"accessModes": ["ReadWriteMany"], "volumeMode": "Block"}]


class Server:
    """An API server with storage classes and their profiles. Without profiles, their kind is not served."""

    server, warnings = "https://x", list[str]()

    def __init__(self, profiles: dict[str, Any] | None, *classes: Params) -> None:
        self.lists = {vm_images_storage.CLASSES: list(classes)}
        if profiles is not None:
            self.lists[vm_images_storage.PROFILES] = [
                {"metadata": {"name": name}, "status": status} for name, status in profiles.items()
            ]

    def call(self, method: str, path: str, *_: Any, **__: Any) -> Params:
        if path not in self.lists:
            raise Refused(f"GET {path}: no such kind", 404, "NotFound")
        return {"kind": "List", "items": self.lists[path], "metadata": {}}


def profile(sets: list[Params] | None, provisioner: str = "csi.example.net") -> Params:
    return {"provisioner": provisioner, **({} if sets is None else {"claimPropertySets": sets})}


def a_class(name: str, created: str = "2026-01-01T00:00:00Z", *annotations: str) -> Params:
    metadata = {"name": name, "creationTimestamp": created, "annotations": dict.fromkeys(annotations, "true")}
    return {"metadata": metadata}


def image(name: str, storage: str = "") -> Params:
    return {"name": name, **({"storage_class": storage} if storage else {})}


@pytest.mark.parametrize("sets", [None, [], [{"volumeMode": "Block"}]])
def test_a_class_of_which_cdi_knows_no_access_mode_is_refused(sets: list[Params] | None) -> None:
    server = Server({"slow": profile(sets), "fast": profile(KNOWN)})
    images = [image("debian", "slow"), image("fedora", "fast"), image("alma", "slow")]
    with pytest.raises(ClusterLayerError) as error:
        vm_images_storage.check(server, images)  # type: ignore[arg-type]
    text = str(error.value)
    assert text.startswith("vm_images_config.images: debian, alma can't be imported into the storage class slow, since")
    assert "volumes of csi.example.net can" in text and "kubectl patch storageprofile slow --type merge" in text
    assert "fedora" not in text


@pytest.mark.parametrize(
    ("profiles", "images"),
    [
        ({"fast": profile(KNOWN)}, [image("debian", "fast")]),
        ({"fast": profile(KNOWN)}, [image("debian", "other")]),  # CDI has no profile of it yet
        ({"fast": {}}, [image("debian", "fast")]),  # nor written anything into it
        ({}, [image("debian")]),
        (None, [image("debian", "slow")]),
        ({"slow": profile(None)}, []),
    ],
)
def test_what_cdi_knows_or_has_not_said_is_not_refused(profiles: Any, images: list[Params]) -> None:
    vm_images_storage.check(Server(profiles), images)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("classes", "taken"),
    [
        ([a_class("a", "2026-01-01T00:00:00Z", USUAL), a_class("b")], "a"),
        ([a_class("a", "2026-01-01T00:00:00Z", USUAL), a_class("b", "2025-01-01T00:00:00Z", VIRT)], "b"),
        ([a_class("a", "2026-01-01T00:00:00Z", USUAL), a_class("b", "2026-02-01T00:00:00Z", USUAL)], "b"),
        ([a_class("a"), a_class("b")], ""),
    ],
)
def test_an_image_without_a_class_is_judged_by_the_default_one(classes: list[Params], taken: str) -> None:
    for name in ("a", "b"):
        server = Server({name: profile(None)}, *classes)
        if name != taken:
            vm_images_storage.check(server, [image("debian")])  # type: ignore[arg-type]
            continue
        with pytest.raises(ClusterLayerError, match=f"debian can't be imported into the storage class {name}"):
            vm_images_storage.check(server, [image("debian")])  # type: ignore[arg-type]
