# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver of NX-OS with a double of the switch that speaks NX-API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError, SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.facts import (
    LagFacts,
    Learnt,
    Member,
    Neighbour,
    Vlan,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.look import look
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nxos.driver import Nxos
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from checks.clock import SkippingClock

from .nxos_double import NxosDouble
from .nxos_double_config import Interface

pytestmark = pytest.mark.services

NODE1 = {"name": "node1", "description": "node1.bond0", "members": ["Ethernet1/1", "Eth1/2"], "native": 10}
NODE1 |= {"vlans": [10, 20, 30], "mtu": 9000, "edge": True, "lacp": {"fallback_port": "Ethernet1/1"}}
NODE2 = {"name": "Ethernet1/3", "description": "node2.nic0", "mode": "trunk", "native": None, "vlans": [20]}
NODE2 |= {"mtu": 1500, "edge": True}
BMC = {"name": "Ethernet1/4", "description": "node1.bmc", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
MAC1, MAC2 = "52:54:00:00:01:01", "52:54:00:00:02:02"


@pytest.fixture
def leaf(tmp_path: Path) -> Iterator[NxosDouble]:
    """A switch on which others configured ports, a channel, VLANs and a VLAN list of their own."""
    double = NxosDouble(tmp_path)
    interfaces = double.config.interfaces
    interfaces["Ethernet1/1"].settings["description"] = "old use"
    interfaces["Ethernet1/3"].other = ("storm-control broadcast level 1.00",)
    foreign = Interface("port-channel1", True, settings={"description": "spine", "switchport mode": "trunk"})
    interfaces["port-channel1"] = foreign
    for name in ("Ethernet1/7", "Ethernet1/8"):
        interfaces[name].switchport, interfaces[name].group = True, (1, "active")
    interfaces["Ethernet1/6"] = Interface("Ethernet1/6", other=("ip address 192.0.2.1/31", "no shutdown"))
    yield double
    double.close()


def switch(leaf: NxosDouble, **more: Any) -> dict[str, Any]:
    vlans = [{"id": 10, "name": "provision"}, {"id": 20, "name": "cluster"}]
    common = {"name": "leaf1", "platform": "nxos", "connection": leaf.connection, "vlans": vlans}
    return common | {"lags": [NODE1], "ports": [NODE2, BMC]} | more


def block(leaf: NxosDouble, name: str) -> list[str]:
    return leaf.config.interfaces[name].lines()


def rest(text: str, *names: str) -> str:
    """A running configuration without some interfaces and without the model's VLANs."""
    blocks = text.split("\ninterface ")
    kept = [part for part in blocks if part.split("\n")[0] not in names]
    lines = "\ninterface ".join(kept).splitlines()
    return "\n".join(line for line in lines if not line.startswith(("vlan ", "  name ")))


def test_the_configuration_is_applied_and_a_second_run_changes_nothing(leaf: NxosDouble) -> None:
    before = leaf.text
    first = run(switch(leaf), check=False)
    assert [str(step) for step in first.plan.steps] == [
        "add vlan 10", "add vlan 20", "add port Ethernet1/3", "add port Ethernet1/4", "add lag node1",
    ]  # fmt: skip
    assert block(leaf, "port-channel2") == [
        "description node1.bond0",
        "switchport",
        "switchport mode trunk",
        "switchport trunk native vlan 10",
        "switchport trunk allowed vlan 10,20,30",
        "spanning-tree port type edge trunk",
        "spanning-tree bpduguard enable",
        "mtu 9216",
        "no lacp suspend-individual",
    ]
    assert {"lacp rate fast", "channel-group 2 mode active"} <= set(block(leaf, "Ethernet1/2"))
    assert block(leaf, "Ethernet1/3")[-1] == "storm-control broadcast level 1.00"
    assert block(leaf, "Ethernet1/4") == ["description node1.bmc", "switchport", "switchport access vlan 20"]
    assert (leaf.config.vlans[10], leaf.config.vlans[99]) == ("provision", "printers")
    mine = ("port-channel2", *(f"Ethernet1/{n}" for n in range(1, 5)))
    assert rest(leaf.text, *mine) == rest(before, *mine)
    assert (leaf.startup, leaf.config.jobs, leaf.config.schedules, leaf.checkpoints) == (leaf.text, {}, {}, {})
    assert not run(switch(leaf), check=False).changed
    assert sum(1 for kind, lines in leaf.requests if kind == "cli_conf" and "interface port-channel2" in lines) == 1


def test_check_mode_changes_nothing(leaf: NxosDouble) -> None:
    before = leaf.config.text()
    assert run(switch(leaf), check=True).plan.changed
    assert leaf.config.text() == before
    assert {kind for kind, __ in leaf.requests} == {"cli_show_ascii"}
    assert not leaf.checkpoints


def test_a_change_by_hand_is_mended_and_other_ports_are_untouched(leaf: NxosDouble) -> None:
    run(switch(leaf), check=False)
    good = leaf.text
    channel, other = leaf.config.interfaces["port-channel2"], leaf.config.interfaces["Ethernet1/5"]
    channel.settings["switchport trunk allowed vlan"] = "10"
    leaf.config.interfaces["Ethernet1/2"].settings["lacp rate"] = "normal"
    other.switchport, other.settings["switchport access vlan"] = True, "99"
    mended = run(switch(leaf), check=False)
    assert [str(step) for step in mended.plan.steps] == ["change lag node1"]
    assert rest(leaf.text, "Ethernet1/5") == rest(good, "Ethernet1/5")
    assert block(leaf, "Ethernet1/5") == ["switchport", "switchport access vlan 99"]
    assert not run(switch(leaf), check=False).changed


def test_ports_change_between_an_aggregation_and_a_use_of_their_own(leaf: NxosDouble) -> None:
    run(switch(leaf), check=False)
    single = NODE2 | {"name": "Ethernet1/1"}
    apart = switch(leaf, lags=[NODE1 | {"members": ["Ethernet1/2", "Ethernet1/3"], "lacp": {}}], ports=[single])
    run(apart, check=False)
    assert leaf.config.interfaces["Ethernet1/1"].group is None
    assert leaf.config.interfaces["Ethernet1/3"].group == (2, "active")
    assert not run(apart, check=False).changed
    run(switch(leaf, lags=[], ports=[NODE2 | {"name": f"Ethernet1/{n}"} for n in (1, 2, 3)]), check=False)
    assert "port-channel2" not in leaf.config.interfaces
    run(switch(leaf, ports=[BMC]), check=False)
    run(switch(leaf, lags=[NODE1 | {"members": ["Ethernet1/2"], "lacp": {}}], ports=[BMC]), check=False)
    assert "switchport trunk allowed vlan none" in block(leaf, "Ethernet1/1"), "a port without use carries nothing"


def test_a_change_is_rolled_back_if_a_peer_no_longer_answers(leaf: NxosDouble) -> None:
    before, replies = leaf.config.text(), chain([{"10.0.0.9"}], repeat(set()))
    params = switch(leaf, confirm={"peers": ["10.0.0.9"], "timeout": 60})
    with pytest.raises(FabricError, match=r"10\.0\.0\.9 no longer answered"):
        run(params, check=False, answers=lambda __: next(replies), clock=SkippingClock())
    assert (leaf.config.text(), leaf.checkpoints, leaf.startup) == (before, {}, "")


def performed(leaf: NxosDouble) -> tuple[Nxos, str]:
    driver, desired = Nxos("leaf1", leaf.connection), SwitchConfig.from_vars(switch(leaf))
    return driver, driver.perform(plan(desired, driver.read(desired)), 60)


def wait_for(true: Any) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_switch_rolls_back_by_itself_if_the_run_is_killed(leaf: NxosDouble) -> None:
    before, leaf.minute = leaf.text, 0.5
    driver, token = performed(leaf)
    assert leaf.text != before
    wait_for(lambda: leaf.text == before)
    assert driver.armed() is None, "what has rolled back is not to be rolled back again"
    with pytest.raises(FabricError, match="rolled the change back before it could be confirmed"):
        driver.confirm(token)
    leaf.config.vlans[77] = "by-hand"
    driver.revert(token)
    assert leaf.config.vlans[77] == "by-hand"
    assert (leaf.checkpoints, leaf.config.schedules, leaf.startup) == ({}, {}, "")


def test_the_next_run_rolls_back_what_a_killed_run_left(leaf: NxosDouble) -> None:
    before = leaf.text
    __, token = performed(leaf)
    assert run(switch(leaf), check=True).unconfirmed
    leaf.requests.clear()
    again = run(switch(leaf, lags=[], ports=[BMC]), check=False)
    assert again.unconfirmed and again.steps[0] == "roll back an unconfirmed change"
    sent = [lines[0] for __, lines in leaf.requests]
    assert sent.index(f"rollback running-config checkpoint {token} atomic") < sent.index("show running-config")
    mine = ("Ethernet1/4",)
    assert rest(leaf.text, *mine) == rest(before, *mine)
    assert leaf.checkpoints == {}


def test_a_connection_that_dies_in_the_change_leaves_it_to_the_timer(leaf: NxosDouble) -> None:
    before, leaf.drop, leaf.minute = leaf.text, "interface port-channel2", 0.5
    with pytest.raises(FabricError, match="POST /ins"):
        run(switch(leaf), check=False)
    assert leaf.text != before
    wait_for(lambda: leaf.text == before)
    assert leaf.startup == ""


def test_a_timer_that_fires_during_the_confirmation_is_an_error(leaf: NxosDouble) -> None:
    before = leaf.text
    leaf.minute = 0.3

    class Late(Nxos):
        def confirm(self, armed: str) -> None:
            wait_for(lambda: leaf.text == before)
            super().confirm(armed)

    with pytest.raises(FabricError, match="rolled the change back before it could be confirmed"):
        run(switch(leaf, confirm={"timeout": 60}), check=False, switch=Late("leaf1", leaf.connection))
    assert (leaf.text, leaf.startup) == (before, "")


def test_a_rollback_that_begins_within_the_confirmation_is_an_error(leaf: NxosDouble) -> None:
    before, driver, desired = leaf.text, Nxos("leaf1", leaf.connection), SwitchConfig.from_vars(switch(leaf))
    leaf.minute, leaf.slow = 0.25, {"no scheduler schedule": 0.7}
    token = driver.perform(plan(desired, driver.read(desired)), 60)
    with pytest.raises(FabricError, match="rolled the change back while it was confirmed"):
        driver.confirm(token)
    assert (leaf.text, leaf.startup) == (before, "")


def test_a_rollback_that_fails_is_an_error_and_stays_armed(leaf: NxosDouble) -> None:
    driver, token = performed(leaf)
    leaf.tables[f"rollback running-config checkpoint {token} atomic"] = "Verification failed. Rollback aborted\n"
    with pytest.raises(FabricError, match="Verification failed"):
        driver.revert(token)
    assert driver.armed() == token


def test_a_wrong_password_is_sent_once(leaf: NxosDouble) -> None:
    leaf.password = "another"
    with pytest.raises(FabricError, match="refused the login"):
        run(switch(leaf), check=False)
    assert leaf.logins == 1


def test_a_wrong_certificate_gets_no_password(leaf: NxosDouble) -> None:
    connection = leaf.connection | {"tls": {"fingerprint": "00" * 32}}
    with pytest.raises(FabricError, match="no credentials were sent"):
        run(switch(leaf, connection=connection), check=False)
    assert (leaf.logins, leaf.requests) == (0, [])


REFUSED: list[tuple[str, tuple[str, str], str]] = [
    (
        "a line of the change",
        ("bpduguard", "% Invalid command"),
        r"refused `spanning-tree bpduguard.*% Invalid command",
    ),
    ("the checkpoint", ("checkpoint groundup-", "% Not enough space"), "Not enough space"),
    ("the schedule", ("scheduler schedule", "% Permission denied for the role"), "Permission denied"),
    ("the job", ("scheduler job", "% Permission denied for the role"), "Permission denied"),
    (
        "the checkpoint of a busy switch",
        ("checkpoint groundup", "Another session is in progress"),
        r"alice pts/0 .*10\.0",
    ),
]


@pytest.mark.parametrize(("what", "refuse", "error"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_the_switch_refuses_leaves_all_as_it_was(
    leaf: NxosDouble, what: str, refuse: tuple[str, str], error: str
) -> None:
    before, leaf.refuse = leaf.text, refuse
    with pytest.raises(FabricError, match=error):
        run(switch(leaf), check=False)
    assert (leaf.text, leaf.startup) == (before, "")
    assert not leaf.config.schedules or what != "a line of the change"
    assert not leaf.checkpoints


def test_what_the_switch_accepts_and_does_not_do_is_an_error(leaf: NxosDouble) -> None:
    before, leaf.ignore = leaf.config.text(), "bpduguard enable"
    with pytest.raises(FabricError, match="accepted the change but did not perform: change port Ethernet1/3"):
        run(switch(leaf), check=False)
    assert leaf.config.text() == before


def test_a_copy_that_fails_is_an_error(leaf: NxosDouble) -> None:
    leaf.tables["copy running-config startup-config"] = "Copy failed: no space left on bootflash\n"
    with pytest.raises(FabricError, match=r"in force and not saved: .*Copy failed"):
        run(switch(leaf), check=False)


MISSING: list[tuple[str, dict[str, Any], str]] = [
    ("a port that does not exist", {"ports": [BMC | {"name": "Ethernet1/99"}]}, r"there is no port Ethernet1/99; its"),
    ("another name", {"ports": [BMC | {"name": "swp1"}]}, "is not the name of a port on NX-OS"),
    ("a port twice", {"ports": [BMC, BMC | {"name": "Eth1/4"}]}, "are the same port"),
    ("a routed port", {"ports": [BMC | {"name": "Ethernet1/6"}]}, "a routed port with an address"),
    (
        "a port of a foreign channel",
        {"ports": [BMC | {"name": "Ethernet1/7"}]},
        "Ethernet1/8, which the model does not",
    ),
    ("MLAG without a domain", {"lags": [NODE1 | {"mlag": 7}]}, "no vPC domain with a peer link"),
    ("a description", {"ports": [BMC | {"description": "a ; reload"}]}, "cannot be a description"),
    ("a VLAN's name", {"vlans": [{"id": 10, "name": "a b"}]}, "cannot be the name of a VLAN"),
    ("an MTU", {"ports": [BMC | {"mtu": 9300}]}, "is larger than the switch's largest, 9216"),
]


@pytest.mark.parametrize(("what", "more", "error"), MISSING, ids=[case[0] for case in MISSING])
def test_what_cannot_be_is_refused_before_any_change(
    leaf: NxosDouble, what: str, more: dict[str, Any], error: str
) -> None:
    before = leaf.config.text()
    with pytest.raises(FabricError, match=error):
        run(switch(leaf, **more), check=False)
    assert leaf.config.text() == before
    assert not leaf.checkpoints


@pytest.mark.parametrize("feature", ["feature lacp", "feature scheduler"])
def test_a_missing_feature_is_named(leaf: NxosDouble, feature: str) -> None:
    leaf.config.lines.remove(feature)
    with pytest.raises(FabricError, match=f"`{feature}` is not configured"):
        run(switch(leaf), check=True)


def test_an_aggregation_of_a_vpc_pair(leaf: NxosDouble) -> None:
    leaf.config.lines.add("feature vpc")
    leaf.config.vpc = ["peer-keepalive destination 10.0.0.2"]
    leaf.config.interfaces["port-channel1"].other = ("vpc peer-link",)
    params = switch(leaf, lags=[NODE1 | {"mlag": 7, "lacp": {"fallback": False}}])
    run(params, check=False)
    assert {"vpc 7", "no lacp suspend-individual"} <= set(block(leaf, "port-channel7"))
    assert not run(params, check=False).changed
    leaf.config.interfaces["port-channel7"].individual = False
    assert [str(step) for step in run(params, check=False).plan.steps] == ["change lag node1"]
    run(switch(leaf, lags=[NODE1 | {"mlag": 8}]), check=False)
    assert "vpc 8" in block(leaf, "port-channel7"), "the channel keeps its number"
    with pytest.raises(FabricError, match="is a member of the vPC peer link"):
        run(switch(leaf, ports=[BMC | {"name": "Ethernet1/7"}]), check=False)


def test_a_miscabled_machine_is_reported_and_its_ports_are_not_written(leaf: NxosDouble) -> None:
    leaf.tables["show mac address-table"] = (
        "   VLAN     MAC Address      Type      age     Secure NTFY Ports\n"
        "*   10     5254.0000.0101   dynamic  0         F      F    Eth1/1\n"
        "G    -     5254.0000.0202   static   -         F      F    sup-eth1(R)\n"
    )
    leaf.tables["show lldp neighbors detail"] = (
        "Chassis id: 5254.0000.0202\nPort id: 5254.0000.0202\nLocal Port id: Eth1/5\nSystem Name: node2\n\n"
    )
    cables = [{"port": "Ethernet1/1", "machine": "node1", "nic": "nic0", "mac": MAC1}]
    cables += [{"port": "Ethernet1/3", "machine": "node2", "nic": "nic0", "mac": MAC2}]
    outcome = run(switch(leaf, cabling=cables), check=False)
    assert [mistake.machine for mistake in outcome.mistakes] == ["node2"]
    assert "add port Ethernet1/3" not in outcome.steps
    assert not leaf.config.interfaces["Ethernet1/3"].switchport
    assert "port-channel2" in leaf.config.interfaces


LLDP = """Capability codes:
  (R) Router, (B) Bridge

Chassis id: 5254.0000.0101
Port id: nic1
Local Port id: Eth1/2
Port Description: null
System Name: node1

Total entries displayed: 1
"""


def test_what_the_switch_sees_is_read_in_two_requests(leaf: NxosDouble) -> None:
    run(switch(leaf), check=False)
    leaf.tables["show lldp neighbors detail"] = LLDP
    leaf.tables["show mac address-table"] = "*   20     5254.0000.0101   dynamic  0         F      F    Po2\n"
    leaf.tables["show lacp neighbor"] = "Eth1/2  32768,52-54-0-0-1-1 0x1 5  SA\n"
    leaf.requests.clear()
    seen = look(switch(leaf))
    assert [kind for kind, __ in leaf.requests] == ["cli_show", "cli_show_ascii"]
    assert [port.name for port in seen.ports or ()][:2] == ["Eth1/2", "Ethernet1/1"]
    members = (Member("Eth1/2", MAC1, True), Member("Ethernet1/1", None, True))
    assert LagFacts("node1", "port-channel2", True, members) in (seen.lags or ())
    assert Vlan(10, "provision") in (seen.vlans or ()) and seen.macs == (Learnt(20, MAC1, "node1"),)
    assert seen.lldp == (Neighbour("Eth1/2", "node1", MAC1, "nic1", None, None),)
    assert seen.stp and seen.stp[0].state == "forwarding" and not seen.untold


def test_a_section_whose_command_is_refused_is_not_told(leaf: NxosDouble) -> None:
    seen = look(switch(leaf), ["ports", "lldp"])
    assert seen.ports and seen.lldp is None
    assert "it refused `show lldp neighbors detail`: % Invalid command" in seen.untold["lldp"]


def test_a_switch_that_stops_at_a_refused_command_is_asked_for_the_rest(leaf: NxosDouble) -> None:
    leaf.stops = True
    leaf.tables["show mac address-table"] = "*   20     5254.0000.0101   dynamic  0         F      F    Eth1/4\n"
    leaf.requests.clear()
    seen = look(switch(leaf), ["lldp", "macs"])
    assert [commands for __, commands in leaf.requests] == [
        ["show lldp neighbors detail", "show mac address-table"],
        ["show mac address-table"],
    ]
    assert seen.macs == (Learnt(20, MAC1, "Ethernet1/4"),) and set(seen.untold) == {"lldp"}


DOMAIN = {"domain": 12, "peer_link": ["Eth1/4", "Ethernet1/5"], "vlan": 4094, "address": "169.254.255.0/31"}
DOMAIN |= {"peer_address": "169.254.255.1", "mtu": 9216, "keepalive": {"destination": "10.0.0.3", "source": "10.0.0.2"}}


def pair(leaf: NxosDouble, **more: Any) -> dict[str, Any]:
    return switch(leaf, lags=[NODE1 | {"mlag": 7}], ports=[NODE2], mlag=DOMAIN | more)


def test_a_vpc_domain_is_configured_with_its_members(leaf: NxosDouble) -> None:
    assert "add mlag 12" in run(pair(leaf), check=False).steps
    assert (leaf.config.vpc, leaf.config.vpc_domain) == (["peer-keepalive destination 10.0.0.3 source 10.0.0.2"], "12")
    assert {"vpc peer-link", "switchport mode trunk", "mtu 9216"} <= set(block(leaf, "port-channel1000"))
    assert "channel-group 1000 mode active" in block(leaf, "Ethernet1/4")
    assert "vpc 7" in block(leaf, "port-channel7")
    assert not run(pair(leaf), check=False).changed
    before = list(leaf.config.vpc or [])
    run(switch(leaf, lags=[NODE1 | {"mlag": 7}], ports=[NODE2]), check=False)
    assert leaf.config.vpc == before, "a domain that is not named was changed"


def test_a_vpc_domain_that_people_changed_is_corrected(leaf: NxosDouble) -> None:
    run(pair(leaf), check=False)
    leaf.config.vpc = ["peer-keepalive destination 10.0.0.9 vrf other", "peer-gateway"]
    leaf.config.interfaces["Ethernet1/5"].group = None
    again = run(pair(leaf), check=False)
    assert again.steps == ["change mlag 12"]
    assert "keepalive: 10.0.0.9" in again.plan.diff()[0]["before"]
    assert "peer-gateway" in (leaf.config.vpc or []), "a setting that the model does not have was removed"
    assert not run(pair(leaf), check=False).changed


def test_a_port_that_leaves_the_peer_link_carries_nothing(leaf: NxosDouble) -> None:
    run(pair(leaf), check=False)
    run(pair(leaf, peer_link=["Ethernet1/5"]), check=False)
    assert "switchport trunk allowed vlan none" in block(leaf, "Ethernet1/4")
    assert not run(pair(leaf, peer_link=["Ethernet1/5"]), check=False).changed


@pytest.mark.parametrize(
    ("more", "vpc", "error"),
    [
        ({"keepalive": None}, None, "mlag.keepalive: vPC does not begin without a peer-keepalive"),
        ({"keepalive": {"destination": "10.0.0.3", "vrf": "a b"}}, None, "'a b' is not a VRF"),
        ({"domain": 13}, [], "mlag.domain: the switch is in the vPC domain 10"),
        ({"domain": 10}, ["virtual peer-link destination 10.0.0.2"], "vPC fabric peering"),
        ({"peer_link": ["Ethernet1/4", "Ethernet1/44"]}, None, "there is no port Ethernet1/44"),
        ({"mtu": 9300}, None, "the MTU 9300 is larger"),
    ],
)
def test_a_vpc_domain_that_cannot_be_made_is_refused(
    leaf: NxosDouble, more: dict[str, Any], vpc: list[str] | None, error: str
) -> None:
    leaf.config.vpc, before = vpc, leaf.text
    with pytest.raises(FabricError, match=error):
        run(pair(leaf, **more), check=False)
    assert leaf.config.text().count("port-channel1000") == 0 and "feature vpc" not in leaf.config.lines
    assert before.count("interface") == leaf.text.count("interface")
