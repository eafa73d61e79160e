# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans between two configurations, and what Open vSwitch is told of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cabling import Cable, mistakes
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import (
    FabricError,
    Lacp,
    Lag,
    Membership,
    Port,
    Sighting,
    SwitchConfig,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.driver import DRIVERS
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.ovs_back import argument
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.ovs_commands import (
    Records,
    Wire,
    commands,
    released,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import Plan, plan
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run

TRUNK = Membership.of("trunk", 10, [10, 20])
ACCESS = Membership.of("access", 20, [])
LAG = Lag("node1", ("Ethernet1", "Ethernet2"), TRUNK, 9000, Lacp(True, True, "Ethernet1"))
P1, P2, P3 = (Port(f"Ethernet{n}", ACCESS, 1500) for n in (1, 2, 3))
WIRES = {f"Ethernet{n}": Wire(f"leaf1-e{n}", f"uuid-{n}") for n in range(1, 5)}
OLD = {"node1": "uuid-node1", "leaf1-e1": "uuid-p1", "leaf1-e2": "uuid-p2"}


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


def test_a_shared_aggregation_is_not_taken_apart() -> None:
    with pytest.raises(FabricError, match="Ethernet9, which the model does not name"):
        plan(config(P1), config(replace(LAG, name="po7", members=("Ethernet1", "Ethernet9"))))


def test_ovs_rebuilds_an_aggregation_in_one_call() -> None:
    grown = replace(LAG, members=("Ethernet1", "Ethernet2", "Ethernet4"))
    words = commands(plan(config(grown), config(LAG)), Records(WIRES, OLD))
    assert words[:6] == ["--", "remove", "Bridge", "leaf1", "ports", "uuid-node1"]
    assert "interfaces=[uuid-1,uuid-2,uuid-4]" in words
    assert "add-port" not in words and "add-bond" not in words, "Interface records are moved, never made anew"


def test_ovs_shuts_a_port_that_has_no_use_any_more() -> None:
    other = replace(LAG, members=("Ethernet1", "Ethernet4"))
    assert released(plan(config(other), config(LAG))) == ["Ethernet2"]
    words = commands(plan(config(other), config(LAG)), Records(WIRES, OLD))
    assert words[-10:-6] == ['name="leaf1-e2"', "interfaces=[uuid-2]", "vlan_mode=trunk", "trunks=4095"]
    assert released(plan(config(replace(LAG, members=("Ethernet1",)), P2), config(LAG))) == []


def test_ovs_changes_vlans_without_touching_the_members() -> None:
    words = commands(plan(config(LAG), config(replace(LAG, membership=ACCESS))), Records(WIRES, OLD))
    assert "remove" not in words
    assert "create" not in words
    assert "trunks=[10,20]" in words
    assert "vlan_mode=native-untagged" in words


def test_ovs_arguments_are_the_records_notation() -> None:
    record = ["map", [["a b", 'c"d'], ["n", 7]]]
    assert argument(record) == '{"a b"="c\\"d","n"=7}'
    assert [argument(value) for value in (["set", []], ["set", [1, 2]], ["uuid", "u-1"], True, "x")] == [
        "[]", "[1,2]", "u-1", "true", '"x"',
    ]  # fmt: skip


LAG_ITEM = {"name": "node1", "members": ["Ethernet1"], "native": 10, "vlans": [10], "mtu": 1500}
PORT_ITEM = {"name": "Ethernet2", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "leaf 1"}, "'leaf 1' is no name"),
    ({"ports": [PORT_ITEM | {"name": "--"}]}, "'--' is no name"),
    ({"ports": [PORT_ITEM | {"native": 4095}]}, "4095 is no VLAN"),
    ({"ports": [PORT_ITEM | {"native": None}]}, "an access port carries"),
    ({"ports": [PORT_ITEM | {"vlans": [21]}]}, "an access port carries"),
    ({"ports": [PORT_ITEM | {"mode": "trunk", "native": None}]}, r"ports.Ethernet2.vlans: is empty"),
    ({"lags": [LAG_ITEM | {"members": []}]}, r"lags.node1.members: is empty"),
    ({"lags": [LAG_ITEM | {"members": ["Ethernet1\nno switchport"]}]}, "is no name"),
    ({"lags": [LAG_ITEM | {"lacp": {"fallback_port": "Ethernet9"}}]}, "Ethernet9 is not among its members"),
]


@pytest.mark.parametrize(("change", "error"), REFUSED)
def test_an_invalid_configuration_is_refused_by_name(change: dict[str, Any], error: str) -> None:
    with pytest.raises(FabricError, match=error):
        SwitchConfig.from_vars({"name": "leaf1", **change})


CABLES = [Cable(f"Ethernet{n}", f"node{n}", "nic0", f"02:00:00:00:00:0{n}") for n in (1, 2)]
SEEN = [
    ("at its own port", Sighting("02:00:00:00:00:01", "Ethernet1", "mac_table"), set()),
    ("at another machine's", Sighting("02:00:00:00:00:02", "Ethernet1", "mac_table"), {"node1", "node2"}),
    ("through another switch", Sighting("02:00:00:00:00:02", "Ethernet48", "mac_table"), set()),
    ("speaking LACP where no cable is known", Sighting("02:00:00:00:00:02", "Ethernet48", "lacp"), {"node2"}),
    ("of nobody we know", Sighting("02:00:00:00:00:09", "Ethernet1", "lacp"), set()),
]


@pytest.mark.parametrize(("name", "seen", "blamed"), SEEN, ids=[case[0] for case in SEEN])
def test_where_a_machine_is_seen(name: str, seen: Sighting, blamed: set[str]) -> None:
    assert {mistake.machine for mistake in mistakes(config(), CABLES, [seen])} == blamed


class FakeSwitch:
    """A double of a platform that commits with a timer, where the next commit of anybody confirms (Junos)."""

    def __init__(self, running: SwitchConfig, waiting: SwitchConfig | None = None) -> None:
        self.running, self.safe, self.said = running, waiting, list[str]()

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        return self.running

    def perform(self, todo: Plan, seconds: int) -> str:
        assert self.safe is None, "a second commit would have confirmed the first"
        self.safe, self.running = self.running, config(*(s.want for s in todo.steps if isinstance(s.want, Lag)))
        self.said.append(f"perform {seconds}")
        return "t1"

    def confirm(self, armed: str) -> None:
        self.safe = None
        self.said.append(f"confirm {armed}")

    def revert(self, armed: str) -> None:
        assert self.safe is not None
        self.running, self.safe = self.safe, None
        self.said.append(f"revert {armed}")

    def armed(self) -> str | None:
        return None if self.safe is None else "t0"

    def sightings(self) -> list[Sighting]:
        return []


PARAMS = {"name": "leaf1", "lags": [LAG_ITEM]}


def test_a_platform_with_its_own_timer_keeps_to_the_same_interface() -> None:
    switch = FakeSwitch(config())
    assert run(PARAMS, check=False, switch=switch).changed
    assert switch.said == ["perform 120", "confirm t1"]
    assert not run(PARAMS, check=False, switch=switch).changed


def test_a_platform_is_added_by_one_entry_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The role's platform chooses the driver, which is given the switch's name and the role's connection."""
    switch, given = FakeSwitch(config()), list[tuple[str, dict[str, Any]]]()

    def connect(name: str, connection: dict[str, Any]) -> FakeSwitch:
        given.append((name, connection))
        return switch

    monkeypatch.setitem(DRIVERS, "toy", connect)
    params = {**PARAMS, "platform": "toy", "connection": {"address": "10.20.0.11"}}
    assert run(params, check=True).steps == ["add lag node1"] and switch.said == []
    assert run(params, check=False).changed and switch.said == ["perform 120", "confirm t1"]
    assert given[0] == ("leaf1", {"address": "10.20.0.11"})


def test_a_platform_without_a_driver_is_named() -> None:
    with pytest.raises(
        FabricError, match=r"switches\.leaf1\.platform: there is no driver for eos; use one of: openvswitch"
    ):
        run({**PARAMS, "platform": "eos", "connection": {}}, check=True)


def test_an_unconfirmed_change_is_rolled_back_although_it_matches() -> None:
    """A run was killed after its change: the switch runs the model, and is about to go back to what it was."""
    wanted = SwitchConfig.from_vars(PARAMS)
    switch = FakeSwitch(wanted, waiting=config())
    seen = run(PARAMS, check=True, switch=switch)
    assert seen.changed and seen.steps == ["roll back an unconfirmed change"] and switch.said == []
    assert run(PARAMS, check=False, switch=switch).steps[-1] == "add lag node1"
    assert switch.said == ["revert t0", "perform 120", "confirm t1"]


class Peers:
    """Hosts that answer before the change, and after it from a second on; time passes by sleeping only."""

    def __init__(self, back: float) -> None:
        self.back, self.time, self.pings = back, 0.0, 0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def answer(self, peers: list[str]) -> set[str]:
        self.pings += 1
        return set(peers) if self.pings == 1 or self.time >= self.back else set()


def test_peers_get_some_seconds_to_answer_again() -> None:
    switch, peers = FakeSwitch(config()), Peers(back=8)
    params = PARAMS | {"confirm": {"peers": ["10.0.0.8", "10.0.0.9"], "timeout": 60}}
    run(params, check=False, switch=switch, answers=peers.answer, clock=peers)
    assert switch.said == ["perform 60", "confirm t1"] and peers.time == 8


def test_a_peer_that_stays_silent_takes_the_change_back() -> None:
    switch, peers = FakeSwitch(config()), Peers(back=99)
    params = PARAMS | {"confirm": {"peers": ["10.0.0.9"], "timeout": 60}}
    with pytest.raises(FabricError, match=r"10\.0\.0\.9 no longer answered"):
        run(params, check=False, switch=switch, answers=peers.answer, clock=peers)
    assert switch.said == ["perform 60", "revert t1"] and peers.time == 10


def test_a_port_has_one_use() -> None:
    port = {"name": "Ethernet1", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
    lag = {"name": "node1", "members": ["Ethernet1"], "native": 10, "vlans": [10], "mtu": 1500}
    with pytest.raises(FabricError, match=r"lags.node1: Ethernet1 is already used by ports.Ethernet1"):
        SwitchConfig.from_vars({"name": "leaf1", "ports": [port], "lags": [lag]})


def test_the_diff_names_each_setting() -> None:
    diff = plan(config(replace(LAG, membership=Membership.of("trunk", 10, [10, 20, 21, 22]))), config(LAG)).diff()
    assert "lag node1 vlans: 10,20\n" in diff[0]["before"]
    assert "lag node1 vlans: 10,20-22\n" in diff[0]["after"]
