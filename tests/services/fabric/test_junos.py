# SPDX-License-Identifier: GPL-3.0-or-later
"""The Junos driver with a double of a switch, through whole runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import asyncssh
import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError, SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.facts import Learnt, Vlan
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos import netconf
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.driver import Junos
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.tree import Path as XmlPath
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.tree import find, text
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.look import look
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from checks.clock import SkippingClock

sys.path.insert(0, str(Path(__file__).parent))
from junos_double import Device

pytestmark = pytest.mark.services

CONFIG = """
<configuration>
  <system><host-name>leaf1</host-name></system>
  <chassis><aggregated-devices><ethernet><device-count>1</device-count></ethernet></aggregated-devices></chassis>
  <interfaces>
    <interface><name>xe-0/0/1</name><description>old</description><mtu>9216</mtu><native-vlan-id>99</native-vlan-id>
      <ether-options><no-flow-control/></ether-options>
      <unit><name>0</name><family><ethernet-switching><interface-mode>trunk</interface-mode>
        <vlan><members>99</members></vlan></ethernet-switching></family></unit></interface>
    <interface><name>xe-0/0/3</name><unit><name>0</name><family><inet><address><name>192.0.2.1/31</name></address></inet>
      </family></unit></interface>
    <interface><name>xe-0/0/8</name><description>a person's</description><unit><name>0</name><family>
      <ethernet-switching><vlan><members>old</members></vlan></ethernet-switching></family></unit></interface>
    <interface><name>xe-0/0/9</name><ether-options><ieee-802.3ad><bundle>ae0</bundle></ieee-802.3ad></ether-options>
      </interface>
    <interface><name>ae0</name><description>uplink</description><aggregated-ether-options><lacp><active/></lacp>
      </aggregated-ether-options><unit><name>0</name><family><ethernet-switching><interface-mode>trunk</interface-mode>
      <vlan><members>all-of-it</members></vlan></ethernet-switching></family></unit></interface>
  </interfaces>
  <vlans>
    <vlan><name>old</name><vlan-id>99</vlan-id></vlan>
    <vlan><name>all-of-it</name><vlan-id>98</vlan-id></vlan>
    <vlan><name>boot</name><vlan-id>10</vlan-id><l3-interface>irb.10</l3-interface></vlan>
  </vlans>
  <protocols><rstp><interface><name>xe-0/0/1</name><cost>7</cost></interface><interface><name>xe-0/0/8</name><edge/>
    </interface></rstp></protocols>
</configuration>
"""
ICCP = "<iccp><local-ip-addr>192.0.2.2</local-ip-addr><peer><name>192.0.2.1</name></peer></iccp>"
#: What the model does not name.
OTHERS: list[XmlPath] = [
    ("system",),
    *(("interfaces", ("interface", name)) for name in ("xe-0/0/8", "xe-0/0/9", "ae0")),
    *(("vlans", ("vlan", name)) for name in ("old", "all-of-it")),
    ("protocols", "rstp", ("interface", "xe-0/0/8")),
]
MACS = {"node1": "02:00:00:00:00:01", "node2": "02:00:00:00:00:02"}
CABLING = [
    {"port": "xe-0/0/1", "machine": "node1", "nic": "nic0", "mac": MACS["node1"]},
    {"port": "xe-0/0/3", "machine": "node2", "nic": "nic0", "mac": MACS["node2"]},
]


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    monkeypatch.setattr(netconf, "RPC_SECONDS", 3)
    monkeypatch.setattr(netconf, "COMMIT_SECONDS", 3)
    found = Device(CONFIG, [f"xe-0/0/{number}" for number in range(10)] + ["ae0"])
    found.start()
    yield found
    found.stop()


def switch(device: Device, **more: Any) -> dict[str, Any]:
    lag = {"name": "node1", "description": "node1.bond0", "members": ["xe-0/0/1", "xe-0/0/2"], "edge": True}
    lag |= {"native": 10, "vlans": [10, 20], "mtu": 9000, "lacp": {"fallback_port": "xe-0/0/2"}}
    port = {"name": "xe-0/0/3", "description": "node2.nic0", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
    login = {"address": "127.0.0.1", "port": device.port, "username": "admin", "password": "secret"}
    login["ssh"] = {"host_key": device.host_key}
    vlans = [{"id": 10, "name": "provision"}, {"id": 20, "name": "storage"}]
    common = {"name": "leaf1", "platform": "junos", "connection": login, "vlans": vlans}
    return common | {"lags": [lag], "ports": [port]} | more


def dump(device: Device) -> str:
    return ET.tostring(device.running, encoding="unicode")


def others(device: Device) -> list[str]:
    return [
        ET.tostring(node, encoding="unicode") for path in OTHERS if (node := find(device.running, path)) is not None
    ]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def interrupted(device: Device) -> str:
    """A run that is killed after its change."""
    driver, wanted = Junos("leaf1", switch(device)["connection"]), SwitchConfig.from_vars(switch(device))
    token = driver.perform(plan(wanted, driver.read(wanted)), 61)
    driver.close()
    return token


def test_the_configuration_is_applied_and_a_second_run_changes_nothing(device: Device) -> None:
    rest = others(device)
    first = run(switch(device), check=False)
    assert first.steps == [
        "remove port xe-0/0/1", "change vlan 10", "add vlan 20", "change port xe-0/0/3", "add lag node1",
    ]  # fmt: skip
    assert not device.waiting
    ae = find(device.running, ("interfaces", ("interface", "ae1")))
    assert (text(ae, "mtu"), text(ae, "native-vlan-id"), text(ae, "description")) == ("9014", "10", "node1.bond0")
    member = find(device.running, ("interfaces", ("interface", "xe-0/0/1")))
    assert member is not None and member.find("unit") is None and member.find("mtu") is None
    assert member.find("ether-options/no-flow-control") is not None, "other settings of a port stay"
    forced = ("ether-options", "ieee-802.3ad", "lacp", "force-up")
    assert find(member, forced) is None
    assert find(device.running, ("interfaces", ("interface", "xe-0/0/2"), *forced)) is not None
    assert find(device.running, ("protocols", "rstp", ("interface", "ae1"), "edge")) is not None
    assert text(find(device.running, ("vlans", ("vlan", "provision"), "l3-interface"))) == "irb.10"
    assert others(device) == rest
    commits = len(device.history)
    assert not run(switch(device), check=False).changed
    assert len(device.history) == commits


def test_check_mode_changes_nothing(device: Device) -> None:
    before = dump(device)
    assert run(switch(device), check=True).changed
    assert dump(device) == before
    assert "lock" not in device.operations


def test_a_change_by_hand_is_mended_and_other_ports_are_not_changed(device: Device) -> None:
    run(switch(device), check=False)
    wanted = dump(device)
    members = find(
        device.running, ("interfaces", ("interface", "ae1"), ("unit", "0"), "family", "ethernet-switching", "vlan")
    )
    assert members is not None
    ET.SubElement(members, "members").text = "99"
    device.candidate = ET.fromstring(dump(device))
    mended = run(switch(device), check=False)
    assert mended.steps == ["change lag node1"]
    assert dump(device) == wanted


def test_a_lost_peer_rolls_the_change_back(device: Device) -> None:
    before, seen = dump(device), chain([{"192.0.2.9"}], repeat(set()))
    params = switch(device, confirm={"peers": ["192.0.2.9"], "timeout": 60})
    with pytest.raises(FabricError, match=r"192\.0\.2\.9 no longer answered"):
        run(params, check=False, answers=lambda hosts: next(seen), clock=SkippingClock())
    assert dump(device) == before
    assert not device.waiting


@pytest.mark.parametrize("marks", [True, False])
def test_the_switch_undoes_the_change_of_a_killed_run(device: Device, marks: bool) -> None:
    device.marks, device.minute, before = marks, 0.1, dump(device)
    interrupted(device)
    until(lambda: not device.waiting)
    assert device.history[1]["comment"] == "commit confirmed, rollback in 2mins", "61 seconds are two minutes"
    assert dump(device) == before
    driver = Junos("leaf1", switch(device)["connection"])
    assert driver.armed() is None
    driver.close()


@pytest.mark.parametrize("marks", [True, False])
def test_a_run_rolls_back_the_change_of_a_killed_run_first(device: Device, marks: bool) -> None:
    device.marks = marks
    before, token = dump(device), interrupted(device)
    assert run(switch(device), check=True).unconfirmed
    assert device.waiting, "check mode confirms nothing"
    driver = Junos("leaf1", switch(device)["connection"])
    assert driver.armed() == token
    driver.revert(token)
    assert dump(device) == before
    driver.revert(token)
    assert dump(device) == before, "a second one changes nothing"
    driver.close()
    assert not run(switch(device), check=False).unconfirmed


def test_a_confirmation_after_the_rollback_is_an_error(device: Device) -> None:
    device.minute, before = 0.05, dump(device)
    token = interrupted(device)
    until(lambda: not device.waiting)
    driver = Junos("leaf1", switch(device)["connection"])
    with pytest.raises(FabricError, match="has rolled the change back already"):
        driver.confirm(token)
    driver.close()
    assert dump(device) == before


def test_a_timer_that_fires_during_the_confirmation_is_an_error(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, commit = interrupted(device), device._commit_configuration

    def late(session: Any, request: ET.Element) -> str:
        assert device.timer is not None
        device.timer.cancel()
        device.undo()
        return commit(session, request)

    monkeypatch.setattr(device, "_commit_configuration", late)
    driver = Junos("leaf1", switch(device)["connection"])
    with pytest.raises(FabricError, match="rolled the change back before the confirmation"):
        driver.confirm(token)
    driver.close()


def test_a_timer_that_fires_during_the_rollback_does_not_bring_the_change_back(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, token, load = dump(device), interrupted(device), device._load_configuration

    def late(session: Any, request: ET.Element) -> str:
        assert device.timer is not None
        device.timer.cancel()
        device.undo()
        return load(session, request)

    monkeypatch.setattr(device, "_load_configuration", late)
    driver = Junos("leaf1", switch(device)["connection"])
    driver.revert(token)
    driver.close()
    assert dump(device) == before


def test_somebody_elses_unconfirmed_commit_is_an_error(device: Device) -> None:
    interrupted(device)
    device.history[0] |= {"user": "alice", "client": "cli", "log": "new uplink"}
    with pytest.raises(FabricError, match=r"alice \(cli\) has a commit there that waits"):
        run(switch(device), check=False)
    assert device.waiting


def test_a_change_that_somebody_elses_commit_confirmed_is_not_said_to_be_rolled_back(device: Device) -> None:
    token = interrupted(device)
    assert device.timer is not None
    device.loop.call_soon_threadsafe(device.timer.cancel)
    device.timer = None
    device.history[0].pop("pending")
    device._become(device.running, {"user": "alice", "client": "cli", "log": ""})
    driver = Junos("leaf1", switch(device)["connection"])
    with pytest.raises(FabricError, match=r"not rolled back: .* by alice \(cli\)"):
        driver.revert(token)
    driver.close()


def test_a_wrong_password_is_sent_once(device: Device) -> None:
    params = switch(device)
    params["connection"]["password"] = "wrong"
    driver = Junos("leaf1", params["connection"])
    for why in ("refused the login", "not tried again"):
        with pytest.raises(FabricError, match=why):
            driver.armed()
    assert device.passwords == ["wrong"]


def test_another_host_key_gets_no_password(device: Device) -> None:
    params = switch(device)
    params["connection"]["ssh"]["host_key"] = Path(__file__).with_name("junos_other.pub").read_text()
    with pytest.raises(FabricError, match="no credentials were sent"):
        run(params, check=False)
    assert device.passwords == []


def test_an_rsa_host_key_is_an_error_that_says_so(device: Device) -> None:
    params = switch(device)
    params["connection"]["ssh"]["host_key"] = asyncssh.generate_private_key("ssh-rsa").export_public_key().decode()
    with pytest.raises(
        FabricError, match=r"give the switch's Ed25519 or ECDSA key|no credentials were sent|Negotiation"
    ):
        run(params, check=False)
    assert device.passwords == []


def test_a_port_that_does_not_exist_is_an_error(device: Device) -> None:
    port = {"name": "xe-0/0/77", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
    with pytest.raises(FabricError, match=r"there is no port xe-0/0/77; its ports are: xe-0/0/0, "):
        run(switch(device, ports=[port]), check=False)


def test_a_refused_commit_leaves_all_as_it_was(device: Device) -> None:
    device.refuse, before = "commit script failed", dump(device)
    with pytest.raises(FabricError, match="refused the change: commit script failed"):
        run(switch(device), check=False)
    assert dump(device) == before == ET.tostring(device.candidate, encoding="unicode")
    assert device.lock is None
    assert not device.waiting


def test_a_locked_candidate_is_an_error_that_says_whose(device: Device) -> None:
    device.foreign = "alice"
    with pytest.raises(FabricError, match=r"cannot be locked: configuration database locked by: alice terminal pts/0"):
        run(switch(device), check=False)


def test_a_connection_that_breaks_after_the_commit_leaves_the_rollback_armed(device: Device) -> None:
    device.dies, device.minute, before = "confirmed", 0.1, dump(device)
    with pytest.raises(FabricError, match="commit: "):
        run(switch(device), check=False)
    until(lambda: not device.waiting)
    assert dump(device) == before


def test_a_connection_that_breaks_before_the_confirmation_is_opened_again_to_roll_back(device: Device) -> None:
    before, unlock = dump(device), device._unlock

    def breaks(session: Any, request: ET.Element) -> str:
        if device.waiting and not device.dies:
            device.dies = "get-config"
        return unlock(session, request)

    device._unlock = breaks  # type: ignore[method-assign]
    with pytest.raises(FabricError, match="get-config"):
        run(switch(device), check=False)
    assert not device.waiting
    assert dump(device) == before


def test_slow_answers_are_waited_for(device: Device) -> None:
    device.slow = {"commit-configuration": 0.5, "get-config": 0.3}
    assert run(switch(device), check=False).changed
    assert not device.waiting


def test_a_miscabled_machine_is_reported_and_its_ports_are_not_written(device: Device) -> None:
    device.macs = [(MACS["node1"].upper(), "xe-0/0/3.0")]
    rest = others(device)
    done = run(switch(device, cabling=CABLING), check=False)
    assert [mistake.machine for mistake in done.mistakes] == ["node1", "node2"]
    assert done.steps == ["change vlan 10", "add vlan 20"]
    assert others(device) == rest


def test_mlag_without_a_domain_is_refused_and_with_one_it_is_configured(device: Device) -> None:
    params = switch(device)
    params["lags"][0]["mlag"] = 7
    with pytest.raises(FabricError, match="has no MC-LAG peer"):
        run(params, check=False)
    protocols = device.running.find("protocols")
    assert protocols is not None
    protocols.append(ET.fromstring(ICCP))
    device.candidate = ET.fromstring(dump(device))
    run(params, check=False)
    shared = find(device.running, ("interfaces", ("interface", "ae7"), "aggregated-ether-options", "mc-ae"))
    assert [text(shared, word) for word in ("mc-ae-id", "chassis-id", "status-control")] == ["7", "1", "standby"]
    assert not run(params, check=False).changed


def test_what_the_switch_sees(device: Device) -> None:
    device.macs.append(("52:54:00:04:01:00", "xe-0/0/3.0"))
    seen = look(switch(device))
    assert [port.name for port in seen.ports or ()] == [f"xe-0/0/{number}" for number in range(10)]
    first = (seen.ports or ())[0]
    assert (first.admin_up, first.up, first.speed, first.mtu, first.optics) == (True, True, 25000, 9216, None)
    assert [lag.name for lag in seen.lags or ()] == ["ae0"] and seen.vlans == (Vlan(10, "provision"),)
    assert seen.macs == (Learnt(None, "52:54:00:04:01:00", "xe-0/0/3"),)
    assert [(row.place, row.state, row.role) for row in seen.stp or ()] == [("xe-0/0/0", "forwarding", "designated")]
    assert seen.lldp is None and "the lldp subsystem is not running" in seen.untold["lldp"]


def test_only_the_procedures_of_the_sections_are_called(device: Device) -> None:
    device.operations.clear()
    assert look(switch(device), ["vlans"]).vlans == (Vlan(10, "provision"),)
    assert [name for name in device.operations if name.startswith("get-")] == ["get-vlan-information"]
