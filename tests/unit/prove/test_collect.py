# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of many hosts become one list, and whoever brought none is named."""

from __future__ import annotations

from ansible_collections.groundup.cloud.plugins.module_utils.prove.collect import absent, proofs

HOSTVARS = {
    "leaf1": {"__prove_switch": {"proofs": [{"name": "a"}]}},
    "node1": {"__prove_host": {"proofs": [{"name": "b"}]}, "__prove_controller": {"proofs": [{"name": "c"}]}},
    "node2": {"__prove_host": {"unreachable": True, "msg": "no route"}},
    "node3": {"__prove_host": {"skipped": True}, "__prove_controller": {"proofs": [{"name": "d"}]}},
    "node4": {},
}


def test_all_proofs_are_found() -> None:
    assert [proof["name"] for proof in proofs(HOSTVARS, HOSTVARS)] == ["a", "c", "b", "d"]


def test_machines_without_proofs_are_set_aside() -> None:
    assert list(absent(HOSTVARS, ["node1", "node2", "node3", "node4"])) == ["node2", "node3", "node4"]
