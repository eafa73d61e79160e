# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a switch, with a double behind the driver's interface."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError, Sighting, SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.facts import PortFacts, SwitchFacts
from ansible_collections.groundup.cloud.plugins.module_utils.prove.switches import switch_proofs

MAC, STRANGER = "52:54:00:00:01:00", "52:54:00:00:09:00"
PARAMS: dict[str, Any] = {
    "name": "leaf1",
    "platform": "openvswitch",
    "connection": {},
    "ports": [],
    "lags": [
        {"name": "node1", "members": ["Ethernet1", "Ethernet2"], "mode": "trunk", "native": 10, "vlans": [10, 20],
         "mtu": 9000, "fast": True, "fallback": "Ethernet1"}
    ],
    "cabling": [
        {"port": f"Ethernet{n}", "machine": "node1", "nic": f"nic{n - 1}", "mac": f"52:54:00:00:01:0{n - 1}"}
        for n in (1, 2)
    ],
}  # fmt: skip


class FakeSwitch:
    """Has the given configuration, or none, and the given LACP partners."""

    def __init__(
        self, seen: dict[str, str], runs: bool = True, dead: bool = False, sees_partners: bool = True, down: str = ""
    ) -> None:
        self.sees_partners, self.down = sees_partners, down
        self.seen, self.runs, self.dead = seen, runs, dead
        self.calls: list[str] = []
        self.states: dict[str, str] | None = None

    def sessions(self) -> dict[str, str] | None:
        self.calls.append("sessions")
        return self.states

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        if self.dead:
            raise FabricError("switches.leaf1", "nobody answers", "is it on?")
        return desired if self.runs else SwitchConfig("leaf1", {}, {})

    def close(self) -> None:
        self.calls.append("close")

    def sightings(self) -> list[Sighting]:
        self.calls.append("sightings")
        return [Sighting(mac, port, "lacp") for port, mac in self.seen.items()]

    def facts(self, ports: list[str], sections: list[str]) -> SwitchFacts:
        self.calls.append("facts")
        assert sections == ["ports"]
        if self.down == "refused":
            raise FabricError("switches.leaf1", "it refused to tell", "ask again")
        return SwitchFacts("leaf1", ports=tuple(PortFacts(port, up=port != self.down) for port in ports))


BOTH = {"Ethernet1": MAC, "Ethernet2": MAC}


@pytest.mark.parametrize(
    ("switch", "params", "oks", "says"),
    [
        (FakeSwitch(BOTH), PARAMS, [True, True], f"Ethernet1: {MAC} (node1)"),
        (FakeSwitch(BOTH, runs=False), PARAMS, [False, True], f"Ethernet1: {MAC} (node1)"),
        (FakeSwitch({"Ethernet1": MAC}), PARAMS, [True, False], "Ethernet2: no partner instead of node1"),
        (FakeSwitch({**BOTH, "Ethernet2": STRANGER}), PARAMS, [True, False], f"Ethernet2: {STRANGER} instead"),
        (FakeSwitch(BOTH, dead=True), PARAMS, [False, None], "could not be read"),
        (FakeSwitch({}, sees_partners=False), PARAMS, [True, None], "does not read LACP partners"),
        (FakeSwitch(BOTH), {**PARAMS, "cabling": []}, [True, None], "cabling of this switch was not given"),
    ],
)
def test_configuration_and_partners(switch: Any, params: dict[str, Any], oks: list[Any], says: str) -> None:
    proofs = switch_proofs(params, switch)
    assert [proof.ok for proof in proofs] == oks
    assert says in (proofs[-1].why_not_real or proofs[-1].evidence)


@pytest.mark.parametrize(
    ("down", "says"),
    [
        ("Ethernet2", "Ethernet2: no partner instead of node1 (Ethernet2: no link)"),
        ("", "Ethernet2: no partner instead of node1"),
        ("refused", "instead of node1 (whether the ports have a link is not known: it refused to tell)"),
    ],
)
def test_a_member_without_partner_tells_whether_it_has_a_link(down: str, says: str) -> None:
    proof = switch_proofs(PARAMS, FakeSwitch({"Ethernet1": MAC}, down=down))[-1]  # type: ignore[arg-type]
    assert proof.ok is False and proof.evidence.endswith(says)


def test_a_switch_is_asked_once_for_links_too() -> None:
    lags = [{**PARAMS["lags"][0], "name": name, "members": [port]} for name, port in zip("ab", BOTH, strict=True)]
    switch = FakeSwitch({}, down="Ethernet1")
    switch_proofs({**PARAMS, "lags": lags}, switch)  # type: ignore[arg-type]
    assert switch.calls == ["sightings", "facts", "close"]


def test_a_switch_is_asked_once_for_all_aggregations_and_left() -> None:
    """Each question is a request to a real switch, and each connection that stays is one of the few that it allows."""
    lags = [{**PARAMS["lags"][0], "name": name, "members": [port]} for name, port in zip("ab", BOTH, strict=True)]
    switch = FakeSwitch(BOTH)
    assert len(switch_proofs({**PARAMS, "lags": lags}, switch)) == 3  # type: ignore[arg-type]
    assert switch.calls == ["sightings", "close"]


BGP_GROUP = {"name": "tor1", "address": "10.30.0.1", "as_number": 64512, "take": ["10.64.0.0/14"]}
BGP = {"as_number": 64601, "router_id": "10.30.0.1"}
NEIGHBORS = [{"address": "10.30.0.21", "name": "node1"}, {"address": "10.30.0.22", "name": "node2"}]


@pytest.mark.parametrize(
    ("states", "dead", "oks", "says"),
    [
        ({"10.30.0.21": "established", "10.30.0.22": "established"}, False, [True, True, True], "established"),
        ({"10.30.0.21": "established", "10.30.0.22": "active"}, False, [True, True, False], "the session is active"),
        ({"10.30.0.21": "established"}, False, [True, True, False], "there is no session"),
        (None, False, [True, None, None], "does not read BGP sessions"),
        ({}, True, [False, None, None], "could not be read"),
    ],
)
def test_each_session_is_established(states: Any, dead: bool, oks: list[Any], says: str) -> None:
    switch: Any = FakeSwitch({}, dead=dead)
    switch.states = states
    bgp = {**BGP, "groups": [{**BGP_GROUP, "neighbors": NEIGHBORS}]}
    proofs = switch_proofs({**PARAMS, "lags": [], "bgp": bgp}, switch)
    assert [proof.ok for proof in proofs] == oks
    assert says in (proofs[-1].why_not_real or proofs[-1].evidence)
    assert states is None or switch.calls.count("sessions") == (0 if dead else 1)


def test_sessions_of_an_unmanaged_switch_are_not_tried() -> None:
    bgp = {**BGP, "groups": [{**BGP_GROUP, "neighbors": NEIGHBORS}]}
    proofs = switch_proofs({**PARAMS, "platform": "unmanaged", "lags": [], "bgp": bgp})
    assert [proof.ok for proof in proofs] == [None, None, None]


def test_a_platform_without_a_driver_fails_its_proof() -> None:
    proofs = switch_proofs({**PARAMS, "platform": "abacus"})
    assert [proof.ok for proof in proofs] == [False, None]
    assert "no driver for abacus" in proofs[0].evidence
