# SPDX-License-Identifier: GPL-3.0-or-later
"""The Open vSwitch driver with a real Open vSwitch."""

from __future__ import annotations

import time
from itertools import chain, repeat
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cables.given import Given
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cables.judge import judge
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError, SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.facts import Learnt
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.look import look
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.openvswitch import OpenVSwitch
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from checks.clock import SkippingClock

pytestmark = pytest.mark.services


def switch(rack: Any, **more: Any) -> dict[str, Any]:
    lag = {"name": "node1", "description": "node1.bond0", "members": ["Ethernet1", "Ethernet2"]}
    lag |= {"native": 10, "vlans": [10, 20, 30], "mtu": 1600, "lacp": {"fallback_port": "Ethernet2"}}
    port = {"name": "Ethernet3", "description": "uplink", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
    common = {"name": "leaf1", "platform": "openvswitch", "connection": {"database": rack.database}}
    return common | {"vlans": [{"id": 10, "name": "provision"}], "lags": [lag], "ports": [port]} | more


def column(rack: Any, table: str, record: str, name: str) -> str:
    return rack.vsctl("get", table, record, name)


def test_the_configuration_is_applied_and_a_second_run_changes_nothing(rack: Any) -> None:
    first = run(switch(rack), check=False)
    assert [str(step) for step in first.plan.steps] == [
        "remove port Ethernet1",
        "remove port Ethernet2",
        "change port Ethernet3",
        "add lag node1",
    ]
    assert column(rack, "Port", "node1", "lacp") == "active"
    assert column(rack, "Port", "node1", "vlan_mode") == "native-untagged"
    assert column(rack, "Port", "node1", "trunks") == "[10, 20, 30]"
    assert column(rack, "Port", "node1", "other_config:bond-primary") == "eth2"
    assert column(rack, "Port", "eth3", "tag") == "20"
    assert "mtu 1600" in rack.inside("ip", "link", "show", "eth1")
    assert not run(switch(rack), check=False).plan.changed


def test_a_change_by_hand_is_corrected_and_other_ports_are_not_changed(rack: Any) -> None:
    run(switch(rack), check=False)
    rack.vsctl("set", "Port", "node1", "trunks=[10]", "--", "set", "Port", "eth4", "tag=77")
    corrected = run(switch(rack), check=False)
    assert [str(step) for step in corrected.plan.steps] == ["change lag node1"]
    assert corrected.plan.diff()[0]["before"].count("vlans: 10\n") == 1
    assert column(rack, "Port", "eth4", "tag") == "77"


def test_check_mode_changes_nothing(rack: Any) -> None:
    before = rack.sh("ovsdb-client", "dump", rack.database, "Port")
    assert run(switch(rack), check=True).plan.changed
    assert rack.sh("ovsdb-client", "dump", rack.database, "Port") == before


def test_a_change_is_rolled_back_if_a_peer_no_longer_answers(rack: Any) -> None:
    replies = chain([{"10.0.0.9"}], repeat(set()))
    params = switch(rack, confirm={"peers": ["10.0.0.9"], "timeout": 60})
    with pytest.raises(FabricError, match=r"10\.0\.0\.9 no longer answered"):
        run(params, check=False, answers=lambda __: next(replies), clock=SkippingClock())
    assert column(rack, "Port", "eth3", "tag") == "4095"
    assert "node1" not in rack.vsctl("list-ports", "leaf1").split()
    assert len(run(switch(rack), check=True).plan.steps) == 4


def test_an_unconfirmed_change_is_rolled_back_by_the_switch(rack: Any) -> None:
    class KilledError(Exception):
        """The controller dies between the change and its confirmation."""

    def die_after_the_change(peers: list[str]) -> set[str]:
        if calls:
            raise KilledError
        calls.append(peers)
        return set(peers)

    calls: list[list[str]] = []
    with pytest.raises(KilledError):
        run(switch(rack, confirm={"peers": ["10.0.0.9"], "timeout": 5}), check=False, answers=die_after_the_change)
    assert column(rack, "Port", "node1", "lacp") == "active"
    deadline = time.monotonic() + 60
    while column(rack, "Port", "eth3", "tag") != "4095" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert column(rack, "Port", "eth3", "tag") == "4095"


def test_an_unconfirmed_change_of_a_killed_run_is_rolled_back_first(rack: Any) -> None:
    """Until its timer fires, the switch has the wanted configuration, which the timer would roll back."""
    driver = OpenVSwitch("leaf1", {"database": rack.database})
    wanted = SwitchConfig.from_vars(switch(rack))
    driver.perform(plan(wanted, driver.read(wanted)), 8)
    outcome = run(switch(rack), check=False)
    assert outcome.unconfirmed and len(outcome.plan.steps) == 4
    time.sleep(9)
    assert column(rack, "Port", "node1", "lacp") == "active", "the killed run's timer rolled the new change back"
    assert not run(switch(rack), check=False).changed


def test_a_confirmation_after_the_rollback_is_an_error(rack: Any) -> None:
    driver = OpenVSwitch("leaf1", {"database": rack.database})
    wanted = SwitchConfig.from_vars(switch(rack))
    armed = driver.perform(plan(wanted, driver.read(wanted)), 1)
    deadline = time.monotonic() + 60
    while driver.armed() and time.monotonic() < deadline:
        time.sleep(0.2)
    with pytest.raises(FabricError, match="the switch rolled the change back before"):
        driver.confirm(armed)
    driver.revert(armed)
    assert column(rack, "Port", "eth3", "tag") == "4095"


def test_settings_outside_the_model_survive_change_and_rollback(rack: Any) -> None:
    rack.vsctl("set", "Interface", "eth1", "options:mine=1", "external_ids:others=2", "ofport_request=7")
    rack.vsctl("set", "Port", "eth1", "external_ids:others=3", "bond_updelay=5")
    rack.vsctl("set", "Port", "eth3", "other_config:priority-tags=always")
    columns = "name,interfaces,tag,trunks,vlan_mode,lacp,bond_updelay,other_config,external_ids"

    def dump() -> str:
        ports = rack.vsctl("--columns", columns, "list", "Port").split("\n\n")
        links = rack.vsctl("--columns", "_uuid,name,options,external_ids,mtu_request", "list", "Interface")
        return "\n".join([*sorted(ports), *sorted(links.split("\n\n"))])

    before = dump()
    replies = chain([{"10.0.0.9"}], repeat(set()))
    params = switch(rack, confirm={"peers": ["10.0.0.9"]})
    with pytest.raises(FabricError, match="no longer answered"):
        run(params, check=False, answers=lambda __: next(replies), clock=SkippingClock())
    assert dump() == before
    run(switch(rack), check=False)
    assert rack.vsctl("get", "Interface", "eth1", "options:mine", "external_ids:others").split() == ['"1"', '"2"']
    assert rack.vsctl("get", "Port", "eth3", "other_config:priority-tags") == "always"
    assert "groundup-armed" not in rack.vsctl("get", "Bridge", "leaf1", "external_ids")


@pytest.mark.parametrize("change", [("bond_mode=active-backup",), ("lacp=off",), ("trunks=[]",), ("vlan_mode=trunk",)])
def test_every_setting_of_an_aggregation_is_compared(rack: Any, change: tuple[str, ...]) -> None:
    run(switch(rack), check=False)
    rack.vsctl("set", "Port", "node1", *change)
    assert [str(step) for step in run(switch(rack), check=False).plan.steps] == ["change lag node1"]
    assert not run(switch(rack), check=False).changed


def test_a_removed_member_carries_no_traffic(rack: Any) -> None:
    run(switch(rack), check=False)
    params = switch(rack)
    params["lags"][0]["members"] = ["Ethernet1", "Ethernet4"]
    params["lags"][0]["lacp"]["fallback_port"] = "Ethernet1"
    assert run(params, check=False).plan.changed
    assert not run(params, check=False).plan.changed
    assert column(rack, "Port", "eth2", "trunks") == "[4095]"
    params["ports"].append({"name": "Ethernet2", "mode": "access", "native": 20, "vlans": [], "mtu": 1500})
    assert [str(step) for step in run(params, check=False).plan.steps] == ["change port Ethernet2"]


def test_one_remaining_member_negotiates_lacp(rack: Any) -> None:
    params = switch(rack)
    params["lags"][0] |= {"members": ["Ethernet1"], "lacp": {"fallback_port": "Ethernet1"}}
    run(params, check=False)
    assert not run(params, check=False).plan.changed
    assert "node1" in rack.sh("ovs-appctl", "-t", f"{rack.home}/vswitchd.ctl", "lacp/show")


def test_a_static_aggregation_takes_broadcasts_from_each_member(rack: Any) -> None:
    """A machine with the bond mode balance-xor sends one frame by one member, broadcasts too."""
    params = switch(rack)
    params["lags"][0]["lacp"] = {"mode": "on"}
    run(switch(rack), check=False)
    assert [str(step) for step in run(params, check=False).plan.steps] == ["change lag node1"]
    assert not run(params, check=False).changed
    for number in (1, 2):
        rack.inside("ip", "link", "set", f"peth{number}", "address", f"02:00:00:00:00:0{number}")
        rack.inside("ip", "addr", "add", f"198.51.100.{number}/24", "dev", f"peth{number}")
        rack.inside("sh", "-c", f"ping -c1 -W1 -I peth{number} 198.51.100.9 || true")
    table = rack.sh("ovs-appctl", "-t", f"{rack.home}/vswitchd.ctl", "fdb/show", "leaf1")
    assert "02:00:00:00:00:01" in table and "02:00:00:00:00:02" in table, "broadcasts of one member were dropped"
    assert [str(step) for step in run(switch(rack), check=False).plan.steps] == ["change lag node1"]
    assert "all-members-active" not in rack.vsctl("get", "Port", "node1", "other_config")


def test_a_static_aggregation_may_have_one_member(rack: Any) -> None:
    params = switch(rack)
    params["lags"][0] |= {"members": ["Ethernet1"], "lacp": {"mode": "on"}}
    assert run(params, check=False).changed
    assert not run(params, check=False).changed


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": "leaf9"}, "has no bridge leaf9"),
        (
            {"ports": [{"name": "Ethernet9", "mode": "access", "native": 2, "vlans": [], "mtu": 1500}]},
            "no port Ethernet9",
        ),
        ({"connection": {"database": "unix:/nowhere/db.sock"}}, "ovsdb-client"),
        (
            {
                "mlag": {
                    "domain": 1,
                    "peer_link": ["Ethernet5"],
                    "vlan": 4094,
                    "mtu": 1500,
                    "address": "169.254.255.0/31",
                    "peer_address": "169.254.255.1",
                }
            },
            r"leaf1\.mlag: Open vSwitch cannot be one of an MLAG pair",
        ),
    ],
)
def test_an_impossible_configuration_changes_nothing(rack: Any, change: dict[str, Any], error: str) -> None:
    before = rack.sh("ovsdb-client", "dump", rack.database, "Port")
    with pytest.raises(FabricError, match=error):
        run(switch(rack, **change), check=False)
    assert rack.sh("ovsdb-client", "dump", rack.database, "Port") == before


def test_swapped_cables_are_reported_and_their_ports_not_changed(rack: Any) -> None:
    """node2's address is learnt on node1's port: a frame sent there by its mac is enough for the MAC table."""
    lags = [{"name": f"node{n}", "members": [f"Ethernet{n}"], "native": 10, "vlans": [10], "mtu": 1500} for n in (1, 2)]
    cabling = [
        {"port": f"Ethernet{n}", "machine": f"node{n}", "nic": "nic0", "mac": f"02:00:00:00:00:0{n}"} for n in (1, 2)
    ]
    rack.vsctl("set", "Port", "eth1", "tag=10")
    rack.inside("ip", "link", "set", "peth1", "address", "02:00:00:00:00:02")
    rack.inside("ip", "addr", "add", "198.51.100.1/24", "dev", "peth1")
    rack.inside("sh", "-c", "ping -c1 -W1 198.51.100.2 || true")
    outcome = run(switch(rack, lags=lags, ports=[], cabling=cabling), check=False)
    assert {mistake.machine for mistake in outcome.mistakes} == {"node1", "node2"}
    assert "node2 (02:00:00:00:00:02) answers on leaf1/Ethernet1, where the model has node1.nic0" in str(outcome)
    assert not outcome.plan.changed


def test_what_the_switch_sees_has_the_names_of_the_model(rack: Any) -> None:
    run(switch(rack), check=False)
    rack.inside("ip", "link", "set", "peth3", "address", "02:00:00:00:00:03")
    rack.inside("ip", "link", "set", "peth4", "down")
    rack.inside("ip", "addr", "add", "198.51.100.1/24", "dev", "peth3")
    rack.inside("sh", "-c", "ping -c1 -W1 198.51.100.2 || true")
    seen = look(switch(rack))
    ports = {port.name: port for port in seen.ports or ()}
    assert list(ports) == [f"Ethernet{number}" for number in range(1, 6)]
    assert (ports["Ethernet3"].admin_up, ports["Ethernet3"].up, ports["Ethernet4"].up) == (True, True, False)
    assert ports["Ethernet3"].speed == 10000 and ports["Ethernet3"].mtu == 1500 and ports["Ethernet1"].mtu == 1600
    assert ports["Ethernet3"].description == "uplink" and ports["Ethernet3"].errors_in == 0
    assert [(lag.name, [member.port for member in lag.members]) for lag in seen.lags or ()] == [
        ("node1", ["Ethernet1", "Ethernet2"])
    ]
    assert [member.partner for lag in seen.lags or () for member in lag.members] == [None, None]
    assert Learnt(20, "02:00:00:00:00:03", "Ethernet3") in (seen.macs or ())
    assert seen.lldp is seen.vlans is None and set(seen.untold) == {"lldp", "vlans"}


def test_states_of_a_spanning_tree_are_told_if_there_is_one(rack: Any) -> None:
    assert look(switch(rack), ["stp"]).stp == ()
    rack.vsctl("set", "Bridge", "leaf1", "rstp_enable=true")
    deadline = time.monotonic() + 60
    while not (seen := look(switch(rack), ["stp"]).stp) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert seen and {row.instance for row in seen} == {"rstp"} and {row.place for row in seen} >= {"Ethernet1"}


def test_the_mac_table_shows_swapped_cables(rack: Any) -> None:
    """Open vSwitch tells no LLDP neighbours, so its MAC table is what there is."""
    cabling = [{"port": f"Ethernet{n}", "machine": f"node{n}", "nic": "nic0", "mac": mac_of(n)} for n in (1, 2, 3, 4)]
    rack.vsctl(*(word for n in (1, 2, 3) for word in ("--", "set", "Port", f"eth{n}", "tag=10")))
    rack.inside("ip", "link", "set", "peth4", "down")
    for port, machine in ((1, 2), (2, 1), (3, 3)):
        rack.inside("ip", "link", "set", f"peth{port}", "address", mac_of(machine))
        rack.inside("ip", "addr", "add", f"198.51.100.{port}/32", "dev", f"peth{port}")
        rack.inside("ip", "route", "replace", "198.51.100.9/32", "dev", f"peth{port}")
        rack.inside("sh", "-c", "ping -c1 -W1 198.51.100.9 || true")
    seen = look(switch(rack, lags=[], ports=[], cabling=cabling), ["ports", "lags", "lldp", "macs"]).as_dict()
    found = judge(Given.of({"switches": {"leaf1": {"cabling": cabling, "facts": seen}}}))
    assert found.swaps == ("node1.nic0 and node2.nic0 are swapped",)
    assert [row.state for row in found.rows] == ["contradicting", "contradicting", "agreed", "silent"]
    assert found.rows[3].note.startswith("leaf1/Ethernet4 has no link; ")


def mac_of(machine: int) -> str:
    return f"02:00:00:00:00:0{machine}"
