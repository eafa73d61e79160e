# SPDX-License-Identifier: GPL-3.0-or-later
"""When an image is imported, and the reasons why it is not: by CDI's status and the pods of a double of the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.errors import NeverReached
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.explain import explain
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.judge import judge

from .double import AT, SPACE, Api

Given = dict[str, Any]
NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
UNANSWERED = "Unable to connect to http data source: 404"
VOLUMES = "/apis/cdi.kubevirt.io/v1beta1/namespaces/web/datavolumes"


def item(kind: str, **status: Any) -> Given:
    metadata = {"name": "debian", "namespace": "web", "creationTimestamp": "2026-11-28T11:00:00Z"}
    return {"apiVersion": "cdi.kubevirt.io/v1beta1", "kind": kind, "metadata": metadata, "status": status}


def condition(kind: str, status: str, reason: str, message: str) -> Given:
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": AT}


def volume(phase: str, reason: str = "", message: str = "", **status: Any) -> Given:
    conditions = [condition("Running", "False", reason, message)] if reason else []
    return item("DataVolume", phase=phase, conditions=conditions, **status)


def cron(reason: str, message: str, status: str = "False", **more: Any) -> Given:
    return item("DataImportCron", conditions=[condition("UpToDate", status, reason, message)], **more)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (volume("Succeeded"), ""),
        (item("DataVolume"), "CDI's controller has not reported on it within 3600 s of its creation; does it run?"),
        (volume("ImportInProgress", progress="12.30%"), "its phase is ImportInProgress at 12.30%"),
        (volume("ImportScheduled", progress="N/A"), "its phase is ImportScheduled"),
        (volume("ImportInProgress", "Error", UNANSWERED, restartCount=3),
         f"its phase is ImportInProgress; Running is False (Error: {UNANSWERED}); its pod was started again 3 times"),
        (item("DataVolume", phase="Pending", conditions=[condition("Bound", "False", "ErrClaimNotValid", "no class")]),
         "its phase is Pending; Bound is False (ErrClaimNotValid: no class)"),
        (volume("WaitForFirstConsumer"),
         "its phase is WaitForFirstConsumer; its storage class makes no volume before a pod uses it"),
        (cron("UpToDate", "up to date", "True"), ""),
        (cron("Outdated", "newer", lastImportedPVC={"name": "debian-1"}), ""),
        (item("DataImportCron"), "CDI's controller has not reported on it within 3600 s of its creation; does it run?"),
        (cron("NoDigest", "No source digest"),
         "it has imported nothing yet (NoDigest: No source digest); its registry has not answered yet"),
        (cron("ImportProgressing", "Import is progressing", currentImports=[{"DataVolumeName": "debian-1"}]),
         "it has imported nothing yet (ImportProgressing: Import is progressing); it imports debian-1"),
    ],
)  # fmt: skip
def test_it_is_judged_by_what_cdi_reports(given: Given, reason: str) -> None:
    row = judge(given, NOW)
    assert (row.reason if row else "") == reason


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (volume("Failed", "ChecksumError", "checksum mismatch: expected ab, got cd"),
         "the file is not the one whose digest was given; compare both with the publisher's; delete it to import it"),
        (volume("ImportInProgress", "Error", "DataVolume too small to contain image"),
         "the image is larger than its disk; give a larger size"),
    ],
)  # fmt: skip
def test_what_can_t_succeed_any_more_is_not_waited_for(given: Given, reason: str) -> None:
    with pytest.raises(NeverReached) as error:
        judge(given, NOW)
    assert reason in str(error.value)


def pod(name: str, claim: str, **status: Any) -> Given:
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}, {"name": "scratch", "emptyDir": {}}]
    metadata = {"name": name, "namespace": "web", "uid": name}
    spec = {"nodeName": "n1", "restartPolicy": "OnFailure", "volumes": volumes, "containers": [{"name": "importer"}]}
    return {"kind": "Pod", "metadata": metadata, "spec": spec, "status": {"startTime": AT, **status}}


RUNNING = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
ENDED = {
    "phase": "Running",
    "containerStatuses": [
        {
            "name": "importer",
            "restartCount": 2,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 1, "finishedAt": AT, "message": "Unable to connect: 404"}},
        }
    ],
}


def explained(api: Api, given: Given) -> list[str]:
    return [str(row) for row in explain(api.get, given, read_text=api.text, now=NOW)]


def test_a_server_that_stalls_is_seen_by_the_last_lines_of_the_pod() -> None:
    """The pod writes into the claim that stands in for that of the DataVolume."""
    primed = {"metadata": {"annotations": {"cdi.kubevirt.io/storage.populator.pvcPrime": "prime-1"}}}
    api = Api({
        f"{SPACE}/persistentvolumeclaims/debian": primed,
        f"{SPACE}/pods/importer-prime-1": pod("importer-prime-1", "prime-1", **RUNNING),
        f"{SPACE}/pods/importer-other": pod("importer-other", "other", **RUNNING),
        f"{SPACE}/pods/importer-prime-1/log?now": {"log": "I1128 12.30\nI1128 12.30"},
    })  # fmt: skip
    given = volume("ImportInProgress", progress="12.30%", claimName="debian")
    assert explained(api, given) == [
        "DataVolume web/debian: its phase is ImportInProgress at 12.30%",
        f"pod web/importer-prime-1 on n1: it runs; last lines that it printed: I1128 12.30 | I1128 12.30 (since {AT})",
    ]


def test_a_pod_that_ends_is_explained() -> None:
    api = Api({
        f"{SPACE}/pods/importer-debian": pod("importer-debian", "debian", **ENDED),
        f"{SPACE}/pods/importer-debian/log": {"log": "unexpected status 404"},
    })  # fmt: skip
    __, row = explained(api, volume("ImportInProgress", claimName="debian"))
    assert 'it left the message "Unable to connect: 404"' in row and "printed: unexpected status 404" in row


def test_an_image_that_is_larger_than_its_disk_is_explained_at_once() -> None:
    api = Api({f"{SPACE}/pods/importer-debian": pod("importer-debian", "debian", **ENDED)})
    first, second = explained(api, volume("ImportInProgress", "Error", "DataVolume too small to contain image"))
    assert "give a larger size" in first and "pod web/importer-debian" in second


def test_an_import_of_a_schedule_is_explained_by_its_volume() -> None:
    given = volume("ImportInProgress", "Error", "no such host")
    given["metadata"] |= {"name": "debian-1"}
    api = Api({
        f"{VOLUMES}/debian-1": given,
        f"{SPACE}/pods/importer-debian-1": pod("importer-debian-1", "debian-1", **ENDED),
    })  # fmt: skip
    rows = explained(api, cron("ImportProgressing", "Import is progressing", currentImports=[
        {"DataVolumeName": "debian-1", "Digest": "sha256:1"}
    ]))  # fmt: skip
    assert len(rows) == 3 and "no such host" in rows[1] and rows[2].startswith("pod web/importer-debian-1")


def test_a_registry_that_does_not_answer_is_seen_by_the_pod_that_asks_it() -> None:
    found = []
    for name in ("debian", "fedora"):
        asking = pod(f"poller-{name}", "", phase="Failed", containerStatuses=[
            {"name": "poller", "state": {"terminated": {"exitCode": 1, "message": f"no such host {name}"}}}
        ])  # fmt: skip
        asking["metadata"] |= {"namespace": "cdi"}
        command = ["/usr/bin/cdi-source-update-poller", "-ns", "web", "-cron", name, "-url", "docker://x/y"]
        asking["spec"] |= {"containers": [{"name": "poller", "command": command}]}
        found.append((f"/api/v1/namespaces/cdi/pods/poller-{name}", asking))
    rows = explained(Api(dict(found)), cron("NoDigest", "No source digest"))
    assert len(rows) == 2 and "no such host debian" in rows[1]
