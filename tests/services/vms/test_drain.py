# SPDX-License-Identifier: GPL-3.0-or-later
"""node_drain on a real API server, whose eviction API and budgets are real. Controllers and kubelets are doubles."""

from __future__ import annotations

import threading
import time
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.runner import CephError
from ansible_collections.groundup.cloud.plugins.module_utils.vms.drain import perform
from ansible_collections.groundup.cloud.plugins.module_utils.vms.errors import VmError
from services.vms.conftest import Cloud, module
from services.vms.double_controller import CORE

pytestmark = pytest.mark.services
Json = dict[str, t.Any]
DEFAULTS: Json = {
    "state": "drained",
    "force": False,
    "delete_emptydir_data": False,
    "unmovable_vms": "refuse",
    "grace_period": None,
    "ceph_gate": None,
    "timeout": 240,
}
GATE: Json = {
    "command": None,
    "accept": [],
    "clean": True,
    "osds": 0,
    "used_at_most": 100,
    "timeout": 0,
    "settle": 0,
    "connect_timeout": 5,
}


def drain(cloud: Cloud, name: str, check: bool = False, **options: t.Any) -> Json:
    return perform({**DEFAULTS, "kubeconfig": cloud.kubeconfig, "name": name, **options}, check)


def uncordon(cloud: Cloud, name: str, check: bool = False) -> Json:
    return drain(cloud, name, check, state="uncordoned")


def node(cloud: Cloud, name: str) -> Json:
    found = cloud.get(f"/api/v1/nodes/{name}")
    assert found is not None
    return found


def cordoned(cloud: Cloud, name: str) -> tuple[bool, bool]:
    """Whether it is cordoned, and whether it bears the mark."""
    found = node(cloud, name)
    marked = "groundup.cloud/cordoned" in (found["metadata"].get("annotations") or {})
    return bool(found["spec"].get("unschedulable")), marked


def test_vms_move_and_pods_are_evicted_and_a_second_run_changes_nothing(cloud: Cloud) -> None:
    cloud.space("a")
    for name in ("db", "mail"):
        cloud.vm("a", name)
    cloud.running("a", "db", "mail")
    cloud.pod("a", "web", "node1")
    cloud.pod("a", "agent", "node1", "DaemonSet")
    cloud.pod("a", "elsewhere", "node2")
    shown = drain(cloud, "node1", check=True)
    steps = ["cordon node1", "evict pod a/web"]
    assert shown["changed"] and set(steps) < set(shown["steps"]) and len(shown["steps"]) == 4
    assert "move VirtualMachineInstance a/db" in shown["steps"] and shown["blocked"] == []
    assert cordoned(cloud, "node1") == (False, False) and cloud.pods("a")["web"] == "node1"
    done = drain(cloud, "node1")
    assert done["drained"] and done["left"] == [] and done["cordoned_here"]
    assert done["moved"] == [
        {"namespace": "a", "name": name, "from": "node1", "to": "node2"} for name in ("db", "mail")
    ]
    assert cordoned(cloud, "node1") == (True, True)
    assert {node for name, node in cloud.pods("a").items() if name != "agent"} == {"node2"}
    again = drain(cloud, "node1")
    assert not again["changed"] and again["drained"] and again["moved"] == []
    assert uncordon(cloud, "node1", check=True)["changed"] and cordoned(cloud, "node1") == (True, True)
    assert uncordon(cloud, "node1")["steps"] == ["uncordon node1"] and cordoned(cloud, "node1") == (False, False)
    assert not uncordon(cloud, "node1")["changed"]


def test_all_refusals_are_said_at_once_and_nothing_is_changed(cloud: Cloud) -> None:
    cloud.space("b")
    cloud.pod("b", "alone", "node3", "")
    cloud.pod("b", "cache", "node3", volumes=[{"name": "tmp", "emptyDir": {}}])
    with pytest.raises(VmError, match="node3 can't be drained as asked, and nothing was changed") as error:
        drain(cloud, "node3")
    assert "pod b/alone: no controller starts it again elsewhere; force: true" in str(error.value)
    assert "pod b/cache: its data in emptyDir (tmp) would be lost; delete_emptydir_data: true" in str(error.value)
    assert cordoned(cloud, "node3") == (False, False) and len(cloud.pods("b")) == 2
    done = drain(cloud, "node3", force=True, delete_emptydir_data=True)
    assert done["drained"] and cloud.pods("b") == {}
    uncordon(cloud, "node3")


def test_a_budget_is_respected_named_and_waited_for(cloud: Cloud) -> None:
    cloud.space("c")
    cloud.pod("c", "shop", "node3")
    cloud.pod("c", "free", "node3")
    cloud.budget("c", "shop", 0)
    shown = drain(cloud, "node3", check=True)
    assert len(shown["blocked"]) == 1 and "pod c/shop: Cannot evict pod" in shown["blocked"][0]
    with pytest.raises(
        VmError, match=r"waited \d+ s for node3 to be empty; still missing: .*pod c/shop on node3"
    ) as error:
        drain(cloud, "node3", timeout=8)
    assert "disruption budget shop needs" in str(error.value) and "(since " in str(error.value)
    assert {"namespace": "c", "name": "shop", "action": "evicted", "why": ""} in error.value.details["left"]
    cloud.until(lambda: list(cloud.pods("c")) == ["shop"])
    assert cordoned(cloud, "node3") == (True, True)
    opened = threading.Timer(2, lambda: cloud.allow("c", "shop", 1))
    opened.start()
    done = drain(cloud, "node3")  # taken up where it ended
    assert done["drained"] and done["cordoned_here"] and done["steps"] == ["evict pod c/shop"]
    assert cloud.pods("c") == {}
    uncordon(cloud, "node3")


def test_two_budgets_of_one_pod_end_the_drain_before_its_deadline(cloud: Cloud) -> None:
    cloud.space("two")
    pod = cloud.pod("two", "web", "node3")
    for name in ("one", "other"):
        spec = {"minAvailable": 1, "selector": {"matchLabels": pod["metadata"]["labels"]}}
        path = "/apis/policy/v1/namespaces/two/poddisruptionbudgets"
        cloud.post(path, {"metadata": {"name": name}, "spec": spec})
    began = time.monotonic()
    with pytest.raises(VmError, match="no waiting helps; it stays cordoned: pod two/web: This pod has more than one"):
        drain(cloud, "node3")
    assert time.monotonic() - began < 120 and list(cloud.pods("two")) == ["web"]
    cloud.controllers.end_pod(pod)
    uncordon(cloud, "node3")


def test_a_pod_with_a_finalizer_is_named(cloud: Cloud) -> None:
    cloud.space("f")
    made = cloud.pod("f", "slow", "node3")
    path = f"/api/v1/namespaces/f/pods/{made['metadata']['name']}"
    cloud.patch(path, {"metadata": {"finalizers": ["example.net/held"]}})
    with pytest.raises(VmError, match=r"pod f/slow on node3: it is ending; finalizers: example.net/held \(since"):
        drain(cloud, "node3", timeout=10)
    cloud.patch(path, {"metadata": {"finalizers": None}})
    assert drain(cloud, "node3")["drained"]
    uncordon(cloud, "node3")


def test_a_node_that_somebody_else_has_cordoned_stays_cordoned(cloud: Cloud) -> None:
    cloud.patch("/api/v1/nodes/node3", {"spec": {"unschedulable": True}})
    cloud.space("d")
    cloud.pod("d", "web", "node3")
    done = drain(cloud, "node3")
    assert done["drained"] and not done["cordoned_here"] and done["steps"] == ["evict pod d/web"]
    found = uncordon(cloud, "node3")
    assert not found["changed"] and "was cordoned by somebody else" in found["warnings"][0]
    assert cordoned(cloud, "node3") == (True, False)
    cloud.patch("/api/v1/nodes/node3", {"spec": {"unschedulable": None}})


def test_a_mark_that_was_left_is_removed_and_the_node_cordoned_again(cloud: Cloud) -> None:
    mark = {"metadata": {"annotations": {"groundup.cloud/cordoned": "2026-01-01T00:00:00Z"}}}
    cloud.patch("/api/v1/nodes/node3", mark)
    assert uncordon(cloud, "node3")["steps"] == ["remove the mark of node3"]
    cloud.patch("/api/v1/nodes/node3", mark)
    assert drain(cloud, "node3")["steps"] == ["cordon node3"] and cordoned(cloud, "node3") == (True, True)
    uncordon(cloud, "node3")


def test_a_vm_that_cannot_be_moved_is_refused_left_or_restarted(cloud: Cloud) -> None:
    cloud.space("e")
    cloud.vm("e", "gpu")
    cloud.vm("e", "none", evictionStrategy="None")
    cloud.running("e", "gpu", "none")
    why = "cannot migrate VMI: PVC disk is not shared"
    cloud.condition("e", "gpu", "LiveMigratable", "False", "DisksNotLiveMigratable", why)
    cloud.pod("e", "web", "node1")
    with pytest.raises(VmError) as error:
        drain(cloud, "node1")
    assert f"VirtualMachineInstance e/gpu: LiveMigratable is False (DisksNotLiveMigratable: {why})" in str(error.value)
    assert "VirtualMachineInstance e/none: its evictionStrategy is None" in str(error.value)
    assert cordoned(cloud, "node1") == (False, False)
    left = drain(cloud, "node1", unmovable_vms="leave")
    assert (
        not left["drained"] and {one["name"] for one in left["left"]} == {"gpu", "none"} and len(left["warnings"]) == 2
    )
    assert "web" not in cloud.pods("e") and "node1" in cloud.pods("e").values()
    cloud.controllers.nodes = ["node2", "node3"]
    before = {name: (cloud.vmi("e", name) or {})["metadata"]["uid"] for name in ("gpu", "none")}
    done = drain(cloud, "node1", unmovable_vms="restart")
    assert done["drained"] and "node1" not in cloud.pods("e").values()
    cloud.running("e", "gpu", "none")
    assert all((cloud.vmi("e", name) or {})["metadata"]["uid"] != uid for name, uid in before.items())
    cloud.controllers.nodes = ["node1", "node2"]
    uncordon(cloud, "node1")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("stuck", r"VirtualMachineInstance \S+/vm on node1: migration kubevirt-evacuation-\w+ is Running to node2"),
        ("quota", r"is Pending; migrationRejectedByResourceQuota \(exceeded quota: tenant\)"),
        ("fails", r"Live migration stuck for 150 seconds.*FailedMigration: source node reported migration failed"),
    ],
)
def test_a_migration_that_does_not_end_is_described_and_ended_with_the_drain(
    cloud: Cloud, fault: str, text: str
) -> None:
    cloud.space(f"m-{fault}")
    cloud.vm(f"m-{fault}", "vm", fault=fault)
    cloud.running(f"m-{fault}", "vm")
    pod = cloud.pod(f"m-{fault}", "web", "node1")
    with pytest.raises(VmError):
        drain(cloud, "node1", timeout=2)
    cloud.until(lambda: any(reached(one, fault) for one in migrations(cloud, f"m-{fault}")))
    with pytest.raises(VmError, match=text) as error:
        drain(cloud, "node1", timeout=1)
    assert {one["name"] for one in error.value.details["left"]} == {"vm", "web"}  # pods wait for VMs
    assert cloud.pods(f"m-{fault}")["web"] == "node1"
    uncordon(cloud, "node1")
    vmi = cloud.vmi(f"m-{fault}", "vm")
    assert vmi is not None and "evacuationNodeName" not in vmi["status"]
    assert ("virtualmachineinstances", "vm", "evacuate/cancel", {"evacuationNodeName": "node1"}) in cloud.double.actions
    cloud.patch(f"/apis/kubevirt.io/v1/namespaces/m-{fault}/virtualmachines/vm", {"spec": {"runStrategy": "Halted"}})
    cloud.until(lambda: cloud.vmi(f"m-{fault}", "vm") is None)
    cloud.controllers.end_pod(pod)


def migrations(cloud: Cloud, space: str) -> list[Json]:
    return cloud.controllers.all(f"{CORE}/namespaces/{space}/virtualmachineinstancemigrations")


def reached(migration: Json, fault: str) -> bool:
    """Whether a migration is where its fault shows."""
    status = migration.get("status", {})
    if fault == "quota":
        return bool(status.get("conditions"))
    return bool(status.get("phase") == {"stuck": "Running", "fails": "Failed"}[fault])


def test_a_node_that_does_not_exist(cloud: Cloud) -> None:
    with pytest.raises(VmError, match="there is no node nodeX; there are node1, node2, node3"):
        drain(cloud, "nodeX")
    assert drain(cloud, "nodeX", check=True)["changed"]


def test_the_gate_of_storage_is_asked_before_anything_is_changed(cloud: Cloud) -> None:
    cloud.space("g")
    pod = cloud.pod("g", "web", "node3")
    assert drain(cloud, "node3", check=True, ceph_gate=GATE)["ceph"] == {"asked": False}  # no CephCluster is served
    refused = ["sh", "-c", "echo '[errno 2] error connecting to the cluster' >&2; exit 1"]
    with pytest.raises(CephError, match="error connecting"):
        drain(cloud, "node3", ceph_gate={**GATE, "command": refused})
    assert cordoned(cloud, "node3") == (False, False) and list(cloud.pods("g")) == ["web"]
    cloud.controllers.end_pod(pod)
    assert drain(cloud, "node3")["drained"]
    assert "ceph" not in drain(cloud, "node3", ceph_gate={**GATE, "command": refused})  # there is nothing to do
    uncordon(cloud, "node3")


def test_the_module_itself_drains_and_uncordons(cloud: Cloud) -> None:
    cloud.space("h")
    cloud.pod("h", "web", "node3")
    options = {"name": "node3", "kubeconfig": cloud.kubeconfig, "timeout": 60}
    done, undone, failed = module(
        "node_drain", options, {**options, "state": "uncordoned"}, {**options, "name": "nodeX"}
    )
    assert done["changed"] and done["drained"] and done["steps"] == ["cordon node3", "evict pod h/web"]
    assert undone["steps"] == ["uncordon node3"]
    assert failed["failed"] and failed["msg"] == "there is no node nodeX; there are node1, node2, node3"
