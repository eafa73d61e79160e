# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the time of loading and deriving models of 1,000 machines with 40 switches, and of ten times as many.

Run by hand: `python tests/bench/model.py` prints JSON. Seconds are CPU seconds, the minimum of several runs,
so that the load of the host has little influence.
"""

from __future__ import annotations

import gc
import json
import pathlib
import sys
import time
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / ".ansible/collections"))

from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load

PER_PAIR = 50


def cloud(machines: int) -> dict[str, Any]:
    """A model of `machines` machines, 50 per pair of leaf switches: 1,000 machines have 40 switches."""
    pairs = -(-machines // PER_PAIR)
    switches: dict[str, Any] = {}
    for pair in range(1, pairs + 1):
        for side, other in (("a", "b"), ("b", "a")):
            switches[f"leaf{pair}{side}"] = {
                "platform": "unmanaged",
                "address": f"10.8.{pair // 100}.{pair % 100 * 2 + (side == 'b') + 1}",
                "mlag": f"leaf{pair}{other}",
                "ports": ["Ethernet1-64"],
            }
    return {
        "name": "large",
        "defaults": {
            "machine": {
                "bmc": {"password": "{{ vault_bmc }}"},
                "bond": {"mode": "802.3ad", "members": ["nic0", "nic1"]},
                "networks": ["management", "cluster", "storage"],
            }
        },
        "networks": {
            "provision": {"vlan": 10, "subnet": "10.16.0.0/16", "native": True},
            "management": {"vlan": 20, "subnet": "10.20.0.0/16", "gateway": "10.20.0.1"},
            "cluster": {"vlan": 30, "subnet": "10.30.0.0/16", "mtu": 9000},
            "storage": {"vlan": 40, "subnet": "10.40.0.0/16", "mtu": 9000},
            "tenants": {"vlans": "100-199"},
        },
        "switches": switches,
        "machines": {f"node{number}": _machine(number) for number in range(1, machines + 1)},
        "kubernetes": {"endpoint": "10.30.0.10", "pods": "10.64.0.0/10", "services": "10.160.0.0/16"},
    }


def _machine(number: int) -> dict[str, Any]:
    pair, port = divmod(number - 1, PER_PAIR)
    high, low = divmod(number, 256)
    return {
        "roles": ["control_plane", "compute"] if number <= 3 else ["compute", "storage"],
        "location": {"rack": f"r{pair + 1}", "unit": port % 45 + 1} if port < 45 else {"rack": f"r{pair + 1}"},
        "bmc": {"address": f"10.9.{high}.{low}"},
        "nics": {
            f"nic{side}": {
                "mac": f"52:54:{side:02x}:{number >> 16:02x}:{high & 255:02x}:{low:02x}",
                "port": f"leaf{pair + 1}{'ab'[side]}/Ethernet{port + 1}",
            }
            for side in (0, 1)
        },
        "root_disk": {"serial": f"ROOT-{number}"},
        "storage_disks": [{"serial": f"OSD-{number}-{disk}"} for disk in range(4)],
    }


def seconds(machines: int, runs: int = 1) -> dict[str, float]:
    """CPU seconds to load (parse and check) and derive a model of that many machines; the minimum of several runs."""
    data = cloud(machines)
    # The pauses of the garbage collector grow with all objects of the process, and are not work of the model.
    gc.collect()
    gc.disable()
    try:
        return _timed(data, runs)
    finally:
        gc.enable()


def _timed(data: dict[str, Any], runs: int) -> dict[str, float]:
    best = {"load": float("inf"), "derive": float("inf")}
    for __ in range(runs):
        start = time.process_time()
        loaded = load(data)
        middle = time.process_time()
        derive(loaded)
        best["load"] = min(best["load"], middle - start)
        best["derive"] = min(best["derive"], time.process_time() - middle)
    return {**best, "total": best["load"] + best["derive"]}


def measure() -> dict[str, Any]:
    """The figures for `build/bench.json`."""
    small, large = seconds(1_000, runs=3), seconds(10_000)
    return {"model_1000": small, "model_10000": large, "model_ratio": large["total"] / small["total"]}


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
