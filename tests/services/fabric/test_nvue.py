# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver of Cumulus Linux with a double of its NVUE REST API; never tried on a switch."""

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
    PortFacts,
    Vlan,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.look import look
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nvue import Nvue
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from checks.clock import SkippingClock
from services.fabric.nvue_double import NvueDouble
from services.fabric.nvue_schema import Tree

pytestmark = pytest.mark.services


def access(vid: int) -> Tree:
    return {"domain": {"br_default": {"access": vid}}}


#: What the switch had before: ports, a bond and VLANs of others, and other settings of the model's ports.
BEFORE: Tree = {
    "system": {"hostname": "leaf1"},
    "bridge": {"domain": {"br_default": {"type": "vlan-aware", "untagged": 1, "vlan": {"20": {"vni": {"20": {}}}}}}},
    "interface": {
        "eth0": {"type": "eth", "ip": {"vrf": "mgmt"}},
        "bond1": {
            "type": "bond",
            "bond": {"member": {"swp9": {}}, "lacp-bypass": "off", "up-delay": 100},
            "bridge": {"domain": {"br_default": {"vlan": {"20": {}}, "stp": {"auto-edge": "on"}}}},
            "description": "others",
        },
        "swp1": {"type": "swp", "link": {"speed": "25G", "mtu": 1500}, "bridge": access(20)},
        "swp3": {"type": "swp", "link": {"speed": "10G"}, "qos": {"trust": "l2"}},
        "swp4": {"type": "swp", "bridge": access(77)},
        "swp9": {"type": "swp"},
    },
    "vrf": {"default": {"router": {"bgp": {"enable": "on"}}}},
}
MLAG: Tree = {
    "mlag": {"enable": "on", "mac-address": "44:38:39:be:ef:aa", "peer-ip": "linklocal"},
    "interface": {"peerlink": {"type": "peerlink", "bond": {"member": {"swp11": {}}}}},
}
OPERATIONAL: Tree = {"eth0": {"type": "eth"}, **{f"swp{n}": {"type": "swp"} for n in range(1, 13)}}


@pytest.fixture
def double(tmp_path: Path) -> Iterator[NvueDouble]:
    found = NvueDouble(tmp_path, BEFORE, copy.deepcopy(OPERATIONAL))
    yield found
    found.stop()


def switch(double: NvueDouble, **more: Any) -> dict[str, Any]:
    lag = {"name": "node1", "description": "node1.bond0", "members": ["swp1", "swp2"], "edge": True}
    lag |= {"native": 10, "vlans": [10, 20, 30], "mtu": 1600, "lacp": {"fallback_port": "swp2"}}
    port = {"name": "swp3", "description": "uplink", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
    common = {"name": "leaf1", "platform": "nvue", "connection": double.connection()}
    return common | {"vlans": [{"id": 10, "name": "provision"}], "lags": [lag], "ports": [port]} | more


def with_mlag(double: NvueDouble) -> None:
    double.running["mlag"] = copy.deepcopy(MLAG["mlag"])
    double.running["interface"] |= copy.deepcopy(MLAG["interface"])


def unchanged_parts(config: Tree) -> Tree:
    """All that the model does not name."""
    rest = copy.deepcopy(config)
    for name in ("swp1", "swp2", "swp3", "bond2"):
        rest["interface"].pop(name, None)
    rest["bridge"]["domain"]["br_default"]["vlan"].pop("10", None)
    return rest


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition()


def gone_after_the_change() -> Callable[[list[str]], set[str]]:
    replies = chain([{"10.0.0.9"}], repeat(set[str]()))
    return lambda __: next(replies)


@pytest.mark.parametrize("applied_is_live", [True, False])
def test_the_configuration_is_applied_and_a_second_run_changes_nothing(
    double: NvueDouble, applied_is_live: bool
) -> None:
    double.applied_is_live = applied_is_live
    first = run(switch(double), check=False)
    assert [str(step) for step in first.plan.steps] == [
        "remove port swp1",
        "add vlan 10",
        "add port swp3",
        "add lag node1",
    ]
    inside = double.running["interface"]
    assert inside["bond2"] == {
        "type": "bond",
        "description": "node1.bond0",
        "link": {"mtu": 1600},
        "bond": {"member": {"swp1": {}, "swp2": {}}, "mode": "lacp", "lacp-rate": "fast", "lacp-bypass": "on"},
        "bridge": {
            "domain": {
                "br_default": {
                    "untagged": 10,
                    "vlan": {"10": {}, "20": {}, "30": {}},
                    "stp": {"admin-edge": "on", "bpdu-guard": "on"},
                }
            }
        },
    }
    assert inside["swp1"] == {"type": "swp", "link": {"speed": "25G"}}
    assert inside["swp3"]["link"] == {"speed": "10G", "mtu": 1500} and inside["swp3"]["qos"] == {"trust": "l2"}
    assert unchanged_parts(double.running) == unchanged_parts(BEFORE)
    assert double.startup == double.running
    assert not run(switch(double), check=False).changed


def test_a_plan_is_one_revision_of_few_requests(double: NvueDouble) -> None:
    run(switch(double), check=False)
    apply = "PATCH /nvue_v1/revision/2"
    assert double.writes == ["POST /nvue_v1/revision", "PATCH /nvue_v1/", "PATCH /nvue_v1/", apply, apply]


def test_revisions_of_old_releases_have_names_with_slashes(double: NvueDouble) -> None:
    double.prefix = "changeset/cumulus/2026-01-02_03.04.05_"
    run(switch(double), check=False)
    assert double.startup["interface"]["bond2"]["description"] == "node1.bond0"
    double.revisions["changeset/anna/2026"] = {"state": "confirm", "config": copy.deepcopy(BEFORE)}
    with pytest.raises(FabricError, match="revision changeset/anna/2026 of anna is in the state confirm"):
        run(switch(double), check=False)


def test_without_auto_save_the_confirmed_configuration_is_saved(double: NvueDouble) -> None:
    double.auto_save = False
    run(switch(double), check=False)
    assert double.startup == double.running


def test_check_mode_changes_nothing(double: NvueDouble) -> None:
    assert run(switch(double), check=True).plan.changed
    assert double.running == BEFORE and double.writes == []


def test_a_change_by_hand_is_corrected_and_other_ports_are_not_changed(double: NvueDouble) -> None:
    run(switch(double), check=False)
    domain = double.running["interface"]["bond2"]["bridge"]["domain"]["br_default"]
    domain |= {"vlan": {"10": {}, "40": {}}}
    double.running["interface"]["swp4"]["bridge"] = access(78)
    before = unchanged_parts(double.running)
    corrected = run(switch(double), check=False)
    assert [str(step) for step in corrected.plan.steps] == ["change lag node1"]
    assert set(double.running["interface"]["bond2"]["bridge"]["domain"]["br_default"]["vlan"]) == {"10", "20", "30"}
    assert unchanged_parts(double.running) == before


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("bond", "mode"), "static"),
        (("bond", "lacp-rate"), "slow"),
        (("bond", "lacp-bypass"), "off"),
        (("bond", "member"), {"swp1": {}, "swp5": {}}),
        (("link", "mtu"), 9000),
        (("description",), "node1 by hand"),
        (("bridge", "domain", "br_default", "untagged"), "none"),
        (("bridge", "domain", "br_default", "vlan"), {}),
        (("bridge", "domain", "br_default", "stp", "bpdu-guard"), "off"),
        (("bridge", "domain", "br_default"), {"access": 10}),
        (("bridge", "domain"), {"br_other": {"vlan": {"10": {}}}}),
    ],
)
def test_every_setting_of_an_aggregation_is_compared(double: NvueDouble, path: tuple[str, ...], value: Any) -> None:
    run(switch(double), check=False)
    wanted = copy.deepcopy(double.running["interface"]["bond2"])
    tree = double.running["interface"]["bond2"]
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = value
    assert [str(step) for step in run(switch(double), check=False).plan.steps] == ["change lag node1"]
    assert double.running["interface"]["bond2"] == wanted
    assert not run(switch(double), check=False).changed


def test_a_change_is_rolled_back_if_a_peer_no_longer_answers(double: NvueDouble) -> None:
    params = switch(double, confirm={"peers": ["10.0.0.9"], "timeout": 60})
    with pytest.raises(FabricError, match=r"10\.0\.0\.9 no longer answered"):
        run(params, check=False, answers=gone_after_the_change(), clock=SkippingClock())
    assert double.running == BEFORE and double.startup == BEFORE
    assert len(run(switch(double), check=True).plan.steps) == 4


def test_an_unconfirmed_change_is_rolled_back_by_the_switch(double: NvueDouble) -> None:
    driver = Nvue("leaf1", double.connection())
    wanted = SwitchConfig.from_vars(switch(double))
    driver.perform(plan(wanted, driver.read(wanted)), 1)
    driver.close()
    assert "bond2" in double.running["interface"]
    until(lambda: double.running == BEFORE)
    assert Nvue("leaf1", double.connection()).armed() is None


def test_an_unconfirmed_change_of_a_killed_run_is_rolled_back_first(double: NvueDouble) -> None:
    driver = Nvue("leaf1", double.connection())
    wanted = SwitchConfig.from_vars(switch(double))
    token = driver.perform(plan(wanted, driver.read(wanted)), 2)
    assert Nvue("leaf1", double.connection()).armed() == token
    outcome = run(switch(double), check=False)
    assert outcome.unconfirmed and len(outcome.plan.steps) == 4
    assert double.revisions[token]["state"] == "confirm_fail"
    time.sleep(2)
    assert "bond2" in double.running["interface"], "the killed run's timer rolled the new change back"
    assert not run(switch(double), check=False).changed


def test_a_confirmation_after_the_rollback_is_an_error(double: NvueDouble) -> None:
    driver = Nvue("leaf1", double.connection())
    wanted = SwitchConfig.from_vars(switch(double))
    armed = driver.perform(plan(wanted, driver.read(wanted)), 1)
    until(lambda: double.running == BEFORE)
    with pytest.raises(FabricError, match="the switch rolled the change back before"):
        driver.confirm(armed)
    driver.revert(armed)
    assert double.running == BEFORE and double.startup == BEFORE


def test_a_timer_that_fires_just_before_the_answer_is_noticed(
    double: NvueDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The revision still waits when the driver looks, and is rolled back when the answer arrives."""
    driver = Nvue("leaf1", double.connection())
    wanted = SwitchConfig.from_vars(switch(double))
    armed = driver.perform(plan(wanted, driver.read(wanted)), 1)
    until(lambda: double.running == BEFORE)
    states = driver._revisions.state

    def late(revision: str) -> tuple[str, Tree]:
        monkeypatch.setattr(driver._revisions, "state", states)
        return "confirm", {}

    monkeypatch.setattr(driver._revisions, "state", late)
    with pytest.raises(FabricError, match="the switch rolled the change back before"):
        driver.confirm(armed)
    monkeypatch.setattr(driver._revisions, "state", late)
    driver.revert(armed)


def test_a_timer_that_fires_before_the_confirmation_is_an_error_of_the_run(double: NvueDouble) -> None:
    double.fault_fuse = 0.2

    def slow_answers(peers: list[str]) -> set[str]:
        time.sleep(0.5)
        return set(peers)

    with pytest.raises(FabricError, match=r"did not perform|rolled the change back"):
        run(switch(double, confirm={"peers": ["10.0.0.9"], "timeout": 60}), check=False, answers=slow_answers)
    assert double.running == BEFORE and double.startup == BEFORE


def test_a_lost_connection_while_the_change_is_applied_is_tolerated(double: NvueDouble) -> None:
    double.fault_deaf = 0.5
    run(switch(double), check=False)
    assert double.startup["interface"]["bond2"]["description"] == "node1.bond0"


def test_slow_answers_are_waited_for(double: NvueDouble) -> None:
    double.fault_slow = 0.1
    assert run(switch(double), check=False).changed


def test_an_unconfirmed_change_is_only_reported_in_check_mode(double: NvueDouble) -> None:
    double.revisions["7"] = {"state": "confirm", "config": copy.deepcopy(BEFORE)}
    assert run(switch(double), check=True).unconfirmed
    assert double.revisions["7"]["state"] == "confirm" and double.writes == []


def test_a_wrong_password_is_sent_once(double: NvueDouble) -> None:
    driver = Nvue("leaf1", double.connection() | {"password": "wrong"})
    for __ in range(2):
        with pytest.raises(FabricError, match="refused the login"):
            driver.armed()
    assert double.wrong_passwords == 1


def test_another_certificate_gets_no_password(double: NvueDouble) -> None:
    connection = double.connection() | {"tls": {"fingerprint": "00" * 32}, "password": "wrong"}
    with pytest.raises(FabricError, match="certificate was refused"):
        run(switch(double, connection=connection), check=False)
    assert double.wrong_passwords == 0 and double.log == []


@pytest.mark.parametrize(
    ("found", "whose"),
    [
        ({"state": "confirm", "last-apply": {"user": "anna", "message": "maintenance"}}, r"anna \(maintenance\)"),
        ({"state": "confirm", "last-apply": {"user": "anna"}}, "anna"),
        ({"state": "ays"}, "unknown user"),
        ({"state": "ignore_fail", "user": "anna"}, "anna"),
    ],
)
def test_a_change_of_somebody_else_is_an_error_that_says_whose(double: NvueDouble, found: Tree, whose: str) -> None:
    double.revisions["7"] = found | {"config": copy.deepcopy(BEFORE)}
    with pytest.raises(FabricError, match=rf"revision 7 of (an )?{whose} is in the state {found['state']}"):
        run(switch(double), check=False)
    assert double.writes == []


def test_a_revision_that_shows_no_user_counts_as_an_earlier_run(double: NvueDouble) -> None:
    double.revisions["7"] = {"state": "confirm", "config": copy.deepcopy(BEFORE)}
    assert Nvue("leaf1", double.connection()).armed() == "7"


@pytest.mark.parametrize("state", ["apply_fail", "verify_error", "ignore_fail_no"])
def test_a_refused_change_leaves_all_as_it_was(double: NvueDouble, state: str) -> None:
    double.fault_refused = state
    with pytest.raises(FabricError, match=rf"refused the change \({state}\): switchd did not reload"):
        run(switch(double), check=False)
    assert double.running == BEFORE and double.startup == BEFORE


def test_a_value_that_the_switch_does_not_take_leaves_all_as_it_was(double: NvueDouble) -> None:
    params = switch(double)
    params["ports"][0]["mtu"] = 9500
    with pytest.raises(FabricError, match="link/mtu: 9500 is not valid"):
        run(params, check=False)
    assert double.running == BEFORE


def test_a_switch_that_arms_no_timer_is_an_error(double: NvueDouble) -> None:
    double.fault_no_timer = True
    with pytest.raises(FabricError, match="without waiting for a confirmation"):
        run(switch(double), check=False)


@pytest.mark.parametrize(
    ("port", "error"), [("swp99", "no port swp99"), ("eth0", "no front panel port"), ("swp11", "port of MLAG's peer")]
)
def test_a_port_that_cannot_be_the_models_changes_nothing(double: NvueDouble, port: str, error: str) -> None:
    with_mlag(double)
    before = copy.deepcopy(double.running)
    ports = [{"name": port, "mode": "access", "native": 2, "vlans": [], "mtu": 1500}]
    with pytest.raises(FabricError, match=error):
        run(switch(double, ports=ports), check=False)
    assert double.running == before and double.writes == []


def test_mlag_without_a_domain_is_refused(double: NvueDouble) -> None:
    params = switch(double)
    params["lags"][0]["mlag"] = 7
    with pytest.raises(FabricError, match=r"leaf1\.lags\.node1\.mlag: the switch has no MLAG"):
        run(params, check=False)
    assert double.running == BEFORE and double.writes == []


def test_mlag_gives_the_bond_its_number(double: NvueDouble) -> None:
    with_mlag(double)
    params = switch(double)
    params["lags"][0]["mlag"] = 7
    run(params, check=False)
    assert double.running["interface"]["bond7"]["bond"]["mlag"] == {"id": 7, "enable": "on"}
    assert double.running["interface"]["peerlink"] == MLAG["interface"]["peerlink"]
    assert not run(params, check=False).changed


def test_a_newer_release_has_other_words(double: NvueDouble) -> None:
    double.upgrade()
    with_mlag(double)
    double.running["mlag"] = {"state": "enabled", "mac-address": "44:38:39:be:ef:aa"}
    params = switch(double)
    params["lags"][0]["mlag"] = 7
    run(params, check=False)
    bond = double.running["interface"]["bond7"]
    assert bond["bond"]["mlag"] == {"id": 7, "state": "enabled"} and bond["bond"]["lacp-bypass"] == "enabled"
    stp = {"admin-edge": "enabled", "bpdu-guard": "enabled"}
    assert bond["bridge"]["domain"]["br_default"]["stp"] == stp
    assert not run(params, check=False).changed


def test_a_bond_of_another_name_is_replaced_and_one_with_foreign_members_refused(double: NvueDouble) -> None:
    bond = {"type": "bond", "description": "old", "bond": {"member": {"swp1": {}, "swp2": {}, "swp3": {}}}}
    double.running["interface"]["bond5"] = bond
    double.running["interface"]["swp1"].pop("bridge")
    run(switch(double), check=False)
    assert "bond5" not in double.running["interface"] and "bond2" in double.running["interface"]
    double.running["interface"]["bond1"]["bond"]["member"]["swp5"] = {}
    ports = [{"name": "swp5", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}]
    with pytest.raises(FabricError, match="swp9, which the model does not name"):
        run(switch(double, ports=ports), check=False)


def test_swapped_cables_are_reported_and_their_ports_not_changed(double: NvueDouble) -> None:
    lags = [{"name": f"node{n}", "members": [f"swp{n}"], "native": 10, "vlans": [10], "mtu": 1500} for n in (1, 2)]
    cabling = [{"port": f"swp{n}", "machine": f"node{n}", "nic": "nic0", "mac": f"02:00:00:00:00:0{n}"} for n in (1, 2)]
    double.mac_table = {
        "1": {"mac": "02:00:00:00:00:02", "interface": "swp1", "vlan": 20, "last-update": 3},
        "2": {"mac": "02:00:00:00:00:99", "interface": "br_default", "entry-type": "permanent"},
    }
    outcome = run(switch(double, lags=lags, ports=[], cabling=cabling, vlans=[]), check=False)
    assert {mistake.machine for mistake in outcome.mistakes} == {"node1", "node2"}
    assert "node2 (02:00:00:00:00:02) answers on leaf1/swp1, where the model has node1.nic0" in str(outcome)
    assert not outcome.plan.changed and double.running == BEFORE


def test_lldp_neighbours_are_sightings(double: NvueDouble) -> None:
    port = {"type": "mac", "name": "02:00:00:00:00:01"}
    double.operational["swp2"] = {"type": "swp", "lldp": {"neighbor": {"node1": {"port": port}}}}
    driver = Nvue("leaf1", double.connection())
    driver.read(SwitchConfig.from_vars(switch(double)))
    assert [(s.mac, s.place, s.source) for s in driver.sightings()] == [("02:00:00:00:00:01", "swp2", "lldp")]


def test_what_the_switch_sees(double: NvueDouble) -> None:
    stats = {"in-errors": 1, "in-drops": 2, "out-errors": 3, "out-drops": 4}
    link = {"state": {"up": {}}, "speed": "25G", "mtu": 9216, "stats": stats}
    optics = {
        "identifier": "QSFP28",
        "ch-1-rx-power": "0.8625 mW / -0.64 dBm",
        "ch-1-tx-power": "0.8988 mW / -0.46 dBm",
    }
    port = {"type": "ifname", "name": "nic0", "description": "nic0"}
    neighbour = {"node1": {"chassis": {"chassis-id": "02:00:00:00:00:01", "system-name": "node1"}, "port": port}}
    double.operational |= {
        "swp1": {"type": "swp", "link": link, "transceiver": optics, "lldp": {"neighbor": neighbour}},
        "swp2": {"type": "swp", "link": {"state": {"down": {}}, "mtu": 9216}},
        "bond4": {"type": "bond", "bond": {"member": {"swp1-2": {}}}, "link": {"state": {"up": {}}}},
    }
    double.mac_table = {"1": {"mac": "02:00:00:00:00:01", "vlan": 10, "interface": "bond4", "entry-type": "dynamic"}}
    seen = look(switch(double))
    ports = {found.name: found for found in seen.ports or ()}
    assert ports["swp1"] == PortFacts(
        "swp1", None, True, 25000, 9216, None, 1, 3, 2, 4, Optics("QSFP28", (-0.64,), (-0.46,))
    )
    assert ports["swp2"].up is False and ports["swp2"].speed is None
    members = (Member("swp1", None, True), Member("swp2", None, False))
    assert LagFacts("node1", "bond4", True, members) in (seen.lags or ())
    assert seen.vlans == (Vlan(10, None), Vlan(20, None), Vlan(21, None))
    assert seen.macs == (Learnt(10, "02:00:00:00:00:01", "node1"),)
    assert seen.lldp == (Neighbour("swp1", "node1", "02:00:00:00:00:01", "nic0", "name", "nic0"),)
    assert seen.stp is None and set(seen.untold) == {"stp"}


DOMAIN: Tree = {"domain": 300, "peer_link": ["swp11", "SWP12"], "vlan": 4094, "address": "169.254.255.0/31"}
DOMAIN |= {"peer_address": "169.254.255.1", "mtu": 9216, "keepalive": {"destination": "10.0.0.3", "source": "10.0.0.2"}}


def pair(double: NvueDouble, **more: Any) -> Tree:
    params = switch(double, mlag=DOMAIN | more)
    params["lags"][0]["mlag"] = 7
    return params


@pytest.mark.parametrize("upgraded", [False, True])
def test_an_mlag_domain_is_configured_with_its_members(double: NvueDouble, upgraded: bool) -> None:
    if upgraded:
        double.upgrade()
    assert "add mlag 300" in run(pair(double), check=False).steps
    switched = {"state": "enabled"} if upgraded else {"enable": "on"}
    backup = {"10.0.0.3": {"vrf": "mgmt"}}
    assert double.running["mlag"] == switched | {"mac-address": "44:38:39:ff:01:2c", "peer-ip": "linklocal"} | {
        "backup": backup
    }
    inside = double.running["interface"]
    assert inside["peerlink"]["bond"]["member"] == {"swp11": {}, "swp12": {}}
    assert inside["peerlink.4094"] == {"type": "sub", "base-interface": "peerlink", "vlan": 4094}
    assert inside["bond7"]["bond"]["mlag"] == {"id": 7, **switched}
    assert not run(pair(double), check=False).changed


def test_an_mlag_domain_of_others_is_changed_only_in_what_the_model_has(double: NvueDouble) -> None:
    with_mlag(double)
    double.running["mlag"] |= {"init-delay": 10, "backup": {"10.0.0.9": {}}}
    changed = run(pair(double), check=False)
    assert "change mlag 300" in changed.steps
    assert "domain: 44:38:39:be:ef:aa" in next(d["before"] for d in changed.plan.diff() if "mlag" in str(d["before"]))
    assert double.running["mlag"]["init-delay"] == 10
    assert list(double.running["mlag"]["backup"]) == ["10.0.0.3"]
    assert not run(pair(double), check=False).changed
    before = copy.deepcopy(double.running["mlag"])
    params = switch(double)
    params["lags"][0]["mlag"] = 7
    run(params, check=False)
    assert double.running["mlag"] == before, "a domain that is not named was changed"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("mlag", "peer-ip"), "169.254.1.2"),
        (("mlag", "enable"), "off"),
        (("interface", "peerlink", "bond", "member"), {"swp11": {}}),
        (("interface", "peerlink", "bridge", "domain", "br_default"), {"vlan": {"10": {}}}),
        (("interface", "peerlink.4094", "vlan"), 4000),
    ],
)
def test_each_setting_of_a_domain_is_compared(double: NvueDouble, path: tuple[str, ...], value: Any) -> None:
    run(pair(double), check=False)
    place = double.running
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert run(pair(double), check=False).steps == ["change mlag 300"]
    assert not run(pair(double), check=False).changed


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"vlan": 4000}, "mlag.vlan: 4000 is not the VLAN of peerlink.4094"),
        ({"keepalive": None}, "mlag.keepalive: Cumulus Linux needs a backup address"),
        ({"peer_link": ["swp44"]}, "mlag.peer_link: there is no port swp44"),
        ({"peer_link": ["swp1"]}, "swp1 is already used"),
        ({"peer_address": "169.254.255.4"}, "169.254.255.4 is not another address of 169.254.255.0/31"),
        ({"address": "here"}, "'here' does not appear to be"),
    ],
)
def test_an_impossible_domain_is_refused(double: NvueDouble, more: Tree, error: str) -> None:
    with pytest.raises(FabricError, match=error):
        run(pair(double, **more), check=False)
    assert double.running == BEFORE
