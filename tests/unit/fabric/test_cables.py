# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of cables: what agrees, what is silent, what contradicts the model, and which cables are swapped."""

from __future__ import annotations

import csv
import json
import pathlib
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cables.given import Given, bonds_of, spelled
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cables.judge import Row, Table, judge
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cables.write import lines, report

HOST, SWITCH, LACP, TABLE = "LLDP of the machine", "LLDP of the switch", "LACP", "MAC table"


def mac(machine: int, nic: int) -> str:
    return f"52:54:00:00:{machine:02}:{nic:02}"


def rack(bonded: bool = True) -> dict[str, Any]:
    """node1 and node2 with nic0 to leaf1 and nic1 to leaf2, ports Ethernet1 and Ethernet2; nothing is seen."""
    switches: dict[str, Any] = {}
    for number, switch in enumerate(("leaf1", "leaf2")):
        cabling = [
            {"machine": f"node{n}", "nic": f"nic{number}", "mac": mac(n, number), "port": f"Ethernet{n}"}
            for n in (1, 2)
        ]
        switches[switch] = {"cabling": cabling, "facts": {"name": switch, "lldp": [], "lags": [], "macs": []}}
    members = [{"name": "nic0"}, {"name": "nic1"}] if bonded else []
    nics = {n: [{"name": f"nic{i}", "mac": mac(n, i)} for i in (0, 1)] for n in (1, 2)}
    machines = {
        f"node{n}": {"network": {"bond": {"members": members}}, "lldp": {"nics": nics[n], "neighbours": []}}
        for n in (1, 2)
    }
    return {"switches": switches, "machines": machines}


def one_switch() -> dict[str, Any]:
    """Both NICs of both machines are cabled to leaf1: node1 to Ethernet1 and 2, node2 to Ethernet3 and 4."""
    found = rack()
    cabling = [
        {"machine": f"node{n}", "nic": f"nic{i}", "mac": mac(n, i), "port": f"Ethernet{2 * n - 1 + i}"}
        for n in (1, 2)
        for i in (0, 1)
    ]
    found["switches"] = {"leaf1": {**found["switches"]["leaf1"], "cabling": cabling}}
    return found


def hears(given: dict[str, Any], machine: str, nic: str, system: str, port: str, description: str = "") -> None:
    row = {"nic": nic, "system": system, "port_id": port, "port_description": description}
    given["machines"][machine]["lldp"]["neighbours"].append(row)


def sees(given: dict[str, Any], switch: str, port: str, system: str, port_id: str, chassis: str | None = None) -> None:
    row = {"port": port, "system": system, "port_id": port_id, "chassis_id": chassis}
    given["switches"][switch]["facts"]["lldp"].append(row)


def learns(given: dict[str, Any], switch: str, place: str, address: str) -> None:
    given["switches"][switch]["facts"]["macs"].append({"vlan": 10, "mac": address, "place": place})


def partners(given: dict[str, Any], switch: str, name: str, **members: str | None) -> None:
    rows = [{"port": port, "partner": partner, "up": True} for port, partner in members.items()]
    given["switches"][switch]["facts"]["lags"].append({"name": name, "device": name, "up": True, "members": rows})


def table(given: dict[str, Any]) -> Table:
    return judge(Given.of(given))


def row(given: dict[str, Any], machine: str, nic: str) -> Row:
    return next(item for item in table(given).rows if (item.machine, item.nic) == (machine, nic))


def states(given: dict[str, Any]) -> list[str]:
    return [item.state for item in table(given).rows]


def test_nothing_is_seen() -> None:
    found = table(rack())
    assert [item.state for item in found.rows] == ["silent"] * 4 and found.swaps == () and not found.contradicting
    assert found.rows[0].note == (
        "leaf1/Ethernet1 sees none of the model's addresses there; node1 hears no LLDP neighbour on nic0"
    )


@pytest.mark.parametrize(
    ("system", "port", "description"),
    [
        ("leaf1", "Ethernet1", ""),
        ("LEAF1.example.net", "Et1", ""),
        ("leaf1", "513", "Ethernet1"),
        ("leaf1", "node1.bond0", "ethernet1"),
    ],
)
def test_lldp_of_the_machine_agrees(system: str, port: str, description: str) -> None:
    given = rack()
    hears(given, "node1", "nic0", system, port, description)
    assert row(given, "node1", "nic0").state == "agreed" and row(given, "node1", "nic0").sources == (HOST,)
    assert states(given).count("silent") == 3


@pytest.mark.parametrize(
    ("system", "port_id", "chassis"),
    [
        ("node1", "nic0", None),
        ("node1.example.net", mac(1, 0), None),
        ("localhost", mac(1, 0), None),
        ("", mac(1, 0), None),
    ],
)
def test_lldp_of_the_switch_agrees(system: str, port_id: str, chassis: str | None) -> None:
    given = rack()
    sees(given, "leaf1", "Ethernet1", system, port_id, chassis)
    assert row(given, "node1", "nic0").state == "agreed" and row(given, "node1", "nic0").sources == (SWITCH,)


def test_a_neighbour_that_names_its_nic_as_its_own_system_does() -> None:
    given = rack()
    given["machines"]["node1"]["lldp"]["nics"] = [{"name": "enp1s0", "mac": mac(1, 0)}]
    sees(given, "leaf1", "Ethernet1", "node1", "enp1s0")
    assert row(given, "node1", "nic0").state == "agreed" and row(given, "node1", "nic1").state == "silent"
    assert "node1 has no NIC with the address" in row(given, "node1", "nic1").note


def test_a_neighbour_that_names_no_nic_is_the_machine() -> None:
    given = rack()
    sees(given, "leaf1", "Ethernet1", "node1", "enp9s0")
    assert row(given, "node1", "nic0").state == "agreed" and row(given, "node1", "nic1").state == "silent"
    given = rack()
    sees(given, "leaf1", "Ethernet2", "", "enp9s0", mac(1, 0))
    assert row(given, "node2", "nic0").found == "leaf1/Ethernet2 has a NIC of node1"
    assert row(given, "node1", "nic0").found == "a NIC of node1 is at leaf1/Ethernet2"
    assert row(given, "node1", "nic1").state == "silent", "it is cabled to another switch"


def test_a_neighbour_that_the_model_does_not_know_says_nothing() -> None:
    given = rack()
    sees(given, "leaf1", "Ethernet1", "printer", "02:00:00:00:00:99")
    assert states(given) == ["silent"] * 4


def test_a_port_that_leads_to_another_switch() -> None:
    given = rack()
    sees(given, "leaf1", "Ethernet1", "leaf2.example.net", "Ethernet48")
    found = row(given, "node1", "nic0")
    assert found.state == "contradicting" and found.found == "leaf1/Ethernet1 has leaf2/Ethernet48"


def test_a_cable_in_a_port_that_the_model_does_not_use() -> None:
    given = rack()
    hears(given, "node1", "nic0", "leaf1", "Ethernet7")
    found = row(given, "node1", "nic0")
    assert found.state == "contradicting" and found.found == "node1.nic0 is at leaf1/Ethernet7"
    assert table(given).swaps == ()


def test_a_cable_to_a_switch_that_no_model_has() -> None:
    given = rack()
    hears(given, "node1", "nic0", "core9", "Ethernet1")
    assert row(given, "node1", "nic0").found == "node1.nic0 is at core9/Ethernet1"


def test_a_port_identifier_without_a_name_tells_the_switch_only() -> None:
    given = rack()
    hears(given, "node1", "nic0", "leaf1", "513")
    found = row(given, "node1", "nic0")
    assert found.state == "agreed" and found.sources == (f"{HOST} (the switch only, its port has no name)",)
    given = rack()
    hears(given, "node1", "nic0", "leaf2", "02:00:00:00:00:99")
    assert row(given, "node1", "nic0").found == "node1.nic0 is at a port of leaf2"
    assert row(given, "node1", "nic1").state == "silent"
    given = rack()
    hears(given, "node1", "nic0", "core9", "513")
    assert row(given, "node1", "nic0").found == "node1.nic0 is at a port of core9"


def test_a_swap_within_a_machine() -> None:
    given = rack()
    hears(given, "node1", "nic0", "leaf2", "Ethernet1")
    hears(given, "node1", "nic1", "leaf1", "Ethernet1")
    found = table(given)
    assert found.swaps == ("nic0 and nic1 of node1 are swapped",)
    assert [item.state for item in found.rows] == ["contradicting"] * 2 + ["silent"] * 2
    assert found.rows[0].found == "node1.nic0 is at leaf2/Ethernet1; leaf1/Ethernet1 has node1.nic1"


def test_a_swap_between_machines_by_the_lldp_of_the_switch() -> None:
    given = rack()
    sees(given, "leaf1", "Ethernet1", "node2", "nic0")
    sees(given, "leaf1", "Ethernet2", "node1", "nic0")
    found = table(given)
    assert found.swaps == ("node1.nic0 and node2.nic0 are swapped",)
    assert [item.state for item in found.rows] == ["contradicting", "silent"] * 2


def test_half_a_swap_is_none() -> None:
    given = rack()
    sees(given, "leaf1", "Ethernet2", "node1", "nic0")
    found = table(given)
    assert found.swaps == () and len(found.contradicting) == 2
    assert found.rows[2].found == "leaf1/Ethernet2 has node1.nic0"


def test_the_mac_table_alone() -> None:
    """Machines boot from the network by their first NIC; their ports are no members of an aggregation yet."""
    given = rack(bonded=False)
    learns(given, "leaf1", "Ethernet1", mac(1, 0))
    learns(given, "leaf1", "Ethernet48", mac(2, 0))
    assert states(given) == ["agreed", "silent", "silent", "silent"], "Ethernet48 leads to another switch"
    given = rack(bonded=False)
    learns(given, "leaf1", "Ethernet1", mac(2, 0))
    learns(given, "leaf1", "Ethernet2", mac(1, 0))
    found = table(given)
    assert found.swaps == ("node1.nic0 and node2.nic0 are swapped",)
    assert found.rows[0].sources == (TABLE,)


def test_the_mac_table_of_aggregations() -> None:
    """A bond has one address, which both switches learn on an aggregation."""
    given = rack()
    for switch in ("leaf1", "leaf2"):
        for n in (1, 2):
            partners(given, switch, f"node{n}", **{f"Ethernet{n}": None})
        learns(given, switch, "node1", mac(1, 0))
    assert states(given) == ["agreed", "agreed", "silent", "silent"]


def test_an_address_in_an_aggregation_of_another_machine() -> None:
    given = rack()
    partners(given, "leaf1", "node1", Ethernet1=None)
    partners(given, "leaf1", "node2", Ethernet2=None)
    learns(given, "leaf1", "node1", mac(2, 0))
    assert row(given, "node1", "nic0").found == "leaf1/Ethernet1 has a NIC of node2"
    assert row(given, "node2", "nic0").found == "a NIC of node2 is at leaf1/Ethernet1"
    assert row(given, "node2", "nic1").state == "silent", "it is cabled to another switch"


def test_a_machine_that_does_not_tell_its_bonds_may_have_one_of_all_nics() -> None:
    given = rack()
    partners(given, "leaf2", "node1", Ethernet1=mac(1, 0))
    del given["machines"]["node1"]["network"]
    assert states(given) == ["silent", "agreed", "silent", "silent"]
    given["machines"]["node1"]["network"] = {"links": [{"nic": {"name": "nic0"}}]}
    assert states(given)[:2] == ["contradicting", "contradicting"]


def test_the_lacp_partner_alone() -> None:
    given = rack()
    partners(given, "leaf1", "node1", Ethernet1=mac(1, 0))
    partners(given, "leaf2", "node1", Ethernet1=mac(1, 0))
    assert states(given) == ["agreed", "agreed", "silent", "silent"]
    assert row(given, "node1", "nic1").sources == (LACP,)


def test_lacp_partners_show_a_swap_between_machines() -> None:
    given = one_switch()
    partners(given, "leaf1", "node1", Ethernet1=mac(2, 0), Ethernet2=mac(1, 0))
    partners(given, "leaf1", "node2", Ethernet3=mac(1, 0), Ethernet4=mac(2, 0))
    found = table(given)
    assert [item.state for item in found.rows] == ["contradicting", "agreed"] * 2
    assert found.swaps == ("node1.nic0 and node2.nic0 are swapped",)


def test_lldp_decides_before_the_mac_table() -> None:
    given = rack(bonded=False)
    hears(given, "node1", "nic0", "leaf1", "Ethernet1")
    learns(given, "leaf1", "Ethernet2", mac(1, 0))
    first = row(given, "node1", "nic0")
    assert first.state == "agreed" and first.note == f"{TABLE} says otherwise: node1.nic0 is at leaf1/Ethernet2"
    given = rack(bonded=False)
    hears(given, "node1", "nic0", "leaf1", "Ethernet2")
    learns(given, "leaf1", "Ethernet1", mac(1, 0))
    first = row(given, "node1", "nic0")
    assert first.state == "contradicting" and first.note == f"{TABLE} agrees with the model"


def test_of_equal_sources_the_contradiction_decides() -> None:
    given = rack()
    hears(given, "node1", "nic0", "leaf1", "Ethernet1")
    sees(given, "leaf1", "Ethernet1", "node2", "nic0")
    first = row(given, "node1", "nic0")
    assert first.state == "contradicting" and first.found == "leaf1/Ethernet1 has node2.nic0"
    assert first.note == f"{HOST} agrees with the model"


def test_reasons_of_silence() -> None:
    given = rack()
    given["switches"]["leaf1"] = {**given["switches"]["leaf1"], "facts": None, "why": "it is unmanaged"}
    given["switches"]["leaf2"]["facts"]["ports"] = [{"name": "Ethernet1", "up": False}]
    given["machines"]["node1"] = {"network": {}, "lldp": None, "why": "it cannot be reached"}
    assert row(given, "node1", "nic0").note == "leaf1: it is unmanaged; node1: it cannot be reached"
    assert row(given, "node1", "nic1").note.startswith("leaf2/Ethernet1 has no link; ")
    assert row(given, "node2", "nic0").note == "leaf1: it is unmanaged; node2 hears no LLDP neighbour on nic0"
    del given["machines"]["node1"], given["switches"]["leaf1"]["why"]
    assert row(given, "node1", "nic0").note == "leaf1: not asked; node1: not asked"


@pytest.mark.parametrize(
    ("network", "bonds"),
    [
        ({}, []),
        ({"bond": None}, []),
        ({"bond": {"members": [{"name": "nic0"}, {"name": "nic1"}]}}, [("nic0", "nic1")]),
        ({"links": [{"bond": {"members": [{"name": "nic2"}]}}, {"nic": {"name": "nic4"}}]}, [("nic2",)]),
    ],
)
def test_bonds_of_both_forms_of_a_host_network(network: dict[str, Any], bonds: list[tuple[str, ...]]) -> None:
    assert bonds_of(network) == bonds


def test_names_of_ports_for_comparisons() -> None:
    assert spelled("Et1/2") == spelled("Eth1/2") == spelled("Ethernet1/2") == spelled("e1/2")
    assert spelled("xe-0/0/1.0") == "xe-0/0/1" and spelled("etp1") == "etp1" and spelled("swp1s0") == "swp1s0"


def test_the_table_for_people() -> None:
    given = rack()
    hears(given, "node1", "nic0", "leaf1", "Ethernet2")
    hears(given, "node2", "nic0", "leaf1", "Ethernet1")
    text = lines(table(given))
    assert text[0].split("  ")[0] == "machine" and "contradicting" in text[1] and "leaf1/Ethernet1" in text[1]
    assert text[-2:] == ["node1.nic0 and node2.nic0 are swapped", "4 cables: 0 agreed, 2 silent, 2 contradicting"]


def test_the_files(tmp_path: pathlib.Path) -> None:
    given = rack() | {"directory": str(tmp_path / "cabling")}
    hears(given, "node1", "nic0", "leaf1", "Ethernet1")
    assert report(given, dry=True)["changed"] and not (tmp_path / "cabling").exists()
    found = report(given)
    assert found["changed"] and found["counts"] == {"agreed": 1, "silent": 3, "contradicting": 0}
    written = json.loads((tmp_path / "cabling/cables.json").read_text())
    assert written["cables"][0]["state"] == "agreed" and written["swaps"] == []
    with (tmp_path / "cabling/cables.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["sources"] == HOST and rows[0]["machine"] == "node1" and len(rows) == 4
    assert not report(given)["changed"]
    assert report({**given, "directory": None})["files"] == []
