# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels and taints: what is patched, and what of others stays."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.nodes import plan
from ansible_collections.groundup.cloud.plugins.module_utils.kube.observe import MANAGED

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
