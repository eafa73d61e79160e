# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents become definitions, or an error that names the place."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.objects import stages
from ansible_collections.groundup.cloud.plugins.module_utils.objects.discovery import Discovery
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.manifests import Definition, of_file, of_text
from ansible_collections.groundup.cloud.plugins.module_utils.objects.stages import Stage
from ansible_collections.groundup.cloud.plugins.module_utils.objects.wanted import resolve
from unit.objects.double import Json, Server, config_map, crd, namespace, toy

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def bodies(text: str) -> list[Json]:
    return [one.body for one in of_text(text, "x.yaml")]


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (HEAD + "spec:\n  cephfs:\n    # comments only\n  rbd: {a: 1}\n", {"spec": {"rbd": {"a": 1}}}),
        (HEAD + "status: {phase: x}\n", {}),
        (
            HEAD.replace(
                "name: a", "name: a, creationTimestamp: null, uid: x, resourceVersion: '1', managedFields: []"
            ),
            {},
        ),
        (HEAD + "since: 2026-11-28\n", {"since": "2026-11-28"}),
        ('{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}', {}),
        ("---\n---\n" + HEAD + "---\n# nothing\n", {}),
    ],
    ids=["null", "status", "written by the server", "date", "json", "empty documents"],
)
def test_what_a_document_becomes(text: str, body: Json) -> None:
    assert bodies(text) == [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, **body}]


def test_lists_are_replaced_by_their_items() -> None:
    item = "{apiVersion: v1, kind: Secret, metadata: {name: b}}"
    text = f"apiVersion: v1\nkind: List\nitems: [{item}, {{kind: List, apiVersion: v1, items: [{item}]}}]\n"
    assert [one["kind"] for one in bodies(text)] == ["Secret", "Secret"]
    [found] = of_text("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleList\nitems: [{metadata: {name: r}}]\n", "x")
    assert (found.api_version, found.kind, found.where) == (
        "rbac.authorization.k8s.io/v1", "Role", "x, document 1, item 1"
    )  # fmt: skip


def test_texts_of_a_secret_become_data() -> None:
    text = HEAD.replace("ConfigMap", "Secret") + "data: {a: Yg==}\nstringData: {c: d, a: e}\n"
    assert bodies(text)[0]["data"] == {"a": "ZQ==", "c": "ZA=="}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: [", r"x.yaml: line \d: not YAML"),
        ("- a", "x.yaml, document 1: a document is an object with apiVersion and kind, not list"),
        ("kind: Pod\nmetadata: {name: a}", "document 1: apiVersion is missing"),
        ("apiVersion: v1\nmetadata: {name: a}", "document 1: kind is missing"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}", "generateName can't be applied again"),
        ("apiVersion: v1\nkind: Pod", "Pod without metadata.name. Give the object a name"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: 1}", "metadata.name of Pod is not a text"),
        (HEAD + "data:\n  key:\n", "ConfigMap.data.key has no value"),
        (HEAD + "list: [1, null]", r"ConfigMap.list\[1\] has no value"),
        (HEAD + "data: {1: x}", "the key 1 is not a text"),
        (HEAD.replace("ConfigMap", "Secret") + "stringData: {a: 1}", "Secret.stringData.a is not a text"),
        (HEAD + "---\n- 1\n---\n- 2\n", r"(?s)2 errors:.*document 2.*document 3"),
    ],
)
def test_what_is_refused(text: str, error: str) -> None:
    with pytest.raises(ObjectsError, match=error):
        of_text(text, "x.yaml")


def test_a_line_that_is_not_yaml_is_not_quoted() -> None:
    with pytest.raises(ObjectsError) as error:
        of_text("password: 'hunter-one\n", "x.yaml")
    assert "hunter" not in str(error.value)


def test_files_of_a_directory_by_name(tmp_path: pathlib.Path) -> None:
    for name in ("b.yaml", "a.json", "c.txt"):
        (tmp_path / name).write_text(HEAD.replace("name: a", f"name: from-{name[0]}"))
    assert [one.name for one in of_file(tmp_path)] == ["from-a", "from-b"]
    (tmp_path / "none").mkdir()
    with pytest.raises(ObjectsError, match="there is no file"):
        of_file(tmp_path / "none")


@pytest.mark.parametrize(
    ("api_version", "kind", "stage"),
    [
        ("v1", "Namespace", Stage.NAMESPACES),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", Stage.DEFINITIONS),
        ("v1", "ServiceAccount", Stage.CONFIGURATION),
        ("v1", "Service", Stage.CONFIGURATION),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", Stage.CONFIGURATION),
        ("storage.k8s.io/v1", "StorageClass", Stage.CONFIGURATION),
        ("apps/v1", "DaemonSet", Stage.WORKLOADS),
        ("batch/v1", "Job", Stage.WORKLOADS),
        ("v1", "Pod", Stage.WORKLOADS),
        ("policy/v1", "PodDisruptionBudget", Stage.WORKLOADS),
        ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", Stage.ADMISSION),
        ("apiregistration.k8s.io/v1", "APIService", Stage.ADMISSION),
        ("gateway.networking.k8s.io/v1", "Gateway", Stage.CUSTOM),
        ("ceph.rook.io/v1", "CephCluster", Stage.CUSTOM),
    ],
)
def test_stages_follow_from_kinds(api_version: str, kind: str, stage: Stage) -> None:
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}
    assert stages.of(Definition(body, "x")) is stage
    body["metadata"] = {"name": "a", "annotations": {stages.OVERRIDE: "workloads"}}
    assert stages.of(Definition(body, "x")) is Stage.WORKLOADS


def test_an_unknown_stage_is_refused() -> None:
    one = config_map("a")
    one["metadata"]["annotations"] = {stages.OVERRIDE: "later"}
    with pytest.raises(ObjectsError, match="there is no stage later; name one of namespaces, definitions"):
        stages.of(Definition(one, "x"))


@pytest.mark.parametrize(
    ("objects", "error"),
    [
        ([config_map("a"), config_map("a", "shop")], "ConfigMap shop/a is defined twice: at 0 and at 1"),
        ([namespace(), {**namespace(), "metadata": {"name": "shop", "namespace": "x"}}], "shop is defined twice"),
        ([{**config_map("a"), "kind": "ConfigMaps"}], "there is no kind ConfigMaps in v1; did you mean ConfigMap?"),
        ([{**config_map("a"), "apiVersion": "apps/v1"}], "in apps/v1; did you mean apiVersion v1?"),
        ([toy()], "nor any other of the group toys.example.net; apply its CRD first, or together"),
        ([crd(version="v2"), toy()], "nor any other of the group toys.example.net"),
    ],
)  # fmt: skip
def test_definitions_that_have_no_place(objects: list[Json], error: str) -> None:
    definitions = [Definition(body, f"at {number}") for number, body in enumerate(objects)]
    with pytest.raises(ObjectsError, match=error):
        resolve(definitions, Discovery(Server()), "shop")


def test_namespaces_are_given_and_taken_away() -> None:
    one, other = config_map("a"), namespace("b")
    del one["metadata"]["namespace"]
    other["metadata"]["namespace"] = "x"
    found = resolve([Definition(one, "1"), Definition(other, "2")], Discovery(Server()), "shop")
    assert [wanted.path for wanted in found] == ["/api/v1/namespaces/b", "/api/v1/namespaces/shop/configmaps/a"]
    assert "namespace" not in found[0].body["metadata"]
