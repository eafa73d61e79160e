# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods as kubelets and schedulers report them (documentation of Kubernetes, Pod Lifecycle; k8s.io/kubernetes,
pkg/kubelet/container and pkg/scheduler), and the container at fault."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.containers import fault, node_of
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.errors import NeverReached
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.judge import judge

Given = dict[str, t.Any]
NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
AT = "2026-11-28T11:59:50Z"
READY = {"type": "Ready", "status": "True"}


def pod(status: Given, node: str = "node2", **more: t.Any) -> Given:
    spec = {"restartPolicy": "Always", **({"nodeName": node} if node else {}), **more.pop("spec", {})}
    meta = {"name": "x-abc", "namespace": "kube-system", "creationTimestamp": AT, **more}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status}


def ended(code: int, reason: str = "Error", **more: t.Any) -> Given:
    return {"terminated": {"exitCode": code, "reason": reason, "startedAt": AT, "finishedAt": AT, **more}}


def container(state: Given, last: Given | None = None, restarts: int = 0, name: str = "y", **more: t.Any) -> Given:
    return {"name": name, "ready": False, "restartCount": restarts, "state": state, "lastState": last or {}, **more}


def waiting(reason: str, message: str = "") -> Given:
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def running(*containers: Given, phase: str = "Running", **more: t.Any) -> Given:
    return pod({"phase": phase, "containerStatuses": list(containers), **more})


BACKOFF = waiting("CrashLoopBackOff", "back-off 2m40s restarting failed container=y pod=x-abc_kube-system(1-2)")
NO_IMAGE = (
    'Back-off pulling image "example.com/x:1": ErrImagePull: failed to resolve reference "example.com/x:1": not found'
)
NO_NODE = "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available."
UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": NO_NODE,
    "lastTransitionTime": AT,
}
RUNS = {"running": {"startedAt": AT}}
ON = "pod kube-system/x-abc on node2"

AT_FAULT: dict[str, tuple[Given, str]] = {
    "crash loop": (
        running(container(BACKOFF, ended(1), 5)),
        f"{ON}: container y is in CrashLoopBackOff (exit code 1, 5 restarts, since {AT})",
    ),
    "killed for its memory, with a message": (
        running(container(BACKOFF, ended(137, "OOMKilled", message="too\nmuch\n"), 1)),
        (
            f"{ON}: container y is in CrashLoopBackOff (OOMKilled, exit code 137, 1 restart, since {AT}); it left "
            'the message "too much"'
        ),
    ),
    "image": (
        running(container(waiting("ImagePullBackOff", NO_IMAGE)), phase="Pending"),
        f"{ON}: container y is in ImagePullBackOff: {NO_IMAGE}",
    ),
    "image after an end": (
        running(container(waiting("ErrImageNeverPull", "not on the node"), ended(0, "Completed"), 1)),
        f"{ON}: container y is in ErrImageNeverPull (exit code 0, 1 restart, since {AT}): not on the node",
    ),
    "a secret is missing": (
        running(container(waiting("CreateContainerConfigError", 'secret "login" not found')), phase="Pending"),
        f'{ON}: container y is in CreateContainerConfigError: secret "login" not found',
    ),
    "ended just now": (
        running(container(ended(2), restarts=1)),
        f"{ON}: container y ended (exit code 2, 1 restart, since {AT})",
    ),
    "ended with success though it has to run": (
        running(container(ended(0, "Completed"))),
        f"{ON}: container y ended (exit code 0, since {AT})",
    ),
    "runs again": (
        running(container(RUNS, ended(1), 3, started=True)),
        f"{ON}: container y runs and is not ready; before, it ended (exit code 1, 3 restarts, since {AT})",
    ),
    "runs": (running(container(RUNS, started=True)), f"{ON}: container y runs and is not ready (since {AT})"),
    "starts": (
        running(container(RUNS, started=False)),
        f"{ON}: container y runs and is not ready (it has not finished its start) (since {AT})",
    ),
    "no network": (
        running(
            container(waiting("ContainerCreating")),
            phase="Pending",
            startTime=AT,
            conditions=[{"type": "PodReadyToStartContainers", "status": "False"}],
        ),
        (
            f"{ON}: container y has not started (ContainerCreating); its sandbox, which has its network, is not "
            f"there (since {AT})"
        ),
    ),
    "an init container fails": (
        running(
            container(waiting("PodInitializing")),
            phase="Pending",
            initContainerStatuses=[
                container(ended(0, "Completed"), name="first"),
                container(BACKOFF, ended(3), 2, "copy"),
            ],
        ),
        f"{ON}: init container copy is in CrashLoopBackOff (exit code 3, 2 restarts, since {AT})",
    ),
    "an init container runs": (
        running(
            container(waiting("PodInitializing")), phase="Pending", initContainerStatuses=[container(RUNS, name="copy")]
        ),
        f"{ON}: init container copy runs and is not ready (since {AT})",
    ),
    "one of two": (
        running(container(RUNS, name="a", ready=True), container(BACKOFF, ended(1), 2)),
        f"{ON}: container y is in CrashLoopBackOff (exit code 1, 2 restarts, since {AT})",
    ),
    "no node": (
        pod({"phase": "Pending", "conditions": [UNSCHEDULABLE]}, node=""),
        f"pod kube-system/x-abc: it cannot be scheduled (Unschedulable: {NO_NODE}) (since {AT})",
    ),
    "no scheduler": (
        pod({"phase": "Pending"}, node="", creationTimestamp="2026-11-28T11:50:00Z"),
        (
            "pod kube-system/x-abc: the scheduler has not reported on it within 600 s of its creation; does it run? "
            "(since 2026-11-28T11:50:00Z)"
        ),
    ),
    "no kubelet": (pod({"phase": "Pending"}), f"{ON}: the kubelet of its node has not reported on it (since {AT})"),
    "a gate": (
        running(
            container(RUNS, ready=True),
            conditions=[
                {
                    "type": "Ready",
                    "status": "False",
                    "reason": "ReadinessGatesNotReady",
                    "message": 'gate "x" is not true',
                }
            ],
        ),
        f'{ON}: it is not ready (ReadinessGatesNotReady: gate "x" is not true)',
    ),
    "deleted": (
        pod({"phase": "Running", "conditions": [READY]}, deletionTimestamp=AT),
        f"{ON}: it is being deleted (since {AT})",
    ),
}


@pytest.mark.parametrize(("found", "text"), AT_FAULT.values(), ids=AT_FAULT)
def test_the_row_names_the_container_at_fault(found: Given, text: str) -> None:
    assert str(judge(found, NOW)) == text


@pytest.mark.parametrize(
    "found",
    [running(container(RUNS, ready=True), conditions=[READY]), running(container(ended(0)), phase="Succeeded")],
)
def test_a_pod_is_as_wanted(found: Given) -> None:
    assert judge(found, NOW) is None


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (running(container(ended(4)), phase="Failed"), f"{ON}: container y ended (exit code 4, since {AT})"),
        (
            pod({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}),
            f"{ON}: it failed (Evicted: The node was low on resource: memory.)",
        ),
        (pod({"phase": "Failed"}), f"{ON}: it failed"),
    ],
    ids=["by a container", "evicted", "without a reason"],
)
def test_a_pod_that_failed_ends_a_wait(found: Given, text: str) -> None:
    with pytest.raises(NeverReached) as caught:
        judge(found, NOW)
    assert str(caught.value) == text


def test_pods_with_the_same_fault_are_alike_whatever_their_counts() -> None:
    one, two = (fault(running(container(BACKOFF, ended(1), count)), NOW) for count in (1, 7))
    other = fault(running(container(BACKOFF, ended(2), 1)), NOW)
    assert one and two and other and one.alike == two.alike != other.alike


def test_a_pod_of_a_daemon_set_is_of_its_node_before_it_is_scheduled() -> None:
    field = {"key": "metadata.name", "operator": "In", "values": ["node7"]}
    required = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    assert node_of(pod({}, node="", spec={"affinity": affinity})) == "node7"
