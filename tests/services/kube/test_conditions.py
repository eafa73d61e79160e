# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for objects at a real etcd and kube-apiserver. What controllers, schedulers and kubelets write there is written
by hand; the kubelet that has logs is a double, which the API server reaches as it reaches a real one."""

from __future__ import annotations

import os
import signal
import ssl
import threading
import time
import typing as t
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.await_objects import await_objects
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.errors import NeverReached
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.explain import EXPLAINED, explain
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.reads import REQUESTS
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.resources import Wanted
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api, Refused, connect
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.missing import Missing
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.wait import TimedOut

from .conftest import Live

pytestmark = pytest.mark.services

Given = dict[str, t.Any]
SPACE, AT = "/api/v1/namespaces/web", "2026-11-28T11:59:50Z"
APPS = "/apis/apps/v1/namespaces/web"
LABELS = {"app": "x"}


class Kubelet(BaseHTTPRequestHandler):
    """A double of the kubelet that has the log of each container's last end."""

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        last = urllib.parse.parse_qs(url.query).get("previous") == ["true"]
        found = url.path == "/containerLogs/web/x-1-a/y" and last
        text = b"starting\n\x1b[31mpanic: no route to 10.96.0.1\x1b[0m\n" if found else b"no such container"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_words: t.Any) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def kubelet(live: Live) -> t.Iterator[int]:
    """The port of the double."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    pki = live.path("/etc/kubernetes/pki")
    context.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Kubelet)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


class Counted:
    """The API, with the requests that a wait made."""

    def __init__(self, api: Api) -> None:
        self.api, self.made = api, list[str]()

    def get(self, path: str) -> t.Any:
        self.made.append(path)
        return self.api.get(path)

    def text(self, path: str) -> str | None:
        self.made.append(path)
        return self.api.text(path)


def status(api: Api, path: str, found: Given) -> None:
    """Write a status as controllers do."""
    api.patch(f"{path}/status", {"status": found})


def owned(item: Given, kind: str) -> Given:
    """A reference to the controller of an object."""
    return {"apiVersion": "apps/v1", "kind": kind, "name": item["metadata"]["name"], "uid": item["metadata"]["uid"],
            "controller": True}  # fmt: skip


TEMPLATE = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "y", "image": "example.com/y:1"}]}}


def deploy(api: Api) -> Given:
    """A Deployment with its ReplicaSet, as its controller leaves them while no pod is available."""
    spec = {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": TEMPLATE}
    made: Given = api.create(f"{APPS}/deployments", {"metadata": {"name": "x"}, "spec": spec})
    note = {"deployment.kubernetes.io/revision": "1"}
    meta = {"name": "x-1", "labels": LABELS, "annotations": note, "ownerReferences": [owned(made, "Deployment")]}
    api.create(f"{APPS}/replicasets", {"metadata": meta, "spec": spec})
    conditions = [{"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable",
                   "lastTransitionTime": AT, "lastUpdateTime": AT}]  # fmt: skip
    status(api, f"{APPS}/deployments/x", {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1,
                                          "unavailableReplicas": 1, "conditions": conditions})  # fmt: skip
    return made


def crashing(api: Api) -> Given:
    """The pod of that ReplicaSet on node2, in a crash loop, with events of both APIs."""
    of = api.get(f"{APPS}/replicasets/x-1")
    meta = {"name": "x-1-a", "labels": LABELS, "ownerReferences": [owned(of, "ReplicaSet")]}
    spec = {**TEMPLATE["spec"], "nodeName": "node2", "automountServiceAccountToken": False}
    pod: Given = api.create(f"{SPACE}/pods", {"metadata": meta, "spec": spec})
    last = {"exitCode": 1, "reason": "Error", "startedAt": AT, "finishedAt": AT, "containerID": "containerd://1"}
    state = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=y"}}
    container = {"name": "y", "ready": False, "restartCount": 5, "image": "example.com/y:1", "imageID": "",
                 "state": state, "started": False, "lastState": {"terminated": last}}  # fmt: skip
    status(api, f"{SPACE}/pods/x-1-a", {"phase": "Running", "containerStatuses": [container]})
    about = {"kind": "Pod", "namespace": "web", "name": "x-1-a", "uid": pod["metadata"]["uid"], "apiVersion": "v1"}
    for number, time_, message in ((1, "2026-11-28T11:00:00Z", "old"), (2, AT, "Liveness probe failed: HTTP 500")):
        api.create(f"{SPACE}/events", {
            "metadata": {"name": f"x.{number}"}, "involvedObject": about, "type": "Warning", "reason": "Unhealthy",
            "message": message, "firstTimestamp": AT, "lastTimestamp": time_, "count": number,
            "source": {"component": "kubelet"},
        })  # fmt: skip
    api.create("/apis/events.k8s.io/v1/namespaces/web/events", {
        "metadata": {"name": "x.3"}, "regarding": about, "type": "Warning", "reason": "FailedMount",
        "action": "Mounting",
        "note": 'configmap "y" not found', "eventTime": "2026-11-28T11:58:00.000000Z",
        "reportingController": "kubelet", "reportingInstance": "node2",
    })  # fmt: skip
    return pod


@pytest.fixture(scope="module")
def api(live: Live, kubelet: int) -> Api:
    """A namespace with a Deployment whose only pod ends again and again."""
    found = live.api()
    found.create("/api/v1/namespaces", {"metadata": {"name": "web"}})
    found.create(f"{SPACE}/serviceaccounts", {"metadata": {"name": "default"}})
    found.create("/api/v1/nodes", {"metadata": {"name": "node2"}})
    status(found, "/api/v1/nodes/node2", {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet}},
    })  # fmt: skip
    deploy(found)
    crashing(found)
    return found


X = Wanted("apps/v1", "Deployment", "x", "web")


def test_a_deadline_passes_with_the_whole_text(api: Api) -> None:
    counted = Counted(api)
    with pytest.raises(TimedOut) as caught:
        await_objects(counted.get, [X], Deadline(2), read_text=counted.text)
    assert str(caught.value).partition("still missing: ")[2] == (
        f"Deployment web/x: 0 of 1 replicas are available (since {AT}); "
        f"pod web/x-1-a on node2: container y is in CrashLoopBackOff (exit code 1, 5 restarts, since {AT}); "
        "last lines that it printed: starting | panic: no route to 10.96.0.1; "
        f"Unhealthy: Liveness probe failed: HTTP 500 (2 times, last at {AT}); "
        'FailedMount: configmap "y" not found (at 2026-11-28T11:58:00.000000Z)'
    )
    probes = [path for path in counted.made if path == f"{APPS}/deployments/x"]
    assert len(counted.made) - len(probes) == 5 <= EXPLAINED * REQUESTS
    assert not [path for path in counted.made if "secrets" in path]


def test_a_log_that_the_kubelet_does_not_have_is_said(api: Api) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", **api.get(f"{SPACE}/pods/x-1-a")}
    container = pod["status"]["containerStatuses"][0]
    container["state"] = {"terminated": container["lastState"]["terminated"]}
    container["lastState"] = {}
    rows = [str(row) for row in explain(api.get, pod, read_text=api.text)]
    assert "container y ended (exit code 1" in rows[0] and "printed" not in rows[0]


def test_an_api_server_that_stops_in_the_middle_of_a_wait_is_waited_for(live: Live, api: Api) -> None:
    seen: list[str] = []

    def progress(missing: Missing, _deadline: Deadline) -> None:
        seen.append(str(missing))

    def away() -> None:
        time.sleep(2)
        os.kill(live.server.pid, signal.SIGSTOP)
        try:
            time.sleep(6)
        finally:
            os.kill(live.server.pid, signal.SIGCONT)
        time.sleep(2)
        api.create(f"{SPACE}/configmaps", {"metadata": {"name": "late"}})

    wanted = Wanted("v1", "ConfigMap", "late", "web")
    with ThreadPoolExecutor(1) as pool:
        stopped = pool.submit(away)
        found = await_objects(connect(live.kubeconfig, timeout=2).get, [wanted], Deadline(90), progress)
        stopped.result()
    assert found[wanted]["metadata"]["name"] == "late"
    assert any(
        text.startswith("the API: ") and text.endswith("; ConfigMap web/late: it does not exist") for text in seen
    )


def test_a_failed_job_ends_the_wait(api: Api) -> None:
    jobs = "/apis/batch/v1/namespaces/web/jobs"
    spec = {"template": {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}}
    api.create(jobs, {"metadata": {"name": "j"}, "spec": spec})
    job = Wanted("batch/v1", "Job", "j", "web")
    with pytest.raises(TimedOut, match="Job web/j: its controller has not reported on it"):
        await_objects(api.get, [job], Deadline(0))
    failed = {"status": "True", "reason": "BackoffLimitExceeded", "message": "over", "lastTransitionTime": AT}
    conditions = [{"type": kind, **failed} for kind in ("FailureTarget", "Failed")]
    status(api, f"{jobs}/j", {"startTime": AT, "failed": 1, "uncountedTerminatedPods": {}, "conditions": conditions})
    with pytest.raises(NeverReached, match=r"Job web/j: it failed \(BackoffLimitExceeded: over\)"):
        await_objects(api.get, [job], Deadline(600), read_text=api.text)


CRD = {
    "metadata": {"name": "pools.example.com"},
    "spec": {
        "group": "example.com", "scope": "Namespaced", "names": {"plural": "pools", "kind": "Pool"},
        "versions": [{"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}, "schema": {
            "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}],
    },
}  # fmt: skip


def test_a_crd_and_its_objects_are_waited_for(api: Api) -> None:
    """The API server itself sets the conditions of a CRD."""
    crds, pools = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "/apis/example.com/v1/namespaces/web/pools"
    crd = Wanted("apiextensions.k8s.io/v1", "CustomResourceDefinition", "pools.example.com")
    pool = Wanted("example.com/v1", "Pool", "a", "web")
    with pytest.raises(TimedOut, match=r"Pool web/a: the API does not serve Pool of example\.com/v1"):
        await_objects(api.get, [pool], Deadline(0))
    api.create(crds, CRD)
    await_objects(api.get, [crd], Deadline(60))
    second = {**CRD, "metadata": {"name": "ponds.example.com"}}
    second["spec"] = {**CRD["spec"], "names": {"plural": "ponds", "kind": "Pool"}}
    api.create(crds, second)
    with pytest.raises(TimedOut, match=r"its names are not accepted \(ListKindConflict: "):
        await_objects(api.get, [Wanted(crd.api_version, crd.kind, "ponds.example.com")], Deadline(10))
    api.delete(f"{crds}/ponds.example.com")
    made = _repeated(
        lambda: api.create(pools, {"apiVersion": "example.com/v1", "kind": "Pool", "metadata": {"name": "a"}})
    )
    assert made["kind"] == "Pool" and await_objects(api.get, [pool], Deadline(60))
    ready = {
        "type": "Ready",
        "status": "False",
        "reason": "NoDisks",
        "message": "there is no disk",
        "lastTransitionTime": AT,
    }
    status(api, f"{pools}/a", {"observedGeneration": 1, "conditions": [ready]})
    with pytest.raises(TimedOut, match=r"Pool web/a: Ready is False \(NoDisks: there is no disk\)"):
        await_objects(api.get, [pool], Deadline(0))


def _repeated(make: t.Callable[[], Given]) -> Given:
    """A new kind is served a moment after its CRD is established."""
    end = time.monotonic() + 30
    while True:
        try:
            return make()
        except Refused:
            assert time.monotonic() < end
            time.sleep(0.5)


def test_an_api_service_without_its_service_is_not_available(api: Api) -> None:
    """The aggregation layer of the API server itself sets this condition."""
    spec = {"group": "missing.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 10,
            "insecureSkipTLSVerify": True, "service": {"namespace": "web", "name": "metrics"}}  # fmt: skip
    path, name = "/apis/apiregistration.k8s.io/v1/apiservices", "v1.missing.example.com"
    api.create(path, {"metadata": {"name": name}, "spec": spec})
    try:
        with pytest.raises(TimedOut) as caught:
            await_objects(api.get, [Wanted("apiregistration.k8s.io/v1", "APIService", name)], Deadline(15))
        assert "not available (ServiceNotFound: " in str(caught.value)
        assert "Service web/metrics: it does not exist" in str(caught.value)
    finally:
        api.delete(f"{path}/{name}")


def test_a_webhook_is_as_wanted_when_its_service_has_an_endpoint(api: Api) -> None:
    version, kind = "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"
    client = {"service": {"namespace": "web", "name": "hook"}}
    hook = {"name": "x.example.com", "clientConfig": client, "sideEffects": "None", "admissionReviewVersions": ["v1"]}
    api.create(f"/apis/{version}/validatingwebhookconfigurations", {"metadata": {"name": "x"}, "webhooks": [hook]})
    with pytest.raises(TimedOut, match=r"no ready endpoint of service web/hook.*Service web/hook: it does not exist"):
        await_objects(api.get, [Wanted(version, kind, "x")], Deadline(0))
    meta = {"name": "hook-1", "labels": {"kubernetes.io/service-name": "hook"}}
    endpoints = {"addressType": "IPv4", "endpoints": [{"addresses": ["10.64.0.9"], "conditions": {"ready": True}}]}
    api.create("/apis/discovery.k8s.io/v1/namespaces/web/endpointslices", {"metadata": meta, **endpoints})
    assert await_objects(api.get, [Wanted(version, kind, "x")], Deadline(0))


def test_a_claim_waits_for_its_storage_class(api: Api) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "late"}
    api.create(f"{SPACE}/persistentvolumeclaims", {"metadata": {"name": "c"}, "spec": spec})
    claim = Wanted("v1", "PersistentVolumeClaim", "c", "web")
    with pytest.raises(TimedOut, match="PersistentVolumeClaim web/c: its StorageClass late does not exist"):
        await_objects(api.get, [claim], Deadline(0))
    late = {"provisioner": "example.com/none", "volumeBindingMode": "WaitForFirstConsumer"}
    api.create("/apis/storage.k8s.io/v1/storageclasses", {"metadata": {"name": "late"}, **late})
    assert await_objects(api.get, [claim], Deadline(0))


def test_many_objects_take_one_request(api: Api) -> None:
    names = [f"m{number}" for number in range(30)]
    for name in names:
        api.create(f"{SPACE}/configmaps", {"metadata": {"name": name}})
    counted = Counted(api)
    await_objects(counted.get, [Wanted("v1", "ConfigMap", name, "web") for name in names], Deadline(0))
    assert len(counted.made) == 2, "the resources of v1, and the list"
