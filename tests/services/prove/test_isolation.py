# SPDX-License-Identifier: GPL-3.0-or-later
"""Real frames between two network namespaces: frames on shared VLANs arrive, and leaks are named."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

COLLECTIONS = Path(__file__).parents[3] / ".ansible/collections"
SPACES = {"a": "gu-prove-a", "b": "gu-prove-b"}
SCRIPT = """\
import json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.groundup.cloud.plugins.module_utils.prove.isolation import isolation
print(json.dumps(isolation(sys.argv[2], json.loads(sys.argv[3])).as_dict()))
"""


@pytest.fixture(scope="module", autouse=True)
def wire() -> Iterator[None]:
    """A veth pair stands in for a switch that lets every VLAN through (a double)."""
    for space in SPACES.values():
        subprocess.run(["ip", "netns", "add", space], check=True)
    try:
        pair = ["ip", "link", "add", "wire", "netns", SPACES["a"], "type", "veth", "peer", "wire", "netns", SPACES["b"]]
        subprocess.run(pair, check=True)
        for space in SPACES.values():
            subprocess.run(["ip", "-n", space, "link", "set", "wire", "up"], check=True)
        yield
    finally:
        for space in SPACES.values():
            subprocess.run(["ip", "netns", "del", space], check=True)


def exchange_frames(**ports: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Proofs of both ends, which start two seconds apart; `ports`: end -> its own parameters."""
    running = {}
    for end, own in ports.items():
        other = "b" if end == "a" else "a"
        link = {"interface": "wire", "native": 10, "vlans": [10, 20], "peers": {"10": [other], "20": [other]}}
        params = {"seconds": 12, "forbidden": own.pop("forbidden"), "links": [{**link, **own}]}
        command = ["ip", "netns", "exec", SPACES[end], sys.executable, "-c", SCRIPT, str(COLLECTIONS), end]
        running[end] = subprocess.Popen([*command, json.dumps(params)], stdout=subprocess.PIPE, text=True)
        time.sleep(2)
    return {end: json.loads(process.communicate(timeout=60)[0]) for end, process in running.items()}


def test_frames_on_shared_vlans_arrive_tagged_and_untagged() -> None:
    began = time.monotonic()
    proofs = exchange_frames(a={"forbidden": None}, b={"forbidden": None})
    assert time.monotonic() - began < 11, "they stop when both have heard each other"
    assert {end: proof["ok"] for end, proof in proofs.items()} == {"a": True, "b": True}, proofs
    assert proofs["a"]["evidence"].startswith("received from 2 of 2 senders")


def test_a_switch_that_lets_everything_through_is_found_out() -> None:
    proofs = exchange_frames(a={"forbidden": 4000}, b={"forbidden": 4000, "vlans": [10], "peers": {"10": ["a"]}})
    assert proofs["a"]["ok"] is proofs["b"]["ok"] is False
    assert "leak: b on the forbidden VLAN 4000" in proofs["a"]["evidence"]
    assert "not received: b on VLAN 20" in proofs["a"]["evidence"]
    assert "leak: a on VLAN 20, which must not arrive at wire" in proofs["b"]["evidence"]
