# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules of VMs on a real API server with KubeVirt's CRDs. Its controllers and its own API server are doubles."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.vms import (
    clone,
    info,
    migrate,
    power,
    restore,
    snapshot,
)
from ansible_collections.groundup.cloud.plugins.module_utils.vms.cluster import Cluster
from ansible_collections.groundup.cloud.plugins.module_utils.vms.errors import VmError
from ansible_collections.groundup.cloud.plugins.module_utils.vms.kinds import MIGRATION
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from services.vms.conftest import Cloud, module
from services.vms.double_controller import CORE
from services.vms.double_storage import CLONE, STORAGE

pytestmark = pytest.mark.services
Json = dict[str, t.Any]
POWER: Json = {"grace_period": None, "force": False, "wait": True}
MIGRATE: Json = {"node": None, "away_from": None, "node_selector": None, "abort": False}
SNAPSHOT: Json = {
    "state": "present",
    "deletion_policy": None,
    "failure_deadline": None,
    "without_volumes": [],
    "wait": True,
}
RESTORE: Json = {
    "state": "present",
    "overwrite": False,
    "target_readiness_policy": "FailImmediate",
    "volume_restore_policy": None,
    "volume_ownership_policy": None,
    "patches": None,
    "wait": True,
}
CLONING: Json = {"vm": None, "snapshot": None, "wait": True}


class Calls:
    """Actions of the modules with their defaults."""

    def __init__(self, cloud: Cloud, space: str) -> None:
        self.cloud, self.space = cloud, space
        self.common: Json = {"kubeconfig": cloud.kubeconfig, "namespace": space, "timeout": 240}

    def power(self, name: str, state: str, check: bool = False, **more: t.Any) -> Json:
        return power.perform({**POWER, **self.common, "name": name, "state": state, **more}, check)

    def migrate(self, name: str, check: bool = False, **more: t.Any) -> Json:
        return migrate.perform({**MIGRATE, **self.common, "name": name, **more}, check)

    def snapshot(self, name: str, vm: str = "", check: bool = False, **more: t.Any) -> Json:
        return snapshot.perform({**SNAPSHOT, **self.common, "name": name, "vm": vm, **more}, check)

    def restore(self, name: str, vm: str, taken: str, check: bool = False, **more: t.Any) -> Json:
        given = {**RESTORE, **self.common, "name": name, "vm": vm, "snapshot": taken, **more}
        return restore.perform(given, check)

    def clone(self, name: str, check: bool = False, **more: t.Any) -> Json:
        return clone.perform({**CLONING, **self.common, "name": name, **more}, check)

    def uid(self, name: str) -> str:
        return str((self.cloud.vmi(self.space, name) or {}).get("metadata", {}).get("uid", ""))

    def set_status(self, name: str, status: Json) -> None:
        self.cloud.patch(f"{CORE}/namespaces/{self.space}/virtualmachines/{name}/status", {"status": status})


@pytest.fixture(scope="module")
def calls(cloud: Cloud) -> Calls:
    cloud.space("shop")
    return Calls(cloud, "shop")


@pytest.mark.parametrize("strategy", ["Halted", "Manual", "RerunOnFailure"])
def test_start_and_stop_and_again(cloud: Cloud, calls: Calls, strategy: str) -> None:
    name = strategy.lower()
    cloud.vm("shop", name, strategy)
    assert calls.power(name, "started", check=True)["steps"] == [f"start VirtualMachine shop/{name}"]
    assert cloud.vmi("shop", name) is None
    done = calls.power(name, "started")
    assert done["changed"] and done["phase"] == "Running" and done["node"] == "node1"
    assert not calls.power(name, "started")["changed"]
    done = calls.power(name, "stopped", grace_period=40)
    assert done["changed"] and done["phase"] == "" and not done["forced"] and cloud.vmi("shop", name) is None
    assert ("virtualmachines", name, "stop", {"gracePeriod": 40}) in cloud.double.actions
    assert done["run_strategy"] == strategy
    assert not calls.power(name, "stopped")["changed"]


def test_restart_pause_and_unpause(cloud: Cloud, calls: Calls) -> None:
    cloud.vm("shop", "always")
    cloud.running("shop", "always")
    before = calls.uid("always")
    done = calls.power("always", "restarted")
    assert done["changed"] and done["phase"] == "Running" and calls.uid("always") not in ("", before)
    assert calls.power("always", "paused")["paused"] and not calls.power("always", "paused")["changed"]
    assert not calls.power("always", "started")["changed"]  # paused counts as started
    calls.set_status("always", {"snapshotInProgress": "s1"})
    with pytest.raises(VmError, match="shop/always can't be unpaused: its snapshot s1 is not complete"):
        calls.power("always", "unpaused")
    calls.set_status("always", {"snapshotInProgress": None})
    assert not calls.power("always", "unpaused")["paused"]
    assert calls.power("always", "stopped")["run_strategy"] == "Halted"  # else KubeVirt would start it again
    with pytest.raises(VmError, match="shop/always can't be paused: it does not run"):
        calls.power("always", "paused")


def test_a_guest_that_does_not_shut_down_is_switched_off_only_with_consent(cloud: Cloud, calls: Calls) -> None:
    cloud.vm("shop", "deaf", fault="deaf")
    cloud.running("shop", "deaf")
    calls.power("deaf", "stopped", wait=False)
    cloud.until(lambda: "deletionTimestamp" in (cloud.vmi("shop", "deaf") or {})["metadata"])
    with pytest.raises(
        VmError, match=r"waited \d+ s for shop/deaf to be stopped; .*its guest is shutting down since 20"
    ):
        calls.power("deaf", "stopped", timeout=3)
    assert cloud.vmi("shop", "deaf") is not None
    # Halted by now: KubeVirt takes a further stop only with a shorter grace period.
    done = calls.power("deaf", "stopped", timeout=3, force=True)
    assert done["forced"] and cloud.vmi("shop", "deaf") is None
    calls.power("deaf", "started")
    before = calls.uid("deaf")
    given = {**POWER, **calls.common, "name": "deaf", "state": "restarted", "force": True}
    done = power.perform(given, False, Cluster(cloud.api, Deadline(5)))  # the guest has 5 s, and the start all it needs
    assert done["forced"] and done["run_strategy"] == "Always" and calls.uid("deaf") not in ("", before)


def test_a_vm_that_does_not_start_says_why(cloud: Cloud, calls: Calls) -> None:
    cloud.vm("shop", "large", "Always", fault="unschedulable")
    cloud.until(lambda: bool((cloud.vmi("shop", "large") or {}).get("status", {}).get("conditions")))
    with pytest.raises(VmError, match=r"its phase is Scheduling; PodScheduled is False \(0/2 nodes are available"):
        calls.power("large", "started", timeout=2)
    calls.power("large", "stopped")


def test_vms_that_do_not_exist_and_strategies_that_take_no_action(cloud: Cloud, calls: Calls) -> None:
    with pytest.raises(VmError, match="there is no VirtualMachine nobody in the namespace shop; there are "):
        calls.power("nobody", "started")
    assert calls.power("nobody", "started", check=True)["changed"]
    assert calls.migrate("nobody", check=True)["changed"] and calls.snapshot("s", "nobody", check=True)["changed"]
    cloud.vm("shop", "once", "Once")
    cloud.post(f"{CORE}/namespaces/shop/virtualmachineinstances", instance("once", "Running"))
    with pytest.raises(VmError, match="can't be restarted: its runStrategy is Once"):
        calls.power("once", "restarted")
    cloud.api.call("DELETE", f"{CORE}/namespaces/shop/virtualmachines/once", None, {})


def instance(name: str, phase: str) -> Json:
    conditions = [{"type": "Ready", "status": "True"}]
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": name},
        "spec": {"domain": {"devices": {}}},
        "status": {"phase": phase, "nodeName": "node1", "conditions": conditions},
    }


def test_a_vm_is_migrated_twice_and_the_report_is_true(cloud: Cloud, calls: Calls) -> None:
    cloud.vm("shop", "db")
    cloud.running("shop", "db")
    assert calls.migrate("db", check=True)["steps"] == ["migrate shop/db to another node"]
    first = calls.migrate("db")
    assert (first["from"], first["to"], first["mode"]) == ("node1", "node2", "PreCopy")
    assert first["address_kept"] is True and first["seconds"] >= 0 and first["addresses"] == {"default": ["10.64.0.9"]}
    assert not calls.migrate("db", node="node2")["changed"] and not calls.migrate("db", away_from="node1")["changed"]
    second = calls.migrate("db", node="node3")
    assert (second["from"], second["to"]) == ("node2", "node3") and second["migration"] != first["migration"]
    third = calls.migrate("db", away_from="node3", node_selector={"kubernetes.io/hostname": "node1"})
    assert third["node"] == "node1"
    made = cloud.get(f"{CORE}/namespaces/shop/virtualmachineinstancemigrations/{third['migration']}")
    assert made is not None and made["spec"]["addedNodeSelector"] == {"kubernetes.io/hostname": "node1"}


def test_an_address_that_changes_is_said(cloud: Cloud, calls: Calls) -> None:
    cloud.vm("shop", "nat", fault="new-address")
    cloud.running("shop", "nat")
    done = calls.migrate("nat")
    assert done["address_kept"] is False and "10.64.9.9" in done["warnings"][0]
    assert done["addresses_before"] == {"default": ["10.64.0.9"]}


def test_migrations_that_are_refused_fail_or_do_not_end(cloud: Cloud, calls: Calls) -> None:
    cloud.vm("shop", "bad", fault="fails")
    cloud.vm("shop", "slow", fault="stuck")
    cloud.vm("shop", "full", fault="quota")
    cloud.vm("shop", "off", "Halted")
    cloud.running("shop", "bad", "slow", "full")
    with pytest.raises(VmError, match=r"Failed to node2 .*stuck for 150 seconds.*source node reported.*VM is on node1"):
        calls.migrate("bad")
    with pytest.raises(VmError, match=r"is Pending; migrationRejectedByResourceQuota .*exceeded quota.*it was aborted"):
        calls.migrate("full", timeout=20, abort=True)
    # These two wait for a migration that goes on already.
    path = f"{CORE}/namespaces/shop/virtualmachineinstancemigrations"
    cloud.post(path, MIGRATION.body("shop", "of-others", {"vmiName": "slow"}))
    cloud.until(lambda: (cloud.get(f"{path}/of-others") or {}).get("status", {}).get("phase") == "Running")
    with pytest.raises(VmError, match=r"of-others is Running to node2 \(PreCopy\) \(since ") as error:
        calls.migrate("slow", timeout=2)
    assert "aborted" not in str(error.value)
    with pytest.raises(VmError, match=r"is Running to node2.*; it was aborted"):
        calls.migrate("slow", timeout=2, abort=True)
    with pytest.raises(VmError, match="shop/off can't be migrated: it does not run"):
        calls.migrate("off")
    cloud.condition("shop", "bad", "LiveMigratable", "False", "HostDeviceNotLiveMigratable", "it has a GPU")
    with pytest.raises(VmError, match=r"LiveMigratable is False \(HostDeviceNotLiveMigratable: it has a GPU\)"):
        calls.migrate("bad")
    with pytest.raises(VmError, match="node and away_from are both node2"):
        calls.migrate("db", node="node2", away_from="node2")


def test_a_name_of_sixty_characters(cloud: Cloud, calls: Calls) -> None:
    name = "v" * 60
    cloud.vm("shop", name)
    cloud.running("shop", name)
    assert calls.migrate(name)["to"] == "node2"
    assert not calls.power(name, "started")["changed"]


def test_info_shows_vms_and_instances(cloud: Cloud, calls: Calls) -> None:
    volumes = [
        {"name": "root", "dataVolume": {"name": "web-root"}},
        {"name": "image", "containerDisk": {"image": "registry.example.net/debian:13"}},
    ]
    cloud.vm("shop", "web", volumes=volumes)
    cloud.running("shop", "web")
    no = "No VolumeSnapshotClass: Volume snapshots are not configured for this StorageClass [local] [root]"
    calls.set_status("web", {"volumeSnapshotStatuses": [{"name": "root", "enabled": False, "reason": no}]})
    cloud.until(lambda: (cloud.get(f"{CORE}/namespaces/shop/virtualmachines/web") or {})["status"]["ready"])
    cloud.post(f"{CORE}/namespaces/shop/virtualmachineinstances", instance("alone", "Running"))
    params: Json = {"kubeconfig": cloud.kubeconfig, "namespace": "shop", "timeout": 120, "label_selectors": []}
    (web,) = info.perform({**params, "name": "web"})["virtual_machines"]
    assert web["status"] == "Running" and web["ready"] and web["migratable"] and web["not_migratable"] == ""
    assert web["interfaces"][0]["addresses"] == ["10.64.0.9"] and web["eviction_strategy"] == "LiveMigrate"
    assert [(one["type"], one["source"]) for one in web["volumes"]] == [
        ("dataVolume", "web-root"),
        ("containerDisk", "registry.example.net/debian:13"),
    ]
    assert web["volumes"][0]["snapshot"] is False and web["volumes"][0]["no_snapshot"] == no
    assert web["console"].endswith("/shop/virtualmachineinstances/web/console")
    found = {one["name"]: one for one in info.perform({**params, "name": None})["virtual_machines"]}
    assert (
        found["alone"]["kind"] == "VirtualMachineInstance"
        and "has not reported yet" in found["alone"]["not_migratable"]
    )
    assert found["off"]["not_migratable"] == "it does not run" and found["off"]["status"] == "Stopped"
    (shown,) = module("vm_info", {**params, "name": "web"})
    assert shown["virtual_machines"][0]["node"] == "node1"


def test_snapshot_restore_and_clone(cloud: Cloud, calls: Calls) -> None:
    assert calls.snapshot("s1", "db", check=True)["steps"] == ["create VirtualMachineSnapshot shop/s1"]
    done = calls.snapshot("s1", "db", failure_deadline=90)
    assert (
        done["changed"] and done["ready"] and done["included_volumes"] == ["root"] and done["indications"] == ["Online"]
    )
    assert not calls.snapshot("s1", "db", failure_deadline=90)["changed"]
    with pytest.raises(VmError, match="VirtualMachineSnapshot shop/s1 exists with other values"):
        calls.snapshot("s1", "nat")
    with pytest.raises(VmError) as error:
        calls.restore("r1", "db", "s1")
    assert "overwrite: true allows that" in str(error.value) and "it runs; stop it by vm_power" in str(error.value)
    calls.power("db", "stopped")
    back = calls.restore("r1", "db", "s1", overwrite=True)
    assert back["complete"] and back["volumes"] == [{"name": "root", "claim": "restore-root"}]
    assert not calls.restore("r1", "db", "s1", overwrite=True)["changed"]
    assert calls.restore("r2", "db-look", "s1")["complete"]  # a new VM needs no consent
    copy = calls.clone("db2", vm="db")
    assert copy["changed"] and copy["phase"] == "Succeeded" and not calls.clone("db2", vm="db")["changed"]
    assert calls.clone("db3", snapshot="s1", new_mac_addresses={"default": "02:00:00:00:00:01"})["changed"]
    with pytest.raises(VmError, match="the VM web exists and is no clone"):
        calls.clone("web", vm="db")
    assert calls.snapshot("s1", state="absent")["steps"] == ["remove VirtualMachineSnapshot shop/s1"]
    assert not calls.snapshot("s1", state="absent")["changed"]
    with pytest.raises(VmError, match="there is no snapshot s1"):
        calls.restore("r3", "db-new", "s1")


def test_volumes_that_no_snapshot_can_have_are_named(cloud: Cloud, calls: Calls) -> None:
    with pytest.raises(
        VmError, match=r"its volume root can't be part of a snapshot \(No VolumeSnapshotClass: .*\[local\]"
    ):
        calls.snapshot("s2", "web")
    with pytest.raises(VmError, match="it has no volume disk9; there are image, root"):
        calls.snapshot("s2", "web", without_volumes=["root", "disk9"])
    with pytest.raises(VmError, match="shop/web was not cloned: its volume root can't be part"):
        calls.clone("web2", vm="web")
    assert calls.snapshot("s2", "web", without_volumes=["root"])["changed"]


def test_work_that_fails_or_does_not_end_says_why(cloud: Cloud, calls: Calls) -> None:
    spec = {"source": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "db"}}
    for fault in ("stuck", "fails"):
        meta = {"name": f"s-{fault}", "annotations": {"fault": fault}}
        body = {"apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot", "metadata": meta}
        cloud.post(f"{STORAGE}/namespaces/shop/virtualmachinesnapshots", {**body, "spec": spec})
        target = {**spec, "target": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": f"c-{fault}"}}
        body = {"apiVersion": "clone.kubevirt.io/v1beta1", "kind": "VirtualMachineClone"}
        meta = {"name": f"c-{fault}", "annotations": {"fault": fault}}
        cloud.post(f"{CLONE}/namespaces/shop/virtualmachineclones", {**body, "metadata": meta, "spec": target})
    with pytest.raises(VmError, match=r"still missing: VirtualMachineSnapshot shop/s-stuck: .*rbd image is busy"):
        calls.snapshot("s-stuck", "db", timeout=3)
    with pytest.raises(VmError, match=r"s-fails .*failed.*snapshot deadline exceeded"):
        calls.snapshot("s-fails", "db")
    with pytest.raises(VmError, match=r"VirtualMachineClone shop/c-fails .*failed.*VMVolumeSnapshotsInvalid"):
        calls.clone("c-fails", vm="db")
    with pytest.raises(VmError, match="shop/c-stuck: its phase is SnapshotInProgress"):
        calls.clone("c-stuck", vm="db", timeout=3)
    with pytest.raises(VmError, match="the snapshot s-fails is not ready"):
        calls.restore("r9", "db-new", "s-fails")


def test_a_field_that_the_api_server_does_not_know_is_refused(calls: Calls) -> None:
    """As addedNodeSelector with a KubeVirt that is older: it would be dropped, and the VM migrated anywhere."""
    cluster = Cluster.of(calls.common)
    with pytest.raises(Refused, match=r'unknown field "spec\.newSelector"'):
        cluster.create(MIGRATION, MIGRATION.body("shop", "x", {"vmiName": "db", "newSelector": {}}))
