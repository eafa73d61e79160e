# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_example: one application of a virtual machine and of pods, under one policy, behind one Service.

The virtual machine holds the database, on a disk that is made of a golden image; pods are the front end, and the policy
lets nobody but these reach the database. All objects are what a user would write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..objects.manifests import Definition, of_objects
from ..objects.protected import HOLDS_DATA
from . import instance_types, vm_example_programs
from .quantities import canonical
from .upstream import refuse
from .vm_example_programs import DATABASE_PORT, FRONT_PORT
from .vm_images_input import NAMESPACE as IMAGES
from .vm_images_input import meant, size_fault

Params = Mapping[str, Any]
Json = dict[str, Any]
ROLE = "vm_example"
#: The namespace is the example's own, and goes with it.
NAMESPACE = "groundup-example"
DATABASE, FRONT, SECRET = "database", "front", "database-user-data"
NODE_PORT, BALANCED = "NodePort", "LoadBalancer"
_LABEL = "app"


def check(params: Params) -> None:
    """Check the input.

    :raises ClusterLayerError: with everything that is wrong.
    """
    refuse(_wrong(params))


def _wrong(params: Params) -> Iterator[str]:
    if not params.get("image"):
        yield f"{ROLE}_config.image: is missing; give the name of a golden image with Linux and cloud-init"
    if problem := size_fault(str(params.get("size") or "")):
        yield f"{ROLE}_config.size: {problem}; give the size of the disk, at least that of the image, such as 10Gi"
    for key, known in (
        ("instance_type", instance_types.KNOWN_TYPES),
        ("preference", instance_types.KNOWN_PREFERENCES),
    ):
        value = str(params.get(key) or "")
        if value and value not in known:
            yield f"{ROLE}_config.{key}: {value} is no {key.replace('_', ' ')}; {meant(value, known)}"
    if instance_types.is_windows(str(params.get("preference") or "")):
        yield (
            f"{ROLE}_config.preference: {params['preference']} is for Windows, in which no cloud-init starts the "
            "database; name an image with Linux, and its preference"
        )
    replicas = params.get("replicas")
    if replicas is not None and int(replicas) < 1:
        yield f"{ROLE}_config.replicas: {replicas} is not at least 1"


def images_namespace(params: Params) -> str:
    """Where the golden images are."""
    return str(params.get("images_namespace") or IMAGES)


def render(params: Params) -> list[Definition]:
    """The definitions that the role's input means.

    :raises ClusterLayerError: a value is wrong, with the remedy.
    """
    check(params)
    found = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        _object("v1", "Secret", SECRET, {"stringData": {"userdata": vm_example_programs.user_data()}}),
        _virtual_machine(params),
        _deployment(params),
        _service(DATABASE, DATABASE_PORT, DATABASE_PORT, "ClusterIP"),
        _service(FRONT, 80, FRONT_PORT, str(params.get("service") or NODE_PORT)),
        _policy(),
    ]
    return of_objects(found, f"{ROLE}_config")


def _virtual_machine(params: Params) -> Json:
    storage: Json = {"resources": {"requests": {"storage": canonical(str(params["size"]))}}}
    if params.get("storage_class"):
        storage["storageClassName"] = str(params["storage_class"])
    source = {"kind": "DataSource", "name": str(params["image"]), "namespace": images_namespace(params)}
    root = f"{DATABASE}-root"
    ready = {"httpGet": {"path": "/ready", "port": DATABASE_PORT}, "periodSeconds": 10, "timeoutSeconds": 5}
    spec = {
        "runStrategy": "Always",
        "instancetype": _named(instance_types.TYPE, params.get("instance_type") or "general.small"),
        "preference": _named(instance_types.PREFERENCE, params.get("preference") or instance_types.LINUX),
        "dataVolumeTemplates": [{"metadata": {"name": root}, "spec": {"sourceRef": source, "storage": storage}}],
        "template": {
            "metadata": {"labels": {_LABEL: DATABASE}},
            "spec": {
                "domain": {"devices": {}},
                "readinessProbe": ready,
                "volumes": [
                    {"name": "root", "dataVolume": {"name": root}},
                    {"name": "init", "cloudInitNoCloud": {"secretRef": {"name": SECRET}}},
                ],
            },
        },
    }
    found = _object("kubevirt.io/v1", "VirtualMachine", DATABASE, {"spec": spec})
    # What it holds is a number of visits, which nobody misses: a removal of the example wants no consent.
    found["metadata"]["annotations"] = {HOLDS_DATA: "false"}
    return found


def _named(kind: str, name: object) -> Json:
    return {"kind": kind, "name": str(name)}


def _deployment(params: Params) -> Json:
    programs = {"PAGE": vm_example_programs.PAGE, "READY": vm_example_programs.READY, "DATABASE": DATABASE}
    env: list[Json] = [{"name": name, "value": value} for name, value in programs.items()]
    for name, path in (("POD", "metadata.name"), ("NODE", "spec.nodeName")):
        env.append({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}})
    container = {
        "name": FRONT,
        "image": str(params.get("front_image") or "groundup.cloud/probe:1"),
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", vm_example_programs.SERVE],
        "env": env,
        "ports": [{"containerPort": FRONT_PORT}],
        "readinessProbe": {
            "httpGet": {"path": "/cgi-bin/ready", "port": FRONT_PORT},
            "periodSeconds": 5,
            "timeoutSeconds": 15,
        },
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": {
            "runAsUser": 65534,
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    labels = {_LABEL: FRONT}
    pods = {"automountServiceAccountToken": False, "terminationGracePeriodSeconds": 5, "containers": [container]}
    spec = {
        "replicas": int(params.get("replicas") or 2),
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pods},
    }
    return _object("apps/v1", "Deployment", FRONT, {"spec": spec})


def _service(name: str, port: int, target: int, kind: str) -> Json:
    spec = {"type": kind, "selector": {_LABEL: name}, "ports": [{"name": "http", "port": port, "targetPort": target}]}
    return _object("v1", "Service", name, {"spec": spec})


def _policy() -> Json:
    """Nobody but the front end reaches the database. It selects a virtual machine as it selects pods."""
    spec = {
        "podSelector": {"matchLabels": {_LABEL: DATABASE}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"podSelector": {"matchLabels": {_LABEL: FRONT}}}],
                "ports": [{"protocol": "TCP", "port": DATABASE_PORT}],
            }
        ],
    }
    return _object("networking.k8s.io/v1", "NetworkPolicy", DATABASE, {"spec": spec})


def _object(version: str, kind: str, name: str, body: Json) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, **body}
