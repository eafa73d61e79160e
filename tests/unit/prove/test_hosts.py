# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a machine, from recorded texts and invented frames."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.network import bonding, ping
from ansible_collections.groundup.cloud.plugins.module_utils.prove import links
from ansible_collections.groundup.cloud.plugins.module_utils.prove.hosts import blank, host_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.prove.links import (
    bond,
    bond_evidence,
    silent,
    standby_evidence,
)
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError

from ..disks.tree import lay, tree

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


VIRTUAL = """
disk vda 254:0 131072 virtio1
in virtio1
block/vda/serial = {0}
disk vdb 254:16 131072 virtio2
in virtio2
block/vdb/serial = {1}
"""


@pytest.mark.parametrize(
    ("disks", "wanted", "found"),
    [
        (("SN-ROOT-1", "SN-OSD-1"), {"serial": "sn-osd-1"}, "/dev/vdb"),
        (("A" * 20, "SN-OSD-1"), {"serial": "A" * 24}, "/dev/vda"),
        (("X", "Z"), {"serial": "Y"}, None),
        (("X", "X"), {"serial": "X"}, None),
        (("X", "Y"), {}, None),
    ],
)
def test_disks_are_found_by_serial_number_or_wwn(
    tmp_path: Path, disks: tuple[str, str], wanted: dict[str, str], found: str | None
) -> None:
    lay(VIRTUAL.format(*disks), tmp_path)
    if found:
        assert blank(wanted, str(tmp_path)) == f"{tmp_path}{found}: no signature on 0.1 GiB"
    else:
        with pytest.raises(ProofError):
            blank(wanted, str(tmp_path))


@pytest.mark.parametrize(
    ("controller", "wanted", "device"),
    [
        ("ahci", {"serial": "S45NNA0M123456"}, "/dev/sda"),
        ("ahci", {"wwn": "wwn-0x5002538e40a1b2c3"}, "/dev/sda"),
        ("sas_hba", {"serial": "8CGX1ABC"}, "/dev/sdb"),
        ("sas_hba", {"wwn": "5000C500A1B2C3D7"}, "/dev/sda"),
        ("megaraid", {"wwn": "naa.6d094660123456702a1b2c8d11223344"}, "/dev/sdc"),
        ("nvme", {"serial": "Z1A0A00ATLP8"}, "/dev/nvme1n1"),
        ("usb", {"serial": "WD-WX11A1234567", "wwn": "50014ee2b1c2d3e4"}, "/dev/sdd"),
    ],
)
def test_disks_of_real_controllers_are_proved_blank(
    tmp_path: Path, controller: str, wanted: dict[str, str], device: str
) -> None:
    assert blank(wanted, str(tree(controller, tmp_path))).startswith(f"{tmp_path}{device}: no signature on ")


def test_a_shared_serial_number_fails_the_proof_with_both_disks(tmp_path: Path) -> None:
    with pytest.raises(ProofError, match=r"matches 2 disks: sdb .*, sdc "):
        blank({"serial": "0123456789ABCDEF"}, str(tree("usb", tmp_path)))


def test_a_disk_that_cannot_be_read_is_not_blank(tmp_path: Path) -> None:
    lay(VIRTUAL.format("SN-ROOT-1", "SN-OSD-1"), tmp_path)
    disk, wanted = tmp_path / "dev/vdb", {"serial": "SN-OSD-1"}
    disk.write_bytes(b"")
    with pytest.raises(ProofError, match="no bytes to read"):
        blank(wanted, str(tmp_path))
    disk.unlink()
    with pytest.raises(FileNotFoundError):
        blank(wanted, str(tmp_path))
    disk.write_bytes(bytes(64 << 20))
    assert "no signature on" in blank(wanted, str(tmp_path))
    base = tmp_path / "sys/block/vdb"
    (base / "vdb1/holders/dm-0").mkdir(parents=True)
    (base / "vdb1/partition").touch()
    (tmp_path / "dev/vdb1").write_bytes(bytes(1 << 20))
    with pytest.raises(ProofError, match=r"holds: .*vdb1.*, .*dm-0"):
        blank(wanted, str(tmp_path))
    subprocess.run(["/sbin/mkswap", str(disk)], check=True, capture_output=True)
    with pytest.raises(ProofError, match="swap on vdb"):
        blank(wanted, str(tmp_path))


def test_a_bond_without_lacp_is_judged_by_its_links() -> None:
    text = "Bonding Mode: fault-tolerance (active-backup)\n"
    text += "\nSlave Interface: a\nMII Status: up\n\nSlave Interface: b\nMII Status: {}\n"
    assert standby_evidence(bonding.parse(text.format("up")), 2) == "2 of 2 members have a link: a, b"
    with pytest.raises(ProofError, match="1 of 2 members have a link: a"):
        standby_evidence(bonding.parse(text.format("down")), 2)
    assert "LACP" not in bond("node1", "bond9", 2, "active-backup").name


@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        ("active-backup", "fault-tolerance (active-backup)"),
        ("balance-xor", "load balancing (xor)"),
        ("balance-tlb", "transmit load balancing"),
        ("balance-alb", "adaptive load balancing"),
    ],
)
def test_a_mode_is_known_by_what_the_driver_calls_it(mode: str, shown: str) -> None:
    text = "Bonding Mode: {}\n\nSlave Interface: a\nMII Status: up\n"
    assert standby_evidence(bonding.parse(text.format(shown)), 1, mode) == "1 of 1 members have a link: a"
    with pytest.raises(ProofError, match=f"its mode is IEEE 802.3ad, not {mode}"):
        standby_evidence(bonding.parse(text.format("IEEE 802.3ad")), 1, mode)


def test_each_bond_of_a_machine_is_proved() -> None:
    given = {"host": "node1", "networks": [], "layers": {"host_network": None}}
    bonds = [{"name": "bond0", "members": 2}, {"name": "bond1", "members": 1, "mode": "balance-xor"}]
    found = [(proof.name, proof.ok, proof.evidence) for proof in host_proofs({**given, "bonds": bonds})]
    assert found == [
        ("node1: LACP is negotiated on every member of bond0", False, "there is no bond bond0"),
        ("node1: there is a link on every member of bond1", False, "there is no bond bond1"),
    ]


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


@pytest.mark.parametrize(
    ("answering", "ok", "evidence"),
    [
        ({1500: {"10.0.0.1", "10.0.0.2"}}, True, "2 peers answer at 1500 bytes, and none at 1501: 10.0.0.1, 10.0.0.2"),
        ({1500: {"10.0.0.1"}}, False, "no answer at 1500 bytes from 10.0.0.2"),
        (
            {1500: {"10.0.0.1", "10.0.0.2"}, 1501: {"10.0.0.2"}},
            False,
            "1501 bytes pass to 10.0.0.2, the network has 1500",
        ),
    ],
)
def test_exactly_the_mtu_passes_and_one_byte_more_does_not(
    answering: dict[int, set[str]], ok: bool, evidence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_program(peers: list[str], *, mtu: int, **_options: object) -> set[str]:
        return set(peers) & answering.get(mtu, set())

    monkeypatch.setattr(ping, "by_program", by_program)
    monkeypatch.setattr(links, "_way", lambda _interface, _peer: (1500, "10.0.0.9"))
    item = {"name": "cluster", "interface": "bond0.30", "mtu": 1500, "peers": ["10.0.0.1", "10.0.0.2"]}
    proof = links.network("node1", item)
    assert (proof.ok, proof.evidence) == (ok, evidence)
    found = proof.reach
    assert found and (found.network, found.address, found.mtu) == ("cluster", "10.0.0.9", 1500)
    assert (set(found.answered), set(found.larger)) == (answering[1500], answering.get(1501, set()))
    assert set(found.silent) == set(item["peers"]) - answering[1500]
