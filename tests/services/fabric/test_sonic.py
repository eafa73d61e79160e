# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver for SONiC with a double of a switch (sonic_double.py); no device is involved."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
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
    Optics,
    Vlan,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.look import look
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.sonic import Sonic
from checks.clock import SkippingClock
from services.fabric.sonic_double import CONFIG, Double

pytestmark = pytest.mark.services


@pytest.fixture
def leaf(tmp_path: Path) -> Iterator[Double]:
    double = Double(tmp_path)
    double.start()
    yield double
    double.stop()


def switch(leaf: Double, **more: Any) -> dict[str, Any]:
    lag = {"name": "node1", "description": "node1.bond0", "members": ["Ethernet0", "Ethernet4"], "edge": True}
    lag |= {"native": 10, "vlans": [10, 20, 30], "mtu": 1600, "lacp": {"fallback_port": "Ethernet4"}}
    port = {"name": "etp3", "description": 'it\'s "$HOME"', "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
    common = {"name": "leaf1", "platform": "sonic", "connection": leaf.connection}
    return common | {"vlans": [{"id": 10, "name": "provision"}], "lags": [lag], "ports": [port]} | more


STEPS = ["remove port Ethernet0", "add vlan 10", "change port etp3", "add lag node1"]


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def unknown_to_the_model(config: dict[str, Any]) -> dict[str, Any]:
    """CONFIG_DB without what the model names."""
    rest = copy.deepcopy(config)
    for table in ("VLAN", "VLAN_MEMBER", "PORTCHANNEL", "PORTCHANNEL_MEMBER", "PORT"):
        for key in list(rest[table]):
            if {"PortChannel2", "Ethernet0", "Ethernet4", "Ethernet8", "Vlan10", "Vlan30"} & set(key.split("|")):
                del rest[table][key]
    return rest


def test_the_configuration_is_applied_and_a_second_run_changes_nothing(leaf: Double) -> None:
    assert run(switch(leaf), check=False).steps == STEPS
    config = leaf.read("config")
    assert config["PORTCHANNEL"]["PortChannel2"] == {
        "admin_status": "up", "lacp_key": "auto", "mtu": "1600", "description": "node1.bond0", "fallback": "true",
        "fast_rate": "true",
    }  # fmt: skip
    assert {key for key in config["PORTCHANNEL_MEMBER"] if "PortChannel2" in key} == {
        "PortChannel2|Ethernet0", "PortChannel2|Ethernet4",
    }  # fmt: skip
    tagging = {k: v["tagging_mode"] for k, v in config["VLAN_MEMBER"].items() if k.endswith("PortChannel2")}
    assert tagging == {
        "Vlan10|PortChannel2": "untagged", "Vlan20|PortChannel2": "tagged", "Vlan30|PortChannel2": "tagged",
    }  # fmt: skip
    assert config["PORT"]["Ethernet8"] == CONFIG["PORT"]["Ethernet8"] | {
        "mtu": "1500", "description": "it's \"$HOME\"",
    }  # fmt: skip
    assert config["VLAN"]["Vlan20"] == CONFIG["VLAN"]["Vlan20"]
    assert unknown_to_the_model(config) == unknown_to_the_model(CONFIG)
    assert leaf.read("saved") == config and leaf.armed == []
    assert list((leaf.home / "checkpoints").iterdir()) == []
    assert not run(switch(leaf), check=False).changed
    assert len(leaf.passwords) == 2, "one login a run"


def test_check_mode_changes_nothing(leaf: Double) -> None:
    assert run(switch(leaf), check=True).steps == STEPS
    assert leaf.read("config") == CONFIG and list((leaf.home / "checkpoints").iterdir()) == []


def test_a_change_by_hand_is_corrected_and_other_ports_are_not_changed(leaf: Double) -> None:
    run(switch(leaf), check=False)
    right = leaf.read("config")
    leaf.change("VLAN_MEMBER", "Vlan20|PortChannel2", tagging_mode="untagged")
    leaf.change("VLAN_MEMBER", "Vlan10|PortChannel2", tagging_mode="tagged")
    leaf.change("PORT", "Ethernet16", mtu="1234")
    leaf.change("PORTCHANNEL", "PortChannel2", min_links="2")
    assert run(switch(leaf), check=False).steps == ["change lag node1"]
    right["PORT"]["Ethernet16"]["mtu"] = "1234"
    right["PORTCHANNEL"]["PortChannel2"]["min_links"] = "2"
    assert leaf.read("config") == right


@pytest.mark.parametrize("setting", [{"fallback": "false"}, {"fast_rate": "false"}])
def test_a_channel_is_created_again_where_teamd_needs_it(leaf: Double, setting: dict[str, str]) -> None:
    run(switch(leaf), check=False)
    right = leaf.read("config")
    leaf.change("PORTCHANNEL", "PortChannel2", **setting)
    leaf.write("teamd", leaf.read("teamd") | {"PortChannel2": setting})
    assert run(switch(leaf), check=False).steps == ["change lag node1"]
    assert leaf.read("config") == right
    assert leaf.read("teamd")["PortChannel2"] == {"fallback": "true", "fast_rate": "true"}
    assert list((leaf.home / "checkpoints").iterdir()) == []


def test_the_rollback_creates_a_channel_again_too(leaf: Double) -> None:
    run(switch(leaf), check=False)
    before, teamd = leaf.read("config"), leaf.read("teamd")
    params = switch(leaf, confirm={"peers": ["10.0.0.9"], "timeout": 60})
    params["lags"][0]["lacp"] = {"fallback": False}
    replies = chain([{"10.0.0.9"}], repeat(set()))
    with pytest.raises(FabricError, match="no longer answered"):
        run(params, check=False, answers=lambda __: next(replies), clock=SkippingClock())
    assert leaf.read("config") == before and leaf.read("teamd") == teamd
    assert list((leaf.home / "checkpoints").iterdir()) == []


def test_a_change_is_rolled_back_if_a_peer_no_longer_answers(leaf: Double) -> None:
    replies = chain([{"10.0.0.9"}], repeat(set()))
    params = switch(leaf, confirm={"peers": ["10.0.0.9"], "timeout": 60})
    with pytest.raises(FabricError, match=r"10\.0\.0\.9 no longer answered"):
        run(params, check=False, answers=lambda __: next(replies), clock=SkippingClock())
    assert leaf.read("config") == CONFIG == leaf.read("saved") and leaf.armed == []


def perform(leaf: Double, seconds: int) -> tuple[Sonic, str]:
    """A run that is killed between the change and its confirmation."""
    driver = Sonic("leaf1", leaf.connection)
    wanted = SwitchConfig.from_vars(switch(leaf))
    return driver, driver.perform(plan(wanted, driver.read(wanted)), seconds)


def test_an_unconfirmed_change_is_rolled_back_by_the_switch(leaf: Double) -> None:
    driver, armed = perform(leaf, 2)
    driver.close()
    assert "PortChannel2" in leaf.read("config")["PORTCHANNEL"] and leaf.read("saved") == CONFIG
    assert leaf.armed == [f"groundup-rollback-{armed}"]
    wait_until(lambda: not leaf.armed)
    assert leaf.read("config") == CONFIG and list((leaf.home / "checkpoints").iterdir()) == []


def test_an_unconfirmed_change_of_a_killed_run_is_rolled_back_first(leaf: Double) -> None:
    perform(leaf, 60)[0].close()
    assert run(switch(leaf), check=True).steps == ["roll back an unconfirmed change"] and leaf.armed
    outcome = run(switch(leaf), check=False)
    assert outcome.unconfirmed and outcome.steps[1:] == STEPS
    assert leaf.armed == [], "the killed run's timer would roll the new change back"
    assert not run(switch(leaf), check=False).changed


def test_a_confirmation_after_the_rollback_is_an_error(leaf: Double) -> None:
    driver, armed = perform(leaf, 1)
    wait_until(lambda: not leaf.armed)
    with pytest.raises(FabricError, match="the switch rolled the change back before"):
        driver.confirm(armed)
    driver.revert(armed)
    assert driver.armed() is None and leaf.read("config") == CONFIG == leaf.read("saved")
    driver.close()


def test_a_rollback_that_fails_loads_the_saved_configuration(leaf: Double) -> None:
    driver, armed = perform(leaf, 60)
    leaf.fault(refuse_rollback=True)
    driver.revert(armed)
    assert leaf.read("config") == CONFIG and driver.armed() is None
    driver.close()


def test_a_configuration_that_cannot_be_saved_is_rolled_back(leaf: Double) -> None:
    leaf.fault(refuse_save=True)
    with pytest.raises(FabricError, match="No space left on device"):
        run(switch(leaf), check=False)
    assert leaf.read("config") == CONFIG and leaf.armed == []


@pytest.mark.parametrize("fault", ["refuse_dry", "refuse", "half"])
def test_a_refused_change_leaves_all_as_it_was(leaf: Double, fault: str) -> None:
    leaf.fault(**{fault: True})
    with pytest.raises(FabricError, match=r"apply-patch .* ended with 2: Error"):
        run(switch(leaf), check=False)
    assert leaf.read("config") == CONFIG == leaf.read("saved")
    assert leaf.armed == [] and list((leaf.home / "checkpoints").iterdir()) == []


def test_a_connection_that_dies_after_the_change_leaves_it_to_the_timer(leaf: Double) -> None:
    leaf.die_after = "apply-patch /tmp"
    with pytest.raises(FabricError, match="the switch rolls back by itself within"):
        run(switch(leaf, confirm={"timeout": 1}), check=False)
    wait_until(lambda: not leaf.armed)
    assert leaf.read("config") == CONFIG


def test_a_connection_that_breaks_with_the_change_is_opened_again_to_roll_back(leaf: Double) -> None:
    leaf.dies = "apply-patch /tmp"
    with pytest.raises(FabricError, match="gave no exit status"):
        run(switch(leaf), check=False)
    assert leaf.read("config") == CONFIG == leaf.read("saved")
    assert leaf.armed == [] and list((leaf.home / "checkpoints").iterdir()) == []


def test_the_timer_leaves_time_for_a_slow_switch(leaf: Double) -> None:
    leaf.fault(slow=0.7)
    run(switch(leaf, confirm={"timeout": 1}), check=False)
    assert leaf.armed == [] and not run(switch(leaf), check=False).changed


def test_a_timer_that_fires_during_the_patch_rolls_back_after_it(leaf: Double) -> None:
    leaf.fault(slower=3)
    with pytest.raises(FabricError, match=r"the switch rolled the change back before|did not perform"):
        run(switch(leaf, confirm={"timeout": 1}), check=False)
    wait_until(lambda: not leaf.armed)
    assert leaf.read("config") == CONFIG == leaf.read("saved")


def test_a_wrong_password_is_sent_once(leaf: Double) -> None:
    connection = leaf.connection | {"password": "wrong"}
    with pytest.raises(FabricError, match="refused the login"):
        run(switch(leaf, connection=connection), check=False)
    assert leaf.passwords == ["wrong"]


PORT = {"name": "Ethernet8", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
LAG = {"name": "node1", "members": ["Ethernet0"], "native": 10, "vlans": [10], "mtu": 1500}
IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"ports": [PORT | {"name": "Ethernet99"}]}, "there is no port Ethernet99; its ports are: Ethernet0, Ethernet4"),
    ({"ports": [PORT, PORT | {"name": "etp3"}]}, "Ethernet8 and etp3 are the same port"),
    ({"ports": [PORT | {"name": "Ethernet24"}]}, "Ethernet24 is a routed port"),
    ({"ports": [PORT | {"native": 1}]}, "SONiC has no VLAN 1"),
    ({"ports": [PORT | {"description": "a\nb"}]}, "is no line of up to 255 characters"),
    ({"lags": [LAG | {"mlag": 7}]}, "lags.node1.mlag: the switch has no MLAG domain"),
    ({"lags": [LAG | {"lacp": {"mode": "passive"}}]}, "cannot wait passively"),
    ({"lags": [LAG | {"members": ["Ethernet20"]}]}, "Leafref of ACL_TABLE"),
]


@pytest.mark.parametrize(("change", "error"), IMPOSSIBLE)
def test_an_impossible_configuration_changes_nothing(leaf: Double, change: dict[str, Any], error: str) -> None:
    with pytest.raises(FabricError, match=error):
        run(switch(leaf, **{"lags": [], "ports": [], "vlans": [], **change}), check=False)
    assert leaf.read("config") == CONFIG and leaf.armed == []


def test_mlag_shares_the_channel_of_its_number(leaf: Double) -> None:
    leaf.change("MCLAG_DOMAIN", "5", source_ip="10.0.0.1", peer_ip="10.0.0.2", peer_link="PortChannel1")
    run(switch(leaf), check=False)
    params = switch(leaf)
    params["lags"][0]["mlag"] = 7
    assert run(params, check=False).steps == ["remove lag PortChannel2", "add lag node1"]
    assert leaf.read("config")["MCLAG_INTERFACE"] == {"5|PortChannel7": {"if_type": "PortChannel"}}
    assert not run(params, check=False).changed
    params["lags"][0]["mlag"] = 1
    with pytest.raises(FabricError, match=r"PortChannel1 has another use \(uplink\)"):
        run(params, check=False)


def test_edge_ports_are_those_of_the_spanning_tree(leaf: Double) -> None:
    leaf.change("STP", "GLOBAL", mode="pvst", priority="32768")
    run(switch(leaf), check=False)
    guarded = {"enabled": "true", "portfast": "true", "bpdu_guard": "true", "bpdu_guard_do_disable": "true"}
    assert leaf.read("config")["STP_PORT"] == {"PortChannel2": guarded}
    assert not run(switch(leaf), check=False).changed
    leaf.change("STP_PORT", "PortChannel2", portfast="false")
    assert run(switch(leaf), check=False).steps == ["change lag node1"]


def test_a_change_of_somebody_else_is_an_error_with_the_login(leaf: Double) -> None:
    state = leaf.read("state")
    state |= {"ps": [" 4711 pts/1    root     /usr/bin/python3 /usr/local/bin/config reload -y"]}
    state |= {"who": ["alice    pts/1        2026-01-01 00:00 (192.0.2.7)"]}
    leaf.write("state", state)
    with pytest.raises(FabricError, match=r"alice changes its configuration now \(config reload, process 4711"):
        run(switch(leaf), check=False)
    assert leaf.read("config") == CONFIG and list((leaf.home / "checkpoints").iterdir()) == []


@pytest.mark.parametrize(
    "seen",
    [
        {"mac": [["10", "02:00:00:00:00:02", "PortChannel2"]]},
        {"lldp": [["etp1", "node2", "02:00:00:00:00:02"]]},
        {"partners": {"PortChannel2": {
            "Ethernet0": {"runner": {"partner_lacpdu_info": {"system": "02:00:00:00:00:02"}}},
            "Ethernet4": {"runner": {"partner_lacpdu_info": {"system": "00:00:00:00:00:00"}}},
        }}},
    ],
    ids=["mac", "lldp", "lacp"],
)  # fmt: skip
def test_swapped_cables_are_reported_and_their_ports_not_changed(leaf: Double, seen: dict[str, Any]) -> None:
    run(switch(leaf), check=False)
    leaf.write("state", leaf.read("state") | seen)
    before = leaf.read("config")
    cabling = [
        {"port": port, "machine": f"node{n}", "nic": "nic0", "mac": f"02:00:00:00:00:0{n}"}
        for n, port in ((1, "Ethernet0"), (2, "etp3"))
    ]
    params = switch(leaf, cabling=cabling)
    params["lags"][0]["native"] = 30
    params["ports"][0]["mtu"] = 9000
    outcome = run(params, check=False)
    assert {mistake.machine for mistake in outcome.mistakes} == {"node1", "node2"}
    assert not outcome.plan.changed and leaf.read("config") == before


def test_what_the_switch_sees_is_read_in_two_commands(leaf: Double) -> None:
    run(switch(leaf), check=False)
    neighbour = {"lldp_rem_sys_name": "node1", "lldp_rem_port_id": "nic0", "lldp_rem_port_id_subtype": "5"}
    partner = {"runner": {"partner_lacpdu_info": {"system": "52:54:00:04:01:00"}}}
    state = leaf.read("state") | {"mac": [[20, "52:54:00:04:01:00", "etp3"]], "neighbours": {"Ethernet8": neighbour}}
    leaf.write("state", state | {"partners": {"PortChannel2": {"Ethernet0": partner}}})
    leaf.commands.clear()
    seen = look(switch(leaf))
    assert len(leaf.commands) == 2
    ports = {port.name: port for port in seen.ports or ()}
    assert ports["Ethernet0"].optics == Optics("SFP/SFP+/SFP28", (-1.8,), ())
    assert (ports["Ethernet0"].errors_in, ports["Ethernet0"].discards_in, ports["Ethernet0"].discards_out) == (
        3,
        1024,
        None,
    )
    assert ports["etp3"].speed == 25000 and ports["etp3"].up and ports["etp3"].mtu == 1500
    members = (Member("Ethernet0", "52:54:00:04:01:00", True), Member("Ethernet4", None, True))
    assert LagFacts("node1", "PortChannel2", True, members) in (seen.lags or ())
    assert Vlan(77, None) in (seen.vlans or ()) and seen.stp == () and not seen.untold
    assert seen.macs == (Learnt(20, "52:54:00:04:01:00", "etp3"),)
    assert seen.lldp == (Neighbour("etp3", "node1", None, "nic0", "name", None),)


def test_a_section_whose_command_fails_is_not_told(leaf: Double) -> None:
    (leaf.bin / "sonic-db-dump").write_text("#!/bin/sh\nexit 1\n")
    seen = look(switch(leaf), ["vlans", "macs"])
    assert seen.vlans is None and seen.macs == () and set(seen.untold) == {"vlans"}
    assert "sonic-db-dump -n APPL_DB" in seen.untold["vlans"]


DOMAIN = {"domain": 12, "peer_link": ["Ethernet12", "etp5"], "vlan": 4094, "address": "169.254.255.0/31"}
DOMAIN |= {"peer_address": "169.254.255.1", "mtu": 9216}


def pair(leaf: Double, **more: Any) -> dict[str, Any]:
    params = switch(leaf, mlag=DOMAIN | more)
    params["lags"][0]["mlag"] = 7
    return params


def test_an_mclag_domain_is_configured_with_its_members(leaf: Double) -> None:
    assert "add mlag 12" in run(pair(leaf), check=False).steps
    config, link = leaf.read("config"), "PortChannel1000"
    addresses = {"source_ip": "169.254.255.0", "peer_ip": "169.254.255.1"}
    assert config["MCLAG_DOMAIN"] == {"12": addresses | {"peer_link": link}}
    assert {"Vlan4094", "Vlan4094|169.254.255.0/31"} <= set(config["VLAN_INTERFACE"])
    carried = {key.split("|")[0] for key in config["VLAN_MEMBER"] if key.endswith(link)}
    assert carried == {"Vlan10", "Vlan20", "Vlan30", "Vlan4094"}, "the peer link carries each VLAN of shared channels"
    assert {f"{link}|Ethernet12", f"{link}|Ethernet16"} <= set(config["PORTCHANNEL_MEMBER"])
    assert config["MCLAG_INTERFACE"] == {"12|PortChannel7": {"if_type": "PortChannel"}}
    assert not run(pair(leaf), check=False).changed


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("MCLAG_DOMAIN", "12", {"source_ip": "169.254.255.0", "peer_ip": "10.9.9.9", "peer_link": "PortChannel1000"}),
        ("VLAN_MEMBER", "Vlan20|PortChannel1000", {"tagging_mode": "untagged"}),
        ("PORTCHANNEL_MEMBER", "PortChannel1000|Ethernet12", None),
        ("VLAN_INTERFACE", "Vlan4094|169.254.255.0/31", None),
    ],
)
def test_a_domain_that_people_changed_is_corrected(leaf: Double, table: str, key: str, value: Any) -> None:
    run(pair(leaf), check=False)
    config = leaf.read("config")
    if value is None:
        del config[table][key]
    else:
        config[table][key] = value
    leaf.write("config", config)
    assert run(pair(leaf), check=False).steps == ["change mlag 12"]
    assert not run(pair(leaf), check=False).changed


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"domain": 5000}, "5000 is not a domain of SONiC"),
        ({"address": "fe80::1/64", "peer_address": "fe80::2"}, "SONiC takes IPv4 only"),
        ({"domain": 13}, "the switch is in the MCLAG domain 12"),
        ({"peer_link": ["Ethernet24"]}, "Ethernet24 is a routed port"),
        ({"peer_link": ["Ethernet96"]}, "there is no port Ethernet96"),
    ],
)
def test_an_impossible_domain_is_refused(leaf: Double, more: dict[str, Any], error: str) -> None:
    run(pair(leaf), check=False)
    before = leaf.read("config")
    with pytest.raises(FabricError, match=error):
        run(pair(leaf, **more), check=False)
    assert leaf.read("config") == before
