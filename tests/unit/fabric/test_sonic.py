# SPDX-License-Identifier: GPL-3.0-or-later
"""SONiC: plans as patches of CONFIG_DB, CONFIG_DB as objects, the choice of channels, and the switch's timer."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import (
    UNKNOWN,
    FabricError,
    Lacp,
    Lag,
    Membership,
    Port,
    Sighting,
    SwitchConfig,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.sonic import mclag, parse, render, rollback
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.sonic.tables import (
    Config,
    Names,
    refuse_impossible,
)

ACCESS = Membership.of("access", 20, [])
TRUNK = Membership.of("trunk", 10, [10, 20, 21])
TAGGED = Membership.of("trunk", None, [20])
ALONE = Membership.of("trunk", 10, [])
LAG = Lag("node1", ("Ethernet0", "Ethernet4"), TRUNK, 9000, Lacp(True, True, "Ethernet4"), "node1.bond0", edge=True)
PORT = Port("Ethernet8", ACCESS, 1500, "uplink")
OTHER = {"admin_status": "up", "mtu": "9100", "description": "other"}


def desired(*objects: Port | Lag, vlans: dict[int, str] | None = None) -> SwitchConfig:
    ports = {item.name: item for item in objects if isinstance(item, Port)}
    return SwitchConfig("leaf1", ports, {o.name: o for o in objects if isinstance(o, Lag)}, vlans or {})


def database(**tables: dict[str, dict[str, Any]]) -> Config:
    ports = {f"Ethernet{n}": {"alias": f"etp{n // 4}", "lanes": str(n), "speed": "25000"} for n in range(0, 40, 4)}
    return {"PORT": ports, **tables}


def applied(config: Config, wanted: SwitchConfig) -> Config:
    """CONFIG_DB after the patches, which this interprets."""
    names = Names.of(config, wanted)
    result: Any = copy.deepcopy(config)
    steps = plan(wanted, parse.parse(config, wanted, names))
    for operations in render.patches(config, render.targets(config, steps, names, mclag.vlans(wanted))):
        for operation in operations:
            *parents, last = [p.replace("~1", "/").replace("~0", "~") for p in operation["path"][1:].split("/")]
            place = result
            for part in parents:
                place = place[part]
            if operation["op"] == "remove":
                del place[last]
            else:
                assert (last in place) == (operation["op"] == "replace")
                place[last] = copy.deepcopy(operation["value"])
    assert all(result.values()), "the switch refuses empty tables"
    return result  # type: ignore[no-any-return]


def read(config: Config, wanted: SwitchConfig) -> SwitchConfig:
    return parse.parse(config, wanted, Names.of(config, wanted))


PVST = {"GLOBAL": {"mode": "pvst"}}
MST = {"GLOBAL": {"mode": "mst"}}
DOMAIN = {"1": {"source_ip": "10.0.0.1", "peer_ip": "10.0.0.2", "peer_link": "PortChannel100"}}
MODES = {f"Ethernet{n}": {"mode": "routed", "lanes": "1", "speed": "1", "alias": f"Eth1/{n}"} for n in (0, 4, 8)}
WANTED: list[SwitchConfig] = [
    desired(LAG, PORT, vlans={10: "provision", 4094: "last"}),
    desired(replace(LAG, lacp=Lacp(True, False, None), mtu=9100, description="", edge=False)),
    desired(replace(LAG, membership=TAGGED, members=("Ethernet4",), lacp=Lacp(True, True, "Ethernet4"))),
    desired(replace(LAG, mlag=7, lacp=Lacp(True, True, "Ethernet0"))),
    desired(replace(LAG, membership=ALONE), replace(PORT, membership=ALONE, edge=True, description="")),
    desired(replace(PORT, name="Eth1/8", membership=TRUNK, mtu=9216)),
    desired(replace(PORT, membership=TAGGED, description='it\'s "quoted" $HOME | ~ / ü')),
]
PRESENT: list[Config] = [
    database(),
    database(STP=PVST, MCLAG_DOMAIN=DOMAIN),
    database(STP=MST, STP_PORT={"Ethernet8": {"enabled": "false", "portfast": "true"}}, MCLAG_DOMAIN=DOMAIN),
    {"PORT": MODES, "MCLAG_DOMAIN": DOMAIN},
    database(
        VLAN={"Vlan20": {"vlanid": "20"}, "Vlan99": {"vlanid": "99"}},
        VLAN_MEMBER={
            "Vlan20|Ethernet0": {"tagging_mode": "untagged"}, "Vlan99|Ethernet0": {"tagging_mode": "tagged"},
            "Vlan99|Ethernet8": {"tagging_mode": "untagged"}, "Vlan99|PortChannel9": {"tagging_mode": "tagged"},
        },
        PORTCHANNEL={"PortChannel9": OTHER},
        PORTCHANNEL_MEMBER={"PortChannel9|Ethernet4": {}},
        MCLAG_DOMAIN=DOMAIN,
    ),
]  # fmt: skip


@pytest.mark.parametrize("present", PRESENT)
@pytest.mark.parametrize("wanted", WANTED)
def test_what_is_written_is_read_back(present: Config, wanted: SwitchConfig) -> None:
    if "Eth1/8" in wanted.ports and "Eth1/8" not in {p["alias"] for p in present["PORT"].values()}:
        with pytest.raises(FabricError, match="there is no port Eth1/8"):
            Names.of(present, wanted)
        return
    after = applied(present, wanted)
    assert read(after, wanted) == wanted
    assert applied(after, wanted) == after


def test_a_patch_has_nothing_but_the_change() -> None:
    present = applied(database(), desired(LAG, PORT))
    wanted = desired(replace(LAG, membership=ALONE), replace(PORT, mtu=1600, description=""))
    names = Names.of(present, wanted)
    assert render.patches(present, render.targets(present, plan(wanted, read(present, wanted)), names)) == [[
        {"op": "remove", "path": "/VLAN_MEMBER/Vlan20|PortChannel1"},
        {"op": "remove", "path": "/VLAN_MEMBER/Vlan21|PortChannel1"},
        {"op": "remove", "path": "/PORT/Ethernet8/description"},
        {"op": "replace", "path": "/PORT/Ethernet8/mtu", "value": "1600"},
    ]]  # fmt: skip


def test_a_table_without_entries_is_removed_as_a_whole() -> None:
    present = applied(database(), desired(replace(LAG, membership=TAGGED)))
    wanted = desired(replace(PORT, name="Ethernet0"), replace(PORT, name="Ethernet4"))
    names = Names.of(present, wanted)
    [operations] = render.patches(present, render.targets(present, plan(wanted, read(present, wanted)), names))
    paths = [operation["path"] for operation in operations if operation["op"] == "remove"]
    assert paths == ["/VLAN_MEMBER/Vlan20|PortChannel1", "/PORTCHANNEL_MEMBER", "/PORTCHANNEL"]


def test_pointers_are_escaped() -> None:
    assert render.pointer("VLAN_MEMBER", "Vlan10|Eth1/1~a") == "/VLAN_MEMBER/Vlan10|Eth1~11~0a"


def channels(*names: str, **texts: str) -> Config:
    table = {name: {"admin_status": "up", "description": texts.get(name, "")} for name in (*names, *texts)}
    return database(PORTCHANNEL=table)


TWO = (LAG, replace(LAG, name="node2", members=("Ethernet8",), description="node2.bond0", lacp=Lacp()))
CHOICES: list[tuple[Config, tuple[Lag, ...], dict[str, str]]] = [
    (database(), TWO, {"node1": "PortChannel1", "node2": "PortChannel2"}),
    (channels("PortChannel1", "PortChannel3"), TWO, {"node1": "PortChannel2", "node2": "PortChannel4"}),
    (channels("PortChannel0001"), (LAG,), {"node1": "PortChannel2"}),
    (channels(PortChannel7="node2.bond1"), TWO, {"node1": "PortChannel1", "node2": "PortChannel7"}),
    (channels(PortChannel7="node11.bond0"), (LAG,), {"node1": "PortChannel1"}),
    (channels(PortChannel3="node1"), (replace(LAG, mlag=3),), {"node1": "PortChannel3"}),
    (channels(PortChannel3="node1"), (replace(LAG, mlag=4),), {"node1": "PortChannel4"}),
    (channels("PortChannel2"), (replace(LAG, mlag=1), TWO[1]), {"node1": "PortChannel1", "node2": "PortChannel3"}),
    (
        channels("PortChannel9") | {"PORTCHANNEL_MEMBER": {"PortChannel9|Ethernet4": {}, "PortChannel9|Ethernet0": {}}},
        (replace(LAG, description=""),),
        {"node1": "PortChannel9"},
    ),
    (
        channels("PortChannel9") | {"PORTCHANNEL_MEMBER": {"PortChannel9|Ethernet4": {}}},
        (LAG,),
        {"node1": "PortChannel1"},
    ),
]


@pytest.mark.parametrize(("config", "lags", "chosen"), CHOICES)
def test_the_channel_of_an_aggregation(config: Config, lags: tuple[Lag, ...], chosen: dict[str, str]) -> None:
    assert Names.of(config, desired(*lags)).lags == chosen


def test_an_mlag_channel_with_another_use_is_refused() -> None:
    config = channels(PortChannel7="uplink") | {"PORTCHANNEL_MEMBER": {"PortChannel7|Ethernet36": {}}}
    with pytest.raises(FabricError, match=r"lags\.node1\.mlag: PortChannel7 has another use \(uplink\)"):
        Names.of(config, desired(replace(LAG, mlag=7)))
    with pytest.raises(FabricError, match="0 is not the number of a PortChannel"):
        Names.of(config, desired(replace(LAG, mlag=0)))


@pytest.mark.parametrize("domain", [{}, {"1": {"source_ip": "10.0.0.1"}}])
def test_mlag_without_a_domain_with_a_peer_link_is_refused(domain: dict[str, Any]) -> None:
    with pytest.raises(FabricError, match="no MLAG domain with a peer link"):
        refuse_impossible(database(MCLAG_DOMAIN=domain), desired(replace(LAG, mlag=7)))


def test_a_port_without_an_mtu_has_that_of_the_release() -> None:
    found = read(database(), desired(PORT)).ports["Ethernet8"]
    assert (found.mtu, found.membership) == (9100, UNKNOWN)


@pytest.mark.parametrize(
    ("vlans", "mode"),
    [
        ({"Vlan20": "untagged", "Vlan21": "untagged"}, None),
        ({"Vlan20": "priority_tagged"}, None),
        ({"Vlan20": "untagged"}, "routed"),
        ({"Vlan20": "tagged"}, "access"),
    ],
)
def test_a_combination_that_is_never_written_differs(vlans: dict[str, str], mode: str | None) -> None:
    config = database(VLAN_MEMBER={f"{vlan}|Ethernet8": {"tagging_mode": how} for vlan, how in vlans.items()})
    if mode:
        config["PORT"]["Ethernet8"]["mode"] = mode
    assert read(config, desired(PORT)).ports["Ethernet8"].membership == UNKNOWN


def test_an_aggregation_without_lacp_is_refused() -> None:
    with pytest.raises(FabricError, match=r"lags\.node1\.lacp\.mode: SONiC has no static aggregation"):
        refuse_impossible(database(), desired(replace(LAG, lacp=None)))


@pytest.mark.parametrize("missing", ["portfast", "bpdu_guard", "bpdu_guard_do_disable"])
def test_an_edge_port_has_every_setting_of_one(missing: str) -> None:
    wanted = desired(replace(PORT, edge=True))
    config = applied(database(STP=PVST, STP_PORT={"Ethernet12": {"enabled": "true"}}), wanted)
    del config["STP_PORT"]["Ethernet8"][missing]
    assert not read(config, wanted).ports["Ethernet8"].edge


MAC_TABLE = """  No.    Vlan  MacAddress         Port           Type
-----  ------  -----------------  -------------  -------
    1      10  02:00:00:00:00:0A  PortChannel1   Dynamic
    2      20  02:00:00:00:00:0B  etp2           Dynamic
    3      20  02:00:00:00:00:0C  Ethernet36     Static
Total number of entries 3
"""
LLDP_TABLE = """Capability codes: (R) Router, (B) Bridge, (O) Other
LocalPort    RemoteDevice    RemotePortID       Capability    RemotePortDescr
-----------  --------------  -----------------  ------------  -----------------
Ethernet0    node1           02:00:00:00:00:0a  R             eno1
Ethernet4                    02:00:00:00:00:0b  R
eth0         mgmt            Ethernet7          BR            Ethernet7
--------------------------------------------------
Total entries displayed:  3
"""


def test_the_addresses_that_the_switch_sees() -> None:
    wanted = desired(LAG, replace(PORT, name="etp2"))
    config = applied(database(), wanted)
    names = Names.of(config, wanted)
    assert parse.mac_table(MAC_TABLE, config, names) == [
        Sighting("02:00:00:00:00:0a", "node1", "mac_table"),
        Sighting("02:00:00:00:00:0b", "etp2", "mac_table"),
        Sighting("02:00:00:00:00:0c", "Ethernet36", "mac_table"),
    ]
    assert parse.lldp_table(LLDP_TABLE, config, names) == [
        Sighting("02:00:00:00:00:0a", "Ethernet0", "lldp"),
        Sighting("02:00:00:00:00:0b", "Ethernet4", "lldp"),
    ]
    assert parse.partners("", config, names) == parse.partners('{"ports": []}', config, names) == []


UNITS = """groundup-rollback-0a1b2c3d.timer loaded active waiting /usr/bin/flock /run/groundup-rollback.lock sh -c …
groundup-rollback-0a1b2c3d.service loaded inactive dead /usr/bin/flock /run/groundup-rollback.lock sh -c …
"""


def test_the_timer_of_the_switch_is_found_by_its_unit() -> None:
    assert rollback.tokens(UNITS) == ["0a1b2c3d"]
    assert rollback.tokens("other.timer loaded active waiting x\n") == []


def test_the_job_of_the_timer_has_nothing_that_systemd_replaces() -> None:
    words = rollback.arm("0a1b2c3d", 1.5)
    assert "--on-active=1500ms" in words and "$" not in words and "%" not in words
