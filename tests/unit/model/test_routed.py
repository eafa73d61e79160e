# SPDX-License-Identifier: GPL-3.0-or-later
"""Routed links: the addresses of both ends, what a machine and a switch get, and what is refused."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.lab.names import Places
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin import Materials, twin
from ansible_collections.groundup.cloud.plugins.module_utils.links.backends import BACKENDS
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.model.routed import both_ends, ends_in
from ansible_collections.groundup.cloud.plugins.module_utils.model.types import RoutedLinks

from .base import REMOVED, model

N1 = "machines.node1"
UP1 = f"{N1}.links.up1"
NICS = {
    f"nic{index}": {"mac": f"52:54:00:00:01:0{index}", "port": f"leaf{1 + index % 2}/Ethernet{1 + index // 2 * 3}"}
    for index in range(4)
}
MAIN = {"bond": {"members": ["nic0", "nic1"]}}
LINKS = {"main": MAIN, "up1": {"nic": "nic2", "routed": "fabric1"}, "up2": {"nic": "nic3", "routed": "fabric2"}}
POOLS: dict[str, Any] = {"fabric1": {"pool": "10.50.1.0/24"}, "fabric2": {"pool": "10.50.2.0/24"}}


def changes(links: Any = None, pools: Any = None, **more: Any) -> dict[str, Any]:
    """The difference to the base model: node1 has a bond and two routed links."""
    changed = {f"{N1}.nics": NICS, f"{N1}.links": LINKS | (links or {}), "routed_links": POOLS | (pools or {})}
    return changed | {key.replace("__", "."): value for key, value in more.items()}


def hosts(*args: Any, **more: Any) -> dict[str, Any]:
    return derive(load(model(changes(*args, **more)))).hostvars


@pytest.mark.parametrize(
    ("pool", "number", "switch", "machine"),
    [
        ("10.50.1.0/24", 1, "10.50.1.2/31", "10.50.1.3/31"),
        ("10.50.1.0/24", 127, "10.50.1.254/31", "10.50.1.255/31"),
        ("10.50.1.128/25", 7, "10.50.1.142/31", "10.50.1.143/31"),
        ("10.50.1.4/30", 1, "10.50.1.6/31", "10.50.1.7/31"),
        ("fd00:50::/64", 17, "fd00:50::22/127", "fd00:50::23/127"),
        ("fd00:50::/120", 127, "fd00:50::fe/127", "fd00:50::ff/127"),
    ],
)
def test_both_ends_follow_from_the_number(pool: str, number: int, switch: str, machine: str) -> None:
    found = ends_in(ipaddress.ip_network(pool), number)
    assert found and (str(found.switch), str(found.machine)) == (switch, machine)
    assert found.switch.network == found.machine.network


@pytest.mark.parametrize(
    ("pool", "number"), [("10.50.1.0/24", 128), ("10.50.1.0/31", 1), ("10.50.1.0/32", 1), ("fd00::/120", 128)]
)
def test_a_pool_without_room_has_no_ends(pool: str, number: int) -> None:
    assert ends_in(ipaddress.ip_network(pool), number) is None
    assert both_ends(RoutedLinks("fabric1", ipaddress.ip_network(pool)), number) == []


def test_no_two_machines_share_an_address() -> None:
    pool = ipaddress.ip_network("10.50.1.0/24")
    found = [end.ip for number in range(1, 128) if (ends := ends_in(pool, number)) for end in ends]
    assert len(found) == len(set(found)) == 254
    assert all(one in pool for one in found)


def test_both_ends_of_a_cable_get_addresses_of_one_subnet() -> None:
    pools = {
        "fabric1": {
            "pool": ["10.50.1.0/24", "fd00:50:1::/120"],
            "mtu": 9000,
            "routes": ["192.0.2.0/24", "2001:db8::/48"],
        }
    }
    found = hosts(pools=pools)
    port = next(one for one in found["leaf1"]["switch_config"]["ports"] if one["name"] == "Ethernet4")
    assert port == {
        "name": "Ethernet4",
        "description": "node1.nic2",
        "mode": "routed",
        "addresses": ["10.50.1.2/31", "fd00:50:1::2/127"],
        "vlans": [],
        "mtu": 9000,
    }
    own = found["node1"]["host_network_config"]
    assert [
        (item["address"], item["interface"], item["vlan"], item["gateway"], item["routes"]) for item in own["addresses"]
    ][-3:] == [
        ("10.50.1.3/31", "nic2", None, None, [{"to": "192.0.2.0/24", "via": "10.50.1.2"}]),
        ("fd00:50:1::3/127", "nic2", None, None, [{"to": "2001:db8::/48", "via": "fd00:50:1::2"}]),
        ("10.50.2.3/31", "nic3", None, None, []),
    ]
    assert own["peers"]["fabric1"] == ["10.50.1.2", "fd00:50:1::2"]
    assert {link["name"]: link["mtu"] for link in own["links"]} == {"bond0": 1500, "nic2": 9000, "nic3": 1500}
    proved = {item["name"]: item for item in found["node1"]["prove_config"]["networks"]}
    assert proved["fabric1 (IPv6)"] == {
        "name": "fabric1 (IPv6)",
        "interface": "nic2",
        "mtu": 9000,
        "peers": ["fd00:50:1::2"],
    }
    isolated = found["node1"]["prove_config"]["isolation"]["links"]
    assert [link["interface"] for link in isolated] == ["bond0"], "a routed link has no VLANs to tell apart"


def test_the_networks_of_a_machine_stay_where_they_are() -> None:
    without = derive(load(model({f"{N1}.nics": NICS, f"{N1}.links": {"main": MAIN}}))).hostvars
    found = hosts()
    for key in ("links", "nics"):
        assert found["node1"]["host_network_config"][key][0] == without["node1"]["host_network_config"][key][0]
    assert (
        found["node1"]["host_network_config"]["addresses"][:3] == without["node1"]["host_network_config"]["addresses"]
    )
    assert found["leaf1"]["switch_config"]["lags"] == without["leaf1"]["switch_config"]["lags"]
    # Neither does the order of links matter.
    first = {key: LINKS[key] for key in ("up1", "up2", "main")}
    other = derive(load(model({**changes(), f"{N1}.links": first}))).hostvars
    assert other["node1"]["host_network_config"]["addresses"] == found["node1"]["host_network_config"]["addresses"]


def test_the_default_route_may_lead_over_a_routed_link() -> None:
    found = hosts(
        pools={"fabric1": {"pool": "10.50.1.0/24", "routes": ["0.0.0.0/0"]}}, networks__management__gateway=REMOVED
    )
    own = found["node1"]["host_network_config"]["addresses"]
    assert [(item["network"], item["gateway"]) for item in own if item["gateway"]] == [("fabric1", "10.50.1.2")]
    assert own[-2]["routes"] == []


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_each_backend_gets_address_and_route(backend: str) -> None:
    own = hosts(pools={"fabric1": {"pool": "10.50.1.0/24", "routes": ["192.0.2.0/24"]}})["node1"]["host_network_config"]
    files = BACKENDS[backend].files(parse(own | {"backend": backend}))
    text = next(text for text in files.values() if "10.50.1.3/31" in text)
    assert "192.0.2.0/24" in text and "10.50.1.2" in text


def test_people_get_the_switchs_address_in_the_table() -> None:
    lines = hosts()["provisioner"]["drawing_config"]["by_hand"]
    assert any("Ethernet4" in line and "routed 10.50.1.2/31" in line and "node1.nic2" in line for line in lines)


def test_a_pool_that_no_link_names_is_warned_of() -> None:
    warnings = load_all(model(changes(pools={"spare": {"pool": "10.50.9.0/24"}}))).warnings
    assert "routed_links.spare: is the pool of no link; name it as routed of links of machines, or remove it" in map(
        str, warnings
    )


def test_the_twin_of_a_rack_has_no_routed_links() -> None:
    data = model(changes()) | {"plugin": "groundup.cloud.cloud"}
    found, notes = twin(data, Materials(Places("rack", "/work", "/run"), "password", "ssh-ed25519 AAAA lab", "/key"))
    assert "routed_links" not in found and set(found["machines"]["node1"]["links"]) == {"main"}
    assert "machines.node1.links.up1: has no twin, as Open vSwitch does not route" in notes


ONE = "give the link networks instead"
REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": (changes(), []),
    "unknown pool": (
        changes({"up1": {"nic": "nic2", "routed": "fabric11"}}),
        [f"{UP1}.routed: fabric11 is not one of routed_links; did you mean fabric1?"],
    ),
    "no pools": (
        {**changes({"up2": {"nic": "nic3", "networks": ["cluster"]}}), "routed_links": {}},
        [f"{UP1}.routed: fabric1 is not one of routed_links; add routed_links.fabric1"],
    ),
    "a bond": (
        changes({"up1": {"bond": {"members": ["nic2"], "name": "bond1"}, "routed": "fabric1"}}),
        [f"{UP1}.bond: is a bond, over whose ports a switch has no address of a routed port; give nic: NAME, and a second routed link for the other NIC"],
    ),
    "networks": (
        changes({"up1": {"nic": "nic2", "routed": "fabric1", "networks": ["cluster", "tenants"]}}),
        [f"{UP1}.networks: cluster, tenants is on a routed link, whose port has addresses and no VLANs; remove it, or put it on another link"],
    ),
    "an untagged network": (
        changes({"up1": {"nic": "nic2", "routed": "fabric1", "native": "cluster"}}),
        [f"{UP1}.native: cluster is on a routed link, whose port has addresses and no VLANs; remove it, or put it on another link"],
    ),
    "a port profile": (
        changes({"up1": {"nic": "nic2", "routed": "fabric1", "port_profile": "desks"}}, port_profiles={"desks": {"mtu": 1500}}),
        [f"{UP1}.port_profile: desks is on a routed link, whose port has addresses and no VLANs; remove it, or put it on another link"],
    ),
    "one pool twice": (
        changes({"up2": {"nic": "nic3", "routed": "fabric1"}}),
        [f"{N1}.links.up2.routed: fabric1 is the pool of up1 too; give each link of a machine its own pool"],
    ),
    "the NIC that boots": (
        changes(machines__node1__boot_nic="nic2"),
        [f"{N1}.boot_nic: nic2 is not on the link main, which carries the provision network; choose one of nic0, nic1, or name provision on the link of nic2"],
    ),
    "the BMC shares it": (
        changes(machines__node1__bmc={"address": "10.20.0.101", "password": "{{ vault_bmc }}", "switch_port": "leaf1/Ethernet4"}),
        [f"{N1}.bmc.switch_port: leaf1/Ethernet4 is the port of nic2, a routed link, which has no VLAN for it; let it share another NIC"],
    ),
    "no switch port": (
        changes(machines__node1__nics={**NICS, "nic2": {"mac": "52:54:00:00:01:02"}}),
        [f"{UP1}.routed: fabric1 is for nic2, which names no switch port, so nobody would get the other address; give nics.nic2.port"],
    ),
    "a switch that does not route": (
        changes(switches__leaf1={"platform": "openvswitch", "database": "unix:/run/db.sock", "mlag": "leaf2"}),
        ["switches.leaf2.platform: unmanaged is not the openvswitch of switches.leaf1, its MLAG peer; pair switches of one platform",
         f"{UP1}.routed: fabric1 is cabled to switches.leaf1, which is openvswitch: Open vSwitch forwards frames and does not route; {ONE}"],
    ),
    "a pool that is too small": (
        changes(pools={"fabric1": {"pool": "10.50.1.0/31"}}),
        ["routed_links.fabric1.pool: 10.50.1.0/31 has no /31 of the number 1 of machines.node1; give a larger subnet, of twice the number"],
    ),
    "a small pool of the second IP version": (
        changes(pools={"fabric1": {"pool": ["10.50.1.0/24", "fd00:50::/127"]}}),
        ["routed_links.fabric1.pool: fd00:50::/127 has no /127 of the number 1 of machines.node1; give a larger subnet, of twice the number"],
    ),
    "a pool inside a network": (
        changes(pools={"fabric1": {"pool": "10.30.0.128/25"}}),
        ["routed_links.fabric1.pool: 10.30.0.128/25 overlaps 10.30.0.0/24 of networks.cluster.subnet; give a subnet that is free"],
    ),
    "two pools that overlap": (
        changes(pools={"fabric2": {"pool": "10.50.1.128/25"}}),
        ["routed_links.fabric2.pool: 10.50.1.128/25 overlaps 10.50.1.0/24 of routed_links.fabric1.pool; give a subnet that is free"],
    ),
    "a pool that is no subnet for hosts": (
        changes(pools={"fabric1": {"pool": "fe80::/64"}}),
        ["routed_links.fabric1.pool: fe80::/64 is not a subnet for hosts; give a private one, such as 10.50.1.0/24 or fd00:50:1::/120"],
    ),
    "the name of a network": (
        {**changes({"up1": {"nic": "nic2", "routed": "cluster"}}), "routed_links": {"cluster": {"pool": "10.50.3.0/24"}, **POOLS}},
        ["routed_links.cluster: cluster is also the name of a network; give the pool another name"],
    ),
    "an MTU above the switch's": (
        changes(pools={"fabric1": {"pool": "10.50.1.0/24", "mtu": 9500}}),
        [
            (f"routed_links.fabric1.mtu: 9500 is above the 9216 bytes of switches.leaf1.mtu, whose ports carry it to {UP1}; "
             "raise the lower value or reduce the higher one")
        ],
    ),
    "a second default route": (
        changes(pools={"fabric1": {"pool": "10.50.1.0/24", "routes": ["0.0.0.0/0"]}}),
        ["routed_links.fabric1.routes[0]: 0.0.0.0/0 is where networks.management.gateway of machines.node1 leads too; keep one of the two for its machines"],
    ),
    "one destination over two links": (
        changes(pools={name: {**pool, "routes": ["192.0.2.0/24"]} for name, pool in POOLS.items()}),
        ["routed_links.fabric2.routes[0]: 192.0.2.0/24 is where routed_links.fabric1.routes of machines.node1 leads too; keep one of the two for its machines"],
    ),
    "a destination of a network's routes": (
        changes(
            pools={"fabric1": {"pool": "10.50.1.0/24", "routes": ["192.0.2.0/24"]}},
            networks__cluster__routes=[{"to": "192.0.2.0/24", "via": "10.30.0.5"}],
        ),
        ["routed_links.fabric1.routes[0]: 192.0.2.0/24 is where networks.cluster.routes of machines.node1 leads too; keep one of the two for its machines"],
    ),
    "a destination that is listed twice": (
        changes(pools={"fabric1": {"pool": "10.50.1.0/24", "routes": ["192.0.2.0/24", "192.0.2.0/24"]}}),
        ["routed_links.fabric1.routes[1]: 192.0.2.0/24 is listed twice; list every destination once"],
    ),
    "a destination inside a network": (
        changes(pools={"fabric1": {"pool": "10.50.1.0/24", "routes": ["10.30.0.0/25"]}}),
        [
            ("routed_links.fabric1.routes[0]: 10.30.0.0/25 is inside 10.30.0.0/24 of networks.cluster, "
             "which machines reach without a router; remove it, or give a destination behind the switch")
        ],
    ),
    "a destination of another IP version": (
        changes(pools={"fabric1": {"pool": "10.50.1.0/24", "routes": ["2001:db8::/48"]}}),
        ["routed_links.fabric1.routes[0]: 2001:db8::/48 is IPv6, and the pool has no addresses of it; remove it, or give a list of two as pool"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(case: str) -> None:
    changed, errors = REFUSED[case]
    try:
        load(model(changed))
        found: list[str] = []
    except ModelError as error:
        found = [str(problem) for problem in error.errors]
    assert found == errors


def test_a_machine_with_routed_links_alone_is_refused() -> None:
    only = {"up1": LINKS["up1"], "up2": LINKS["up2"]}
    with pytest.raises(ModelError) as caught:
        load(model({**changes(), f"{N1}.links": only}))
    why = "are routed links only, and machines boot and install over a network with a VLAN; add a link with networks"
    assert f"{N1}.links: {why}" in [str(problem) for problem in caught.value.errors]
