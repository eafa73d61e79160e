# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cdi: disk images into volumes, by the Containerized Data Importer.

(github.com/kubevirt/containerized-data-importer)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..objects.manifests import Definition, of_objects
from ..objects.patches import ABSENT, Patch, patched
from .operated import Operated
from .placement import placement, tolerations
from .quantities import canonical
from .upstream import definitions, refuse

Params = Mapping[str, Any]
Json = dict[str, Any]
ROLE, NAMESPACE, NAME = "cdi", "cdi", "cdi"
VERSION = "1.66.0"
MANIFEST = "cdi"
_REGISTRY = "quay.io/kubevirt"
#: Variable of the operator -> the image that it deploys by that (pkg/operator/controller/controller.go).
COMPONENTS = {
    "CONTROLLER_IMAGE": "cdi-controller",
    "IMPORTER_IMAGE": "cdi-importer",
    "CLONER_IMAGE": "cdi-cloner",
    "OVIRT_POPULATOR_IMAGE": "cdi-importer",
    "APISERVER_IMAGE": "cdi-apiserver",
    "UPLOAD_SERVER_IMAGE": "cdi-uploadserver",
    "UPLOAD_PROXY_IMAGE": "cdi-uploadproxy",
}
IMAGES = tuple(f"{_REGISTRY}/{name}:v{VERSION}" for name in ("cdi-operator", *dict.fromkeys(COMPONENTS.values())))
#: See :data:`.kubevirt_objects.WANTED`.
WANTED = "groundup.cloud/version"
#: MiB of memory that a pod which writes an image may have. With upstream's 600M, those on slow storage are ended, and
#: fail for ever after that (Harvester 1.9, upgrade notes).
MEMORY, LEAST_MEMORY = 2048, 600
#: Removing CDI is refused by itself while there are DataVolumes.
BLOCK = "BlockUninstallIfWorkloadsExist"
OPERATED = Operated(
    role=ROLE,
    place=ROLE,
    path=f"/apis/cdi.kubevirt.io/v1beta1/cdis/{NAME}",
    name=f"CDI {NAME}",
    observed="observedVersion",
    target="targetVersion",
    users={
        "cdi.kubevirt.io/v1beta1/datavolumes": "DataVolume",
        "cdi.kubevirt.io/v1beta1/dataimportcrons": "DataImportCron",
        "cdi.kubevirt.io/v1beta1/datasources": "DataSource",
    },
    manager="cdi-operator",
    lost="Volumes that DataVolumes own are removed with them, and so is what is on them.",
)
_OPERATOR = ("Deployment", "cdi-operator")
_CONTAINER = ("spec", "template", "spec", "containers", {"name": "cdi-operator"})
_CLASS = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def check(params: Params) -> None:
    """Check the input.

    :raises ClusterLayerError: with everything that is wrong.
    """
    refuse(_wrong(params))


def _wrong(params: Params) -> Iterator[str]:
    if not params.get("cloud"):
        yield f"{ROLE}_config.cloud: is missing; give the cloud's name, which consents to a removal"
    if int(params.get("memory") or MEMORY) < LEAST_MEMORY:
        yield f"{ROLE}_config.memory: {params['memory']} MiB are too little for upstream's own pods; give {MEMORY}"
    if int(params.get("replicas") or 1) < 1:
        yield f"{ROLE}_config.replicas: {params['replicas']} is not at least 1"
    name = str(params.get("scratch_storage_class") or "")
    if name and not _CLASS.fullmatch(name):
        yield f"{ROLE}_config.scratch_storage_class: {name} is no name of a storage class"


def wanted(_params: Params) -> str:
    """The version that an input wants: there is one."""
    return VERSION


def render(params: Params) -> list[Definition]:
    """The definitions that the role's input means.

    :raises ClusterLayerError: a value is wrong, with the remedy.
    """
    check(params)
    return [*upstream(params), *of_objects([_cdi(params)], f"{ROLE}_config")]


def upstream(params: Params) -> list[Definition]:
    """The operator, as patched."""
    return patched(definitions(ROLE, params.get("manifest") or {}), _patches(params))


def _patches(params: Params) -> Iterator[Patch]:
    reason = "the manifest is that of this version, and names the images that the bundle has"
    image = f"{_REGISTRY}/cdi-operator:v{VERSION}"
    yield Patch(*_OPERATOR, (*_CONTAINER, "image"), image, image, reason)
    named = {name: f"{_REGISTRY}/{value}:v{VERSION}" for name, value in COMPONENTS.items()}
    for name, value in {"OPERATOR_VERSION": f"v{VERSION}", **named}.items():
        yield Patch(*_OPERATOR, (*_CONTAINER, "env", {"name": name}, "value"), value, value, reason)
    if found := tolerations(params):
        path = ("spec", "template", "spec", "tolerations")
        yield Patch(*_OPERATOR, path, ABSENT, found, "it runs on the nodes of virtual machines")


def _cdi(params: Params) -> Json:
    replicas = int(params.get("replicas") or 2)
    nodes = placement(params)
    memory = int(params.get("memory") or MEMORY)
    config: Json = {
        # A volume is made where its virtual machine starts, not where its image was written.
        "featureGates": ["HonorWaitForFirstConsumer"],
        "podResourceRequirements": {
            "requests": {"cpu": "100m", "memory": "60M"},
            "limits": {"cpu": "750m", "memory": canonical(f"{memory}Mi")},
        },
    }
    for key, name in (("scratch_storage_class", "scratchSpaceStorageClass"), ("upload_url", "uploadProxyURLOverride")):
        if params.get(key):
            config[name] = str(params[key])
    spec = {
        "imagePullPolicy": "IfNotPresent",
        "uninstallStrategy": BLOCK,
        "config": config,
        "infra": {
            **nodes,
            "deploymentReplicas": replicas,
            "apiServerReplicas": replicas,
            "uploadProxyReplicas": replicas,
        },
        "workload": nodes,
    }
    metadata = {"name": NAME, "annotations": {WANTED: f"v{VERSION}"}}
    return {"apiVersion": "cdi.kubevirt.io/v1beta1", "kind": "CDI", "metadata": metadata, "spec": spec}
