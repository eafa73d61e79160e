# SPDX-License-Identifier: GPL-3.0-or-later
"""MLAG domains and aggregations of uplinks in the model: what follows from them, and what is refused."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin_switches import _groups
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

PAIR: dict[str, Any] = {
    "switches.leaf1.mlag": {"peer": "leaf2", "peer_link": ["Ethernet7", "Ethernet8"]},
    "switches.leaf2.mlag": {"peer": "leaf1", "peer_link": ["Ethernet6", "Ethernet7"]},
}
CORE = {"members": ["Ethernet5"], "mlag": 1000, "networks": ["all"]}
UPLINK = {"switches.leaf1.uplinks": {"core": CORE}, "switches.leaf2.uplinks": {"core": CORE}}


def platform(name: str) -> dict[str, Any]:
    login = {"username": "me", "password": "{{ vault }}"} if name in ("eos", "nxos", "nvue") else {"username": "me"}
    login = {} if name in ("unmanaged", "openvswitch") else login
    login |= {"database": "unix:/run/db.sock"} if name == "openvswitch" else {}
    return {
        f"switches.{leaf}.{key}": value
        for leaf in ("leaf1", "leaf2")
        for key, value in ({"platform": name} | login).items()
    }


def view(leaf: str, changes: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = derive(load(model(changes))).hostvars[leaf]["switch_config"]
    SwitchConfig.from_vars(found)
    return found


def errors(changes: dict[str, Any]) -> list[str]:
    with pytest.raises(ModelError) as caught:
        load_all(model(changes))
    return [str(problem) for problem in caught.value.errors]


def test_both_ends_of_a_peer_link_follow_from_one_fact() -> None:
    changes = PAIR | {"switches.leaf2.mlag.domain": 12, "switches.leaf1.mlag.keepalive": {"vrf": "MGMT"}}
    first, second = view("leaf1", changes), view("leaf2", changes)
    assert first["mlag"] == {
        "domain": 12, "peer_link": ["Ethernet7", "Ethernet8"], "vlan": 4094, "address": "169.254.255.0/31",
        "peer_address": "169.254.255.1", "mtu": 9216,
        "keepalive": {"destination": "10.20.0.12", "source": "10.20.0.11", "vrf": "MGMT"},
    }  # fmt: skip
    assert (second["mlag"]["address"], second["mlag"]["peer_address"]) == ("169.254.255.1/31", "169.254.255.0")
    assert second["mlag"]["keepalive"] == {"destination": "10.20.0.11", "source": "10.20.0.12", "vrf": "MGMT"}
    assert (second["mlag"]["domain"], second["mlag"]["peer_link"]) == (12, ["Ethernet6", "Ethernet7"])


def test_the_short_form_has_no_domain_to_configure() -> None:
    assert "mlag" not in view("leaf1", {}) and view("leaf1", {})["mlag_peer"] == "leaf2"
    assert "mlag" not in view("leaf1", {"switches.leaf1.mlag": {"peer": "leaf2"}})


def test_defaults_of_a_domain_are_merged_with_the_short_form() -> None:
    changes = {"defaults.switch.mlag": {"peer_link": ["Ethernet7"], "domain": 5}}
    assert [view(leaf, changes)["mlag"]["domain"] for leaf in ("leaf1", "leaf2")] == [5, 5]


@pytest.mark.parametrize(("name", "has"), [("eos", False), ("nxos", True), ("nvue", True), ("sonic", False)])
def test_a_keepalive_is_derived_where_the_platform_needs_one(name: str, has: bool) -> None:
    assert ("keepalive" in view("leaf1", PAIR | platform(name))["mlag"]) is has


def test_a_subnet_with_more_addresses_begins_with_its_first_host() -> None:
    found = view("leaf2", PAIR | {"switches.leaf1.mlag.subnet": "10.99.0.0/30"})["mlag"]
    assert (found["address"], found["peer_address"]) == ("10.99.0.2/30", "10.99.0.1")


def test_an_uplink_over_both_switches_is_an_aggregation_without_fallback() -> None:
    changes = UPLINK | {"switches.leaf1.uplinks.core.description": "core switches"}
    assert view("leaf1", changes)["lags"][-1] == {
        "name": "core", "description": "core.core switches", "members": ["Ethernet5"], "native": 10,
        "vlans": [10, 20, 30, *range(100, 200)], "mtu": 1500, "mlag": 1000,
        "lacp": {"mode": "active", "rate": "fast", "fallback": False},
    }  # fmt: skip
    lag = SwitchConfig.from_vars(view("leaf1", changes)).lags["core"]
    assert lag.lacp is not None and (lag.lacp.fallback_port, lag.edge) == (None, False)


@pytest.mark.parametrize(
    ("uplink", "native", "mode"),
    [
        ({"native": "none"}, None, "active"),
        ({"native": "cluster", "lacp": {"mode": "static"}}, 30, "on"),
        ({"lacp": {"mode": "passive", "rate": "slow"}}, 10, "passive"),
    ],
)
def test_native_and_lacp_of_an_uplink(uplink: dict[str, Any], native: int | None, mode: str) -> None:
    core = {"members": ["Ethernet5", "Ethernet6"], "networks": ["all"]} | uplink
    lag = view("leaf1", {"switches.leaf1.uplinks": {"core": core}})["lags"][-1]
    assert (lag["native"], lag["lacp"]["mode"], lag["mlag"]) == (native, mode, None)


def test_a_single_port_may_have_another_native_network_or_none() -> None:
    ports = {
        "Ethernet5": {"networks": ["all"], "native": "none"},
        "Ethernet6": {"networks": ["cluster"], "native": "cluster"},
    }
    found = {port["name"]: port for port in view("leaf1", {"switches.leaf1.uplinks": ports})["ports"]}
    assert (found["Ethernet5"]["native"], found["Ethernet6"]["mode"], found["Ethernet6"]["native"]) == (
        None,
        "trunk",
        30,
    )


def test_names_of_broken_out_ports_are_taken() -> None:
    names = ["Ethernet1/1/1", "swp1s0", "xe-0/0/1:0"]
    ports = {"switches.leaf1.ports": ["Ethernet1-8", "Ethernet1/1/1-4", "swp1s0-3", "xe-0/0/1:0-3"]}
    uplinks = {name: {"networks": ["all"]} for name in names}
    assert [port["name"] for port in view("leaf1", ports | {"switches.leaf1.uplinks": uplinks})["ports"]] == names


def test_the_virtual_rack_joins_both_forms_of_a_pair() -> None:
    assert _groups({"a": {"mlag": {"peer": "b"}}, "b": {"mlag": "a"}, "c": {}}) == [["a", "b"], ["c"]]


L1, L2 = "switches.leaf1", "switches.leaf2"
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "peer link on one side": (
        {**PAIR, f"{L2}.mlag": "leaf1"},
        [f"{L2}.mlag.peer_link: is missing: {L1}.mlag has one; name leaf2's ports of the peer link"],
    ),
    "domain without a peer link": (
        {f"{L1}.mlag": {"peer": "leaf2", "domain": 3}},
        [
            f"{L1}.mlag.domain: is not used, since the domain is not configured without a peer_link; give peer_link, or remove it"
        ],
    ),
    "two domains": (
        {**PAIR, f"{L1}.mlag.domain": 3, f"{L2}.mlag.domain": 4},
        [f"{L2}.mlag.domain: 4 is not that of {L1}.mlag.domain (3); write it at one of both switches"],
    ),
    "two VRFs": (
        {**PAIR, f"{L1}.mlag.keepalive": {"vrf": "a"}, f"{L2}.mlag.keepalive": {"vrf": "b"}},
        [f"{L2}.mlag.keepalive.vrf: b is not that of {L1}.mlag.keepalive.vrf (a); write it at one of both switches"],
    ),
    "one cable and two": (
        {**PAIR, f"{L2}.mlag.peer_link": ["Ethernet7"]},
        [f"{L2}.mlag.peer_link: has 1 ports, and that of {L1} has 2; name both ends of each cable"],
    ),
    "no number of a domain": (
        {**PAIR, f"{L1}.mlag.domain": 1001},
        [f"{L1}.mlag.domain: 1001 is no number of a domain; give one from 1 to 1000"],
    ),
    "VLAN of a network": (
        {**PAIR, f"{L1}.mlag.vlan": 30},
        [f"{L1}.mlag.vlan: 30 is the VLAN of networks.cluster; give another VLAN, which no network has"],
    ),
    "default VLAN": (
        {**PAIR, f"{L1}.mlag.vlan": 1},
        [f"{L1}.mlag.vlan: 1 is the default VLAN of switches; give another VLAN, which no network has"],
    ),
    "subnet of a network": (
        {**PAIR, f"{L1}.mlag.subnet": "10.30.0.0/31"},
        [f"{L1}.mlag.subnet: 10.30.0.0/31 overlaps the subnet of networks.cluster; give another subnet"],
    ),
    "subnet of one address": (
        {**PAIR, f"{L1}.mlag.subnet": "10.99.0.0/32"},
        [f"{L1}.mlag.subnet: 10.99.0.0/32 has no two IPv4 addresses; give a /31, such as 169.254.255.0/31"],
    ),
    "no keepalive address": (
        {**PAIR, f"{L1}.mlag.keepalive": {"vrf": "a"}, f"{L2}.address": REMOVED},
        [f"{L2}.mlag.keepalive.address: is missing; give it, or the switch's address"],
    ),
    "port of the peer link twice": (
        {**PAIR, f"{L1}.mlag.peer_link": ["Ethernet1", "Ethernet8"]},
        [
            f"machines.node1.nics.nic0.port: leaf1/Ethernet1 is already cabled to {L1}.mlag.peer_link[0]; name another port"
        ],
    ),
    "no port": (
        {**PAIR, f"{L1}.mlag.peer_link": ["Ethernet7", "Ethernet9"]},
        [f"{L1}.mlag.peer_link[1]: Ethernet9 is not a port of leaf1; did you mean Ethernet8?"],
    ),
    "VLAN on NX-OS": (
        {**PAIR, **platform("nxos"), f"{L1}.mlag.vlan": 4000},
        [f"{L1}.mlag.vlan: is not used with platform: nxos; remove it"],
    ),
    "domain of Junos": (
        {**PAIR, **platform("junos")},
        [
            f"{leaf}.mlag.peer_link: is not configured with platform: junos; remove it, and configure the pair by hand"
            for leaf in (L1, L2)
        ],
    ),
    "domain of Open vSwitch": (
        {**PAIR, **platform("openvswitch")},
        [
            f"{leaf}.mlag.peer_link: is not configured with platform: openvswitch; remove it, and configure the pair by hand"
            for leaf in (L1, L2)
        ],
    ),
    "domain of another pair": (
        {
            **PAIR,
            "switches.spine1": {"platform": "unmanaged", "mlag": {"peer": "spine2", "peer_link": ["a1"]}},
            "switches.spine2": {"platform": "unmanaged", "mlag": {"peer": "spine1", "peer_link": ["a1"]}},
        },
        [
            "switches.spine1.mlag.domain (the default): 1 is already the domain of switches.leaf1 and leaf2; give each pair a domain of its own"
        ],
    ),
    "identifier of a machine": (
        {**UPLINK, f"{L1}.uplinks.core.mlag": 1, f"{L2}.uplinks.core.mlag": 1},
        [
            f"{leaf}.uplinks.core.mlag: 1 is the identifier of machines.node1, which is cabled to both switches; give another identifier, such as 500"
            for leaf in (L1, L2)
        ],
    ),
    "uplink on one switch": (
        {f"{L1}.uplinks": {"core": CORE}},
        [
            f"{L1}.uplinks.core.mlag: 1000 is not that of {L2}.uplinks.core; describe core on both switches with one identifier"
        ],
    ),
    "two identifiers": (
        {**UPLINK, f"{L2}.uplinks": {"core": CORE | {"mlag": 1001}}},
        [
            f"{L1}.uplinks.core.mlag: 1000 is not that of {L2}.uplinks.core; describe core on both switches with one identifier",
            f"{L2}.uplinks.core.mlag: 1001 is not that of {L1}.uplinks.core; describe core on both switches with one identifier",
        ],
    ),
    "other VLANs": (
        {**UPLINK, f"{L2}.uplinks": {"core": CORE | {"native": "none"}}},
        [f"{L2}.uplinks.core: carries other VLANs than {L1}.uplinks.core; give both the same networks and native"],
    ),
    "identifier twice": (
        {
            **UPLINK,
            f"{L1}.uplinks": {"core": CORE, "dmz": CORE | {"members": ["Ethernet6"]}},
            f"{L2}.uplinks": {"core": CORE, "dmz": CORE | {"members": ["Ethernet6"]}},
        },
        [
            f"{leaf}.uplinks.dmz.mlag: 1000 is already the identifier of core; give another identifier"
            for leaf in (L1, L2)
        ],
    ),
    "no pair": (
        {
            f"{L1}.mlag": REMOVED,
            f"{L2}.mlag": REMOVED,
            "defaults": {"machine": {"bond": {"mode": "active-backup"}}},
            f"{L1}.uplinks": {"core": CORE},
        },
        [f"{L1}.uplinks.core.mlag: 1000 needs an MLAG pair, and leaf1 is in none; give {L1}.mlag, or remove it"],
    ),
    "member twice": (
        {f"{L1}.uplinks": {"core": {"members": ["Ethernet1"], "networks": ["all"]}}},
        [
            f"machines.node1.nics.nic0.port: leaf1/Ethernet1 is already cabled to {L1}.uplinks.core.members[0]; name another port"
        ],
    ),
    "keys without members": (
        {f"{L1}.uplinks": {"Ethernet5": {"networks": ["all"], "lacp": {"rate": "slow"}, "mlag": 9}}},
        [
            f"{L1}.uplinks.Ethernet5.{key}: is not used without members; give members, or remove it"
            for key in ("lacp", "mlag")
        ],
    ),
    "name of a machine": (
        {f"{L1}.uplinks": {"node1": {"members": ["Ethernet5"], "networks": ["all"]}}},
        [
            f"{L1}.uplinks.node1: node1 is also the name of a machine, whose aggregations have it; give the uplink another name"
        ],
    ),
    "name of a port": (
        {f"{L1}.uplinks": {"Ethernet5": {"members": ["Ethernet6"], "networks": ["all"]}}},
        [f"{L1}.uplinks.Ethernet5: Ethernet5 is the name of a port; give the aggregation another name, such as core"],
    ),
    "access with members": (
        {f"{L1}.uplinks": {"core": {"members": ["Ethernet5"], "networks": ["cluster"], "mode": "access"}}},
        [f"{L1}.uplinks.core.mode: access is not possible with members; write mode: trunk, or remove members"],
    ),
    "native of others": (
        {f"{L1}.uplinks": {"Ethernet5": {"networks": ["cluster", "management"], "native": "provision"}}},
        [
            f"{L1}.uplinks.Ethernet5.native: provision is not one of the uplink's networks with one VLAN; choose from: cluster, management, none"
        ],
    ),
    "native with access": (
        {f"{L1}.uplinks": {"Ethernet5": {"networks": ["cluster"], "mode": "access", "native": "cluster"}}},
        [f"{L1}.uplinks.Ethernet5.native: cluster is not used with mode: access; remove it, or write mode: trunk"],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), CASES.values(), ids=CASES.keys())
def test_what_is_refused(changes: dict[str, Any], expected: list[str]) -> None:
    assert errors(changes) == expected
