# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's function: its options, its errors, and check mode before anything exists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.errors import BmcAuthError, BmcUnreachable
from ansible_collections.groundup.cloud.plugins.module_utils.layers.host_network import network_files
from ansible_collections.groundup.cloud.plugins.module_utils.machines import advance, deploy, report, seed
from ansible_collections.groundup.cloud.plugins.module_utils.machines.types import Phase, Record

MACHINE: dict[str, Any] = {
    "name": "node1",
    "cloud": "rack",
    "macs": ["52:54:00:00:01:01"],
    "bmc": {"protocol": "redfish", "address": "10.20.0.101", "username": "admin", "password": "secret"},
    "root_disk": {"serial": "SN", "wwn": None},
    "os": "debian-13",
}


def params(tmp_path: Path, **more: Any) -> dict[str, Any]:
    fixed = {"reinstall": False, "wipe": False, "wipe_storage": False, "run": "r", "patience": 1.0}
    return {"machine": MACHINE, "state_dir": str(tmp_path), **fixed, **more}


def broken(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def connect(_settings: object) -> None:
        raise error

    monkeypatch.setattr(advance.Advance.__init__, "__defaults__", (connect, None, __import__("time").time))


def test_check_mode_before_anything_exists_plans_a_deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken(monkeypatch, BmcUnreachable("no route", "bmc", "check"))
    found = deploy.step(params(tmp_path), check=True, network_files=network_files)
    assert found["changed"] and found["finished"]
    assert found["line"].startswith("would deploy image debian-13 to disk serial SN of node1")
    assert found["diff"][0]["after"].startswith("system: debian-13 on serial SN")
    assert list(tmp_path.iterdir()) == [], "check mode writes nothing"


@pytest.mark.parametrize(
    ("error", "check"),
    [
        (BmcUnreachable("no route", "bmc", "check"), False),
        (BmcAuthError("HTTP 401", "bmc", "correct it"), True),
        (BmcAuthError("HTTP 401", "bmc", "correct it"), False),
    ],
)
def test_bmc_errors_name_place_and_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception, check: bool
) -> None:
    broken(monkeypatch, error)
    found = deploy.step(params(tmp_path), check=check, network_files=network_files)
    assert found["failed"] and found["msg"] == str(error)


def test_a_full_disk_is_reported_with_its_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken(monkeypatch, OSError(28, "No space left on device", f"{tmp_path}/deploy/journal/node1.jsonl"))
    found = deploy.step(params(tmp_path), check=False, network_files=network_files)
    assert found["failed"] and found["msg"].startswith("node1: the files of its deployment can't be")
    assert (
        "No space left" in found["msg"] and f"make room, or correct the permissions, below {tmp_path}" in found["msg"]
    )


def test_the_input_of_host_network_becomes_the_files_of_the_seed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken(monkeypatch, BmcUnreachable("no answer", "bmc double", "wait"))
    given: list[dict[str, Any]] = []

    def files(network: dict[str, Any]) -> list[dict[str, str]]:
        given.append(network)
        return [{"path": "/etc/systemd/network/10-x.network", "content": "[Match]\n"}]

    network = {"hostname": "node1"}
    deploy.step(params(tmp_path, host_network=network), check=True, network_files=files)
    assert given == [network]
    deploy.step(params(tmp_path, host_network=None), check=True, network_files=files)
    assert len(given) == 1, "a machine without that input has no files of its own"


def test_a_machine_without_an_image_is_refused(tmp_path: Path) -> None:
    found = deploy.step(params(tmp_path, machine={**MACHINE, "os": None}), check=True, network_files=network_files)
    assert found["failed"] and "name one with os" in found["msg"]


def test_the_seed_contains_the_network_files(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("PEM")
    nic = {"name": "nic0", "mac": "52:54:00:00:01:01"}
    network = {
        "hostname": "node1",
        "nics": [nic],
        "bond": None,
        "addresses": [{"network": "provision", "address": "10.10.0.21/24", "mtu": 1500}],
    }
    built = seed.build(MACHINE, network_files(network), str(tmp_path / "ca.crt"))
    assert built["ca_certificate"] == "PEM" and built["hostname"] == "node1"
    assert any("10.10.0.21/24" in file["content"] for file in built["network_files"])
    assert seed.build({**MACHINE, "seed": {"hostname": "other"}}, [], None)["hostname"] == "other"


@pytest.mark.parametrize(
    ("known", "line"),
    [
        (Record(Phase.ARMED, began=70.0), "armed, waiting for its ramdisk 31s"),
        (Record(Phase.RUNNING, began=70.0, progress={"stage": "write", "done": 45, "total": 100}), "writing 45 % 31s"),
        (Record(Phase.RUNNING, began=70.0, progress={"stage": "grow"}), "growing the root file system 31s"),
        (Record(Phase.NEW), "discovered"),
    ],
)
def test_progress_is_one_short_line(known: Record, line: str) -> None:
    assert report.line_of(known, 101.0) == line
