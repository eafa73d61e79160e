# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of objects: pruning, what is left without consent, and runs that were killed."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Mapping

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.objects import protected
from ansible_collections.groundup.cloud.plugins.module_utils.objects.applyset import ApplySet
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError, Refused
from ansible_collections.groundup.cloud.plugins.module_utils.objects.protected import Consent
from ansible_collections.groundup.cloud.plugins.module_utils.objects.wanted import Key
from unit.objects.double import Server, config_map, crd, namespace, toy
from unit.objects.test_engine import SET, SHOP, rows, run

PARENT = f"{SHOP}/configmaps/shop"
KINDS = "applyset.kubernetes.io/contains-group-kinds"
SPACES = "applyset.kubernetes.io/additional-namespaces"


def annotations(server: Server) -> Mapping[str, str]:
    found: Mapping[str, str] = server.objects[PARENT]["metadata"]["annotations"]
    return found


def test_ids_are_those_of_kubectl() -> None:
    """KEP-3659: base64url, without padding, of the sha256 of <name>.<namespace>.<kind>.<group>."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"shop.shop.ConfigMap.").digest()).decode().rstrip("=")
    assert SET.id == f"applyset-{digest}-v1"


def test_the_parent_names_kinds_and_namespaces() -> None:
    server = Server()
    run(server, namespace(), namespace("b"), config_map("a"), config_map("a", "b"), crd(), toy(), apply_set=SET)
    assert annotations(server) == {
        "applyset.kubernetes.io/tooling": "groundup.cloud/v1.0.0",
        KINDS: "ConfigMap,CustomResourceDefinition.apiextensions.k8s.io,Namespace,Toy.toys.example.net",
        SPACES: "b",
    }
    assert server.objects[PARENT]["metadata"]["labels"] == {"applyset.kubernetes.io/id": SET.id}
    assert server.objects[f"{SHOP}/configmaps/a"]["metadata"]["labels"] == {"applyset.kubernetes.io/part-of": SET.id}
    server.calls.clear()
    found = run(server, namespace(), namespace("b"), config_map("a"), config_map("a", "b"), crd(), toy(), apply_set=SET)
    assert (found["steps"], server.writes()) == ([], [])


def test_a_dropped_object_is_pruned_and_shown_before() -> None:
    server = Server()
    run(server, namespace(), config_map("a"), config_map("b"), apply_set=SET)
    server.objects[f"{SHOP}/configmaps/other"] = config_map("other")  # of nobody's set
    wanted = (namespace(), config_map("a"))
    plan = run(server, *wanted, apply_set=SET, check=True)
    assert plan["steps"] == ["remove ConfigMap shop/b (it is no longer in the definitions)"]
    assert "name: b" in plan["diff"][0]["before"] and plan["diff"][0]["after"] == ""
    assert f"{SHOP}/configmaps/b" in server.objects
    assert run(server, *wanted, apply_set=SET)["steps"] == plan["steps"]
    assert sorted(server.objects) == [SHOP, f"{SHOP}/configmaps/a", f"{SHOP}/configmaps/other", PARENT]
    assert run(server, *wanted, apply_set=SET)["changed"] is False


def test_a_webhook_that_is_no_longer_wanted_is_removed_before_custom_resources() -> None:
    """It may not answer any more, and would keep the API server from taking what it judges."""
    server = Server()
    webhooks = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "toys"},
    }
    run(server, namespace(), crd(), toy(), config_map("a"), webhooks, apply_set=SET)
    registered = next(path for path in server.objects if "webhookconfigurations" in path)

    def silent(method: str, path: str, _query: Mapping[str, str]) -> None:
        if method == "PATCH" and "toys.example.net" in path and "/toys/" in path and registered in server.objects:
            raise Refused('failed calling webhook "toys.example.net": no answer', 500)

    server.faults = silent
    server.calls.clear()
    wanted = (namespace(), crd(), {**toy(), "spec": {"size": 2}})
    found = run(server, *wanted, apply_set=SET)
    order = [path for method, path in server.writes() if "webhook" in path or "/toys/" in path or method == "DELETE"]
    assert order == [registered, next(path for path in order if "/toys/" in path), f"{SHOP}/configmaps/a"]
    assert "remove ValidatingWebhookConfiguration toys (it is no longer in the definitions)" in found["steps"]


def test_the_last_object_of_a_kind_is_pruned_and_the_parent_narrowed() -> None:
    server = Server()
    kind = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}
    run(server, namespace(), config_map("a"), kind, apply_set=SET)
    found = run(server, namespace(), config_map("a"), apply_set=SET)
    assert found["steps"] == [
        "change ConfigMap shop/shop (the parent of the set)",
        "remove Service shop/web (it is no longer in the definitions)",
    ]
    assert annotations(server)[KINDS] == "ConfigMap,Namespace"


def test_what_holds_data_is_left_stays_a_member_and_goes_by_consent() -> None:
    server = Server()
    run(server, namespace(), namespace("b"), config_map("a"), crd(), toy(), apply_set=SET)
    found = run(server, namespace(), config_map("a"), apply_set=SET)
    assert found["changed"] is False
    assert {name for name, what in rows(found).items() if what == "left"} == {
        "Namespace b", "Toy ball", "CustomResourceDefinition toys.toys.example.net"
    }  # fmt: skip
    assert any("Namespace b was left: everything in it" in text for text in found["warnings"])
    assert "Toy.toys.example.net" in annotations(server)[KINDS]
    consents = [Consent("Toy", "ball", "shop"), Consent("Namespace", "b"), Consent("Toy", "ball", "elsewhere")]
    found = run(server, namespace(), config_map("a"), apply_set=SET, remove_data=consents)
    assert {name for name, what in rows(found).items() if what == "removed"} == {"Namespace b", "Toy ball"}
    assert "Toy.toys.example.net" not in annotations(server)[KINDS]


class Killed(BaseException):
    """The process ends at once."""


@pytest.mark.parametrize("call", range(1, 9))
def test_a_killed_run_is_taken_up(call: int) -> None:
    """Killed at any write, the next run with other definitions leaves just what is wanted then."""
    server = Server()
    run(server, namespace(), config_map("a"), apply_set=SET)
    web = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login", "namespace": "shop"}}
    count = [0]

    def kill(method: str, path: str, query: Mapping[str, str]) -> None:
        if method != "GET" and "dryRun" not in query:
            count[0] += 1
            if count[0] == call:
                raise Killed

    server.faults = kill
    with contextlib.suppress(Killed):
        run(server, namespace(), web, secret, config_map("b"), apply_set=SET)
    server.faults = lambda *__: None
    run(server, namespace(), config_map("c"), apply_set=SET)
    assert sorted(server.objects) == [SHOP, f"{SHOP}/configmaps/c", PARENT]
    assert annotations(server)[KINDS] == "ConfigMap,Namespace"


def test_a_set_of_another_tool_is_refused() -> None:
    server = Server()
    run(server, namespace(), config_map("a"), apply_set=SET)
    server.objects[PARENT]["metadata"]["annotations"]["applyset.kubernetes.io/tooling"] = "kubectl/v1.36.3"
    with pytest.raises(ObjectsError, match="the tool kubectl keeps this set"):
        run(server, namespace(), config_map("a"), apply_set=SET)


def test_the_parent_is_no_member() -> None:
    with pytest.raises(ObjectsError, match=r"ConfigMap shop/shop .* is the parent of the set"):
        run(Server(), namespace(), config_map("shop"), apply_set=SET)


def test_a_member_of_a_kind_that_is_gone_is_no_error() -> None:
    server = Server()
    run(server, namespace(), config_map("a"), crd(), apply_set=SET)
    server.objects[PARENT]["metadata"]["annotations"][KINDS] += ",Gone.example.net"
    assert "Gone.example.net" not in str(run(server, namespace(), config_map("a"), crd(), apply_set=SET)["objects"])
    assert "Gone.example.net" not in annotations(server)[KINDS]


def test_removal_is_in_the_reverse_order_and_waits() -> None:
    server = Server()
    wanted = (namespace(), crd(), config_map("a"), toy())
    run(server, *wanted)
    consents = [
        Consent("Namespace", "shop"), Consent("Toy", "ball", "shop"),
        Consent("CustomResourceDefinition", "toys.toys.example.net"),
    ]  # fmt: skip
    with pytest.raises(ObjectsError, match="nothing was removed, because of Namespace shop"):
        run(server, *wanted, present=False, remove_data=consents[1:])
    server.calls.clear()
    run(server, *wanted, present=False, remove_data=consents)
    assert [path.rpartition("/")[2] for __, path in server.writes()] == ["ball", "a", "toys.toys.example.net", "shop"]
    assert run(server, *wanted, present=False)["changed"] is False


def test_an_object_that_does_not_go_names_its_finalizers() -> None:
    server = Server()
    run(server, namespace(), config_map("a"))
    server.objects[f"{SHOP}/configmaps/a"]["metadata"]["finalizers"] = ["example.net/hold"]
    server._delete = lambda *__: {}  # type: ignore[method-assign]
    with pytest.raises(
        ObjectsError, match=r"to be removed; still missing: ConfigMap shop/a: waits for example.net/hold"
    ):
        run(server, config_map("a"), present=False)


@pytest.mark.parametrize(
    ("group", "kind", "annotation", "lost"),
    [
        ("", "ConfigMap", None, False),
        ("", "ConfigMap", "true", True),
        ("", "PersistentVolumeClaim", None, True),
        ("", "PersistentVolume", None, True),
        ("", "Namespace", "false", True),
        ("ceph.rook.io", "CephCluster", None, True),
        ("kubevirt.io", "VirtualMachine", None, True),
        ("kubevirt.io", "VirtualMachine", "false", False),
        ("metallb.io", "L2Advertisement", None, False),
        ("example.net", "L2Advertisement", None, True),
    ],
)
def test_what_holds_data(group: str, kind: str, annotation: str | None, lost: bool) -> None:
    metadata = {"annotations": {protected.HOLDS_DATA: annotation}} if annotation else {}
    assert bool(protected.loss(Key(group, kind, "", "x"), {"metadata": metadata})) is lost


def test_sets_have_different_ids() -> None:
    sets = [ApplySet("a", "b"), ApplySet("b", "a"), ApplySet("a", "b", "Secret")]
    assert len({one.id for one in sets}) == 3
