# SPDX-License-Identifier: GPL-3.0-or-later
"""ceph_health against a real small cluster: healthy, an OSD killed and out, a monitor killed, slow, full, no quorum;
and disk_wipe on the disk of one of its OSDs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.gate import perform
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.runner import CephError
from ansible_collections.groundup.cloud.plugins.module_utils.disks import devices, wiping
from ansible_collections.groundup.cloud.plugins.module_utils.disks.errors import DiskError

from .conftest import Cluster

pytestmark = pytest.mark.services
STANDARD = {
    "accept": [],
    "clean": False,
    "osds": 0,
    "used_at_most": 100,
    "timeout": 0,
    "settle": 6,
    "forecast": False,
    "connect_timeout": 20,
}


def health(cluster: Cluster, check: bool = False, **more: Any) -> dict[str, Any]:
    return perform({"command": cluster.command, **STANDARD, **more}, check)


def write(cluster: Cluster) -> None:
    words = ["rados", "-c", cluster.conf, "-p", "rbd", "bench", "5", "write", "-b", "4096", "--max-objects", "64"]
    subprocess.run([*words, "--no-cleanup"], check=True, capture_output=True, timeout=120)


def test_a_healthy_cluster(cluster: Cluster) -> None:
    found = health(cluster, clean=True, osds=3, used_at_most=80, timeout=240)
    assert found["healthy"] and found["status"] == "HEALTH_OK" and found["fsid"] == cluster.fsid
    assert found["osds"] == {"total": 3, "up_and_in": 3, "down": [], "out": []}
    assert found["mons"] == {"quorum": ["a", "b", "c"], "out_of_quorum": []}
    assert found["pgs"]["clean"] and found["pgs"]["total"] >= 8 and found["space"]["total"] == 6 * 1024**3


def test_a_killed_osd_is_missed_and_waited_for(cluster: Cluster) -> None:
    cluster.kill("osd.2")
    cluster.until(lambda: "OSD_DOWN" in cluster.ask("health", "detail")["checks"])
    write(cluster)
    with pytest.raises(
        CephError, match=r"OSD_DOWN: 1 osds down \(osd.2 \(root=default,host=node2\) is down\)"
    ) as error:
        health(cluster, clean=True, osds=3)
    assert error.value.details["osds"]["down"] == ["osd.2"] and error.value.details["healthy"] is False
    assert "OSDs: 2 of 3 are up and in; not osd.2 (down, on node2)" in str(error.value)
    assert not health(cluster, check=True)["healthy"]
    accepted = ["OSD_DOWN", "OSD_HOST_DOWN", "PG_DEGRADED", "OBJECT_MISPLACED"]
    cluster.until(lambda: "PG_DEGRADED" in cluster.ask("health", "detail")["checks"])
    assert health(cluster, accept=accepted)["healthy"]
    with pytest.raises(CephError, match=r"PGs: active\+undersized\+degraded \(\w+\.\w+, "):
        health(cluster, accept=accepted, clean=True)
    cluster.start("osd", "2")
    assert health(cluster, clean=True, osds=3, timeout=240)["healthy"]


def test_an_osd_that_is_out_counts_as_missing_where_it_is_wanted(cluster: Cluster) -> None:
    cluster.ask("osd", "out", "1")
    try:
        with pytest.raises(CephError, match=r"2 of 3 are up and in; not osd.1 \(out, on node1\)"):
            health(cluster, osds=3)
    finally:
        cluster.ask("osd", "in", "1")
    assert health(cluster, clean=True, osds=3, timeout=240)["healthy"]


def test_a_host_for_which_noout_is_set_is_accepted_by_its_check(cluster: Cluster) -> None:
    """As in docs/ceph.md, before and after the restart of a machine."""
    cluster.ask("osd", "set-group", "noout", "node2")
    try:
        cluster.until(lambda: "OSD_FLAGS" in cluster.ask("health", "detail")["checks"])
        with pytest.raises(CephError, match="OSD_FLAGS: 1 OSDs or CRUSH"):
            health(cluster)
        assert health(cluster, accept=["OSD_FLAGS"], clean=True)["healthy"]
    finally:
        cluster.ask("osd", "unset-group", "noout", "node2")
    assert health(cluster, timeout=240)["healthy"]


def test_a_killed_monitor(cluster: Cluster) -> None:
    cluster.kill("mon.c")
    cluster.until(lambda: not health(cluster, check=True)["healthy"])
    with pytest.raises(CephError, match=r"MON_DOWN|mon\.c: not in quorum"):
        health(cluster)
    cluster.until(lambda: "MON_DOWN" in cluster.ask("health", "detail")["checks"])
    found = health(cluster, accept=["MON_DOWN"])
    assert found["healthy"] and found["mons"] == {"quorum": ["a", "b"], "out_of_quorum": ["c"]}
    cluster.start("mon", "c")
    assert health(cluster, timeout=240)["healthy"]


def test_slow_operations_are_counted(cluster: Cluster) -> None:
    cluster.ask("osd", "set", "nodown")
    os.kill(cluster.daemons["osd.2"].pid, signal.SIGSTOP)
    words = ["rados", "-c", cluster.conf, "-p", "rbd", "bench", "20", "write", "-b", "4096", "-t", "4"]
    try:
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as writer:
            cluster.until(lambda: "SLOW_OPS" in cluster.ask("health", "detail")["checks"])
            with pytest.raises(CephError, match=r"SLOW_OPS: .* slow ops") as error:
                health(cluster, accept=["OSDMAP_FLAGS"])
            os.kill(cluster.daemons["osd.2"].pid, signal.SIGCONT)
            writer.kill()
    finally:
        os.kill(cluster.daemons["osd.2"].pid, signal.SIGCONT)
        cluster.ask("osd", "unset", "nodown")
    found = error.value.details["slow_operations"]
    assert found["count"] >= 1 and all(name.startswith("osd.") for name in found["daemons"]) and found["daemons"]
    assert health(cluster, clean=True, timeout=240)["healthy"]


def test_a_full_cluster(cluster: Cluster) -> None:
    def every_osd_is_full() -> bool:
        return len(cluster.ask("health", "detail")["checks"].get("OSD_FULL", {}).get("detail", ())) == 3

    try:
        for name, ratio in (("nearfull", "0.02"), ("backfillfull", "0.03"), ("full", "0.04")):
            cluster.ask("osd", f"set-{name}-ratio", ratio)
        cluster.until(every_osd_is_full)  # each OSD reports its own state
        with pytest.raises(CephError, match=r"OSD_FULL: 3 full osd.*POOL_FULL") as error:
            health(cluster, used_at_most=5)
        assert "% of its space is used, at most 5 % may be" in str(error.value)
    finally:
        for name, ratio in (("full", "0.95"), ("backfillfull", "0.9"), ("nearfull", "0.85")):
            cluster.ask("osd", f"set-{name}-ratio", ratio)
    assert health(cluster, clean=True, timeout=240)["healthy"]


@pytest.mark.skipif(not os.path.exists("/dev/loop-control"), reason="needs loop devices")
def test_the_disk_of_an_osd_is_not_erased_while_it_runs_or_its_cluster_lives(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "disk").open("wb") as file:
        file.truncate(2 * 1024**3)
    loop = cluster.sh("losetup", "-f", "--show", str(tmp_path / "disk"))

    def disks(root: str = "/", _only: Any = None, with_udev: bool = True) -> list[devices.Device]:
        found = devices.devices(root, lambda name: name == os.path.basename(loop), with_udev)
        return [device._replace(serials=("OSD-3",)) for device in found]

    def wipe(*living: str) -> dict[str, Any]:
        params = {"machine": "node3", "consent": ["node3"], "living_clusters": living, "discard": True}
        return wiping.perform({**params, "disks": [{"serial": "OSD-3"}]}, False)

    monkeypatch.setattr(wiping, "devices", disks)
    try:
        cluster.add_osd("3", loop)
        cluster.until(lambda: cluster.ask("status")["osdmap"]["num_up_osds"] == 4)
        with pytest.raises(DiskError, match=r"open in process \d+ \(ceph-osd\)"):
            wipe()
        cluster.kill("osd.3")
        with pytest.raises(DiskError, match=f"is OSD 3 of cluster {cluster.fsid} .* and this cluster lives"):
            wipe(cluster.fsid)
        cluster.until(lambda: cluster.ask("status")["osdmap"]["num_up_osds"] == 3)
        cluster.ask("osd", "purge", "3", "--yes-i-really-mean-it")
        assert wipe()["changed"] and not wipe()["changed"]
    finally:
        if "osd.3" in cluster.daemons:
            cluster.kill("osd.3")
        cluster.sh("losetup", "-d", loop)
    assert health(cluster, clean=True, timeout=240)["healthy"]


def test_without_a_quorum_the_wait_ends_with_the_reason(cluster: Cluster) -> None:
    """The last test: the cluster is not needed after it."""
    cluster.kill("mon.b")
    cluster.kill("mon.c")
    silent = r"Ceph: ceph -c \S+ status; health detail; osd df tree; mon dump: "

    def is_silent() -> bool:
        return any(re.match(silent, text) for text in health(cluster, check=True, connect_timeout=5)["missing"])

    cluster.until(is_silent)  # the last lease ends first
    with pytest.raises(CephError, match=f"Ceph is not healthy enough: {silent}") as error:
        health(cluster, connect_timeout=5)
    assert error.value.details["missing"] and "status" not in error.value.details
