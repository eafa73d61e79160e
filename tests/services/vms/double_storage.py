# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of KubeVirt's controllers of snapshots, restores and clones: their flow of status, without any data.

An annotation `fault` of the object that asks makes it misbehave: `stuck` and `fails`. Phases, conditions and messages:
kubevirt v1.9.0, pkg/storage/snapshot and pkg/virt-controller/watch/clone.
"""

from __future__ import annotations

import typing as t

from services.vms.double_controller import CORE, Controllers, condition, fault, now

Json = dict[str, t.Any]
STORAGE, CLONE = "/apis/snapshot.kubevirt.io/v1beta1", "/apis/clone.kubevirt.io/v1beta1"
PHASES = ["", "SnapshotInProgress", "RestoreInProgress", "CreatingTargetVM", "Succeeded"]


class StorageControllers:
    """Each round moves every object one phase further."""

    def __init__(self, base: Controllers) -> None:
        self.base = base

    def round(self) -> None:
        for one in self.base.all(f"{STORAGE}/virtualmachinesnapshots"):
            self.snapshot(one)
        for one in self.base.all(f"{STORAGE}/virtualmachinerestores"):
            self.restore(one)
        for one in self.base.all(f"{CLONE}/virtualmachineclones"):
            self.clone(one)

    def status(self, one: Json, plural: str, status: Json, base: str = STORAGE) -> None:
        meta = one["metadata"]
        self.base.patch(f"{base}/namespaces/{meta['namespace']}/{plural}/{meta['name']}/status", {"status": status})

    def snapshot(self, one: Json) -> None:
        phase, bad = one.get("status", {}).get("phase", ""), fault(one)
        if phase in ("Succeeded", "Failed"):
            return
        if not phase or bad == "stuck":
            progressing = condition("Progressing", "True", "Source locked and operation in progress")
            status: Json = {"phase": "InProgress", "readyToUse": False, "conditions": [progressing]}
            if bad == "stuck":
                text = "VolumeSnapshot vmsnapshot-1-volume-root error: rbd image is busy"
                status["error"] = {"message": text, "time": now()}
            if one.get("status", {}).get("error") is None:
                self.status(one, "virtualmachinesnapshots", status)
        elif bad == "fails":
            failure = condition("Failure", "True", "snapshot deadline exceeded")
            self.status(one, "virtualmachinesnapshots", {"phase": "Failed", "conditions": [failure]})
        else:
            done: Json = {"phase": "Succeeded", "readyToUse": True, "creationTime": now(), "error": None}
            done |= {"conditions": [condition("Ready", "True", "Operation complete")], "indications": ["Online"]}
            done |= {"snapshotVolumes": {"includedVolumes": ["root"], "excludedVolumes": ["cloudinit"]}}
            self.status(one, "virtualmachinesnapshots", done)

    def restore(self, one: Json) -> None:
        status, meta = one.get("status", {}), one["metadata"]
        if status.get("complete") or any(c["type"] == "Failure" for c in status.get("conditions", [])):
            return
        if fault(one) == "fails":
            failed = [condition("Failure", "True", "StorageClass fast does not exist")]
            self.status(one, "virtualmachinerestores", {"complete": False, "conditions": failed})
            return
        if not status:
            conditions = [condition("Progressing", "True", "Creating new PVCs")]
            self.status(one, "virtualmachinerestores", {"complete": False, "conditions": conditions})
            return
        target = one["spec"]["target"]["name"]
        path = f"{CORE}/namespaces/{meta['namespace']}/virtualmachines"
        if not any(vm["metadata"]["name"] == target for vm in self.base.all(path)):
            self.make_vm(meta["namespace"], target)
        restores = [{"volumeName": "root", "persistentVolumeClaim": "restore-root", "volumeSnapshotName": "s"}]
        done = {"complete": True, "restoreTime": now(), "restores": restores, "deletedDataVolumes": ["db-root"]}
        self.status(one, "virtualmachinerestores", {**done, "conditions": [condition("Ready", "True")]})

    def make_vm(self, space: str, name: str) -> None:
        template = {"spec": {"domain": {"devices": {}}}}
        body = {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachine",
            "metadata": {"name": name},
            "spec": {"runStrategy": "Halted", "template": template},
        }
        self.base.api.call("POST", f"{CORE}/namespaces/{space}/virtualmachines", None, body)

    def clone(self, one: Json) -> None:
        phase, bad = one.get("status", {}).get("phase", ""), fault(one)
        if phase in ("Succeeded", "Failed") or (bad == "stuck" and phase == "SnapshotInProgress"):
            return
        later = PHASES[PHASES.index(phase) + 1]
        status: Json = {"phase": later, "conditions": [condition("Ready", "False", "Still processing")]}
        if bad == "fails" and phase:
            failed = [condition("Ready", "False", "VMVolumeSnapshotsInvalid")]
            status = {"phase": "Failed", "conditions": failed}
        elif later == "SnapshotInProgress":
            status["snapshotName"] = f"tmp-snapshot-{one['metadata']['name']}"
        elif later == "CreatingTargetVM":
            self.make_vm(one["metadata"]["namespace"], one["spec"]["target"]["name"])
        self.status(one, "virtualmachineclones", status, CLONE)
