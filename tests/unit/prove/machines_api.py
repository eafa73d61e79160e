# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of a cluster's API with virtual machines that behave well, or not. No virtual machine runs behind it.

Its objects have the status of KubeVirt's and CDI's documented ends at once, and its pods say what guests would answer.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.prove import virtual_machines_guest as guest
from ansible_collections.groundup.cloud.plugins.module_utils.prove.virtual_machines_wanted import (
    Image,
    VirtualMachines,
)

Json = dict[str, Any]
NODES = ("n1", "n2", "n3")
DEBIAN = Image("debian-13", "10Gi", "rook-ceph-block")
ALL = VirtualMachines("1.9.0", "1.66.0", NODES, (DEBIAN,), bridge=True, shared=True, snapshots=True, patience=0)
TRUE = {"status": "True"}
KUBEVIRT: Json = {
    "metadata": {"name": "kubevirt", "namespace": "kubevirt"},
    "status": {
        "phase": "Deployed",
        "observedKubeVirtVersion": "v1.9.0",
        "conditions": [{"type": "Available", **TRUE}],
    },
}
CDI: Json = {
    "metadata": {"name": "cdi"},
    "status": {"phase": "Deployed", "observedVersion": "1.66.0", "conditions": [{"type": "Available", **TRUE}]},
}
VMS = re.compile(r"/apis/kubevirt.io/v1/namespaces/([^/]+)/(virtualmachines|virtualmachineinstances)/([^/]+)")


def node(name: str, **allocatable: str) -> Json:
    found = {"devices.kubevirt.io/kvm": "1k", **allocatable}
    labels = {"kubevirt.io/schedulable": "true"}
    status = {"conditions": [{"type": "Ready", **TRUE}], "allocatable": found}
    return {"metadata": {"name": name, "labels": labels}, "status": status}


class Machine:
    """A virtual machine: what is on its disk, how often it was booted, and where it is."""

    def __init__(self, number: int, disk: str) -> None:
        self.disk, self.boots, self.runs = disk, 0, False
        self.node, self.address = "n1", f"10.64.0.{number}"

    def power(self, runs: bool) -> None:
        self.boots += runs and not self.runs
        self.runs = runs


class Machines:
    """The API. `fault`: what goes wrong; `ready`: nodes that are Ready."""

    def __init__(self, fault: str = "", ready: tuple[str, ...] = NODES) -> None:
        self.fault, self.ready, self.server = fault, ready, "double"
        self.objects: dict[str, Json] = {}
        self.machines: dict[str, Machine] = {}
        self.deleted: list[str] = []
        self.patched: dict[str, Json] = {}
        self.snapshot, self.closed, self.finished = "", False, False

    def get(self, path: str) -> Any:
        bare = path.partition("?")[0]
        if bare == "/api/v1/nodes":
            return {"items": [node(name) for name in self.ready]}
        if path == "/api/v1/pods":
            return {"items": []}
        if bare in ("/api/v1/namespaces", "/api/v1/persistentvolumes"):
            return {"items": self._volumes() if bare.endswith("volumes") else []}
        if bare.endswith("/kubevirts/kubevirt"):
            return KUBEVIRT
        if bare.endswith("/cdis/cdi"):
            return CDI
        if "/datasources/" in bare:
            ready = "False" if self.fault == "not imported" else "True"
            return {"status": {"conditions": [{"type": "Ready", "status": ready, "message": "still importing"}]}}
        if "labelSelector" in path:
            return {"items": [self._launcher(name) for name, one in self.machines.items() if one.runs]}
        if found := VMS.fullmatch(bare):
            return self._vm(bare) if found[2] == "virtualmachines" else self._vmi(found[3])
        item = self.objects.get(bare)
        return item and ({**item, "status": self._stream()} if item["status"] == "stream" else item)

    def _vm(self, path: str) -> Json | None:
        item, one = self.objects.get(path), self.machines.get(path.rpartition("/")[2])
        if item is None or one is None:
            return None
        if self.fault == "unschedulable":
            why = {"type": "Ready", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}
            return {**item, "status": {"printableStatus": "ErrorUnschedulable", "conditions": [why]}}
        return {**item, "status": {"ready": one.runs}}

    def _vmi(self, name: str) -> Json | None:
        one = self.machines.get(name)
        if one is None or not one.runs:
            return None
        movable = {"type": "LiveMigratable", **TRUE}
        if self.fault == "not migratable":
            movable |= {"status": "False", "reason": "DisksNotLiveMigratable", "message": "PVC is not shared"}
        agent = [{"type": "AgentConnected", **TRUE}] if self.fault == "no console" else []
        shown = "10.64.9.9" if self.fault == "other address" else one.address
        status = {"phase": "Running", "nodeName": one.node, "conditions": [movable, *agent]}
        return {"metadata": {"name": name}, "status": {**status, "interfaces": [{"name": "a", "ipAddress": shown}]}}

    def _launcher(self, name: str) -> Json:
        one = self.machines[name]
        metadata = {"name": f"virt-launcher-{name}", "annotations": {"kubevirt.io/domain": name}}
        status = {"phase": "Running", "podIP": one.address}
        return {"metadata": metadata, "spec": {"nodeName": one.node}, "status": status}

    def _volumes(self) -> list[Json]:
        gone = [path for path in self.deleted if path.count("/") == 4]
        space = next((path.split("/")[4] for path in self.objects), "")
        if gone and self.fault != "left":
            return []
        spec = {"claimRef": {"namespace": gone[0].rpartition("/")[2] if gone else space}}
        spec |= {"persistentVolumeReclaimPolicy": "Retain"}
        return [{"metadata": {"name": "pvc-7"}, "spec": spec, "status": {"phase": "Released"}}]

    def text(self, path: str) -> str:
        if "guest-console-log" not in path:
            return "begun"
        silent = self.fault in ("no console", "silent")
        return "Debian boots\r\n" + ("login:" if silent else f"{guest.SAYS} {path.split('/')[4]}\r\nlogin:")

    def create(self, path: str, body: Json) -> Json:
        kind, name = body["kind"], body["metadata"]["name"]
        if kind == "Secret" and self.fault == "refused":
            raise Refused(403, "secrets is forbidden")
        item = {**body, "metadata": {**body["metadata"], "uid": "u"}, "status": {}}
        made: Any = {
            "VirtualMachine": self._make,
            "Pod": self._ask,
            "VirtualMachineSnapshot": self._snapshot,
            "VirtualMachineRestore": self._restore,
            "VirtualMachineClone": self._clone,
            "VirtualMachineInstanceMigration": self._migrate,
        }.get(kind)
        self.closed = self.closed or (kind == "NetworkPolicy" and self.fault != "no policy")
        item["status"] = made(path, body) if made else {}
        self.objects[f"{path}/{name}"] = item
        return item

    def _make(self, path: str, body: Json) -> Json:
        space = path.split("/")[5]
        volume = body["spec"]["dataVolumeTemplates"][0]["metadata"]["name"]
        status = {"phase": "Failed" if self.fault == "no volume" else "Succeeded"}
        head = {"metadata": {"name": volume, "namespace": space}, "status": status}
        self.objects[f"/apis/cdi.kubevirt.io/v1beta1/namespaces/{space}/datavolumes/{volume}"] = head
        self._new(path.rpartition("/")[0], body["metadata"]["name"], "nothing").power(True)
        return {}

    def _new(self, root: str, name: str, disk: str) -> Machine:
        space = root.partition("/namespaces/")[2].partition("/")[0]
        path = f"/apis/kubevirt.io/v1/namespaces/{space}/virtualmachines/{name}"
        self.objects.setdefault(path, {"metadata": {"name": name, "namespace": space}, "spec": {}, "status": {}})
        self.machines[name] = Machine(len(self.machines) + 1, disk)
        return self.machines[name]

    def _ask(self, path: str, body: Json) -> Any:
        container = body["spec"]["containers"][0]
        env, script = {one["name"]: one["value"] for one in container["env"]}, container["command"][2]
        if guest.STREAM in script:
            return "stream"
        running = {name: found for name, found in self.machines.items() if found.runs}
        name, one = next((name, found) for name, found in running.items() if found.address == env["AT"])
        if "WANTED" in env:
            state = "closed" if self.closed else "open"
            return _ended(state, failed=state != env["WANTED"])
        self.finished = self.finished or bool(env["FINISH"])
        one.disk = env["WRITE"] or one.disk
        if env["WRITE"] == "third" and self.fault == "same disk":
            self.machines["proof"].disk = "third"
        if self.fault == "mute":
            return _ended(f"{env['AT']} answers: nothing", failed=True)
        return _ended(f"{one.disk}\nboot {one.boots} of {name}\n")

    def _stream(self) -> Json:
        if not self.finished:
            return {"phase": "Running"}
        cut = self.fault == "cut"
        return _ended("the connection was cut after 7 numbers" if cut else "50 1", failed=cut)

    def _snapshot(self, _path: str, _body: Json) -> Json:
        self.snapshot = self.machines["proof"].disk
        if self.fault == "no snapshot":
            failed = {"type": "Failure", "status": "True", "message": "snapshot deadline exceeded"}
            return {"phase": "Failed", "conditions": [failed]}
        volumes = {"includedVolumes": [] if self.fault == "without disk" else ["root"]}
        return {"phase": "Succeeded", "readyToUse": True, "snapshotVolumes": volumes, "indications": ["Online"]}

    def _restore(self, path: str, body: Json) -> Json:
        live = self.fault == "live snapshot"
        self._new(path, body["spec"]["target"]["name"], self.machines["proof"].disk if live else self.snapshot)
        return {"complete": True}

    def _clone(self, path: str, body: Json) -> Json:
        self._new(path, body["spec"]["target"]["name"], self.machines["proof"].disk)
        return {"phase": "Succeeded"}

    def _migrate(self, _path: str, _body: Json) -> Json:
        one = self.machines["proof"]
        times = {"startTimestamp": "2026-11-29T10:00:00Z", "endTimestamp": "2026-11-29T10:00:07Z"}
        if self.fault == "aborted":
            return {"phase": "Failed", "migrationState": {"failureReason": "stuck for 150 seconds"}}
        one.node = one.node if self.fault == "stays" else "n2"
        one.boots += self.fault == "restarted"
        one.address = "10.64.9.1" if self.fault == "new address" else one.address
        return {"phase": "Succeeded", "migrationState": times}

    def patch(self, path: str, body: Json, kind: str = "merge") -> Json:
        self.patched[path] = body
        if found := VMS.fullmatch(path):
            one = self.machines[found[3]]
            if self.fault != "not stopped":
                one.power(body["spec"]["runStrategy"] == "Always")
            if self.fault == "lost" and not one.runs:
                one.disk = "nothing"
        return body

    def delete(self, path: str) -> bool:
        self.deleted.append(path)
        if "networkpolicies" in path:
            self.closed = False
        if found := VMS.fullmatch(path):
            self.machines.pop(found[3])
        if path.count("/") == 4:
            self.objects, self.machines = {}, {}
        return self.objects.pop(path, None) is not None


def _ended(message: str, *, failed: bool = False) -> Json:
    ended = {"exitCode": int(failed), "message": message, **({"reason": "Error"} if failed else {})}
    state = [{"name": "client", "state": {"terminated": ended}}]
    return {"phase": "Failed" if failed else "Succeeded", "containerStatuses": state}
