# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of 48 ports of a switch as one transaction, and the same change as one call for each port.

Both go through the driver of EOS to the double of tests/services/fabric, so the figures say how often a switch is read,
changed, confirmed and saved, and not how fast a device is. The calls for each port are our own, without the start of a
task, which a module of Ansible adds to each of them: no collection of a maker is measured.
"""

from __future__ import annotations

import pathlib
import tempfile
import time
import typing as t

from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from services.fabric.eos_double import EosDouble

Json = dict[str, t.Any]


def params(double: EosDouble, ports: list[Json]) -> Json:
    """The input of the role for some ports."""
    return {"name": "leaf1", "platform": "eos", "connection": double.connection, "ports": ports}


def change(double: EosDouble, calls: list[list[Json]]) -> tuple[float, int]:
    """Seconds and requests of a change in some calls."""
    before, began = len(double.commands), time.monotonic()
    for ports in calls:
        if not run(params(double, ports), check=False).changed:
            raise RuntimeError("a call changed nothing")
    seconds, requests = time.monotonic() - began, double.commands[before:].count("enable")
    if run(params(double, [port for ports in calls for port in ports]), check=True).changed:
        raise RuntimeError("the switch is not as it was told to be")
    return seconds, requests


def measure(count: int = 48) -> dict[str, tuple[float, int]]:
    """Seconds and requests by the way of the change: `together` and `each`."""
    names = [f"Ethernet{number}" for number in range(1, count + 1)]
    common = {"mode": "trunk", "native": 10, "vlans": [10, 20, 30], "mtu": 9000, "edge": True}
    ports = [{"name": name, "description": f"node{number}.nic0", **common} for number, name in enumerate(names, 1)]
    ways = {"together": [ports], "each": [[port] for port in ports]}
    found = {}
    for way, calls in ways.items():
        with tempfile.TemporaryDirectory(prefix="groundup-bench-") as directory:
            double = EosDouble(pathlib.Path(directory))
            double.ports = names
            for name in [*double.running]:
                if name.startswith(("interface Ethernet", "interface Port-Channel")):
                    del double.running[name]
            try:
                found[way] = change(double, calls)
            finally:
                double.close()
    return found
