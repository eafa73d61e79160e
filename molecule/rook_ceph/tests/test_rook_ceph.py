# SPDX-License-Identifier: GPL-3.0-or-later
"""Rook and a Ceph cluster as objects of a living API server, whose nodes do not run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
SPACE = "/apis/ceph.rook.io/v1/namespaces/rook-ceph"
CLUSTER = f"{SPACE}/cephclusters/rook-ceph"


def test_ceph_gets_the_disks_that_were_looked_up(hosted_api: Api) -> None:
    nodes = hosted_api.get(CLUSTER)["spec"]["storage"]["nodes"]
    found = {node["name"]: [disk["name"] for disk in node["devices"]] for node in nodes}
    assert found == {f"node{number}": [f"/dev/disk/by-id/ata-SN-OSD-{number}"] for number in (1, 2, 3)}
    assert hosted_api.get(f"{SPACE}/cephblockpools/block")["spec"]["replicated"]["size"] == 3


def test_a_disk_with_data_is_refused(converge: Converge) -> None:
    disk = {"path": "/dev/sdb", "links": ["/dev/disk/by-id/ata-SN-OSD-1"], "blank": False, "data": ["ext4 on sdb"]}
    done = converge("-e", json.dumps({"rook_ceph_disks": {"node1": [disk]}}))
    assert done.returncode != 0
    assert "node1: serial SN-OSD-1 is not blank: ext4 on sdb; erase it with disk_wipe" in done.stderr


def test_it_is_not_removed_without_the_cloud_s_name(hosted_api: Api, converge: Converge) -> None:
    done = converge("-e", "rook_ceph_state=absent")
    assert done.returncode != 0 and "rook_ceph_remove_cloud: rack1" in done.stderr
    assert hosted_api.get(CLUSTER) is not None
