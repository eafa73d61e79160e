# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of KubeVirt's controllers, and of a kubelet that ends pods: it writes their documented flow of status.

Nothing runs behind it. Annotations of a VirtualMachineInstance make it misbehave as KubeVirt reports it: `fault` is one
of `stuck`, `quota`, `fails`, `new-address` (for its migrations), `unschedulable` (for its start) and `deaf` (for its
shutdown, which needs a grace period of 0). Phases and reasons: kubevirt v1.9.0, api/core/v1/types.go, watch/migration.
"""

from __future__ import annotations

import contextlib
import threading
import typing as t
from collections.abc import Mapping
from datetime import UTC, datetime

from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https, items

Json = dict[str, t.Any]
MERGE = "application/merge-patch+json"
CORE = "/apis/kubevirt.io/v1"
PHASES = ["Pending", "Scheduling", "Scheduled", "PreparingTarget", "TargetReady", "Running", "Succeeded"]
STARTING = ["Pending", "Scheduling", "Scheduled", "Running"]


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fault(item: Json) -> str:
    return str((item["metadata"].get("annotations") or {}).get("fault", ""))


def condition(kind: str, status: str, reason: str = "", message: str = "") -> Json:
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": now()}


class Controllers:
    """Each round moves every object one phase further."""

    def __init__(self, api: Https) -> None:
        self.api, self.nodes = api, ["node1", "node2"]
        self.errors: list[str] = []
        self.more: list[t.Callable[[], None]] = []  # rounds of further controllers
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(30)

    def _run(self) -> None:
        done = ""
        while not self._ended.wait(0.15):
            try:
                if (revision := self.revision()) != done:
                    self.round()
                    done = revision
            except ObjectsError as error:  # an object was changed or removed meanwhile: the next round sees it
                self.errors.append(str(error))

    def revision(self) -> str:
        """What every change of any object changes: a round costs a dozen lists, and mostly there is nothing to do."""
        page = self.api.call("GET", "/api/v1/namespaces", {"limit": "1"})
        return str(page["metadata"]["resourceVersion"])

    def round(self) -> None:
        for pod in self.all("/api/v1/pods"):
            if pod["metadata"].get("deletionTimestamp") and not pod["metadata"].get("finalizers"):
                self.end_pod(pod)
        vmis = {self.key(one): one for one in self.all(f"{CORE}/virtualmachineinstances")}
        for vm in self.all(f"{CORE}/virtualmachines"):
            self.vm(vm, vmis.get(self.key(vm)))
        migrations = self.all(f"{CORE}/virtualmachineinstancemigrations")
        for vmi in vmis.values():
            own = [one for one in migrations if one["spec"]["vmiName"] == vmi["metadata"]["name"]]
            self.vmi(vmi, [one for one in own if one.get("status", {}).get("phase") not in ("Succeeded", "Failed")])
        for further in self.more:
            further()
        for one in migrations:
            self.migration(one, vmis.get((one["metadata"]["namespace"], one["spec"]["vmiName"])))

    def vm(self, vm: Json, vmi: Json | None) -> None:
        requests = list(vm.get("status", {}).get("stateChangeRequests") or [])
        strategy = vm["spec"]["runStrategy"]
        starts = strategy == "Always" or bool(requests and requests[0]["action"] == "Start")
        stops = strategy == "Halted" or bool(requests and requests[0]["action"] == "Stop")
        if vmi is None:
            left = [one for one in requests if one["action"] != "Stop"]
            if starts or (left and left[0]["action"] == "Start"):
                self.make_vmi(vm)
                left = left[1:]
        else:
            left = requests
            if stops and not vmi["metadata"].get("deletionTimestamp"):
                self.api.call("DELETE", self.path(vmi, "virtualmachineinstances"), None, {})
        phase = vmi["status"].get("phase", "") if vmi else ""
        shown = "Running" if phase == "Running" else "Starting" if vmi else "Stopped"
        status: Json = {"printableStatus": shown, "created": bool(vmi), "ready": phase == "Running"}
        if left != requests:
            status["stateChangeRequests"] = left or None
        if any(vm.get("status", {}).get(key) != value for key, value in status.items()):
            self.patch(f"{self.path(vm, 'virtualmachines')}/status", {"status": status})

    def make_vmi(self, vm: Json) -> None:
        meta, template = vm["metadata"], vm["spec"]["template"]
        owner = {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachine",
            "controller": True,
            "blockOwnerDeletion": True,
        }
        body = {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachineInstance",
            "metadata": {
                "name": meta["name"],
                "namespace": meta["namespace"],
                "finalizers": ["foregroundDeleteVirtualMachine"],
                "annotations": template.get("metadata", {}).get("annotations", {}),
                "ownerReferences": [{**owner, "name": meta["name"], "uid": meta["uid"]}],
            },
            "spec": template["spec"],
            "status": {"phase": "Pending", "conditions": []},
        }
        self.api.call("POST", f"{CORE}/namespaces/{meta['namespace']}/virtualmachineinstances", None, body)

    def vmi(self, vmi: Json, active: list[Json]) -> None:
        status, path = vmi.get("status", {}), self.path(vmi, "virtualmachineinstances")
        if vmi["metadata"].get("deletionTimestamp"):
            if fault(vmi) != "deaf" or vmi["spec"].get("terminationGracePeriodSeconds") == 0:
                self.end_pods(vmi)
                self.patch(path, {"metadata": {"finalizers": None}})
            return
        phase = status.get("phase", "")
        if phase in STARTING[:-1]:
            self.start_vmi(vmi, phase, path)
        elif status.get("evacuationNodeName") == status.get("nodeName") and phase == "Running" and not active:
            body = {
                "apiVersion": "kubevirt.io/v1",
                "kind": "VirtualMachineInstanceMigration",
                "metadata": {"generateName": "kubevirt-evacuation-", "namespace": vmi["metadata"]["namespace"]},
                "spec": {"vmiName": vmi["metadata"]["name"]},
            }
            self.api.call(
                "POST", f"{CORE}/namespaces/{vmi['metadata']['namespace']}/virtualmachineinstancemigrations", None, body
            )

    def start_vmi(self, vmi: Json, phase: str, path: str) -> None:
        if fault(vmi) == "unschedulable":
            why = condition("PodScheduled", "False", "Unschedulable", "0/2 nodes are available: insufficient memory")
            self.patch(path, {"status": {"phase": "Scheduling", "conditions": [why]}})
            return
        later, node = STARTING[STARTING.index(phase) + 1], self.nodes[0]
        status: Json = {"phase": later}
        if later == "Scheduled":
            self.make_pod(vmi, node)
            status["nodeName"] = node
        if later == "Running":
            conditions = [condition("Ready", "True"), condition("LiveMigratable", "True")]
            status |= {"conditions": conditions, "interfaces": [{"name": "default", "ipAddress": "10.64.0.9"}]}
        self.patch(path, {"status": status})

    def migration(self, one: Json, vmi: Json | None) -> None:
        phase = one.get("status", {}).get("phase", "")
        path = self.path(one, "virtualmachineinstancemigrations")
        if phase in ("Succeeded", "Failed"):
            return
        if one["metadata"].get("deletionTimestamp") or vmi is None:
            self.patch(f"{path}/status", {"status": {"phase": "Failed"}})
            self.patch(path, {"metadata": {"finalizers": None}})
            return
        bad, later = fault(vmi), PHASES[PHASES.index(phase) + 1] if phase else PHASES[0]
        status: Json = {}
        if bad == "quota" and phase == "Pending":
            held = condition("migrationRejectedByResourceQuota", "True", "", "exceeded quota: tenant")
            status = {"conditions": [held]}
        elif not (bad == "stuck" and phase == "Running"):
            status = self.further(one, vmi, phase, "Failed" if bad == "fails" and phase == "Running" else later)
        if (
            status
            and any(one.get("status", {}).get(key) != value for key, value in status.items() if key != "conditions")
        ) or (status.get("conditions") and not one["status"].get("conditions")):
            self.patch(f"{path}/status", {"status": status})

    def further(self, one: Json, vmi: Json, phase: str, later: str) -> Json:
        meta, spec = one["metadata"], one["spec"]
        wanted = (spec.get("addedNodeSelector") or {}).get("kubernetes.io/hostname")
        source = vmi["status"]["nodeName"]
        target = wanted or next(name for name in self.nodes if name != source)
        path = self.path(vmi, "virtualmachineinstances")
        stamps = [*one.get("status", {}).get("phaseTransitionTimestamps", [])]
        status: Json = {
            "phase": later,
            "phaseTransitionTimestamps": [*stamps, {"phase": later, "phaseTransitionTimestamp": now()}],
        }
        state: Json = {"migrationUid": meta["uid"], "sourceNode": source, "targetNode": target, "mode": "PreCopy"}
        if later == "Scheduling":
            self.make_pod(vmi, target)
        elif later == "Running":
            self.patch(path, {"status": {"migrationState": {**state, "startTimestamp": now()}}})
        elif later in ("Succeeded", "Failed"):
            began = vmi["status"]["migrationState"]
            done = {**began, "endTimestamp": now(), "completed": True, "failed": later == "Failed"}
            live: Json = {"migrationState": done}
            if later == "Failed":
                done["failureReason"] = "Live migration stuck for 150 seconds and has been aborted"
                self.event(one, "FailedMigration", "source node reported migration failed")
            else:
                live |= {"nodeName": target, "evacuationNodeName": None}
                if fault(vmi) == "new-address":
                    live["interfaces"] = [{"name": "default", "ipAddress": "10.64.9.9"}]
            self.patch(path, {"status": live})
            self.end_pods(vmi, source if later == "Succeeded" else target)
            status["migrationState"] = done
        return status

    def make_pod(self, vmi: Json, node: str) -> None:
        meta = vmi["metadata"]
        owner = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "controller": True}
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "generateName": f"virt-launcher-{meta['name']}-",
                "namespace": meta["namespace"],
                "labels": {"kubevirt.io": "virt-launcher"},
                "annotations": {"kubevirt.io/domain": meta["name"]},
                "ownerReferences": [{**owner, "name": meta["name"], "uid": meta["uid"]}],
            },
            "spec": {
                "nodeName": node,
                "containers": [{"name": "compute", "image": "virt-launcher"}],
                "volumes": [{"name": "private", "emptyDir": {}}],
            },
        }
        pod = self.api.call("POST", f"/api/v1/namespaces/{meta['namespace']}/pods", None, body)
        self.patch(f"/api/v1/namespaces/{meta['namespace']}/pods/{pod['metadata']['name']}/status", RUNNING)

    def end_pods(self, vmi: Json, node: str = "") -> None:
        for pod in self.all(f"/api/v1/namespaces/{vmi['metadata']['namespace']}/pods"):
            domain = (pod["metadata"].get("annotations") or {}).get("kubevirt.io/domain")
            if domain == vmi["metadata"]["name"] and node in ("", pod["spec"]["nodeName"]):
                self.end_pod(pod)

    def end_pod(self, pod: Json) -> None:
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        with contextlib.suppress(ObjectsError):
            self.api.call("DELETE", path, None, {"gracePeriodSeconds": 0})

    def event(self, about: Json, reason: str, message: str) -> None:
        meta = about["metadata"]
        named = {key: meta[key] for key in ("name", "namespace", "uid")}
        body = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": "double-", "namespace": meta["namespace"]},
            "involvedObject": {"apiVersion": about["apiVersion"], "kind": about["kind"], **named},
            "type": "Warning",
            "reason": reason,
            "message": message,
            "lastTimestamp": now(),
            "count": 1,
        }
        self.api.call("POST", f"/api/v1/namespaces/{meta['namespace']}/events", None, body)

    def all(self, path: str) -> list[Json]:
        return list(items(self.api, path))

    def patch(self, path: str, body: Mapping[str, t.Any]) -> Json:
        return self.api.call("PATCH", path, None, dict(body), MERGE)

    @staticmethod
    def key(item: Json) -> tuple[str, str]:
        return item["metadata"]["namespace"], item["metadata"]["name"]

    @staticmethod
    def path(item: Json, plural: str) -> str:
        return f"{CORE}/namespaces/{item['metadata']['namespace']}/{plural}/{item['metadata']['name']}"


#: Status of a pod that runs and is ready.
RUNNING = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
