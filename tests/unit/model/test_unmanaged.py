# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches with `platform: unmanaged` in a model: checked and drawn as others, and without a login."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.by_hand import UNMANAGED
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.driver import DRIVERS
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin_switches import twin_switches
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.enums import Platform
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.model.releases import words


def rack(**switch: Any) -> dict[str, Any]:
    nic = {"mac": "52:54:00:00:01:01", "port": "leaf1/Ethernet1"}
    return {
        "name": "rack1",
        "networks": {"provision": {"vlan": 10, "subnet": "10.10.0.0/24", "native": True}},
        "switches": {"leaf1": {"platform": "unmanaged", "ports": ["Ethernet1-8"], **switch}},
        "machines": {"node1": {"nics": {"nic0": nic}}},
    }


def errors(model: dict[str, Any]) -> list[str]:
    with pytest.raises(ModelError) as caught:
        load(model)
    return [str(problem) for problem in caught.value.errors]


def test_an_unmanaged_switch_needs_no_address_and_gets_its_input() -> None:
    derived = derive(load(rack()))
    config = derived.hostvars["leaf1"]["switch_config"]
    assert (config["platform"], config["connection"]) == ("unmanaged", {"address": None})
    assert [port["name"] for port in config["ports"]] == ["Ethernet1"]
    assert derived.hostvars["leaf1"]["ansible_connection"] == "local"
    lines = derived.hostvars["provisioner"]["drawing_config"]["by_hand"]
    assert lines[0] == "leaf1: to be configured by hand"
    assert lines[-1].split() == ["Ethernet1", "trunk", "10", "-", "-", "-", "-", "yes", "1500", "node1.nic0"]


def test_a_database_is_refused() -> None:
    assert errors(rack(database="unix:/db.sock")) == [
        "switches.leaf1.database: is not used, since nobody logs in to the switch; remove it"
    ]


@pytest.mark.parametrize("platform", ["unmanaged", "openvswitch"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("username", "admin"),
        ("password", "{{ vault }}"),
        ("tls", {"ca_file": "/ca.pem"}),
        ("port", 8443),
        ("ssh", {"key_file": "/root/key"}),
    ],
)
def test_what_the_platform_does_not_read_is_refused(platform: str, key: str, value: Any) -> None:
    given = {"database": "unix:/db.sock"} if platform == "openvswitch" else {}
    assert errors(rack(platform=platform, **given, **{key: value})) == [
        f"switches.leaf1.{key}: is not used with platform: {platform}; remove it"
    ]


def test_the_platforms_that_the_model_takes_are_those_with_a_driver_and_unmanaged() -> None:
    assert sorted(words(Platform)) == sorted([*DRIVERS, UNMANAGED])


def test_ports_and_cables_are_checked_as_on_other_switches() -> None:
    found = errors(rack(ports=["Ethernet2-8"]))
    assert found[0].startswith("machines.node1.nics.nic0.port: leaf1/Ethernet1 does not exist on leaf1")


def test_models_without_unmanaged_switches_have_no_table() -> None:
    derived = derive(load(rack(platform="openvswitch", database="unix:/db.sock")))
    assert "by_hand" not in derived.hostvars["provisioner"]["drawing_config"]


def test_its_twin_is_managed_and_the_report_of_the_twin_says_so() -> None:
    notes: list[str] = []
    bridges, __ = twin_switches(rack()["switches"], {}, None, "unix:/db.sock", notes)
    assert bridges["leaf1"]["platform"] == "openvswitch"
    assert "switches.leaf1.platform: replaced by Open vSwitch, which is configured and not unmanaged" in notes
