# SPDX-License-Identifier: GPL-3.0-or-later
"""What switches tell of themselves: parsed from answers as they were captured, and the names that people read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric import ovs_facts
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError, Lag, Membership
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.eos import facts as eos
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.facts import (
    SECTIONS,
    Forwarding,
    LagFacts,
    Learnt,
    Member,
    Neighbour,
    Optics,
    PortFacts,
    SwitchFacts,
    Vlan,
    decimal,
    identifier,
    integer,
    kind_of,
    named,
    with_lags,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.look import look

TRUNK = Membership.of("trunk", None, [10])


def all_of(told: SwitchFacts) -> SwitchFacts:
    """The facts, after the way through a module's result."""
    assert SwitchFacts.from_dict(told.as_dict()) == told
    return told


def lag(device: str, *members: str) -> LagFacts:
    return LagFacts(device, device, True, tuple(Member(name) for name in members))


def test_names_of_the_model_are_in_every_section() -> None:
    facts = SwitchFacts(
        "leaf1",
        ports=(PortFacts("Ethernet10"), PortFacts("Ethernet2")),
        lags=(lag("Po1", "Ethernet2"),),
        lldp=(Neighbour("Ethernet2"),),
        macs=(Learnt(10, "02:00:00:00:00:01", "Po1"), Learnt(10, "02:00:00:00:00:02", "Ethernet10")),
        stp=(Forwarding("Po1", "MST0", "forwarding", None),),
    )
    found = with_lags(named(facts, {"Ethernet2": "Et2"}), [Lag("node1", ("Et2",), TRUNK, 1500)])
    assert [port.name for port in found.ports or ()] == ["Et2", "Ethernet10"]
    assert found.lags == (LagFacts("node1", "Po1", True, (Member("Et2"),)),)
    assert [row.place for row in found.macs or ()] == ["Ethernet10", "node1"]
    assert [row.port for row in found.lldp or ()] == ["Et2"] and [row.place for row in found.stp or ()] == ["node1"]


def test_an_aggregation_is_the_one_with_most_of_its_ports() -> None:
    facts = SwitchFacts("leaf1", lags=(lag("Po1", "e1"), lag("Po2", "e2", "e3"), lag("Po3", "e9")))
    lags = [Lag("node1", ("e1", "e2", "e3"), TRUNK, 1500), Lag("node2", ("e1",), TRUNK, 1500)]
    assert [(row.device, row.name) for row in with_lags(facts, lags).lags or ()] == [
        ("Po3", "Po3"),
        ("Po2", "node1"),
        ("Po1", "node2"),
    ]


@pytest.mark.parametrize(
    ("value", "number"),
    [("9216", 9216), (9216, 9216), ("1,500", 1500), (1e10, 10**10), ("auto", None), (None, None), (True, None)],
)
def test_numbers_are_read_or_not_told(value: object, number: int | None) -> None:
    assert integer(value) == number


@pytest.mark.parametrize(
    ("value", "power"), [("-1.80", -1.8), (" -30.96 dBm", -30.96), ("N/A", None), ("- Inf", None), ("-Inf", None)]
)
def test_powers_are_read_or_not_told(value: object, power: float | None) -> None:
    assert decimal(value) == power


@pytest.mark.parametrize(
    ("told", "value", "kind"),
    [
        ("macAddress", "02:00:00:00:00:01", "mac"),
        ("interfaceName", "nic0", "name"),
        ("Interface name", "xe-0/0/1", "name"),
        ("Locally assigned", "513", "local"),
        ("3", "02:00:00:00:00:01", "mac"),
        ("5", "nic0", "name"),
        ("7", "513", "local"),
        (None, "02:00:00:00:00:01", "mac"),
        (None, "nic0", None),
        ("agentCircuitId", "x", "other"),
        ("macAddress", None, None),
    ],
)
def test_the_kind_of_a_port_identifier(told: object, value: str | None, kind: str | None) -> None:
    assert kind_of(told, value) == kind


def test_addresses_have_one_notation_and_names_stay() -> None:
    assert identifier("000f.532e.CED1") == identifier("00:0F:53:2E:CE:D1") == "00:0f:53:2e:ce:d1"
    assert identifier("deadbeefcafe") == "deadbeefcafe" and identifier("") is None and identifier(None) is None


def test_an_unmanaged_switch_is_refused() -> None:
    with pytest.raises(FabricError, match="unmanaged: the model has no way to log in"):
        look({"name": "leaf1", "platform": "unmanaged", "connection": {}})


LACP = """---- node1 ----
  status: active negotiated
  sys_id: 92:76:fa:fd:6a:45

member: eth1: current attached
  may_enable: true
  actor sys_id: 92:76:fa:fd:6a:45
  partner sys_id: 52:54:00:04:01:00
  partner state: timeout

slave: eth2: expired attached
  partner sys_id: 00:00:00:00:00:00
"""
BOND = """---- node1 ----
bond_mode: balance-tcp
active-backup primary: <none>

member eth1: enabled
  may_enable: true

slave eth2: disabled
  may_enable: false
"""
FDB = """ port  VLAN  MAC                Age
    1    20  52:54:00:04:01:00    3
    3    10  52:54:00:04:02:00    1
LOCAL     0  92:76:fa:fd:6a:45    5
"""


def _interface(number: int, **more: Any) -> dict[str, Any]:
    statistics = {"rx_errors": 1, "tx_errors": 2, "rx_dropped": 3, "tx_dropped": 4}
    row = {"name": f"eth{number}", "ofport": number, "admin_state": "up", "link_state": "up", "mtu": 9000}
    return row | {"link_speed": 25_000_000_000, "statistics": statistics} | more


OVS_PORTS = [
    {"name": "node1", "interfaces": ["1", "2"], "lacp": "active", "external_ids": {}, "rstp_status": {}},
    {
        "name": "eth3",
        "interfaces": ["3"],
        "lacp": None,
        "external_ids": {"groundup-description": "node2.nic0"},
        "rstp_status": {"rstp_port_state": "Discarding", "rstp_port_role": "Designated"},
    },
]
OVS_INTERFACES = {
    "1": _interface(1),
    "2": _interface(2, link_state="down", link_speed=None, statistics=None),
    "3": _interface(3),
}


def test_open_vswitch() -> None:
    told = {"fdb/show": FDB, "lacp/show": LACP, "bond/show": BOND}
    facts = all_of(ovs_facts.switch_facts("leaf1", OVS_PORTS, OVS_INTERFACES, SECTIONS, told))
    assert facts.ports == (
        PortFacts("eth1", True, True, 25000, 9000, None, 1, 2, 3, 4),
        PortFacts("eth2", True, False, None, 9000),
        PortFacts("eth3", True, True, 25000, 9000, "node2.nic0", 1, 2, 3, 4),
    )
    members = (Member("eth1", "52:54:00:04:01:00", True), Member("eth2", None, False))
    assert facts.lags == (LagFacts("node1", "node1", True, members),)
    assert facts.macs == (Learnt(20, "52:54:00:04:01:00", "node1"), Learnt(10, "52:54:00:04:02:00", "eth3"))
    assert facts.stp == (Forwarding("eth3", "rstp", "discarding", "designated"),)
    assert facts.vlans is facts.lldp is None and set(facts.untold) == {"vlans", "lldp"}


def test_open_vswitch_without_a_control_socket_says_what_is_missing() -> None:
    facts = ovs_facts.switch_facts("leaf1", OVS_PORTS, OVS_INTERFACES, ("lags", "macs"), None)
    assert facts.lags is facts.macs is facts.ports is None
    assert set(facts.untold) == {"lags", "macs"} and "connection.control" in facts.untold["macs"]


def test_only_the_commands_of_the_sections_are_run() -> None:
    assert ovs_facts.commands(("macs",)) == ["fdb/show"] and ovs_facts.commands(("vlans", "ports")) == []
    assert eos.commands(("lags", "ports")) == [
        "show interfaces",
        "show interfaces transceiver",
        "show port-channel summary",
        "show lacp peer",
    ]


EOS: dict[str, Any] = {
    "show interfaces": {
        "interfaces": {
            "Ethernet1": {
                "interfaceStatus": "connected",
                "lineProtocolStatus": "up",
                "bandwidth": 25000000000,
                "mtu": 9214,
                "description": "node1.bond0",
                "interfaceCounters": {"totalInErrors": 5, "totalOutErrors": 0, "inDiscards": 7, "outDiscards": 0},
            },
            "Ethernet2": {"interfaceStatus": "disabled", "lineProtocolStatus": "down", "bandwidth": 0, "mtu": 1500},
            "Management1": {"interfaceStatus": "connected"},
            "Port-Channel1": {"interfaceStatus": "connected", "lineProtocolStatus": "up"},
        }
    },
    "show interfaces transceiver": {
        "interfaces": {
            "Ethernet1": {"mediaType": "25GBASE-SR", "rxPower": -1.8025870272698974, "txPower": -0.9103269958161198},
            "Ethernet2": {},
        }
    },
    "show port-channel summary": {
        "portChannels": {
            "Port-Channel1": {"ports": {"Ethernet1": {}, "Ethernet2": {}}, "activePorts": {"Ethernet1": {}}}
        }
    },
    "show lacp peer": {
        "portChannels": {"Port-Channel1": {"interfaces": {"Ethernet1": {"partnerSystemId": "8000,52-54-00-04-01-00"}}}}
    },
    "show vlan": {"vlans": {"1": {"name": "default", "status": "active"}, "10": {"name": "provision"}}},
    "show lldp neighbors detail": {
        "lldpNeighbors": {
            "Ethernet1": {
                "lldpNeighborInfo": [
                    {
                        "systemName": "node1",
                        "chassisId": "2c60.0cad.30de",
                        "chassisIdType": "macAddress",
                        "neighborInterfaceInfo": {
                            "interfaceIdType": "interfaceName",
                            "interfaceId": '"nic0"',
                            "interfaceDescription": "eth3",
                        },
                    }
                ]
            },
            "Ethernet2": {"lldpNeighborInfo": []},
        }
    },
    "show mac address-table": {
        "unicastTable": {
            "tableEntries": [
                {"macAddress": "52:54:00:04:01:00", "interface": "Port-Channel1", "vlanId": 20, "entryType": "dynamic"},
                {"macAddress": "", "interface": "Ethernet2"},
            ]
        }
    },
    "show spanning-tree": {
        "spanningTreeInstances": {
            "MST0": {"interfaces": {"Port-Channel1": {"state": "forwarding", "role": "designated"}}}
        }
    },
}


def test_eos() -> None:
    facts = all_of(eos.switch_facts("leaf1", SECTIONS, EOS))
    optics = Optics("25GBASE-SR", (-1.8,), (-0.91,))
    assert facts.ports == (
        PortFacts("Ethernet1", True, True, 25000, 9214, "node1.bond0", 5, 0, 7, 0, optics),
        PortFacts("Ethernet2", False, False, None, 1500),
    )
    members = (Member("Ethernet1", "52:54:00:04:01:00", True), Member("Ethernet2", None, False))
    assert facts.lags == (LagFacts("Port-Channel1", "Port-Channel1", True, members),)
    assert facts.vlans == (Vlan(1, "default"), Vlan(10, "provision"))
    assert facts.lldp == (Neighbour("Ethernet1", "node1", "2c:60:0c:ad:30:de", "nic0", "name", "eth3"),)
    assert facts.macs == (Learnt(20, "52:54:00:04:01:00", "Port-Channel1"),)
    assert facts.stp == (Forwarding("Port-Channel1", "MST0", "forwarding", "designated"),)


def test_eos_with_empty_answers_tells_empty_sections() -> None:
    facts = eos.switch_facts("leaf1", SECTIONS, {command: {} for command in eos.commands(SECTIONS)})
    assert facts == SwitchFacts("leaf1", (), (), (), (), (), ())
