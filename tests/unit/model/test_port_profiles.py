# SPDX-License-Identifier: GPL-3.0-or-later
"""Port profiles, devices that are no machines, and breakout ports: what follows from them, and what is refused."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.by_hand import table
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.port_names import expand
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import model

OFFICE: dict[str, Any] = {"networks": ["management"], "description": "desks"}
PROFILES: dict[str, Any] = {"port_profiles": {"office": OFFICE}}
L1, L2 = "switches.leaf1", "switches.leaf2"


def view(leaf: str, changes: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = derive(load(model(changes))).hostvars[leaf]["switch_config"]
    SwitchConfig.from_vars(found)
    return found


def errors(changes: dict[str, Any]) -> list[str]:
    with pytest.raises(ModelError) as caught:
        load_all(model(changes))
    return [str(problem) for problem in caught.value.errors]


def warnings(changes: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in load_all(model(changes)).warnings]


def test_a_range_of_devices_is_as_many_ports() -> None:
    changes = PROFILES | {f"{L1}.devices": {"Ethernet3-5": {"profile": "office"}}}
    own = {"description": "desks", "mode": "access", "native": 20, "vlans": [20], "mtu": 1500, "edge": True}
    assert view("leaf1", changes)["ports"] == [{"name": f"Ethernet{number}", **own} for number in (3, 4, 5)]
    assert {"id": 20, "name": "management"} in view("leaf1", changes)["vlans"]


@pytest.mark.parametrize(
    ("own", "profile", "expected"),
    [
        ({}, {}, {"description": "desks", "edge": True, "mtu": 1500, "native": 20, "mode": "access"}),
        ({"description": "printer"}, {}, {"description": "printer", "edge": True}),
        ({"networks": ["cluster"]}, {}, {"native": 30, "description": "desks"}),
        ({}, {"edge": False}, {"edge": False}),
        ({"edge": True}, {"edge": False}, {"edge": True}),
        ({}, {"mtu": 9000}, {"mtu": 9000}),
        ({"mtu": 1600}, {"mtu": 9000}, {"mtu": 1600}),
        ({}, {"mode": "trunk"}, {"mode": "trunk", "native": None}),
        ({}, {"networks": ["management", "cluster"], "native": "cluster"}, {"mode": "trunk", "native": 30}),
        ({"native": "none"}, {"networks": ["all"]}, {"native": None}),
        ({}, {"networks": ["all"]}, {"native": 10}),
    ],
)
def test_a_port_has_its_own_keys_before_those_of_its_profile(
    own: dict[str, Any], profile: dict[str, Any], expected: dict[str, Any]
) -> None:
    changes = {
        "port_profiles": {"office": OFFICE | profile},
        f"{L1}.devices": {"Ethernet3": {"profile": "office", **own}},
    }
    (port,) = view("leaf1", changes)["ports"]
    assert {key: port.get(key, False) for key in expected} == expected


def test_uplinks_are_no_edge_ports_unless_a_profile_or_a_key_says_so() -> None:
    uplinks = {"Ethernet3": {"profile": "office"}, "Ethernet4": {"profile": "office", "edge": True}}
    found = view("leaf1", PROFILES | {f"{L1}.uplinks": uplinks})["ports"]
    assert [port.get("edge", False) for port in found] == [False, True]
    edge = {"port_profiles": {"office": OFFICE | {"edge": True}}}
    assert [port["edge"] for port in view("leaf1", edge | {f"{L1}.uplinks": uplinks})["ports"]] == [True, True]


def test_a_device_may_be_an_aggregation_over_both_switches() -> None:
    nas = {"profile": "nas", "members": ["Ethernet5"], "mlag": 600}
    profile = {"networks": ["cluster"], "lacp": {"rate": "slow"}, "mtu": 9000, "mode": "trunk"}
    changes = {"port_profiles": {"nas": profile}, f"{L1}.devices": {"nas": nas}, f"{L2}.devices": {"nas": nas}}
    assert view("leaf1", changes)["lags"][-1] == view("leaf2", changes)["lags"][-1]
    assert view("leaf1", changes)["lags"][-1] == {
        "name": "nas", "description": "nas.device", "members": ["Ethernet5"], "native": None, "vlans": [30], "mtu": 9000,
        "lacp": {"mode": "active", "rate": "slow", "fallback": False}, "mlag": 600, "edge": True,
    }  # fmt: skip


JUMBO: dict[str, Any] = {"port_profiles": {"jumbo": {"mtu": 9000, "edge": False, "description": "row 7"}}}


def test_the_ports_of_a_machine_take_what_does_not_follow_from_the_machine() -> None:
    before = view("leaf1", {})["lags"]
    after = view("leaf1", JUMBO | {"machines.node1.port_profile": "jumbo"})["lags"]
    assert after[0] == before[0] | {"mtu": 9000, "edge": False, "description": "node1.bond0 row 7"}
    assert after[1] == before[1]
    machine = derive(load(model(JUMBO | {"machines.node1.port_profile": "jumbo"}))).hostvars["node1"]
    assert machine["host_network_config"] == derive(load(model())).hostvars["node1"]["host_network_config"]


def test_a_link_names_another_profile_than_its_machine() -> None:
    links = {"main": {"nic": "nic0"}, "storage": {"nic": "nic1", "networks": ["cluster"], "port_profile": "jumbo"}}
    changes = {**JUMBO, "machines.node1.links": links, "machines.node1.port_profile": "plain"}
    changes["port_profiles"] = JUMBO["port_profiles"] | {"plain": {"description": "plain"}}
    (first,), (second,) = (view(leaf, changes)["ports"] for leaf in ("leaf1", "leaf2"))
    assert (first["description"], first["mtu"], first["edge"]) == ("node1.nic0 plain", 1500, True)
    assert (second["description"], second["mtu"], second["edge"]) == ("node1.nic1 row 7", 9000, False)


def test_only_ports_that_the_model_names_are_in_the_input() -> None:
    changes = PROFILES | {f"{L1}.devices": {"Ethernet3-5": {"profile": "office"}}}
    config = SwitchConfig.from_vars(view("leaf1", changes))
    assert config.port_names == {f"Ethernet{number}" for number in (1, 2, 3, 4, 5)}


def test_devices_are_drawn_and_in_the_table_for_people() -> None:
    changes = PROFILES | {f"{L1}.devices": {"Ethernet3-5": {"profile": "office"}}}
    drawing = derive(load(model(changes))).hostvars["provisioner"]["drawing_config"]
    assert drawing["switches"][0]["uplinks"] == {"Ethernet3-5": "desks"}
    lines = table(SwitchConfig.from_vars(view("leaf1", changes)))
    assert [line.split()[0] for line in lines if line.endswith("desks")] == ["Ethernet3", "Ethernet4", "Ethernet5"]


REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown profile": (
        {**PROFILES, f"{L1}.devices": {"Ethernet3": {"profile": "ofice"}}},
        [f"{L1}.devices.Ethernet3.profile: ofice is not one of port_profiles; did you mean office?"],
    ),
    "no networks at all": (
        {"port_profiles": {"office": {"mtu": 1500}}, f"{L1}.devices": {"Ethernet3": {"profile": "office"}}},
        [f"{L1}.devices.Ethernet3.networks: is missing; list the networks on this port, or [all]"],
    ),
    "a network of a profile, said once": (
        {"port_profiles": {"office": {"networks": ["offices"]}}, f"{L1}.devices": {"Ethernet3-5": {"profile": "office"}}},
        ["port_profiles.office.networks[0]: offices is not a network; choose from: cluster, management, provision, tenants"],
    ),
    "native of a profile": (
        {
            "port_profiles": {"office": {"networks": ["management"], "mode": "trunk", "native": "cluster"}},
            f"{L1}.devices": {"Ethernet3": {"profile": "office"}},
        },
        ["port_profiles.office.native: cluster is not one of the device's networks with one VLAN; choose from: management, none"],
    ),
    "a port of a machine": (
        {**PROFILES, f"{L1}.devices": {"Ethernet2-4": {"profile": "office"}}},
        [f"machines.node2.nics.nic0.port: leaf1/Ethernet2 is already cabled to {L1}.devices.Ethernet2-4; name another port"],
    ),
    "a port twice": (
        {**PROFILES, f"{L1}.devices": {"Ethernet3-5": {"profile": "office"}, "Ethernet5": {"profile": "office"}}},
        [f"{L1}.devices.Ethernet5: leaf1/Ethernet5 is already cabled to {L1}.devices.Ethernet3-5; name another port"],
    ),
    "a port that the switch does not have": (
        {**PROFILES, f"{L1}.devices": {"Ethernet8-9": {"profile": "office"}}},
        [f"{L1}.devices.Ethernet8-9: Ethernet9 is not a port of leaf1; did you mean Ethernet8?"],
    ),
    "a range that is none": (
        {**PROFILES, f"{L1}.devices": {"Ethernet5-3": {"profile": "office"}}},
        [f"{L1}.devices.Ethernet5-3: Ethernet5-3 is not a range of ports; write it as Ethernet1-48"],
    ),
    "MTU below a network": (
        {
            "networks.management.mtu": 9000,
            "port_profiles": {"office": OFFICE | {"mtu": 1500}},
            f"{L1}.devices": {"Ethernet3": {"profile": "office"}},
        },
        ["port_profiles.office.mtu: 1500 is less than the 9000 of networks.management.mtu; raise the lower value or reduce the higher one"],
    ),
    "MTU above the switch": (
        {**PROFILES, f"{L1}.mtu": 9000, f"{L1}.uplinks": {"Ethernet3": {"networks": ["all"], "mtu": 9216}}},
        [f"{L1}.uplinks.Ethernet3.mtu: 9216 is above the 9000 bytes of {L1}.mtu; raise the lower value or reduce the higher one"],
    ),
    "an aggregation of both kinds": (
        {
            f"{L1}.uplinks": {"core": {"networks": ["all"], "members": ["Ethernet3"]}},
            f"{L1}.devices": {"core": {"networks": ["all"], "members": ["Ethernet4"]}},
        },
        [f"{L1}.devices.core: core is also the name of {L1}.uplinks.core; give the aggregation another name, such as nas"],
    ),
    "both ends of one aggregation": (
        {
            f"{L1}.devices": {"nas": {"networks": ["all"], "members": ["Ethernet5"], "mlag": 600, "mtu": 9000}},
            f"{L2}.devices": {"nas": {"networks": ["all"], "members": ["Ethernet5"], "mlag": 600}},
        },
        [f"{L2}.devices.nas.mtu: is not that of {L1}.devices.nas, the other end of one aggregation; give both the same mtu"],
    ),
    "mlag of a device on one side": (
        {f"{L1}.devices": {"nas": {"networks": ["all"], "members": ["Ethernet5"], "mlag": 600}}},
        [f"{L1}.devices.nas.mlag: 600 is not that of {L2}.devices.nas; describe nas on both switches with one identifier"],
    ),
    "lacp of a range": (
        {**PROFILES, f"{L1}.devices": {"Ethernet3-5": {"profile": "office", "lacp": {"rate": "slow"}}}},
        [f"{L1}.devices.Ethernet3-5.lacp: is not used without members; give members, or remove it"],
    ),
    "unknown profile of a machine": (
        {**JUMBO, "machines.node1.port_profile": "jumb"},
        ["machines.node1.port_profile: jumb is not one of port_profiles; did you mean jumbo?"],
    ),
    "VLANs by the profile of a machine": (
        {**PROFILES, "machines.node1.port_profile": "office"},
        ["machines.node1.port_profile: office has networks, which for a machine follows from its links; name a profile with mtu, edge, description only"],
    ),
    "MTU of a machine's ports": (
        {"port_profiles": {"small": {"mtu": 1500}}, "networks.cluster.mtu": 9000, "machines.node1.port_profile": "small"},
        ["port_profiles.small.mtu: 1500 is less than the 9000 bytes of machines.node1; raise the lower value or reduce the higher one"],
    ),
    "MTU of a machine's ports above the switch": (
        {"port_profiles": {"jumbo": {"mtu": 9216}}, f"{L2}.mtu": 9000, "machines.node1.port_profile": "jumbo"},
        [f"port_profiles.jumbo.mtu: 9216 is above the 9000 bytes of {L2}.mtu; raise the lower value or reduce the higher one"],
    ),
    "profile of a machine without cables": (
        {
            **JUMBO,
            "machines.node1.port_profile": "jumbo",
            "machines.node1.nics": {"nic0": {"mac": "52:54:00:00:01:00"}, "nic1": {"mac": "52:54:00:00:01:01"}},
        },
        ["machines.node1.port_profile: jumbo is not used: no NIC of the machine has a port; remove it, or give port of a NIC"],
    ),
    "a port that is broken out, in the list": (
        {f"{L1}.ports": ["Ethernet1-8", "Ethernet8/1-4"]},
        [f"{L1}.ports[0]: Ethernet8 is broken out: {L1}.ports[1] has Ethernet8/1 and 3 more; name one of its parts instead, or remove these"],
    ),
    "a port that is broken out, in use": (
        {f"{L1}.ports": [], f"{L1}.uplinks": {"Ethernet2/1": {"networks": ["all"]}}},
        [f"machines.node2.nics.nic0: Ethernet2 is broken out: {L1}.uplinks.Ethernet2/1 has Ethernet2/1; name one of its parts instead, or remove these"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    changes, expected = REFUSED[case]
    assert errors(changes) == expected


def test_a_profile_that_nobody_names_is_a_warning() -> None:
    assert "port_profiles.office: is the profile of no port; name it at ports or machines, or remove it" in warnings(
        PROFILES
    )
    assert not [
        text
        for text in warnings(PROFILES | {f"{L1}.devices": {"Ethernet3": {"profile": "office"}}})
        if "office" in text
    ]


@pytest.mark.parametrize(
    ("text", "first", "last", "count"),
    [
        ("Ethernet1-48", "Ethernet1", "Ethernet48", 48),
        ("Ethernet1/49/1-4", "Ethernet1/49/1", "Ethernet1/49/4", 4),
        ("et-0/0/1:0-3", "et-0/0/1:0", "et-0/0/1:3", 4),
        ("swp1s0-3", "swp1s0", "swp1s3", 4),
        ("Ethernet01-08", "Ethernet01", "Ethernet08", 8),
        ("et-0/0/1", "et-0/0/1", "et-0/0/1", 1),
    ],
)
def test_ranges_of_ports(text: str, first: str, last: str, count: int) -> None:
    found = expand(text)
    assert (found[0], found[-1], len(found)) == (first, last, count)
