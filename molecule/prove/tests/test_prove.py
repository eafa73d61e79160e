# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs are what is, and turn over when that changes."""

from __future__ import annotations

import json
from typing import Any

import pytest


def proofs(host: Any, **more: Any) -> dict[str, dict[str, Any]]:
    wanted = {"host": "node1", "networks": [], "blank_disks": [{"serial": "SN-MOL-1"}], **more}
    result = host.ansible("groundup.cloud.prove_host", json.dumps(wanted), check=False, become=False)
    return {proof["name"]: proof for proof in result["proofs"]}


def test_the_report_is_good(host: Any) -> None:
    report = json.loads(host.file("/var/tmp/report/report.json").content_string)
    assert {proof["ok"] for proof in report["proofs"]} == {True}
    assert [proof["layer"] for proof in report["proofs"]] == ["network", "network", "host", "storage"]
    assert "4 proved" in host.file("/var/tmp/report/report.html").content_string
    assert 'tests="4"' in host.file("/var/tmp/report/report.xml").content_string


def test_a_disk_with_data_is_not_blank(host: Any) -> None:
    device = "/dev/disk/by-id/virtio-SN-MOL-1"
    host.check_output(f"mkfs.ext4 -q {device}")
    try:
        proof = proofs(host)["node1: storage disk SN-MOL-1 is blank"]
        assert (proof["ok"], "ext4 on " in proof["evidence"]) == (False, True)
    finally:
        host.check_output(f"wipefs -qa {device}")


@pytest.mark.parametrize(
    ("mtu", "peers", "evidence"),
    [(1500, ["10.99.10.250"], "no answer at 1500 bytes"), (9000, ["10.99.10.1"], "sends up to 1500 bytes")],
)
def test_a_silent_peer_and_a_wrong_mtu_are_named(host: Any, mtu: int, peers: list[str], evidence: str) -> None:
    interface = host.check_output("ip -o -4 addr show to 10.99.10.21").split()[1]
    network = {"name": "provision", "interface": interface, "mtu": mtu, "peers": peers}
    proof = proofs(host, networks=[network])["node1: provision carries its exact MTU to its peers"]
    assert not proof["ok"]
    assert evidence in proof["evidence"]


def test_a_bond_that_is_not_there_is_no_bond(host: Any) -> None:
    proof = proofs(host, bonds=[{"name": "bond0", "members": 2}])["node1: LACP is negotiated on every member of bond0"]
    assert (proof["ok"], proof["evidence"]) == (False, "there is no bond bond0")
