# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a machine, from recorded texts and invented frames."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.network import bonding, ping
from ansible_collections.groundup.cloud.plugins.module_utils.prove.hosts import find, no_signature
from ansible_collections.groundup.cloud.plugins.module_utils.prove.links import (
    bond,
    bond_evidence,
    silent,
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


@pytest.mark.parametrize(
    ("rounds", "lost"),
    [
        ([{"10.0.0.1", "10.0.0.2"}], []),
        ([{"10.0.0.1"}, {"10.0.0.2"}], []),  # a busy machine lost the first round
        ([{"10.0.0.1"}, set()], ["10.0.0.2"]),
    ],
)
def test_peers_that_were_silent_are_tried_once_more(
    rounds: list[set[str]], lost: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def by_program(peers: list[str], **_options: object) -> set[str]:
        asked.append(list(peers))
        return rounds[len(asked) - 1]

    monkeypatch.setattr(ping, "by_program", by_program)
    assert silent(["10.0.0.1", "10.0.0.2"], "bond0", 1500) == lost
    assert asked == [["10.0.0.1", "10.0.0.2"], ["10.0.0.2"]][: len(rounds)]
