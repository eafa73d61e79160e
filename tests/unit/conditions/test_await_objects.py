# SPDX-License-Identifier: GPL-3.0-or-later
"""The wait for objects, with a double of the API and a clock that only sleeping moves."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.await_objects import (
    DENIED,
    LIST_FROM,
    STAYS,
    await_objects,
)
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.errors import Denied, NeverReached
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.explain import EXPLAINED
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.reads import REQUESTS
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.related import CHOSEN, CLASSES
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.resources import Wanted
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.missing import Missing, Row
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.wait import TimedOut

from .double import DEPLOYMENTS, SPACE, Api, Away, Given, deployment, failing

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
X = Wanted("apps/v1", "Deployment", "x", "web")


def waited(api: Api, *wanted: Wanted, seconds: float = 60, seen: list[str] | None = None) -> dict[Wanted, t.Any]:
    def progress(missing: Missing, _deadline: Deadline) -> None:
        if seen is not None:
            seen.append(str(missing))

    return await_objects(
        api.get, wanted or (X,), Deadline(seconds, api), progress, read_text=api.text, now=lambda: NOW
    )  # fmt: skip


def at_request(api: Api, number: int, act: t.Callable[[], object]) -> None:
    """Act before the request with this number, the first of which is 1."""

    def before(_path: str) -> None:
        if len(api.made) == number:
            act()

    api.before = before


def test_objects_that_are_as_wanted_are_read_once() -> None:
    api = Api({f"{DEPLOYMENTS}/x": deployment(2)})
    assert waited(api)[X]["status"]["availableReplicas"] == 2
    assert api.made == [f"{DEPLOYMENTS}/x"] and api.time == 0


def test_an_object_is_waited_for_until_it_exists_and_is_as_wanted() -> None:
    api, seen = Api(), list[str]()
    at_request(api, 2, lambda: api.objects.update({f"{DEPLOYMENTS}/x": deployment(1)}))
    watched = api.before

    def before(path: str) -> None:
        watched(path)
        if len(api.made) == 3:
            api.objects[f"{DEPLOYMENTS}/x"] = deployment(2)

    api.before = before
    waited(api, seen=seen)
    assert seen == ["Deployment web/x: it does not exist", "Deployment web/x: 1 of 2 replicas are available"]
    assert len(api.made) == 3, "nothing is explained while an object is only just missing"


def test_the_text_of_a_deadline_that_passed_has_the_reasons() -> None:
    with pytest.raises(TimedOut) as caught:
        waited(failing(), seconds=5)
    text = str(caught.value)
    assert text.startswith("waited 5 s for Deployment web/x; still missing: Deployment web/x: 0 of 2 replicas are")
    assert "pod web/x-a on node2: container y is in CrashLoopBackOff (exit code 1, 5 restarts" in text
    assert "last lines that it printed: one | two : no route" in text


def test_an_object_that_stays_missing_is_explained_while_the_wait_lasts() -> None:
    api, seen = failing(), list[str]()
    with pytest.raises(TimedOut):
        waited(api, seconds=STAYS * 3, seen=seen)
    first = next(index for index, text in enumerate(seen) if "CrashLoopBackOff" in text)
    assert first > 5 and all("CrashLoopBackOff" in text for text in seen[first:]), "its reasons stay in the progress"
    logs = [path for path in api.made if "/log" in path]
    assert len(logs) == 4, "two pods, once while it lasted and once at the deadline"


def test_an_explanation_of_another_state_is_not_shown() -> None:
    api, seen = failing(), list[str]()

    def before(path: str) -> None:
        if api.time > STAYS * 1.5:
            api.objects[f"{DEPLOYMENTS}/x"] = deployment(1)

    api.before = before
    with pytest.raises(TimedOut):
        waited(api, seconds=STAYS * 2, seen=seen)
    assert "Deployment web/x: 1 of 2 replicas are available" in seen


def test_many_objects_of_a_namespace_are_read_by_one_list() -> None:
    names = [f"d{number}" for number in range(40)]
    api = Api({f"{DEPLOYMENTS}/{name}": deployment(2, name) for name in names})
    found = waited(api, *(Wanted("apps/v1", "Deployment", name, "web") for name in names))
    assert len(found) == 40 and api.made == [f"{DEPLOYMENTS}?limit=500"]
    assert all(item["kind"] == "Deployment" for item in found.values()), "items of a list do not tell their kind"
    api.made.clear()
    waited(api, *(Wanted("apps/v1", "Deployment", name, "web") for name in names[: LIST_FROM - 1]))
    assert len(api.made) == LIST_FROM - 1


def test_long_lists_are_read_page_by_page() -> None:
    pages = {"": ({"continue": "a+b=="}, ["a", "b"]), "a+b==": ({}, ["c"])}
    read_paths: list[str] = []

    def read(path: str) -> Given:
        read_paths.append(path)
        assert len(read_paths) < 5, "the token of the next page is not as the server gave it"
        meta, names = pages["a+b==" if "continue=a%2Bb%3D%3D" in path else ""]
        return {"metadata": meta, "items": [{"metadata": {"name": name}} for name in names]}

    wanted = [Wanted("v1", "ConfigMap", name, "web", plural="configmaps") for name in "abc"]
    assert len(await_objects(read, wanted, Deadline(0))) == 3 == 1 + len(read_paths)


def test_only_what_is_missing_is_read_again_and_everything_before_the_end() -> None:
    api = Api({f"{DEPLOYMENTS}/x": deployment(2), f"{SPACE}/configmaps/a": {"metadata": {"name": "a"}}})
    at_request(api, 4, lambda: api.objects.update({f"{SPACE}/configmaps/b": {"metadata": {"name": "b"}}}))
    maps = [Wanted("v1", "ConfigMap", name, "web", plural="configmaps") for name in "ab"]
    waited(api, X, *maps)
    one, two, three = f"{DEPLOYMENTS}/x", f"{SPACE}/configmaps/a", f"{SPACE}/configmaps/b"
    assert api.made == [one, two, three, three, one, two]


def test_an_object_that_is_lost_while_others_are_waited_for_is_missing_again() -> None:
    api = Api({f"{SPACE}/configmaps/a": {"metadata": {"name": "a"}}})
    at_request(
        api,
        3,
        lambda: api.objects.update({f"{DEPLOYMENTS}/x": deployment(2)}) or api.objects.pop(f"{SPACE}/configmaps/a"),
    )
    with pytest.raises(TimedOut, match=r"still missing: ConfigMap web/a: it does not exist$"):
        waited(api, Wanted("v1", "ConfigMap", "a", "web", plural="configmaps"), X, seconds=5)


def test_a_failed_job_ends_the_wait_at_once_with_its_reasons() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "over"}
    api = failing()
    pod = api.objects[f"{SPACE}/pods/x-a"]
    pod["metadata"]["ownerReferences"] = [{"uid": "j", "controller": True}]
    api.objects["/apis/batch/v1/namespaces/web/jobs/j"] = {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "web", "uid": "j"},
        "spec": {"selector": {"matchLabels": {"job": "j"}}}, "status": {"conditions": [failed]},
    }  # fmt: skip
    with pytest.raises(NeverReached) as caught:
        waited(api, X, Wanted("batch/v1", "Job", "j", "web"), seconds=600)
    text = str(caught.value)
    assert text.startswith("Job web/j: it failed (BackoffLimitExceeded: over); pod web/x-a on node2: container y is in")
    assert "last lines that it printed: one | two : no route" in text and api.time == 0


def test_an_api_that_does_not_answer_for_a_while_is_waited_for() -> None:
    api, seen = Api({f"{DEPLOYMENTS}/x": deployment(1)}), list[str]()

    def before(path: str) -> None:
        api.faults = {"/": Away("connection refused")} if 10 < api.time < 40 else {}
        if api.time > 40:
            api.objects[f"{DEPLOYMENTS}/x"] = deployment(2)

    api.before = before
    waited(api, seen=seen)
    assert api.time > 40
    assert "the API: connection refused; Deployment web/x: 1 of 2 replicas are available" in seen


def test_an_api_that_is_away_at_the_deadline_is_named_with_what_was_missing_before() -> None:
    api = failing()
    at_request(api, 2, lambda: api.faults.update({"/": Away("connection refused")}))
    with pytest.raises(
        TimedOut, match=r"the API: connection refused; Deployment web/x: 0 of 2 replicas are available$"
    ):
        waited(api, seconds=3)


def test_requests_that_are_denied_for_long_end_the_wait() -> None:
    api = Api(**{"/": Denied("403 deployments.apps is forbidden")})
    with pytest.raises(Denied, match="403"):
        waited(api, seconds=DENIED * 10)
    assert DENIED < api.time < DENIED * 1.2


def test_too_many_requests_are_repeated() -> None:
    limited = Denied("429 too many requests")
    limited.status = 429
    api = Api({f"{DEPLOYMENTS}/x": deployment(2)})

    def before(path: str) -> None:
        api.faults = {"/": limited} if api.time < DENIED * 2 else {}

    api.before = before
    waited(api, seconds=DENIED * 3)
    assert api.time >= DENIED * 2


def test_requests_at_the_deadline_are_bounded() -> None:
    api = failing()
    names = [f"d{number}" for number in range(20)]
    api.objects |= {f"{DEPLOYMENTS}/{name}": deployment(0, name) for name in names}
    with pytest.raises(TimedOut) as caught:
        waited(api, *(Wanted("apps/v1", "Deployment", name, "web") for name in names), seconds=0)
    assert len(api.made) <= 1 + EXPLAINED * REQUESTS
    assert str(caught.value).startswith("waited 0 s for 20 objects;") and len(caught.value.missing.rows) == 15 + 5 * 3


def test_kinds_are_looked_up_once_they_are_served() -> None:
    api = Api()
    served = {"resources": [{"name": "pools/status", "kind": "Pool"}, {"name": "pools", "kind": "Pool"}]}
    at_request(api, 3, lambda: api.objects.update({"/apis/example.com/v1": served}))
    api.objects |= {f"/apis/example.com/v1/pools/{name}": {"metadata": {"name": name}} for name in "ab"}
    seen: list[str] = []
    waited(api, Wanted("example.com/v1", "Pool", "a"), Wanted("example.com/v1", "Pool", "b"), seen=seen)
    assert seen[0].startswith("Pool a: the API does not serve Pool of example.com/v1; Pool b: ")
    assert api.made[-1] == "/apis/example.com/v1/pools/b" and api.made.count("/apis/example.com/v1") == 3, (
        "once for each probe"
    )


def test_a_rule_of_the_caller_decides() -> None:
    api = Api({f"{DEPLOYMENTS}/x": deployment(0)})
    assert waited(api, Wanted("apps/v1", "Deployment", "x", "web", rule=lambda _item, _now: None))
    other = Wanted.of(api.objects[f"{DEPLOYMENTS}/x"], rule=lambda _item, _now: Row("x", "its phase is New"))
    assert other == X
    with pytest.raises(TimedOut, match="x: its phase is New"):
        waited(api, other, seconds=0)


HOOK = "admissionregistration.k8s.io/v1"
HOOKS = f"/apis/{HOOK}/validatingwebhookconfigurations/x"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/web/endpointslices"


@pytest.mark.parametrize(
    ("endpoints", "ready"),
    [
        (None, False),
        ([], False),
        ([{"addresses": ["10.0.0.1"], "conditions": {"ready": False}}], False),
        ([{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}], True),
        ([{"addresses": ["10.0.0.1"], "conditions": {}}], True),
    ],
)
def test_a_webhook_waits_for_an_endpoint_of_its_service(endpoints: list[Given] | None, ready: bool) -> None:
    client = {"service": {"namespace": "web", "name": "hook"}}
    hooks = [{"clientConfig": client}, {"clientConfig": client}, {"clientConfig": {"url": "https://example.com"}}]
    api = Api({HOOKS: {"metadata": {"name": "x"}, "webhooks": hooks}})
    if endpoints is not None:
        api.objects[f"{SLICES}/hook-1"] = {"endpoints": endpoints}
    wanted = Wanted(HOOK, "ValidatingWebhookConfiguration", "x")
    if ready:
        assert waited(api, wanted, seconds=0)
        assert api.made == [HOOKS, f"{SLICES}?labelSelector=kubernetes.io/service-name=hook"]
    else:
        with pytest.raises(TimedOut, match="no ready endpoint of service web/hook"):
            waited(api, wanted, seconds=0)


LATE, AT_ONCE = {"volumeBindingMode": "WaitForFirstConsumer"}, {"volumeBindingMode": "Immediate"}


@pytest.mark.parametrize(
    ("of_class", "annotations", "reason"),
    [
        (LATE, {}, ""),
        (LATE, {CHOSEN: "node1"}, "no volume of StorageClass fast is bound to it"),
        (AT_ONCE, {}, "no volume of StorageClass fast is bound to it"),
        (None, {}, "its StorageClass fast does not exist"),
    ],
    ids=["for a pod", "a pod is there", "at once", "no class"],
)
def test_claims_have_to_be_bound_unless_they_wait_for_a_pod(
    of_class: Given | None, annotations: Given, reason: str
) -> None:
    names = ("a", "b")
    meta = {name: {"name": name, "namespace": "web", "annotations": annotations} for name in names}
    spec, status = {"storageClassName": "fast"}, {"phase": "Pending"}
    api = Api({f"{SPACE}/persistentvolumeclaims/{name}": {"metadata": meta[name], "spec": spec, "status": status}
               for name in names})  # fmt: skip
    api.objects |= {f"{CLASSES}/fast": of_class} if of_class else {}
    wanted = [Wanted("v1", "PersistentVolumeClaim", name, "web") for name in names]
    if reason:
        with pytest.raises(TimedOut, match=f"PersistentVolumeClaim web/a: {reason}"):
            waited(api, *wanted, seconds=0)
    else:
        assert waited(api, *wanted, seconds=0)
        assert api.made.count(f"{CLASSES}/fast") == 1
