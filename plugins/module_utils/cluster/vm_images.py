# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_images: golden images of virtual machines, which users clone, with instance types and preferences.

An image with a digest is imported once, by a DataVolume whose name has a digest of all that it is made of: CDI lets
nobody change a DataVolume, so a changed image is another one beside it. One with a schedule is a DataImportCron, which
looks whether the image behind a tag has changed (CDI 1.66, doc/os-image-poll-and-update.md). Users name the DataSource,
which has the name of the image.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..objects.manifests import Definition, of_objects
from . import instance_types
from .kubevirt_input import MASQUERADE
from .quantities import canonical
from .vm_images_input import RETENTION, ROLE, check, images, namespace

Params = Mapping[str, Any]
Json = dict[str, Any]
CDI = "cdi.kubevirt.io/v1beta1"
VOLUME, CRON, SOURCE = "DataVolume", "DataImportCron", "DataSource"
#: What a virtual machine gets whose disk is made of an image and that names nothing else.
DEFAULTS = {
    "instance_type": ("instancetype.kubevirt.io/default-instancetype", "general.medium"),
    "preference": ("instancetype.kubevirt.io/default-preference", instance_types.LINUX),
}
#: Storage that waits for a pod before it makes a volume makes this one at once: nobody uses it but those who clone it.
AT_ONCE = "cdi.kubevirt.io/storage.bind.immediate.requested"
#: The key of the input, which the layer adds: image -> the volume that its DataSource shall name by now.
OFFERED = "offered"
CLONE = "clone-images"
EVERYBODY = "system:authenticated"


def render(params: Params) -> list[Definition]:
    """The definitions that the role's input means.

    :raises ClusterLayerError: a value is wrong, with the remedy.
    """
    check(params)
    space = namespace(params)
    found: list[Json] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}, *_rights(space)]
    found += instance_types.objects(str(params.get("network_binding") or MASQUERADE))
    offered: Mapping[str, str] | None = params.get(OFFERED)
    for one in images(params):
        found += _image(one, space, volume(one) if offered is None else offered.get(str(one["name"]), ""))
    return of_objects(found, f"{ROLE}_config")


def scheduled(one: Params) -> bool:
    """Whether an image is looked at again and again."""
    return bool(one.get("schedule"))


def volume(one: Params) -> str:
    """The name of the DataVolume of an image without a schedule."""
    made_of = {key: value for key, value in one["source"].items() if value}
    text = json.dumps([made_of, canonical(str(one["size"])), str(one.get("storage_class") or "")], sort_keys=True)
    return f"{one['name']}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _rights(space: str) -> Iterator[Json]:
    """Everybody with an account may see the images, and make disks of them in namespaces of their own (doc/RBAC.md)."""
    rules = [
        {"apiGroups": ["cdi.kubevirt.io"], "resources": ["datavolumes/source"], "verbs": ["create"]},
        {
            "apiGroups": ["cdi.kubevirt.io"],
            "resources": ["datasources", "datavolumes", "dataimportcrons"],
            "verbs": ["get", "list", "watch"],
        },
    ]
    group = "rbac.authorization.k8s.io"
    metadata = {"name": CLONE, "namespace": space}
    yield {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": rules}
    yield {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": "Role", "name": CLONE},
        "subjects": [{"apiGroup": group, "kind": "Group", "name": EVERYBODY}],
    }


def _image(one: Params, space: str, offered: str) -> Iterator[Json]:
    if scheduled(one):
        yield _object(CRON, one, space, cron(one))
        return
    yield _object(VOLUME, one, space, {"source": source(one["source"]), "storage": _storage(one)}, volume(one))
    if offered:
        yield _object(SOURCE, one, space, {"source": {"pvc": {"name": offered, "namespace": space}}})


def cron(one: Params) -> Json:
    """The specification of the DataImportCron of an image."""
    return {
        "schedule": " ".join(str(one["schedule"]).split()),
        "managedDataSource": str(one["name"]),
        "importsToKeep": int(one.get("retention") or RETENTION),
        "garbageCollect": "Outdated",
        # With the image, its imports go as well, which the consent to remove it names.
        "retentionPolicy": "None",
        "template": {"spec": {"source": source(one["source"]), "storage": _storage(one)}},
    }


def source(given: Params) -> Json:
    """The source of a DataVolume."""
    if given.get("http"):
        return {"http": {"url": str(given["http"]), "checksum": f"sha256:{given['sha256']}"}}
    return {"registry": {"url": str(given["registry"])}}


def _storage(one: Params) -> Json:
    named = {"storageClassName": str(one["storage_class"])} if one.get("storage_class") else {}
    return {"resources": {"requests": {"storage": canonical(str(one["size"]))}}, **named}


def _object(kind: str, one: Params, space: str, spec: Json, name: str = "") -> Json:
    labels = {label: str(one.get(key) or default) for key, (label, default) in DEFAULTS.items()}
    metadata: Json = {"name": name or str(one["name"]), "namespace": space, "labels": labels}
    if kind == VOLUME:
        metadata["annotations"] = {AT_ONCE: "true"}
    return {"apiVersion": CDI, "kind": kind, "metadata": metadata, "spec": spec}
