# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of a cluster's API whose pods, volumes, snapshots and buckets behave as those of a good storage, or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.prove import bucket_pod, bucket_tls_pod, ceph_pod
from ansible_collections.groundup.cloud.plugins.module_utils.prove.storage_pods import checksum

from .ceph_answers import PLACES, answers

Json = dict[str, Any]
NODES = ("n1", "n2", "n3")


class Storing:
    """The API. `fault`: what the storage does wrong."""

    def __init__(self, fault: str = "", change: Callable[[Json], object] = lambda _: None) -> None:
        self.fault, self.server = fault, "double"
        self.objects: dict[str, Json] = {}
        self.holds: dict[str, str] = {}  # claim -> the word of its data
        self.patched: dict[str, Json] = {}
        self.deleted: list[str] = []
        self.environments: list[dict[str, Any]] = []  # of pods
        self.nodes: list[tuple[str, str]] = []  # claims and nodes of pods, in their order
        self.answers = answers()
        change(self.answers)

    def get(self, path: str) -> Any:
        path = path.partition("?")[0]
        if path == "/api/v1/nodes":
            ready = [{"type": "Ready", "status": "True"}]
            return {"items": [{"metadata": {"name": name}, "status": {"conditions": ready}} for name in NODES]}
        if path == "/api/v1/namespaces/rook-ceph/configmaps/rook-ceph-rgw-objects-ca":
            return {"data": {"ca.crt": "the CA"}} if self.fault != "no CA" else None
        if path == "/api/v1/namespaces/rook-ceph/pods":
            labels = [(name, {"ceph_daemon_id": name}, node) for name, node in PLACES.items()]
            return {"items": [{"metadata": {"name": name, "labels": label}, "spec": {"nodeName": node},
                               "status": {"phase": "Running"}} for name, label, node in labels]}  # fmt: skip
        if path in ("/api/v1/namespaces", "/api/v1/persistentvolumes"):
            return {"items": self._volumes() if path.endswith("volumes") else []}
        if path.startswith("/api/v1/namespaces/") and path.count("/") > 4:
            self._grow()
        if path in self.objects:
            return self.objects[path]
        below = [item for place, item in self.objects.items() if place.rpartition("/")[0] == path]
        return {"items": below} if below else None

    def _volumes(self) -> list[Json]:
        if self.fault != "left":
            return []
        space = next(path for path in self.deleted if "-storage-" in path and path.count("/") == 4).rpartition("/")[2]
        claim = {"spec": {"claimRef": {"namespace": space}}, "status": {"phase": "Failed"}}
        return [{"metadata": {"name": "pvc-7"}, **claim}]

    def _grow(self) -> None:
        for path, body in self.patched.items():
            if path in self.objects and "resources" in body["spec"]:
                self.objects[path]["status"]["capacity"] = body["spec"]["resources"]["requests"]

    def text(self, path: str) -> str:
        if path.endswith("/log"):
            mark, said = ceph_pod._MARK, self.answers.items()
            return "".join(f"{mark}{' '.join(words)}\n\n{json.dumps(answer)}\n" for words, answer in said)
        return "a line of its log"

    def create(self, path: str, body: Json) -> Json:
        if body["metadata"]["name"] == "too-large" and self.fault != "no quota":
            text = "exceeded quota: most" if self.fault != "denied" else "denied by a webhook"
            raise Refused(403, f"persistentvolumeclaims is forbidden: {text}")
        item = {**body, "metadata": {**body["metadata"], "uid": "u"}, "status": self._status(body)}
        self.objects[f"{path}/{body['metadata']['name']}"] = item
        return item

    def _status(self, body: Json) -> Json:
        spec, name = body.get("spec") or {}, body["metadata"]["name"]
        if body["kind"] == "Pod":
            return self._ran(body)
        if body["kind"] == "PersistentVolumeClaim":
            source = (spec.get("dataSource") or {}).get("name")
            self.holds[name] = self.holds.get(source, "")
            body["spec"]["volumeName"] = f"pv-{name}"
            phase = "Pending" if self.fault == f"unbound {spec['storageClassName']}" else "Bound"
            return {"phase": phase, "capacity": spec["resources"]["requests"]}
        if body["kind"] == "VolumeSnapshot":
            self.holds[name] = self.holds[spec["source"]["persistentVolumeClaimName"]]
            if self.fault == "unusable":
                return {"readyToUse": False, "error": {"message": "no such image"}}
            return {"readyToUse": True}
        return {"phase": "Bound", "hard": spec.get("hard")}

    def _ran(self, pod: Json) -> Json:
        """What a pod does at once, and says."""
        container = pod["spec"]["containers"][0]
        env = {one["name"]: one.get("value") for one in container["env"]}
        script = container["command"][2]
        self.environments.append({**env, "image": container["image"]})
        volumes = pod["spec"].get("volumes") or [{}]
        name = (volumes[0].get("persistentVolumeClaim") or {}).get("claimName", "")
        self.nodes.append((name, pod["spec"]["nodeName"]))
        message = "good"
        if bucket_pod.SCRIPT in script or bucket_tls_pod.SCRIPT in script:
            message = "good" if self.fault != "open" else "without the key, the answer is: 200"
        elif "TARGET" not in env and name:
            if "WORD" in env:
                self._write(name, env["WORD"])
            message = checksum(self.holds[name])
        ended: Json = {"exitCode": 0, "message": message}
        if self.fault in ("fails", message) or (self.fault == "alone" and "TARGET" in env):
            ended = {"exitCode": 1, "message": "what pod 1 has written does not arrive", "reason": "Error"}
        state = [{"name": "client", "state": {"terminated": ended}}]
        return {"phase": "Failed" if ended["exitCode"] else "Succeeded", "containerStatuses": state}

    def _write(self, name: str, word: str) -> None:
        self.holds[name] = word if self.fault != "corrupt" else "else"
        if word == "second" and self.fault == "live snapshot":
            self.holds["snapshot"] = word
        if word == "third" and self.fault == "same volume":
            self.holds["block-0"] = word

    def patch(self, path: str, body: Json, kind: str = "merge") -> Json:
        self.patched[path] = body
        if self.fault == "lost by expansion" and "block-0" in path and "requests" in str(body):
            self.holds["block-0"] = ""
        return body

    def delete(self, path: str) -> bool:
        self.deleted.append(path)
        if path.count("/") == 4 and "-storage-" in path:
            space = path.rpartition("/")[2]
            self.objects = {place: item for place, item in self.objects.items() if space not in place}
        self.objects.pop(path, None)
        return True
