# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects as API servers return them, and what they lack. Shapes of status: the API reference of Kubernetes 1.36 and
the pages on Deployments, Jobs, StatefulSets, Pod Lifecycle and CustomResourceDefinitions of its documentation."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.errors import NeverReached
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.judge import judge

Given = dict[str, t.Any]
NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
MADE, LATER = "2026-11-28T11:59:40Z", "2026-11-28T11:59:50Z"


def item(version: str, kind: str, spec: Given, status: Given | None, **meta: t.Any) -> Given:
    space = {} if kind in ("Node", "Namespace", "CustomResourceDefinition", "APIService") else {"namespace": "web"}
    head = {"name": "x", **space, "generation": 3, "creationTimestamp": MADE, **meta}
    found = {"apiVersion": version, "kind": kind, "metadata": head, "spec": spec}
    return found if status is None else found | {"status": status}


def condition(kind: str, status: str, reason: str = "", message: str = "") -> Given:
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": LATER}


def deployment(status: Given, observed: int = 3, **spec: t.Any) -> Given:
    return item("apps/v1", "Deployment", {"replicas": 2, **spec}, {"observedGeneration": observed, **status})


def daemons(status: Given, **spec: t.Any) -> Given:
    return item("apps/v1", "DaemonSet", spec, {"observedGeneration": 3, **status})


def stateful(status: Given, **spec: t.Any) -> Given:
    return item("apps/v1", "StatefulSet", {"replicas": 3, **spec}, {"observedGeneration": 3, **status})


def replicas(status: Given) -> Given:
    return item("apps/v1", "ReplicaSet", {"replicas": 2}, {"observedGeneration": 3, **status})


def job(status: Given | None, **spec: t.Any) -> Given:
    return item("batch/v1", "Job", {"completions": 1, "parallelism": 1, **spec}, status)


def crd(*conditions: Given) -> Given:
    return item("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, {"conditions": list(conditions)})


def claim(phase: str | None, **spec: t.Any) -> Given:
    return item("v1", "PersistentVolumeClaim", spec, {"phase": phase} if phase else {})


def custom(status: Given | None, **meta: t.Any) -> Given:
    return item("example.net/v1", "Widget", {}, status, **meta)


FULL = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}
SCHEDULED = {"currentNumberScheduled": 3, "desiredNumberScheduled": 3, "numberMisscheduled": 0}
QUOTA = 'pods "x-5d4" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2'
BALANCER = {"type": "LoadBalancer", "clusterIP": "10.96.0.9"}
ADDRESS = {"loadBalancer": {"ingress": [{"ip": "192.0.2.9", "ipMode": "VIP"}]}}

AS_WANTED: dict[str, Given] = {
    "Deployment": deployment(FULL | {"conditions": [condition("Available", "True", "MinimumReplicasAvailable")]}),
    "Deployment of no replicas": deployment({}, replicas=0),
    "DaemonSet": daemons(SCHEDULED | {"updatedNumberScheduled": 3, "numberReady": 3, "numberAvailable": 3}),
    "DaemonSet for no node": daemons({"desiredNumberScheduled": 0}),
    "DaemonSet that people update": daemons(
        SCHEDULED | {"numberReady": 3, "numberAvailable": 3}, updateStrategy={"type": "OnDelete"}
    ),
    "StatefulSet": stateful({"replicas": 3, "readyReplicas": 3, "updatedReplicas": 3, "availableReplicas": 3}),
    "StatefulSet with a partition": stateful(
        {"replicas": 3, "readyReplicas": 3, "updatedReplicas": 1},
        updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}},
    ),
    "StatefulSet that people update": stateful(
        {"replicas": 3, "readyReplicas": 3}, updateStrategy={"type": "OnDelete"}
    ),
    "ReplicaSet": replicas({"replicas": 2, "availableReplicas": 2}),
    "Job": job({"conditions": [condition("SuccessCriteriaMet", "True"), condition("Complete", "True")]}),
    "suspended Job": job({"conditions": [condition("Suspended", "True", "JobSuspended")]}, suspend=True),
    "Node": item("v1", "Node", {}, {"conditions": [condition("Ready", "True", "KubeletReady")]}),
    "CRD": crd(
        condition("NamesAccepted", "True", "NoConflicts"), condition("Established", "True", "InitialNamesAccepted")
    ),
    "APIService": item(
        "apiregistration.k8s.io/v1", "APIService", {}, {"conditions": [condition("Available", "True", "Local")]}
    ),
    "claim": claim("Bound"),
    "Namespace": item("v1", "Namespace", {}, {"phase": "Active"}),
    "Service": item("v1", "Service", {"type": "ClusterIP"}, {"loadBalancer": {}}),
    "Service with an address": item("v1", "Service", BALANCER, ADDRESS),
    "ConfigMap": item("v1", "ConfigMap", {}, None),
    "custom resource": custom({"observedGeneration": 3, "conditions": [condition("Ready", "True", "ClusterCreated")]}),
    "custom resource without a status": custom(None),
    "custom resource with conditions of its own": custom({"conditions": [condition("Connected", "False")]}),
}

LACKING: dict[str, tuple[Given, str]] = {
    "Deployment not seen": (
        item("apps/v1", "Deployment", {}, {}),
        f"Deployment web/x: its controller has not reported on it (since {MADE})",
    ),
    "Deployment not seen for long": (
        item("apps/v1", "Deployment", {}, {}, creationTimestamp="2026-11-28T11:50:00Z"),
        (
            "Deployment web/x: its controller has not reported on it within 600 s of its creation; does it run? "
            "(since 2026-11-28T11:50:00Z)"
        ),
    ),
    "Deployment changed": (
        deployment(FULL, observed=2),
        "Deployment web/x: its controller has not taken up its generation 3, only 2",
    ),
    "Deployment rolls out": (
        deployment({"replicas": 3, "updatedReplicas": 1, "availableReplicas": 2}),
        "Deployment web/x: 1 of 2 replicas are of the newest revision; 2 replicas of an older revision have not ended",
    ),
    "Deployment refused by a quota, its deadline over": (
        deployment(
            {
                "replicas": 1,
                "updatedReplicas": 1,
                "conditions": [
                    condition(
                        "Available",
                        "False",
                        "MinimumReplicasUnavailable",
                        "Deployment does not have minimum availability.",
                    ),
                    condition("ReplicaFailure", "True", "FailedCreate", QUOTA),
                    condition(
                        "Progressing",
                        "False",
                        "ProgressDeadlineExceeded",
                        'ReplicaSet "x-5d4" has timed out progressing.',
                    ),
                ],
            }
        ),
        (
            "Deployment web/x: 1 of 2 replicas are of the newest revision; 0 of 2 replicas are available; "
            f"FailedCreate: {QUOTA}; "
            f'ProgressDeadlineExceeded: ReplicaSet "x-5d4" has timed out progressing. (since {LATER})'
        ),
    ),
    "Deployment paused": (
        deployment({"replicas": 2, "availableReplicas": 2}, paused=True),
        (
            "Deployment web/x: 0 of 2 replicas are of the newest revision; 2 replicas of an older revision "
            "have not ended; "
            "its rollout is paused (spec.paused)"
        ),
    ),
    "DaemonSet": (
        daemons(SCHEDULED | {"updatedNumberScheduled": 2, "numberReady": 1, "numberAvailable": 1}),
        "DaemonSet web/x: 2 of 3 pods are of the newest revision; 1 of 3 pods are available",
    ),
    "StatefulSet": (
        stateful({"replicas": 2, "readyReplicas": 1, "updatedReplicas": 2}),
        "StatefulSet web/x: 2 of 3 replicas are of the newest revision; 1 of 3 replicas are ready",
    ),
    "StatefulSet that has to be ready for a while": (
        stateful({"replicas": 3, "readyReplicas": 3, "updatedReplicas": 3, "availableReplicas": 1}, minReadySeconds=30),
        "StatefulSet web/x: 1 of 3 replicas are available",
    ),
    "StatefulSet that shrinks": (
        stateful({"replicas": 4, "readyReplicas": 4, "updatedReplicas": 4}),
        "StatefulSet web/x: 1 replicas too many have not ended",
    ),
    "ReplicaSet": (
        replicas({"replicas": 1, "conditions": [condition("ReplicaFailure", "True", "FailedCreate", QUOTA)]}),
        f"ReplicaSet web/x: 0 of 2 replicas are available; FailedCreate: {QUOTA} (since {LATER})",
    ),
    "Job not seen": (job(None), f"Job web/x: its controller has not reported on it (since {MADE})"),
    "Job that runs": (
        job({"startTime": LATER, "active": 1, "failed": 2, "ready": 0}),
        f"Job web/x: 0 of 1 completions (1 pods run, 2 pods failed) (since {LATER})",
    ),
    "Job that ends its pods": (
        job({"startTime": LATER, "active": 1, "conditions": [condition("FailureTarget", "True", "DeadlineExceeded")]}),
        f"Job web/x: 0 of 1 completions (1 pods run); it is going to fail (DeadlineExceeded) (since {LATER})",
    ),
    "Node": (
        item(
            "v1",
            "Node",
            {},
            {
                "conditions": [
                    condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
                ]
            },
        ),
        f"x: not ready (NodeStatusUnknown: Kubelet stopped posting node status.) (since {LATER})",
    ),
    "Node without a report": (item("v1", "Node", {}, {}), "x: its kubelet has not reported the condition Ready"),
    "CRD whose names another one has": (
        crd(
            condition("NamesAccepted", "False", "PluralConflict", '"x" is already in use'),
            condition("Established", "False", "NotAccepted"),
        ),
        (
            'CustomResourceDefinition x: its names are not accepted (PluralConflict: "x" is already in use) '
            f"(since {LATER})"
        ),
    ),
    "CRD": (
        crd(
            condition("NamesAccepted", "True", "NoConflicts"),
            condition("Established", "False", "Installing", "the initial names have been accepted"),
        ),
        (
            "CustomResourceDefinition x: it is not served yet (Installing: the initial names have been "
            f"accepted) (since {LATER})"
        ),
    ),
    "CRD not seen": (crd(), f"CustomResourceDefinition x: its controller has not reported on it (since {MADE})"),
    "CRD that is deleted": (
        crd(condition("Established", "True"), condition("Terminating", "True", "InstanceDeletionInProgress")),
        "CustomResourceDefinition x: it is being deleted (InstanceDeletionInProgress)",
    ),
    "APIService": (
        item(
            "apiregistration.k8s.io/v1",
            "APIService",
            {},
            {
                "conditions": [
                    condition(
                        "Available",
                        "False",
                        "MissingEndpoints",
                        'endpoints for service/metrics in "kube-system" have no addresses',
                    ),
                ]
            },
        ),
        (
            'APIService x: not available (MissingEndpoints: endpoints for service/metrics in "kube-system" '
            "have no addresses) "
            f"(since {LATER})"
        ),
    ),
    "claim": (
        claim("Pending", storageClassName="fast"),
        f"PersistentVolumeClaim web/x: no volume of StorageClass fast is bound to it (since {MADE})",
    ),
    "claim without a class": (
        claim("Pending"),
        f"PersistentVolumeClaim web/x: no volume is bound to it (since {MADE})",
    ),
    "claim whose volume is gone": (
        claim("Lost", volumeName="pvc-1"),
        "PersistentVolumeClaim web/x: its volume pvc-1 does not exist any longer",
    ),
    "Namespace that is deleted": (
        item(
            "v1",
            "Namespace",
            {},
            {
                "phase": "Terminating",
                "conditions": [
                    condition("NamespaceDeletionContentFailure", "False", "ContentDeleted", "all content was deleted"),
                    condition(
                        "NamespaceContentRemaining", "True", "SomeResourcesRemain", "pods. has 1 resource instances"
                    ),
                ],
            },
            deletionTimestamp=LATER,
        ),
        f"Namespace x: it is being deleted; SomeResourcesRemain: pods. has 1 resource instances (since {LATER})",
    ),
    "Service without an address": (
        item("v1", "Service", BALANCER | {"loadBalancerClass": "example.com/bgp"}, {"loadBalancer": {}}),
        f"Service web/x: no load balancer of class example.com/bgp has given it an address (since {MADE})",
    ),
    "ConfigMap that is deleted": (
        item("v1", "ConfigMap", {}, None, deletionTimestamp=LATER, finalizers=["example.com/hold"]),
        f"ConfigMap web/x: it is being deleted; finalizers: example.com/hold (since {LATER})",
    ),
    "Deployment that is deleted": (
        deployment(FULL) | {"metadata": {"name": "x", "namespace": "web", "deletionTimestamp": LATER}},
        f"Deployment web/x: it is being deleted (since {LATER})",
    ),
    "custom resource not seen": (
        custom({"observedGeneration": 2, "conditions": [condition("Ready", "True")]}),
        "Widget web/x: its controller has not taken up its generation 3, only 2",
    ),
    "custom resource whose condition is old": (
        custom({"conditions": [condition("Ready", "True") | {"observedGeneration": 2}]}),
        "Widget web/x: its condition Ready is of generation 2, not yet of 3",
    ),
    "custom resource not ready": (
        custom(
            {
                "conditions": [
                    condition("Available", "True"),
                    condition("Ready", "False", "ClusterProgressing", "Configuring mons"),
                ]
            }
        ),
        f"Widget web/x: Ready is False (ClusterProgressing: Configuring mons) (since {LATER})",
    ),
    "custom resource not available": (
        custom({"conditions": [condition("Available", "Unknown")]}),
        f"Widget web/x: Available is Unknown (since {LATER})",
    ),
    "custom resource that is stalled": (
        custom({"conditions": [condition("Ready", "True"), condition("Stalled", "True", "BadSpec", "no such pool")]}),
        f"Widget web/x: Stalled (BadSpec: no such pool) (since {LATER})",
    ),
    "custom resource at work": (
        custom({"conditions": [condition("Reconciling", "True")]}),
        f"Widget web/x: Reconciling (since {LATER})",
    ),
}


@pytest.mark.parametrize("found", AS_WANTED.values(), ids=AS_WANTED)
def test_an_object_is_as_wanted(found: Given) -> None:
    assert judge(found, NOW) is None


@pytest.mark.parametrize(("found", "text"), LACKING.values(), ids=LACKING)
def test_the_row_says_what_an_object_lacks(found: Given, text: str) -> None:
    assert str(judge(found, NOW)) == text


@pytest.mark.parametrize("reason", ["BackoffLimitExceeded", "DeadlineExceeded", "PodFailurePolicy"])
def test_a_job_that_failed_ends_a_wait(reason: str) -> None:
    with pytest.raises(NeverReached, match=rf"^Job web/x: it failed \({reason}: it is over\) \(since {LATER}\)$"):
        judge(job({"startTime": MADE, "conditions": [condition("Failed", "True", reason, "it is over")]}), NOW)


def test_a_kind_of_another_group_has_no_rule_of_a_kind_with_the_same_name() -> None:
    service = item("serving.knative.dev/v1", "Service", BALANCER, {"conditions": [condition("Ready", "True")]})
    assert judge(service, NOW) is None
