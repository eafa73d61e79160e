# SPDX-License-Identifier: GPL-3.0-or-later
"""Every pair of cables of three machines swapped, as each source sees it: the pair is named, and nothing else is."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cables.given import Given
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cables.judge import Table, judge

Nic = tuple[str, str]
Port = tuple[str, str]
NICS: list[Nic] = [(f"node{machine}", f"nic{number}") for machine in (1, 2, 3) for number in (0, 1)]
PAIRS = list(itertools.combinations(NICS, 2))
#: Which sources see the rack, and whether machines are bonded, so that both NICs have one address.
SIGHTS = [("host", True), ("switch", True), ("lacp", True), ("mac", False), ("mac", True), ("host lacp mac", True)]


def mac(nic: Nic, shared: bool = False) -> str:
    return f"52:54:00:00:0{nic[0][-1]}:0{0 if shared else nic[1][-1]}"


def model(two: bool) -> dict[Nic, Port]:
    """Each machine cabled to two switches, or twice to one."""
    if two:
        return {nic: (f"leaf{int(nic[1][-1]) + 1}", f"Ethernet{nic[0][-1]}") for nic in NICS}
    return {nic: ("leaf1", f"Ethernet{number}") for number, nic in enumerate(NICS, 1)}


def seen(plan: dict[Nic, Port], real: dict[Nic, Port], sources: str, bonded: bool) -> Table:
    switches: dict[str, Any] = {
        switch: {"cabling": [], "facts": {"name": switch, "lldp": [], "lags": [], "macs": []}}
        for switch, __ in plan.values()
    }
    bond = {"members": [{"name": "nic0"}, {"name": "nic1"}] if bonded else []}
    machines: dict[str, Any] = {
        machine: {"network": {"bond": bond}, "lldp": {"nics": [], "neighbours": []}} for machine, __ in NICS
    }
    for nic, (switch, port) in plan.items():
        switches[switch]["cabling"].append({"machine": nic[0], "nic": nic[1], "mac": mac(nic), "port": port})
        machines[nic[0]]["lldp"]["nics"].append({"name": nic[1], "mac": mac(nic)})
    for nic, (switch, port) in real.items():
        facts, address = switches[switch]["facts"], mac(nic, bonded)
        if "host" in sources:
            machines[nic[0]]["lldp"]["neighbours"].append({"nic": nic[1], "system": switch, "port_id": port})
        if "switch" in sources:
            facts["lldp"].append({"port": port, "system": nic[0], "port_id": nic[1]})
        if "lacp" in sources:
            member = {"port": port, "partner": address, "up": True}
            facts["lags"].append({"name": f"po{port}", "device": f"po{port}", "up": True, "members": [member]})
        if "mac" in sources:
            facts["macs"].append({"vlan": 10, "mac": address, "place": port})
    return judge(Given.of({"switches": switches, "machines": machines}))


@pytest.mark.parametrize("two", [True, False], ids=["two switches", "one switch"])
@pytest.mark.parametrize(("sources", "bonded"), SIGHTS)
def test_a_rack_that_is_cabled_as_the_model_says(sources: str, bonded: bool, two: bool) -> None:
    plan = model(two)
    found = seen(plan, plan, sources, bonded)
    assert found.counts() == {"agreed": 6, "silent": 0, "contradicting": 0} and found.swaps == ()


@pytest.mark.parametrize("two", [True, False], ids=["two switches", "one switch"])
@pytest.mark.parametrize(("sources", "bonded"), SIGHTS)
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_swapped_pair_is_named(pair: tuple[Nic, Nic], sources: str, bonded: bool, two: bool) -> None:
    plan, (a, b) = model(two), pair
    found = seen(plan, {**plan, a: plan[b], b: plan[a]}, sources, bonded)
    wrong = {(row.machine, row.nic) for row in found.contradicting}
    exact = not bonded or "host" in sources or "switch" in sources
    if a[0] == b[0] and not exact:
        assert not wrong, "the address of a bond does not tell which of its NICs is where"
    else:
        assert len(found.swaps) == 1 and {machine for machine, __ in wrong} == {a[0], b[0]}
        assert len(wrong) == 2 and (wrong == {a, b} or not exact)
