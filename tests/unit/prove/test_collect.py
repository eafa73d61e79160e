# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of many hosts become one list, and hosts without proofs are named."""

from __future__ import annotations

from ansible_collections.groundup.cloud.plugins.module_utils.prove.collect import absent, proofs

HOSTVARS = {
    "leaf1": {"__prove_switch": {"proofs": [{"name": "a"}]}},
    "node1": {"__prove_host": {"proofs": [{"name": "b"}]}, "__prove_bmc": {"proofs": [{"name": "c"}]}},
    "node2": {"__prove_host": {"unreachable": True, "msg": "no route"}},
    "node3": {"__prove_bmc": {"proofs": [{"name": "d"}]}},
    "node4": {},
    "node5": {"__prove_host": {"proofs": [{"name": "e"}]}, "__prove_control_plane": {"failed": True, "msg": "boom"}},
    "node6": {"__prove_host": {"proofs": [{"name": "f"}]}, "__prove_control_plane": {"skipped": True}},
    "leaf2": {},
    "provisioner": {"__prove_cluster": {"proofs": [{"name": "a"}]}},
}
SCOPES = {host: ["host"] for host in ("node1", "node2", "node3", "node4")}
SCOPES |= {host: ["host", "control_plane"] for host in ("node5", "node6")}
SCOPES |= {host: ["switch"] for host in ("leaf1", "leaf2")}
OWING = {host: {**found, "prove_config": {"scopes": SCOPES.get(host, [])}} for host, found in HOSTVARS.items()}


def test_all_proofs_are_found_and_one_that_many_hosts_registered_counts_once() -> None:
    assert [proof["name"] for proof in proofs(HOSTVARS, HOSTVARS)] == ["a", "c", "b", "d", "e", "f"]


def test_a_host_that_owes_proofs_and_has_none_is_set_aside() -> None:
    assert list(absent(OWING, OWING)) == ["node2", "node3", "node4", "node5", "leaf2"]


def test_only_hosts_of_this_run_owe_proofs() -> None:
    assert absent(OWING, ["leaf1", "node1"]) == {}
