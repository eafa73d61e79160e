# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a machine, from recorded texts and invented frames."""

from __future__ import annotations

import struct
import subprocess
import time
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.network import bonding
from ansible_collections.groundup.cloud.plugins.module_utils.prove.hosts import find, no_signature
from ansible_collections.groundup.cloud.plugins.module_utils.prove.isolation import (
    frame,
    isolation,
    isolation_evidence,
    parse_frame,
)
from ansible_collections.groundup.cloud.plugins.module_utils.prove.links import (
    bond,
    bond_evidence,
    standby_evidence,
)
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
PARAMS = {"vlans": [None, 20], "forbidden": 4000, "peers": {"": ["node2"], "20": ["node2", "node3"]}}
ALL = {("node2", None, None), ("node2", 20, 20), ("node3", 20, 20)}


def test_a_bond_with_all_members_is_proved() -> None:
    state = bonding.parse(BONDING.format(second=1))
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
        bond_evidence(bonding.parse(text), 2)


@pytest.mark.parametrize(("vlan", "stripped"), [(20, None), (None, 20), (None, None)])
def test_a_frame_names_its_sender_and_its_vlan(vlan: int | None, stripped: int | None) -> None:
    data = frame(b"\2\0\0\0\0\1", vlan, "node2")
    assert parse_frame(data, stripped) == ("node2", vlan, vlan if vlan is not None else stripped)


def test_a_foreign_frame_is_ignored() -> None:
    assert parse_frame(b"\xff" * 12 + struct.pack("!H", 0x0806) + b"\0" * 46, None) is None


@pytest.mark.parametrize(
    ("received", "error"),
    [
        (ALL - {("node3", 20, 20)}, "not received: node3 on VLAN 20"),
        (ALL | {("node3", 4000, 4000)}, "leak: node3 on the forbidden VLAN 4000"),
        (ALL | {("node3", 30, 20)}, "leak: node3 sent on VLAN 30 and arrived on VLAN 20"),
        (ALL | {("node3", None, 20)}, "leak: node3 sent on the untagged network and arrived on VLAN 20"),
        (ALL | {("node3", 50, 50)}, "leak: node3 on VLAN 50, which must not arrive here"),
    ],
)
def test_leaks_and_missing_frames_are_named(received: set[tuple[str, int | None, int | None]], error: str) -> None:
    with pytest.raises(ProofError, match=error):
        isolation_evidence(received, PARAMS)


def test_a_rack_without_an_unused_vlan_is_proved_by_the_used_ones() -> None:
    assert isolation_evidence(ALL, {**PARAMS, "forbidden": None}).endswith("no unused VLAN was left to try for leaks")


def test_a_rack_whose_vlans_are_all_used_names_leaks() -> None:
    assert isolation_evidence(ALL, PARAMS) == "received from 3 of 3 senders, none on VLAN 4000"


@pytest.mark.parametrize(
    ("disks", "wanted", "found"),
    [
        ({"vda": "SN-ROOT-1", "vdb": "SN-OSD-1"}, {"serial": "sn-osd-1"}, "/dev/vdb"),
        ({"vda": "A" * 20}, {"serial": "A" * 24}, "/dev/vda"),
        ({"vda": "X"}, {"serial": "Y"}, None),
        ({"vda": "X", "vdb": "X"}, {"serial": "X"}, None),
    ],
)
def test_disks_are_found_by_serial_number_or_wwn(
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


def test_a_disk_that_cannot_be_read_is_not_blank(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with pytest.raises(FileNotFoundError):
        no_signature(str(disk))
    disk.touch()
    with pytest.raises(ProofError, match="no bytes to read"):
        no_signature(str(disk))
    disk.write_bytes(bytes(1 << 20))
    assert "no signature on" in no_signature(str(disk))
    with pytest.raises(ProofError, match="holds: vdb1, dm-0"):
        no_signature(str(disk), ("vdb1", "dm-0"))
    subprocess.run(["/sbin/mkswap", str(disk)], check=True, capture_output=True)
    with pytest.raises(ProofError, match="TYPE=swap"):
        no_signature(str(disk))


def test_a_bond_without_lacp_is_judged_by_its_links() -> None:
    text = "Bonding Mode: fault-tolerance (active-backup)\n"
    text += "\nSlave Interface: a\nMII Status: up\n\nSlave Interface: b\nMII Status: {}\n"
    assert standby_evidence(bonding.parse(text.format("up")), 2) == "2 of 2 members have a link: a, b"
    with pytest.raises(ProofError, match="1 of 2 members have a link: a"):
        standby_evidence(bonding.parse(text.format("down")), 2)
    assert "LACP" not in bond("node1", "bond9", 2, "active-backup").name


@pytest.mark.parametrize("off", [-86400, 0, 86400])
def test_a_wrong_clock_fails_at_once_with_the_reason(off: int) -> None:
    """The proof would otherwise wait until a time that is a day ahead."""
    params = {**PARAMS, "interface": "none", "until": time.time() + off}
    proof = isolation("node1", params)
    assert proof.ok is False
    assert "the clock of this machine is wrong" in proof.evidence


def test_a_missing_interface_fails_one_proof_only() -> None:
    proof = isolation("node1", {**PARAMS, "interface": "no-such0", "until": time.time() + 10})
    assert (proof.ok, "no-such0" in proof.evidence) == (False, True)


@pytest.mark.parametrize("payload", [b"", b"not json", b"[]", b"{}", b"\xff\xfe", b'{"from": "groundup"}'])
def test_frames_of_other_programs_with_the_same_ethertype_are_ignored(payload: bytes) -> None:
    assert parse_frame(b"\xff" * 12 + struct.pack("!H", 0x88B5) + payload, None) is None
