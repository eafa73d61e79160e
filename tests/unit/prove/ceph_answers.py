# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of a made-up Ceph, a double: three machines n1, n2, n3 with the disks DISK1, DISK2, DISK3 as osd.0, 1, 2."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.ceph.runner import Words
from ansible_collections.groundup.cloud.plugins.module_utils.prove.stored import Class, Disk, Stored

NODES = {f"n{number}": (Disk(f"DISK{number}"),) for number in (1, 2, 3)}
STORED = Stored(nodes=NODES, pools={"block": 3}, block=(Class("rook-ceph-block"),), patience=0)
PLACES = {"a": "n1", "b": "n2", "c": "n3"}


def _osd(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"osd.{number}", "type": "osd", "status": "up", "reweight": 1.0, "utilization": 12.5,
            "crush_weight": 1.0, "kb": 1000, "kb_used": 125, "kb_used_meta": 5, "pgs": 1}  # fmt: skip


def _host(number: int) -> dict[str, Any]:
    return {"id": -2 - number, "name": f"n{number + 1}", "type": "host", "children": [number]}


_GOOD: dict[Words, Any] = {
    ("status",): {
        "fsid": "f", "quorum_names": ["a", "b", "c"], "mgrmap": {"available": True},
        "pgmap": {"num_pgs": 2, "pgs_by_state": [{"state_name": "active+clean", "count": 2}],
                  "bytes_total": 9, "bytes_used": 1, "bytes_avail": 8},
    },
    ("health", "detail"): {"status": "HEALTH_OK", "checks": {}},
    ("mon", "dump"): {
        "mons": [{"name": name, "public_addrs": {"addrvec": [{"type": "v2", "addr": f"10.0.0.{at}:3300"}]}}
                 for at, name in enumerate("abc")],
    },
    ("osd", "df", "tree"): {
        "nodes": [{"id": -1, "name": "default", "type": "root", "children": [-2, -3, -4]},
                  *map(_host, range(3)), *map(_osd, range(3))],
        "stray": [],
    },
    ("osd", "dump"): {
        "osds": [{"osd": number, "up": 1, "weight": 1.0, "state": ["exists", "up"]} for number in range(3)],
        "pools": [{"pool": 1, "pool_name": ".mgr", "size": 3, "crush_rule": 0},
                  {"pool": 2, "pool_name": "block", "size": 3, "crush_rule": 0}],
        "nearfull_ratio": 0.85, "full_ratio": 0.95, "flags_set": [],
    },
    ("osd", "crush", "rule", "dump"): [
        {"rule_id": 0, "steps": [{"op": "take", "item_name": "default"}, {"op": "chooseleaf_firstn", "type": "host"}]},
    ],
    ("osd", "metadata"): [
        {"id": number, "hostname": f"n{number + 1}", "device_ids": f"sdb=ATA_MAKE_DISK{number + 1}"}
        for number in range(3)
    ],
    ("df", "detail"): {"pools": [{"id": number, "stats": {"bytes_used": 1}} for number in (1, 2)]},
    ("versions",): {
        "osd": {"ceph version 20.2.4 (abc) tentacle (stable - RelWithDebInfo)": 3},
        "overall": {"ceph version 20.2.4 (abc) tentacle (stable - RelWithDebInfo)": 7},
    },
    ("pg", "dump", "pgs_brief"): {
        "pg_stats": [{"pgid": "1.0", "state": "active+clean", "acting": [0, 1, 2]},
                     {"pgid": "2.0", "state": "active+clean", "acting": [2, 0, 1]}],
    },
    ("config", "dump"): [
        {"section": "global", "name": name, "value": "secure"}
        for name in ("ms_cluster_mode", "ms_service_mode", "ms_client_mode")
    ],
}  # fmt: skip


def answers() -> dict[Words, Any]:
    """All answers, which a test may change."""
    return copy.deepcopy(_GOOD)
