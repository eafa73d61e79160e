# SPDX-License-Identifier: GPL-3.0-or-later
"""Junos: changes of the configuration, and what is read from it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import (
    FabricError,
    Lacp,
    Lag,
    Membership,
    Port,
    Sighting,
    SwitchConfig,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.history import (
    Commit,
    commits,
    confirmed,
    foreign,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.names import (
    allocate,
    channels,
    description,
    port_name,
    vlan_name,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.parse import sightings, switch_config
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.render import (
    refuse_domain,
    render,
    require_mlag,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.tree import find, text, tree
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.mlag import Mlag
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan

TRUNK = Membership.of("trunk", 10, [10, 20])
TAGGED = Membership.of("trunk", None, [20, 30])
ACCESS = Membership.of("access", 20, [])
LAG = Lag("node1", ("xe-0/0/1", "xe-0/0/2"), TRUNK, 9000, Lacp(True, True, "xe-0/0/2"), "node1.bond0", None, True)
PORT = Port("xe-0/0/3", ACCESS, 1500, 'rack "4" & <b>')
VLANS = {10: "provision", 20: "storage"}
EMPTY = "<configuration/>"
ICCP = """<configuration><protocols><iccp><local-ip-addr>192.0.2.1</local-ip-addr><peer><name>192.0.2.2</name>
<redundancy-group-id-list>4</redundancy-group-id-list></peer></iccp></protocols></configuration>"""


def config(*objects: Port | Lag, vlans: dict[int, str] | None = None) -> SwitchConfig:
    ports = {item.name: item for item in objects if isinstance(item, Port)}
    lags = {item.name: item for item in objects if isinstance(item, Lag)}
    return SwitchConfig("leaf1", ports, lags, vlans or {})


def read(have: ET.Element, desired: SwitchConfig) -> SwitchConfig:
    return switch_config(have, desired, channels(have, desired))


def change(have: str, desired: SwitchConfig) -> ET.Element:
    present = tree(have)
    return render(plan(desired, read(present, desired)), present, channels(present, desired))


def bundle(ae: str, *members: str, described: str = "") -> str:
    ends = "".join(
        f"<interface><name>{name}</name><ether-options><ieee-802.3ad><bundle>{ae}</bundle></ieee-802.3ad>"
        "</ether-options></interface>"
        for name in members
    )
    return f"{ends}<interface><name>{ae}</name><description>{described}</description></interface>"


def interfaces(*parts: str) -> str:
    return f"<configuration><interfaces>{''.join(parts)}</interfaces></configuration>"


@pytest.mark.parametrize(
    "desired",
    [
        config(LAG),
        config(PORT),
        config(LAG, PORT, vlans=VLANS),
        config(replace(PORT, membership=TRUNK, edge=True)),
        config(replace(PORT, membership=TAGGED, mtu=9202)),
        config(replace(LAG, membership=TAGGED, edge=False)),
        config(replace(LAG, lacp=Lacp(False, False, None))),
        config(replace(LAG, lacp=None)),
        config(replace(LAG, name="x", description="", members=("xe-0/0/1",), lacp=Lacp(True, False, "xe-0/0/1"))),
    ],
)
def test_what_is_written_is_read_again(desired: SwitchConfig) -> None:
    """An empty configuration becomes what the change says, so that can be read as a configuration."""
    assert read(change(EMPTY, desired), desired) == desired


@pytest.mark.parametrize(("own", "chassis"), [("192.0.2.1", "0"), ("192.0.2.9", "1")])
def test_an_mlag_has_the_same_lacp_identity_on_both_switches(own: str, chassis: str) -> None:
    desired = config(replace(LAG, mlag=300))
    changed = change(ICCP.replace("192.0.2.1<", f"{own}<"), desired)
    options = find(changed, ("interfaces", ("interface", "ae300"), "aggregated-ether-options"))
    values = [text(options, f"mc-ae/{word}") for word in ("mc-ae-id", "redundancy-group", "chassis-id", "mode")]
    assert values == ["300", "4", chassis, "active-active"]
    assert [text(options, f"lacp/{word}") for word in ("system-id", "admin-key")] == ["02:67:75:00:01:2c", "300"]
    assert read(changed, desired) == desired


def test_an_mc_lag_domain_is_refused() -> None:
    domain = Mlag("1", ("xe-0/0/47",), 4094, "169.254.255.0/31", "169.254.255.1", 9216)
    with pytest.raises(FabricError, match=r"switches\.leaf1\.mlag: the MC-LAG domain of Junos .* is not configured"):
        refuse_domain("switches.leaf1", replace(config(LAG), mlag=domain))
    refuse_domain("switches.leaf1", config(LAG))


def test_an_mlag_without_a_peer_is_refused() -> None:
    with pytest.raises(FabricError, match=r"lags\.node1\.mlag: the switch has no MC-LAG peer"):
        require_mlag("switches.leaf1", tree(EMPTY), [replace(LAG, mlag=7)])
    require_mlag("switches.leaf1", tree(ICCP), [replace(LAG, mlag=7)])
    with pytest.raises(FabricError, match=r"lags\.node1\.lacp: an aggregation of an MC-LAG pair needs LACP"):
        require_mlag("switches.leaf1", tree(ICCP), [replace(LAG, mlag=7, lacp=None)])
    require_mlag("switches.leaf1", tree(EMPTY), [LAG])


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([], {}),
        ([bundle("ae3", "xe-0/0/9", described="node1")], {"node1": "ae3"}),
        ([bundle("ae3", "xe-0/0/9", described="node1.bond0")], {"node1": "ae3"}),
        ([bundle("ae3", "xe-0/0/9", described="node10.bond0")], {}),
        ([bundle("ae3", "xe-0/0/1", described="po")], {"node1": "ae3"}),
        ([bundle("ae1", "xe-0/0/1"), bundle("ae3", "xe-0/0/8", described="node1.bond0")], {"node1": "ae3"}),
        ([bundle("ae10", "xe-0/0/1"), bundle("ae9", "xe-0/0/2")], {"node1": "ae9"}),
    ],
)
def test_an_existing_aggregation_is_kept(parts: list[str], found: dict[str, str]) -> None:
    assert channels(tree(interfaces(*parts)), config(LAG)) == found


def test_new_aggregations_get_their_mlag_identifier_or_the_lowest_number() -> None:
    have = tree(interfaces(bundle("ae0", "xe-0/0/9"), bundle("ae7", "xe-0/0/8")))
    lags = [replace(LAG, name="c"), replace(LAG, name="b", mlag=7), replace(LAG, name="a", mlag=1)]
    assert allocate(have, {}, lags) == {"a": "ae1", "b": "ae2", "c": "ae3"}
    assert allocate(have, {"c": "ae7"}, lags)["c"] == "ae7"


def test_the_mtu_of_junos_counts_the_ethernet_header() -> None:
    changed = change(EMPTY, config(PORT))
    assert text(find(changed, ("interfaces", ("interface", "xe-0/0/3"), "mtu"))) == "1514"
    with pytest.raises(FabricError, match="9203 is too large; Junos carries 9202 bytes"):
        change(EMPTY, config(replace(PORT, mtu=9203)))
    unset = interfaces("<interface><name>xe-0/0/3</name><unit><name>0</name></unit></interface>")
    assert read(tree(unset), config(PORT)).ports["xe-0/0/3"].mtu == 1500


@pytest.mark.parametrize("value", ["a\nb", " a", "a\x00", "x" * 256])
def test_a_description_that_junos_does_not_take_is_refused(value: str) -> None:
    with pytest.raises(FabricError, match="description: has control"):
        description("leaf1.ports.x", value)


@pytest.mark.parametrize("name", ["", "all", "10", "a b", "-x", "a;b", "x" * 65])
def test_a_vlan_name_that_junos_does_not_take_is_refused(name: str) -> None:
    with pytest.raises(FabricError, match="is no name of a VLAN"):
        vlan_name("leaf1.vlans.10", name)


def test_a_vlan_is_renamed_with_its_other_settings_unless_a_port_refers_to_it() -> None:
    old = "<vlans><vlan><name>old</name><vlan-id>10</vlan-id><l3-interface>irb.10</l3-interface></vlan></vlans>"
    changed = change(f"<configuration>{old}</configuration>", config(vlans={10: "new"}))
    assert text(find(changed, ("vlans", ("vlan", "new"), "l3-interface"))) == "irb.10"
    removed = find(changed, ("vlans", ("vlan", "old")))
    assert removed is not None and removed.get("delete") == "delete"
    user = (
        "<interfaces><interface><name>xe-0/0/8</name><unit><name>0</name><family><ethernet-switching><vlan>"
        "<members>old</members></vlan></ethernet-switching></family></unit></interface></interfaces>"
    )
    with pytest.raises(FabricError, match="calls it old, and xe-0/0/8 refers to that name"):
        change(f"<configuration>{old}{user}</configuration>", config(vlans={10: "new"}))
    with pytest.raises(FabricError, match=r"calls another VLAN old \(10\)"):
        change(f"<configuration>{old}</configuration>", config(vlans={11: "old"}))


@pytest.mark.parametrize(
    ("members", "mode", "vlans"),
    [
        ("<members>10-12</members>", "trunk", (10, 11, 12)),
        ("<members>\nx\n</members><members>7</members>", "trunk", (7, 99)),
        ("<members>unknown</members>", "trunk", ()),
        ("<members>x</members>", "access", (99,)),
        ("<members>10-11</members>", "access", ()),
    ],
)
def test_vlans_are_identifiers_ranges_and_names(members: str, mode: str, vlans: tuple[int, ...]) -> None:
    have = (
        "<configuration><vlans><vlan><name>x</name><vlan-id>99</vlan-id></vlan></vlans><interfaces><interface><name>"
        f"xe-0/0/3</name><unit><name>0</name><family><ethernet-switching><interface-mode>{mode}</interface-mode><vlan>"
        f"{members}</vlan></ethernet-switching></family></unit></interface></interfaces></configuration>"
    )
    assert read(tree(have), config(PORT)).ports["xe-0/0/3"].membership.vlans == vlans


def test_an_inactive_statement_counts_as_missing() -> None:
    have = (
        '<configuration xmlns:junos="x"><interfaces><interface inactive="inactive"><name>xe-0/0/3</name><unit><name>0'
    )
    assert read(tree(f"{have}</name></unit></interface></interfaces></configuration>"), config(PORT)).ports == {}


def test_a_removed_aggregation_leaves_its_other_members_without_use() -> None:
    have = interfaces(bundle("ae3", "xe-0/0/1", "xe-0/0/2", described="other"))
    desired = config(replace(PORT, name="xe-0/0/1"), replace(PORT, name="xe-0/0/2"))
    changed = change(have, desired)
    for path in (("interface", "ae3"),):
        gone = find(changed, ("interfaces", path))
        assert gone is not None and gone.get("delete") == "delete"
    for name in ("xe-0/0/1", "xe-0/0/2"):
        member = find(changed, ("interfaces", ("interface", name), "ether-options", "ieee-802.3ad"))
        assert member is not None and member.get("delete") == "delete"


def test_the_unit_of_a_port_is_the_port() -> None:
    assert [port_name(name) for name in ("xe-0/0/1", "xe-0/0/1.0", "et-0/0/1:2.0")] == ["xe-0/0/1"] * 2 + ["et-0/0/1:2"]


def test_sightings_are_named_as_in_the_model() -> None:
    macs = "".join(
        f"<l2ng-mac-entry><l2ng-l2-mac-address>{mac}</l2ng-l2-mac-address><l2ng-l2-mac-logical-interface>{place}"
        "</l2ng-l2-mac-logical-interface></l2ng-mac-entry>"
        for mac, place in [("02:00:00:00:00:0A", "ae3.0"), ("02:00:00:00:00:0b", "xe-0/0/9.0")]
    )
    lldp = (
        "<a><lldp-neighbor-information><lldp-local-port-id>xe-0/0/1</lldp-local-port-id><lldp-remote-chassis-id>host"
        "</lldp-remote-chassis-id><lldp-remote-port-id>02:00:00:00:00:0c</lldp-remote-port-id>"
        "</lldp-neighbor-information></a>"
    )
    assert sightings(tree(f"<a>{macs}</a>"), tree(lldp), {"ae3": "node1"}) == [
        Sighting("02:00:00:00:00:0a", "node1", "mac_table"),
        Sighting("02:00:00:00:00:0b", "xe-0/0/9", "mac_table"),
        Sighting("02:00:00:00:00:0c", "xe-0/0/1", "lldp"),
    ]


WAITING = """<commit-information xmlns:junos="j"><commit-history><user>a</user><client>netconf</client>
<date-time junos:seconds="1000">x</date-time><comment>commit confirmed, rollback in 2mins</comment>
<log>groundup-1</log>{}</commit-history></commit-information>"""


def test_a_commit_waits_until_its_time_has_passed_or_as_long_as_the_switch_says_so() -> None:
    [unmarked] = commits(tree(WAITING.format("")))
    [marked] = commits(tree(WAITING.format("<commit-confirmed>rollback pending</commit-confirmed>")))
    assert unmarked == Commit("a", "netconf", 1000, "groundup-1", 2, False)
    assert [unmarked.pending(now) for now in (1119, 1120, None)] == [True, False, True]
    assert marked.pending(9999)


def entry(user: str, client: str, log: str) -> Commit:
    return Commit(user, client, 1, log, 0, False)


@pytest.mark.parametrize(
    ("after", "user"),
    [
        ([], "admin"),
        ([entry("root", "other", "")], None),
        ([entry("admin", "netconf", "t rolled back")], None),
        ([entry("alice", "cli", "")], "alice"),
        ([entry("alice", "cli", ""), entry("root", "other", "")], None),
    ],
)
def test_who_confirmed_a_change_is_known(after: list[Commit], user: str | None) -> None:
    found = foreign([*after, entry("admin", "netconf", "t")], "t")
    assert (found.user if found else None) == user


@pytest.mark.parametrize(
    ("logs", "done"),
    [
        (["t"], True),
        (["t confirmed", "t"], True),
        (["", "t"], False),
        (["t confirmed", "", "t"], False),
        ([], False),
    ],
)
def test_a_change_is_confirmed_if_nothing_came_between(logs: list[str], done: bool) -> None:
    assert confirmed([Commit("a", "b", 1, log, 0, False) for log in logs], "t") is done
