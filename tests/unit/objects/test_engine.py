# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans and their performance against a double of the API server."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.objects.acting import act, result
from ansible_collections.groundup.cloud.plugins.module_utils.objects.applyset import ApplySet
from ansible_collections.groundup.cloud.plugins.module_utils.objects.conflicts import TakeOver
from ansible_collections.groundup.cloud.plugins.module_utils.objects.engine import Engine, Request, probe
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError, Refused, Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.objects.manifests import of_objects
from ansible_collections.groundup.cloud.plugins.module_utils.objects.protected import Consent
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from checks.clock import SkippingClock
from unit.objects.double import Json, Server, config_map, crd, namespace, toy

SHOP = "/api/v1/namespaces/shop"
SET = ApplySet("shop", "shop")
SILENT = 'Internal error occurred: failed calling webhook "toys.example.net": no endpoints available for service "toys"'


def run(server: Server, *objects: Json, check: bool = False, wait: bool = True, **wish: t.Any) -> Json:
    """What the module returns."""
    request = Request(of_objects(objects, "test"), **wish)
    engine = Engine(server, Deadline(30, SkippingClock()), 4, check=check)
    plan = engine.plan(request)
    if not check:
        plan = act(engine, plan, present=request.present, wait=wait)
    return result(engine, plan)


def rows(found: Json) -> dict[str, str]:
    return {f"{one['kind']} {one['name']}": one["result"] for one in found["objects"]}


def test_objects_are_created_in_the_order_of_stages_and_then_nothing_is_written() -> None:
    server = Server()
    wanted = [toy(), config_map("a"), crd(), namespace()]
    first = run(server, *wanted)
    assert [path for method, path in server.writes()] == [
        SHOP,
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/toys.toys.example.net",
        f"{SHOP}/configmaps/a",
        "/apis/toys.example.net/v1/namespaces/shop/toys/ball",
    ]
    assert first["changed"] and set(rows(first).values()) == {"created"}
    server.calls.clear()
    again = run(server, *wanted)
    assert (again["changed"], again["steps"], again["diff"], server.writes()) == (False, [], [], [])
    assert set(rows(again).values()) == {"unchanged"}


def test_check_mode_plans_without_the_server_what_it_cannot_judge_and_writes_nothing() -> None:
    server = Server()
    found = run(server, namespace(), crd(), config_map("a"), toy(), check=True)
    assert server.writes() == [] and server.objects == {}
    assert found["steps"] == [
        "create Namespace shop",
        "create CustomResourceDefinition toys.toys.example.net",
        "create ConfigMap shop/a (planned without the API server: the namespace shop does not exist yet)",
        "create Toy shop/ball (planned without the API server, which does not serve this kind before its CRD)",
    ]


def test_check_mode_tries_new_objects_out() -> None:
    server = Server()
    with pytest.raises(Refused, match=r'namespaces "shop" not found.*add the Namespace shop to the definitions'):
        run(server, config_map("a"), check=True)


def test_a_changed_field_is_shown_and_mended() -> None:
    server = Server()
    run(server, namespace(), config_map("a", colour="red"))
    server.objects[f"{SHOP}/configmaps/a"]["data"]["colour"] = "blue"
    found = run(server, namespace(), config_map("a", colour="red"))
    assert found["steps"] == ["change ConfigMap shop/a"]
    [diff] = found["diff"]
    assert "colour: blue" in diff["before"] and "colour: red" in diff["after"]
    assert server.objects[f"{SHOP}/configmaps/a"]["data"] == {"colour": "red"}


CONFLICT = {f"{SHOP}/configmaps/a": {".data.colour": "painter"}}


def test_a_conflict_names_object_field_and_owner_before_anything_is_changed() -> None:
    server = Server()
    run(server, namespace(), config_map("a", colour="red"), config_map("b"))
    server.owners = dict(CONFLICT)
    server.calls.clear()
    with pytest.raises(ObjectsError) as error:
        run(server, namespace(), config_map("a", colour="red"), config_map("b", new="x"), config_map("c"))
    assert 'ConfigMap shop/a: .data.colour is owned by the field manager "painter"' in str(error.value)
    assert "{kind: ConfigMap, name: a, namespace: shop, manager: painter, fields: [.data.colour]}" in str(error.value)
    assert server.writes() == []


@pytest.mark.parametrize(
    ("consent", "taken"),
    [
        (TakeOver("ConfigMap", "a", "painter", (".data.colour",), "shop"), True),
        (TakeOver("ConfigMap", "a", "painter", (".data",), "shop"), True),
        (TakeOver("ConfigMap", "a", "painter", (".data.col",), "shop"), False),
        (TakeOver("ConfigMap", "a", "somebody", (".data.colour",), "shop"), False),
        (TakeOver("ConfigMap", "a", "painter", (".data.colour",), "other"), False),
        (TakeOver("ConfigMap", "b", "painter", (".data.colour",), "shop"), False),
    ],
)
def test_a_field_is_taken_over_only_by_a_consent_that_names_it(consent: TakeOver, taken: bool) -> None:
    server = Server()
    run(server, namespace(), config_map("a", colour="blue"))
    server.owners = dict(CONFLICT)
    wanted = (namespace(), config_map("a", colour="red"))
    if taken:
        found = run(server, *wanted, take_over=[consent])
        assert found["steps"] == [
            "change ConfigMap shop/a (.data.colour is taken over from painter, as take_over names it)"
        ]
    else:
        with pytest.raises(ObjectsError, match="owned by the field manager"):
            run(server, *wanted, take_over=[consent])


def test_a_change_by_hand_needs_no_consent() -> None:
    server = Server()
    run(server, namespace(), config_map("a", colour="red"))
    server.owners = {f"{SHOP}/configmaps/a": {".data.colour": "kubectl-edit"}}
    live = server.objects[f"{SHOP}/configmaps/a"]
    live["data"]["colour"] = "blue"
    live["metadata"]["managedFields"] = [{"manager": "kubectl-edit", "operation": "Update"}]
    found = run(server, namespace(), config_map("a", colour="red"))
    assert found["steps"] == ["change ConfigMap shop/a (.data.colour was changed by hand with kubectl-edit)"]


@pytest.mark.parametrize(
    ("manager", "operation"), [("kubectl", "Apply"), ("kubectl-client-side-apply", "Update"), ("helm", "Update")]
)
def test_another_definition_is_no_change_by_hand(manager: str, operation: str) -> None:
    server = Server()
    run(server, namespace(), config_map("a", colour="red"))
    server.owners = {f"{SHOP}/configmaps/a": {".data.colour": manager}}
    metadata = server.objects[f"{SHOP}/configmaps/a"]["metadata"]
    metadata["managedFields"] = [{"manager": manager, "operation": operation}]
    with pytest.raises(ObjectsError, match=f'owned by the field manager "{manager}"'):
        run(server, namespace(), config_map("a", colour="red"))


def failing(times: int, error: Exception, where: str) -> t.Any:
    """A fault of the first calls that write to a path."""
    left = [times]

    def fault(method: str, path: str, query: Mapping[str, str]) -> None:
        if method == "PATCH" and path.endswith(where) and "dryRun" not in query and left[0]:
            left[0] -= 1
            raise error

    return fault


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("https://double does not answer: connection reset"),
        Refused("too many requests", 429, "TooManyRequests", retry_after=7),
        Refused("etcdserver: leader changed", 500, "InternalError"),
        Refused("unavailable", 503, "ServiceUnavailable"),
        Refused(SILENT, 500, "InternalError"),
        Refused("404 page not found", 404),
        Refused("the object has been modified", 409, "Conflict"),
    ],
)
def test_what_passes_is_repeated(error: Exception) -> None:
    server = Server()
    server.faults = failing(3, error, "configmaps/a")
    assert rows(run(server, namespace(), config_map("a"))) == {"Namespace shop": "created", "ConfigMap a": "created"}


def test_an_api_server_that_is_away_for_a_while_is_waited_for() -> None:
    server, count = Server(), [0]

    def fault(method: str, path: str, query: Mapping[str, str]) -> None:
        count[0] += 1
        if 3 <= count[0] < 20:
            raise Unreachable("https://double does not answer: connection refused")

    server.faults = fault
    assert run(server, namespace(), config_map("a"))["changed"]
    server.faults = lambda *__: None
    assert run(server, namespace(), config_map("a"))["changed"] is False


def test_an_api_server_that_never_answered_is_not_waited_for_as_long() -> None:
    def fault(method: str, path: str, query: Mapping[str, str]) -> None:
        raise Unreachable("https://double does not answer: connection refused")

    server = Server()
    server.faults = fault
    with pytest.raises(ObjectsError, match=r"waited 20 s for an answer .*GET /api: https://double does not answer"):
        run(server, namespace())


def test_an_api_server_that_never_answered_is_not_asked_by_the_next_layer() -> None:
    server, count = Server(), [0]

    def fault(method: str, path: str, query: Mapping[str, str]) -> None:
        count[0] += 1
        raise Unreachable("https://double does not answer: connection refused")

    server.faults = fault
    engine = Engine(server, Deadline(120, SkippingClock()), 4, check=True)
    for __ in range(3):
        with pytest.raises(ObjectsError, match=r"waited 20 s for an answer .*GET /api: https://double does not answer"):
            engine.transport.call("GET", "/api")
        assert count[0] <= 21


def test_a_deadline_that_passes_says_why_and_what_was_done() -> None:
    server = Server()
    server.faults = failing(10**6, Refused(SILENT, 500, "InternalError"), "configmaps/a")
    with pytest.raises(
        ObjectsError, match=r"waited 3\d s for the API server to take ConfigMap shop/a.*no endpoints"
    ) as error:
        run(server, namespace(), config_map("a"))
    assert error.value.details["steps"] == ["create Namespace shop"]
    assert error.value.details["changed"] is True


@pytest.mark.parametrize("status", [400, 403, 422])
def test_what_stays_is_refused_at_once(status: int) -> None:
    server = Server()
    server.faults = failing(1, Refused("no", status), "configmaps/a")
    with pytest.raises(Refused, match=r"ConfigMap shop/a \(test, document 2\): no"):
        run(server, namespace(), config_map("a"))


UNDECLARED = Refused("failed to create typed patch object (shop/ball): .spec.size: field not declared in schema", 500)


def test_a_schema_that_is_not_in_use_yet_is_waited_for_where_its_crd_was_changed() -> None:
    server = Server()
    server.faults = failing(3, UNDECLARED, "toys/ball")
    assert run(server, namespace(), crd(), toy())["changed"]
    server.faults = failing(10**6, UNDECLARED, "toys/ball")
    with pytest.raises(Refused, match=r"Toy shop/ball \(test, document 3\): .*field not declared in schema"):
        run(server, namespace(), crd(), {**toy(), "spec": {"size": 2}})


def test_all_refusals_of_a_stage_are_reported_together() -> None:
    server = Server()

    def fault(method: str, path: str, query: Mapping[str, str]) -> None:
        if method == "PATCH" and "configmaps" in path:
            raise Refused("no", 422)

    server.faults = fault
    with pytest.raises(ObjectsError, match=r"(?s)2 errors:.*ConfigMap shop/a.*ConfigMap shop/b"):
        run(server, namespace(), config_map("a"), config_map("b"))


@pytest.mark.parametrize(
    "text", [SILENT, 'admission webhook "x" does not support dry run'], ids=["silent", "no dry run"]
)
def test_a_webhook_that_cannot_judge_a_dry_run_is_named_in_the_plan(text: str) -> None:
    server = Server()
    run(server, namespace(), config_map("a", colour="red"))
    before = server.call

    def dry(method: str, path: str, query: Mapping[str, str]) -> None:
        if "dryRun" in query and path.endswith("configmaps/a"):
            raise Refused(text, 500 if text == SILENT else 400)

    server.faults = dry
    found = run(server, namespace(), config_map("a", colour="blue"), check=True)
    assert found["changed"] and found["steps"][0].startswith("apply ConfigMap shop/a (not predictable: ")
    done = run(server, namespace(), config_map("a", colour="red"))
    assert done["changed"] is False and done["steps"] == []
    done = run(server, namespace(), config_map("a", colour="blue"))
    assert done["steps"] == ["change ConfigMap shop/a"] and before


def test_a_crd_that_is_not_established_is_named() -> None:
    server = Server()
    server.established = False
    with pytest.raises(
        ObjectsError, match=r"for CRDs to be served; still missing: CustomResourceDefinition toys\.toys"
    ):
        run(server, namespace(), crd(), toy())


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (
            {"type": "NamesAccepted", "status": "False", "reason": "PluralConflict", "message": "taken"},
            r"its names are not accepted \(PluralConflict: taken\)",
        ),
        ({"type": "Terminating", "status": "True", "message": "2 left"}, r"it is being deleted \(2 left\)"),
    ],
)
def test_a_crd_is_served_by_the_rule_of_all_waits(condition: Json, text: str) -> None:
    """One that is established, and is being deleted, does not take objects."""
    server = Server()
    server.conditions = [condition]
    with pytest.raises(ObjectsError, match=rf"CRDs to be served; still missing: CustomResourceDefinition .*: {text}"):
        run(server, namespace(), crd(), toy())


def test_a_crd_of_another_version_is_named() -> None:
    server = Server()
    run(server, namespace(), crd(version="v1alpha1"))
    with pytest.raises(
        ObjectsError, match=r"serves Toy of toys.example.net as v1alpha1 only, not as toys.example.net/v1"
    ):
        run(server, toy())


def test_a_custom_resource_whose_crd_changes_is_planned_without_the_server() -> None:
    server = Server()
    run(server, namespace(), crd(), toy())
    changed = crd()
    changed["spec"]["names"]["shortNames"] = ["ty"]
    found = run(server, namespace(), changed, toy(), check=True)
    assert found["steps"][1] == "apply Toy shop/ball (planned without the API server, since its CRD changes before)"
    done = run(server, namespace(), changed, toy())
    assert done["steps"] == ["change CustomResourceDefinition toys.toys.example.net"]


def secret(value: str) -> Json:
    metadata = {"name": "login", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"password": value}}


def test_the_value_of_a_secret_is_in_no_output() -> None:
    server = Server()
    run(server, namespace(), secret("hunter-one"))
    found = run(server, namespace(), secret("hunter-two"))
    assert found["steps"] == ["change Secret shop/login"]
    [diff] = found["diff"]
    assert diff["before"] != diff["after"] and "password: (hidden, " in diff["before"]
    server.faults = failing(1, Refused('expected string, got "hunter-two" (aHVudGVyLXR3bw==)', 422), "secrets/login")
    with pytest.raises(ObjectsError) as error:
        run(server, namespace(), {**secret("hunter-two"), "type": "other"})
    for text in (str(found), str(error.value), str(error.value.details)):
        assert "hunter" not in text and "aHVudGVy" not in text


def test_webhooks_wait_for_endpoints() -> None:
    server = Server()
    service = {"clientConfig": {"service": {"namespace": "shop", "name": "toys"}}}
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    hook = {**kind, "metadata": {"name": "toys"}, "webhooks": [service]}
    with pytest.raises(ObjectsError, match="Service shop/toys: it has no endpoint that is ready"):
        run(server, namespace(), hook)
    run(server, namespace(), hook, wait=False)
    place = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/toys-1"
    labels = {"kubernetes.io/service-name": "toys"}
    server.objects[place] = {"metadata": {"name": "toys-1", "labels": labels}, "endpoints": [{"addresses": ["x"]}]}
    run(server, namespace(), hook)


def test_several_layers_are_probed_over_one_connection() -> None:
    server = Server()
    run(server, namespace(), config_map("a"))
    server.calls.clear()
    engine = Engine(server, Deadline(30, SkippingClock()), 4, check=True)
    layers = {"one": Request(of_objects([config_map("a")], "x")), "two": Request(of_objects([config_map("b")], "x"))}
    assert {name: plan.changed for name, plan in probe(engine, layers).items()} == {"one": False, "two": True}
    assert [path for __, path, __ in server.calls].count("/apis") == 1
    assert server.writes() == []


def test_an_object_of_another_set_is_refused() -> None:
    server = Server()
    run(server, namespace(), config_map("a"), apply_set=SET)
    with pytest.raises(ObjectsError, match=r"belong to another set: (Namespace shop|ConfigMap shop/a)"):
        run(server, config_map("a"), apply_set=ApplySet("other", "shop"))


def test_the_last_of_a_set_needs_consent_where_data_is_lost() -> None:
    server = Server()
    run(server, namespace(), config_map("a"), apply_set=SET)
    with pytest.raises(ObjectsError, match=r"nothing was removed, because of Namespace shop: everything in it"):
        run(server, apply_set=SET, present=False)
    assert f"{SHOP}/configmaps/a" in server.objects
    found = run(server, apply_set=SET, present=False, remove_data=[Consent("Namespace", "shop")])
    assert set(rows(found).values()) == {"removed"}
    assert server.objects == {}
