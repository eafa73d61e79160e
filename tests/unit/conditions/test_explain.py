# SPDX-License-Identifier: GPL-3.0-or-later
"""Reasons of objects that are not as wanted, by pods, logs and events of a double of the API."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.errors import Denied
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.events import texts_of
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.explain import (
    EXPLAINED,
    explain,
    explain_all,
    services,
)
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.reads import REQUESTS, selector
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.texts import LINES, clipped, last_lines
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.missing import Row

from .double import (
    AT,
    DEPLOYMENTS,
    SELECTOR,
    SETS,
    SPACE,
    Api,
    Away,
    Given,
    crashing,
    deployment,
    event,
    failing,
    replica_set,
)

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
HEAD = "Deployment web/x: 0 of 2 replicas are available"


def explained(api: Api, item: Given | None = None, **more: t.Any) -> list[str]:
    rows = explain(api.get, item or api.objects[f"{DEPLOYMENTS}/x"], read_text=api.text, now=NOW, **more)
    return [str(row) for row in rows]


def test_a_deployment_is_explained_by_its_pods() -> None:
    api = failing()
    assert explained(api) == [
        HEAD,
        (
            "pod web/x-a on node2: container y is in CrashLoopBackOff (exit code 1, 5 restarts, since "
            f"{AT}); last lines "
            'that it printed: one | two : no route; FailedMount: configmap "x" not found (7 times, last at '
            f"{AT}); the same "
            "with x-b on node3"
        ),
        f"pod web/x-c on node2: container y is in CrashLoopBackOff (exit code 2, 5 restarts, since {AT})",
    ]
    assert len(api.made) == 7 <= REQUESTS
    assert f"{SPACE}/pods/x-a/log?container=y&tailLines={LINES}&limitBytes=16384&previous=true" in api.made


def test_an_object_as_wanted_needs_no_explanation() -> None:
    api = failing()
    assert explained(api, deployment(available=2)) == [] and not api.made


def test_without_a_reader_of_texts_no_log_is_read() -> None:
    api = failing()
    rows = explain(api.get, deployment(), now=NOW)
    assert "printed" not in str(rows) and not [path for path in api.made if "/log" in path]


def test_no_secret_is_read() -> None:
    api = failing()
    explained(api)
    assert not [path for path in api.made if "secrets" in path or "configmaps" in path]


def test_requests_are_bounded_and_what_was_not_read_is_said() -> None:
    api = failing()
    rows = explained(api, requests=3)
    assert len(api.made) == 3
    assert rows[-1] == "further reasons: not read: further requests, since there were many already"


def test_a_request_that_is_denied_is_said_and_the_others_are_made() -> None:
    api = failing()
    api.faults["/events"] = Denied("GET …/events: 403 events is forbidden")
    rows = explained(api)
    assert "last lines that it printed" in rows[1]
    assert rows[-1] == "further reasons: not read: GET …/events: 403 events is forbidden"


def test_a_kubelet_that_does_not_answer_hides_its_log_only() -> None:
    api = failing()
    api.faults["/log"] = Away("500 dial tcp 10.30.0.22:10250: i/o timeout")
    rows = explained(api)
    assert "FailedMount" in rows[1]
    assert rows[-1] == "further reasons: not read: 500 dial tcp 10.30.0.22:10250: i/o timeout"


def test_an_api_that_does_not_answer_is_asked_once() -> None:
    api = failing()
    api.faults["/"] = Away("connection refused")
    assert explained(api) == [HEAD, "further reasons: not read: connection refused"]
    assert len(api.made) == 1


def test_pods_that_a_quota_refuses_are_explained_by_the_newest_replica_set() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: small"}
    api = Api({
        f"{SETS}/x-1": replica_set(1, conditions=[refused | {"message": "of an older one"}]),
        f"{SETS}/x-2": replica_set(2, conditions=[refused]),
    })  # fmt: skip
    assert explained(api, deployment()) == [HEAD, "ReplicaSet web/x-2: FailedCreate: exceeded quota: small"]
    told_already = deployment(conditions=[refused])
    assert explained(api, told_already) == [f"{HEAD}; FailedCreate: exceeded quota: small"]


def test_many_faults_are_counted() -> None:
    api = Api({f"{SETS}/x-2": replica_set(2)})
    api.objects |= {f"{SPACE}/pods/p{code}": crashing(f"p{code}", code=code) for code in range(1, 8)}
    rows = explained(api, deployment())
    assert len(rows) == 5 and rows[-1] == "further pods: 4 have other faults"


def test_pods_that_do_not_start_since_a_webhook_refuses_them_are_explained_by_an_event() -> None:
    text = 'Error creating: Internal error occurred: failed calling webhook "x.example.com": no endpoints available'
    meta = {"name": "x", "namespace": "web", "uid": "d", "generation": 1}
    status = {"observedGeneration": 1, "desiredNumberScheduled": 2}
    item = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": meta,
        "spec": {"selector": SELECTOR},
        "status": status,
    }
    api = Api({f"{SPACE}/events/1": event("x", "FailedCreate", text, AT, "DaemonSet", count=14)})
    assert explained(api, item) == [
        (
            f"DaemonSet web/x: 0 of 2 pods are of the newest revision; 0 of 2 pods are available; FailedCreate: {text} "
            f"(14 times, last at {AT})"
        )
    ]


def test_a_webhook_is_explained_by_the_pods_of_its_service() -> None:
    service = {"namespace": "web", "name": "hook"}
    item = {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "x"}, "webhooks": [{"clientConfig": {"service": service}}] * 2,
    }  # fmt: skip
    api, row = Api({f"{SPACE}/pods/x-a": crashing("x-a")}), Row("x", "no ready endpoint of service web/hook")
    assert explained(api, item, row=row) == [str(row), "Service web/hook: it does not exist"]
    api.objects[f"{SPACE}/services/hook"] = {"spec": {"selector": {"app": "x"}}}
    assert explained(api, item, row=row)[1].startswith("pod web/x-a on node2: container y is in CrashLoopBackOff")
    del api.objects[f"{SPACE}/pods/x-a"]
    assert explained(api, item, row=row) == [str(row), "Service web/hook: it selects no pod (app=x)"]


def test_services_that_the_api_server_asks_are_found_in_all_kinds_that_name_some() -> None:
    """A rule of webhooks and a wait for their endpoints use it."""
    service = {"namespace": "web", "name": "hook"}
    client = {"clientConfig": {"service": service}}
    conversion = {"strategy": "Webhook", "webhook": client}
    found = [("web", "hook")]
    assert list(services({"kind": "CustomResourceDefinition", "spec": {"conversion": conversion}})) == found
    assert list(services({"kind": "APIService", "spec": {"service": service}})) == found
    assert list(services({"kind": "MutatingWebhookConfiguration", "webhooks": [client, {"clientConfig": {}}]})) == found
    for other in ({"kind": "CustomResourceDefinition", "spec": {}}, {"kind": "APIService", "spec": {"service": None}}):
        assert not list(services(other))
    assert not list(services({"kind": "Service", "spec": {"service": service}}))


def silent_node(name: str) -> Given:
    ready = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "lastTransitionTime": AT}
    conditions = [{**ready, "message": "Kubelet stopped posting node status."}]
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"conditions": conditions}}


@pytest.mark.parametrize(
    ("pod", "reason"),
    [
        ({"status": {"conditions": [{"type": "Ready", "status": "False"}]}}, "it is not ready"),
        ({"metadata": {"deletionTimestamp": AT}}, "it is being deleted"),
        ({"status": {"phase": "Pending", "containerStatuses": None}}, "the kubelet of its node has not reported"),
    ],
    ids=["not ready", "replaced by an update", "new"],
)
def test_a_node_that_is_down_is_named_as_the_reason(pod: Given, reason: str) -> None:
    api, name = failing(), f"{SPACE}/pods/x-a"
    for other in ("x-b", "x-c"):
        del api.objects[f"{SPACE}/pods/{other}"]
    running = {"name": "y", "ready": True, "state": {"running": {"startedAt": AT}}}
    before = api.objects[name]
    status = {"phase": "Running", "containerStatuses": [running], **pod.get("status", {})}
    api.objects[name] = {**before, "metadata": {**before["metadata"], **pod.get("metadata", {})}, "status": status}
    api.objects["/api/v1/nodes/node2"] = silent_node("node2")
    (row,) = explained(api)[1:]
    assert row.startswith("pod web/x-a on node2: ") and reason in row
    why = "its node is not ready (NodeStatusUnknown: Kubelet stopped posting node status.)"
    assert f"{why} since {AT}" in row
    api.objects["/api/v1/nodes/node2"]["status"]["conditions"][0]["status"] = "True"
    assert why not in explained(api)[1], "a node that reports is not at fault"


def test_a_node_tells_its_other_conditions_and_the_pods_that_end_on_it() -> None:
    conditions = [
        {
            "type": "DiskPressure",
            "status": "True",
            "reason": "KubeletHasDiskPressure",
            "message": "kubelet has disk pressure",
        },
        {"type": "MemoryPressure", "status": "False", "message": "kubelet has sufficient memory available"},
        {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "cni plugin not initialized"},
    ]
    item = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "status": {"conditions": conditions}}
    api = Api({"/api/v1/pods/x-a": crashing("x-a", "n1"), "/api/v1/namespaces/default/events/1": event(
        "n1", "InvalidDiskCapacity", "invalid capacity 0 on image filesystem", AT, "Node")})  # fmt: skip
    rows = explained(api, item)
    assert rows[0] == (
        "n1: not ready (KubeletNotReady: cni plugin not initialized); DiskPressure is True (KubeletHasDiskPressure: "
        f"kubelet has disk pressure); InvalidDiskCapacity: invalid capacity 0 on image filesystem (at {AT})"
    )
    assert rows[1].startswith("pod web/x-a on n1: container y is in CrashLoopBackOff")
    conditions[2]["status"] = "Unknown"
    assert len(explained(api, item)) == 1, "states of pods are old where a node does not report"


def test_a_custom_resource_tells_its_other_conditions() -> None:
    conditions = [
        {"type": "Ready", "status": "False", "reason": "Progressing"},
        {"type": "MonsHealthy", "status": "False", "message": "1 of 3 mons are in quorum", "reason": "NoQuorum"},
    ]
    meta = {"name": "x", "namespace": "web"}
    item = {
        "apiVersion": "example.net/v1",
        "kind": "Widget",
        "metadata": meta,
        "status": {"conditions": conditions},
    }
    assert explained(Api(), item) == [
        "Widget web/x: Ready is False (Progressing); MonsHealthy is False (NoQuorum: 1 of 3 mons are in quorum)"
    ]


def test_the_first_of_many_objects_are_explained() -> None:
    api, row = failing(), Row("x", "it is missing")
    rows = explain_all(api.get, [(None, row), *[(deployment(), row)] * (EXPLAINED + 2)], read_text=api.text, now=NOW)
    assert rows[0] == row and rows[-2:] == (row, row) and len(rows) == 1 + EXPLAINED * 3 + 2


def test_events_of_either_api_are_told_by_their_last_time() -> None:
    series = {
        "series": {"count": 4, "lastObservedTime": "2026-11-28T11:58:00.123456Z"},
        "lastTimestamp": None,
        "count": None,
    }
    found = [
        event("x", "FailedScheduling", "no nodes", "", eventTime="2026-11-28T11:57:00.000000Z"),
        event("x", "FailedScheduling", "0/3 nodes", "", **series),
        event("x", "Unhealthy", "Readiness probe failed", AT) | {"type": "Normal"},
    ]  # fmt: skip
    assert texts_of(found) == ["FailedScheduling: 0/3 nodes (4 times, last at 2026-11-28T11:58:00.123456Z)"]
    assert texts_of(found, said="(Unschedulable: 0/3 nodes)") == [], "the condition has said it"


def test_events_are_told_newest_first() -> None:
    times = {"FailedMount": "11:10", "Unhealthy": "11:00"}
    found = [event("x", reason, "m", f"2026-11-28T{time}:00Z") for reason, time in times.items()]
    found.append(event("x", "Unhealthy", "m", AT))
    assert [text.partition(":")[0] for text in texts_of(found)] == ["Unhealthy", "FailedMount"]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, "a in (1,2)"),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, "a notin (1)"),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}, {"key": "b", "operator": "DoesNotExist"}]}, "a,!b"),
        (None, ""),
    ],
)
def test_selectors(given: Given | None, text: str) -> None:
    assert selector(given) == text


def test_texts_are_bounded_and_have_no_control_characters() -> None:
    assert clipped("a\x1b[1mb\x1b[0m\n\tc\x00") == "a b c"
    long = clipped("begin " + "x" * 5000 + " end", 100)
    assert len(long) <= 100 and long.startswith("begin") and long.endswith("end")
    assert last_lines("\n".join(map(str, range(100)))) == "95 | 96 | 97 | 98 | 99"
