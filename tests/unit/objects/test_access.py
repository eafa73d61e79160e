# SPDX-License-Identifier: GPL-3.0-or-later
"""How options and environment lead to an API server, what answers mean, and discovery with and without aggregation."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest
import urllib3
from ansible_collections.groundup.cloud.plugins.module_utils.objects import access
from ansible_collections.groundup.cloud.plugins.module_utils.objects.discovery import Discovery
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import AccessError, Refused, Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https, items


@pytest.mark.parametrize(
    ("params", "environment", "found"),
    [
        ({"host": None}, {}, {}),
        ({"host": "https://a"}, {"K8S_AUTH_HOST": "https://b"}, {"host": "https://a"}),
        ({}, {"K8S_AUTH_HOST": "https://b", "K8S_AUTH_API_KEY": "t", "K8S_AUTH_CONTEXT": ""},
         {"host": "https://b", "api_key": "t"}),
        ({}, {"K8S_AUTH_VERIFY_SSL": "no"}, {"validate_certs": False}),
        ({}, {"K8S_AUTH_VERIFY_SSL": "True"}, {"validate_certs": True}),
        ({"validate_certs": False}, {"K8S_AUTH_VERIFY_SSL": "yes"}, {"validate_certs": False}),
    ],
)  # fmt: skip
def test_options_come_before_the_environment(params: t.Any, environment: t.Any, found: t.Any) -> None:
    assert access.options(params, environment) == found


def kubeconfig(path: Path) -> str:
    cluster = {"name": "c", "cluster": {"server": "https://192.0.2.1:6443", "insecure-skip-tls-verify": False}}
    contexts = [{"name": name, "context": {"cluster": "c", "user": name}} for name in ("one", "two")]
    users = [{"name": name, "user": {"token": f"token-{name}"}} for name in ("one", "two")]
    held = {"apiVersion": "v1", "kind": "Config", "current-context": "one"}
    path.write_text(json.dumps({**held, "clusters": [cluster], "contexts": contexts, "users": users}))
    return str(path)


@pytest.mark.parametrize(
    ("params", "server", "token"),
    [
        ({}, "https://192.0.2.1:6443", "Bearer token-one"),
        ({"context": "two"}, "https://192.0.2.1:6443", "Bearer token-two"),
        ({"host": "https://192.0.2.2/"}, "https://192.0.2.2", "Bearer token-one"),
        ({"api_key": "own"}, "https://192.0.2.1:6443", "Bearer own"),
    ],
)
def test_a_kubeconfig_and_what_replaces_parts_of_it(tmp_path: Path, params: t.Any, server: str, token: str) -> None:
    pytest.importorskip("kubernetes")
    found = access.connect({"kubeconfig": kubeconfig(tmp_path / "config"), **params}, {})
    assert (found.server, found._login()) == (server, {"authorization": token})


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"kubeconfig": "/nowhere"}, "/nowhere: no usable configuration of a cluster"),
        ({"context": "three"}, "no usable configuration of a cluster .*three"),
        ({"host": "https://a", "api_key": "t", "ca_cert": "/nowhere/ca"}, "/nowhere/ca: this file does not exist"),
    ],
)
def test_a_configuration_that_leads_nowhere(tmp_path: Path, params: t.Any, error: str) -> None:
    pytest.importorskip("kubernetes")
    with pytest.raises(AccessError, match=error):
        access.connect({"kubeconfig": kubeconfig(tmp_path / "config"), **params}, {})


def test_a_missing_client_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "kubernetes", None)
    with pytest.raises(AccessError, match=r"the Python package kubernetes is missing for .*pip install kubernetes"):
        access.connect({}, {})


def https(answer: t.Any) -> Https:
    """A transport whose pool gives one answer, or raises it."""

    def request(*args: t.Any, **options: t.Any) -> t.Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    configuration = SimpleNamespace(host="https://double", auth_settings=dict)
    return Https(
        SimpleNamespace(
            configuration=configuration, rest_client=SimpleNamespace(pool_manager=SimpleNamespace(request=request))
        ),
        1,
    )


def answer(status: int, body: t.Any, **headers: str) -> SimpleNamespace:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return SimpleNamespace(status=status, data=data, headers=headers)


def test_an_error_has_the_details_of_the_status_object() -> None:
    causes = [{"reason": "FieldManagerConflict", "message": 'conflict with "a"', "field": ".spec"}]
    status = {"message": "Apply failed", "reason": "Conflict", "details": {"kind": "pods", "causes": causes}}
    with pytest.raises(Refused, match=r"Apply failed \(409 Conflict\)") as error:
        https(answer(409, status)).call("PATCH", "/api/v1/x")
    assert (error.value.status, error.value.causes, error.value.of_kind) == (409, causes, "pods")


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        (answer(429, b"slow down", **{"Retry-After": "3"}), Refused, r"slow down \(429\)"),
        (answer(401, {"message": "Unauthorized"}), Refused, "does not accept these credentials"),
        (answer(404, b""), Refused, r"GET /api \(404\)"),
        (answer(200, b"<html>"), AccessError, "the answer is not JSON, so this is not an API server"),
        (answer(200, []), AccessError, "the answer is not an object"),
        (urllib3.exceptions.ProtocolError("reset"), Unreachable, "https://double does not answer: reset"),
        (ConnectionResetError("reset"), Unreachable, "does not answer"),
        (urllib3.exceptions.SSLError("unknown CA"), AccessError, "give the CA of this cluster as ca_cert"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_apart(given: t.Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        https(given).call("GET", "/api")


def test_seconds_to_wait_and_warnings_are_read() -> None:
    with pytest.raises(Refused) as error:
        https(answer(429, b"", **{"Retry-After": "3"})).call("GET", "/api")
    assert error.value.retry_after == 3
    server = https(answer(200, {}, Warning='299 - "v1beta1 is deprecated", 299 - "say \\"x\\""'))
    server.call("GET", "/api")
    server.call("GET", "/api")
    assert server.warnings == ["v1beta1 is deprecated", 'say \\"x\\"']


class Pages:
    """A double of a server with plain discovery and short pages."""

    server, warnings = "https://double", list[str]()

    def __init__(self, answers: dict[str, t.Any]) -> None:
        self.answers, self.calls = answers, list[str]()

    def call(self, method: str, path: str, query: t.Any = None, *args: t.Any, **more: t.Any) -> t.Any:
        self.calls.append(path)
        found = self.answers[path]
        return found[(query or {}).get("continue", "")] if query else found


def test_collections_are_read_page_by_page() -> None:
    pages = {
        "": {"kind": "PodList", "apiVersion": "v1", "items": [{"a": 1}], "metadata": {"continue": "x"}},
        "x": {"kind": "PodList", "apiVersion": "v1", "items": [{"a": 2}], "metadata": {}},
    }
    found = list(items(Pages({"/p": pages}), "/p"))
    assert found == [{"apiVersion": "v1", "kind": "Pod", "a": 1}, {"apiVersion": "v1", "kind": "Pod", "a": 2}]


def test_discovery_without_aggregation() -> None:
    pod = {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["get"]}
    versions = [{"groupVersion": "apps/v1beta1"}, {"groupVersion": "apps/v1"}]
    apps = {"name": "apps", "versions": versions, "preferredVersion": {"groupVersion": "apps/v1"}}
    served = [
        {"name": "deployments", "kind": "Deployment", "namespaced": True},
        {"name": "deployments/scale", "kind": "S"},
    ]
    server = Pages(
        {
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/api/v1": {"resources": [pod]},
            "/apis": {"kind": "APIGroupList", "groups": [apps]},
            "/apis/apps/v1": {"resources": served},
            "/apis/apps/v1beta1": {"resources": served},
        }
    )
    found = Discovery(server)
    assert [one.version for one in found.versions("apps", "Deployment")] == ["v1", "v1beta1"]
    one = found.find("v1", "Pod")
    assert one and one.path("a", "b:c") == "/api/v1/namespaces/a/pods/b%3Ac"
    assert found.find("apps/v1", "S") is None
    assert server.calls.count("/apis") == 1


def test_a_group_whose_server_is_away_is_named() -> None:
    group = {"metadata": {"name": "a.net"}, "versions": [{"version": "v1", "freshness": "Stale"}]}
    listed = {"kind": "APIGroupDiscoveryList", "items": [group]}
    found = Discovery(Pages({"/api": {**listed, "items": []}, "/apis": listed}))
    assert found.find("a.net/v1", "A") is None
    assert "the API server of the group a.net does not answer" in found.why_not("a.net/v1", "A")
