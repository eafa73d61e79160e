# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels and taints: what is patched, and what of others stays."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube import nodes, observe
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Refused, Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.node_patch import plan
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


class Server:
    """A double of the API with nodes: it does not answer the first ``silent`` patches, and others set a taint on a node
    before each of the first ``changed`` ones. As the real one, it refuses a patch for another revision than the last
    (409), and takes one without a revision. Sleeping takes no time."""

    def __init__(self, *names: str, silent: int = 0, changed: int = 0) -> None:
        self.silent, self.changed, self.time = silent, changed, 0.0
        self.nodes = {name: self.item([]) for name in names}
        self.taken: list[str] = []

    def item(self, taints: list[dict[str, str]], revision: int = 1) -> dict[str, t.Any]:
        return {"metadata": {"resourceVersion": str(revision)}, "spec": {"taints": taints}}

    def found(self) -> dict[str, t.Any]:
        return {name: observe.node(item) for name, item in self.nodes.items()}

    def get(self, path: str) -> t.Any:
        return self.nodes.get(path.rpartition("/")[2])

    def patch(self, path: str, body: t.Any) -> None:
        name = path.rpartition("/")[2]
        if self.silent:
            self.silent -= 1
            raise Unreachable("https://10.30.0.10:8443: the read operation timed out")
        if self.changed:
            self.changed -= 1
            self.others(name, {**FENCED, "value": str(self.changed)})
        item = self.nodes[name]
        revision = body.get("metadata", {}).get("resourceVersion")
        if revision not in (None, item["metadata"]["resourceVersion"]):
            raise Refused(409, f"{path}: the object has been modified")
        taints = body.get("spec", item["spec"])["taints"]
        labels = body.get("metadata", {}).get("annotations", {})
        self.nodes[name] = self.item(taints, int(item["metadata"]["resourceVersion"]) + 1)
        self.nodes[name]["metadata"]["annotations"] = labels
        self.taken.append(path)

    def others(self, name: str, taint: dict[str, str]) -> None:
        """Somebody else sets a taint."""
        item = self.nodes[name]
        kept = [one for one in item["spec"]["taints"] if one["key"] != taint["key"]]
        self.nodes[name] = self.item([*kept, taint], int(item["metadata"]["resourceVersion"]) + 1)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


FENCED = {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute", "timeAdded": "2026-11-30T00:00:00Z"}
LABEL = want({"rack": "r1"})


def apply(api: Server, wanted: dict[str, t.Any], found: dict[str, t.Any] | None = None) -> None:
    nodes.apply(api, wanted, found or api.found(), Deadline(60, api))  # type: ignore[arg-type]


def test_patches_are_sent_again_while_the_api_does_not_answer() -> None:
    api = Server("node1", "node2", silent=3)
    apply(api, {"node1": LABEL, "node2": LABEL})
    assert api.taken == ["/api/v1/nodes/node1", "/api/v1/nodes/node2"]


def test_an_api_that_does_not_answer_until_the_deadline_is_an_error() -> None:
    api = Server("node1", silent=1000)
    with pytest.raises(KubeError, match=r"labels and taints of node1.*timed out"):
        apply(api, {"node1": LABEL})
    assert api.taken == []


@pytest.mark.parametrize("changed", [1, 3])
def test_a_taint_that_others_set_meanwhile_stays(changed: int) -> None:
    """A node is fenced, or is not ready, between the read and the patch, which replaces all taints."""
    api = Server("node1", changed=changed)
    apply(api, {"node1": want({}, TAINT)})
    assert api.nodes["node1"]["spec"]["taints"] == [{**FENCED, "value": "0"}, TAINT]
    assert len(api.taken) == 1


def test_a_node_that_is_changed_all_the_time_is_an_error() -> None:
    api = Server("node1", changed=1000)
    with pytest.raises(KubeError, match=r"labels and taints of node1.*has been modified"):
        apply(api, {"node1": want({}, TAINT)})
    assert api.taken == []


def test_a_node_that_is_removed_meanwhile_is_an_error() -> None:
    api = Server("node1")
    found = api.found()
    api.others("node1", FENCED)
    api.get = lambda _path: None  # type: ignore[method-assign]
    with pytest.raises(KubeError, match="node1 was removed meanwhile; run again"):
        apply(api, {"node1": want({}, TAINT)}, found)
    assert api.taken == []


def test_labels_alone_need_no_revision() -> None:
    """They are merged key by key, so nothing of others is lost, and a status that changes often is no conflict."""
    api = Server("node1", changed=1)
    apply(api, {"node1": LABEL})
    assert len(api.taken) == 1


def test_the_time_at_which_others_set_a_taint_is_no_difference_and_stays() -> None:
    api = Server("node1")
    api.others("node1", FENCED)
    assert plan({"node1": want()}, api.found()) == {}
    apply(api, {"node1": want({}, TAINT)})
    assert api.nodes["node1"]["spec"]["taints"] == [FENCED, TAINT]


def test_a_refusal_for_another_reason_is_an_error() -> None:
    api = Server("node1")

    def refuse(_path: str, _body: t.Any) -> None:
        raise Refused(422, "invalid label")

    api.patch = refuse  # type: ignore[method-assign]
    with pytest.raises(Refused, match="invalid label"):
        apply(api, {"node1": LABEL})
