# SPDX-License-Identifier: GPL-3.0-or-later
"""BGP neighbours on switches, with the doubles of all platforms that have them; never tried on a device."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.bgp import REFUSED
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
from ansible_collections.groundup.cloud.plugins.module_utils.prove.switches import switch_proofs

from .bgp_devices import DEVICES, Device, NvueProfiles

pytestmark = pytest.mark.services

NODES = [{"address": "10.30.0.21", "name": "node1"}, {"address": "10.30.0.22", "name": "node2"}]
GROUP: dict[str, Any] = {
    "name": "tor1",
    "address": "10.30.0.201",
    "as_number": 64512,
    "password": "first-one-1",
    "neighbors": NODES,
    "take": ["10.64.0.0/14", "10.99.0.0/24"],
    "announce": ["0.0.0.0/0"],
    "pass_on": True,
}


@pytest.fixture(params=sorted(DEVICES))
def device(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Device]:
    """A switch with the address of the sessions, and with a neighbour of others."""
    found = DEVICES[request.param](tmp_path)
    yield found
    found.close()


def switch(device: Device, *groups: dict[str, Any], own: int = 65000) -> dict[str, Any]:
    bgp = {"as_number": own, "router_id": "10.30.0.201", "groups": list(groups or [GROUP])}
    return {"name": "leaf1", "platform": device.platform, "connection": device.connection, "bgp": bgp}


def test_neighbours_are_configured_and_a_second_run_changes_nothing(device: Device) -> None:
    others = device.others()
    assert run(switch(device), check=True).steps == ["add bgp tor1"]
    assert device.groups() == set()
    assert run(switch(device), check=False).steps == ["add bgp tor1"]
    assert device.groups() == {"gu-tor1"}
    assert device.members("gu-tor1") == {"10.30.0.21", "10.30.0.22"}
    assert device.others() == others, "a neighbour that the model does not name was changed"
    assert not run(switch(device), check=False).changed
    assert device.others() == others


def test_no_password_is_shown(device: Device) -> None:
    outcome = run(switch(device), check=False)
    assert "first-one-1" not in str(outcome.plan.diff()) + str(outcome.plan) + str(outcome.steps)


@pytest.mark.parametrize(
    "changed",
    [
        {"password": "second-one-2"},
        {"password": None},
        {"neighbors": NODES[:1]},
        {"neighbors": [*NODES, {"address": "10.30.0.23", "name": "node3"}]},
        {"neighbors": [NODES[0], {**NODES[1], "name": "node7"}]},
        {"take": ["10.64.0.0/14"]},
        {"take": ["10.64.0.0/14", "10.99.0.7/32"]},
        {"announce": []},
        {"announce": ["10.64.0.0/14"]},
        {"pass_on": False},
        {"most_routes": 500},
        {"as_number": 64513},
        {"as_number": 65000},
        {"as_number": 65000, "pass_on": False},
        {"bfd": {"interval": 300, "multiplier": 3}},
        {"bfd": {"interval": 50, "multiplier": 3}},
    ],
    ids=str,
)
def test_a_change_is_performed_and_taken_back(device: Device, changed: dict[str, Any]) -> None:
    """Where a platform does not write a setting, nothing is to change."""
    run(switch(device), check=False)
    before, others = device.state(), device.others()
    expected = not (changed == {"pass_on": False} and device.platform in ("eos", "nvue"))
    assert run(switch(device, GROUP | changed), check=False).changed == expected
    assert not run(switch(device, GROUP | changed), check=False).changed
    assert run(switch(device), check=False).changed == expected
    assert device.others() == others
    if "password" not in changed and not (device.platform == "nxos" and "bfd" in changed):  # timers of interfaces stay
        assert device.state() == before


def test_drift_is_mended(device: Device) -> None:
    run(switch(device), check=False)
    before = device.state()
    for name, spoil in device.drifts().items():
        spoil()
        assert device.state() != before, name
        assert run(switch(device), check=False).steps == [
            "add bgp tor1" if not device.groups() else "change bgp tor1"
        ], name
        assert device.state() == before, name


BFD = {"bfd": {"interval": 300, "multiplier": 3}}


def test_bfd_is_mended_and_its_timers_follow_the_model(device: Device) -> None:
    others = device.others()
    run(switch(device, GROUP | BFD), check=False)
    before = device.state()
    for name, spoil in device.drifts_of_bfd().items():
        spoil()
        assert device.state() != before, name
        assert run(switch(device, GROUP | BFD), check=False).steps == ["change bgp tor1"], name
        assert device.state() == before, name
    faster = GROUP | {"bfd": {"interval": 100, "multiplier": 5}}
    outcome = run(switch(device, faster), check=False)
    assert "5 x 100 ms" in str(outcome.plan.diff()) and "3 x 300 ms" in str(outcome.plan.diff())
    assert not run(switch(device, faster), check=False).changed
    assert device.others() == others


def test_bfd_that_a_platform_cannot_have_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    second = GROUP | {"name": "lb", "neighbors": [{"address": "10.30.0.23", "name": "node3"}]}
    cases: list[tuple[str, list[dict[str, Any]], str]] = [
        ("nxos", [GROUP | {"bfd": {"interval": 1000, "multiplier": 3}}], "NX-OS takes at most 999 ms, and not 1000"),
        (
            "nxos",
            [GROUP | BFD, second | {"bfd": {"interval": 300, "multiplier": 4}}],
            "Vlan30 has one set of timers, and tor1 has 3 x 300 ms",
        ),
        ("nvue-5.15", [GROUP | BFD], "switching it on restarts FRR with all of its sessions; enter `nv set router bfd"),
    ]
    for number, (name, groups, message) in enumerate(cases):
        home = tmp_path / str(number)
        home.mkdir()
        device = DEVICES[name](home)
        try:
            if isinstance(device, NvueProfiles):
                device.double.running["router"]["bfd"]["state"] = "disabled"
            before = copy.deepcopy(device.state())
            with pytest.raises(FabricError, match=re.escape(message)):
                run(switch(device, *groups), check=False)
            assert device.state() == before
        finally:
            device.close()


def test_two_groups_and_one_that_is_no_longer_named(device: Device) -> None:
    second = GROUP | {"name": "lb-tor1", "neighbors": [{"address": "10.30.0.23", "name": "node3"}], "announce": []}
    assert run(switch(device, GROUP, second), check=False).steps == ["add bgp lb-tor1", "add bgp tor1"]
    assert not run(switch(device, GROUP, second), check=False).changed
    assert not run(switch(device), check=False).changed
    assert device.groups() == {"gu-lb-tor1", "gu-tor1"}


def test_a_process_is_made_where_there_is_none(device: Device) -> None:
    device.without_process()
    assert run(switch(device, own=64601), check=False).changed
    assert not run(switch(device, own=64601), check=False).changed


def test_what_has_to_be_there_is_refused_by_name(device: Device) -> None:
    before = copy.deepcopy(device.state())
    with pytest.raises(FabricError, match=r"its BGP process has the AS 65000|the switch has the AS 65000"):
        run(switch(device, own=64601), check=True)
    with pytest.raises(FabricError, match=r"no interface of the switch has the address 10\.30\.0\.202"):
        run(switch(device, GROUP | {"address": "10.30.0.202"}), check=True)
    device.into_vrf()
    with pytest.raises(FabricError, match=r"in the (VRF|routing instance) blue"):
        run(switch(device), check=True)
    assert device.state() == before


def test_sessions_are_proved(device: Device) -> None:
    run(switch(device), check=False)
    device.tell({"10.30.0.21": "Established", "10.30.0.22": "Idle", "192.0.2.9": "Active"})
    proofs = {proof.name: proof for proof in switch_proofs(switch(device))}
    assert proofs["leaf1: runs what the model says"].ok
    assert proofs["leaf1: the BGP session with node1 (10.30.0.21) is established"].ok
    failed = proofs["leaf1: the BGP session with node2 (10.30.0.22) is established"]
    assert failed.ok is False and "idle" in str(failed.evidence)
    device.tell({"10.30.0.21": "Established"})
    failed = {proof.name: proof for proof in switch_proofs(switch(device))}[failed.name]
    assert failed.ok is False and "no session" in str(failed.evidence)


@pytest.mark.parametrize("platform", sorted(REFUSED))
def test_platforms_without_neighbours_say_why(platform: str) -> None:
    params = {
        "name": "leaf1",
        "platform": platform,
        "connection": {"database": "unix:/nonexistent", "address": "127.0.0.1", "username": "x"},
        "bgp": {"as_number": 65000, "router_id": "10.30.0.201", "groups": [GROUP]},
    }
    from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import SwitchConfig
    from ansible_collections.groundup.cloud.plugins.module_utils.fabric.driver import driver

    with pytest.raises(FabricError, match=REFUSED[platform]):
        driver("leaf1", platform, params["connection"]).read(SwitchConfig.from_vars(params))
