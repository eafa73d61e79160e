# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs over a switch in two phases; the driver is a double that keeps a configuration."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import (
    FabricError,
    Membership,
    Port,
    Sighting,
    SwitchConfig,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.order import Consent, Phase
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import Outcome, run

MAC1 = "02:00:00:00:00:01"


def port(native: int, *vlans: int) -> Port:
    return Port("Ethernet1", Membership.of("trunk", native, list(vlans)), 1500, "node1.nic0", True)


def config(item: Port) -> SwitchConfig:
    return SwitchConfig("leaf1", {item.name: item})


WANT, HAVE = config(port(10, 20)), config(port(10, 20, 30))


class Double:
    """A double of a driver: it keeps a configuration."""

    sees_partners = True

    def __init__(self, have: SwitchConfig, sightings: list[Sighting]) -> None:
        self.have, self.seen, self.calls = have, sightings, list[str]()
        self.asked = list[list[str]]()

    def armed(self) -> None:
        return None

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        return self.have

    def sightings(self) -> list[Sighting]:
        self.calls.append("sightings")
        return self.seen

    def perform(self, steps: Any, seconds: int) -> str:
        self.calls.append("perform")
        for step in steps.steps:
            ports = {**self.have.ports, step.name: step.want}
            self.have = replace(self.have, ports=ports)
        return "token"

    def confirm(self, armed: str) -> None:
        self.calls.append("confirm")

    def close(self) -> None:
        self.calls.append("close")


def configured(double: Double, want: Port, phase: Phase, answering: Collection[str] = (), **more: Any) -> Outcome:
    item = {"name": want.name, "description": want.description, "mode": "trunk", "native": want.membership.native}
    item |= {"vlans": list(want.membership.vlans), "mtu": want.mtu, "edge": True}
    cable = {"port": "Ethernet1", "machine": "node1", "nic": "nic0", "mac": MAC1, "address": "10.20.0.21"}
    params = {"name": "leaf1", "platform": "double", "connection": {}, "ports": [item], "cabling": [cable]}
    params["confirm"] = {"peers": ["10.20.0.21"]}

    def answers(addresses: list[str]) -> set[str]:
        double.calls.append("ping")
        double.asked.append(addresses)
        return set(addresses) & set(answering)

    return run(params, check=more.pop("check", False), switch=double, answers=answers, phase=phase, **more)  # type: ignore[arg-type]


def test_a_run_in_two_phases() -> None:
    double = Double(HAVE, [])
    wide = configured(double, port(10, 20), Phase.WIDEN, {"10.20.0.21"})
    assert not wide.changed and wide.remains == ["change port Ethernet1"]
    assert double.calls == ["ping", "sightings", "close"], "pinged first, since a switch forgets who is silent"
    narrow = configured(double, port(10, 20), Phase.NARROW)
    assert narrow.steps == ["change port Ethernet1"] and not narrow.remains
    assert double.have == WANT


def test_a_run_over_blank_machines_has_one_phase() -> None:
    double = Double(HAVE, [])
    done = configured(double, port(10, 20), Phase.WIDEN)
    assert done.changed and not done.remains and double.have == WANT


def test_a_run_that_changes_nothing_pings_nobody() -> None:
    double = Double(WANT, [])
    assert not configured(double, port(10, 20), Phase.WIDEN).remains
    assert "ping" not in double.calls


def test_a_refused_run_changes_nothing() -> None:
    double = Double(HAVE, [Sighting(MAC1, "Ethernet1", "mac_table")])
    with pytest.raises(FabricError, match="untagged VLAN changes from 10 to 20"):
        configured(double, port(20, 10), Phase.WIDEN)
    assert double.have == HAVE and "perform" not in double.calls
    consent = Consent(cut=frozenset({"node1"}))
    assert configured(double, port(20, 10), Phase.WIDEN, consent=consent).changed
    assert double.have == config(port(20, 10))


def test_a_machine_that_may_be_cut_need_not_answer_after_the_change() -> None:
    """Every other machine that answered before has to: see test_plan.py."""
    double = Double(HAVE, [])
    consent = Consent(cut=frozenset({"node1"}))
    assert configured(double, port(20, 10), Phase.WIDEN, {"10.20.0.21"}, consent=consent).changed
    assert double.calls[-2:] == ["confirm", "close"]
    assert double.asked == [["10.20.0.21"], [], []], "nobody has to be remembered"
