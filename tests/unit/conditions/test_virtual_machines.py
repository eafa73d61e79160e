# SPDX-License-Identifier: GPL-3.0-or-later
"""When KubeVirt and CDI are as their layers want them, by what their operators report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.judge import judge

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
GOOD = {"Available": "True", "Progressing": "False", "Degraded": "False"}


def item(kind: str = "KubeVirt", *, wanted: str = "v1.9.0", generation: int = 2, **status: Any) -> dict[str, Any]:
    conditions = [
        {"type": name, "status": value, "reason": "Because", "message": "it is so"}
        for name, value in {**GOOD, **status.pop("conditions", {})}.items()
        if value
    ]
    group = "kubevirt.io/v1" if kind == "KubeVirt" else "cdi.kubevirt.io/v1beta1"
    metadata = {
        "name": "x", "generation": generation, "annotations": {"groundup.cloud/version": wanted},
        "creationTimestamp": "2026-11-29T11:00:00Z",
    }  # fmt: skip
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "status": {"conditions": conditions, **status}}


DEPLOYED = {"phase": "Deployed", "observedKubeVirtVersion": "v1.9.0", "observedGeneration": 2}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (item(**DEPLOYED), ""),
        (item(), "virt-operator has not reported on it within 3600 s of its creation; does it run?"),
        (item(**DEPLOYED, conditions={"Synchronized": "False"}), "Synchronized is False (Because: it is so)"),
        (item(**DEPLOYED, conditions={"Degraded": "True"}), "Degraded is True (Because: it is so)"),
        (item(**DEPLOYED, conditions={"Progressing": "True"}), "Progressing is True (Because: it is so)"),
        (item(**DEPLOYED, conditions={"Available": "False"}), "Available is False (Because: it is so)"),
        (item(**DEPLOYED, conditions={"Available": ""}), "Available is not reported"),
        (item(**{**DEPLOYED, "phase": "Deploying"}), "its phase is Deploying"),
        (item(**DEPLOYED, wanted="v1.10.0"), "virt-operator has deployed v1.9.0, and v1.10.0 is wanted"),
        (item(**DEPLOYED, generation=3), "its controller has not taken up its generation 3, only 2"),
        (item("CDI", wanted="v1.66.0", phase="Deployed", observedVersion="v1.66.0"), ""),
        (item("CDI", wanted="v1.66.0", phase="Deployed", observedVersion="1.66.0"), ""),
        (item("CDI", wanted="v1.66.0", phase="Deployed", observedVersion="v1.65.0"),
         "cdi-operator has deployed v1.65.0, and v1.66.0 is wanted"),
        (item("CDI", phase="Upgrading"), "its phase is Upgrading"),
        (item("CDI", phase="Error", conditions={"Degraded": "True"}), "Degraded is True (Because: it is so)"),
    ],
)  # fmt: skip
def test_it_is_judged_by_what_its_operator_reports(given: dict[str, Any], reason: str) -> None:
    row = judge(given, NOW)
    assert (row.reason if row else "") == reason


def test_one_that_is_removed_is_not_ready() -> None:
    given = item(**DEPLOYED)
    given["metadata"] |= {"deletionTimestamp": "2026-11-29T11:59:00Z", "finalizers": ["kubevirt.io/foregroundDelete"]}
    row = judge(given, NOW)
    assert row and row.reason == "it is being deleted; finalizers: kubevirt.io/foregroundDelete"


def machine(strategy: str, **status: Any) -> dict[str, Any]:
    metadata = {"name": "db", "namespace": "shop", "creationTimestamp": "2026-11-29T11:59:50Z"}
    spec = {"runStrategy": strategy}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": metadata,
        "spec": spec,
        "status": status,
    }


FULL = {"type": "Ready", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (machine("Always", printableStatus="Running", ready=True), ""),
        (machine("Halted", printableStatus="Stopped"), ""),
        (machine("Halted", printableStatus="Stopping", ready=True), "its status is Stopping"),
        (machine("Always"), "virt-controller has not reported on it"),
        (machine("Always", printableStatus="Provisioning"), "its status is Provisioning"),
        (machine("Always", printableStatus="Stopped"), "its status is Stopped"),
        (
            machine("Always", printableStatus="ErrorUnschedulable", conditions=[FULL]),
            "its status is ErrorUnschedulable; Ready is False (Unschedulable: 0/3 nodes are available)",
        ),
    ],
)
def test_a_virtual_machine_is_ready_or_stopped_as_it_is_wanted(given: dict[str, Any], reason: str) -> None:
    row = judge(given, NOW)
    assert (row.reason if row else "") == reason
