# SPDX-License-Identifier: GPL-3.0-or-later
"""Differences of links, LACP faults, LLDP neighbours, the lists of links for the script, arming and confirming."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.links import cabling, change, lacp
from ansible_collections.groundup.cloud.plugins.module_utils.links.files import networkd_files
from ansible_collections.groundup.cloud.plugins.module_utils.links.lists import link_lists
from ansible_collections.groundup.cloud.plugins.module_utils.links.live import Difference, Live, differences, route_name
from ansible_collections.groundup.cloud.plugins.module_utils.links.parts import Nic
from ansible_collections.groundup.cloud.plugins.module_utils.links.proof import pingable, remains
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse
from ansible_collections.groundup.cloud.plugins.module_utils.network.bonding import Bond
from ansible_collections.groundup.cloud.plugins.module_utils.network.bonding import parse as parse_bonding

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


UNTAGGED = ("bond0", "10.10.0.0/24", "")
ROUTES = frozenset({("bond0.20", "default", "10.20.0.1"), ("bond0.20", "10.9.0.0/16", "10.20.0.2"), UNTAGGED})
SIZES = {UNTAGGED: 1500}


def modified(links: dict[str, dict[str, Any]], *path: str, value: Any) -> dict[str, dict[str, Any]]:
    links = copy.deepcopy(links)
    place: Any = links
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return links


CASES = [
    ("as wanted", healthy(), []),
    ("mtu", modified(healthy(), "bond0.30", "mtu", value=1500), ["bond0.30 mtu 1500 9000"]),
    ("address gone", modified(healthy(), "bond0.30", "addr_info", value=[]), ["bond0.30 address absent 10.30.0.21/24"]),
    ("link down", modified(healthy(), "bond0.30", "flags", value=[]), ["bond0.30 state down up"]),
    ("member taken out", modified(healthy(), "nic1", "master", value=None), ["nic1 master none bond0"]),
    (
        "LACP rate",
        modified(healthy(), "bond0", "linkinfo", "info_data", "ad_lacp_rate", value="slow"),
        ["bond0 lacp rate slow fast"],
    ),
    (
        "another address may be keepalived's",
        modified(
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
    found = [f"{d.link} {d.what} {d.have} {d.want}" for d in differences(SPEC, Live(links, ROUTES, SIZES))]
    assert found == expected


def test_missing_route_and_nic() -> None:
    links = {name: link for name, link in healthy().items() if name != "nic1"}
    found = [f"{d.link} {d.what}" for d in differences(SPEC, Live(links, frozenset()))]
    assert found == ["nic1 NIC", "bond0 route", "bond0.20 route", "bond0.20 route"]


def test_a_destination_on_the_link_has_no_router() -> None:
    given = copy.deepcopy(BONDED)
    given["addresses"][2] |= {"routes": [{"to": "169.254.1.1/32"}]}
    spec = parse({**given, "bridges": []})
    text = {path.rpartition("/")[2]: text for path, text in networkd_files(spec).items()}[
        "10-groundup-bond0.30.network"
    ]
    assert text.endswith("[Route]\nDestination=169.254.1.1/32\nScope=link\n")
    own = ("bond0.30", "169.254.1.1", "")
    assert not differences(spec, Live(healthy(), ROUTES | {own}, SIZES))
    found = [str((d.link, d.want)) for d in differences(spec, Live(healthy(), ROUTES, SIZES))]
    assert found == ["('bond0.30', '169.254.1.1')"]


def test_routes_of_a_network_with_smaller_packets_than_its_link() -> None:
    """Routes out of an untagged network of 1500 bytes on a bond of 9000 have its MTU, or what they carry is lost."""
    given = copy.deepcopy(BONDED)
    given["addresses"][1]["gateway"] = None
    given["addresses"][0] |= {"gateway": "10.10.0.1", "routes": [{"to": "10.8.0.0/16", "via": "10.10.0.2"}]}
    spec = parse({**given, "bridges": []})
    text = {path.rpartition("/")[2]: text for path, text in networkd_files(spec).items()}["10-groundup-bond0.network"]
    assert text.endswith(
        "[Route]\nGateway=10.10.0.1\nMTUBytes=1500\n\n"
        "[Route]\nDestination=10.8.0.0/16\nGateway=10.10.0.2\nMTUBytes=1500\n"
    )
    routes = {("bond0", "default", "10.10.0.1"): 1500, ("bond0", "10.8.0.0/16", "10.10.0.2"): 1500, **SIZES}
    assert not differences(spec, Live(healthy(), ROUTES | set(routes), routes))
    by_hand = {**routes, UNTAGGED: 9000}
    del by_hand["bond0", "default", "10.10.0.1"]
    found = [
        str((d.link, d.what, d.have, d.want)) for d in differences(spec, Live(healthy(), ROUTES | set(routes), by_hand))
    ]
    assert found == [
        "('bond0', 'route MTU', '9000', '1500 for 10.10.0.0/24')",
        "('bond0', 'route MTU', 'that of the link', '1500 for default')",
    ]


VLANS_BEFORE = {
    "10-groundup-bond0.netdev": "[NetDev]\nKind=bond\n",
    "10-groundup-bond0.40.netdev": "[NetDev]\nKind=vlan\n",
    "10-groundup-bond0.network": "",
}


def test_a_change_lists_devices_to_delete_to_create_and_to_reconfigure() -> None:
    lists = link_lists(
        SPEC, [Difference("bond0", "lacp rate", "slow", "fast"), Difference("bond0.30", "mtu", "1", "2")], VLANS_BEFORE
    )
    assert (lists["devices"], lists["reconfigure"]) == (["bond0", "bond0.40"], ["bond0.30"])
    assert lists["created"] == ["bond0.20", "bond0.30"]


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


def bonding(*members: dict[str, Any]) -> Bond:
    base = {"mii": "up", "aggregator": 1, "partner": "ea:a5:0b:eb:ce:4b", "key": 3}
    text = "Bonding Mode: IEEE 802.3ad\nMII Status: up\nActive Aggregator Info:\n\tAggregator ID: 1\n"
    return parse_bonding(text + "".join(MEMBER.format(name=f"nic{i}", **(base | m)) for i, m in enumerate(members)))


LACP = [
    ("negotiated", [{}, {}], ""),
    ("dead cable", [{}, {"mii": "down"}], ""),
    ("both dead", [{"mii": "down"}, {"mii": "down"}], "no member of the bond has carrier"),
    ("no port-channel", [{}, {"partner": "00:00:00:00:00:00", "aggregator": 2}], "nic1: no LACP partner"),
    ("swapped", [{}, {"key": 4, "aggregator": 2}], "nic1: reaches port-channel ea:a5:0b:eb:ce:4b key 4, but nic0"),
    ("negotiation not finished", [{}, {"aggregator": 2}], "nic1: not in the active aggregator yet"),
]


@pytest.mark.parametrize(("name", "members", "expected"), LACP, ids=[case[0] for case in LACP])
def test_lacp_problems(name: str, members: list[dict[str, Any]], expected: str) -> None:
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
    ({"SystemName": "LEAF1", "PortID": "512", "PortDescription": "node1.bond0"}, ""),
    ({"SystemName": "leaf1", "PortID": "Ethernet7", "PortDescription": "node1.bond0"}, ""),
    (
        {"SystemName": "leaf1", "PortID": "Ethernet8", "PortDescription": "node1.bond0"},
        "nic0: its cable leads to leaf1/Ethernet8; the model says leaf1/Ethernet7",
    ),
]


@pytest.mark.parametrize(("neighbour", "expected"), NEIGHBOURS)
def test_contradictions_of_lldp_neighbours(neighbour: dict[str, Any], expected: str) -> None:
    assert "; ".join(cabling.contradiction(Nic("nic0", "m", "leaf1/Ethernet7"), neighbour)) == expected


def test_an_absent_nic_is_reported_with_the_nics_of_the_host() -> None:
    links = healthy()
    del links["nic1"]
    assert cabling.absent(SPEC, Live(links, ROUTES, SIZES)) == [
        "nic1: no NIC here has the MAC address 52:54:00:00:01:02 (this host has 52:54:00:00:01:01)"
    ]


@dataclass
class ScratchSystem(System):
    """A temporary root; commands are only recorded, and networkctl prints a table as before version 254."""

    ran: list[str] = field(default_factory=list)

    def run(self, argv: Sequence[str], **_rest: Any) -> str:
        self.ran.append(" ".join(argv))
        return "LINK CHASSIS-ID\nnic0 52:54:00\n" if argv[0] == "networkctl" else ""


@pytest.fixture
def host(tmp_path: Path) -> ScratchSystem:
    return ScratchSystem(str(tmp_path))


def test_lldp_neighbours_in_a_table_are_ignored(host: ScratchSystem) -> None:
    spec = parse({"nics": [{"name": "nic0", "mac": "52:54:00:00:01:01", "port": "leaf1/Ethernet1"}]})
    cabling.check(spec, Live(healthy(), ROUTES, SIZES), host)
    assert host.ran == ["networkctl lldp --json=short"]


def test_the_rollback_is_armed_before_the_switch(host: ScratchSystem) -> None:
    host.write("/etc/systemd/network/10-groundup-old.network", b"old")
    host.write("/etc/systemd/network/10-groundup-bond0.network.d/by-hand.conf", b"drop-in")
    host.path("/etc/systemd/network/10-groundup-dead.network").symlink_to("/nowhere")
    identifier = change.arm(SPEC, [], host)
    assert change.pending(host) == identifier
    timer, switch = (line for line in host.ran if line.startswith("systemd-run"))
    assert "--on-active=180" in timer and timer.endswith("network-change revert")
    assert switch.endswith("network-change switch")
    saved = sorted(str(p.relative_to(host.path(change.CHANGE))) for p in host.path(f"{change.CHANGE}/old").rglob("*"))
    assert saved == [
        "old/10-groundup-bond0.network.d",
        "old/10-groundup-bond0.network.d/by-hand.conf",
        "old/10-groundup-old.network",
    ]


def test_a_change_during_a_rollback_is_refused(host: ScratchSystem) -> None:
    change.arm(SPEC, [], host)
    host.path(change.PENDING).rename(host.path(change.REVERTING))  # as the script does before it rolls back
    with pytest.raises(HostError, match="rolling back an unconfirmed change"):
        change.arm(SPEC, [], host)
    host.path(change.REVERTING).unlink()
    identifier = change.arm(SPEC, [], host)
    assert change.pending(host) == identifier and change.confirmed(host) is None
    host.path(change.PENDING).rename(host.path(change.CONFIRMED))  # as the script does
    assert change.pending(host) is None and change.confirmed(host) == identifier


def test_addresses_of_the_previous_configuration_are_no_proof(host: ScratchSystem) -> None:
    """networkctl returns before systemd-networkd has removed them."""
    for name, text in {
        "old/10-groundup-bond0.network": "[Network]\nAddress=10.20.0.21/24\nAddress=10.99.0.1/24\n",
        "old/10-groundup-bond0.network.d/by-hand.conf": "[Address]\nAddress = fd00:0::7/64\n",
        "old/groundup-bond0.nmconnection": "[ipv4]\naddress1=10.99.0.2/24,10.99.0.254\naddresses=none\n",
        "new/10-groundup-bond0.network": "[Network]\nAddress=10.20.0.21/24\n",
    }.items():
        host.write(f"{change.CHANGE}/{name}", text.encode())
    former = change.former_addresses(host)
    assert former == {"10.99.0.1/24", "10.99.0.2/24", "fd00::7/64"}
    links = healthy()
    assert remains(SPEC, Live(links, ROUTES, SIZES), former) == []
    device = next(name for name, one in links.items() if name == SPEC.vlans[0].name)
    links[device]["addr_info"] += [{"local": "10.99.0.1", "prefixlen": 24}, {"local": "10.99.0.9", "prefixlen": 24}]
    left = f"{device}: the address 10.99.0.1/24 of the previous configuration is still there"
    assert remains(SPEC, Live(links, ROUTES, SIZES), former) == [left]


def test_networks_without_pingable_peers_are_found() -> None:
    spec = parse({**BONDED, "peers": {"cluster": ["fd00::7"], "management": ["10.20.0.1"]}})
    assert [item.network for item in spec.addresses if not pingable(spec, item)] == ["provision", "cluster"]


def test_a_route_is_named_as_ip_prints_it() -> None:
    assert (route_name("0.0.0.0/0"), route_name("10.9.0.0/16")) == ("default", "10.9.0.0/16")


def test_a_vlan_of_another_program_may_be_down_and_in_a_switch_of_its_own() -> None:
    spec = parse({**BONDED, "bridges": [], "vlans": [{"vlan": 101, "mtu": 1500}]})
    links = healthy()
    assert [str(one) for one in differences(spec, Live(links, ROUTES, SIZES)) if "101" in str(one)]
    links["bond0.101"] = {**vlan(101, 1500, "169.254.1.1"), "flags": ["BROADCAST"], "master": "ovs-system"}
    assert differences(spec, Live(links, ROUTES, SIZES)) == []
    links["bond0.101"]["mtu"] = 9000
    assert [one.what for one in differences(spec, Live(links, ROUTES, SIZES))] == ["mtu"]
