# SPDX-License-Identifier: GPL-3.0-or-later
"""Which action brings a VM into a state of power, as a table over run strategies and phases."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.vms.power_plan import decide, is_there, missing

Json = dict[str, t.Any]
ENDS = "2026-01-01T00:00:00Z"


def vm(strategy: str, **status: t.Any) -> Json:
    return {"metadata": {"namespace": "s", "name": "vm"}, "spec": {"runStrategy": strategy}, "status": status}


def vmi(phase: str = "Running", ends: bool = False, paused: bool = False, ready: bool = True, uid: str = "u1") -> Json:
    conditions = [{"type": "Paused", "status": "True"}] if paused else []
    conditions += [{"type": "Ready", "status": "True"}] if ready else []
    meta: Json = {"uid": uid, **({"deletionTimestamp": ENDS} if ends else {})}
    return {"metadata": meta, "spec": {}, "status": {"phase": phase, "conditions": conditions}}


@pytest.mark.parametrize(
    ("state", "strategy", "given", "action"),
    [
        ("started", "Halted", None, "start"),
        ("started", "Manual", None, "start"),
        ("started", "Manual", vmi("Succeeded"), "start"),
        ("started", "RerunOnFailure", vmi("Succeeded"), "start"),
        ("started", "RerunOnFailure", vmi("Failed"), ""),  # KubeVirt starts it again, and refuses a request
        ("started", "Always", None, ""),
        ("started", "Always", vmi("Failed"), ""),
        ("started", "Once", None, ""),
        ("started", "Halted", vmi(ends=True), "start"),
        ("started", "Always", vmi("Scheduling"), ""),
        ("started", "Manual", vmi(), ""),
        ("started", "Manual", vmi(paused=True), ""),
        ("stopped", "Always", vmi(), "stop"),
        ("stopped", "Always", None, "stop"),  # it would start
        ("stopped", "Always", vmi(ends=True), "stop"),  # a restart
        ("stopped", "Manual", vmi("Scheduling"), "stop"),
        ("stopped", "Manual", None, ""),
        ("stopped", "Manual", vmi(ends=True), ""),
        ("stopped", "Once", vmi("Succeeded"), ""),
        ("stopped", "Halted", vmi(), ""),  # it is being stopped
        ("restarted", "Always", vmi(), "restart"),
        ("restarted", "Manual", vmi(), "restart"),
        ("restarted", "Halted", None, "start"),
        ("restarted", "Always", vmi(ends=True), ""),
        ("paused", "Always", vmi(), "pause"),
        ("paused", "Always", vmi(paused=True), ""),
        ("unpaused", "Always", vmi(paused=True), "unpause"),
        ("unpaused", "Always", vmi(), ""),
    ],
)
def test_actions(state: str, strategy: str, given: Json | None, action: str) -> None:
    found = decide(state, vm(strategy), given)
    assert (found.action, found.refusal) == (action, "")


@pytest.mark.parametrize(
    ("state", "given", "instance", "text"),
    [
        ("started", vm("WaitAsReceiver"), None, "another cluster migrates it"),
        ("started", vm("Once"), vmi("Succeeded"), "it has run; set another runStrategy"),
        ("restarted", vm("Once"), vmi(), "its runStrategy is Once"),
        ("restarted", vm("Halted"), vmi(), "its runStrategy is Halted"),
        ("paused", vm("Always"), None, "it does not run"),
        ("paused", vm("Always"), vmi("Scheduling"), "its phase is Scheduling"),
        ("unpaused", vm("Always"), vmi(ends=True), "start it first"),
        ("unpaused", vm("Always", snapshotInProgress="s1"), vmi(paused=True), "its snapshot s1 is not complete"),
    ],
)
def test_refusals(state: str, given: Json, instance: Json | None, text: str) -> None:
    found = decide(state, given, instance)
    assert found.action == "" and text in found.refusal


@pytest.mark.parametrize(
    ("state", "given", "before", "there"),
    [
        ("stopped", None, "", True),
        ("stopped", vmi("Succeeded"), "", True),
        ("stopped", vmi("Succeeded", ends=True), "", False),
        ("stopped", vmi(), "", False),
        ("started", None, "", False),
        ("started", vmi("Scheduled"), "", False),
        ("started", vmi(ready=False), "", False),
        ("started", vmi(ready=False, paused=True), "", True),
        ("started", vmi(), "", True),
        ("restarted", vmi(), "u1", False),
        ("restarted", vmi(uid="u2"), "u1", True),
        ("paused", vmi(paused=True), "", True),
        ("unpaused", vmi(paused=True), "", False),
    ],
)
def test_is_there(state: str, given: Json | None, before: str, there: bool) -> None:
    assert is_there(state, given, before) is there


def test_why_it_does_not_start() -> None:
    failure = {"consecutiveFailCount": 3, "retryAfterTimestamp": ENDS}
    given = vm("Always", printableStatus="ErrorPvcNotFound", startFailure=failure)
    given["status"]["conditions"] = [{"type": "Failure", "status": "True", "message": "no claim data"}]
    starting = vmi("Scheduling", ready=False)
    assert missing("started", given, starting) == (
        "its status is ErrorPvcNotFound; its phase is Scheduling; Failure is True (no claim data); its start failed 3 "
        f"times; KubeVirt tries again at {ENDS}"
    )
