# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers snapshot_controller and rook_ceph on a real API server, and doubles of controllers there."""

from __future__ import annotations

import copy
import typing as t
from contextlib import contextmanager

from ansible_collections.groundup.cloud.plugins.module_utils.cluster import catalog
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_layer import CLUSTER
from ansible_collections.groundup.cloud.plugins.module_utils.objects.live import get
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.objects import rook
from services.objects.conftest import Reads, controller, finalize_namespaces
from services.objects.rook import Params

LAYER, SNAPSHOTS = catalog.LAYERS["rook_ceph"], catalog.LAYERS["snapshot_controller"]
SPACE = "rook-ceph"
CEPH = f"/apis/ceph.rook.io/v1/namespaces/{SPACE}"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{space}/deployments"
JOBS = f"/apis/batch/v1/namespaces/{SPACE}/jobs"
MERGE = "application/merge-patch+json"
ENTRY = [{"name": "storage", "role": "groundup.cloud.rook_ceph", "input": "rook_ceph_config"}]


class Applied(Reads):
    """The layer's action on the server."""

    def __init__(self, kubeconfig: str, api: Https) -> None:
        self.access, self.api, self.upstream = {"kubeconfig": kubeconfig}, api, rook.upstream()

    def __call__(self, config: Params, *, found: Params | None = None, check: bool = False, **more: t.Any) -> Params:
        beside = {"found": rook.found(config) if found is None else found, "remove_cloud": more.pop("remove_cloud", "")}
        params = {**copy.deepcopy(config), **self.upstream, **beside}
        options = {"present": True, "wait": False, "timeout": 120, **more}
        return LAYER.perform(params, self.access, check=check, **options)

    def probe(self, config: Params) -> list[str]:
        found = catalog.probe(ENTRY, {"rook_ceph_config": {**config, **self.upstream}}, self.access)
        steps: list[str] = found["steps"]["storage"]
        return steps

    def join(self, *nodes: Params) -> None:
        """Let nodes join, as their kubelets do."""
        for one in nodes:
            path = f"/api/v1/nodes/{one['metadata']['name']}"
            if get(self.api, path) is None:
                self.api.call("POST", "/api/v1/nodes", body=one)
            self.api.call("PATCH", path, body={"metadata": {"labels": one["metadata"]["labels"]}}, content=MERGE)
            self.api.call("PATCH", f"{path}/status", body={"status": one["status"]}, content=MERGE)


def snapshots(applied: Applied, **more: t.Any) -> Params:
    params = {"manifests": rook.manifests("external-snapshotter-v", rook.SNAPSHOTS), "replicas": 1}
    options = {"present": True, "wait": False, "timeout": 60, "check": False, **more}
    return SNAPSHOTS.perform(params, applied.access, **options)


@contextmanager
def other_controller(applied: Applied) -> t.Iterator[None]:
    """A snapshot-controller that somebody else brought."""
    labels = {"app": "theirs"}
    image = "mirror.example.net/csi/snapshot-controller:v8.2.0@sha256:" + "0" * 64
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "x", "image": image}]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    path = DEPLOYMENTS.format(space="default")
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "csi-snapshots"}, "spec": spec}
    applied.api.call("POST", path, body=body)
    try:
        yield
    finally:
        applied.api.call("DELETE", f"{path}/csi-snapshots")


@contextmanager
def operators(api: Https, *, clean: bool = True) -> t.Iterator[list[str]]:
    """What Rook does when its cluster goes, and what the controller of namespaces does; yields what Rook saw then."""
    seen: list[str] = []

    def act() -> None:
        live = get(api, CLUSTER)
        if live is not None and live["metadata"].get("deletionTimestamp"):
            kinds = ("cephblockpools", "cephfilesystems")
            left = [name for name in kinds if api.call("GET", f"{CEPH}/{name}")["items"]]
            seen.append(f"confirmed: {live['spec']['cleanupPolicy']['confirmation']}; left: {left}")
            for name in ("n1", "n2", "n3") if clean else ():
                job(api, name)
            api.call("PATCH", CLUSTER, body={"metadata": {"finalizers": None}}, content=MERGE)
        finalize_namespaces(api)

    api.call("PATCH", CLUSTER, body={"metadata": {"finalizers": ["cephcluster.ceph.rook.io"]}}, content=MERGE)
    for old in api.call("GET", JOBS)["items"]:
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        api.call("DELETE", f"{JOBS}/{old['metadata']['name']}", body=body)
    with controller(act, 0.1):
        yield seen


def job(api: Https, node: str) -> None:
    """Rook's job that cleans a machine, which has succeeded."""
    pod = {
        "restartPolicy": "OnFailure",
        "nodeSelector": {"kubernetes.io/hostname": node},
        "containers": [{"name": "x", "image": "x"}],
    }
    meta = {"name": f"cluster-cleanup-job-{node}", "labels": {"app": "rook-ceph-cleanup"}}
    spec = {"template": {"spec": pod}}
    made = api.call("POST", JOBS, body={"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": spec})
    now = made["metadata"]["creationTimestamp"]
    condition = {"status": "True", "lastTransitionTime": now}
    status = {
        "succeeded": 1,
        "startTime": now,
        "completionTime": now,
        "conditions": [{"type": kind, **condition} for kind in ("SuccessCriteriaMet", "Complete")],
    }
    api.call("PATCH", f"{JOBS}/{meta['name']}/status", body={"status": status}, content=MERGE)
