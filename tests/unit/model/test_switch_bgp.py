# SPDX-License-Identifier: GPL-3.0-or-later
"""BGP peers that are switches of the model: their end is an input of the role switch, and contradictions are refused."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.by_hand import table
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError, SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import model

Changes = dict[str, Any]
EOS = {"platform": "eos", "address": "10.20.0.11", "username": "u", "password": "{{ vault }}", "mlag": "leaf2"}
UNMANAGED = {"platform": "unmanaged", "mlag": "leaf2"}
SWITCHES: Changes = {"switches.leaf1": EOS, "switches.leaf2": EOS | {"address": "10.20.0.12", "mlag": "leaf1"}}
PEER: Changes = {"address": "10.30.0.201", "as_number": 64601, "switch": "leaf1"}
ROUTER = PEER | {"own_as_number": 64512, "address": "10.30.0.202"}
POOLS = {"public": {"addresses": ["10.99.0.0-10.99.0.2"], "announce": "bgp", "nodes": ["node2"]}}


def calico(**peers: Changes) -> Changes:
    return {"network": {"provider": "calico", "bgp": {"mesh": False, "peers": peers}}, **SWITCHES}


def metallb(**peers: Changes) -> Changes:
    return {
        "network": {"provider": "flannel", "load_balancer": {"pools": POOLS, "peers": peers}},
        **SWITCHES,
    }


def view(changes: Changes, switch: str = "leaf1") -> Any:
    return derive(load(model(changes)), "/state").hostvars[switch]["switch_config"].get("bgp")


def test_the_switch_s_end_of_calico_s_sessions() -> None:
    changes = calico(tor1=PEER | {"password": "{{ vault_tor1 }}", "accept": ["10.0.0.0/8"]})
    found = view(changes)
    assert found == {
        "as_number": 64601,
        "router_id": "10.30.0.201",
        "groups": [
            {
                "name": "tor1",
                "address": "10.30.0.201",
                "as_number": 64512,
                "password": "{{ vault_tor1 }}",
                "neighbors": [{"address": "10.30.0.21", "name": "node1"}, {"address": "10.30.0.22", "name": "node2"}],
                "take": ["10.64.0.0/14"],
                "announce": ["10.0.0.0/8", "10.64.0.0/14"],
                "pass_on": True,
            }
        ],
    }
    assert view(changes, "leaf2") is None
    assert "groundup_by_hand" not in derive(load(model(changes)), "/state").hostvars["cluster"]


def test_the_switch_s_end_of_metallb_s_sessions_announces_nothing() -> None:
    (group,) = view(metallb(tor1=ROUTER))["groups"]
    assert group["name"] == "lb-tor1" and group["announce"] == [] and "pass_on" not in group
    assert group["neighbors"] == [{"address": "10.30.0.22", "name": "node2"}]
    assert group["take"] == ["10.99.0.0/31", "10.99.0.2/32"]


def test_bfd_of_a_peer_is_configured_at_both_ends() -> None:
    changes = metallb(
        tor1=ROUTER | {"bfd": {"interval": 200}}, tor2=ROUTER | {"address": "10.30.0.203", "switch": None}
    )
    (group,) = view(changes)["groups"]
    assert group["bfd"] == {"interval": 200, "multiplier": 3}
    cluster = derive(load(model(changes)), "/state").hostvars["cluster"]["load_balancer_config"]
    assert [peer.get("bfd") for peer in cluster["peers"]] == [group["bfd"], None]
    by_hand = table(SwitchConfig.from_vars({"name": "leaf1", "bgp": view(changes)}))
    assert "    BFD 3 x 200 ms (RFC 5881), so that a session ends after 0.6 s; without echo" in by_hand


def test_without_the_key_a_switch_is_left_alone() -> None:
    peer = {key: value for key, value in PEER.items() if key != "switch"}
    changes = calico(tor1=peer)
    assert view(changes) is None
    assert derive(load(model(changes)), "/state").hostvars["cluster"]["groundup_by_hand"]


def test_an_unmanaged_switch_is_a_table_for_people() -> None:
    changes = {
        **calico(tor1=PEER | {"password": "{{ vault_tor1 }}"}),
        "switches.leaf1": UNMANAGED,
        "switches.leaf2": UNMANAGED | {"mlag": "leaf1"},
    }
    result = derive(load(model(changes)), "/state")
    drawn = result.hostvars["provisioner"]["drawing_config"]["by_hand"]
    assert "  BGP tor1: own AS 64601, AS of neighbors 64512 (eBGP)" in drawn
    assert sum("neighbor 10.30.0.21" in line for line in drawn) == 1
    assert "vault_tor1" not in str(drawn)


def test_the_table_says_what_a_driver_would_be_given() -> None:
    config = SwitchConfig.from_vars({"name": "leaf1", "bgp": view(metallb(tor1=ROUTER | {"password": "clear-1"}))})
    assert table(config)[1:8] == [
        "  BGP lb-tor1: own AS 64601, AS of neighbors 64512 (eBGP)",
        "    from 10.30.0.202, IPv4 unicast, with a password (TCP MD5), that of the model, with graceful restart (RFC 4724)",
        "    neighbor 10.30.0.22: node2",
        "    take 10.99.0.0/31 with prefixes up to /32",
        "    take 10.99.0.2/32 with prefixes up to /32",
        "    take at most 12000 routes of each",
        "    announce nothing",
    ]


WRONG: dict[str, tuple[Changes, str]] = {
    "no switch": (
        calico(tor1=PEER | {"switch": "leaf9"}),
        "network.bgp.peers.tor1.switch: leaf9 is no switch; did you mean leaf2?",
    ),
    "a switch without BGP": (
        {
            **calico(tor1=PEER),
            "switches.leaf1": {"platform": "sonic", "address": "10.20.0.11", "username": "u", "mlag": "leaf2"},
        },
        "network.bgp.peers.tor1.switch: leaf1 is sonic: the filters of BGP on SONiC are templates of its FRR container, which this driver does not write; remove it, and configure the peer by hand",
    ),
    "two AS numbers": (
        calico(tor1=PEER, tor2=PEER | {"address": "10.30.0.203", "as_number": 64602}),
        "network.bgp.peers.tor2.as_number: 64602 is not 64601, that of network.bgp.peers.tor1, which is the same switch; give both the same, or remove one `switch`",
    ),
    "two sessions with one machine": (
        calico(tor1=PEER, tor2=PEER | {"address": "10.30.0.203"}),
        "network.bgp.peers.tor2.switch: leaf1 has a session with 10.30.0.21, as network.bgp.peers.tor1 has; a switch has one with an address; keep one of the two, or remove one `switch`",
    ),
    "another port": (
        metallb(tor1=ROUTER | {"port": 1179}),
        "network.load_balancer.peers.tor1.port: 1179 is not 179, the port of BGP on switches; write 179",
    ),
    "a router elsewhere": (
        metallb(tor1=ROUTER | {"address": "192.0.2.1"}),
        "network.load_balancer.peers.tor1.address: 192.0.2.1 is in no network of machines.node2, and a switch has neighbours in its own subnets only; give an address of that network, or remove `switch`",
    ),
    "BFD with Calico": (
        calico(tor1=PEER | {"bfd": {"interval": 300}}),
        "network.bgp.peers.tor1.bfd: is not possible with calico, whose BGPPeer has no BFD; remove it",
    ),
    "BFD that is too slow for the switch": (
        {
            **metallb(tor1=ROUTER | {"bfd": {"interval": 1000}}),
            "switches.leaf1": EOS | {"platform": "nxos"},
            "switches.leaf2": EOS | {"platform": "nxos", "address": "10.20.0.12", "mlag": "leaf1"},
        },
        "network.load_balancer.peers.tor1.bfd.interval: 1000 is more than 999 ms, the longest of nxos, which leaf1 is; write 999 or less",
    ),
    "a long name": (
        calico(**{"t" * 49: PEER}),
        f"network.bgp.peers.{'t' * 49}: has more than 48 characters, so that no group of the switch can be called so; give the peer a shorter name",
    ),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_what_contradicts_itself_is_refused_with_the_way_out(changes: Changes, message: str) -> None:
    with pytest.raises(ModelError) as error:
        load(model(changes))
    assert message in str(error.value)


def test_a_password_that_a_command_line_misreads_is_refused_and_not_shown() -> None:
    with pytest.raises(ModelError) as error:
        load(model(calico(tor1=PEER | {"password": "a b;c"})))
    assert "network.bgp.peers.tor1.password: " in str(error.value) and "a b;c" not in str(error.value)


GROUP = {"name": "t", "address": "10.30.0.1", "as_number": 64512, "take": ["10.64.0.0/14"]}
GROUP["neighbors"] = [{"address": "10.30.0.21", "name": "node1"}]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "T!"}, "switches|leaf1.bgp.groups.T!: 'T!' is used twice, or is no name"),
        ({"address": "leaf1"}, "leaf1.bgp.groups.t.address: 'leaf1' is no IPv4 address"),
        ({"bfd": {"interval": 49, "multiplier": 3}}, "groups.t.bfd.interval: 49 is out of range; write 50 to 60000"),
        ({"bfd": {"interval": 300, "multiplier": 2}}, "groups.t.bfd.multiplier: 2 is out of range; write 3 to 50"),
        ({"password": "a b"}, "leaf1.bgp.groups.t.password: it has characters"),
        ({"neighbors": []}, "leaf1.bgp.groups.t.neighbors: is empty"),
        ({"neighbors": [{"address": "::1", "name": "node1"}]}, "'::1' is no IPv4 address"),
        ({"neighbors": [{"address": "10.30.0.21", "name": "a b"}]}, "'a b' is no name of a machine"),
        ({"take": []}, "leaf1.bgp.groups.t.take: is empty"),
        ({"take": ["10.64.0.1/14"]}, "leaf1.bgp.groups.t.take: '10.64.0.1/14' is no IPv4 subnet"),
        ({"announce": ["::/0"]}, "leaf1.bgp.groups.t.announce: '::/0' is no IPv4 subnet"),
    ],
)
def test_an_input_that_cannot_be_written_is_refused(changed: Changes, message: str) -> None:
    bgp = {"as_number": 64601, "router_id": "10.30.0.1", "groups": [GROUP | changed]}
    with pytest.raises(FabricError) as error:
        SwitchConfig.from_vars({"name": "leaf1", "bgp": bgp})
    assert message.rpartition("|")[2] in str(error.value)


def test_a_neighbour_of_two_groups_is_refused() -> None:
    bgp = {"as_number": 64601, "router_id": "10.30.0.1", "groups": [GROUP, GROUP | {"name": "u"}]}
    with pytest.raises(FabricError, match="is already a neighbor of the group t"):
        SwitchConfig.from_vars({"name": "leaf1", "bgp": bgp})


def test_all_mistakes_are_reported_at_once() -> None:
    changes = calico(tor1=PEER | {"switch": "leaf9"}, tor2=PEER | {"switch": "leaf8", "address": "10.30.0.203"})
    with pytest.raises(ModelError) as error:
        load(model(changes))
    assert str(error.value).count("is no switch") == 2
