# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of migrations, and what a VMI says of itself."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.vms import migration, vmi

Json = dict[str, t.Any]


def made(phase: str = "", uid: str = "u1", created: str = "2026-01-01T00:00:00Z", **status: t.Any) -> Json:
    meta = {"name": f"m-{uid}", "namespace": "s", "uid": uid, "creationTimestamp": created}
    return {"metadata": meta, "spec": {"vmiName": "vm"}, "status": {"phase": phase, **status}}


def instance(**status: t.Any) -> Json:
    return {"metadata": {"namespace": "s", "name": "vm"}, "status": {"phase": "Running", **status}}


def test_the_active_migration_is_newer_than_all_others() -> None:
    old, new = made("Running", "u1"), made("Failed", "u2", "2026-01-02T00:00:00Z")
    assert migration.newest([old, new], "vm") is old
    assert migration.newest([made("Failed"), new], "vm") is new and migration.newest([new], "other") is None


@pytest.mark.parametrize(
    ("given", "state", "text"),
    [
        (made(), {}, "migration m-u1 is not taken up yet"),
        (made("Pending"), {}, "migration m-u1 is Pending"),
        (
            made("Running"),
            {"migrationUid": "u1", "targetNode": "n2", "mode": "PreCopy"},
            "m-u1 is Running to n2 (PreCopy)",
        ),
        (made("Running"), {"migrationUid": "u0", "targetNode": "n2"}, "migration m-u1 is Running"),  # of an older one
        (made("Failed"), {"migrationUid": "u1", "failureReason": "no"}, "migration m-u1 is Failed; no"),
        (made("Failed", migrationState={"failureReason": "late"}), {}, "migration m-u1 is Failed; late"),
        (
            made("Pending", conditions=[{"type": migration.HELD[0], "status": "True", "message": "quota"}]),
            {},
            "m-u1 is Pending; migrationRejectedByResourceQuota (quota)",
        ),
        (made("Pending", conditions=[{"type": migration.HELD[2], "status": "False"}]), {}, "migration m-u1 is Pending"),
    ],
)
def test_text(given: Json, state: Json, text: str) -> None:
    found = migration.text(given, instance(migrationState=state))
    assert found.endswith(text)


def test_seconds_and_since() -> None:
    state = {"startTimestamp": "2026-01-01T00:00:00Z", "endTimestamp": "2026-01-01T00:00:12Z"}
    assert migration.seconds(state) == 12 and migration.seconds({"startTimestamp": state["startTimestamp"]}) is None
    stamps = [{"phaseTransitionTimestamp": f"2026-01-01T00:00:0{second}Z"} for second in (1, 3)]
    assert migration.since(made("Running", phaseTransitionTimestamps=stamps)) == "2026-01-01T00:00:03Z"
    assert migration.since(made()) == "2026-01-01T00:00:00Z"


REASONS = (
    "DisksNotLiveMigratable", "InterfaceNotLiveMigratable", "HotplugNotLiveMigratable", "CPUModeLiveMigratable",
    "VirtIOFSNotLiveMigratable", "HostDeviceNotLiveMigratable", "SEVNotLiveMigratable", "TDXNotLiveMigratable",
    "SecureExecutionNotLiveMigratable", "NoTSCFrequencyNotLiveMigratable", "HypervPassthroughNotLiveMigratable",
    "PersistentReservationNotLiveMigratable", "DecentralizedNotLiveMigratable",
)  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_of_kubevirt_is_passed_on(reason: str) -> None:
    entry = {"type": "LiveMigratable", "status": "False", "reason": reason, "message": "because"}
    found = vmi.not_migratable(instance(conditions=[entry]))
    assert found == f"LiveMigratable is False ({reason}: because)"


def test_addresses_by_interface() -> None:
    interfaces = [
        {"name": "default", "ipAddress": "10.0.0.1", "ipAddresses": ["10.0.0.1", "fd00::1"]},
        {"name": "lan", "ipAddress": "10.9.0.1"},
        {"interfaceName": "docker0"},
    ]
    assert vmi.addresses(instance(interfaces=interfaces)) == {
        "default": ["10.0.0.1", "fd00::1"],
        "lan": ["10.9.0.1"],
        "docker0": [],
    }
    assert vmi.addresses(None) == {}
