# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of NX-OS, Junos, SONiC and Cumulus Linux as facts of a switch. They are shaped like captured ones."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
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
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos import facts as junos
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.tree import tree
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nvue import seen as nvue
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nxos import facts as nxos
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.sonic import facts as sonic

MAC = "52:54:00:04:01:00"


def rows(name: str, *found: dict[str, Any]) -> dict[str, Any]:
    return {f"TABLE_{name}": {f"ROW_{name}": list(found) if len(found) > 1 else found[0]}}


NXOS: dict[str, Any] = {
    nxos.INTERFACES: rows(
        "interface",
        {"interface": "mgmt0", "state": "up", "admin_state": "up"},
        {
            "interface": "Ethernet1/1",
            "state": "up",
            "admin_state": "up",
            "desc": "node1.bond0",
            "eth_mtu": "9216",
            "eth_bw": 25000000,
            "eth_inerr": "1",
            "eth_outerr": "0",
            "eth_indiscard": "2",
            "eth_outdiscard": "3",
        },
        {"interface": "Ethernet1/2", "state": "down", "admin_state": "down", "eth_bw": [10000000, 10000000]},
        {"interface": "Vlan120", "svi_admin_state": "up"},
    ),
    nxos.OPTICS: rows(
        "interface",
        {
            "interface": "Ethernet1/1",
            "sfp": "present",
            "type": "SFP-H25GB-SR",
            **rows("lane", {"lane_number": "1", "rx_pwr": "-1.24", "tx_pwr": "-1.78"}),
        },
        {"interface": "Ethernet1/2", "sfp": "not present"},
    ),
    nxos.CHANNELS: rows(
        "channel",
        {
            "group": "7",
            "port-channel": "port-channel7",
            "status": "U",
            **rows(
                "member",
                {"port": "Ethernet1/1", "port-status": "P"},
                {"port": "Ethernet1/2", "port-status": "D"},
            ),
        },
    ),
    nxos.LACP: "Eth1/1 32768,52-54-0-4-1-0 0x1 4 SA\nEth1/2 0,0-0-0-0-0-0 0x0 4 SA\n",
    nxos.VLANS: rows("vlanbriefxbrief", {"vlanshowbr-vlanid-utf": "20", "vlanshowbr-vlanname": "cluster"}),
    nxos.LLDP: "Chassis id: 5254.0004.0100\nPort id: 5254.0004.0101\nLocal Port id: Eth1/1\n"
    "Port Description: not advertised\nSystem Name: node1\nSystem Description: Linux: Debian\n",
    nxos.MACS: "Legend:\n*   20     5254.0004.0100   dynamic  0         F      F    Po7\n"
    "G   -      00de.fb00.0001   static   -         F      F    sup-eth1(R)\n",
    nxos.STP: rows(
        "tree", {"tree_id": "20", **rows("port", {"if_index": "port-channel7", "state": "FWD", "role": "Desg"})}
    ),
}


def test_nxos() -> None:
    facts = nxos.switch_facts("leaf1", SECTIONS, NXOS, {})
    assert facts.ports == (
        PortFacts(
            "Ethernet1/1",
            True,
            True,
            25000,
            9216,
            "node1.bond0",
            1,
            0,
            2,
            3,
            Optics("SFP-H25GB-SR", (-1.24,), (-1.78,)),
        ),
        PortFacts("Ethernet1/2", False, False, 10000, None, ""),
    )
    members = (Member("Ethernet1/1", MAC, True), Member("Ethernet1/2", None, False))
    assert facts.lags == (LagFacts("port-channel7", "port-channel7", True, members),)
    assert facts.vlans == (Vlan(20, "cluster"),) and facts.macs == (Learnt(20, MAC, "port-channel7"),)
    assert facts.lldp == (Neighbour("Ethernet1/1", "node1", MAC, "52:54:00:04:01:01", "mac", None),)
    assert facts.stp == (Forwarding("port-channel7", "20", "forwarding", "designated"),)


def test_nxos_says_why_a_section_is_missing_and_reads_ports_without_optics() -> None:
    told = {key: value for key, value in NXOS.items() if key not in (nxos.OPTICS, nxos.LLDP, nxos.LACP)}
    refused = dict.fromkeys((nxos.OPTICS, nxos.LLDP, nxos.LACP), "it refused it")
    facts = nxos.switch_facts("leaf1", SECTIONS, told, refused)
    assert facts.lldp is None and facts.untold == {"lldp": "it refused it"}
    assert (facts.ports or ())[0].optics is None and (facts.lags or ())[0].members[0].partner is None


def test_nxos_with_empty_answers_tells_empty_sections() -> None:
    told = {command: {} for command in nxos.tables(SECTIONS)} | dict.fromkeys(nxos.texts(SECTIONS), "")
    assert nxos.switch_facts("leaf1", SECTIONS, told, {}) == SwitchFacts("leaf1", (), (), (), (), (), ())


JUNOS = {
    junos.INTERFACES: """<interface-information xmlns="http://xml.juniper.net/junos/21.4R1/junos-interface">
<physical-interface><name>xe-0/0/1</name><admin-status>up</admin-status><oper-status>up</oper-status>
  <description>node1.bond0</description><mtu>9216</mtu><speed>10Gbps</speed>
  <input-error-list><input-errors>1</input-errors><input-drops>2</input-drops></input-error-list>
  <output-error-list><output-errors>3</output-errors><output-drops>4</output-drops></output-error-list>
  <logical-interface><name>xe-0/0/1.0</name><address-family><address-family-name>aenet</address-family-name>
    <ae-bundle-name>ae1.0</ae-bundle-name></address-family></logical-interface></physical-interface>
<physical-interface><name>ge-0/0/2</name><admin-status>down</admin-status><oper-status>down</oper-status>
  <mtu>1514</mtu><speed>1000mbps</speed></physical-interface>
<physical-interface><name>vme</name></physical-interface>
<physical-interface><name>ae1</name><oper-status>up</oper-status><logical-interface><lag-traffic-statistics>
  <lag-lacp-info><name>xe-0/0/1.0</name><lacp-role>Actor</lacp-role>
    <lacp-system-id>3c:8a:b0:00:00:01</lacp-system-id></lag-lacp-info>
  <lag-lacp-info><name>xe-0/0/1.0</name><lacp-role>Partner</lacp-role>
    <lacp-system-id>52:54:00:04:01:00</lacp-system-id></lag-lacp-info>
</lag-traffic-statistics></logical-interface></physical-interface></interface-information>""",
    junos.OPTICS: """<interface-information><physical-interface><name>xe-0/0/1</name><optics-diagnostics>
<laser-output-power-dbm>-1.35</laser-output-power-dbm>
<rx-signal-avg-optical-power-dbm>- Inf</rx-signal-avg-optical-power-dbm>
</optics-diagnostics></physical-interface></interface-information>""",
    junos.LACP: """<lacp-interface-information-list><lacp-interface-information>
<lag-lacp-header><aggregate-name>ae1</aggregate-name></lag-lacp-header><lag-lacp-protocol><name>xe-0/0/1</name>
<lacp-mux-state>Collecting distributing</lacp-mux-state></lag-lacp-protocol>
</lacp-interface-information></lacp-interface-information-list>""",
    junos.VLANS: """<l2ng-l2ald-vlan-instance-information><l2ng-l2ald-vlan-instance-group>
<l2ng-l2rtb-vlan-name>cluster</l2ng-l2rtb-vlan-name><l2ng-l2rtb-vlan-tag>20</l2ng-l2rtb-vlan-tag>
</l2ng-l2ald-vlan-instance-group></l2ng-l2ald-vlan-instance-information>""",
    junos.LLDP: """<lldp-neighbors-information><lldp-neighbor-information>
<lldp-local-port-id>xe-0/0/1</lldp-local-port-id>
<lldp-local-parent-interface-name>ae1</lldp-local-parent-interface-name>
<lldp-remote-chassis-id>52:54:00:04:01:00</lldp-remote-chassis-id>
<lldp-remote-port-id-subtype>Interface name</lldp-remote-port-id-subtype>
<lldp-remote-port-id>nic0</lldp-remote-port-id><lldp-remote-system-name>node1</lldp-remote-system-name>
</lldp-neighbor-information></lldp-neighbors-information>""",
    junos.MACS: """<l2ng-l2ald-rtb-macdb><l2ng-l2ald-mac-entry-vlan><l2ng-mac-entry>
<l2ng-l2-mac-vlan-name>cluster</l2ng-l2-mac-vlan-name><l2ng-l2-mac-address>52:54:00:04:01:00</l2ng-l2-mac-address>
<l2ng-l2-mac-logical-interface>ae1.0</l2ng-l2-mac-logical-interface></l2ng-mac-entry></l2ng-l2ald-mac-entry-vlan>
<l2ng-l2ald-mac-entry-vlan style="extensive"><l2ng-l2-mac-address>52:54:00:04:02:00</l2ng-l2-mac-address>
<l2ng-l2-vlan-id>610</l2ng-l2-vlan-id><l2ng-l2-mac-vlan-name>AP</l2ng-l2-mac-vlan-name>
<l2ng-l2-mac-logical-interface>ge-0/0/2.0</l2ng-l2-mac-logical-interface></l2ng-l2ald-mac-entry-vlan>
</l2ng-l2ald-rtb-macdb>""",
    junos.STP: """<stp-interface-information><stp-instance><stp-instance-id>0</stp-instance-id><stp-interfaces>
<stp-interface-entry><interface-name>ae1</interface-name><port-state>FWD</port-state><port-role>DESG</port-role>
</stp-interface-entry></stp-interfaces></stp-instance></stp-interface-information>""",
}


def junos_facts(**refused: str) -> SwitchFacts:
    told = {name: tree(text) for name, text in JUNOS.items() if name not in refused.values()}
    return junos.switch_facts("leaf1", SECTIONS, told, dict.fromkeys(refused.values(), "it refused it"))


def test_junos() -> None:
    facts = junos_facts()
    assert facts.ports == (
        PortFacts("xe-0/0/1", True, True, 10000, 9216, "node1.bond0", 1, 3, 2, 4, Optics(None, (), (-1.35,))),
        PortFacts("ge-0/0/2", False, False, 1000, 1514, ""),
    )
    assert facts.lags == (LagFacts("ae1", "ae1", True, (Member("xe-0/0/1", MAC, True),)),)
    assert facts.vlans == (Vlan(20, "cluster"),)
    assert facts.lldp == (Neighbour("xe-0/0/1", "node1", MAC, "nic0", "name", None),)
    assert facts.macs == (Learnt(20, MAC, "ae1"), Learnt(610, "52:54:00:04:02:00", "ge-0/0/2"))
    assert facts.stp == (Forwarding("ae1", "0", "forwarding", "designated"),)


def test_junos_says_why_a_section_is_missing() -> None:
    facts = junos_facts(a=junos.LLDP, b=junos.LACP, c=junos.OPTICS, d=junos.VLANS)
    assert facts.lldp is facts.vlans is None and set(facts.untold) == {"lldp", "vlans"}
    assert (facts.lags or ())[0].members == (Member("xe-0/0/1", MAC, None),)
    assert [row.vlan for row in facts.macs or ()] == [None, 610]


@pytest.mark.parametrize(("text", "speed"), [("25Gbps", 25000), ("100mbps", 100), ("Auto", None), ("", None)])
def test_speeds_of_junos(text: str, speed: int | None) -> None:
    node = ET.fromstring(f"<a><physical-interface><name>xe-0/0/1</name><speed>{text}</speed></physical-interface></a>")
    facts = junos.switch_facts("leaf1", ["ports"], {junos.INTERFACES: node}, {})
    assert (facts.ports or ())[0].speed == speed and (facts.ports or ())[0].up is None


def dumped(**keys: dict[str, str]) -> str:
    return json.dumps({key: {"type": "hash", "value": value} for key, value in keys.items()})


def test_sonic_has_states_of_both_spanning_trees() -> None:
    told = {
        "ports": dumped(**{"PORT_TABLE:Ethernet0": {"alias": "etp1"}}),
        "stp": dumped(
            **{
                "_STP_VLAN_PORT_TABLE:Vlan500:Ethernet4": {"port_state": "FORWARDING"},
                "_STP_INST_PORT_TABLE:2:PortChannel1": {"port_state": "DISCARDING"},
                "_STP_PORT_TABLE:Ethernet4": {"port_fast": "no"},
            }
        ),
    }
    facts = sonic.switch_facts("leaf1", ["stp"], told, {})
    assert facts.stp == (
        Forwarding("Ethernet4", "500", "forwarding", None),
        Forwarding("PortChannel1", "2", "discarding", None),
    )


def test_outputs_of_sonic_are_told_apart() -> None:
    text = "@@ begin a\n{}\n\n@@ begin b\n\n@@ failed\n\n@@ begin c\nx\n@@ y\n"
    assert sonic.outputs(text) == {"a": "{}\n", "c": "x\n@@ y\n"}
    assert sonic.outputs("") == {} and sonic.partners_script([]) == ""


@pytest.mark.parametrize(
    ("link", "up"),
    [
        ({"state": {"up": {}}}, True),
        ({"state": "down"}, False),
        ({"oper-status": "up", "state": {"down": {}}}, True),
        ({"state": {}}, None),
        ({}, None),
    ],
)
def test_states_of_links_in_releases_of_nvue(link: dict[str, Any], up: bool | None) -> None:
    facts = nvue.switch_facts("leaf1", ["ports"], {"link": {"swp1": {"link": link}, "eth0": {"link": link}}}, {})
    assert [(port.name, port.up) for port in facts.ports or ()] == [("swp1", up)]


def test_the_switchs_own_addresses_are_not_learnt_by_nvue() -> None:
    table = {
        "1": {"mac": MAC, "vlan": 10, "interface": "swp1"},
        "2": {"mac": MAC, "interface": "br_default", "entry-type": "permanent"},
        "3": {"mac": MAC, "vlan": 10, "interface": "swp2", "entry-type": "static"},
    }
    facts = nvue.switch_facts("leaf1", ["macs"], {}, {"br_default": {"mac-table": table}})
    assert facts.macs == (Learnt(10, MAC, "swp1"),) and facts.vlans is None
