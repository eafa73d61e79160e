# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels and taints: what is patched, and what of others stays."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube import nodes
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.nodes import plan
from ansible_collections.groundup.cloud.plugins.module_utils.kube.observe import MANAGED
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline

TAINT = {"key": "dedicated", "value": "storage", "effect": "NoSchedule"}
FOREIGN = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def managed(labels: list[str], taints: list[str]) -> str:
    return json.dumps({"labels": labels, "taints": taints}, sort_keys=True)


def node(labels: dict[str, str] | None = None, taints: t.Any = (), ours: str = "") -> dict[str, t.Any]:
    return {"labels": labels or {}, "taints": list(taints), "managed": ours}


def want(labels: dict[str, str] | None = None, *taints: dict[str, str]) -> dict[str, t.Any]:
    return {"labels": labels or {}, "taints": list(taints)}


CASES: dict[str, tuple[t.Any, t.Any, t.Any]] = {
    "nothing wanted, nothing there": (want(), node({"other": "x"}, [FOREIGN]), None),
    "nothing said of either": ({}, node({"other": "x"}, [FOREIGN]), None),
    "no word of taints": (
        {"labels": {"rack": "r1"}},
        node({}, [FOREIGN]),
        {"metadata": {"labels": {"rack": "r1"}, "annotations": {MANAGED: managed(["rack"], [])}}},
    ),
    "as wanted": (
        want({"rack": "r1"}, TAINT),
        node({"rack": "r1", "other": "x"}, [TAINT], managed(["rack"], ["dedicated:NoSchedule"])),
        None,
    ),
    "new": (
        want({"rack": "r1"}, TAINT),
        node({"other": "x"}, [FOREIGN]),
        {
            "metadata": {
                "labels": {"rack": "r1"},
                "annotations": {MANAGED: managed(["rack"], ["dedicated:NoSchedule"])},
            },
            "spec": {"taints": [FOREIGN, TAINT]},
        },
    ),
    "changed by hand": (
        want({"rack": "r1"}),
        node({"rack": "r9"}, [], managed(["rack"], [])),
        {"metadata": {"labels": {"rack": "r1"}}},
    ),
    "dropped from the model": (
        want(),
        node({"rack": "r1", "other": "x"}, [TAINT, FOREIGN], managed(["rack"], ["dedicated:NoSchedule"])),
        {
            "metadata": {"labels": {"rack": None}, "annotations": {MANAGED: managed([], [])}},
            "spec": {"taints": [FOREIGN]},
        },
    ),
    "dropped, and already gone by hand": (
        want(),
        node({}, [], managed(["rack"], [])),
        {"metadata": {"annotations": {MANAGED: managed([], [])}}},
    ),
}


@pytest.mark.parametrize(("wanted", "have", "patch"), CASES.values(), ids=CASES)
def test_patch(wanted: t.Any, have: t.Any, patch: t.Any) -> None:
    assert plan({"n1": wanted}, {"n1": have}) == ({"n1": patch} if patch else {})


def test_a_node_that_does_not_exist_is_left_out() -> None:
    assert plan({"n1": want({"rack": "r1"})}, {}) == {}


class SilentApi:
    """A double of the API that does not answer the first patches; sleeping takes no time."""

    def __init__(self, silent: int) -> None:
        self.silent, self.time = silent, 0.0
        self.patched: list[str] = []

    def patch(self, path: str, _body: t.Any) -> None:
        if self.silent:
            self.silent -= 1
            raise Unreachable("https://10.30.0.10:8443: the read operation timed out")
        self.patched.append(path)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_patches_are_sent_again_while_the_api_does_not_answer() -> None:
    api = SilentApi(3)
    nodes.apply(api, {"node1": {}, "node2": {}}, Deadline(60, api))  # type: ignore[arg-type]
    assert api.patched == ["/api/v1/nodes/node1", "/api/v1/nodes/node2"]


def test_an_api_that_does_not_answer_until_the_deadline_is_an_error() -> None:
    api = SilentApi(1000)
    with pytest.raises(KubeError, match=r"labels and taints of node1.*timed out"):
        nodes.apply(api, {"node1": {}}, Deadline(60, api))  # type: ignore[arg-type]
    assert api.patched == []
