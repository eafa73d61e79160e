# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines from what management controllers and switches tell, and what is said where they contradict each other."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.errors import BmcUnreachable
from ansible_collections.groundup.cloud.plugins.module_utils.model import load
from ansible_collections.groundup.cloud.plugins.module_utils.sources import existing
from ansible_collections.groundup.cloud.plugins.module_utils.sources.discovered import discovered
from ansible_collections.groundup.cloud.plugins.module_utils.sources.errors import SourceError

Facts = dict[str, t.Any]


def machine(number: int, nics: int = 2, disks: int = 1, **more: t.Any) -> Facts:
    """What the controller of a machine tells."""
    macs = [f"52:54:00:00:0{number}:0{index}" for index in range(nics)]
    return {
        "bmc": {"address": f"10.20.0.10{number}", "username": "admin", "password": "secret-9", "protocol": "redfish"},
        "identity": {"serial": f"SN{number}", "uuid": None, "macs": macs, "vendor": "Groundup", "model": "Twin"},
        "inventory": {
            "host_name": f"node{number}.example.net",
            "nics": [{"name": f"NIC.Slot.1-{n + 1}", "mac": mac, "up": True} for n, mac in enumerate(macs)],
            "disks": [
                {"serial": f"D{number}{n}", "wwn": None, "bytes": 480 * 10**9, "kind": "SATA SSD", "model": "X"}
                for n in range(disks)
            ],
            "unread": 0,
        },
        "name": f"node{number}",
        **more,
    }


def lldp(port: str, mac: str, system: str = "x") -> Facts:
    return {"port": port, "system": system, "chassis_id": mac, "port_id": mac, "port_id_kind": "mac"}


def learnt(mac: str, place: str, vlan: int = 10) -> Facts:
    return {"vlan": vlan, "mac": mac, "place": place}


A, B, C = "52:54:00:00:01:00", "52:54:00:00:01:01", "52:54:00:00:02:00"


def ports(switches: Facts, *machines: Facts) -> dict[str, str | None]:
    fragment = discovered(machines or (machine(1), machine(2)), switches)
    found = fragment.sections["machines"]
    return {
        values["mac"]: values.get("port") for machine in found.values() for values in machine.get("nics", {}).values()
    }


def said(switches: Facts, *machines: Facts) -> str:
    fragment = discovered(machines or (machine(1), machine(2)), switches)
    return "\n".join(text for notes in fragment.notes.values() for text in notes)


def test_a_machine() -> None:
    fragment = discovered(
        [machine(1)], {"leaf1": {"lldp": [lldp("Ethernet1", A)], "macs": [learnt(A, "Ethernet1", 20)]}}
    )
    assert fragment.sections["machines"] == {
        "node1": {
            "number": 1,
            "bmc": {"address": "10.20.0.101", "username": "admin", "password": "{{ vault_bmc }}"},
            "identity": {"serial": "SN1"},
            "nics": {"nic-slot-1-1": {"mac": A, "port": "leaf1/Ethernet1"}, "nic-slot-1-2": {"mac": B}},
            "root_disk": {"serial": "D10"},
        }
    }
    notes = fragment.notes["machines", "node1"]
    assert notes[0] == "Groundup Twin" and "nic-slot-1-1 was seen in VLAN 20" in notes
    assert "nics.nic-slot-1-2.port: no switch tells of it" in notes


def test_the_mac_table_where_lldp_is_silent() -> None:
    assert ports({"leaf1": {"lldp": None, "macs": [learnt(A, "Ethernet1"), learnt(C, "Ethernet2")], "lags": None}}) == {
        A: "leaf1/Ethernet1",
        B: None,
        C: "leaf1/Ethernet2",
        "52:54:00:00:02:01": None,
    }


def test_ports_behind_which_is_another_switch_are_nobody_s() -> None:
    """By LLDP between the switches, and by the addresses of two machines at one port."""
    near = [learnt(A, "Ethernet1"), learnt(C, "Ethernet48")]
    far = [learnt(C, "Ethernet1"), learnt(A, "Ethernet48")]
    between = {"lldp": [lldp("Ethernet48", "02:00:00:00:00:99", "leaf2.example.net")], "macs": near}
    found = ports(
        {"leaf1": between, "leaf2": {"lldp": [lldp("Ethernet48", "02:00:00:00:00:98", "LEAF1")], "macs": far}}
    )
    assert (found[A], found[C]) == ("leaf1/Ethernet1", "leaf2/Ethernet1")
    core = {"macs": [learnt(A, "e1"), learnt(C, "e1")]}
    assert ports({"core": core, "leaf1": {"macs": [learnt(A, "Ethernet1")]}})[A] == "leaf1/Ethernet1"


def test_the_aggregation_between_switches_is_nobody_s() -> None:
    lag = {
        "name": "Port-Channel1",
        "device": "Port-Channel1",
        "members": [{"port": "Ethernet47"}, {"port": "Ethernet48"}],
    }
    leaf2 = {
        "lldp": [lldp("Ethernet48", "02:00:00:00:00:98", "leaf1")],
        "macs": [learnt(A, "Port-Channel1")],
        "lags": [lag],
    }
    assert ports({"leaf1": {"macs": [learnt(A, "Ethernet1")]}, "leaf2": leaf2})[A] == "leaf1/Ethernet1"


def test_lldp_and_the_mac_table_contradict_each_other() -> None:
    switches = {"leaf1": {"lldp": [lldp("Ethernet1", A)], "macs": [learnt(A, "Ethernet7")]}}
    assert ports(switches)[A] is None
    text = "nics.nic-slot-1-1.port: LLDP tells of it at leaf1/Ethernet1, and the MAC table at leaf1/Ethernet7"
    assert text in said(switches)
    assert any(text in warning for warning in discovered([machine(1)], switches).warnings)


def test_lldp_at_two_ports() -> None:
    switches = {"leaf1": {"lldp": [lldp("Ethernet1", A), lldp("Ethernet2", A)]}}
    assert "LLDP tells of it at leaf1/Ethernet1 and leaf1/Ethernet2" in said(switches) and ports(switches)[A] is None


def test_an_address_at_two_places_of_mac_tables() -> None:
    switches = {"leaf1": {"macs": [learnt(A, "Ethernet1")]}, "leaf2": {"macs": [learnt(A, "Ethernet3")]}}
    assert ports(switches)[A] is None
    assert "MAC tables have its address at leaf1/Ethernet1 or leaf2/Ethernet3, and LLDP is silent" in said(switches)


def test_a_bond_of_two_switches() -> None:
    """Its members share the first address, which the second switch has learnt at the port of the second NIC."""
    member = {"partner": A, "up": True}
    switches = {
        "leaf1": {
            "lldp": [lldp("Ethernet1", A)],
            "macs": [learnt(A, "node1")],
            "lags": [{"name": "node1", "device": "Port-Channel1", "members": [{"port": "Ethernet1", **member}]}],
        },
        "leaf2": {
            "lldp": [lldp("Ethernet5", B)],
            "macs": [learnt(A, "Port-Channel1")],
            "lags": [{"name": "node1", "device": "Port-Channel1", "members": [{"port": "Ethernet5", **member}]}],
        },
    }
    assert ports(switches, machine(1)) == {A: "leaf1/Ethernet1", B: "leaf2/Ethernet5"}
    bond = discovered([machine(1)], switches).sections["machines"]["node1"]["bond"]
    assert bond == {"mode": "802.3ad", "members": ["nic-slot-1-1", "nic-slot-1-2"]}


def test_one_port_for_two_nics() -> None:
    switches = {"leaf1": {"lldp": [lldp("Ethernet1", A), lldp("Ethernet1", C)]}}
    found = ports(switches)
    assert found[A] is None and found[C] is None
    assert "nics.nic-slot-1-1.port: leaf1/Ethernet1 was seen for it and for machines.node2.nics.nic-slot-1-1" in said(
        switches
    )


def test_several_disks_are_not_chosen_from() -> None:
    fragment = discovered([machine(1, disks=2)], {})
    assert "root_disk" not in fragment.sections["machines"]["node1"]
    assert "disk D10: SATA SSD X, 480 GB" in fragment.notes["machines", "node1"]
    assert "machines.node1: root_disk: choose one of these disks" in fragment.warnings


def test_ipmi_tells_neither_nics_nor_disks() -> None:
    found = machine(1, inventory={}, bmc={"address": "10.20.0.101", "username": "a", "protocol": "ipmi"})
    found["identity"] = {"serial": None, "uuid": None, "macs": []}
    fragment = discovered([found], {}, bmc_password=None)
    assert fragment.sections["machines"]["node1"]["bmc"] == {
        "address": "10.20.0.101",
        "username": "a",
        "protocol": "ipmi",
    }
    assert "machines.node1: nics: its controller tells no MAC address" in fragment.warnings
    assert "identity: its controller tells neither serial number nor UUID" in fragment.notes["machines", "node1"]


def test_what_could_not_be_read_is_said() -> None:
    found = machine(1)
    found["inventory"]["unread"] = 2
    found["inventory"]["nics"][1]["up"] = False
    text = said({}, found)
    assert "ports or drives that its controller could not describe: 2" in text
    assert "nics.nic-slot-1-2.port: its link is down" in text


def test_names() -> None:
    """The given one, else the host name, else the serial number; placeholders of hosts are none."""
    one, two, three = machine(1), machine(2), machine(3)
    del one["name"], two["name"], three["name"]
    two["inventory"]["host_name"], three["inventory"]["host_name"] = "localhost", None
    names = sorted(discovered([one, two, three], {}).sections["machines"])
    assert names == ["node1.example.net", "sn2", "sn3"]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"name": "Node1"}, "machines.node1: 10.20.0.101 and 10.20.0.102 would have one name; give each a name"),
        ({"identity": {"serial": "sn1"}}, "bmcs: 10.20.0.101 and 10.20.0.102 are one machine: serial sn1"),
    ],
)
def test_what_is_refused(other: Facts, expected: str) -> None:
    with pytest.raises(SourceError) as caught:
        discovered([machine(1), machine(2, **other)], {})
    assert expected in str(caught.value)


def test_a_host_name_that_ansible_would_evaluate() -> None:
    found = machine(1)
    found["identity"]["serial"] = "{{ 1 }}"
    with pytest.raises(SourceError, match=r"machines\.node1\.identity\.serial: has the mark of a template"):
        discovered([found], {})


def test_the_file_and_the_model(tmp_path: pathlib.Path) -> None:
    """The part is written once, without passwords, and is a model together with what a person writes."""
    answers = {machine(n)["bmc"]["address"]: machine(n) for n in (1, 2)}
    seen = {"leaf1": {"lldp": [lldp("Ethernet1", A), lldp("Ethernet2", C)]}}
    more = tmp_path / "more.yml"
    more.write_text("machines: {node1: {roles: [control_plane, compute], number: 7}}\n")
    params = {
        "bmcs": [found["bmc"] for found in answers.values()],
        "switches": seen,
        "bmc_password": "vault_bmc",
        "dest": str(tmp_path / "found.cloud.yml"),
        "additions": str(more),
    }

    def ask(bmc: t.Any) -> Facts:
        return answers[bmc["address"]]

    assert existing.run(params, True, ask)["changed"] and not (tmp_path / "found.cloud.yml").exists()
    done = existing.run(params, False, ask)
    assert done["changed"] and not existing.run(params, False, ask)["changed"]
    assert "secret-9" not in str(done) + (tmp_path / "found.cloud.yml").read_text()
    head = {
        "plugin": "groundup.cloud.cloud",
        "name": "rack1",
        "networks": {"provision": {"vlan": 10, "subnet": "10.10.0.0/24", "native": True}},
        "switches": {"leaf1": {"platform": "unmanaged"}},
    }
    (tmp_path / "cloud.yml").write_text(yaml.safe_dump(head))
    cloud = load.load(tmp_path)
    assert str(cloud.machines["node2"].nics["nic-slot-1-1"].port) == "leaf1/Ethernet2"
    assert cloud.machines["node1"].number == 7


def test_all_controllers_that_fail_are_named_and_nothing_is_written(tmp_path: pathlib.Path) -> None:
    def ask(bmc: t.Any) -> Facts:
        if bmc["address"] == "10.20.0.101":
            return machine(1)
        raise BmcUnreachable("no route", f"bmc {bmc['address']}", "check it", ())

    params = {"bmcs": [{"address": f"10.20.0.10{n}"} for n in (1, 2, 3)], "dest": str(tmp_path / "found.cloud.yml")}
    with pytest.raises(SourceError) as caught:
        existing.run(params, False, ask)
    assert "10.20.0.102" in str(caught.value) and "10.20.0.103" in str(caught.value)
    assert not list(tmp_path.iterdir())
