# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers kubevirt and cdi on a real API server, and doubles of their operators there."""

from __future__ import annotations

import copy
import threading
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import catalog, kubevirt_layer
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError, Refused
from ansible_collections.groundup.cloud.plugins.module_utils.objects.live import get
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.objects.conftest import Reads, controller, directory, finalize_namespaces

Params = dict[str, t.Any]
MERGE = "application/merge-patch+json"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
KUBEVIRT = kubevirt_layer.OPERATED.path
CDI = "/apis/cdi.kubevirt.io/v1beta1/cdis/cdi"
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
ENTRIES = {
    role: [{"name": role, "role": f"groundup.cloud.{role}", "input": f"{role}_config"}] for role in ("kubevirt", "cdi")
}


@dataclass
class Layer(Reads):
    """The action of one of the layers on the server."""

    role: str
    kubeconfig: str
    api: Https
    config: Params

    def __call__(self, *, check: bool = False, **changes: t.Any) -> Params:
        names = ("present", "wait", "timeout", "consents")
        options = {"present": True, "wait": False, "timeout": 60, **{n: changes.pop(n) for n in names if n in changes}}
        params = {**copy.deepcopy(self.config), **changes}
        return catalog.LAYERS[self.role].perform(params, {"kubeconfig": self.kubeconfig}, check=check, **options)

    def probe(self, present: bool = True, **changes: t.Any) -> list[str]:
        inputs = {f"{self.role}_config": {**self.config, **changes}}
        absent = () if present else (self.role,)
        found = catalog.probe(ENTRIES[self.role], inputs, {"kubeconfig": self.kubeconfig}, absent=absent)
        steps: list[str] = found["steps"][self.role]
        return steps

    def patch(self, path: str, body: Params) -> None:
        self.api.call("PATCH", path, body=body, content=MERGE)


def upstreams(project: str, name: str) -> Path:
    return directory(project) / "manifests" / name


def definitions(path: Path) -> t.Iterator[Params]:
    yield from (
        one for one in yaml.safe_load_all(path.read_text()) if one and one["kind"] == "CustomResourceDefinition"
    )


def serve(api: Https, *paths: Path, manager: str = "") -> None:
    """Let the server serve kinds of upstream, as made by an operator where one is named."""
    for one in (one for path in paths for one in definitions(path)):
        if manager:
            one["metadata"].setdefault("labels", {})["app.kubernetes.io/managed-by"] = manager
        if get(api, f"{CRDS}/{one['metadata']['name']}") is None:
            api.call("POST", CRDS, body=one)
        served(api, one)


def served(api: Https, crd: Params) -> None:
    version = next(one["name"] for one in crd["spec"]["versions"] if one["served"])
    path = f"/apis/{crd['spec']['group']}/{version}/{crd['spec']['names']['plural']}"
    for __ in range(200):
        try:
            if get(api, path) is not None:
                return
        except Refused:  # the server prepares the kind
            pass
        threading.Event().wait(0.1)
    raise AssertionError(f"{path} is not served")


def report(layer: Layer, path: str, **status: t.Any) -> None:
    """What an operator reports of its object."""
    conditions = [
        {"type": name, "status": value, "reason": "Test", "message": "all components are ready"}
        for name, value in (("Available", "True"), ("Progressing", "False"), ("Degraded", "False"))
    ]
    generation = layer.get(path)["metadata"]["generation"]
    status = {"phase": "Deployed", "conditions": conditions, **status}
    if path == KUBEVIRT:
        status["observedGeneration"] = generation
    body = {"status": status}
    try:
        layer.patch(f"{path}/status", body)
    except ObjectsError:  # a kind without the subresource
        layer.patch(path, body)


def deployed(layer: Layer, space: str, name: str, replicas: int) -> None:
    """What the controller of Deployments reports of one that runs."""
    path = f"/apis/apps/v1/namespaces/{space}/deployments/{name}"
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    status = {**dict.fromkeys(counts, replicas), "observedGeneration": layer.get(path)["metadata"]["generation"]}
    layer.patch(f"{path}/status", {"status": status})


@contextmanager
def operator(layer: Layer, path: str, finalizer: str, kinds: t.Iterable[Path]) -> t.Iterator[list[str]]:
    """A double of an operator, and of the controller of namespaces. Yields what it saw when the object went."""
    seen: list[str] = []
    made = [one["metadata"]["name"] for kind in kinds for one in definitions(kind)]

    def act() -> None:
        live = get(layer.api, path)
        if live is not None and live["metadata"].get("deletionTimestamp"):
            seen.append(str(live["spec"]["uninstallStrategy"]))
            for name in made:
                if get(layer.api, f"{CRDS}/{name}") is not None:
                    layer.api.call("DELETE", f"{CRDS}/{name}")
            layer.patch(path, {"metadata": {"finalizers": None}})
        finalize_namespaces(layer.api)

    layer.patch(path, {"metadata": {"finalizers": [finalizer]}})
    with controller(act, 0.1):
        yield seen


def webhook(api: Https, name: str, manager: str) -> None:
    """A webhook that an operator left."""
    metadata = {"name": name, "labels": {"app.kubernetes.io/managed-by": manager}}
    body = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    api.call("POST", WEBHOOKS, body={**body, "metadata": metadata})
