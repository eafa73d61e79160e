# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machine initializes the cluster and which join: tables of observations and plans."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.membership import plan

ADDRESS = {f"n{i}": f"10.30.0.2{i}" for i in range(1, 9)}
THREE = ["n1", "n2", "n3"]


def machine(name: str, *, cp: bool = False, member: bool = False, **changes: t.Any) -> dict[str, t.Any]:
    """The observation of a blank machine, or with ``member`` of a member of a cluster whose API does not answer."""
    return {
        "name": name,
        "address": ADDRESS[name],
        "control_plane": cp,
        "hosted": False,
        "joined": member,
        "admin": member and cp,
        "etcd_data": member and cp,
        "attempt": {"kind": "join", "done": True} if member else None,
        "encryption": "",
        "stale": [],
        "due": {},
        "version": "1.36.3",
        "cluster": None,
        "error": "",
    } | changes


def cluster(control_planes: list[str], workers: list[str], *, ready: bool = True, ca: str = "aa") -> dict[str, t.Any]:
    """What the API shows of a whole cluster."""
    nodes = {
        n: {"ready": ready, "control_plane": n in control_planes, "address": ADDRESS[n]}
        for n in control_planes + workers
    }
    members = [{"name": n, "id": n, "peer": f"https://{ADDRESS[n]}:2380", "learner": False} for n in control_planes]
    return {"ca": ca, "server": "", "version": "v1.36.3", "nodes": nodes, "etcd": members, "own": True}


def seen(*machines: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    return {item["name"]: item for item in machines}


def test_blank_machines_make_one_cluster_whatever_their_order() -> None:
    machines = [machine("n1", cp=True), machine("n2", cp=True), machine("n3", cp=True), machine("n4")]
    plans = [plan(seen(*order), THREE) for order in itertools.permutations(machines)]
    assert all(found == plans[0] for found in plans)
    assert plans[0]["init"] == plans[0]["api_host"] == "n1"
    assert plans[0]["join_control_planes"] == ["n2", "n3"]
    assert plans[0]["join_workers"] == ["n4"]


def test_a_complete_cluster_needs_nothing() -> None:
    live = cluster(THREE, ["n4"])
    found = plan(
        seen(*(machine(n, cp=True, member=True, cluster=live) for n in THREE), machine("n4", member=True)), THREE
    )
    assert found["ready"]
    assert not found["forming"]


def test_a_control_plane_whose_configuration_changed_is_refreshed_before_others_join() -> None:
    live = cluster(["n1"], [])
    first = machine("n1", cp=True, member=True, cluster=live, stale=["cluster"])
    found = plan(seen(first, machine("n2", cp=True), machine("n3", cp=True)), THREE)
    assert found["refresh"] == ["n1"]
    assert found["join_control_planes"] == ["n2", "n3"]


def test_a_node_that_is_not_ready_is_no_reason_to_join_again() -> None:
    live = cluster(["n1"], ["n4"], ready=False)
    found = plan(seen(machine("n1", cp=True, member=True, cluster=live), machine("n4", member=True)), ["n1"])
    assert not found["ready"]
    assert not found["forming"]


@pytest.mark.parametrize("begun", THREE)
def test_an_init_that_was_killed_is_continued_on_the_same_machine(begun: str) -> None:
    attempt = {"kind": "init", "done": False}
    traces = {"attempt": attempt, "admin": True, "etcd_data": True, "joined": True, "error": "connection refused"}
    machines = [machine(n, cp=True, **(traces if n == begun else {})) for n in THREE]
    found = plan(seen(*machines), THREE)
    assert found["init"] == begun
    assert found["join_control_planes"] == sorted(set(THREE) - {begun})


def test_an_init_killed_after_the_api_started_is_continued_too() -> None:
    live = cluster(["n2"], [])
    half = machine("n2", cp=True, member=True, cluster=live, attempt={"kind": "init", "done": False})
    found = plan(seen(machine("n1", cp=True), half), ["n1", "n2"])
    assert found["init"] == found["api_host"] == "n2"
    assert found["join_control_planes"] == ["n1"]


def test_a_killed_join_is_reset_and_repeated() -> None:
    live = cluster(["n1"], [])
    half = machine("n4", joined=True, attempt={"kind": "join", "done": False})
    found = plan(seen(machine("n1", cp=True, member=True, cluster=live), half), ["n1"])
    assert found["join_workers"] == found["reset"] == ["n4"]


CUT = {"kind": "join", "done": False}
HALF: dict[str, tuple[dict[str, t.Any], bool, list[str], list[str], list[str]]] = {
    # observation of n2, a voter in etcd?, reset, finished, stale
    "killed on the way": ({"etcd_data": True, "attempt": CUT}, True, ["n2"], [], ["n2"]),
    "kubeadm still runs": ({"etcd_data": True, "attempt": CUT | {"alive": True}}, False, [], [], []),
    "kubeadm ended well, nobody looked": ({"joined": True, "attempt": CUT | {"alive": True}}, True, [], [], []),
    "ended, and the machine was rebooted since": (
        {"joined": True, "admin": True, "attempt": CUT},
        True,
        [],
        ["n2"],
        [],
    ),
    "a learner only": ({"joined": True, "admin": True, "attempt": CUT}, False, ["n2"], [], ["n2"]),
}


@pytest.mark.parametrize(("traces", "votes", "reset", "finished", "stale"), HALF.values(), ids=HALF)
def test_a_join_whose_controller_was_killed(
    traces: dict[str, t.Any], votes: bool, reset: list[str], finished: list[str], stale: list[str]
) -> None:
    live = cluster(["n1", "n2"], [])
    live["etcd"][1]["learner"] = not votes
    half = machine("n2", cp=True, cluster=live if traces.get("admin") else None, **traces)
    found = plan(seen(machine("n1", cp=True, member=True, cluster=live), half), ["n1", "n2"])
    assert found["join_control_planes"] == ["n2"] and found["api_host"] == "n1"
    assert (found["reset"], found["finished"], [m["name"] for m in found["stale"]]) == (reset, finished, stale)


@pytest.mark.parametrize(("ready", "reset"), [(True, []), (False, ["n4"])])
def test_a_worker_whose_join_succeeded_without_a_controller_is_not_reset(ready: bool, reset: list[str]) -> None:
    live = cluster(["n1"], ["n4"])
    live["nodes"]["n4"]["ready"] = ready
    half = machine("n4", joined=True, attempt=CUT)
    found = plan(seen(machine("n1", cp=True, member=True, cluster=live), half), ["n1"])
    assert found["join_workers"] == ["n4"] and found["reset"] == reset
    assert found["finished"] == (["n4"] if ready else [])


def test_a_control_plane_installed_anew_leaves_a_stale_member_behind() -> None:
    live = cluster(THREE, [])
    members = [machine(n, cp=True, member=True, cluster=live) for n in ("n1", "n3")]
    found = plan(seen(machine("n2", cp=True), *members), THREE)
    assert found["join_control_planes"] == ["n2"]
    assert found["stale"] == [{"id": "n2", "name": "n2"}]
    assert found["api_host"] == "n1"
    assert found["reset"] == []


def test_the_first_control_plane_is_replaced_like_any_other() -> None:
    live = cluster(THREE, [])
    members = [machine(n, cp=True, member=True, cluster=live) for n in ("n2", "n3")]
    found = plan(seen(machine("n1", cp=True), *members), THREE)
    assert found["init"] == ""
    assert found["api_host"] == "n2"
    assert found["join_control_planes"] == ["n1"]


def test_a_control_plane_that_is_down_does_not_keep_a_worker_from_joining() -> None:
    live = cluster(THREE, [])
    found = plan(seen(machine("n3", cp=True, member=True, cluster=live), machine("n4")), THREE)
    assert found["join_workers"] == ["n4"]
    assert found["api_host"] == "n3"


def test_a_member_whose_own_api_is_silent_is_no_reason_to_stop() -> None:
    live = cluster(THREE, [])
    machines = [machine("n1", cp=True, member=True, error="refused")]
    machines += [machine(n, cp=True, member=True, cluster=live) for n in ("n2", "n3")]
    assert not plan(seen(*machines), THREE)["forming"]


REFUSED = {
    "a cluster whose API is silent": (
        [machine("n1", cp=True, member=True, error="refused"), machine("n2", cp=True), machine("n3", cp=True)],
        "n1: refused",
    ),
    "a control plane that wasn't asked": ([machine("n1", cp=True), machine("n3", cp=True)], "n2 could not be read"),
    "only workers asked": ([machine("n4")], "n1, n2, n3 could not be read"),
    "two inits begun": (
        [machine(n, cp=True, attempt={"kind": "init", "done": False}) for n in THREE],
        "n1 and n2 and n3",
    ),
    "two clusters": (
        [
            machine("n1", cp=True, member=True, cluster=cluster(["n1"], [])),
            machine("n2", cp=True, member=True, cluster=cluster(["n2"], [], ca="bb")),
        ],
        "different clusters",
    ),
    "state of another cluster": (
        [machine("n1", cp=True, member=True, cluster=cluster(["n1"], [])), machine("n4", member=True)],
        "kubernetes_reset=true",
    ),
    "a worker at another address": (
        [
            machine("n1", cp=True, member=True, cluster=cluster(["n1"], ["n4"])),
            machine("n4", member=True, address="10.30.0.99"),
        ],
        r"n4 is in the cluster at 10\.30\.0\.24, and the model wants 10\.30\.0\.99; .*`kubectl delete node`",
    ),
    "a worker that is to be a control plane": (
        [
            machine("n1", cp=True, member=True, cluster=cluster(["n1"], ["n2"])),
            machine("n2", cp=True, joined=True, attempt={"kind": "join", "done": True}),
        ],
        "n2 is a worker of the cluster",
    ),
    "a control plane that is to be a worker": (
        [
            machine("n1", cp=True, member=True, cluster=cluster(["n1", "n4"], [])),
            machine("n4", member=True),
        ],
        "n4 is a control plane of the cluster",
    ),
}


def test_the_others_wait_for_a_control_plane_that_failed() -> None:
    """It was not read because it failed, so no second message says that a cluster may be there."""
    with pytest.raises(KubeError, match=r"no cluster is made, since n1 failed, .*, and n2, n3, n4 wait"):
        plan(seen(machine("n2", cp=True), machine("n3", cp=True), machine("n4")), THREE, failed=["n1"])
    with pytest.raises(KubeError, match="n1, n3 could not be read, so the cluster may be there"):
        plan(seen(machine("n2", cp=True), machine("n4")), THREE, failed=["n1"])


@pytest.mark.parametrize(("machines", "text"), REFUSED.values(), ids=REFUSED)
def test_what_could_make_two_clusters_or_lose_one_is_refused(machines: list[dict[str, t.Any]], text: str) -> None:
    with pytest.raises(KubeError, match=text):
        plan(seen(*machines), THREE)


def test_with_consent_a_machine_of_another_cluster_is_reset() -> None:
    live = cluster(["n1"], [])
    found = plan(
        seen(machine("n1", cp=True, member=True, cluster=live), machine("n4", member=True)), ["n1"], reset=True
    )
    assert found["reset"] == found["join_workers"] == ["n4"]


HOSTED = {"name": "cluster", "address": "10.0.0.10", "control_plane": True, "hosted": True, "joined": False}


def hosted(**changes: t.Any) -> dict[str, t.Any]:
    return machine("n1") | HOSTED | changes


def test_machines_join_a_hosted_control_plane_that_is_no_node() -> None:
    at = {"cluster": cluster([], ["n2"])}
    found = plan(seen(hosted(admin=True, etcd_data=True, **at), machine("n2", member=True), machine("n4")), ["cluster"])
    assert (found["api_host"], found["joins"], found["init"]) == ("cluster", ["n4"], "")


def test_a_hosted_control_plane_that_is_not_there_yet_is_planned_with_all_machines_joining() -> None:
    found = plan(seen(hosted(), machine("n2"), machine("n4")), ["cluster"])
    assert (found["api_host"], found["joins"], found["init"]) == ("cluster", ["n2", "n4"], "")


def test_a_hosted_control_plane_that_is_silent_is_named() -> None:
    with pytest.raises(KubeError, match=r"cluster: the hosted control plane does not answer \(timed out\)"):
        plan(seen(hosted(admin=True, error="timed out"), machine("n2")), ["cluster"])
