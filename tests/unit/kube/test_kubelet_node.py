# SPDX-License-Identifier: GPL-3.0-or-later
"""A kubelet that was restarted is whole again when the cluster says so, by a report of that kubelet."""

from __future__ import annotations

import copy
import datetime
import json
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.plan import Plan, Step
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import RefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import config, kubelet_node, paths
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Refused, Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.layers import kubernetes_host

Given = dict[str, t.Any]
RESTARTED = 1_700_000_100.4


class World:
    """A worker whose kubelet was restarted at RESTARTED, what the API says of its Node, and a clock.

    ``later``: after so many seconds, what the API says then.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.started = RESTARTED
        self.answer: t.Any = node()
        self.later: dict[float, t.Any] = {}

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def get(self, path: str) -> t.Any:
        assert path == "/api/v1/nodes/node4"
        due = [moment for moment in self.later if moment <= self.seconds]
        found = self.later[max(due)] if due else self.answer
        if isinstance(found, Exception):
            raise found
        return found


def node(ready: str = "True", reported: float = RESTARTED + 5, **conditions: str) -> dict[str, t.Any]:
    """The Node, whose kubelet reported last at this time."""
    text = datetime.datetime.fromtimestamp(int(reported), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = [
        {"type": kind, "status": status, "reason": f"Kubelet{kind}", "lastHeartbeatTime": text}
        for kind, status in ({"Ready": ready} | conditions).items()
    ]
    return {"metadata": {"name": "node4"}, "status": {"conditions": found}}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    found = World()
    monkeypatch.setattr(kubelet_node, "as_kubelet", lambda _system: found)
    monkeypatch.setattr(kubelet_node, "started", lambda _system, name: found.started if name == "kubelet" else 0)
    monkeypatch.setattr(kubelet_node, "_wall", lambda since: since)
    monkeypatch.setattr(kubelet_node.kubelet_check, "journal", lambda _system: "its journal")
    return found


@pytest.fixture
def member(tmp_path: Path) -> System:
    """A worker that has joined."""
    system = System(str(tmp_path))
    system.write(paths.KUBELET_CONF, b"credentials")
    system.write(paths.ATTEMPT, json.dumps({"kind": "join", "done": True}).encode())
    return system


def test_a_member_is_ready_where_the_api_says_so(worker: Given, world: World, member: System) -> None:
    assert kubelet_node.ready(parse(worker), member) == world.answer


@pytest.mark.parametrize(
    "answer",
    [None, node("False"), node("Unknown"), {"metadata": {"name": "node4"}}, Refused(401, "no"), FileNotFoundError()],
    ids=["no Node", "not ready", "silent", "never reported", "other cluster", "no certificate"],
)
def test_a_worker_that_is_no_ready_node_has_nothing_to_lose(
    worker: Given, world: World, member: System, answer: t.Any
) -> None:
    world.answer = answer
    assert kubelet_node.ready(parse(worker), member) is None
    with pytest.raises(RefusedError, match=r"node4: .* was ready when this run began, and is not any longer"):
        kubelet_node.ready(parse(worker), member, required=True)


def test_a_machine_that_has_not_joined_asks_no_api(worker: Given, world: World, member: System, tmp_path: Path) -> None:
    world.answer = AssertionError("no request")
    assert kubelet_node.ready(parse(worker), System(str(tmp_path / "blank"))) is None
    member.write(paths.ATTEMPT, json.dumps({"kind": "join", "done": False}).encode())
    assert kubelet_node.ready(parse(worker), member) is None


def test_a_worker_of_which_the_api_says_nothing_is_left_and_a_control_plane_is_not(
    given: Given, worker: Given, world: World, member: System
) -> None:
    world.answer = Unreachable("connection refused")
    with pytest.raises(RefusedError, match=r"node4: its kubelet is not restarted .*\(connection refused\); run again"):
        kubelet_node.ready(parse(worker), member)
    plane = given | {"node": given["node"] | {"name": "node4"}, "control_planes": {"node4": "10.30.0.21"}}
    assert kubelet_node.ready(parse(plane), member) is None
    assert kubelet_node.ready(parse(plane), member, required=True) is None


def shortages(given: Given, system: System) -> list[str] | None:
    return kubernetes_host.shortages(given, system)


def test_a_worker_that_is_a_ready_node_tells_its_shortages(worker: Given, world: World, member: System) -> None:
    assert shortages(worker, member) == []
    world.answer = node(DiskPressure="True", MemoryPressure="False")
    assert shortages(worker, member) == ["DiskPressure"]


def test_a_worker_of_which_the_api_says_nothing_has_to_stay_ready(
    worker: Given, world: World, member: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.answer = Unreachable("connection refused")
    assert shortages(worker, member) == []
    monkeypatch.undo()
    assert shortages(worker, member) == [], "its kubeconfig names no server"


@pytest.mark.parametrize("answer", [None, node("False"), node("Unknown"), Refused(401, "no")])
def test_a_worker_that_is_no_ready_node_has_no_turn(worker: Given, world: World, member: System, answer: t.Any) -> None:
    world.answer = answer
    assert shortages(worker, member) is None


def test_the_api_is_read_for_no_other_machine(
    given: Given, worker: Given, world: World, member: System, tmp_path: Path
) -> None:
    world.answer = AssertionError("no request")
    assert shortages(worker, System(str(tmp_path / "blank"))) is None, "it has no kubelet.conf"
    assert shortages(given, member) is None, "it is a control plane"
    assert shortages(worker | {"version": "x"}, member) is None, "the comparison reports the wrong value"


def test_the_module_waits_for_the_node_and_only_where_something_was_changed(
    worker: Given, world: World, member: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubelet_node, "SystemClock", lambda: world)
    settings = parse(worker | {"root": str(member.root)})
    params = {"short": ["DiskPressure"], "watched": True, "done": "its layer host_base was changed"}
    world.answer = node(DiskPressure="True")
    assert kubelet_node.perform(settings, params, False) == {"changed": False, "steps": []}
    assert 60 <= world.seconds <= 65
    kubelet_node.perform(settings, params | {"watched": False}, False)
    assert world.seconds <= 65, "no machine waits for it"
    with pytest.raises(KubeError, match=r"node4: its layer host_base was changed, and .* it reports DiskPressure"):
        kubelet_node.perform(settings, params | {"short": []}, False)
    world.answer = AssertionError("no request")
    assert kubelet_node.perform(settings, params, True) == {"changed": False, "steps": []}


def wait(worker: Given, world: World, member: System, seconds: float = 0, before: t.Any = None) -> None:
    kubelet_node.await_ready(parse(worker), member, before or node(), seconds, clock=world)


def test_a_report_of_the_restarted_kubelet_ends_the_wait(worker: Given, world: World, member: System) -> None:
    world.answer = node(reported=RESTARTED - 20)  # the kubelet before said so
    world.later = {7.0: node("False"), 11.0: node(reported=RESTARTED)}
    wait(worker, world, member)
    assert 11 <= world.seconds <= 13


LOST: dict[str, tuple[t.Any, str]] = {
    "silent": (node(reported=RESTARTED - 20), "node4: its restarted kubelet has not reported yet"),
    "not ready": (node("False"), r"node4: not ready \(KubeletReady\)"),
    "without a report": ({"metadata": {"name": "node4"}}, "has not reported the condition Ready"),
    "gone": (None, "node4: it is not registered"),
    "refused": (Refused(403, "Forbidden"), "the API on node4: Forbidden"),
    "no answer": (Unreachable("timed out"), "the API on node4: timed out"),
    "short of memory": (node(MemoryPressure="True"), r"node4: it reports MemoryPressure \(KubeletMemoryPressure\)"),
    "short of two": (node(DiskPressure="True", PIDPressure="True"), "it reports DiskPressure .*it reports PIDPressure"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "text"), LOST.values(), ids=LOST)
def test_a_node_that_is_lost_by_a_restart_is_an_error_with_the_reason(
    worker: Given, world: World, member: System, answer: t.Any, text: str
) -> None:
    world.answer = answer
    with pytest.raises(KubeError, match=rf"(?s)node4: its kubelet runs with .*{text}.*\nits journal"):
        wait(worker, world, member)
    assert world.seconds == kubelet_node.kubelet_check.LIMIT["default"]


def test_a_kubelet_that_does_not_run_is_named(worker: Given, world: World, member: System) -> None:
    world.started = 0.0
    with pytest.raises(KubeError, match="kubelet on node4: it does not run"):
        wait(worker, world, member)


def test_a_shortage_that_was_there_before_is_no_reason(worker: Given, world: World, member: System) -> None:
    world.answer = node(MemoryPressure="True")
    wait(worker, world, member, before=copy.deepcopy(world.answer))


def test_a_node_on_which_others_wait_stays_ready_for_the_whole_time(
    worker: Given, world: World, member: System
) -> None:
    world.later = {10.0: node("False"), 20.0: node(reported=RESTARTED + 20)}
    wait(worker, world, member, 60)
    assert 80 <= world.seconds <= 82, "the time begins anew"


@pytest.mark.parametrize("answer", [node("Unknown"), node(MemoryPressure="True")], ids=["silent", "short"])
def test_a_node_that_the_cluster_loses_later_is_an_error(
    worker: Given, world: World, member: System, answer: t.Any
) -> None:
    world.later = {50.0: answer}
    with pytest.raises(KubeError, match=r"not ready|MemoryPressure"):
        wait(worker, world, member, kubelet_node.WATCH["default"])


def test_the_time_is_longer_than_the_cluster_needs_to_notice(worker: Given) -> None:
    """Its period is 50 s by default, and config.py sets another one for slow machines."""
    (manager,) = (item for item in config.cluster(parse(worker | {"timings": "slow"})) if "controllerManager" in item)
    arguments = {item["name"]: item["value"] for item in manager["controllerManager"]["extraArgs"]}
    assert arguments["node-monitor-grace-period"] == "2m0s"
    assert kubelet_node.WATCH["default"] > 50 and kubelet_node.WATCH["slow"] > 120


def test_the_time_of_the_kubelets_start_is_that_of_its_clock() -> None:
    assert abs(kubelet_node._wall(time.clock_gettime(time.CLOCK_BOOTTIME)) - time.time()) < 1


RESTART = "restart kubelet.service"


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The layer differs by a restart of the kubelet, unless the list has another verb first; what is done."""
    done: list[str] = []

    def run_layer(*_words: t.Any, check: bool, **_more: t.Any) -> dict[str, t.Any]:
        done.append("check" if check else "apply")
        return {"changed": True, "steps": [RESTART], "diff": [{"before": "", "after": ""}], "seconds": 0.0}

    monkeypatch.setattr(kubernetes_host.preflight, "refuse", lambda *_args, **_more: None)
    monkeypatch.setattr(kubernetes_host, "run_layer", run_layer)
    monkeypatch.setattr(
        kubernetes_host.kubelet_node, "await_ready", lambda *words: done.append(f"await {words[3]:.0f}")
    )
    return done


def differing(monkeypatch: pytest.MonkeyPatch, *steps: Step) -> None:
    monkeypatch.setattr(kubernetes_host, "_plan", lambda *_words, **_more: Plan("kubernetes", steps))


def test_a_ready_worker_waits_for_its_turn_where_its_kubelet_would_be_restarted(
    worker: Given, world: World, member: System, layer: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    differing(monkeypatch, Step("systemctl", RESTART))
    found = kubernetes_host.prepare(worker, check=False, system=member)
    assert (found["postponed"], found["changed"], found["steps"], found["serves"]) == (True, False, [], True)
    assert layer == ["check"] and found["member"] is False
    found = kubernetes_host.prepare(worker, check=False, system=member, in_turn=True)
    assert (found["postponed"], found["changed"]) == (False, True)
    kubernetes_host.prepare(worker, check=False, system=member, in_turn=True, watched=True)
    kubernetes_host.prepare(worker, check=True, system=member, in_turn=True, watched=True)
    assert layer == ["check", "apply", "await 0", "apply", "await 60", "check"]


def test_a_worker_that_is_not_ready_is_mended_at_once(
    worker: Given, world: World, member: System, layer: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    differing(monkeypatch, Step("systemctl", RESTART))
    world.answer = node("False")
    assert kubernetes_host.prepare(worker, check=False, system=member)["postponed"] is False
    assert layer == ["apply"]
    with pytest.raises(RefusedError, match="is not any longer"):
        kubernetes_host.prepare(worker, check=False, system=member, in_turn=True, watched=True)
    assert layer == ["apply"], "nothing was changed"


@pytest.mark.parametrize("step", ["start kubelet.service", "restart keepalived.service"])
def test_a_change_that_does_not_restart_the_kubelet_waits_for_nobody(
    worker: Given, world: World, member: System, layer: list[str], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    differing(monkeypatch, Step("systemctl", step))
    world.answer = AssertionError("no request")
    assert kubernetes_host.prepare(worker, check=False, system=member)["postponed"] is False
    assert layer == ["apply"]


def test_the_only_control_plane_does_not_wait(
    alone: Given, world: World, member: System, layer: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    differing(monkeypatch, Step("systemctl", RESTART))
    world.get = lambda _path: node()  # type: ignore[method-assign]
    assert kubernetes_host.prepare(alone, check=False, system=member)["postponed"] is False
    assert layer == ["apply"]


def test_kubelets_with_other_settings_are_told_apart(
    worker: Given, world: World, member: System, layer: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    differing(monkeypatch)
    kubelets = [
        kubernetes_host.prepare(worker | {"node": worker["node"] | {"kubelet": kubelet}}, check=True, system=member)
        for kubelet in ({}, {"maxPods": 1}, {"maxPods": 2}, {"maxPods": 1})
    ]
    found = [item["kubelet"] for item in kubelets]
    assert found[0] == "" and found[1] == found[3] != found[2]
