# SPDX-License-Identifier: GPL-3.0-or-later
"""Patches change what they expect, and say what upstream has instead."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.manifests import Definition
from ansible_collections.groundup.cloud.plugins.module_utils.objects.patches import (
    ABSENT,
    Part,
    Patch,
    patched,
    spelled,
)


def upstream() -> list[Definition]:
    spec = {"replicas": 1, "on": True, "containers": [{"name": "web", "args": ["-v"]}, {"name": "log"}]}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "a"}, "spec": spec}
    return [Definition(body, "x"), Definition({**body, "kind": "DaemonSet"}, "y")]


def patch(path: tuple[t.Any, ...], expected: t.Any, value: t.Any, **more: t.Any) -> Patch:
    return Patch(
        **{"kind": "Deployment", "name": "web", **more}, path=path, expected=expected, value=value, reason="why"
    )


@pytest.mark.parametrize(
    ("path", "expected", "value", "spec"),
    [
        (("spec", "replicas"), 1, 3, {"replicas": 3}),
        (("spec", "replicas"), 1, ABSENT, {"replicas": None}),
        (("spec", "paused"), ABSENT, True, {"paused": True}),
        (("spec", "containers", {"name": "log"}, "image"), ABSENT, "x",
         {"containers": [{"name": "web", "args": ["-v"]}, {"name": "log", "image": "x"}]}),
        (("spec", "containers", {"name": "web"}, "args", 0), "-v", "-q",
         {"containers": [{"name": "web", "args": ["-q"]}, {"name": "log"}]}),
        (("spec", "containers", {"name": "web"}, "args", 1), ABSENT, "-x",
         {"containers": [{"name": "web", "args": ["-v", "-x"]}, {"name": "log"}]}),
        (("spec", "containers", {"name": "log"}), {"name": "log"}, ABSENT,
         {"containers": [{"name": "web", "args": ["-v"]}]}),
    ],
)  # fmt: skip
def test_a_patch_changes_one_place(
    path: tuple[t.Any, ...], expected: t.Any, value: t.Any, spec: dict[str, t.Any]
) -> None:
    given = upstream()
    found = patched(given, [patch(path, expected, value)])
    wanted = {**upstream()[0].body["spec"], **spec}
    assert found[0].body["spec"] == {key: one for key, one in wanted.items() if one is not None}
    assert found[1] is given[1] and given[0].body == upstream()[0].body


@pytest.mark.parametrize(
    ("one", "error"),
    [
        (patch(("spec", "replicas"), 2, 3), r"spec.replicas \(why\): expected 2, but upstream has 1 now"),
        (patch(("spec", "on"), 1, 3), "expected 1, but upstream has True now"),
        (patch(("spec", "paused"), True, 3), "expected True, but upstream has nothing now"),
        (patch(("spec", "replicas"), ABSENT, 3), "expected nothing, but upstream has 1 now"),
        (patch(("spec", "template", "spec"), 1, 3), "upstream has no spec.template now; there are the keys containers"),
        (patch(("spec", "containers", {"name": "db"}, "image"), "a", "b"), r"has no spec.containers\[name=db\] now"),
        (patch(("spec", "containers", 5, "image"), "a", "b"), r"spec.containers\[5\] now; there are 2 items"),
        (patch(("spec", "replicas", "x"), 1, 2), "upstream has int instead of an object there now"),
        (patch(("spec", {"name": "x"}), 1, 2), "upstream has dict instead of a list there now"),
        (patch(("spec",), 1, 2, name="db"), "upstream has no such object now; it has web"),
        (patch(("spec",), 1, 2, kind="Job"), "upstream has no such object now; it has no Job at all"),
        (patch(("spec",), 1, 2, namespace="b"), "upstream has no such object now"),
    ],
)  # fmt: skip
def test_what_upstream_changed_is_said(one: Patch, error: str) -> None:
    with pytest.raises(ObjectsError, match=error):
        patched(upstream(), [one])


def test_patches_are_performed_in_order_and_their_errors_reported_together() -> None:
    two = [patch(("spec", "replicas"), 1, 2), patch(("spec", "replicas"), 2, 3)]
    assert patched(upstream(), two)[0].body["spec"]["replicas"] == 3
    with pytest.raises(ObjectsError, match=r"(?s)2 errors:.*expected 5.*expected 6"):
        patched(upstream(), [patch(("spec", "replicas"), 5, 2), patch(("spec", "replicas"), 6, 3)])
    with pytest.raises(ObjectsError, match="upstream has 2 such objects; name the namespace"):
        patched([upstream()[0], upstream()[0]], two)


def test_paths_are_spelled() -> None:
    path = ("spec", "a.b/c", {"name": "web", "port": 1}, 0, "image-name")
    assert spelled(path) == 'spec["a.b/c"][name=web,port=1][0].image-name'


def template(text: t.Any) -> list[Definition]:
    data = {"conflist": text}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": data}
    return [Definition(body, "x")]


PART = patch(("data", "conflist"), Part('"snat": true'), Part('"snat": false'), kind="ConfigMap")


def test_a_part_of_a_text_is_replaced_whatever_stands_around_it() -> None:
    for around in ('{"cniVersion": "0.3.1", %s}', '{"cniVersion": "1.0.0", "mtu": __MTU__, %s}'):
        found = patched(template(around % '"snat": true'), [PART])
        assert found[0].body["data"]["conflist"] == around % '"snat": false'


@pytest.mark.parametrize("text", ["{}", '"snat": true, "snat": true', 7, None])
def test_a_part_that_is_not_there_exactly_once_is_an_error(text: t.Any) -> None:
    with pytest.raises(ObjectsError, match=r"expected a text that has '\"snat\": true' once, but upstream has"):
        patched(template(text), [PART])
