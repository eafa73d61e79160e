# SPDX-License-Identifier: GPL-3.0-or-later
"""A control plane is changed only while all others are healthy."""

from __future__ import annotations

import json
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import RefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import api, members, observe, paths, refresh, renewal
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.layers import kubernetes_host
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.missing import Missing

Given = dict[str, t.Any]


def member(number: int, **changes: t.Any) -> dict[str, t.Any]:
    """A member of etcd as ``etcd.members`` returns it."""
    address = f"https://10.30.0.2{number}"
    found = {"name": f"node{number}", "id": str(number), "peer": f"{address}:2380", "client": f"{address}:2379"}
    return found | {"learner": False} | changes


@dataclass
class Cluster:
    """Three control planes as node1 reads them. ``down``: API servers that do not answer; ``ill``: members of etcd with
    their error; ``read``: what was read, in order."""

    members: list[dict[str, t.Any]] = field(default_factory=lambda: [member(number) for number in (1, 2, 3)])
    down: set[str] = field(default_factory=set)
    ill: dict[str, str] = field(default_factory=dict)
    own: Missing | None = None
    read: list[str] = field(default_factory=list)

    def listed(self, _client: t.Any) -> list[dict[str, t.Any]]:
        self.read.append("members")
        return self.members

    def status(self, _root: Path, which: dict[str, t.Any]) -> dict[str, t.Any]:
        self.read.append(f"etcd of {which['name']}")
        text = self.ill.get(which["name"], "")
        if text.startswith("!"):
            raise api.Unreachable(text[1:])
        return {"errors": [text] if text else []}

    def connect(self, _kubeconfig: t.Any, server: str, _timeout: float) -> Cluster:
        self.read.append(server)
        if server in self.down:
            raise api.Unreachable(f"{server}: connection refused")
        return self

    def ready(self) -> None:
        """It is."""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    found = Cluster()
    monkeypatch.setattr(members.etcd, "connect", lambda *_words: None)
    monkeypatch.setattr(members.etcd, "members", found.listed)
    monkeypatch.setattr(members.etcd, "status", found.status)
    monkeypatch.setattr(members, "connect", found.connect)
    monkeypatch.setattr(members, "unready", lambda *_words: found.own)
    monkeypatch.setattr(members.Kubeconfig, "read", lambda _path: None)
    monkeypatch.setattr(members, "PATIENCE", {"default": 0.0, "slow": 0.0})
    monkeypatch.setattr(members, "SILENCE", {"default": 0.0, "slow": 0.0})
    return found


@pytest.fixture
def node1(tmp_path: Path) -> System:
    """A control plane whose join has ended."""
    system = System(str(tmp_path))
    system.write(paths.ADMIN_CONF, b"    server: https://10.30.0.10:8443\n")
    system.write(paths.ATTEMPT, json.dumps({"kind": "init", "done": True}).encode())
    return system


def test_healthy_members_let_it_be_changed(given: Given, cluster: Cluster, node1: System) -> None:
    members.require_others(parse(given), node1, "x")
    assert "https://10.30.0.21:6443" not in cluster.read and "etcd of node1" not in cluster.read
    assert {"etcd of node2", "etcd of node3", "https://10.30.0.22:6443", "https://10.30.0.23:6443"} <= set(cluster.read)


ILL: dict[str, tuple[dict[str, t.Any], str]] = {
    "the API server is down": ({"down": {"https://10.30.0.22:6443"}}, "node2: kube-apiserver: .*connection refused"),
    "etcd does not answer": ({"ill": {"node3": "!timed out"}}, "node3: etcd: timed out"),
    "etcd has an error": ({"ill": {"node2": "NOSPACE"}}, "node2: etcd: NOSPACE"),
    "a learner": ({"members": [member(1), member(2, learner=True)]}, "node2: its etcd is still a learner"),
    "never started": (
        {"members": [member(1), member(2, name="", client="")]},
        r"10\.30\.0\.22: its etcd has never started",
    ),
}


@pytest.mark.parametrize(("changes", "text"), ILL.values(), ids=ILL)
def test_a_member_that_is_not_healthy_is_named(
    given: Given, cluster: Cluster, node1: System, changes: dict[str, t.Any], text: str
) -> None:
    vars(cluster).update(changes)
    with pytest.raises(
        RefusedError, match=rf"node1: its network is not changed, .*{text}.* Mend .* first, or .*, then run"
    ):
        members.require_others(parse(given), node1, "its network is not changed")


def test_both_others_are_named(given: Given, cluster: Cluster, node1: System) -> None:
    cluster.down = {"https://10.30.0.22:6443", "https://10.30.0.23:6443"}
    with pytest.raises(RefusedError, match="Mend node2 and node3 first"):
        members.require_others(parse(given), node1, "x")


def test_one_that_starts_again_is_waited_for(
    given: Given, cluster: Cluster, node1: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.down = {"https://10.30.0.22:6443"}
    deadline = Deadline(60)
    monkeypatch.setattr(deadline, "sleep", lambda _seconds: cluster.down.clear())
    members.require_others(parse(given), node1, "x", deadline=deadline)


def test_one_that_joins_again_in_this_run_is_no_reason(given: Given, cluster: Cluster, node1: System) -> None:
    cluster.down = {"https://10.30.0.22:6443"}
    members.require_others(parse(given), node1, "x", replaced=["node2"])


def test_the_only_control_plane_makes_no_request(given: Given, cluster: Cluster, node1: System) -> None:
    members.require_others(parse(given | {"control_planes": {"node1": "10.30.0.21"}}), node1, "x")
    hosted = given | {"root": "/var/lib/x/root", "endpoint": {"address": "10.30.0.10"}}
    members.require_others(parse(hosted), node1, "x")
    assert cluster.read == []


def test_a_worker_and_a_machine_that_joins_make_no_request(
    given: Given, worker: Given, cluster: Cluster, node1: System, tmp_path: Path
) -> None:
    members.require_others(parse(worker), node1, "x")
    members.require_others(parse(given), System(str(tmp_path / "blank")), "x")
    node1.write(paths.ATTEMPT, json.dumps({"kind": "join", "done": False}).encode())
    members.require_others(parse(given), node1, "x")
    assert cluster.read == []


def test_one_that_does_not_serve_may_be_mended(given: Given, cluster: Cluster, node1: System) -> None:
    """Three machines of which nobody serves, as after a change by hand on all of them, must not wait for each other."""
    cluster.own, cluster.down = Missing.of("kube-apiserver"), {"https://10.30.0.22:6443"}
    members.require_others(parse(given), node1, "x")


def test_one_that_stays_while_another_is_erased_has_to_serve(given: Given, cluster: Cluster, node1: System) -> None:
    def ask() -> None:
        members.require_others(parse(given), node1, "node3 is not deployed again", replaced=["node3"], serving=True)

    cluster.down = {"https://10.30.0.23:6443"}
    ask()
    cluster.down.add("https://10.30.0.22:6443")
    with pytest.raises(RefusedError, match=r"node3 is not deployed again, .*node2: kube-apiserver"):
        ask()
    cluster.own = Missing.of("kube-apiserver")
    with pytest.raises(RefusedError, match=r"node3 is not .*again, since node1 does not serve: .* Mend node1 first"):
        ask()


def test_a_machine_of_no_cluster_has_no_say_while_another_is_erased(
    given: Given, cluster: Cluster, tmp_path: Path
) -> None:
    members.require_others(parse(given), System(str(tmp_path / "blank")), "x", serving=True)
    assert cluster.read == []


class Sometimes:
    """Why this machine's own API server is not ready: each answer of a list, then the last one."""

    def __init__(self, *answers: Missing | None) -> None:
        self.answers = list(answers)

    def __call__(self, *_words: object) -> Missing | None:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


NO_ANSWER = Missing.of("kube-apiserver", "timed out")


def test_one_that_misses_a_request_serves_and_waits_for_the_others(
    given: Given, cluster: Cluster, node1: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen on a busy rack: containerd was changed on all three as a repair, while no API server answered."""
    monkeypatch.setattr(members, "SILENCE", {"default": 60.0})
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(members, "unready", Sometimes(NO_ANSWER, NO_ANSWER, None))
    cluster.down = {"https://10.30.0.22:6443"}
    with pytest.raises(RefusedError, match="Mend node2 first"):
        members.require_others(parse(given), node1, "x")


def test_one_that_misses_a_request_while_it_waits_does_not_take_the_others_for_healthy(
    given: Given, cluster: Cluster, node1: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "unready", Sometimes(None, NO_ANSWER))
    cluster.down = {"https://10.30.0.22:6443"}
    with pytest.raises(RefusedError, match="Mend node2 first"):
        members.require_others(parse(given), node1, "x")


def test_a_control_plane_serves_where_its_etcd_and_its_api_server_answer(
    given: Given, cluster: Cluster, node1: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert members.serves(parse(given), node1)
    cluster.own = Missing.of("kube-apiserver")
    assert not members.serves(parse(given), node1)
    cluster.own = None

    def listed(_client: t.Any) -> list[dict[str, t.Any]]:
        raise api.Unreachable("connection refused")

    monkeypatch.setattr(members.etcd, "members", listed)
    assert not members.serves(parse(given), node1)


@pytest.fixture
def acts(monkeypatch: pytest.MonkeyPatch, node1: System) -> list[str]:
    """What is done to a control plane that differs and whose certificates end soon."""
    found: list[str] = []
    monkeypatch.setattr(refresh, "System", lambda: node1)
    monkeypatch.setattr(observe, "stale_manifests", lambda _root: ["cluster"])
    monkeypatch.setattr(refresh.certificates, "due", lambda *_words: {"pki/apiserver.crt": 20})
    monkeypatch.setattr(refresh, "refresh", lambda *_words: found.append("refresh"))
    monkeypatch.setattr(renewal, "renew", lambda *_words: found.append("renew"))
    return found


def test_manifests_and_certificates_are_left_while_another_is_down(
    given: Given, cluster: Cluster, acts: list[str]
) -> None:
    cluster.down = {"https://10.30.0.23:6443"}
    with pytest.raises(KubeError, match=r"node1: its servers are not restarted, .*node3"):
        refresh.perform(parse(given), {"replaced": []}, check=False)
    assert acts == []
    assert refresh.perform(parse(given), {"replaced": []}, check=True)["changed"]
    cluster.down = set()
    result = refresh.perform(parse(given), {"replaced": []}, check=False)
    assert acts == ["refresh", "renew"] and result["renewed"] == ["pki/apiserver.crt"]


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The layer differs; whether each run of it was a check."""
    runs: list[bool] = []

    def run_layer(*_words: t.Any, check: bool, **_more: t.Any) -> dict[str, t.Any]:
        runs.append(check)
        return {"changed": True, "steps": ["file /etc/haproxy/haproxy.cfg"], "diff": [], "seconds": 0.0}

    plan = kubernetes_host.Plan("kubernetes", (members,))  # type: ignore[arg-type]
    monkeypatch.setattr(kubernetes_host, "_plan", lambda *_words, **_more: plan)
    monkeypatch.setattr(kubernetes_host, "run_layer", run_layer)
    return runs


@pytest.mark.usefixtures("cluster")
def test_kubelet_and_load_balancer_of_one_of_several_wait_for_their_turn(
    given: Given, node1: System, layer: list[bool]
) -> None:
    result = kubernetes_host.prepare(given, check=False, system=node1)
    assert (result["postponed"], result["changed"], result["steps"], layer) == (True, False, [], [True])
    result = kubernetes_host.prepare(given, check=False, system=node1, in_turn=True)
    assert (result["postponed"], result["changed"], layer) == (False, True, [True, False])


def test_in_its_turn_it_is_left_while_another_is_down(
    given: Given, cluster: Cluster, node1: System, layer: list[bool]
) -> None:
    cluster.down = {"https://10.30.0.22:6443"}
    with pytest.raises(KubeError, match=r"node1: its kubelet and load balancer are not changed, .*node2"):
        kubernetes_host.prepare(given, check=False, system=node1, in_turn=True)
    assert layer == []


def test_the_only_one_and_workers_do_not_wait(
    given: Given, worker: Given, cluster: Cluster, node1: System, layer: list[bool]
) -> None:
    for params in (given | {"control_planes": {"node1": "10.30.0.21"}}, worker):
        assert kubernetes_host.prepare(params, check=False, system=node1)["postponed"] is False
    assert layer == [False, False] and cluster.read == []


def test_who_is_one_of_several(given: Given, worker: Given, node1: System, tmp_path: Path) -> None:
    assert kubernetes_host.is_one_of_several(given, node1)
    assert not kubernetes_host.is_one_of_several(worker, node1)
    assert not kubernetes_host.is_one_of_several(given | {"control_planes": {"node1": "10.30.0.21"}}, node1)
    assert not kubernetes_host.is_one_of_several(given, System(str(tmp_path / "blank")))
    assert not kubernetes_host.is_one_of_several(given | {"version": "x"}, node1)
