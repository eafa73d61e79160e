# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans between two configurations, and what Open vSwitch is told of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import (
    FabricError,
    Lacp,
    Lag,
    Membership,
    Port,
    SwitchConfig,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.ovs_commands import commands
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan

TRUNK = Membership.of("trunk", 10, [10, 20])
ACCESS = Membership.of("access", 20, [])
LAG = Lag("node1", ("Ethernet1", "Ethernet2"), TRUNK, 9000, Lacp(True, True, "Ethernet1"))
P1, P2, P3 = (Port(f"Ethernet{n}", ACCESS, 1500) for n in (1, 2, 3))
NETDEVS = {f"Ethernet{n}": f"leaf1-e{n}" for n in range(1, 5)}


def config(*objects: Port | Lag) -> SwitchConfig:
    ports = {item.name: item for item in objects if isinstance(item, Port)}
    return SwitchConfig("leaf1", ports, {item.name: item for item in objects if isinstance(item, Lag)})


@pytest.mark.parametrize(
    ("desired", "actual", "steps"),
    [
        (config(LAG, P3), config(LAG, P3), []),
        (config(LAG), config(), ["add lag node1"]),
        (config(LAG), config(P1, P2), ["remove port Ethernet1", "remove port Ethernet2", "add lag node1"]),
        (config(LAG), config(replace(LAG, mtu=1500)), ["change lag node1"]),
        (config(LAG), config(replace(LAG, name="po7")), ["remove lag po7", "add lag node1"]),
        (config(P1), config(replace(LAG, members=("Ethernet1",))), ["remove lag node1", "add port Ethernet1"]),
        (config(P3), config(P3, P1, LAG), []),
    ],
)
def test_steps(desired: SwitchConfig, actual: SwitchConfig, steps: list[str]) -> None:
    assert [str(step) for step in plan(desired, actual).steps] == steps


@pytest.mark.parametrize("seed", [(config(LAG), config(P1, P2)), (config(P1, P2, P3), config(LAG))])
def test_the_way_back_is_the_plan_exchanged(seed: tuple[SwitchConfig, SwitchConfig]) -> None:
    there = plan(*seed)
    assert {(s.kind, s.name, s.after) for s in there.steps} == {
        (s.kind, s.name, s.before) for s in there.reversed().steps
    }


def test_a_shared_aggregation_is_not_taken_apart() -> None:
    with pytest.raises(FabricError, match="Ethernet9, which the model does not name"):
        plan(config(P1), config(replace(LAG, name="po7", members=("Ethernet1", "Ethernet9"))))


def test_ovs_rebuilds_an_aggregation_in_one_call() -> None:
    grown = replace(LAG, members=("Ethernet1", "Ethernet2", "Ethernet4"))
    words = commands(plan(config(grown), config(LAG)), NETDEVS)
    assert words[:4] == ["--", "del-port", "leaf1", "node1"]
    assert words[4:11] == ["--", "add-bond", "leaf1", "node1", "leaf1-e1", "leaf1-e2", "leaf1-e4"]


def test_ovs_changes_vlans_without_touching_the_members() -> None:
    words = commands(plan(config(LAG), config(replace(LAG, membership=ACCESS))), NETDEVS)
    assert "del-port" not in words
    assert "add-bond" not in words
    assert "trunks=[10,20]" in words
    assert "vlan_mode=native-untagged" in words


def test_a_port_has_one_use() -> None:
    port = {"name": "Ethernet1", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
    lag = {"name": "node1", "members": ["Ethernet1"], "native": 10, "vlans": [10], "mtu": 1500}
    with pytest.raises(FabricError, match=r"lags.node1: Ethernet1 is already used by ports.Ethernet1"):
        SwitchConfig.from_vars({"name": "leaf1", "ports": [port], "lags": [lag]})


def test_the_diff_names_each_setting() -> None:
    diff = plan(config(replace(LAG, membership=Membership.of("trunk", 10, [10, 20, 21, 22]))), config(LAG)).diff()
    assert "lag node1 vlans: 10,20\n" in diff["before"]
    assert "lag node1 vlans: 10,20-22\n" in diff["after"]
