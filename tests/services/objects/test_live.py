# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine against a real API server with objects of our own: everything that a double might answer too kindly."""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.objects import transport
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError, Refused
from services.kube.conftest import Live
from services.objects.conftest import Objects

pytestmark = pytest.mark.services

ROOT = Path(__file__).resolve().parents[3]
Json = dict[str, t.Any]


def named(kind: str, name: str, api_version: str = "v1", namespace: str = "", **rest: t.Any) -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def deployment(namespace: str, replicas: int = 1) -> Json:
    container = {"name": "web", "image": "registry.example.net/web:1"}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return named("Deployment", "web", "apps/v1", namespace, spec=spec)


def crd(kind: str, versions: t.Sequence[str] = ("v1",), **properties: str) -> Json:
    fields = {name: {"type": kind_of} for name, kind_of in {"size": "integer", **properties}.items()}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    served = [
        {"name": name, "served": True, "storage": name == versions[0], "schema": {"openAPIV3Schema": schema}}
        for name in versions
    ]
    plural = f"{kind.lower()}s"
    spec = {
        "group": "toys.example.net",
        "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
        "scope": "Namespaced",
        "versions": served,
    }
    return named("CustomResourceDefinition", f"{plural}.toys.example.net", "apiextensions.k8s.io/v1", spec=spec)


def toy(kind: str, namespace: str, version: str = "v1", **spec: t.Any) -> Json:
    return named(kind, "one", f"toys.example.net/{version}", namespace, spec={"size": 1, **spec})


def kubectl(objects: Objects, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    if not shutil.which("kubectl"):
        pytest.skip("there is no kubectl here")
    command = ["kubectl", "--kubeconfig", objects.kubeconfig, *words]
    env = {**os.environ, "KUBECTL_APPLYSET": "true"}
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=env)


def test_a_release_is_applied_again_changed_by_hand_and_mended(objects: Objects) -> None:
    wanted = [
        toy("Ball", "a"), deployment("a"), crd("Ball"), named("Namespace", "a"),
        named("ServiceAccount", "web", namespace="a"), named("ConfigMap", "web", namespace="a", data={"colour": "red"}),
    ]  # fmt: skip
    planned = objects(wanted, check=True)
    assert [step.split(" (")[0] for step in planned["steps"]] == [
        "create Namespace a", "create CustomResourceDefinition balls.toys.example.net", "create ServiceAccount a/web",
        "create ConfigMap a/web", "create Deployment a/web", "create Ball a/one",
    ]  # fmt: skip
    with pytest.raises(Refused):
        objects.get("/api/v1/namespaces/a")
    assert {one["result"] for one in objects(wanted)["objects"]} == {"created"}
    again = objects(wanted)
    assert (again["changed"], again["steps"], again["diff"]) == (False, [], [])
    patch = {"spec": {"replicas": 5}}
    objects.api.call("PATCH", "/apis/apps/v1/namespaces/a/deployments/web", {"fieldManager": "kubectl-edit"}, patch,
                     "application/merge-patch+json")  # fmt: skip
    planned = objects(wanted, check=True)
    mended = objects(wanted)
    assert planned["steps"] == mended["steps"] == [
        "change Deployment a/web (.spec.replicas was changed by hand with kubectl-edit)"
    ]  # fmt: skip
    assert "replicas: 5" in mended["diff"][0]["before"] and "replicas: 1" in mended["diff"][0]["after"]
    assert mended["diff"] == planned["diff"]
    assert objects(wanted)["changed"] is False


def test_a_conflict_is_named_and_taken_over_by_consent(objects: Objects) -> None:
    objects([named("Namespace", "b"), deployment("b")])
    body = named("Deployment", "web", "apps/v1", "b", spec={"replicas": 7})
    path = "/apis/apps/v1/namespaces/b/deployments/web"
    objects.api.call("PATCH", path, {"fieldManager": "autoscaler", "force": "true"}, body, transport.APPLY)
    with pytest.raises(ObjectsError) as error:
        objects([named("ConfigMap", "new", namespace="b"), deployment("b")])
    assert 'Deployment b/web: .spec.replicas is owned by the field manager "autoscaler"' in str(error.value)
    with pytest.raises(Refused):  # nothing was changed
        objects.get("/api/v1/namespaces/b/configmaps/new")
    consent = {
        "kind": "Deployment",
        "name": "web",
        "namespace": "b",
        "manager": "autoscaler",
        "fields": [".spec.replicas"],
    }
    assert objects([deployment("b")], take_over=[consent])["changed"]
    assert objects.get(path)["spec"]["replicas"] == 1
    assert objects([deployment("b")])["changed"] is False


def test_a_silent_webhook_is_planned_around_and_named(objects: Objects) -> None:
    objects([named("Namespace", "c"), crd("Top"), toy("Top", "c")])
    rule = {"apiGroups": ["toys.example.net"], "apiVersions": ["*"], "operations": ["*"], "resources": ["tops"]}
    hook = {
        "name": "tops.toys.example.net",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": {"service": {"namespace": "c", "name": "tops"}},
        "rules": [rule],
    }
    configuration = named("ValidatingWebhookConfiguration", "tops", "admissionregistration.k8s.io/v1", webhooks=[hook])
    objects([configuration])
    with pytest.raises(ObjectsError, match="Service c/tops: it has no endpoint that is ready"):
        objects([configuration], wait=True, timeout=1)
    wanted = [configuration, toy("Top", "c", size=2)]
    deadline, found = time.monotonic() + 30, {}
    while not found.get("steps"):  # the API server takes a new configuration into account after a moment
        found = objects([configuration, toy("Top", "c")], check=True)
        assert time.monotonic() < deadline
    assert found["steps"][0].startswith("apply Top c/one (not predictable: ")
    assert 'service "tops" not found' in found["steps"][0]
    with pytest.raises(
        ObjectsError, match=r'waited .* for the API server to take Top c/one; .*service "tops" not found'
    ):
        objects(wanted, timeout=2)
    objects([configuration], state="absent")


def test_a_crd_of_the_wrong_version(objects: Objects) -> None:
    objects([named("Namespace", "d"), crd("Kite", ["v1alpha1"])])
    with pytest.raises(
        ObjectsError, match=r"serves Kite of toys.example.net as v1alpha1 only, not as toys.example.net/v1"
    ):
        objects([toy("Kite", "d")])
    changed = crd("Kite", ["v1", "v1alpha1"], length="integer")
    planned = objects([changed, toy("Kite", "d", length=3)], check=True)
    assert "planned without the API server" in planned["steps"][1]
    assert objects([changed, toy("Kite", "d", length=3)])["changed"]
    assert objects.get("/apis/toys.example.net/v1/namespaces/d/kites/one")["spec"] == {"size": 1, "length": 3}
    with pytest.raises(ObjectsError, match=r"Kite d/one .*\.spec\.lenght: field not declared"):
        objects([toy("Kite", "d", lenght=3)])


def test_a_dropped_object_is_pruned_and_kubectl_knows_the_set(objects: Objects) -> None:
    one_set = {"name": "shop", "namespace": "e"}
    space, keep, drop = (
        named("Namespace", "e"),
        named("ConfigMap", "keep", namespace="e"),
        named("Secret", "drop", namespace="e"),
    )
    objects([space, keep, drop], apply_set=one_set)
    parent = objects.get("/api/v1/namespaces/e/configmaps/shop")["metadata"]
    label = f"applyset.kubernetes.io/part-of={parent['labels']['applyset.kubernetes.io/id']}"
    shown = kubectl(objects, "get", "configmap,secret", "-n", "e", "-l", label, "-o", "name")
    assert shown.stdout.split() == ["configmap/keep", "secret/drop"], shown.stderr
    refused = kubectl(
        objects, "apply", "--prune", "--applyset=configmaps/shop", "-n", "e", "-f", "-", given=json.dumps(keep)
    )
    assert "groundup.cloud" in refused.stderr, refused.stdout + refused.stderr
    planned = objects([space, keep], apply_set=one_set, check=True)
    assert "remove Secret e/drop (it is no longer in the definitions)" in planned["steps"]
    assert objects([space, keep], apply_set=one_set)["steps"] == planned["steps"]
    with pytest.raises(Refused):
        objects.get("/api/v1/namespaces/e/secrets/drop")
    assert objects([space, keep], apply_set=one_set)["changed"] is False


def test_the_id_of_a_set_is_the_one_that_kubectl_computes(objects: Objects) -> None:
    objects([named("Namespace", "f")])
    given = json.dumps(named("ConfigMap", "x", namespace="f"))
    done = kubectl(objects, "apply", "--prune", "--applyset=configmaps/theirs", "-n", "f", "-f", "-", given=given)
    assert done.returncode == 0, done.stderr
    with pytest.raises(ObjectsError, match=r"ConfigMap f/theirs: the tool kubectl keeps this set of objects"):
        objects([named("ConfigMap", "x", namespace="f")], apply_set={"name": "theirs", "namespace": "f"})
    path = "/api/v1/namespaces/f/configmaps/theirs"
    patch = {"metadata": {"annotations": {"applyset.kubernetes.io/tooling": None}}}
    objects.api.call("PATCH", path, {}, patch, "application/merge-patch+json")
    consent = {"kind": "ConfigMap", "name": "theirs", "namespace": "f", "manager": "kubectl-applyset"}
    consent["fields"] = [".metadata"]  # type: ignore[assignment]
    # Our parent has the label and the kinds that kubectl wrote, and its member is ours to prune.
    found = objects([named("ConfigMap", "y", namespace="f")], apply_set={"name": "theirs", "namespace": "f"},
                    take_over=[consent])  # fmt: skip
    assert "remove ConfigMap f/x (it is no longer in the definitions)" in found["steps"]


def _apply(objects: Objects, wanted: list[Json]) -> None:
    objects(wanted, apply_set={"name": "killed", "namespace": "g"})


def test_a_killed_run_is_taken_up(objects: Objects) -> None:
    objects([named("Namespace", "g")])
    many = [named("ConfigMap", f"n{number}", namespace="g") for number in range(300)]
    process = multiprocessing.get_context("fork").Process(target=_apply, args=(objects, many))
    process.start()
    deadline, there = time.monotonic() + 60, 0
    while there < 20 and process.is_alive() and time.monotonic() < deadline:
        there = len(objects.get("/api/v1/namespaces/g/configmaps")["items"])
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    there = len(objects.get("/api/v1/namespaces/g/configmaps")["items"])
    assert 0 < there < 301, "the run was not killed in the middle"
    _apply(objects, many[290:])
    names = [one["metadata"]["name"] for one in objects.get("/api/v1/namespaces/g/configmaps")["items"]]
    assert names == ["killed", *(f"n{number}" for number in range(290, 300))]


def test_the_module_shows_no_value_of_a_secret(objects: Objects, tmp_path: Path) -> None:
    value, encoded = "hunter-two-and-more", base64.b64encode(b"hunter-two-and-more").decode()
    wanted = [named("Namespace", "h"), named("Secret", "login", namespace="h", stringData={"password": value})]
    bad = [named("Secret", "login", namespace="h", stringData={"password": value}, data={"other": 5})]
    login = {"kubeconfig": objects.kubeconfig}
    tasks = [
        {"groundup.cloud.kubernetes_objects": {**login, "definition": given}, "check_mode": check}
        for given, check in ((wanted, True), (wanted, False), (bad, False))
    ]
    file = tmp_path / "play.yml"
    file.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    command = ["ansible-playbook", "-vvv", "--diff", "-e", f"ansible_python_interpreter={sys.executable}", str(file)]
    env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_STDOUT_CALLBACK": "default"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    assert done.returncode == 2 and re.search(r"ok=2 +changed=2 .*failed=1", text), text
    assert text.count("create Secret h/login") >= 2, "check mode and the change itself"
    assert value not in text and encoded not in text


def test_no_server_no_rights_and_no_ca(objects: Objects, live: Live, tmp_path: Path) -> None:
    config = yaml.safe_load(Path(objects.kubeconfig).read_text())
    del config["clusters"][0]["cluster"]["certificate-authority-data"]
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump(config))
    with pytest.raises(ObjectsError, match="give the CA of this cluster as ca_cert"):
        objects([named("Namespace", "i")], kubeconfig=str(file))
    with pytest.raises(ObjectsError, match="does not answer"):
        objects([named("Namespace", "i")], host="https://127.0.0.1:1", timeout=1)
    with pytest.raises(ObjectsError, match=r"does not accept these credentials|give this user the right|forbidden"):
        objects([named("Namespace", "i")], host=live.kubeconfig.server, api_key="nobody",
                ca_cert=str(live.root / "etc/kubernetes/pki/ca.crt"))  # fmt: skip
