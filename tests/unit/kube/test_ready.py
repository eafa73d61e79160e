# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for nodes, and the reasons why they are not ready."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube import nodes, ready
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline

Given = dict[str, t.Any]
READY = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
NETWORK = {
    "type": "Ready",
    "status": "False",
    "reason": "KubeletNotReady",
    "message": "cni plugin not initialized",
    "lastTransitionTime": "2026-11-28T06:47:11Z",
}


def node(name: str, *conditions: Given, pod_cidr: str = "10.64.0.0/24") -> Given:
    return {"metadata": {"name": name}, "spec": {"podCIDR": pod_cidr}, "status": {"conditions": list(conditions)}}


class FakeApi:
    """A double of the API that shows one list of nodes after the other, or does not answer; time passes by sleeping.

    Pods and events, which are read for the reasons of a node, are not counted.
    """

    def __init__(self, *moments: list[Given] | str) -> None:
        self.moments, self.time, self.asked = moments, 0.0, 0
        self.pods: list[Given] = []
        self.events: list[Given] = []

    def text(self, path: str) -> str:
        return f"a line of {path.partition('?')[0]}"

    def get(self, path: str) -> Given:
        if path != "/api/v1/nodes":
            return {"items": self.events if "/events?" in path else self.pods}
        moment = self.moments[min(self.asked, len(self.moments) - 1)]
        self.asked += 1
        if isinstance(moment, str):
            raise Unreachable(moment)
        return {"items": moment}

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def waited(api: FakeApi, names: list[str], seconds: float = 60, *, to_be_ready: bool = True) -> ready.Nodes:
    return ready.await_nodes(api, names, Deadline(seconds, api), ready=to_be_ready)  # type: ignore[arg-type]


def test_nodes_are_waited_for_until_all_are_ready() -> None:
    api = FakeApi("refused", [], [node("n1", NETWORK)], [node("n1", READY)], [node("n1", READY), node("n2", READY)])
    found = waited(api, ["n1", "n2"])
    assert api.asked == 5 and sorted(found) == ["n1", "n2"] and found["n1"]["ready"] is True


def test_nodes_that_need_not_be_ready_are_only_registered() -> None:
    api = FakeApi([node("n1", NETWORK, pod_cidr="")], [node("n1", NETWORK)])
    found = waited(api, ["n1"], to_be_ready=False)
    assert api.asked == 2 and found["n1"]["ready"] is False


LACKS: dict[str, tuple[list[Given] | str, str]] = {
    "absent": ([], "n1: it is not registered"),
    "no pod network": ([node("n1", READY, pod_cidr="")], "n1: it has no pod network (spec.podCIDR)"),
    "no condition": ([node("n1")], "n1: its kubelet has not reported the condition Ready"),
    "not ready": (
        [node("n1", NETWORK), node("n2", READY)],
        "n1: not ready (KubeletNotReady: cni plugin not initialized) (since 2026-11-28T06:47:11Z)",
    ),
    "no words": ([node("n1", {"type": "Ready", "status": "Unknown"})], "n1: not ready"),
    "no API": ("connection refused", "the API: connection refused"),
}


@pytest.mark.parametrize(("moment", "text"), LACKS.values(), ids=LACKS)
def test_the_error_names_what_a_node_lacks(moment: list[Given] | str, text: str) -> None:
    with pytest.raises(KubeError) as caught:
        waited(FakeApi(moment), ["n1"])
    assert str(caught.value).startswith(f"waited 60 s for the nodes to be ready; still missing: {text}; `journalctl")


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: t.Any) -> FakeApi:
    """The API of a control plane whose node is not ready."""
    api = FakeApi([node("n1", NETWORK)])
    (tmp_path / "etc/kubernetes").mkdir(parents=True)
    (tmp_path / "etc/kubernetes/admin.conf").touch()
    for module in (ready, nodes):
        monkeypatch.setattr(module, "System", lambda _root: _System(str(tmp_path)))
        monkeypatch.setattr(module, "admin", lambda *_words: api)
    return api


_System = ready.System


@pytest.mark.parametrize("names", [["n1"], {"n1": {"labels": {}}}])
def test_the_action_names_what_is_missing(given: Given, api: FakeApi, names: t.Any) -> None:
    with pytest.raises(KubeError, match="n1: not ready"):
        ready.perform(parse(given), {"nodes": names, "timeout": 0}, False)
    assert api.asked == 1


def test_check_mode_does_not_wait(given: Given, api: FakeApi) -> None:
    found = ready.perform(parse(given), {"nodes": ["n1", "n2"], "timeout": 300}, True)
    assert (found["changed"], found["steps"], list(found["nodes"]), api.asked) == (False, [], ["n1"], 1)


def test_labels_in_check_mode_are_compared_with_the_nodes_that_exist(given: Given, api: FakeApi) -> None:
    wanted = {"n1": {"labels": {"rack": "r1"}}, "n2": {"labels": {"rack": "r1"}}}
    found = nodes.perform(parse(given), {"nodes": wanted, "ready": True, "timeout": 300}, True)
    assert found["steps"] == ["label node n1"] and api.asked == 1
    assert nodes.perform(parse(given), {"nodes": wanted, "ready": False, "timeout": 0}, True)["changed"] is True


def test_the_error_names_the_pod_at_fault_on_a_node_that_is_not_ready() -> None:
    api = FakeApi([node("n1", NETWORK)])
    ended = {"exitCode": 1, "reason": "Error", "finishedAt": "2026-11-28T06:50:00Z"}
    status = {"name": "agent", "restartCount": 5, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    api.pods = [
        {
            "metadata": {"name": "network-x", "namespace": "kube-system"},
            "spec": {"nodeName": "n1"},
            "status": {"phase": "Running", "containerStatuses": [status | {"lastState": {"terminated": ended}}]},
        }
    ]
    with pytest.raises(KubeError) as caught:
        waited(api, ["n1"])
    assert (
        "; pod kube-system/network-x on n1: container agent is in CrashLoopBackOff (exit code 1, 5 restarts, since "
        "2026-11-28T06:50:00Z); last lines that it printed: a line of /api/v1/namespaces/kube-system/pods/network-x/log"
    ) in str(caught.value)
