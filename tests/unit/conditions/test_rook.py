# SPDX-License-Identifier: GPL-3.0-or-later
"""When a CephCluster and Rook's other objects are as they were meant, and the reasons why they are not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.judge import judge

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def item(kind: str, status: dict[str, Any], disks: int = 2) -> dict[str, Any]:
    nodes = [{"name": "n1", "devices": [{"name": str(number)} for number in range(disks)]}]
    return {
        "apiVersion": "ceph.rook.io/v1",
        "kind": kind,
        "metadata": {"name": "x", "namespace": "rook-ceph", "generation": 2},
        "spec": {"storage": {"nodes": nodes}},
        "status": status,
    }


def ready(health: str = "HEALTH_OK", osds: int = 2, **ceph: Any) -> dict[str, Any]:
    storage = {"osd": {"storeType": {"bluestore": osds}}}
    return {"phase": "Ready", "ceph": {"health": health, **ceph}, "storage": storage, "observedGeneration": 2}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({}, "Rook's operator has not reported on it"),
        (
            {"phase": "Progressing", "message": "Configuring Ceph Mons"},
            "its phase is Progressing (Configuring Ceph Mons)",
        ),
        ({**ready(), "observedGeneration": 1}, "its controller has not taken up its generation 2, only 1"),
        (
            ready("HEALTH_ERR", details={"OSD_FULL": {"message": "1 full osd(s)", "severity": "HEALTH_ERR"}}),
            "Ceph reports HEALTH_ERR; OSD_FULL: 1 full osd(s)",
        ),
        ({"phase": "Ready"}, "Ceph reports no health yet"),
        (ready(osds=1), "1 of 2 disks are OSDs; Rook's pods rook-ceph-osd-prepare say why"),
    ],
)
def test_what_a_cluster_lacks(status: dict[str, Any], reason: str) -> None:
    row = judge(item("CephCluster", status), NOW)
    assert row and row.what == "CephCluster rook-ceph/x" and reason in row.reason


@pytest.mark.parametrize("health", ["HEALTH_OK", "HEALTH_WARN"])
def test_a_cluster_that_stores(health: str) -> None:
    assert judge(item("CephCluster", ready(health)), NOW) is None


def test_a_pool_is_ready_by_its_phase() -> None:
    assert judge(item("CephBlockPool", {"phase": "Ready"}), NOW) is None
    row = judge(item("CephBlockPool", {"phase": "Failure"}), NOW)
    assert row and row.reason == "its phase is Failure"
    going = {**item("CephFilesystem", {"phase": "Ready"})}
    going["metadata"] = {**going["metadata"], "deletionTimestamp": "2026-11-29T00:00:00Z"}
    assert judge(going, NOW) is not None
