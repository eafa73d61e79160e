# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plays of cabling.yml registered, as the input of the table."""

from __future__ import annotations

from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cables.collect import LEFT_OUT, collect

NETWORK = {"bond": {"members": [{"name": "nic0"}]}}


def hostvars(**more: dict[str, Any]) -> dict[str, dict[str, Any]]:
    cabling = [{"machine": f"node{n}", "nic": "nic0", "mac": f"52:54:00:00:00:0{n}", "port": f"e{n}"} for n in (1, 2)]
    found: dict[str, dict[str, Any]] = {
        "cluster": {},
        "leaf1": {"switch_config": {"name": "leaf1", "cabling": cabling}},
        "node1": {"host_network_config": NETWORK},
        "node2": {},
    }
    return {name: variables | more.get(name, {}) for name, variables in found.items()}


def test_what_was_registered_is_handed_on() -> None:
    seen, heard = {"ports": [], "name": "leaf1"}, {"nics": [], "neighbours": [], "why": ""}
    given = hostvars(leaf1={"groundup_switch_seen": seen}, node1={"groundup_machine_heard": heard})
    found = collect(given, list(given))
    assert found["switches"]["leaf1"]["facts"] == seen and len(found["switches"]["leaf1"]["cabling"]) == 2
    assert found["machines"]["node1"] == {"network": NETWORK, "lldp": heard, "why": ""}
    assert found["machines"]["node2"] == {"network": {}, "lldp": None, "why": "it was not asked"}


def test_hosts_that_do_not_answer_have_a_reason() -> None:
    refused = {"msg": "switches.leaf1: it is unmanaged"}
    lost = {"unreachable": True, "msg": "Failed to connect\nto the host"}
    given = hostvars(leaf1={"groundup_switch_seen": refused}, node1={"groundup_machine_heard": lost})
    found = collect(given, list(given))
    assert found["switches"]["leaf1"]["why"] == "it is unmanaged"
    assert found["machines"]["node1"]["why"] == "it cannot be reached: Failed to connect to the host"


def test_a_limit_leaves_out_cables_that_touch_none_of_its_hosts() -> None:
    found = collect(hostvars(), ["node1"])
    assert [cable["machine"] for cable in found["switches"]["leaf1"]["cabling"]] == ["node1"]
    assert found["switches"]["leaf1"]["why"] == LEFT_OUT and list(found["machines"]) == ["node1"]
    assert collect(hostvars(), ["leaf1"])["machines"]["node2"]["why"] == LEFT_OUT
    assert collect(hostvars(), ["cluster"])["machines"] == {}
