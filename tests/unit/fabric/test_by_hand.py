# SPDX-License-Identifier: GPL-3.0-or-later
"""An unmanaged switch: a table of what people have to configure, and nobody logs in."""

from __future__ import annotations

from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.fabric.by_hand import table
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from ansible_collections.groundup.cloud.plugins.module_utils.prove.switches import switch_proofs

LACP = {"mode": "active", "rate": "slow", "fallback": True, "fallback_port": "Ethernet10"}
PARAMS: dict[str, Any] = {
    "name": "leaf1",
    "platform": "unmanaged",
    "connection": {},
    "mlag_peer": "leaf2",
    "vlans": [{"id": vlan, "name": f"tenants-{vlan}"} for vlan in (100, 101, 102)] + [{"id": 10, "name": "provision"}],
    "ports": [
        {"name": "Ethernet48", "description": "router", "mode": "trunk", "vlans": [10, 100], "mtu": 9000},
        {"name": "Ethernet9", "description": "node1.bmc", "mode": "access", "native": 20, "vlans": [20], "mtu": 1500,
         "edge": True},
    ],
    "lags": [
        {"name": "node1", "description": "node1.bond0", "members": ["Ethernet10", "Ethernet2"], "native": 10,
         "vlans": [100, 101, 102], "mtu": 9000, "lacp": LACP, "mlag": 1, "edge": True},
    ],
    "cabling": [{"port": "Ethernet2", "machine": "node1", "nic": "nic0", "mac": "52:54:00:00:01:00"}],
    "confirm": {"peers": ["192.0.2.1"], "timeout": 120},
}  # fmt: skip
TABLE = """\
leaf1: to be configured by hand, as one of an MLAG pair with leaf2
  VLAN 10: provision
  VLAN 100-102: tenants-100 to tenants-102
  port        mode    native VLAN  tagged VLANs  LAG    MLAG  LACP                    edge  MTU   description
  Ethernet2   trunk   10           100-102       node1  1     active, slow            yes   9000  node1.bond0
  Ethernet9   access  20           -             -      -     -                       yes   1500  node1.bmc
  Ethernet10  trunk   10           100-102       node1  1     active, slow, fallback  yes   9000  node1.bond0
  Ethernet48  trunk   -            10,100        -      -     -                       -     9000  router
"""


def test_the_table_says_all_that_a_driver_would_configure() -> None:
    assert "\n".join([*table(SwitchConfig.from_vars(PARAMS), "leaf2"), ""]) == TABLE


def test_vlans_of_other_names_are_listed_one_by_one() -> None:
    names = [
        {"id": 10, "name": "a"},
        {"id": 11, "name": "b-11"},
        {"id": 12, "name": "c-12"},
        {"id": 14, "name": "c-14"},
    ]
    lines = table(SwitchConfig.from_vars({**PARAMS, "vlans": names}))
    assert lines[:5] == [
        "leaf1: to be configured by hand", "  VLAN 10: a", "  VLAN 11: b-11", "  VLAN 12: c-12", "  VLAN 14: c-14"
    ]  # fmt: skip


class Locked:
    """A switch that fails the test if anybody uses it."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"an unmanaged switch was asked: {name}")


def test_nobody_logs_in_and_nothing_is_changed() -> None:
    def answers(addresses: list[str]) -> set[str]:
        raise AssertionError(f"{addresses} were pinged")

    for check in (True, False):
        done = run(PARAMS, check=check, switch=Locked(), answers=answers)
        assert (done.changed, done.steps, done.mistakes) == (False, [], [])
        assert "\n".join([*done.by_hand, ""]) == TABLE


def test_its_proofs_are_not_tried_and_say_why() -> None:
    proofs = switch_proofs(PARAMS, Locked())
    assert [proof.name for proof in proofs] == [
        "leaf1: runs what the model says",
        "leaf1: LACP is negotiated with the right machine on every member of node1",
    ]
    assert {proof.ok for proof in proofs} == {None}
    assert {(proof.evidence, proof.why_not_real) for proof in proofs} == {
        ("not tried", "unmanaged: the switch is configured by hand, and nobody logs in to it")
    }


def test_the_domain_of_a_pair_is_in_the_table() -> None:
    domain = {"domain": 12, "peer_link": ["Ethernet7", "Ethernet8"], "vlan": 4094, "address": "169.254.255.0/31"}
    domain |= {"peer_address": "169.254.255.1", "mtu": 9216, "keepalive": {"destination": "10.0.0.3", "vrf": "mgmt"}}
    lines = table(SwitchConfig.from_vars(PARAMS | {"mlag": domain}))
    assert [line for line in lines if "MLAG" in line and "port" not in line] == [
        "  MLAG domain 12: peer link Ethernet7, Ethernet8 as one LAG for all VLANs and VLAN 4094, MTU 9216",
        "  MLAG addresses on VLAN 4094: 169.254.255.0/31 here, 169.254.255.1 there",
        "  MLAG keepalive: this switch to 10.0.0.3 in VRF mgmt",
    ]


def test_a_static_aggregation_is_named_as_one() -> None:
    lag = {"name": "node7", "members": ["Ethernet7"], "native": 10, "vlans": [10], "mtu": 1500, "lacp": {"mode": "on"}}
    assert any("none (static)" in line for line in table(SwitchConfig.from_vars({"name": "leaf1", "lags": [lag]})))
