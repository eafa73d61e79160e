# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that ask for snapshots, restores and clones, and what their status says."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.vms import clone, info, migrate, restore, snapshot
from ansible_collections.groundup.cloud.plugins.module_utils.vms.errors import VmError
from ansible_collections.groundup.cloud.plugins.module_utils.vms.jobs import adopt
from ansible_collections.groundup.cloud.plugins.module_utils.vms.kinds import SNAPSHOT

Json = dict[str, t.Any]
SOURCE = {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "db"}
VOLUMES = [
    {"name": "root", "dataVolume": {"name": "db-root"}},
    {"name": "data", "persistentVolumeClaim": {"claimName": "db-data"}},
    {"name": "init", "cloudInitNoCloud": {}},
]


def vm(*without: str, **status: t.Any) -> Json:
    statuses = [{"name": one["name"], "enabled": one["name"] not in without, "reason": "no class"} for one in VOLUMES]
    return {
        "metadata": {"namespace": "s", "name": "db"},
        "spec": {"template": {"spec": {"volumes": VOLUMES}}},
        "status": {"volumeSnapshotStatuses": statuses, **status},
    }


def made(**status: t.Any) -> Json:
    return {"metadata": {"namespace": "s", "name": "s1"}, "spec": {"source": SOURCE}, "status": status}


@pytest.mark.parametrize(
    ("given", "without", "texts"),
    [
        (vm(), [], []),
        (vm("init"), [], []),  # has no data of its own
        (vm("root", "data"), ["data"], ["its volume root can't be part of a snapshot (no class)"]),
        (vm(), ["disk9"], ["without_volumes: it has no volume disk9; there are data, init, root"]),
        ({"metadata": {}, "spec": {"template": {"spec": {"volumes": VOLUMES}}}}, [], []),  # not judged by KubeVirt yet
    ],
)
def test_volumes_that_would_be_lost(given: Json, without: list[str], texts: list[str]) -> None:
    found = snapshot.lost(given, without)
    assert len(found) == len(texts) and all(found[at].startswith(text) for at, text in enumerate(texts))


@pytest.mark.parametrize(
    ("status", "done", "failed", "text"),
    [
        ({}, False, False, "KubeVirt has not taken it up"),
        ({"phase": "Succeeded", "readyToUse": True}, True, False, ""),
        ({"phase": "Succeeded", "readyToUse": False}, False, False, "its phase is Succeeded"),
        ({"phase": "InProgress", "error": {"message": "busy"}}, False, False, "its phase is InProgress; busy"),
        (
            {"phase": "Failed", "conditions": [{"type": "Failure", "status": "True", "reason": "late"}]},
            False,
            True,
            "late",
        ),
    ],
)
def test_what_a_snapshot_says(status: Json, done: bool, failed: bool, text: str) -> None:
    verdict = snapshot.judge(made(**status))
    assert (verdict.done, verdict.failed) == (done, failed) and text in verdict.reason


def test_the_objects_have_what_was_given_and_nothing_else() -> None:
    common: Json = {"namespace": "s", "name": "x"}
    given: Json = {**common, "vm": "db", "failure_deadline": 90, "deletion_policy": None}
    assert snapshot.body(given)["spec"] == {"source": SOURCE, "failureDeadline": "1m30s"}
    given = {**common, "vm": "db", "snapshot": "s1", "target_readiness_policy": "StopTarget", "patches": []}
    assert restore.body(given)["spec"] == {
        "target": SOURCE,
        "virtualMachineSnapshotName": "s1",
        "targetReadinessPolicy": "StopTarget",
    }
    given = {**common, "snapshot": "s1", "volume_name_policy": "PrefixTargetName"}
    assert clone.body(given)["spec"] == {
        "source": {"apiGroup": "snapshot.kubevirt.io", "kind": "VirtualMachineSnapshot", "name": "s1"},
        "target": {**SOURCE, "name": "x"},
        "volumeNamePolicy": "PrefixTargetName",
    }
    name = migrate.body({"namespace": "s", "name": "v" * 60})["metadata"]["name"]
    assert len(name) == 49


def test_an_object_of_another_source_or_one_that_failed_is_no_ours() -> None:
    wanted = {"metadata": made()["metadata"], "spec": {"source": SOURCE}}
    assert adopt(SNAPSHOT, None, wanted, snapshot.judge) is None
    with pytest.raises(VmError, match="exists with other values"):
        adopt(SNAPSHOT, made(), {**wanted, "spec": {"source": {**SOURCE, "name": "web"}}}, snapshot.judge)
    with pytest.raises(VmError, match=r"s/s1 has failed \(KubeVirt.*delete it, or choose another name"):
        adopt(SNAPSHOT, made(phase="Failed"), wanted, snapshot.judge)


READY = made(phase="Succeeded", readyToUse=True)
RUNS: Json = {"metadata": {}, "status": {"phase": "Running"}}


@pytest.mark.parametrize(
    ("options", "taken", "target", "instance", "texts"),
    [
        ({}, READY, None, None, []),
        ({}, None, None, None, ["there is no snapshot s1"]),
        ({}, made(phase="InProgress"), None, None, ["the snapshot s1 is not ready"]),
        ({}, READY, vm(), RUNS, ["the VM db exists", "it runs; stop it"]),
        ({"overwrite": True}, READY, vm(), RUNS, ["it runs; stop it"]),
        ({"overwrite": True, "target_readiness_policy": "StopTarget"}, READY, vm(), RUNS, []),
        ({"overwrite": True}, READY, vm(), {"metadata": {}, "status": {"phase": "Succeeded"}}, []),
        ({"overwrite": True}, READY, vm(restoreInProgress="r0"), None, ["its restore r0 is not complete"]),
    ],
)
def test_why_a_restore_is_not_begun(
    options: Json, taken: Json | None, target: Json | None, instance: Json | None, texts: list[str]
) -> None:
    given = {"namespace": "s", "name": "r1", "vm": "db", "snapshot": "s1", "overwrite": False}
    found = restore.refusals({**given, "target_readiness_policy": "FailImmediate", **options}, taken, target, instance)
    assert len(found) == len(texts) and all(found[at].startswith(text) for at, text in enumerate(texts))


@pytest.mark.parametrize(
    ("options", "node", "there"),
    [
        ({}, "n1", False),
        ({"node": "n1"}, "n1", True),
        ({"node": "n2"}, "n1", False),
        ({"away_from": "n1"}, "n1", False),
        ({"away_from": "n1"}, "n2", True),
        ({"node": "n2", "away_from": "n1"}, "n3", False),
    ],
)
def test_whether_a_vm_is_where_it_is_wanted(options: Json, node: str, there: bool) -> None:
    assert migrate.is_there({"status": {"nodeName": node}}, options) is there


def test_a_vm_that_does_not_run_is_described_by_its_virtual_machine() -> None:
    networks = [{"name": "default", "pod": {}}, {"name": "lan", "multus": {"networkName": "shop/lan"}}]
    nics = [{"name": "default"}, {"name": "lan"}]
    given = vm("data")
    given["spec"] |= {"runStrategy": "Halted", "instancetype": {"name": "u1.small"}}
    given["spec"]["template"]["spec"] |= {"networks": networks, "domain": {"devices": {"interfaces": nics}}}
    found = info.describe(given, None, "LiveMigrate")
    assert (found["instancetype"], found["eviction_strategy"], found["node"]) == ("u1.small", "LiveMigrate", "")
    assert [(one["name"], one["network"]) for one in found["interfaces"]] == [("default", "pod"), ("lan", "shop/lan")]
    assert [one["snapshot"] for one in found["volumes"]] == [True, False, True]
    assert found["volumes"][1]["no_snapshot"] == "no class" and found["console"] == ""
