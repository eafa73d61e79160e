# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsing /proc/net/bonding."""

from __future__ import annotations

from ansible_collections.groundup.cloud.plugins.module_utils.network.bonding import NO_PARTNER, Bond, Member, parse

HEAD = """Ethernet Channel Bonding Driver: v6.12.107

Bonding Mode: IEEE 802.3ad Dynamic link aggregation
MII Status: up

802.3ad info
LACP rate: fast
Active Aggregator Info:
\tAggregator ID: 1
\tPartner Mac Address: ea:a5:0b:eb:ce:4b
"""
MEMBER = """
Slave Interface: nic{number}
MII Status: {mii}
Permanent HW addr: 52:54:00:00:01:0{number}
Aggregator ID: {number}
"""
PARTNERS = """details actor lacp pdu:
    system mac address: 52:54:00:00:01:01
    oper key: 15
details partner lacp pdu:
    system mac address: ea:a5:0b:eb:ce:4b
    oper key: 3
"""
IEEE = "IEEE 802.3ad Dynamic link aggregation"


def test_members_have_their_lacp_partners() -> None:
    text = HEAD + MEMBER.format(number=1, mii="up") + PARTNERS + MEMBER.format(number=2, mii="down")
    members = (
        Member("nic1", True, "1", "ea:a5:0b:eb:ce:4b", "3"),
        Member("nic2", False, "2", NO_PARTNER, ""),
    )
    assert parse(text) == Bond(IEEE, "1", "ea:a5:0b:eb:ce:4b", members)


def test_a_bond_without_lacp_has_no_aggregator() -> None:
    text = "Bonding Mode: fault-tolerance (active-backup)\nMII Status: up\n\nSlave Interface: a\nMII Status: up\n"
    assert parse(text) == Bond("fault-tolerance (active-backup)", "", "", (Member("a", True, "", NO_PARTNER, ""),))


def test_no_file_is_an_empty_bond() -> None:
    assert parse("") == Bond("", "", "", ())
