# SPDX-License-Identifier: GPL-3.0-or-later
"""Health as smartctl and nvme print it. The outputs are cut to the fields that count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks import health as module
from ansible_collections.groundup.cloud.plugins.module_utils.disks.devices import Device
from ansible_collections.groundup.cloud.plugins.module_utils.disks.health import by_nvme, by_smartctl, health

ATA = {
    "smart_status": {"passed": True},
    "temperature": {"current": 31},
    "power_on_time": {"hours": 20123},
    "ata_smart_attributes": {
        "table": [
            {"id": 5, "name": "Reallocated_Sector_Ct", "raw": {"value": 0}},
            {"id": 197, "name": "Current_Pending_Sector", "raw": {"value": 8}},
            {"id": 194, "name": "Temperature_Celsius", "raw": {"value": 31}},
        ]
    },
}
NVME_LOG = {
    "critical_warning": 4,
    "available_spare": 5,
    "available_spare_threshold": 10,
    "percentage_used": 101,
    "media_errors": 2,
    "power_on_hours": 7,
}


def device(name: str) -> Device:
    return Device(name, f"/dev/{name}", "8:0", 2**30, "", (), (), False, 512)


def test_a_disk_that_passes_may_still_have_reasons() -> None:
    found = by_smartctl(ATA)
    assert found.passed is True and found.reasons == ("8 pending sectors",)
    assert found.values == {
        "temperature": 31,
        "power_on_hours": 20123,
        "reallocated_sectors": 0,
        "pending_sectors": 8,
    }


def test_a_failing_disk() -> None:
    found = by_smartctl({"smart_status": {"passed": False}, "scsi_grown_defect_list": 12})
    assert found.passed is False and found.reasons == ("the disk says that it is failing", "12 grown defects")


def test_nvme_by_both_programs() -> None:
    reasons = (
        "2 media errors",
        "NVMe critical warning 0x04",
        "101 % of the rated endurance is used",
        "5 % spare blocks are left",
    )
    found = by_smartctl({"smart_status": {"passed": False}, "nvme_smart_health_information_log": NVME_LOG})
    assert found.reasons == ("the disk says that it is failing", *reasons)
    short: dict[str, Any] = {**NVME_LOG, "avail_spare": 5, "spare_thresh": 10, "percent_used": 101, "temperature": 304}
    for key in ("available_spare", "available_spare_threshold", "percentage_used"):
        del short[key]
    again = by_nvme({**short, "critical_warning": {"value": 4, "degraded": 1}})
    assert again.passed is False and again.reasons == reasons and again.values["temperature"] == 31
    assert by_nvme({}).why_not == "the disk reports no health log"


def test_a_virtual_disk_reports_nothing() -> None:
    message = {"string": "/dev/vda: Unable to detect device type", "severity": "error"}
    found = by_smartctl({"smartctl": {"messages": [message], "exit_status": 1}})
    assert found.passed is None and found.why_not == "/dev/vda: Unable to detect device type"
    assert by_smartctl({}).why_not == "the disk reports no SMART health"


def program(directory: Path, name: str, text: str, code: int = 0) -> None:
    (directory / name).write_text(f"#!/bin/sh\ncat <<'E'\n{text}\nE\nexit {code}\n")
    (directory / name).chmod(0o755)


def test_the_program_that_is_there_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(module.shutil, "which", lambda name, path: (tmp_path / name).exists() or None)
    assert health(device("sda")).why_not == "smartctl is not installed (package smartmontools)"
    assert "smartctl and nvme are not installed" in health(device("nvme0n1")).why_not
    program(tmp_path, "nvme", json.dumps({"critical_warning": 0}))
    assert health(device("nvme0n1")).source == "nvme" and health(device("nvme0n1")).passed is True
    assert health(device("sda")).passed is None
    program(tmp_path, "smartctl", json.dumps(ATA), 64)  # bit 6: the error log has entries
    assert health(device("nvme0n1")).source == "smartctl" and health(device("sda")).passed is True
    program(tmp_path, "smartctl", "Permission denied", 2)
    assert health(device("sda")).why_not == "smartctl gave no JSON: 'Permission denied'"
    program(tmp_path, "smartctl", "[]")
    assert health(device("sda")).why_not == "smartctl gave no JSON object"
