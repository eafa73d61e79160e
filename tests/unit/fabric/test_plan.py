# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans between two configurations, their commands for Open vSwitch, cabling mistakes, and whole runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cabling import Cable, mistakes
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import (
    MIXED,
    FabricError,
    Lacp,
    Lag,
    Membership,
    Port,
    Sighting,
    SwitchConfig,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.driver import DRIVERS
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.ovs_commands import (
    Records,
    Wire,
    commands,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.ovs_rollback import argument
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import Plan, plan, released
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
def test_steps_of_a_plan(desired: SwitchConfig, actual: SwitchConfig, steps: list[str]) -> None:
    assert [str(step) for step in plan(desired, actual).steps] == steps


def test_an_aggregation_with_foreign_members_is_not_removed() -> None:
    with pytest.raises(FabricError, match="Ethernet9, which the model does not name"):
        plan(config(P1), config(replace(LAG, name="po7", members=("Ethernet1", "Ethernet9"))))


def test_ovs_recreates_an_aggregation_whose_members_change() -> None:
    grown = replace(LAG, members=("Ethernet1", "Ethernet2", "Ethernet4"))
    words = commands(plan(config(grown), config(LAG)), Records(WIRES, OLD))
    assert words[:6] == ["--", "remove", "Bridge", "leaf1", "ports", "uuid-node1"]
    assert "interfaces=[uuid-1,uuid-2,uuid-4]" in words
    assert "add-port" not in words and "add-bond" not in words, "Interface records are moved, never created"


def test_ovs_lets_no_traffic_pass_a_port_without_use() -> None:
    other = replace(LAG, members=("Ethernet1", "Ethernet4"))
    assert released(plan(config(other), config(LAG))) == ["Ethernet2"]
    words = commands(plan(config(other), config(LAG)), Records(WIRES, OLD))
    assert words[-10:-6] == ['name="leaf1-e2"', "interfaces=[uuid-2]", "vlan_mode=trunk", "trunks=4095"]
    assert released(plan(config(replace(LAG, members=("Ethernet1",)), P2), config(LAG))) == []


def test_ovs_changes_vlans_without_recreating_the_aggregation() -> None:
    words = commands(plan(config(LAG), config(replace(LAG, membership=ACCESS))), Records(WIRES, OLD))
    assert "remove" not in words
    assert "create" not in words
    assert "trunks=[10,20]" in words
    assert "vlan_mode=native-untagged" in words


def test_ovsdb_json_is_converted_to_arguments_of_ovs_vsctl() -> None:
    record = ["map", [["a b", 'c"d'], ["n", 7]]]
    assert argument(record) == '{"a b"="c\\"d","n"=7}'
    assert [argument(value) for value in (["set", []], ["set", [1, 2]], ["uuid", "u-1"], True, "x")] == [
        "[]", "[1,2]", "u-1", "true", '"x"',
    ]  # fmt: skip


LAG_ITEM = {"name": "node1", "members": ["Ethernet1"], "native": 10, "vlans": [10], "mtu": 1500}
PORT_ITEM = {"name": "Ethernet2", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "leaf 1"}, "'leaf 1' is not a valid name"),
    ({"ports": [PORT_ITEM | {"name": "--"}]}, "'--' is not a valid name"),
    ({"ports": [PORT_ITEM | {"native": 4095}]}, "4095 is not a VLAN identifier"),
    ({"ports": [PORT_ITEM | {"native": None}]}, "an access port carries"),
    ({"ports": [PORT_ITEM | {"vlans": [21]}]}, "an access port carries"),
    ({"ports": [PORT_ITEM | {"mode": "trunk", "native": None}]}, r"ports.Ethernet2.vlans: is empty"),
    ({"lags": [LAG_ITEM | {"members": []}]}, r"lags.node1.members: is empty"),
    ({"lags": [LAG_ITEM | {"members": ["Ethernet1\nno switchport"]}]}, "is not a valid name"),
    ({"lags": [LAG_ITEM | {"lacp": {"fallback_port": "Ethernet9"}}]}, "Ethernet9 is not among its members"),
    (
        {"lags": [LAG_ITEM | {"lacp": {"mode": "on", "fallback_port": "Ethernet1"}}]},
        "static aggregation .* no fallback",
    ),
]


@pytest.mark.parametrize(("change", "error"), REFUSED)
def test_an_invalid_configuration_is_an_error_with_its_place(change: dict[str, Any], error: str) -> None:
    with pytest.raises(FabricError, match=error):
        SwitchConfig.from_vars({"name": "leaf1", **change})


def test_an_aggregation_is_static_with_the_mode_on() -> None:
    wanted = SwitchConfig.from_vars({"name": "leaf1", "lags": [LAG_ITEM | {"lacp": {"mode": "on", "fallback": True}}]})
    assert wanted.lags["node1"].lacp is None
    steps = plan(wanted, config(replace(wanted.lags["node1"], lacp=MIXED)))
    assert ("lacp: mixed" in steps.diff()[0]["before"], "lacp: static" in steps.diff()[0]["after"]) == (True, True)


DOMAIN = {"domain": 12, "peer_link": ["Ethernet8", "Ethernet7"], "vlan": 4094, "address": "169.254.255.0/31"}
DOMAIN |= {"peer_address": "169.254.255.1", "mtu": 9216, "keepalive": {"destination": "10.0.0.3", "vrf": "mgmt"}}


def test_the_domain_of_a_pair_comes_before_its_members() -> None:
    wanted = SwitchConfig.from_vars({"name": "leaf1", "lags": [LAG_ITEM | {"mlag": 7}], "mlag": DOMAIN})
    assert wanted.all_ports - wanted.port_names == {"Ethernet7", "Ethernet8"}
    assert [str(step) for step in plan(wanted, config()).steps] == ["add mlag 12", "add lag node1"]
    assert wanted.mlag is not None
    present = replace(wanted, mlag=replace(wanted.mlag, peer_address="169.254.255.9", ready=False))
    [step] = plan(wanted, present).steps
    assert (str(step), "other settings: differ" in step.before, "peer_address: 169.254.255.1" in step.after) == (
        "change mlag 12", True, True,
    )  # fmt: skip
    assert "keepalive: 10.0.0.3 mgmt" in step.after
    assert not plan(replace(wanted, mlag=None), present).changed, "a domain that is not named is no concern"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"peer_link": []}, r"leaf1\.mlag\.peer_link: is empty"),
        ({"peer_link": ["Ethernet1"]}, "Ethernet1 is already used by"),
        ({"peer_link": ["a b"]}, "is not a valid name"),
        ({"vlan": 1}, "1 is not a VLAN identifier of a peer link"),
        ({"address": "169.254.255.0"}, "is not another address of 169.254.255.0/32"),
        ({"peer_address": "nowhere"}, "'nowhere' does not appear to be"),
    ],
)
def test_an_invalid_domain_is_an_error(change: dict[str, Any], error: str) -> None:
    with pytest.raises(FabricError, match=error):
        SwitchConfig.from_vars({"name": "leaf1", "lags": [LAG_ITEM], "mlag": DOMAIN | change})


CABLES = [Cable(f"Ethernet{n}", f"node{n}", "nic0", f"02:00:00:00:00:0{n}") for n in (1, 2)]
SEEN = [
    ("on its own port", Sighting("02:00:00:00:00:01", "Ethernet1", "mac_table"), set()),
    ("on another machine's port", Sighting("02:00:00:00:00:02", "Ethernet1", "mac_table"), {"node1", "node2"}),
    ("behind another switch", Sighting("02:00:00:00:00:02", "Ethernet48", "mac_table"), set()),
    ("LACP partner on a port without a cable", Sighting("02:00:00:00:00:02", "Ethernet48", "lacp"), {"node2"}),
    ("unknown address", Sighting("02:00:00:00:00:09", "Ethernet1", "lacp"), set()),
]


@pytest.mark.parametrize(("name", "seen", "reported"), SEEN, ids=[case[0] for case in SEEN])
def test_a_machine_seen_on_a_wrong_port_is_reported(name: str, seen: Sighting, reported: set[str]) -> None:
    assert {mistake.machine for mistake in mistakes(config(), CABLES, [seen])} == reported


class FakeSwitch:
    """A double of a switch with commit-confirm, where any second commit confirms the first, as on Junos."""

    sees_partners = True

    def __init__(self, running: SwitchConfig, previous: SwitchConfig | None = None) -> None:
        self.running, self.previous, self.calls = running, previous, list[str]()
        self.closed = False

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        return self.running

    def perform(self, steps: Plan, seconds: int) -> str:
        assert self.previous is None, "a second commit would have confirmed the first"
        self.previous, self.running = self.running, config(*(s.want for s in steps.steps if isinstance(s.want, Lag)))
        self.calls.append(f"perform {seconds}")
        return "t1"

    def confirm(self, armed: str) -> None:
        self.previous = None
        self.calls.append(f"confirm {armed}")

    def revert(self, armed: str) -> None:
        assert self.previous is not None
        self.running, self.previous = self.previous, None
        self.calls.append(f"revert {armed}")

    def armed(self) -> str | None:
        return None if self.previous is None else "t0"

    def close(self) -> None:
        self.closed = True

    def sightings(self) -> list[Sighting]:
        return []


PARAMS = {"name": "leaf1", "lags": [LAG_ITEM]}


def test_a_change_on_a_switch_with_commit_confirm_is_confirmed() -> None:
    switch = FakeSwitch(config())
    assert run(PARAMS, check=False, switch=switch).changed
    assert switch.calls == ["perform 120", "confirm t1"] and switch.closed
    assert not run(PARAMS, check=False, switch=switch).changed


def test_a_platform_is_added_by_one_entry_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The role's platform chooses the driver, which is given the switch's name and the role's connection."""
    switch, given = FakeSwitch(config()), list[tuple[str, dict[str, Any]]]()

    def connect(name: str, connection: dict[str, Any]) -> FakeSwitch:
        given.append((name, connection))
        return switch

    monkeypatch.setitem(DRIVERS, "toy", connect)
    params = {**PARAMS, "platform": "toy", "connection": {"address": "10.20.0.11"}}
    assert run(params, check=True).steps == ["add lag node1"] and switch.calls == []
    assert run(params, check=False).changed and switch.calls == ["perform 120", "confirm t1"]
    assert given[0] == ("leaf1", {"address": "10.20.0.11"})


def test_a_platform_without_a_driver_is_an_error() -> None:
    with pytest.raises(
        FabricError, match=r"switches\.leaf1\.platform: there is no driver for other; use one of: .*openvswitch"
    ):
        run({**PARAMS, "platform": "other", "connection": {}}, check=True)


def test_an_unconfirmed_change_is_rolled_back_although_it_matches() -> None:
    """A killed run did not confirm its change: the switch has the wanted configuration but will roll it back."""
    wanted = SwitchConfig.from_vars(PARAMS)
    switch = FakeSwitch(wanted, previous=config())
    seen = run(PARAMS, check=True, switch=switch)
    assert seen.changed and seen.steps == ["roll back an unconfirmed change"] and switch.calls == []
    assert run(PARAMS, check=False, switch=switch).steps[-1] == "add lag node1"
    assert switch.calls == ["revert t0", "perform 120", "confirm t1"]


class FakePeers:
    """Hosts that answer before the change, and after it from second ``back`` on; time passes by sleeping only."""

    def __init__(self, back: float) -> None:
        self.back, self.time, self.pings = back, 0.0, 0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def answer(self, peers: list[str]) -> set[str]:
        self.pings += 1
        return set(peers) if self.pings == 1 or self.time >= self.back else set()


@pytest.mark.parametrize("back", [8, 85])  # fast LACP; slow LACP or a spanning tree
def test_a_change_is_confirmed_if_peers_answer_again_in_time(back: float) -> None:
    switch, peers = FakeSwitch(config()), FakePeers(back=back)
    params = PARAMS | {"confirm": {"peers": ["10.0.0.8", "10.0.0.9"], "timeout": 120}}
    run(params, check=False, switch=switch, answers=peers.answer, clock=peers)
    assert switch.calls == ["perform 120", "confirm t1"] and peers.time == back


@pytest.mark.parametrize(("timeout", "waited"), [(20, 15), (120, 90), (600, 90)])
def test_a_change_is_rolled_back_if_a_peer_no_longer_answers(timeout: int, waited: float) -> None:
    switch, peers = FakeSwitch(config()), FakePeers(back=999)
    params = PARAMS | {"confirm": {"peers": ["10.0.0.9"], "timeout": timeout}}
    with pytest.raises(FabricError, match=r"10\.0\.0\.9 no longer answered"):
        run(params, check=False, switch=switch, answers=peers.answer, clock=peers)
    assert switch.calls == [f"perform {timeout}", "revert t1"] and peers.time == waited


def test_a_port_used_twice_is_an_error() -> None:
    port = {"name": "Ethernet1", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
    lag = {"name": "node1", "members": ["Ethernet1"], "native": 10, "vlans": [10], "mtu": 1500}
    with pytest.raises(FabricError, match=r"lags.node1: Ethernet1 is already used by ports.Ethernet1"):
        SwitchConfig.from_vars({"name": "leaf1", "ports": [port], "lags": [lag]})


def test_the_diff_shows_the_changed_setting() -> None:
    diff = plan(config(replace(LAG, membership=Membership.of("trunk", 10, [10, 20, 21, 22]))), config(LAG)).diff()
    assert "lag node1 vlans: 10,20\n" in diff[0]["before"]
    assert "lag node1 vlans: 10,20-22\n" in diff[0]["after"]
