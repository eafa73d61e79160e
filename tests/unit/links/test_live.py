# SPDX-License-Identifier: GPL-3.0-or-later
"""Links of the kernel against the wanted ones, LACP states, LLDP neighbours, and which links a change touches."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.links import cabling, lacp, ping
from ansible_collections.groundup.cloud.plugins.module_utils.links.change import link_lists
from ansible_collections.groundup.cloud.plugins.module_utils.links.live import Difference, Live, differences
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import Nic, parse

from .test_files import BONDED

SPEC = parse({**BONDED, "bridges": []})
UP = ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"]


def vlan(number: int, mtu: int, address: str) -> dict[str, Any]:
    name = f"bond0.{number}"
    info = {"info_kind": "vlan", "info_data": {"id": number}}
    addresses = [{"local": address, "prefixlen": 24}]
    return {"ifname": name, "link_type": "ether", "flags": UP, "mtu": mtu, "linkinfo": info, "addr_info": addresses}


def healthy() -> dict[str, dict[str, Any]]:
    data = {"mode": "802.3ad", "ad_lacp_rate": "fast", "xmit_hash_policy": "layer3+4"}
    mac = "52:54:00:00:01:01"
    links = [
        {"ifname": "nic0", "link_type": "ether", "flags": UP, "mtu": 9000, "address": mac, "master": "bond0"},
        {"ifname": "nic1", "link_type": "ether", "flags": UP, "mtu": 9000, "address": mac, "master": "bond0",
         "permaddr": "52:54:00:00:01:02"},
        {"ifname": "bond0", "link_type": "ether", "flags": UP, "mtu": 9000, "address": mac,
         "linkinfo": {"info_kind": "bond", "info_data": data}, "addr_info": [{"local": "10.10.0.21", "prefixlen": 24}]},
        vlan(20, 1500, "10.20.0.21"),
        vlan(30, 9000, "10.30.0.21"),
    ]  # fmt: skip
    return {str(link["ifname"]): link for link in links}


ROUTES = frozenset({("bond0.20", "default", "10.20.0.1"), ("bond0.20", "10.9.0.0/16", "10.20.0.2")})


def change(links: dict[str, dict[str, Any]], *path: str, value: Any) -> dict[str, dict[str, Any]]:
    links = copy.deepcopy(links)
    place: Any = links
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return links


CASES = [
    ("as wanted", healthy(), []),
    ("mtu", change(healthy(), "bond0.30", "mtu", value=1500), ["bond0.30 mtu 1500 9000"]),
    ("address gone", change(healthy(), "bond0.30", "addr_info", value=[]), ["bond0.30 address absent 10.30.0.21/24"]),
    ("link down", change(healthy(), "bond0.30", "flags", value=[]), ["bond0.30 state down up"]),
    ("member taken out", change(healthy(), "nic1", "master", value=None), ["nic1 master None bond0"]),
    (
        "LACP rate",
        change(healthy(), "bond0", "linkinfo", "info_data", "ad_lacp_rate", value="slow"),
        ["bond0 lacp rate slow fast"],
    ),
    (
        "another address may be keepalived's",
        change(
            healthy(),
            "bond0.30",
            "addr_info",
            value=[{"local": "10.30.0.21", "prefixlen": 24}, {"local": "10.30.0.10", "prefixlen": 32}],
        ),
        [],
    ),
    (
        "VLAN gone",
        {name: link for name, link in healthy().items() if name != "bond0.30"},
        ["bond0.30 device absent vlan", "bond0.30 address absent 10.30.0.21/24"],
    ),
]


@pytest.mark.parametrize(("name", "links", "expected"), CASES, ids=[case[0] for case in CASES])
def test_differences(name: str, links: dict[str, dict[str, Any]], expected: list[str]) -> None:
    found = differences(SPEC, Live(links, ROUTES))
    assert [f"{d.link} {d.what} {d.have} {d.want}" for d in found] == expected


def test_missing_route_and_nic() -> None:
    links = {name: link for name, link in healthy().items() if name != "nic1"}
    found = [f"{d.link} {d.what}" for d in differences(SPEC, Live(links, frozenset()))]
    assert found == ["nic1 NIC", "bond0.20 route", "bond0.20 route"]


def test_what_a_change_touches() -> None:
    old = ["10-groundup-bond0.netdev", "10-groundup-bond0.40.netdev", "10-groundup-bond0.network"]
    lists = link_lists(
        SPEC, [Difference("bond0", "lacp rate", "slow", "fast"), Difference("bond0.30", "mtu", "1", "2")], old
    )
    assert lists["devices"] == ["bond0", "bond0.40"]
    assert lists["created"] == ["bond0.20", "bond0.30"]
    assert lists["reconfigure"] == ["bond0.30"]


MEMBER = """
Slave Interface: {name}
MII Status: {mii}
Speed: 10000 Mbps
Permanent HW addr: 52:54:00:00:01:01
Aggregator ID: {aggregator}
details actor lacp pdu:
    system mac address: 52:54:00:00:01:01
    oper key: 15
details partner lacp pdu:
    system priority: 65535
    system mac address: {partner}
    oper key: {key}
"""


def bonding(*members: dict[str, Any]) -> lacp.BondStatus:
    base = {"mii": "up", "aggregator": 1, "partner": "ea:a5:0b:eb:ce:4b", "key": 3}
    text = "Bonding Mode: IEEE 802.3ad\nMII Status: up\nActive Aggregator Info:\n\tAggregator ID: 1\n"
    return lacp.parse(text + "".join(MEMBER.format(name=f"nic{i}", **(base | m)) for i, m in enumerate(members)))


LACP = [
    ("negotiated", [{}, {}], ""),
    ("dead cable", [{}, {"mii": "down"}], ""),
    ("both dead", [{"mii": "down"}, {"mii": "down"}], "no member of the bond has carrier"),
    ("no port-channel", [{}, {"partner": "00:00:00:00:00:00", "aggregator": 2}], "nic1: no LACP partner"),
    ("swapped", [{}, {"key": 4, "aggregator": 2}], "nic1: reaches port-channel ea:a5:0b:eb:ce:4b key 4, but nic0"),
    ("not yet", [{}, {"aggregator": 2}], "nic1: not in the active aggregator yet"),
]


@pytest.mark.parametrize(("name", "members", "expected"), LACP, ids=[case[0] for case in LACP])
def test_lacp(name: str, members: list[dict[str, Any]], expected: str) -> None:
    found = "; ".join(lacp.problems(bonding(*members)))
    assert found.startswith(expected) and bool(found) == bool(expected)


NEIGHBOURS = [
    ({"SystemName": "leaf1", "PortID": "Ethernet7"}, ""),
    ({"SystemName": "leaf1.rack1.example.net", "PortID": "ethernet7"}, ""),
    ({"SystemName": "leaf1", "PortID": "52:54:00:00:00:01"}, ""),
    ({"SystemName": "leaf1", "PortID": "52:54:00:00:00:01", "PortDescription": "Ethernet7"}, ""),
    (
        {"SystemName": "leaf1", "PortID": "Ethernet8"},
        "nic0: its cable leads to leaf1/Ethernet8; the model says leaf1/Ethernet7",
    ),
    (
        {"SystemName": "leaf2", "PortID": "Ethernet7"},
        "nic0: its cable leads to leaf2/Ethernet7; the model says leaf1/Ethernet7",
    ),
    ({"PortID": "Ethernet8"}, ""),
]


@pytest.mark.parametrize(("neighbour", "expected"), NEIGHBOURS)
def test_lldp(neighbour: dict[str, Any], expected: str) -> None:
    assert "; ".join(cabling.contradiction(Nic("nic0", "m", "leaf1/Ethernet7"), neighbour)) == expected


def test_absent_nics_are_named_with_those_that_are_there() -> None:
    links = {name: link for name, link in healthy().items() if name != "nic1"}
    assert cabling.absent(SPEC, Live(links, ROUTES)) == [
        "nic1: no NIC here has the MAC address 52:54:00:00:01:02 (this host has 52:54:00:00:01:01)"
    ]


def test_ping_has_the_exact_size_and_a_right_checksum() -> None:
    packet = ping.request(7, 1, 9000)
    assert len(packet) == 9000 - 20 and ping.checksum(packet) == 0
