# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans as EOS commands, running configurations of EOS as ports and aggregations, and the numbers of channels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.command_line import numbers_of
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import (
    MIXED,
    FabricError,
    Lacp,
    Lag,
    Membership,
    Port,
    PortMode,
    Sighting,
    SwitchConfig,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.eos.channels import allocate, names, refuse_mlag
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.eos.parse import (
    Running,
    lag,
    membership,
    port,
    port_name,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.eos.render import Switch, commands
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.eos.seen import sightings
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import Plan, Step, plan

TRUNK, ACCESS = Membership.of("trunk", 10, [10, 20]), Membership.of("access", 20, [])
LAG = Lag("node1", ("Ethernet1", "Ethernet2"), TRUNK, 9000, Lacp(True, True, "Ethernet1"), "node1.bond0")
PORT = Port("Ethernet3", ACCESS, 1500, "node1.bmc")


def running(**interfaces: list[str]) -> Running:
    """Interfaces as ``e1`` and ``po7``."""
    long = {"e": "Ethernet", "po": "Port-Channel"}
    kinds = {name: name.rstrip("0123456789") for name in interfaces}
    return Running({long[kinds[n]] + n.removeprefix(kinds[n]): lines for n, lines in interfaces.items()})


def rendered(have: Port | Lag | None, want: Port | Lag | None, channels: dict[str, int] | None = None) -> list[str]:
    item = want or have
    assert item is not None
    step = Step("lag" if isinstance(item, Lag) else "port", item.name, have, want)
    return commands(Plan("leaf1", (step,)), Switch({}, channels or {}))


def applied(lines: list[str]) -> Running:
    """The running configuration after commands on a switch without any, where nothing is a default."""
    sections: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("interface "):
            section = sections.setdefault(line.removeprefix("interface "), [])
        elif not line.startswith("no "):
            section.append(line)
    return Running(sections)


@pytest.mark.parametrize(
    "wanted",
    [
        PORT,
        replace(PORT, edge=True, mtu=9214, description=""),
        replace(PORT, membership=TRUNK),
        replace(PORT, membership=Membership.of("trunk", None, [10])),
        replace(PORT, membership=Membership.of("trunk", None, [1, 10])),
        replace(PORT, membership=Membership.of("trunk", 1, [10])),
    ],
)
def test_a_port_is_read_as_it_was_written(wanted: Port) -> None:
    found = applied(rendered(None, wanted))
    assert port("Ethernet3", found.interfaces["Ethernet3"], wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        LAG,
        replace(LAG, edge=True, mlag=7),
        replace(LAG, lacp=Lacp(False, False, None)),
        replace(LAG, lacp=Lacp(True, False, "Ethernet2")),
        replace(LAG, members=("Ethernet2",), lacp=Lacp(True, True, "Ethernet2")),
        replace(LAG, lacp=None),
    ],
)
def test_an_aggregation_is_read_as_it_was_written(wanted: Lag) -> None:
    number = wanted.mlag or 1
    assert lag("node1", applied(rendered(None, wanted)), number, {}, wanted) == wanted


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([], Membership.of("access", 1, [])),
        (["switchport access vlan 20"], ACCESS),
        (["switchport mode trunk"], Membership(PortMode.TRUNK, 1, tuple(range(1, 4095)))),
        (["switchport mode trunk", "switchport trunk allowed vlan none"], Membership(PortMode.TRUNK, None, ())),
        (
            ["switchport mode trunk", "switchport trunk allowed vlan 10", "switchport trunk allowed vlan add 20-21"],
            Membership(PortMode.TRUNK, None, (10, 20, 21)),
        ),
        (
            ["switchport mode trunk", "switchport trunk native vlan 999", "switchport trunk allowed vlan 10"],
            Membership(PortMode.TRUNK, None, (10,)),
        ),
        (["switchport mode dot1q-tunnel", "switchport access vlan 20"], Membership(PortMode.TRUNK, None, ())),
        (["no switchport", "ip address 10.0.0.1/31"], Membership(PortMode.TRUNK, None, ())),
    ],
)
def test_vlans_of_a_port(lines: list[str], found: Membership) -> None:
    assert membership(lines) == found


def test_the_mtu_is_that_of_ip_and_1500_where_none_is_shown() -> None:
    assert port("e", [], None).mtu == 1500
    assert port("e", ["mtu 9000"], None).mtu == 9000
    assert "mtu 9000" in rendered(None, LAG)


@pytest.mark.parametrize(
    ("lines", "as_edge", "as_other"),
    [
        ([], False, False),
        (["spanning-tree portfast"], False, True),
        (["spanning-tree bpduguard enable"], False, True),
        (["spanning-tree portfast edge", "spanning-tree bpduguard enable"], True, True),
        (["spanning-tree portfast network"], False, False),
    ],
)
def test_half_an_edge_port_is_corrected(lines: list[str], as_edge: bool, as_other: bool) -> None:
    assert port("e", lines, replace(PORT, edge=True)).edge is as_edge
    assert port("e", lines, PORT).edge is as_other


FALLBACK = ["port-channel lacp fallback static", "port-channel lacp fallback timeout 5"]
ACTIVE = ["channel-group 7 mode active", "lacp timer fast"]


@pytest.mark.parametrize(
    ("channel", "first", "second", "found"),
    [
        ([], ACTIVE, ACTIVE, Lacp(True, True, None)),
        (FALLBACK, [*ACTIVE, "lacp port-priority 8192"], ACTIVE, Lacp(True, True, "Ethernet1")),
        (FALLBACK, ACTIVE, ACTIVE, Lacp(True, True, "static of Ethernet1 or Ethernet2 after 5 s")),
        (FALLBACK[:1], [*ACTIVE, "lacp port-priority 1"], ACTIVE, Lacp(True, True, "static of Ethernet1 after 90 s")),
        (
            ["port-channel lacp fallback individual"],
            [*ACTIVE, "lacp port-priority 1"],
            ACTIVE,
            Lacp(True, True, "individual of Ethernet1 after 90 s"),
        ),
        ([], ACTIVE, ACTIVE[:1], MIXED),
        ([], ACTIVE, ["channel-group 7 mode passive", "lacp timer fast"], MIXED),
        ([], ACTIVE, ["channel-group 7 mode on"], MIXED),
        ([], ["channel-group 7 mode on"], ["channel-group 7 mode on"], None),
        ([], [ACTIVE[0], "lacp rate fast"], [*ACTIVE, "lacp timer multiplier 30"], Lacp(True, True, None)),
    ],
)
def test_lacp_of_a_channel(channel: list[str], first: list[str], second: list[str], found: Lacp | None) -> None:
    assert lag("node1", running(po7=channel, e1=first, e2=second), 7, {}, LAG).lacp == found


def test_vlans_of_the_switch() -> None:
    names_of = {
        "vlan 10": {"cmds": {"name provision": None}},
        "vlan 20-21": None,
        "vlan 30": {"cmds": {"state suspend": None}},
    }
    assert Running.of({"cmds": names_of}).vlans == {
        1: "default", 10: "provision", 20: "VLAN0020", 21: "VLAN0021", 30: "VLAN0030 (suspended)",
    }  # fmt: skip
    assert numbers_of("10-12, 20") == (10, 11, 12, 20)
    step = Step("vlan", "30", "VLAN0030 (suspended)", "VLAN0030")
    assert commands(Plan("leaf1", (step,)), Switch({}, {})) == ["vlan 30", "name VLAN0030", "state active"]


@pytest.mark.parametrize("text", ["a\nshutdown", "a | b", "a > b", '"a"', " a", "a  b", "!a", "é", "a" * 201, "a\t"])
def test_text_that_the_command_line_may_interpret_is_refused(text: str) -> None:
    with pytest.raises(FabricError, match=r"ports\.Ethernet3\.description"):
        rendered(None, replace(PORT, description=text))
    step = Step("vlan", "10", None, text if len(text) < 200 else "a" * 33)
    with pytest.raises(FabricError, match=r"vlans\.10: .* is not a VLAN name"):
        commands(Plan("leaf1", (step,)), Switch({}, {}))


@pytest.mark.parametrize("text", ["node1.bond0", "rack 3, row (b)", "uplink to tor2:Et1/2"])
def test_usual_descriptions_are_written_as_they_are(text: str) -> None:
    assert f"description {text}" in rendered(None, replace(PORT, description=text))


@pytest.mark.parametrize(
    ("name", "found"), [("Et1", "Ethernet1"), ("ethernet1/2", "Ethernet1/2"), ("Eth49/1", "Ethernet49/1")]
)
def test_names_of_ports(name: str, found: str) -> None:
    assert port_name("switches.leaf1", name) == found


@pytest.mark.parametrize("name", ["Port-Channel7", "Vlan10", "swp1", "1", "Management1", "Ethernet1.100"])
def test_other_interfaces_are_no_ports(name: str) -> None:
    with pytest.raises(FabricError, match="is no name of a port"):
        port_name("switches.leaf1", name)


def in_channel(number: int) -> list[str]:
    return [f"channel-group {number} mode active"]


CHANNELS: list[tuple[str, Running, dict[int, str]]] = [
    ("description", running(po7=["description node1.bond0"], e9=in_channel(7)), {7: "node1"}),
    ("description of another bond", running(po7=["description node1.bond9"]), {7: "node1"}),
    (
        "description begins alike, other members",
        running(po7=["description node1.x"], e9=in_channel(7)),
        {7: "Port-Channel7"},
    ),
    ("description begins alike, a member", running(po7=["description node1.x"], e1=in_channel(7)), {7: "node1"}),
    ("members", running(po7=["description old"], e1=in_channel(7), e2=in_channel(7)), {7: "node1"}),
    ("other members", running(po7=[], e1=in_channel(7)), {7: "Port-Channel7"}),
    ("a machine whose name begins alike", running(po7=["description node11.bond0"]), {7: "Port-Channel7"}),
    (
        "two of one description",
        running(po3=["description node1.bond0"], po2=["description node1.bond0"]),
        {2: "node1", 3: "Port-Channel3"},
    ),
    (
        "the whole description first",
        running(po2=["description node1.x"], po3=["description node1.bond0"]),
        {2: "Port-Channel2", 3: "node1"},
    ),
]


@pytest.mark.parametrize(("__", "switch", "found"), CHANNELS, ids=[case[0] for case in CHANNELS])
def test_channels_are_found_again(__: str, switch: Running, found: dict[int, str]) -> None:
    assert names(switch, [LAG], {}) == found


@pytest.mark.parametrize(
    ("mlags", "used", "found"),
    [
        ([None, None], [], {"n0": 1, "n1": 2}),
        ([None, None], [1, 3], {"n0": 2, "n1": 4}),
        ([None, 1], [], {"n0": 2, "n1": 1}),
        ([7, 8], [7], {"n0": 1, "n1": 8}),
        ([5000], [], {"n0": 1}),
    ],
)
def test_numbers_of_new_channels(mlags: list[int | None], used: list[int], found: dict[str, int]) -> None:
    lags = [replace(LAG, name=f"n{number}", mlag=mlag) for number, mlag in enumerate(mlags)]
    assert allocate("switches.leaf1", lags, used) == found
    assert allocate("switches.leaf1", lags[::-1], used) == found


def test_no_free_number_is_an_error() -> None:
    with pytest.raises(FabricError, match="no Port-Channel number is free"):
        allocate("switches.leaf1", [LAG], range(1, 2001))


@pytest.mark.parametrize(
    ("domain", "others", "error"),
    [
        ([], [], "no MLAG domain"),
        (["domain-id pair"], [], "peer-link not set"),
        (["domain-id pair", "peer-link Port-Channel9"], ["mlag 7"], "Port-Channel3 .* its MLAG identifier 7 already"),
        (["domain-id pair", "peer-link Port-Channel9"], ["mlag 8"], ""),
    ],
)
def test_mlag_needs_a_domain_and_a_free_identifier(domain: list[str], others: list[str], error: str) -> None:
    switch = Running({"Port-Channel3": others, "Ethernet9": in_channel(3)}, {}, domain)
    wanted = SwitchConfig("leaf1", {}, {"node1": replace(LAG, mlag=7)})
    arguments: Any = ("switches.leaf1", wanted, switch, {3: "Port-Channel3"}, {"Ethernet1"})
    if not error:
        refuse_mlag(*arguments)
        return
    with pytest.raises(FabricError, match=error):
        refuse_mlag(*arguments)


def test_a_port_that_becomes_a_member_is_cleaned_first() -> None:
    old = Port("Ethernet1", ACCESS, 9000, "old", edge=True)
    desired, actual = SwitchConfig("leaf1", {}, {"node1": LAG}), SwitchConfig("leaf1", {"Ethernet1": old})
    lines = commands(plan(desired, actual), Switch({}, {}))
    assert lines[: lines.index("interface Port-Channel1")] == [
        "interface Ethernet1", "no description", "no switchport mode", "no switchport access vlan",
        "no switchport trunk native vlan", "no switchport trunk allowed vlan", "no mtu", "no spanning-tree portfast",
        "no spanning-tree bpduguard",
    ]  # fmt: skip


def test_members_leave_a_channel_without_lacp_before_it_gets_lacp() -> None:
    lines = rendered(replace(LAG, lacp=None), LAG, {"node1": 4})
    assert lines.index("no channel-group") < lines.index("channel-group 4 mode active")
    assert "no channel-group" not in rendered(replace(LAG, mtu=1500), LAG, {"node1": 4})
    static = replace(LAG, lacp=None)
    for have in (LAG, replace(LAG, lacp=MIXED)):
        assert rendered(have, static, {"node1": 4}).count("no channel-group") == len(LAG.members)
    assert "no channel-group" not in rendered(replace(static, mtu=1500), static, {"node1": 4})


def test_portfast_of_a_port_to_another_switch_is_kept() -> None:
    assert not [line for line in rendered(PORT, replace(PORT, mtu=9000)) if "spanning-tree" in line]
    assert "no spanning-tree bpduguard" in rendered(replace(PORT, edge=True), PORT)


def test_addresses_that_the_switch_sees() -> None:
    table = {"unicastTable": {"tableEntries": [{"macAddress": "00:1c:73:00:00:01", "interface": "Port-Channel7"}]}}
    peers = {"Ethernet2": {"partnerSystemId": "8000,76-83-EF-ed-66-5d"}, "Ethernet3": {"partnerSystemId": ""}}
    end = {"interfaceIdType": "macAddress", "interfaceId": "001c.7300.0002"}
    neighbor = {"chassisIdType": "local", "chassisId": "node1", "neighborInterfaceInfo": end}
    found = sightings(
        {"Port-Channel7": "node1", "Ethernet2": "Et2"},
        table,
        {"portChannels": {"Port-Channel7": {"interfaces": peers}}},
        {"lldpNeighbors": {"Ethernet4": {"lldpNeighborInfo": [neighbor]}}},
    )
    assert found == [
        Sighting("00:1c:73:00:00:01", "node1", "mac_table"),
        Sighting("76:83:ef:ed:66:5d", "Et2", "lacp"),
        Sighting("00:1c:73:00:00:02", "Ethernet4", "lldp"),
    ]
