# SPDX-License-Identifier: GPL-3.0-or-later
"""NVUE: patches of a plan, reading back, names of bonds, and the words of releases."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import (
    FabricError,
    Lacp,
    Lag,
    Membership,
    Port,
    SwitchConfig,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nvue import Nvue
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nvue.names import (
    Words,
    allocate,
    expand,
    interface,
    known,
    text,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nvue.parse import (
    Facts,
    bridge,
    facts,
    has_mlag,
    normal,
    switch_config,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nvue.render import Patches, patches
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import Plan, plan
from services.fabric.nvue_schema import merge

Tree = dict[str, Any]
OLD, NEW = Words("on", "off", "enable"), Words("enabled", "disabled", "state", profiles=True)
TRUNK = Membership.of("trunk", 10, [10, 20])
LAG = Lag("node1", ("swp1", "swp2"), TRUNK, 9000, Lacp(True, True, "swp1"), "node1.bond0", None, True)
PORT = Port("swp3", Membership.of("access", 20, []), 1500, "uplink", True)
PRESENT = frozenset(["eth0", *(f"swp{n}" for n in range(1, 9))])


def desired(*objects: Port | Lag, vlans: dict[int, str] | None = None) -> SwitchConfig:
    ports = {item.name: item for item in objects if isinstance(item, Port)}
    return SwitchConfig("leaf1", ports, {item.name: item for item in objects if isinstance(item, Lag)}, vlans or {})


def look(config: Tree, wanted: SwitchConfig) -> Facts:
    names = {interface("switches.leaf1", port): port for port in wanted.port_names}
    return facts("switches.leaf1", copy.deepcopy(config), PRESENT, wanted, names)


def rendered(config: Tree, wanted: SwitchConfig, words: Words = OLD) -> tuple[Plan, Patches]:
    found = look(config, wanted)
    steps = plan(wanted, switch_config(found, wanted))
    lags = [step.want for step in steps.steps if isinstance(step.want, Lag)]
    return steps, patches(steps, found, allocate(lags, found.channels, found.present), words)


def applied(config: Tree, wanted: SwitchConfig, words: Words = OLD) -> Tree:
    result = json.loads(json.dumps(normal(config)))  # one object per interface of a range
    change = rendered(config, wanted, words)[1]
    merge(result, copy.deepcopy(change.unset))
    merge(result, copy.deepcopy(change.put))
    return result


NATIVE_1 = {"bridge": {"domain": {"br_default": {"untagged": 1}}}}
ROUNDTRIP = [
    (PORT,),
    (LAG,),
    (LAG, PORT),
    (replace(LAG, edge=False), replace(PORT, edge=False, description="")),
    (replace(LAG, lacp=Lacp(True, False, None)),),
    (replace(LAG, lacp=Lacp(True, True, "swp2")),),
    (replace(LAG, lacp=None, mlag=7),),
    (replace(LAG, mlag=7),),
    (replace(LAG, description=""),),
    (replace(LAG, membership=Membership.of("trunk", None, [10, 20])),),
    (replace(PORT, membership=Membership.of("trunk", None, [1])),),
    (replace(PORT, membership=Membership.of("trunk", 1, [1])),),
    (replace(PORT, membership=Membership.of("trunk", 4094, [1, 2, 3, 4094])),),
    (LAG, replace(LAG, name="node2", members=("swp4", "swp5"), description="node2.bond0", mlag=3)),
]
STARTS: list[Tree] = [
    {"interface": {}},
    NATIVE_1 | {"interface": {"swp1": {"bridge": {"domain": {"br_default": {"vlan": {"1-20": {}}}}}}}},
    NATIVE_1 | {"interface": {"bond1": {"type": "bond", "bond": {"member": {"swp1-2": {}}, "mlag": {"id": 9}}}}},
    NATIVE_1 | {"interface": {"bond1": {"bond": {"member": {"swp1-2": {}}, "mode": "lacp", "lacp-rate": "slow"}}}},
    NATIVE_1 | {"interface": {"bond1": {"bond": {"member": {"swp1-2": {}}, "mode": "static"}}}},
    NATIVE_1 | {"interface": {"swp1-3": {"bridge": {"domain": {"br_other": {"access": 5}}}, "link": {"mtu": 1500}}}},
    NATIVE_1 | {"interface": {"swp3": {"bridge": {"domain": {"br_default": {"untagged": 20, "access": 20}}}}}},
]


@pytest.mark.parametrize("words", [OLD, NEW])
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("objects", ROUNDTRIP)
def test_what_is_written_is_read_back(objects: tuple[Port | Lag, ...], start: Tree, words: Words) -> None:
    wanted = desired(*objects, vlans={10: "provision"})
    after = applied(start, wanted, words)
    assert switch_config(look(after, wanted), wanted) == wanted
    again = rendered(after, wanted, words)[1]
    assert (again.unset, again.put) == ({}, {})


def test_only_ports_of_the_plan_are_in_the_patches() -> None:
    start = {"interface": {"swp8": {"description": "others"}, "swp3": {"link": {"speed": "10G"}, "qos": {}}}}
    __, change = rendered(start, desired(PORT))
    assert change.unset == {} and list(change.put["interface"]) == ["swp3"]
    assert change.put["interface"]["swp3"]["link"] == {"mtu": 1500}


def test_unset_is_only_what_the_switch_has() -> None:
    have = {"access": 5, "vlan": {"1-9": {}, "10": {}}, "stp": {"admin-edge": "on", "auto-edge": "on"}}
    start = {"interface": {"swp3": {"bridge": {"domain": {"br_default": have}}, "description": "old"}}}
    port = Port("swp3", Membership.of("trunk", None, [10]), 1500)
    inside = {"access": None, "vlan": {"1-9": None}, "stp": {"admin-edge": None}}
    change = rendered(start, desired(port))[1]
    assert change.unset == {"interface": {"swp3": {"description": None, "bridge": {"domain": {"br_default": inside}}}}}


def test_a_removed_bond_is_unset_as_a_whole_and_a_member_is_cleaned() -> None:
    start = {
        "interface": {
            "bond4": {"type": "bond", "bond": {"member": {"swp1": {}}}},
            "swp2": {"bridge": {"domain": {"br_default": {"access": 5}}}, "link": {"mtu": 1500, "speed": "25G"}},
        }
    }
    steps, change = rendered(start, desired(LAG))
    assert [str(step) for step in steps.steps] == ["remove lag bond4", "remove port swp2", "add lag node1"]
    assert change.unset == {"interface": {"bond4": None, "swp2": {"bridge": None, "link": {"mtu": None}}}}
    assert list(change.put["interface"]) == ["bond1"]


@pytest.mark.parametrize(
    ("bonds", "name"),
    [
        ({}, None),
        ({"node1": {}}, "node1"),
        ({"bond3": {"description": "node1.bond0"}}, "bond3"),
        ({"bond3": {"description": "node1 left"}}, "bond3"),
        ({"bond3": {"description": "node10.bond0"}}, None),
        ({"bond3": {"bond": {"member": {"swp1-2": {}}}}}, "bond3"),
        ({"bond3": {"bond": {"member": {"swp1": {}}}}}, None),
        ({"bond3": {"bond": {"member": {"swp1": {}, "swp2": {}}}}, "bond8": {"description": "node1"}}, "bond8"),
        ({"bond3": {"type": "peerlink", "description": "node1"}}, None),
    ],
)
def test_the_bond_of_an_aggregation_is_found(bonds: Tree, name: str | None) -> None:
    assert known([LAG], {key: {"type": "bond"} | item for key, item in bonds.items()}).get("node1") == name


def test_a_name_that_begins_with_another_keeps_its_bond() -> None:
    longer = replace(LAG, name="node1.r1", members=("swp4",), description="node1.r1.bond0")
    bonds = {
        "bond1": {"type": "bond", "description": "node1.r1.bond0"},
        "bond2": {"type": "bond", "description": "node1.bond0"},
    }
    assert known([LAG, longer], bonds) == {"node1.r1": "bond1", "node1": "bond2"}


def test_bonds_get_their_mlag_identifier_or_the_lowest_free_number() -> None:
    lags = [replace(LAG, name=name, mlag=mlag) for name, mlag in [("c", None), ("b", 3), ("a", None), ("d", 2)]]
    found = allocate(lags, {"e": "bond1"}, {"bond1", "bond2", "swp1"})
    assert found == {"e": "bond1", "b": "bond3", "d": "bond4", "a": "bond5", "c": "bond6"}
    assert allocate(list(reversed(lags)), {"e": "bond1"}, {"bond1", "bond2", "swp1"}) == found


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("swp1", ["swp1"]),
        ("swp1-3", ["swp1", "swp2", "swp3"]),
        ("swp2,4", ["swp2", "swp4"]),
        ("swp1s0-1", ["swp1s0", "swp1s1"]),
        ("10-12,20", ["10", "11", "12", "20"]),
        ("peerlink.4094", ["peerlink.4094"]),
        ("bond1,swp3-4", ["bond1", "swp3", "swp4"]),
    ],
)
def test_keys_of_several_names(key: str, names: list[str]) -> None:
    assert expand(key) == names


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ({"build": "Cumulus Linux 5.9.1"}, OLD),
        ({"product-release": "5.11.0"}, OLD),
        ({"version": {"product-release": "5.14.0"}}, OLD),
        ({"version": {"product-release": "5.15.0"}}, NEW),
        ({"product-release": "6.0"}, NEW),
    ],
)
def test_words_of_a_release(system: Tree, words: Words) -> None:
    assert Words.of("switches.leaf1", system) == words


@pytest.mark.parametrize("system", [{}, {"build": "unknown"}])
def test_an_unknown_release_is_an_error(system: Tree) -> None:
    with pytest.raises(FabricError, match="its release is not known"):
        Words.of("switches.leaf1", system)


def test_without_a_setting_the_mtu_is_that_of_the_platform() -> None:
    start = {"interface": {"swp3": {"bridge": {"domain": {"br_default": {"access": 20}}}}}}
    assert switch_config(look(start, desired(PORT)), desired(PORT)).ports["swp3"].mtu == 9216


def test_a_members_own_mtu_differs_from_the_bonds() -> None:
    after = applied({"interface": {}}, desired(LAG))
    after["interface"]["swp2"] = {"link": {"mtu": 1500}}
    assert switch_config(look(after, desired(LAG)), desired(LAG)).lags["node1"].mtu == 1500
    assert applied(after, desired(LAG))["interface"]["swp2"] == {"link": {}}


@pytest.mark.parametrize(
    ("setting", "native"), [({}, 1), ({"untagged": "auto"}, 1), ({"untagged": "none"}, None), ({"untagged": 9}, 9)]
)
def test_the_native_vlan_of_a_trunk(setting: Tree, native: int | None) -> None:
    start = {"interface": {"swp3": {"bridge": {"domain": {"br_default": {"vlan": {"5": {}}} | setting}}}}}
    assert switch_config(look(start, desired(PORT)), desired(PORT)).ports["swp3"].membership.native == native


@pytest.mark.parametrize(
    ("mlag", "link", "has"),
    [
        ({}, True, False),
        ({"enable": "on"}, False, False),
        ({"enable": "on"}, True, True),
        ({"state": "enabled"}, True, True),
        ({"enable": "off", "mac-address": "44:38:39:be:ef:aa"}, True, False),
        ({"mac-address": "44:38:39:be:ef:aa"}, True, True),
    ],
)
def test_mlag_needs_a_peer_link(mlag: Tree, link: bool, has: bool) -> None:
    peer = {"peerlink": {"type": "peerlink", "bond": {"member": {"swp11-12": {}}}}, "peerlink.4094": {"type": "sub"}}
    assert has_mlag({"mlag": mlag, "interface": peer if link else {}}) is has


@pytest.mark.parametrize("value", ["two\nlines", 'a "b"', "it's", "a`b`", "$x", "back\\slash", "ü", "x" * 201])
def test_an_unsafe_description_is_refused(value: str) -> None:
    with pytest.raises(FabricError, match="the switch may misread"):
        text("switches.leaf1.ports.swp1", value)


@pytest.mark.parametrize("name", ["eth0", "bond1", "vlan10", "swp", "swp1/2", "swp1.10", "Ethernet1"])
def test_only_front_panel_ports_are_ports(name: str) -> None:
    with pytest.raises(FabricError, match="no front panel port"):
        interface("switches.leaf1", name)
    assert interface("switches.leaf1", "Swp1s0") == "swp1s0"


def test_a_port_is_known_by_the_models_spelling() -> None:
    wanted = desired(replace(PORT, name="SWP3"))
    assert switch_config(look(applied({"interface": {}}, wanted), wanted), wanted) == wanted


def test_the_bridge_is_the_default_one_or_the_only_one() -> None:
    assert bridge("x", {}) == "br_default"
    assert bridge("x", {"bridge": {"domain": {"br0": {}}}}) == "br0"
    assert bridge("x", {"bridge": {"domain": {"br0": {}, "br_default": {}}}}) == "br_default"
    with pytest.raises(FabricError, match="br0, br1"):
        bridge("x", {"bridge": {"domain": {"br0": {}, "br1": {}}}})


def test_the_port_is_that_of_nvue_unless_given() -> None:
    connection = {"address": "192.0.2.1", "username": "u", "password": "p"}
    assert Nvue("leaf1", connection)._https._url("/nvue_v1/") == "https://192.0.2.1:8765/nvue_v1/"
    assert Nvue("leaf1", connection | {"port": 443})._https._url("/") == "https://192.0.2.1:443/"


def test_passive_lacp_is_refused() -> None:
    wanted = desired(replace(LAG, lacp=Lacp(False, True, None)))
    with pytest.raises(FabricError, match="no passive LACP"):
        Nvue("leaf1", {})._refuse(look({"interface": {}}, wanted), wanted)
