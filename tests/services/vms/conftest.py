# SPDX-License-Identifier: GPL-3.0-or-later
"""A real API server with KubeVirt's own CRDs, and doubles of KubeVirt's controllers and API server behind it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import connect
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError, Refused
from services.kube.conftest import bundle, credentials, live, programs  # noqa: F401  fixtures
from services.objects.conftest import (  # noqa: F401  fixtures
    Objects,
    _client,
    api,
    directory,
    kubeconfig,
    objects,
)
from services.vms.double_api import ApiDouble
from services.vms.double_controller import CORE, RUNNING, Controllers
from services.vms.double_network import NetworkControllers
from services.vms.double_storage import StorageControllers

Json = dict[str, t.Any]
ROOT = Path(__file__).resolve().parents[3]
MERGE = "application/merge-patch+json"
CRDS = ("virtualmachineinstances", "virtualmachineinstancemigrations", "virtualmachines")


def crds(objects: Objects, groups: t.Iterable[str]) -> None:  # noqa: F811
    files = [
        path
        for path in sorted((directory("kubevirt-v1.9") / "crds").glob("*.yaml"))
        if path.stem.split(".", 1)[1] in groups
    ]
    assert files
    objects(src=[str(path) for path in files], wait=True)


def module(name: str, *options: Json) -> list[Json]:
    """What a module returns for each of these options, one after another, when Ansible runs it.

    One run for all of them: to start Ansible and to pack the module costs more than the module does.
    """
    play = {"hosts": "localhost", "gather_facts": False, "ignore_errors": True}
    env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([{**play, "tasks": [{f"groundup.cloud.{name}": one} for one in options]}], file)
        file.flush()
        done = subprocess.run(
            ["ansible-playbook", file.name], capture_output=True, text=True, check=False, cwd=ROOT,
            env={**env, "ANSIBLE_STDOUT_CALLBACK": "minimal", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
        )  # fmt: skip
    found = [part.partition(" => ") for part in f"\n{done.stdout}".split("\nlocalhost | ")[1:]]
    assert len(found) == len(options), done.stdout + done.stderr
    decode = json.JSONDecoder().raw_decode
    return [{"failed": "FAILED" in head, **decode(text)[0]} for head, __, text in found]


def attachments(objects: Objects) -> None:  # noqa: F811
    """Serve the kind of Multus' attachments, of upstream's manifest."""
    text = (directory("multus-cni") / "manifests/multus-daemonset-thick.yml").read_text()
    found = [one for one in yaml.safe_load_all(text) if one and one["kind"] == "CustomResourceDefinition"]
    assert found
    objects(found, wait=True)


class Cloud:
    """The cluster of a test module, and what tests do in it by hand."""

    def __init__(self, objects: Objects, double: ApiDouble, controllers: Controllers) -> None:  # noqa: F811
        self.objects, self.double, self.controllers = objects, double, controllers
        self.api, self.kubeconfig = objects.api, objects.kubeconfig

    def get(self, path: str) -> Json | None:
        try:
            return self.api.call("GET", path)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def post(self, path: str, body: Json) -> Json:
        return self.api.call("POST", path, None, body)

    def patch(self, path: str, body: Json) -> Json:
        return self.api.call("PATCH", path, None, body, MERGE)

    def space(self, name: str) -> None:
        self.post("/api/v1/namespaces", {"metadata": {"name": name}})
        account = {"metadata": {"name": "default", "namespace": name}}
        self.post(f"/api/v1/namespaces/{name}/serviceaccounts", account)

    def node(self, name: str) -> None:
        self.post("/api/v1/nodes", {"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}})

    def pod(self, space: str, name: str, node: str, owner: str = "ReplicaSet", **more: t.Any) -> Json:
        owners = [{"apiVersion": "apps/v1", "kind": owner, "name": "of", "uid": "1-2-3", "controller": True}]
        metadata = {"name": name, "labels": {"app": name}, "ownerReferences": owners if owner else []}
        spec = {"nodeName": node, "containers": [{"name": "c", "image": "i"}], **more}
        made = self.post(f"/api/v1/namespaces/{space}/pods", {"metadata": metadata, "spec": spec})
        return self.patch(f"/api/v1/namespaces/{space}/pods/{made['metadata']['name']}/status", RUNNING)

    def pods(self, space: str) -> dict[str, str]:
        """Names and nodes."""
        found = self.controllers.all(f"/api/v1/namespaces/{space}/pods")
        return {one["metadata"]["name"]: one["spec"].get("nodeName", "") for one in found}

    def budget(self, space: str, app: str, allowed: int) -> None:
        """A PodDisruptionBudget, with the status that the disruption controller would write."""
        spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": app}}}
        path = f"/apis/policy/v1/namespaces/{space}/poddisruptionbudgets"
        made = self.post(path, {"metadata": {"name": app}, "spec": spec})
        self.allow(space, app, allowed, made["metadata"]["generation"])

    def allow(self, space: str, app: str, allowed: int, generation: int = 1) -> None:
        status = {"disruptionsAllowed": allowed, "observedGeneration": generation}
        status |= {"currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}
        self.patch(f"/apis/policy/v1/namespaces/{space}/poddisruptionbudgets/{app}/status", {"status": status})

    def vm(self, space: str, name: str, strategy: str = "Always", fault: str = "", **spec: t.Any) -> Json:
        """A VirtualMachine; it is not waited for."""
        domain = {"domain": {"devices": {}}, "evictionStrategy": "LiveMigrate", **spec}
        template = {"metadata": {"annotations": {"fault": fault}}, "spec": domain}
        body = {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachine",
            "metadata": {"name": name},
            "spec": {"runStrategy": strategy, "template": template},
        }
        return self.post(f"{CORE}/namespaces/{space}/virtualmachines", body)

    def vmi(self, space: str, name: str) -> Json | None:
        return self.get(f"{CORE}/namespaces/{space}/virtualmachineinstances/{name}")

    def running(self, space: str, *names: str) -> None:
        """Wait until VMs run."""
        self.until(
            lambda: all((self.vmi(space, one) or {}).get("status", {}).get("phase") == "Running" for one in names)
        )

    def condition(self, space: str, name: str, kind: str, status: str, reason: str = "", message: str = "") -> None:
        vmi = self.vmi(space, name)
        assert vmi is not None
        new = {"type": kind, "status": status, "reason": reason, "message": message}
        others = [one for one in vmi["status"]["conditions"] if one["type"] != kind]
        path = f"{CORE}/namespaces/{space}/virtualmachineinstances/{name}"
        self.patch(path, {"status": {"conditions": [*others, new]}})

    def until(self, true: t.Callable[[], bool], seconds: float = 240) -> None:
        ended = self.controllers._ended
        for __ in range(int(seconds * 10)):
            if true():
                return
            ended.wait(0.1)
        raise AssertionError(self.controllers.errors[-3:])


@pytest.fixture(scope="module")
def cloud(objects: Objects, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cloud]:  # noqa: F811
    crds(objects, ("kubevirt.io", "snapshot.kubevirt.io", "clone.kubevirt.io"))
    double = ApiDouble(connect({"kubeconfig": objects.kubeconfig}, {}), tmp_path_factory.mktemp("double"))
    double.register(objects)
    controllers = Controllers(connect({"kubeconfig": objects.kubeconfig}, {}))
    found = Cloud(objects, double, controllers)
    controllers.more += [StorageControllers(controllers).round, NetworkControllers(controllers).round]
    for name in ("node1", "node2", "node3"):
        found.node(name)
    controllers.start()
    found.until(lambda: served(found))
    yield found
    controllers.stop()
    double.close()


def served(cloud: Cloud) -> bool:
    """Whether the API server passes calls on to the double."""
    try:
        return cloud.get("/apis/subresources.kubevirt.io/v1") is not None
    except ObjectsError:
        return False
