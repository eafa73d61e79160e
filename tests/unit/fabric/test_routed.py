# SPDX-License-Identifier: GPL-3.0-or-later
"""Routed ports: what the input of the role may say, their order of change, their table, and platforms without them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.by_hand import table
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cabling import Cable
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import (
    NO_VLANS,
    FabricError,
    Membership,
    Port,
    SwitchConfig,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.driver import driver
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.eos.parse import port
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.living import Host, Life
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.order import widened
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.routed import REFUSED

PORT: dict[str, Any] = {"name": "Ethernet5", "mode": "routed", "addresses": ["10.50.0.2/31"], "mtu": 9000}


def config(**more: Any) -> SwitchConfig:
    return SwitchConfig.from_vars({"name": "leaf1", "ports": [PORT | more]})


def test_addresses_are_in_one_notation_and_order() -> None:
    found = config(addresses=["FD00:50:0::2/127", "10.50.0.2/31"]).ports["Ethernet5"]
    assert found.addresses == ("10.50.0.2/31", "fd00:50::2/127")
    assert config().as_dict()["ports"]["Ethernet5"]["addresses"] == ("10.50.0.2/31",)
    other = SwitchConfig.from_vars(
        {"name": "leaf1", "ports": [PORT | {"mode": "trunk", "vlans": [20], "addresses": []}]}
    )
    assert "addresses" not in other.as_dict()["ports"]["Ethernet5"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"addresses": []}, "addresses: is empty"),
        ({"addresses": ["10.50.0.2"]}, "addresses: 10.50.0.2 is no /31"),
        ({"addresses": ["10.50.0.2/24"]}, "addresses: 10.50.0.2/24 is no /31"),
        ({"addresses": ["fd00::2/64"]}, "addresses: fd00::2/64 is no /127"),
        ({"addresses": ["ten/31"]}, "addresses: 'ten/31' does not appear to be an IPv4 or IPv6 interface"),
        ({"addresses": ["10.50.0.2/31", "10.50.0.4/31"]}, "addresses: has two of IPv4"),
        ({"native": 10}, "native: is nothing that a routed port has"),
        ({"vlans": [10]}, "vlans: is nothing that a routed port has"),
        ({"edge": True}, "edge: is nothing that a routed port has"),
        ({"mode": "trunk", "vlans": [10]}, "addresses: are for mode: routed"),
    ],
)
def test_what_no_routed_port_can_have_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(FabricError, match=re.escape(f"leaf1.ports.Ethernet5.{message}")):
        config(**more)


@pytest.mark.parametrize("platform", sorted(REFUSED))
def test_platforms_without_routed_ports_say_why(platform: str) -> None:
    connection = {"database": "unix:/nonexistent", "address": "127.0.0.1", "username": "x", "password": "y"}
    with pytest.raises(FabricError, match=re.escape(f"switches.leaf1.ports.Ethernet5: {REFUSED[platform]}")):
        driver("leaf1", platform, connection).read(config())


def test_people_get_the_address_in_the_table() -> None:
    row = [cell.strip() for cell in table(config(description="node1.nic2"))[-1].split("  ") if cell.strip()]
    assert row == ["Ethernet5", "routed 10.50.0.2/31", *["-"] * 6, "9000", "node1.nic2"]


VLANS = Port("Ethernet5", Membership.of("trunk", None, [20]), 1500, "node1.nic2", True)
ROUTED = Port("Ethernet5", NO_VLANS, 1500, "node1.nic2", addresses=("10.50.0.2/31",))
CABLE = Cable("Ethernet5", "node1", "nic2", "02:00:00:00:00:01", "10.20.0.21")


@pytest.mark.parametrize(("have", "want"), [(VLANS, ROUTED), (ROUTED, VLANS)])
def test_no_state_serves_a_machine_before_and_after(have: Port, want: Port) -> None:
    def brought(host: Host) -> SwitchConfig:
        actual, desired = SwitchConfig("leaf1", {"Ethernet5": have}), SwitchConfig("leaf1", {"Ethernet5": want})
        return widened(desired, actual, [CABLE], {"node1": host})

    with pytest.raises(FabricError, match="its port changes between one with VLANs and a routed one"):
        brought(Host(Life.LIVES, frozenset({"Ethernet5"})))
    # A machine that is reached by another link keeps that, so this one is changed at once.
    assert brought(Host(Life.LIVES)).ports["Ethernet5"] == want


def test_another_address_needs_no_order() -> None:
    other = Port("Ethernet5", NO_VLANS, 9000, "node1.nic2", addresses=("10.50.0.4/31",))
    actual, desired = SwitchConfig("leaf1", {"Ethernet5": other}), SwitchConfig("leaf1", {"Ethernet5": ROUTED})
    wide = widened(desired, actual, [CABLE], {"node1": Host(Life.LIVES, frozenset({"Ethernet5"}))}).ports["Ethernet5"]
    assert (wide.addresses, wide.mtu) == (ROUTED.addresses, 9000)


@pytest.mark.parametrize(
    ("lines", "addresses"),
    [
        (["no switchport"], ()),
        (["no switchport", "ip address 10.50.0.2/31"], ("10.50.0.2/31",)),
        (["no switchport", "ip address 10.50.0.2/31", "ip address 10.9.0.1/24 secondary"],
         ("10.50.0.2/31", "10.9.0.1/24 secondary")),
        (["no switchport", "ip address dhcp"], ("dhcp",)),
        (["no switchport", "ipv6 address fd00:50:0::2/127"], ("fd00:50::2/127",)),
    ],
)  # fmt: skip
def test_eos_tells_addresses_that_the_model_cannot_say(lines: list[str], addresses: tuple[str, ...]) -> None:
    assert port("Ethernet5", lines, ROUTED) == Port("Ethernet5", NO_VLANS, 1500, addresses=addresses)
