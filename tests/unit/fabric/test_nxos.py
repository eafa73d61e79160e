# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans as commands of NX-OS, running configurations as ports and channels, numbers of channels, and tables."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.command_line import numbers_of
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import (
    NO_VLANS,
    FabricError,
    Lacp,
    Lag,
    Membership,
    Port,
    Sighting,
    SwitchConfig,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nxos import channels, parse
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nxos.names import (
    channel_number,
    port_name,
    required_description,
    required_vlan_name,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nxos.nxapi import NxApi
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nxos.render import Target, commands, mtu
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nxos.running import Running, running
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nxos.timer import delay
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan
from services.fabric.nxos_double_config import Configuration

TRUNK = Membership.of("trunk", 10, [10, 20])
LAG = Lag("node1", ("Ethernet1/1", "Ethernet1/2"), TRUNK, 9000, Lacp(True, True, "Ethernet1/1"), "node1.bond0")
PORT = Port("Ethernet1/3", Membership.of("access", 20, []), 1500, "node1.bmc")
ROUTED, SWITCHED = "no system default switchport\n", "system default switchport\n"


def config(*objects: Port | Lag, vlans: dict[int, str] | None = None) -> SwitchConfig:
    ports = {item.name: item for item in objects if isinstance(item, Port)}
    lags = {item.name: item for item in objects if isinstance(item, Lag)}
    return SwitchConfig("leaf1", ports, lags, vlans or {})


def read(desired: SwitchConfig, found: Running) -> SwitchConfig:
    return parse.config(desired, found, channels.existing(desired, found))


def apply(desired: SwitchConfig, switch: Configuration) -> list[str]:
    found = running(switch.text(), ROUTED)
    steps = plan(desired, read(desired, found))
    numbers = channels.allocated(desired.lags, channels.existing(desired, found), found)
    lines, context = commands(steps, Target(found, numbers)), ("", "")
    for line in lines:
        context = switch.perform(line, context)
    return lines


CONFIGS = {
    "access": config(PORT, vlans={20: "cluster"}),
    "edge": config(replace(PORT, edge=True)),
    "trunk without a native VLAN": config(replace(PORT, membership=Membership.of("trunk", None, [20, 30]))),
    "tagged VLAN 1": config(replace(PORT, membership=Membership.of("trunk", None, [1, 2, 20]))),
    "many VLANs": config(replace(PORT, membership=Membership.of("trunk", 3, list(range(1, 400, 2))))),
    "edge trunk, jumbo": config(replace(PORT, membership=TRUNK, mtu=9000, edge=True)),
    "largest MTU": config(replace(PORT, mtu=9216)),
    "aggregation": config(LAG),
    "slow and passive": config(replace(LAG, lacp=Lacp(False, False, None), description="")),
    "without LACP": config(replace(LAG, lacp=None)),
    "vPC": config(replace(LAG, mlag=7, edge=True)),
    "vPC on the leaf without the boot port": config(replace(LAG, mlag=7, lacp=Lacp(True, True, None))),
    "second member is the fallback": config(replace(LAG, lacp=Lacp(True, True, "Ethernet1/2"))),
}


@pytest.mark.parametrize("desired", CONFIGS.values(), ids=CONFIGS.keys())
@pytest.mark.parametrize("start", CONFIGS.values(), ids=CONFIGS.keys())
def test_what_is_rendered_is_parsed_as_the_same(start: SwitchConfig, desired: SwitchConfig) -> None:
    switch = Configuration()
    switch.lines.add("feature vpc")
    switch.vpc = ["virtual peer-link destination 10.0.0.2"]
    apply(start, switch)
    apply(desired, switch)
    found = read(desired, running(switch.text(), ROUTED))
    assert plan(desired, found).steps == ()
    assert (found.ports, found.lags, found.vlans) == (desired.ports, desired.lags, desired.vlans)


def test_the_commands_of_an_aggregation() -> None:
    switch = Configuration()
    assert apply(config(LAG), switch) == [
        "interface port-channel1",
        "switchport",
        "switchport mode trunk",
        "switchport trunk allowed vlan 10,20",
        "switchport trunk native vlan 10",
        "spanning-tree port type normal",
        "no spanning-tree bpduguard",
        "mtu 9216",
        "description node1.bond0",
        "shutdown",
        "no lacp suspend-individual",
        "no shutdown",
        "interface Ethernet1/1",
        "no shutdown",
        "switchport",
        "mtu 9216",
        "channel-group 1 force mode active",
        "lacp rate fast",
        "interface Ethernet1/2",
        "no shutdown",
        "switchport",
        "mtu 9216",
        "channel-group 1 force mode active",
        "lacp rate fast",
    ]
    again = apply(config(replace(LAG, description="node1.bond1")), switch)
    assert "shutdown" not in again and not [line for line in again if line.startswith("channel-group")]


def test_a_channel_that_people_have_shut_stays_shut() -> None:
    switch = Configuration()
    apply(config(replace(LAG, lacp=Lacp(True, True, None))), switch)
    switch.interfaces["port-channel1"].shut = True
    assert "no shutdown" not in apply(config(LAG), switch)


def test_a_port_that_people_have_shut_stays_shut() -> None:
    switch = Configuration()
    switch.interfaces["Ethernet1/3"].shut = True
    assert "no shutdown" not in apply(config(PORT), switch)
    assert "no shutdown" in apply(config(replace(PORT, name="Ethernet1/4")), switch)
    assert "no shutdown" not in apply(config(replace(PORT, name="Ethernet1/4", edge=True)), switch)


TEXT = """
!Command: show running-config
feature lacp
system jumbomtu 9100
vlan 1,10-11,20
vlan 10
  name provision
interface port-channel3
  description node1.bond0
  switchport
interface port-channel4
  switchport
interface Ethernet1/1
  switchport
  switchport mode trunk
  switchport trunk native vlan 10
  switchport trunk allowed vlan 10,20
  switchport trunk allowed vlan add 30-31
  spanning-tree port type edge trunk
interface Ethernet1/2
  no switchport
  ip address 192.0.2.1/31
interface Ethernet1/3
  switchport mode dot1q-tunnel
interface Ethernet1/4
  switchport
  channel-group 4 force mode active
interface Ethernet1/5
"""


def test_a_running_configuration_is_read() -> None:
    found = running(TEXT, ROUTED)
    assert found.vlans == {1: "VLAN0001", 10: "provision", 11: "VLAN0011", 20: "VLAN0020"}
    assert (found.jumbo, found.vpc, found.has_peer_link) == (9100, None, False)
    desired = config(*(Port(f"Eth1/{n}", TRUNK, 1500) for n in (1, 2, 3, 5)))
    assert read(desired, found).ports["Eth1/1"] == Port("Eth1/1", Membership.of("trunk", 10, [10, 20, 30, 31]), 1500)
    assert set(read(desired, found).ports) == {"Eth1/1", "Eth1/2", "Eth1/3"}, "the other is routed, without an address"
    assert read(desired, found).ports["Eth1/2"].membership == NO_VLANS
    switched = read(desired, running(TEXT, SWITCHED)).ports
    assert switched["Eth1/5"] == Port("Eth1/5", Membership.of("access", 1, []), 1500)
    assert switched["Eth1/3"].membership.vlans == (), "a mode that is never written differs from each desired one"
    assert switched["Eth1/2"].membership == NO_VLANS
    assert (numbers_of("none"), len(numbers_of("all"))) == ((), 4094)


def test_members_that_differ_are_written_again() -> None:
    switch = Configuration()
    apply(config(LAG), switch)
    switch.interfaces["Ethernet1/2"].group = (1, "passive")
    assert "channel-group 1 force mode active" in apply(config(LAG), switch)
    assert switch.interfaces["Ethernet1/2"].group == (1, "active")


NUMBERS: list[tuple[str, dict[str, Lag], dict[str, int]]] = [
    ("found by its description", {"node1": LAG}, {"node1": 3}),
    ("found by its members", {"a": replace(LAG, name="a", description="x", members=("Eth1/4",))}, {"a": 4}),
    ("found by its own name", {"port-channel4": replace(LAG, name="port-channel4")}, {"port-channel4": 4}),
    ("new", {"node2": replace(LAG, name="node2", description="")}, {"node2": 1}),
    ("a new vPC", {"node2": replace(LAG, name="node2", description="", mlag=17)}, {"node2": 17}),
    ("a vPC whose number is used", {"node2": replace(LAG, name="node2", description="", mlag=4)}, {"node2": 1}),
    (
        "a local one beside a vPC",
        {"a": replace(LAG, name="a", description=""), "b": replace(LAG, name="b", description="", mlag=1)},
        {"a": 2, "b": 1},
    ),
]


@pytest.mark.parametrize(("what", "lags", "numbers"), NUMBERS, ids=[case[0] for case in NUMBERS])
def test_numbers_of_channels(what: str, lags: dict[str, Lag], numbers: dict[str, int]) -> None:
    found = running(TEXT, ROUTED)
    desired = SwitchConfig("leaf1", {}, lags)
    assert channels.allocated(lags, channels.existing(desired, found), found) == numbers


@pytest.mark.parametrize(("wanted", "written"), [(1400, 1500), (1500, 1500), (1501, 9100), (9000, 9100)])
def test_an_mtu_is_the_default_or_the_jumbo_one(wanted: int, written: int) -> None:
    assert mtu(wanted, 9100) == written


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ethernet1/2", "Ethernet1/2"), ("Eth1/2", "Ethernet1/2"), ("e1/49/1", "Ethernet1/49/1"),
        ("ethernet101/1/1", "Ethernet101/1/1"), ("Po7", None), ("mgmt0", None), ("Ethernet1/2.10", None),
        ("eth1", None),
    ],
)  # fmt: skip
def test_names_of_ports(text: str, name: str | None) -> None:
    assert port_name(text) == name


def test_names_of_channels() -> None:
    assert [channel_number(text) for text in ("Po7", "port-channel12", "Ethernet1/1")] == [7, 12, None]


@pytest.mark.parametrize("text", ["a;b", "a|b", "a > b", "what?", 'a"b', "a\nreload", " a", "a ", "!a", "ä", "a" * 255])
def test_unsafe_descriptions_are_refused(text: str) -> None:
    with pytest.raises(FabricError, match="cannot be a description"):
        required_description("here", text)


@pytest.mark.parametrize("text", ["a b", "", "a;b", "a" * 33, "a\nb"])
def test_unsafe_names_of_vlans_are_refused(text: str) -> None:
    with pytest.raises(FabricError, match="cannot be the name of a VLAN"):
        required_vlan_name("here", text)


def test_a_command_that_would_be_two_is_not_sent() -> None:
    with pytest.raises(FabricError, match="cannot be sent as one command"):
        NxApi("leaf1", {}).configure(["description a ;reload"])


@pytest.mark.parametrize(
    ("vpc", "channel", "peer"),
    [(None, "", False), (["role priority 1"], "", False), (["role priority 1"], "vpc peer-link", True)],
)
def test_a_vpc_needs_a_domain_and_a_peer_link(vpc: list[str] | None, channel: str, peer: bool) -> None:
    domain = "".join(f"\n  {line}" for line in vpc) if vpc else ""
    head = f"vpc domain 10{domain}\n" if vpc else ""
    found = running(f"feature vpc\nfeature lacp\nfeature scheduler\n{head}interface port-channel1\n  {channel}\n"
                    "interface Ethernet1/1\ninterface Ethernet1/2\n", ROUTED)  # fmt: skip
    assert found.has_peer_link is peer
    if not peer:
        with pytest.raises(FabricError, match="no vPC domain with a peer link"):
            parse.require(config(replace(LAG, mlag=7)), found)


def test_the_scheduler_takes_hours_and_minutes() -> None:
    assert [delay(minutes) for minutes in (3, 60, 125)] == ["+00:03", "+01:00", "+02:05"]


def test_tables_are_read_as_sightings() -> None:
    spelled, numbers = {"Ethernet1/1": "Eth1/1"}, {7: "node1"}
    table = "*   10  5254.0000.0101  dynamic  0  F  F  Po7\n+  10  5254.0000.0102 dynamic 0 F F Eth1/1\n"
    assert parse.mac_table(table, numbers, spelled) == [
        Sighting("52:54:00:00:01:01", "node1", "mac_table"),
        Sighting("52:54:00:00:01:02", "Eth1/1", "mac_table"),
    ]
    lacp = "Port        System ID              Port Number\nEth1/1      32768,52-54-0-0-1-1     0x112  2   SA\n"
    lacp += "Eth1/2      0,0-0-0-0-0-0     0x0  2   SA\n"
    assert parse.partners(lacp, spelled) == [Sighting("52:54:00:00:01:01", "Eth1/1", "lacp")]
    lldp = "Chassis id: 5254.0000.0101\nPort id: eno1\nLocal Port id: Eth1/9\nChassis id: x\nLocal Port id: Eth1/1\n"
    assert parse.neighbors(lldp, spelled) == [Sighting("52:54:00:00:01:01", "Ethernet1/9", "lldp")]
