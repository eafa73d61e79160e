# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with several links: what is parsed and refused, their files, differences, cables, and the confirmation."""

from __future__ import annotations

import copy
import json
import pathlib
from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.layers import host_network
from ansible_collections.groundup.cloud.plugins.module_utils.links import cabling, lists, live, proof
from ansible_collections.groundup.cloud.plugins.module_utils.links.live import Difference, Live, differences
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse
from ansible_collections.groundup.cloud.plugins.module_utils.network import ping
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked
from ansible_collections.groundup.cloud.plugins.module_utils.specs.host_network import CONFIG

from .cases import BACKENDS, BACKUP, BOOT, CASES, LACP, MANAGEMENT, PROVISION, STORAGE, files, nic

HERE = pathlib.Path(__file__).parent
TWO = CASES["two_bonds"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CASES)
def test_the_files_are_the_expected_ones(case: str, backend: str) -> None:
    """`python tests/unit/links/write.py` writes them anew."""
    assert files(case, backend) == (HERE / "expected" / f"{case}.{backend}.txt").read_text()


def test_there_is_no_other_expected_file() -> None:
    wanted = {f"{case}.{backend}.txt" for case in CASES for backend in BACKENDS}
    assert {path.name for path in (HERE / "expected").iterdir()} == wanted


def test_the_short_form_is_one_link() -> None:
    options = {"mode": "802.3ad", "members": [nic(0), nic(1)], "hash_policy": "layer2"}
    rest = {"addresses": [MANAGEMENT, {"network": "p", "address": "10.10.0.21/24"}]}
    long = parse({"links": [{"name": "bond0", "mtu": 4000, "bond": options}], **rest})
    assert parse({"bond": {**options, "mtu": 4000}, **rest}) == long
    assert parse({"bond": options, "mtu": 4000, **rest}) == long
    alone = parse({"links": [{"nic": nic(0)}]})
    assert parse({"nics": [nic(0), nic(1)]}) == alone == parse({"links": [{"name": "nic0", "nic": nic(0)}]})


def test_each_link_has_the_mtu_of_what_it_carries() -> None:
    spec = parse(TWO)
    assert [(link.name, link.mtu) for link in spec.links] == [("bond0", 9000), ("bond1", 9000), ("nic4", 1500)]
    assert [(vlan.name, vlan.mtu) for vlan in spec.vlans] == [("bond0.20", 1500), ("bond1.40", 9000)]
    assert [item.device for item in spec.addresses] == ["bond0.20", "bond1.40", "nic4"]


ALB = {"name": "bond1", "bond": {"mode": "balance-alb", "members": [nic(2), nic(3)]}}
TLB = {"name": "bond1", "bond": {"mode": "balance-tlb", "members": [nic(2), nic(3)]}}
BRIDGED = {"bridges": [{"name": "br9", "link": "bond1", "vlan": 9}]}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"links": [LACP, {"nic": nic(1)}]}, "nic1 of bond0 and nic1 of nic1 have the same MAC address 52:54:00:00:01:01"),
    ({"links": [{"name": "bond0", "bond": {"members": [nic(0), nic(0)]}}]}, "nic0 of bond0 and nic0 of bond0 have the"),
    ({"links": [LACP, {**BACKUP, "name": "bond0"}]}, "the link bond0 is described twice"),
    ({"links": [LACP, {"nic": {**nic(2), "name": "nic0"}}]}, "the link nic0 is described twice"),
    ({"links": [LACP], "nics": [{**nic(0), "mac": nic(5)["mac"]}]}, "nic0 has the MAC .*05 in nics and .*00 in"),
    ({"links": [LACP], "bond": LACP["bond"]}, "host_network.bond: is the short form for one link; with links"),
    ({"links": [LACP], "mtu": 9000}, "host_network.mtu: is the short form"),
    ({"links": [{"name": "bond0"}]}, r"links\[0\]: give it either a bond or a nic"),
    ({"links": [{**LACP, "nic": nic(3)}]}, r"links\[0\]: give it either a bond or a nic"),
    ({"links": [{"bond": LACP["bond"]}]}, r"links\[0\].name: is required"),
    ({"links": [{"name": "up", "nic": nic(0)}]}, r"links\[0\].name: up is not the name of its NIC, nic0; leave it out"),
    ({"links": [{"nic": nic(0), "mtu": 9}]}, r"links\[0\].mtu: 9 is not from 68"),
    ({"links": [{"nic": nic(0), "vlan": 9}]}, r"links\[0\].vlan: no such setting"),
    ({"links": [{"name": "b", "bond": {"name": "b", "members": [nic(0)]}}]}, r"links\[0\].bond.name: no such setting"),
    ({"links": [{"name": "b", "bond": {"members": []}}]}, r"links\[0\].bond.members: is required"),
    ({"bond": {"members": [nic(0)], "primary": "nic1"}}, "bond.primary: nic1 is no member; name one of nic0"),
    ({"bond": {"members": [nic(0)], "hash_policy": "layer7"}}, "hash_policy: layer7 is not one of layer2, layer2"),
    ({"links": [{**BACKUP, "bond": {**BACKUP["bond"], "hash_policy": "layer2"}}]},
     r"links\[0\].bond.hash_policy: is not used in mode active-backup, only in 802.3ad and balance-xor; leave it out"),
    ({"bond": {"mode": "broadcast", "members": [nic(0)]}}, "broadcast is not one of 802.3ad"),
    ({"links": [LACP], "addresses": [STORAGE]}, r"addresses\[0\].link: bond1 is not one of bond0"),
    ({"links": [LACP], **BRIDGED}, r"bridges\[0\].link: bond1 is not one of bond0"),
    ({"links": [LACP, ALB], **BRIDGED}, "br9 is on bond1, whose mode balance-alb .* answers ARP .* choose 802.3ad"),
    ({"links": [LACP, ALB], "vlans": [{"link": "bond1", "vlan": 9}]}, "VLAN 9 is on bond1, whose mode balance-alb"),
    ({"links": [LACP, TLB], **BRIDGED}, "br9 is on bond1, whose mode balance-tlb sends"),
    ({"links": [LACP, BACKUP], "addresses": [MANAGEMENT, {**STORAGE, "gateway": "10.40.0.1"}]},
     r"10.20.0.1 \(bond0.20\) and 10.40.0.1 \(bond1.40\) are both default gateways of IPv4; keep one"),
    ({"links": [LACP, BACKUP], "addresses": [MANAGEMENT, {**STORAGE, "vlan": 20}]},
     "VLAN 20 is on bond0 and on bond1, and the kernel would answer ARP for it on both; keep it on one"),
    ({"links": [LACP, BACKUP], "addresses": [{**MANAGEMENT, "vlan": 9}], **BRIDGED}, "VLAN 9 is on bond0 and on bond1"),
    ({"links": [LACP], "addresses": [MANAGEMENT, {"network": "b", "vlan": 20, "address": "10.21.0.21/24"}]},
     r"b has VLAN 20 on bond0, as management \(IPv4\) is; give one of them another VLAN"),
    ({"links": [BOOT], "addresses": [PROVISION, {"network": "b", "address": "10.21.0.21/24"}]}, "b is untagged"),
]  # fmt: skip


@pytest.mark.parametrize(("params", "message"), WRONG)
def test_a_contradiction_is_refused(params: dict[str, Any], message: str) -> None:
    with pytest.raises(HostError, match=message):
        parse(params)


def test_what_is_no_contradiction() -> None:
    six = {"network": "b", "vlan": 20, "address": "2001:db8::21/64", "gateway": "2001:db8::1"}
    spec = parse({"links": [LACP], "addresses": [MANAGEMENT, six, {**MANAGEMENT, "address": "10.20.0.22/24"}]})
    assert [vlan.name for vlan in spec.vlans] == ["bond0.20"], "both versions, and two addresses, in one VLAN"
    untagged = {"network": "a", "address": "10.1.0.1/24"}
    assert parse({"links": [LACP, BOOT], "addresses": [untagged, PROVISION]}), "untagged on two links"
    assert parse({"links": [LACP, ALB], "bridges": [{"name": "br9", "vlan": 9}]}), "a bridge on the other link"


def kernel(params: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The links of the kernel, as `ip -json -details address` shows them when all is as wanted."""
    spec, found = parse(params), {}
    common = {"link_type": "ether", "flags": ["UP"]}
    for link in spec.links:
        for one in link.nics:
            slave = {"master": link.name, "linkinfo": {"info_slave_kind": "bond"}} if link.bond else {}
            mac = link.bond.mac if link.bond else one.mac
            found[one.name] = {**common, "mtu": link.mtu, "address": mac, "permaddr": one.mac, **slave}
        if link.bond:
            rate = {"ad_lacp_rate": link.bond.lacp_rate} if link.bond.mode == "802.3ad" else {}
            data = {"mode": link.bond.mode, "xmit_hash_policy": link.bond.hash_policy or "layer2", **rate}
            info = {"info_kind": "bond", "info_data": data}
            found[link.name] = {**common, "mtu": link.mtu, "address": link.bond.mac, "linkinfo": info}
    for vlan in spec.vlans:
        info = {"info_kind": "vlan", "info_data": {"id": vlan.number}}
        found[vlan.name] = {**common, "mtu": vlan.mtu, "linkinfo": info, "master": spec.bridge_of(vlan.name)}
    for bridge in spec.bridges:
        found[bridge.name] = {**common, "mtu": bridge.mtu, "linkinfo": {"info_kind": "bridge"}}
    for name, address in [
        *((a.device, a.address) for a in spec.addresses),
        *((b.name, b.address) for b in spec.bridges),
    ]:
        local, _slash, length = str(address).partition("/")
        found[name].setdefault("addr_info", []).append({"local": local, "prefixlen": int(length)})
    return {name: {"ifname": name, **link} for name, link in found.items()}


def routes(params: dict[str, Any]) -> dict[tuple[str, str, str], int]:
    """All routes that are wanted, with the MTU of their network."""
    spec, found = parse(params), {}
    for item in spec.addresses:
        found[item.device, live.route_name(item.address), ""] = item.mtu
        for to, via in [*([("0.0.0.0/0", item.router)] if item.router else []), *item.routes]:
            found[item.device, live.route_name(to), via] = item.mtu
    return found


def compare(params: dict[str, Any], links: dict[str, dict[str, Any]]) -> list[str]:
    found, spec = routes(params), parse(params)
    own = [item for item in spec.addresses if item.table]
    tables = {item.table or 0: frozenset((item.device, to, via) for to, via in item.own_routes) for item in own}
    rules = frozenset((item.address.partition("/")[0], str(item.table)) for item in own)
    seen = Live(links, frozenset(found), found, tables, rules)
    return [f"{d.link} {d.what} {d.have} {d.want}" for d in differences(spec, seen)]


@pytest.mark.parametrize("case", CASES)
def test_links_as_wanted_have_no_difference(case: str) -> None:
    assert compare(CASES[case], kernel(CASES[case])) == []


CHANGED: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("two_bonds", "bond1", {"mtu": 1500}, ["bond1 mtu 1500 9000"]),
    ("two_bonds", "nic4", {"mtu": 9000}, ["nic4 mtu 9000 1500"]),
    ("two_bonds", "nic4", {"addr_info": []}, ["nic4 address absent 10.10.0.21/24"]),
    ("two_bonds", "nic3", {"master": None}, ["nic3 master none bond1"]),
    ("two_bonds", "nic3", {"master": "bond0"}, ["nic3 master bond0 bond1"]),
    ("two_bonds", "nic4", {"master": "bond1", "linkinfo": {"info_slave_kind": "bond"}}, ["nic4 master bond1 none"]),
    ("two_bonds", "nic4", {"master": "ovs-system", "linkinfo": {"info_slave_kind": "openvswitch"}}, []),
    ("two_bonds", "nic5", {"ifname": "nic5", "master": "bond0"}, ["nic5 master bond0 none"]),
    ("nic_per_network", "nic1", {"flags": []}, ["nic1 state down up"]),
    ("balance_xor", "bond0", {"linkinfo": {"info_kind": "bond", "info_data": {"mode": "balance-xor",
     "xmit_hash_policy": "layer2"}}}, ["bond0 hash policy layer2 layer2+3"]),
    ("bridge_on_second", "bond1.110", {"master": None}, ["bond1.110 master none br110"]),
    ("bridge_on_second", "br110", {"addr_info": []}, ["br110 address absent 10.110.0.1/24"]),
]  # fmt: skip


@pytest.mark.parametrize(("case", "name", "by_hand", "expected"), CHANGED)
def test_a_link_changed_by_hand_is_found(case: str, name: str, by_hand: dict[str, Any], expected: list[str]) -> None:
    links = copy.deepcopy(kernel(CASES[case]))
    links[name] = {**links.get(name, {}), **by_hand}
    assert compare(CASES[case], links) == expected


def test_a_change_lists_what_leaves_a_bond_and_what_is_made_anew() -> None:
    differing = [
        Difference("nic5", "master", "bond0", "none"),
        Difference("nic3", "master", "none", "bond1"),
        Difference("bond1", "hash policy", "layer2", "layer3+4"),
    ]
    old = {"10-groundup-bond0.netdev": "Kind=bond\n", "10-groundup-bond0.40.netdev": "Kind=vlan\n"}
    found = lists.link_lists(parse(TWO), differing, old)
    assert found == {
        "devices": ["bond0.40", "bond1"],
        "created": ["bond0.20", "bond1", "bond1.40"],
        "released": ["nic5"],
        "reconfigure": ["nic3", "nic5"],
        "activate": [],
        "restore": [],
    }


HEAD = "Bonding Mode: IEEE 802.3ad Dynamic link aggregation\nActive Aggregator Info:\n\tAggregator ID: 1\n"
MEMBER = """
Slave Interface: {}
MII Status: {}
Aggregator ID: 1
details partner lacp pdu:
    system mac address: {}
    oper key: 3
"""


class DoubleHost(System):
    """A temporary root with texts of the bonding driver; `ip` answers with the links of one case."""

    def run(self, argv: Sequence[str], **_rest: Any) -> str:
        if "address" in argv:
            return json.dumps(list(kernel(CASES["lacp"]).values()))
        return json.dumps([{"dev": dev, "dst": dst, "gateway": via} for dev, dst, via in routes(CASES["lacp"])])

    def bond(self, name: str, *members: tuple[str, str, str]) -> None:
        self.write(f"/proc/net/bonding/{name}", (HEAD + "".join(MEMBER.format(*one) for one in members)).encode())


SECOND = {"name": "bond1", "bond": {"mode": "802.3ad", "members": [nic(2), nic(3)]}}
SWITCH, OTHER, NOBODY = "ea:a5:0b:eb:ce:4b", "ea:a5:0b:eb:ce:4c", "00:00:00:00:00:00"


@pytest.fixture
def host(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> DoubleHost:
    peers = {"management": ["10.20.0.1"], "storage": ["10.40.0.22"], "provision": ["10.10.0.1"]}
    two = {"links": [LACP, SECOND, BOOT], "addresses": [MANAGEMENT, STORAGE, PROVISION], "peers": peers}
    monkeypatch.setitem(CASES, "lacp", two)
    host = DoubleHost(str(tmp_path))
    host.bond("bond0", ("nic0", "up", SWITCH), ("nic1", "up", SWITCH))
    host.bond("bond1", ("nic2", "up", SWITCH), ("nic3", "up", SWITCH))
    return host


def test_the_confirmation_names_the_link_that_fails(host: DoubleHost, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def answer(peers: list[str], mtu: int, device: str) -> set[str]:
        asked.append((*peers, str(mtu), device))
        return set() if device in silent else set(peers)

    monkeypatch.setattr(ping, "by_socket", answer)
    spec, silent = parse(CASES["lacp"]), {""}
    assert proof.faults(spec, host) == []
    assert asked == [
        ("10.20.0.1", "1500", "bond0.20"),
        ("10.40.0.22", "9000", "bond1.40"),
        ("10.10.0.1", "1500", "nic4"),
    ]
    silent = {"bond1.40"}
    assert proof.faults(spec, host) == [
        "storage (bond1.40): none of 10.40.0.22 answers a ping of 9000 bytes",
    ]
    host.bond("bond1", ("nic2", "up", NOBODY), ("nic3", "up", SWITCH))
    assert proof.faults(spec, host) == ["bond1: nic2: no LACP partner; is its switch port in a port-channel with LACP?"]


def test_peers_are_asked_over_the_name_that_a_nic_has_before_it_is_renamed() -> None:
    links = kernel(TWO)
    links["ens7"] = {**links.pop("nic4"), "ifname": "ens7"}
    spec = parse(TWO)
    names = [proof.device_of(spec, item, Live(links, frozenset())) for item in spec.addresses]
    assert names == ["bond0.20", "bond1.40", "ens7"]


def test_swapped_cables_name_their_bond(host: DoubleHost) -> None:
    host.bond("bond1", ("nic2", "up", SWITCH), ("nic3", "up", OTHER))
    with pytest.raises(HostError, match="nothing was changed on this host: bond1: nic3: reaches port-channel"):
        cabling.check(parse({"links": [LACP, SECOND]}), Live(kernel(CASES["lacp"]), frozenset()), host)


def test_warnings_name_their_bond(host: DoubleHost) -> None:
    host.bond("bond1", ("nic2", "down", NOBODY), ("nic3", "up", SWITCH))
    assert host_network.lacp_warnings(parse(CASES["lacp"]), host) == ("bond1: nic2: no carrier",)


def test_the_example_of_several_links_is_right() -> None:
    """Molecule runs the other one."""
    play = yaml.safe_load((HERE.parents[2] / "docs/examples/host_network_links.yml").read_text())[0]
    given = play["roles"][0]["vars"]["host_network_config"]
    spec = parse(checked("host_network", CONFIG, given))
    assert [link.name for link in spec.links] == ["bond0", "bond1", "nic4"]
    assert {item.network for item in spec.addresses} == set(spec.peers), "no network is unproven"
