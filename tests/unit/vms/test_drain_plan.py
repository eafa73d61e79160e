# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drain does with each pod, as a table; and the mark of a cordoned node."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.vms import cordon
from ansible_collections.groundup.cloud.plugins.module_utils.vms.drain_plan import Consent, plan
from ansible_collections.groundup.cloud.plugins.module_utils.vms.storage_gate import ask, toolbox

Json = dict[str, t.Any]
ALL = Consent(force=True, empty_dir=True)
EMPTY_DIR: Json = {"volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "conf", "configMap": {}}]}


def pod(
    name: str = "p", owner: str = "ReplicaSet", phase: str = "Running", spec: Json | None = None, **meta: t.Any
) -> Json:
    owners = [{"kind": owner, "name": "of", "controller": True}] if owner else []
    return {
        "metadata": {"namespace": "s", "name": name, "ownerReferences": owners, **meta},
        "spec": {"nodeName": "n1", **(spec or {})},
        "status": {"phase": phase},
    }


def launcher(vmi: str = "vm", **more: t.Any) -> Json:
    labels, annotations = {"kubevirt.io": "virt-launcher"}, {"kubevirt.io/domain": vmi}
    return pod("launcher", "VirtualMachineInstance", spec=EMPTY_DIR, labels=labels, annotations=annotations, **more)


def vmi(
    strategy: str = "LiveMigrate", live: str = "True", phase: str = "Running", node: str = "n1", owner: bool = True
) -> Json:
    owners = [{"kind": "VirtualMachine", "name": "vm", "controller": True}] if owner else []
    conditions = [{"type": "LiveMigratable", "status": live, "reason": "R", "message": "m"}] if live else []
    return {
        "metadata": {"namespace": "s", "name": "vm", "ownerReferences": owners},
        "spec": {"evictionStrategy": strategy} if strategy else {},
        "status": {"phase": phase, "nodeName": node, "conditions": conditions},
    }


def vm(strategy: str) -> Json:
    return {"metadata": {"namespace": "s", "name": "vm"}, "spec": {"runStrategy": strategy}}


@pytest.mark.parametrize(
    ("given", "consent", "action", "why"),
    [
        (pod(), Consent(), "evicted", ""),
        (pod(annotations={"kubernetes.io/config.mirror": "x"}, owner="Node"), Consent(), "stays", "static pod"),
        (pod(owner="DaemonSet"), ALL, "stays", "of the DaemonSet of"),
        (pod(owner="DaemonSet", spec=EMPTY_DIR), Consent(), "stays", "of the DaemonSet of"),
        (pod(owner=""), Consent(), "refused", "force: true"),
        (pod(owner=""), Consent(force=True), "evicted", ""),
        (pod(spec=EMPTY_DIR), Consent(force=True), "refused", "emptyDir (tmp)"),
        (pod(spec=EMPTY_DIR), Consent(empty_dir=True), "evicted", ""),
        (pod(owner="", spec=EMPTY_DIR), Consent(), "refused", "force: true ends it for good; its data in emptyDir"),
        (pod(owner="", spec=EMPTY_DIR, phase="Succeeded"), Consent(), "evicted", ""),
        (pod(owner="", deletionTimestamp="2026-01-01T00:00:00Z"), Consent(), "evicted", ""),
        (pod(owner="Pod", labels={"kubevirt.io": "hotplug-disk"}), ALL, "stays", "volume of a VM"),
        (pod(owner="VirtualMachineInstance", labels={"kubevirt.io": "virt-launcher"}), ALL, "evicted", ""),
    ],
)
def test_pods(given: Json, consent: Consent, action: str, why: str) -> None:
    (entry,) = plan([given], consent=consent).entries
    assert entry.action == action and why in entry.why and bool(entry.why) is bool(why)
    assert str(entry) == "pod s/p"


@pytest.mark.parametrize(
    ("given", "default", "consent", "action", "why"),
    [
        (vmi(), "", Consent(), "moved", ""),
        (vmi("LiveMigrateIfPossible"), "", Consent(), "moved", ""),
        (vmi("External", live="False"), "", Consent(), "moved", ""),
        (vmi(""), "LiveMigrate", Consent(), "moved", ""),
        (vmi(node="n2"), "", Consent(), "moved", "two nodes"),
        (vmi(phase="Scheduling", live="", node=""), "", Consent(), "moved", "it is starting"),
        (vmi(""), "", Consent(), "refused", "its evictionStrategy is None"),
        (vmi("None"), "LiveMigrate", Consent(), "refused", "its evictionStrategy is None"),
        (vmi(live="False"), "", Consent(), "refused", "LiveMigratable is False (R: m); unmovable_vms: leave"),
        (vmi("LiveMigrateIfPossible", live="False"), "", Consent(), "refused", "LiveMigratable is False"),
        (vmi(live=""), "", Consent(), "refused", "has not reported yet"),
        (vmi(live="False"), "", Consent(unmovable="leave"), "left", "R: m"),
        (vmi(live="False"), "", Consent(unmovable="restart"), "restarted", "it starts again elsewhere"),
        (vmi(live="False", owner=False), "", Consent(unmovable="restart"), "refused", "force: true ends it for good"),
        (vmi(live="False", owner=False), "", Consent(True, False, "restart"), "restarted", "it ends for good"),
    ],
)
def test_virtual_machines(given: Json, default: str, consent: Consent, action: str, why: str) -> None:
    (entry,) = plan([launcher()], [given], [vm("Always")], default_strategy=default, consent=consent).entries
    assert entry.action == action and why in entry.why and bool(entry.why) is bool(why)
    assert str(entry) == "VirtualMachineInstance s/vm"


@pytest.mark.parametrize("strategy", ["Manual", "RerunOnFailure", "Once", "Halted"])
def test_a_vm_that_would_stay_off_is_said_to(strategy: str) -> None:
    found = plan([launcher()], [vmi(live="False")], [vm(strategy)], consent=Consent(unmovable="restart"))
    assert found.entries[0].why.endswith(f"it stays off, as its runStrategy is {strategy}")


def test_a_launcher_that_has_ended_is_a_pod() -> None:
    (entry,) = plan([launcher(phase="Succeeded")], [vmi()]).entries
    assert entry.vmi is None and entry.action == "evicted"


def node(unschedulable: bool, marked: bool) -> Json:
    annotations = {cordon.MARK: "then"} if marked else {}
    return {
        "metadata": {"name": "n1", "resourceVersion": "7", "annotations": annotations},
        "spec": {"unschedulable": True} if unschedulable else {},
    }


@pytest.mark.parametrize(
    ("unschedulable", "marked", "cordoned", "uncordoned"),
    [
        (False, False, {"unschedulable": True}, None),
        (True, False, None, None),  # by somebody else
        (True, True, None, {"unschedulable": None}),
        (False, True, {"unschedulable": True}, {}),  # somebody has uncordoned it: only the mark goes
    ],
)
def test_a_node_is_cordoned_with_a_mark_and_uncordoned_only_with_it(
    unschedulable: bool, marked: bool, cordoned: Json | None, uncordoned: Json | None
) -> None:
    given = node(unschedulable, marked)
    first, second = cordon.cordon(given, "now"), cordon.uncordon(given)
    assert (first.get("spec", {}) if first else None) == cordoned
    assert (second.get("spec", {}) if second else None) == uncordoned
    for patch, mark in ((first, "now"), (second, None)):
        assert not patch or patch["metadata"] == {"resourceVersion": "7", "annotations": {cordon.MARK: mark}}


def test_the_diff_of_a_cordon() -> None:
    given = node(False, False)
    assert cordon.described(given, cordon.cordon(given, "now")) == (
        f"unschedulable: false\n{cordon.MARK}: none\n",
        f"unschedulable: true\n{cordon.MARK}: now\n",
    )


def test_rooks_toolbox_is_reached_with_the_same_kubeconfig() -> None:
    words = " ".join(toolbox({"kubeconfig": "/k", "context": "c"}, "rook-ceph"))
    assert words == "kubectl --kubeconfig /k --context c -n rook-ceph exec deploy/rook-ceph-tools -- ceph"
    assert toolbox({"kubeconfig": None}, "x")[:2] == ["kubectl", "-n"]


class Found:
    """A double of a cluster that has one CephCluster, whose daemons others run."""

    def all(self, _kind: object) -> list[Json]:
        return [{"metadata": {"namespace": "rook-ceph"}, "spec": {"external": {"enable": True}}}]


def test_a_ceph_whose_daemons_are_on_no_machine_is_not_asked() -> None:
    assert ask(Found(), {"ceph_gate": {}}, check=False) == {"asked": False}  # type: ignore[arg-type]
