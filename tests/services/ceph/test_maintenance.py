# SPDX-License-Identifier: GPL-3.0-or-later
"""ceph_maintenance against a real cluster: begun, refused, ended, after a crash; and the forecast of ceph_health."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ceph import gate
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.maintenance import KEY, perform
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.runner import Ceph, CephError, NoAnswer

from .conftest import Cluster
from .test_health import STANDARD

pytestmark = pytest.mark.services


class Crash(Ceph):
    """A run that ends before its change number `at`."""

    def __init__(self, cluster: Cluster, at: int) -> None:
        super().__init__(cluster.command)
        self.left = at

    def act(self, *words: str) -> None:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        super().act(*words)


def maintain(
    cluster: Cluster, state: str = "present", bucket: str = "node2", ceph: Ceph | None = None, **more: Any
) -> dict[str, Any]:
    standard = {"bucket": bucket, "state": state, "accept": [], "timeout": 240, "connect_timeout": 20}
    check = more.pop("check", False)
    return perform({"command": cluster.command, **standard, **more}, check, ceph)


def flagged(cluster: Cluster) -> list[int]:
    return [one["osd"] for one in cluster.ask("osd", "dump")["osds"] if "noout" in one["state"]]


def kept(cluster: Cluster) -> Any:
    return cluster.ask("config-key", "dump", KEY)


def test_a_machine_is_stopped_and_its_data_stays(cluster: Cluster) -> None:
    found = maintain(cluster, check=True, timeout=0)
    assert found["steps"] == ["set noout for osd.2"] and not flagged(cluster) and not kept(cluster)
    assert maintain(cluster)["osds"] == [2] and flagged(cluster) == [2]
    assert not maintain(cluster)["changed"]
    with pytest.raises(CephError, match=r"node2: is in maintenance since \d{4}-"):
        maintain(cluster, bucket="node1", timeout=0)

    cluster.ask("config", "set", "mon", "mon_osd_down_out_interval", "3")
    try:
        cluster.kill("osd.2")
        cluster.until(lambda: "OSD_DOWN" in cluster.ask("health", "detail")["checks"])
        assert not maintain(cluster)["changed"], "a run that begins it again does not mind that the machine is down"
        time.sleep(12)  # four times as long as an OSD without the flag would stay in
        assert [one["osd"] for one in cluster.ask("osd", "dump")["osds"] if not one["in"]] == []
        ended = maintain(cluster, "absent")
        assert ended["steps"] == ["remove noout of osd.2", "end the maintenance of node2"]
        assert not flagged(cluster) and not kept(cluster)
        cluster.until(lambda: [one["osd"] for one in cluster.ask("osd", "dump")["osds"] if not one["in"]] == [2])
    finally:
        cluster.ask("config", "rm", "mon", "mon_osd_down_out_interval")
        cluster.ask("osd", "in", "2")
    assert not maintain(cluster, "absent")["changed"]


@pytest.mark.parametrize("changes", [0, 1, 2])
def test_after_a_crash_exactly_what_was_set_is_removed(cluster: Cluster, changes: int) -> None:
    """It crashes before the first change, between them, and after the last, which is the end of the beginning."""
    gate.perform({"command": cluster.command, **STANDARD, "clean": True, "osds": 3, "timeout": 240}, False)
    cluster.ask("osd", "set-group", "noout", "node1", "osd.0")
    try:
        if changes < 2:
            with pytest.raises(KeyboardInterrupt):
                maintain(cluster, ceph=Crash(cluster, changes))
        else:
            maintain(cluster)
        assert (2 in flagged(cluster)) == (changes == 2) and bool(kept(cluster)) == (changes > 0)
        found = maintain(cluster, "absent")
        assert found["changed"] == (changes > 0)
        assert found["foreign_flags"] == ["noout of node1", "noout of osd.0"]
        assert flagged(cluster) == [0] and not kept(cluster), "what others set stays"
        assert not maintain(cluster, "absent")["changed"]
    finally:
        cluster.ask("osd", "unset-group", "noout", "node1", "osd.0")


def test_a_crash_while_it_ends(cluster: Cluster) -> None:
    maintain(cluster, timeout=240)
    with pytest.raises(KeyboardInterrupt):
        maintain(cluster, "absent", ceph=Crash(cluster, 1))
    assert not flagged(cluster) and kept(cluster)
    assert maintain(cluster, "absent")["steps"] == ["end the maintenance of node2"] and not kept(cluster)


def test_a_flag_of_somebody_else_stays(cluster: Cluster) -> None:
    cluster.ask("osd", "set-group", "noout", "osd.2")
    try:
        found = maintain(cluster, timeout=240)
        assert not found["changed"] and found["osds"] == [] and found["foreign_flags"] == ["noout of osd.2"]
        assert not maintain(cluster, "absent")["changed"] and flagged(cluster) == [2]
    finally:
        cluster.ask("osd", "unset-group", "noout", "osd.2")


def test_it_does_not_begin_where_other_copies_are_missing(cluster: Cluster) -> None:
    cluster.kill("osd.1")
    ceph = Ceph(cluster.command, 60)
    cluster.until(lambda: _down(cluster) == [1] and not ceph.ask("osd", "ok-to-stop", "1")[1])  # denied at first
    cluster.until(lambda: "undersized" in str(cluster.ask("health", "detail")))
    with pytest.raises(CephError, match=r"node2: its OSDs must not be stopped: Error E(BUSY|AGAIN).*") as error:
        maintain(cluster, timeout=0, accept=["OSD_DOWN", "OSD_HOST_DOWN", "PG_DEGRADED", "PG_AVAILABILITY"])
    assert "undersized" in str(error.value) and not flagged(cluster) and not kept(cluster)


def _down(cluster: Cluster) -> list[int]:
    return [one["osd"] for one in cluster.ask("osd", "dump")["osds"] if not one["up"]]


def test_a_name_that_is_no_machine(cluster: Cluster) -> None:
    with pytest.raises(CephError, match="node7: no machine or failure domain of the CRUSH map; it has node0, node1"):
        maintain(cluster, bucket="node7")
    with pytest.raises(CephError, match="default: no machine"):
        maintain(cluster, bucket="default")
    assert "node7: neither in the CRUSH map" in maintain(cluster, "absent", "node7")["warnings"][0]


def test_the_forecast_of_health(cluster: Cluster) -> None:
    params = {"command": cluster.command, **STANDARD, "clean": True, "osds": 3, "timeout": 240, "forecast": True}
    found = gate.perform(params, False)["machine_loss"]
    assert found["machine"] in ("node0", "node1", "node2") and found["nearfull_percent"] == 85.0
    assert not found["placed_again"] and "needs 3 failure domains (osd), and 2 would be left" in str(found)


def test_without_a_quorum_it_says_so(cluster: Cluster) -> None:
    """The last test: the cluster is not needed after it."""
    cluster.kill("mon.b")
    cluster.kill("mon.c")

    def silent() -> bool:
        try:
            Ceph(cluster.command, 5).read("status")
        except NoAnswer:
            return True
        return False

    cluster.until(silent)
    with pytest.raises(CephError, match="Ceph: ceph -c "):
        maintain(cluster, "absent", connect_timeout=5, timeout=0)
