# SPDX-License-Identifier: GPL-3.0-or-later
"""The EOS driver with a double of a switch; it was never tried on a device."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError, SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.eos.driver import Eos
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.facts import LagFacts, Learnt, Member, Vlan
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.look import look
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from checks.clock import SkippingClock

from .eos_double import EosDouble, RefusedError

pytestmark = pytest.mark.services
#: Sections that the model of these tests does not name.
OTHERS = ["hostname leaf1", "vlan 99", "interface Ethernet6", "interface Ethernet5", "interface Port-Channel3",
          "interface Management1"]  # fmt: skip


@pytest.fixture
def eos(tmp_path: Path) -> Iterator[EosDouble]:
    double = EosDouble(tmp_path)
    before = copy.deepcopy({name: double.running[name] for name in OTHERS})
    yield double
    double.close()
    assert {name: double.running.get(name) for name in OTHERS} == before, "something else was changed"


def switch(eos: EosDouble, **more: Any) -> dict[str, Any]:
    lag = {"name": "node1", "description": "node1.bond0", "members": ["Ethernet1", "Et2"], "edge": True}
    lag |= {"native": 10, "vlans": [10, 20, 30], "mtu": 9000, "lacp": {"fallback_port": "Et2"}}
    port = {"name": "Ethernet4", "description": "node9.bmc", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
    common = {"name": "leaf1", "platform": "eos", "connection": eos.connection}
    return common | {"vlans": [{"id": 10, "name": "provision"}], "lags": [lag], "ports": [port]} | more


def lines(eos: EosDouble, interface: str) -> set[str]:
    return set(eos.running.get(f"interface {interface}", {}))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition()


def begun(eos: EosDouble, seconds: int, **more: Any) -> tuple[Eos, str]:
    """A driver that performed the change and did not confirm it."""
    driver, wanted = Eos("leaf1", eos.connection), SwitchConfig.from_vars(switch(eos, **more))
    return driver, driver.perform(plan(wanted, driver.read(wanted)), seconds)


def test_the_configuration_is_applied_and_a_second_run_changes_nothing(eos: EosDouble) -> None:
    first = run(switch(eos), check=False)
    assert [str(step) for step in first.plan.steps] == [
        "remove port Et2",
        "remove port Ethernet1",
        "add vlan 10",
        "change port Ethernet4",
        "add lag node1",
    ]
    assert lines(eos, "Port-Channel1") == {
        "description node1.bond0",
        "switchport mode trunk",
        "switchport trunk native vlan 10",
        "switchport trunk allowed vlan 10,20,30",
        "mtu 9000",
        "spanning-tree portfast",
        "spanning-tree bpduguard enable",
        "port-channel lacp fallback static",
        "port-channel lacp fallback timeout 5",
    }
    assert lines(eos, "Ethernet1") == {
        "storm-control broadcast level 1",
        "channel-group 1 mode active",
        "lacp timer fast",
    }
    assert lines(eos, "Ethernet2") == {"channel-group 1 mode active", "lacp timer fast", "lacp port-priority 8192"}
    assert lines(eos, "Ethernet4") == {"description node9.bmc", "switchport access vlan 20"}
    assert eos.startup == eos.running
    del eos.commands[:]
    assert not run(switch(eos), check=False).changed
    assert all(command == "enable" or command.startswith("show ") for command in eos.commands)


def test_a_static_aggregation_becomes_one_with_lacp_and_back(eos: EosDouble) -> None:
    static = switch(eos)
    static["lags"][0]["lacp"] = {"mode": "on"}
    for params, mode in ((static, "on"), (switch(eos), "active"), (static, "on")):
        assert run(params, check=False).changed
        assert f"channel-group 1 mode {mode}" in lines(eos, "Ethernet1") & lines(eos, "Ethernet2")
        assert not run(params, check=False).changed
    assert lines(eos, "Ethernet2") == {"channel-group 1 mode on"}


DOMAIN = {"domain": 12, "peer_link": ["Ethernet7", "Et8"], "vlan": 4094, "address": "169.254.255.0/31"}
DOMAIN |= {"peer_address": "169.254.255.1", "mtu": 9214, "keepalive": {"destination": "10.0.0.3", "vrf": "MGMT"}}


def test_an_mlag_domain_is_configured_with_its_members(eos: EosDouble) -> None:
    params = switch(eos, mlag=DOMAIN)
    params["lags"][0]["mlag"] = 1
    assert "add mlag 12" in run(params, check=False).steps
    assert set(eos.running["mlag configuration"]) == {
        "domain-id 12", "local-interface Vlan4094", "peer-address 169.254.255.1", "peer-link Port-Channel1000",
        "peer-address heartbeat 10.0.0.3 vrf MGMT",
    }  # fmt: skip
    assert set(eos.running["interface Vlan4094"]) == {"no autostate", "ip address 169.254.255.0/31"}
    assert "trunk group mlag-peer" in eos.running["vlan 4094"] and "no spanning-tree vlan-id 4094" in eos.running
    assert {"switchport mode trunk", "switchport trunk group mlag-peer"} <= lines(eos, "Port-Channel1000")
    assert lines(eos, "Ethernet8") == {"channel-group 1000 mode active"}
    assert "mlag 1" in lines(eos, "Port-Channel1")
    assert not run(params, check=False).changed
    before = copy.deepcopy(eos.running["mlag configuration"])
    run(switch(eos), check=False)
    assert eos.running["mlag configuration"] == before, "a domain that is not named was changed"


@pytest.mark.parametrize(
    ("section", "line", "instead"),
    [
        ("mlag configuration", "domain-id 12", "domain-id 13"),
        ("mlag configuration", "peer-address 169.254.255.1", "peer-address 169.254.255.3"),
        ("mlag configuration", "peer-address heartbeat 10.0.0.3 vrf MGMT", "peer-address heartbeat 10.0.0.3"),
        ("interface Vlan4094", "no autostate", "description x"),
        ("interface Vlan4094", "ip address 169.254.255.0/31", "ip address 169.254.255.4/31"),
        ("interface Port-Channel1000", "switchport trunk group mlag-peer", "switchport trunk group other"),
        ("interface Ethernet8", "channel-group 1000 mode active", "switchport mode trunk"),
        ("vlan 4094", "trunk group mlag-peer", "trunk group other"),
    ],
)
def test_a_domain_that_people_changed_is_corrected(eos: EosDouble, section: str, line: str, instead: str) -> None:
    params = switch(eos, mlag=DOMAIN)
    run(params, check=False)
    del eos.running[section][line]
    eos.running[section][instead] = None
    again = run(params, check=False)
    assert again.steps == ["change mlag 12"] and again.plan.diff()[0]["before"] != again.plan.diff()[0]["after"]
    assert line in eos.running[section]
    assert not run(params, check=False).changed


def test_check_mode_changes_nothing(eos: EosDouble) -> None:
    before = copy.deepcopy(eos.running)
    assert run(switch(eos), check=True).plan.changed
    assert (eos.running, eos.sessions) == (before, {})


def test_a_change_by_hand_is_corrected(eos: EosDouble) -> None:
    run(switch(eos), check=False)
    eos.running["interface Port-Channel1"]["switchport trunk allowed vlan 10"] = None
    eos.running["interface Ethernet3"] = {"switchport access vlan 77": None}
    corrected = run(switch(eos), check=False)
    assert [str(step) for step in corrected.plan.steps] == ["change lag node1"]
    assert lines(eos, "Ethernet3") == {"switchport access vlan 77"}
    assert not run(switch(eos), check=False).changed


def test_a_change_is_rolled_back_if_a_peer_no_longer_answers(eos: EosDouble) -> None:
    before, replies = copy.deepcopy(eos.running), chain([{"10.0.0.9"}], repeat(set()))
    params = switch(eos, confirm={"peers": ["10.0.0.9"], "timeout": 60})
    with pytest.raises(FabricError, match=r"10\.0\.0\.9 no longer answered"):
        run(params, check=False, answers=lambda __: next(replies), clock=SkippingClock())
    assert (eos.running, eos.startup, eos.sessions) == (before, before, {})


def test_an_unconfirmed_change_is_rolled_back_by_the_switch(eos: EosDouble) -> None:
    before = copy.deepcopy(eos.running)
    begun(eos, 1)
    assert "switchport mode trunk" in lines(eos, "Port-Channel1")
    wait_for(lambda: eos.running == before)


def test_an_unconfirmed_change_of_a_killed_run_is_rolled_back_first(eos: EosDouble) -> None:
    begun(eos, 2)
    outcome = run(switch(eos), check=False)
    assert outcome.unconfirmed and len(outcome.plan.steps) == 5
    time.sleep(2.2)
    assert lines(eos, "Port-Channel1"), "the killed run's timer rolled the new change back"
    assert not run(switch(eos), check=False).changed


def test_check_mode_leaves_an_unconfirmed_change_alone(eos: EosDouble) -> None:
    __, token = begun(eos, 60)
    assert run(switch(eos), check=True).unconfirmed
    assert eos.sessions[token]["state"] == "pendingCommitTimer"


def test_a_confirmation_after_the_rollback_is_an_error(eos: EosDouble) -> None:
    driver, token = begun(eos, 1)
    wait_for(lambda: not eos.sessions)
    with pytest.raises(FabricError, match="the switch rolled the change back before"):
        driver.confirm(token)
    driver.revert(token)
    assert eos.startup == eos.running


def test_a_timer_that_fires_during_the_confirmation_is_an_error(eos: EosDouble) -> None:
    before = copy.deepcopy(eos.running)
    eos.fire_before = True
    with pytest.raises(FabricError, match="the switch rolled the change back before"):
        run(switch(eos), check=False)
    assert (eos.running, eos.startup) == (before, before)


def test_a_configuration_that_cannot_be_saved_is_an_error(eos: EosDouble) -> None:
    before = copy.deepcopy(eos.startup)
    eos.refuse_save = True
    with pytest.raises(FabricError, match=r"is confirmed, but it was not saved .*No space left"):
        run(switch(eos), check=False)
    assert "vlan 10" in eos.running and eos.startup == before


def test_a_wrong_password_is_sent_once(eos: EosDouble) -> None:
    with pytest.raises(FabricError, match="refused the login"):
        run(switch(eos, connection=eos.connection | {"password": "wrong"}), check=False)
    assert eos.logins == 1


def test_a_wrong_certificate_gets_no_password(eos: EosDouble) -> None:
    with pytest.raises(FabricError, match="no credentials were sent"):
        run(switch(eos, connection=eos.connection | {"tls": {"fingerprint": "ab" * 32}}), check=False)
    assert (eos.logins, eos.commands) == (0, [])


@pytest.mark.parametrize(("command", "state"), [("end", "pending"), ("commit timer", "pendingCommitTimer")])
def test_a_connection_that_dies_with_the_change_leaves_no_change(eos: EosDouble, command: str, state: str) -> None:
    before = copy.deepcopy(eos.running)
    eos.drop_after = command
    with pytest.raises(FabricError, match="POST /command-api"):
        begun(eos, 1)
    assert [session["state"] for session in eos.sessions.values()] == [state]
    wait_for(lambda: eos.running == before)
    eos.drop_after, eos.dead = "", False
    assert len(run(switch(eos), check=False).plan.steps) == 5
    assert [session["state"] for session in eos.sessions.values()] == ["completed"], (
        "a session of the first run is left"
    )


def test_a_connection_that_dies_before_the_confirmation_leaves_the_change_to_the_timer(eos: EosDouble) -> None:
    before = copy.deepcopy(eos.running)

    def answers(peers: list[str]) -> set[str]:
        eos.dead = bool(eos.sessions)
        return set(peers)

    with pytest.raises(FabricError, match="POST /command-api"):
        run(switch(eos, confirm={"peers": ["10.0.0.9"], "timeout": 1}), check=False, answers=answers)
    assert eos.running != before
    wait_for(lambda: eos.running == before)
    assert eos.startup == before


def test_a_refused_commit_leaves_all_as_it_was(eos: EosDouble) -> None:
    before = copy.deepcopy(eos.running)
    eos.refuse_commit = "VLAN 10 is used internally"
    with pytest.raises(FabricError, match="VLAN 10 is used internally"):
        run(switch(eos), check=False)
    assert (eos.running, eos.startup, eos.sessions) == (before, before, {})


def test_a_change_that_the_switch_only_accepts_is_rolled_back(eos: EosDouble) -> None:
    before = copy.deepcopy(eos.running)
    eos.ignore = "mtu"
    with pytest.raises(FabricError, match="accepted the change but did not perform: change lag node1"):
        run(switch(eos), check=False)
    assert (eos.running, eos.startup) == (before, before)


def test_the_waiting_session_of_somebody_else_is_named_with_its_user(eos: EosDouble) -> None:
    eos.sessions["maintenance"] = {"state": "pendingCommitTimer", "commitUser": "alice", "instances": {}}
    with pytest.raises(FabricError, match="session maintenance of alice waits for its commit"):
        run(switch(eos), check=False)
    assert list(eos.sessions) == ["maintenance"]


def test_an_open_session_of_somebody_else_is_left_alone(eos: EosDouble) -> None:
    theirs = {"state": "pending", "commitUser": "", "instances": {"412": {"user": "alice"}}}
    eos.sessions["draft"] = theirs
    assert run(switch(eos), check=False).changed
    assert eos.sessions["draft"] == theirs


@pytest.mark.parametrize("command", ["switchport mode routed", "lacp timer quick", "fallback", "mlag 7"])
def test_the_double_refuses_what_it_does_not_know(eos: EosDouble, command: str) -> None:
    with pytest.raises(RefusedError, match="Invalid input"):
        eos.run_commands(["enable", "configure session gu-1", "interface Ethernet1", command])


def test_a_slow_switch_is_waited_for(eos: EosDouble) -> None:
    eos.slow = 0.1
    assert run(switch(eos), check=False).changed


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"ports": [{"name": "Et9", "mode": "access", "native": 2, "vlans": [], "mtu": 1500}]}, "no port Et9"),
        ({"ports": [{"name": "swp1", "mode": "access", "native": 2, "vlans": [], "mtu": 1500}]}, "no name of a port"),
        ({"lags": [{"name": "n", "members": ["Et1"], "vlans": [10], "mtu": 1500, "mlag": 7}]}, "no MLAG domain"),
        (
            {
                "ports": [{"name": "Ethernet1", "mode": "access", "native": 2, "vlans": [], "mtu": 1500}],
                "lags": [{"name": "n", "members": ["Et1"], "vlans": [10], "mtu": 1500}],
            },
            "is the same port as Et1",
        ),
        (
            {"lags": [{"name": "n", "members": ["Et5"], "vlans": [10], "mtu": 1500}]},
            "Ethernet3, which the model does not",
        ),
        ({"vlans": [{"id": 10, "name": "two words"}]}, "is not a VLAN name of EOS"),
    ],
)
def test_an_impossible_configuration_changes_nothing(eos: EosDouble, change: dict[str, Any], error: str) -> None:
    eos.running["interface Ethernet3"] = {"channel-group 3 mode active": None}
    before = copy.deepcopy(eos.running)
    for check in (True, False):
        with pytest.raises(FabricError, match=error):
            run(switch(eos, **change), check=check)
    assert (eos.running, eos.sessions) == (before, {})


def test_an_mlag_channel_has_the_number_of_its_identifier(eos: EosDouble) -> None:
    eos.mlag_domain()
    params = switch(eos)
    params["lags"][0]["mlag"] = 7
    run(params, check=False)
    assert "mlag 7" in lines(eos, "Port-Channel7")
    assert not run(params, check=False).changed


def test_a_removed_member_carries_no_traffic(eos: EosDouble) -> None:
    run(switch(eos), check=False)
    params = switch(eos)
    params["lags"][0] |= {"members": ["Ethernet1", "Ethernet3"], "lacp": {"fallback_port": "Ethernet1"}}
    run(params, check=False)
    assert not run(params, check=False).changed
    assert lines(eos, "Ethernet2") == {"switchport mode trunk", "switchport trunk allowed vlan none"}
    params["ports"].append({"name": "Ethernet2", "mode": "access", "native": 20, "vlans": [], "mtu": 1500})
    assert [str(step) for step in run(params, check=False).plan.steps] == ["change port Ethernet2"]


def test_a_channel_becomes_ports(eos: EosDouble) -> None:
    run(switch(eos), check=False)
    ports = [
        {"name": f"Ethernet{n}", "mode": "trunk", "native": 10, "vlans": [10], "mtu": 9000, "edge": True}
        for n in (1, 2)
    ]
    steps = run(switch(eos, lags=[], ports=ports), check=False).plan.steps
    assert [str(step) for step in steps] == ["remove lag Port-Channel1", "add port Ethernet1", "add port Ethernet2"]
    assert "interface Port-Channel1" not in eos.running
    assert not run(switch(eos, lags=[], ports=ports), check=False).changed


def test_swapped_cables_are_reported_and_their_ports_not_changed(eos: EosDouble) -> None:
    lags = [{"name": f"node{n}", "members": [f"Ethernet{n}"], "vlans": [10], "mtu": 1500} for n in (1, 2, 3)]
    cabling = [
        {"port": f"Ethernet{n}", "machine": f"node{n}", "nic": "nic0", "mac": f"02:00:00:00:00:0{n}"} for n in (1, 2, 3)
    ]
    eos.table.append({"macAddress": "02:00:00:00:00:02", "interface": "Ethernet1", "entryType": "dynamic"})
    eos.partners["Port-Channel9"] = {"interfaces": {"Ethernet2": {"partnerSystemId": "8000,02-00-00-00-00-01"}}}
    outcome = run(switch(eos, lags=lags, ports=[], cabling=cabling), check=False)
    assert {mistake.machine for mistake in outcome.mistakes} == {"node1", "node2"}
    assert "node2 (02:00:00:00:00:02) answers on leaf1/Ethernet1, where the model has node1.nic0" in str(outcome)
    assert lines(eos, "Ethernet1") == {"storm-control broadcast level 1"} and not lines(eos, "Ethernet2")
    assert "channel-group 1 mode active" in lines(eos, "Ethernet3")


def test_what_the_switch_sees_is_read_in_one_request(eos: EosDouble) -> None:
    run(switch(eos), check=False)
    end = {"interfaceIdType": "interfaceName", "interfaceId": "nic0"}
    eos.neighbours["Ethernet2"] = {"lldpNeighborInfo": [{"systemName": "node1", "neighborInterfaceInfo": end}]}
    eos.table.append({"macAddress": "52:54:00:04:01:00", "interface": "Port-Channel1", "vlanId": 20})
    eos.commands.clear()
    seen = look(switch(eos))
    assert eos.commands.count("enable") == 1 and len(eos.commands) == len(set(eos.commands)) == 9
    assert [port.name for port in seen.ports or ()][:3] == ["Et2", "Ethernet1", "Ethernet3"]
    members = (Member("Et2", None, False), Member("Ethernet1", None, False))
    assert LagFacts("node1", "Port-Channel1", True, members) in (seen.lags or ())
    assert Vlan(10, "provision") in (seen.vlans or ()) and seen.stp == ()
    assert seen.macs == (Learnt(20, "52:54:00:04:01:00", "node1"),)
    assert [(row.port, row.system, row.port_id) for row in seen.lldp or ()] == [("Et2", "node1", "nic0")]
    eos.commands.clear()
    assert look(switch(eos), ["vlans"]).ports is None and eos.commands == ["enable", "show vlan"]


def test_a_switch_that_does_not_answer_is_not_read(eos: EosDouble) -> None:
    eos.dead = True
    with pytest.raises(FabricError, match=r"switches\.leaf1: POST /command-api"):
        look(switch(eos), ["ports"])
