# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine proves about itself, from recorded texts and made-up wires."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove.hosts import find
from ansible_collections.groundup.cloud.plugins.module_utils.prove.isolation import frame, heard, isolation_evidence
from ansible_collections.groundup.cloud.plugins.module_utils.prove.links import bond_evidence, parse_bonding
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError

BONDING = """Ethernet Channel Bonding Driver: v6.12.107

Bonding Mode: IEEE 802.3ad Dynamic link aggregation
Transmit Hash Policy: layer3+4 (1)
MII Status: up

802.3ad info
LACP active: on
LACP rate: fast
Active Aggregator Info:
\tAggregator ID: 1
\tNumber of ports: 2
\tActor Key: 15
\tPartner Mac Address: ea:a5:0b:eb:ce:4b

Slave Interface: ens2
MII Status: up
Aggregator ID: 1
details partner lacp pdu:
    system priority: 65534
    system mac address: ea:a5:0b:eb:ce:4b

Slave Interface: ens3
MII Status: up
Aggregator ID: {second}
details partner lacp pdu:
    system priority: 65534
    system mac address: ea:a5:0b:eb:ce:4b
"""
PARAMS = {"forbidden": 4000, "peers": {"": ["node2"], "20": ["node2", "node3"]}}
ALL = {("node2", None, None), ("node2", 20, 20), ("node3", 20, 20)}


def test_a_whole_bond() -> None:
    state = parse_bonding(BONDING.format(second=1))
    assert [member.name for member in state.members] == ["ens2", "ens3"]
    assert bond_evidence(state, 2) == "2 of 2 members in aggregator 1, partner ea:a5:0b:eb:ce:4b"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (BONDING.format(second=2), r"1 of 2 members .* ens3 2"),
        (BONDING.format(second=1).replace("ea:a5:0b:eb:ce:4b", "00:00:00:00:00:00"), "partner 00:00"),
        ("Bonding Mode: fault-tolerance (active-backup)\n", "not 802.3ad"),
        ("", "unknown"),
    ],
)
def test_a_bond_with_a_fault(text: str, error: str) -> None:
    with pytest.raises(ProofError, match=error):
        bond_evidence(parse_bonding(text), 2)


@pytest.mark.parametrize(("vlan", "stripped"), [(20, None), (None, 20), (None, None)])
def test_a_frame_says_who_and_where(vlan: int | None, stripped: int | None) -> None:
    data = frame(b"\2\0\0\0\0\1", vlan, "node2")
    assert heard(data, stripped) == ("node2", vlan, vlan if vlan is not None else stripped)


def test_somebody_elses_frame_is_not_ours() -> None:
    assert heard(b"\xff" * 12 + struct.pack("!H", 0x0806) + b"\0" * 46, None) is None


@pytest.mark.parametrize(
    ("came", "error"),
    [
        (ALL - {("node3", 20, 20)}, "not heard: node3 on VLAN 20"),
        (ALL | {("node3", 4000, 4000)}, "leak: node3 on the forbidden VLAN 4000"),
        (ALL | {("node3", 30, 20)}, "leak: node3 meant VLAN 30 and came on 20"),
    ],
)
def test_leaks_and_silences_are_named(came: set[tuple[str, int | None, int | None]], error: str) -> None:
    with pytest.raises(ProofError, match=error):
        isolation_evidence(came, PARAMS)


def test_a_tight_rack() -> None:
    assert isolation_evidence(ALL, PARAMS) == "heard 3 of 3 senders, none on VLAN 4000"


@pytest.mark.parametrize(
    ("disks", "wanted", "found"),
    [
        ({"vda": "SN-ROOT-1", "vdb": "SN-OSD-1"}, {"serial": "sn-osd-1"}, "/dev/vdb"),
        ({"vda": "A" * 20}, {"serial": "A" * 24}, "/dev/vda"),
        ({"vda": "X"}, {"serial": "Y"}, None),
        ({"vda": "X", "vdb": "X"}, {"serial": "X"}, None),
    ],
)
def test_disks_are_found_by_what_they_say(
    tmp_path: Path, disks: dict[str, str], wanted: dict[str, str], found: str | None
) -> None:
    for name, serial in disks.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "serial").write_text(f"{serial}\n")
    if found:
        assert find(wanted, tmp_path) == found
    else:
        with pytest.raises(ProofError):
            find(wanted, tmp_path)
